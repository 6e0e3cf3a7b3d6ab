//! Confirmations: signed by the library of Standard Webhooks.

mod signature;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use standardwebhooks::Webhook;

use super::{assert_fails, failure};
use crate::sandbox::webhook_secret;
use crate::verify::{Keys, Message, Sender};

const ID: &str = "0191d3f0aaaabbbbccccddddeeeeff_2";
const SENT: &str = "1767225600";
const SENT_SECS: i64 = 1_767_225_600;
const NOW_MS: i64 = SENT_SECS * 1000 + 2000;
const BODY: &str = r#"{"type":"order.paid","timestamp":"2026-01-01T00:00:00.000Z","data":{"orderId":"0191d3f0aaaabbbbccccddddeeeeff","revision":2,"status":"PAID","reference":"Café/7"}}"#;

fn secret() -> String {
    webhook_secret("verify")
}

fn keys() -> Keys {
    Keys::of(&secret())
}

fn signed() -> String {
    let webhook = Webhook::new(&secret()).unwrap();
    webhook.sign(ID, SENT_SECS, BODY.as_bytes()).unwrap()
}

fn message(signature: &str, body: &str) -> Message {
    let headers = [
        ("Webhook-Id", ID),
        ("webhook-timestamp", SENT),
        ("webhook-signature", signature),
    ];
    Message {
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        body: body.as_bytes().to_vec(),
    }
}

fn made(key: &[u8], payload: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, payload.as_bytes()).as_ref().to_vec()
}

fn key() -> Vec<u8> {
    STANDARD
        .decode(secret().strip_prefix("whsec_").unwrap())
        .unwrap()
}

#[test]
fn genuine_confirmation_passes_every_step() {
    let verdict = message(&signed(), BODY).verify(&keys(), NOW_MS);
    assert_eq!(failure(&verdict), None);
    assert_eq!(verdict.sender, Sender::Functions);
    assert!(verdict.verifies);
    let names: Vec<&str> = verdict.steps.iter().map(|step| &*step.name).collect();
    let expected = [
        "headers",
        "timestamp",
        "secret",
        "coding",
        "signature",
        "age",
    ];
    assert_eq!(names, expected);
}

#[test]
fn one_of_two_signatures_or_secrets_is_enough() {
    let stranger = STANDARD.encode([7; 32]);
    let two = format!("v1,{stranger} {}", signed());
    let keys = Keys::of(&format!("{} {}", webhook_secret("other"), secret()));
    let verdict = message(&two, BODY).verify(&keys, NOW_MS);
    assert_eq!(failure(&verdict), None);
    assert!(verdict.steps[4].why.contains("secret 2 verifies it"));
    let bare = Keys::of(secret().strip_prefix("whsec_").unwrap());
    assert!(message(&signed(), BODY).verify(&bare, NOW_MS).verifies);
}

#[test]
fn age_is_judged_as_the_library_judges() {
    for (apart_secs, why) in [
        (0, None),
        (300, None),
        (-300, None),
        (301, Some("5 min old, too old: five minutes are allowed")),
        (86_400, Some("24 h old, too old")),
        (-301, Some("5 min ahead, too new")),
    ] {
        let now_ms = (SENT_SECS + apart_secs) * 1000;
        let verdict = message(&signed(), BODY).verify(&keys(), now_ms);
        match why {
            None => assert_eq!(failure(&verdict), None, "{apart_secs}"),
            Some(why) => assert_fails("age", &verdict, "age", why),
        }
    }
}

#[test]
fn mistake_in_a_header_or_a_secret_is_named() {
    type Change = fn(&mut Vec<(String, String)>);
    let cases: [(&str, Change, &str, &str); 5] = [
        (
            "one away",
            |all| drop(all.remove(0)),
            "headers",
            "webhook-id is missing",
        ),
        (
            "milliseconds",
            |all| all[1].1 += "000",
            "timestamp",
            "13 digits, which are milliseconds: seconds belong",
        ),
        (
            "text",
            |all| all[1].1 = "now".to_owned(),
            "timestamp",
            "is no number of seconds",
        ),
        (
            "swapped",
            |all| (all[0].1, all[1].1) = (SENT.to_owned(), ID.to_owned()),
            "timestamp",
            "webhook-id and webhook-timestamp are swapped",
        ),
        (
            "another id",
            |all| all[0].1 += "1",
            "signature",
            "altered after signing",
        ),
    ];
    for (case, change, step, why) in cases {
        let mut message = message(&signed(), BODY);
        change(&mut message.headers);
        assert_fails(case, &message.verify(&keys(), NOW_MS), step, why);
    }
    let message = message(&signed(), BODY);
    for (case, keys, step, why) in [
        ("none", Keys::default(), "secret", "no secret is given"),
        (
            "cut",
            Keys::of("whsec_abc"),
            "secret",
            "secret 1 is not whsec_ and base64",
        ),
        (
            "another",
            Keys::of(&webhook_secret("other")),
            "signature",
            "or another secret signed",
        ),
    ] {
        let verdict = message.verify(&keys, NOW_MS);
        assert_fails(case, &verdict, step, why);
        let told = format!("{verdict:?}");
        assert!(!told.contains("abc"), "a secret is told: {told}");
    }
}
