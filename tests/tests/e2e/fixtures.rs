//! The fixtures of confirmations, for a receiver's own tests: each is what the service sends once what differs from run to
//! run is replaced, and is signed anew. `UPDATE_FIXTURES=1` writes them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use axum::response::{IntoResponse as _, Response};
use regex_lite::Regex;
use sandbox::binance::{Fault, On, Play};
use sandbox::sandbox::webhook_secret;
use sandbox::verify::{Keys, Message};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::giving_back::pends;
use crate::inbox::{Inbox, Received};
use crate::reconcile::{HOUR, MINUTE, granted};
use crate::signed::{Opened, cancel, opened, pay, pay_as};
use crate::world::World;

/// The fixtures, each with the type of its message.
const FIXTURES: [(&str, &str); 11] = [
    ("paid", "order.paid"),
    ("paid-late", "order.paid"),
    ("canceled", "order.canceled"),
    ("expired", "order.expired"),
    ("failed", "order.failed"),
    ("disputed", "order.disputed"),
    ("refunded", "order.refunded"),
    ("refunded-in-part", "order.refunded"),
    ("refunded-by-hand", "order.refunded"),
    ("refunded-by-hand-in-part", "order.refunded"),
    ("refund-failed", "order.refund_failed"),
];
/// The sandbox's own secret, so that a receiver set up for it takes the fixtures, too.
const SECRET: &str = "whsec_Zmlyc3RmaXJzdGZpcnN0Zmlyc3RmaXJzdGZpcnN0Zmk=";
/// 2026-01-01T14:00:00Z, in seconds since the Unix epoch: when all fixtures were signed.
const SIGNED_SECS: i64 = 1_767_276_000;
/// The headers that a receiver needs; the others are of the connection, and of the version.
const HEADERS: [&str; 4] = [
    "content-type",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/confirmations")
}

fn ok() -> Response {
    "".into_response()
}

/// Plays until the message of this fixture has come, the last one of `inbox`; the order's id.
async fn play(name: &str, world: &World, inbox: &Inbox) -> String {
    let mut asked = world.four_fields();
    asked["callbackUrl"] = inbox.callback_url().into();
    asked["reference"] = "lead-4711".into();
    if name == "failed" {
        let binance = world.sandbox.binance();
        binance.fault(On::Create, 9, Fault::LostAnswer);
        assert_eq!(world.create(&asked).await.status, 500);
        world.reconcile_after(5 * MINUTE).await;
        return world.items()[0]["orderId"].as_str().unwrap().to_owned();
    }
    let order = opened(&world.create(&asked).await);
    match name {
        "canceled" => cancel(world, &order.trade_no).await,
        "expired" => expire(world).await,
        "paid-late" => {
            expire(world).await;
            let late = Play {
                late: true,
                ..Play::default()
            };
            pay_as(world, &order.trade_no, late).await;
        }
        "disputed" => {
            let too_little = Play {
                amount: Some("0.5".to_owned()),
                ..Play::default()
            };
            pay_as(world, &order.trade_no, too_little).await;
        }
        "paid" => pay(world, &order).await,
        _ => {
            pay(world, &order).await;
            give_back(name, world, &order).await;
        }
    }
    order.id
}

async fn expire(world: &World) {
    world.sandbox.binance().advance(HOUR + MINUTE);
    world.reconcile().await;
}

/// Gives a payment back, by the API or on the merchant page, wholly or in part.
async fn give_back(name: &str, world: &World, order: &Opened) {
    let binance = world.sandbox.binance();
    let by_hand = match name {
        "refunded-by-hand" => Some(None),
        "refunded-by-hand-in-part" => Some(Some("0.4".to_owned())),
        _ => None,
    };
    if let Some(amount) = by_hand {
        let play = Play {
            amount,
            ..Play::in_silence()
        };
        binance.refund(&order.trade_no, play).unwrap();
        let ran = world.functions.reconcile(json!({"ask": order.id})).await;
        assert_eq!(ran, Ok(granted()));
        return;
    }
    let body = match name {
        "refunded" => json!({"reason": "The slot was taken"}),
        _ => json!({"amount": "0.4", "reason": "One lead of three was a double"}),
    };
    let fails = name == "refund-failed";
    if fails {
        pends(world);
    }
    let refund = world.refund(&order.id, "k", &body).await;
    assert_eq!(refund.status, 201, "{}", refund.text);
    if fails {
        let id = refund.text_of("refundRequestId");
        binance.reject_refund(&id, Play::default()).unwrap();
        return;
    }
    // The answer has told it already; the message follows with the next run.
    world.reconcile_after(2 * MINUTE).await;
}

/// The message as the service sent it.
async fn sent(name: &str, kind: &str) -> (String, Received) {
    let world = World::start().await;
    let inbox = Inbox::start(ok).await;
    let order_id = play(name, &world, &inbox).await;
    let is_it = |received: &Received| {
        let body: Value = serde_json::from_slice(&received.body).unwrap();
        body["type"] == kind
    };
    let has_come = |_: &World| inbox.received().last().is_some_and(is_it);
    world.until(kind, has_come).await;
    (order_id, inbox.received().pop().unwrap())
}

/// The body with all that differs from run to run replaced, field by field where they stand.
fn fixed(body: &str, order_id: &str, number: usize) -> String {
    let id = format!("019410c0ffee000000000000{number:06}");
    let late = body.contains("\"late\":true");
    let body = body.replace(order_id, &id);
    let (order, refunds) = body.split_once("\"refunds\":").unwrap();
    let refunds = format!("\"refunds\":{refunds}");
    let replace = |text: &str, pattern: &str, by: &str| {
        let pattern = Regex::new(pattern).unwrap();
        pattern.replace_all(text, by).into_owned()
    };
    let at = |text: &str, name: &str, time: &str| {
        let time = format!("\"{name}\":\"2026-01-01T{time}Z\"");
        replace(text, &format!("\"{name}\":\"[0-9T:.-]+Z\""), &time)
    };
    let order = at(order, "timestamp", "13:59:59.500");
    let order = at(&order, "createdAt", "12:00:00.000");
    let order = at(&order, "expiresAt", "13:00:00.000");
    let order = at(
        &order,
        "paidAt",
        if late { "13:30:00.000" } else { "12:01:00.000" },
    );
    let order = replace(
        &order,
        r#""revision":\d+"#,
        &format!("\"revision\":{SIGNED_SECS}"),
    );
    let order = replace(
        &order,
        r#""prepayId":"\d+""#,
        &format!("\"prepayId\":\"41139863011{number:07}\""),
    );
    let order = replace(
        &order,
        r#""P_[0-9A-Z]{16}""#,
        &format!("\"P_A1BQS87BCQ{number:06}\""),
    );
    let order = replace(
        &order,
        r"http://127\.0\.0\.1:\d+/",
        "https://app.example.com/",
    );
    let refunds = at(&refunds, "createdAt", "13:50:00.000");
    let refunds = at(&refunds, "endedAt", "13:50:01.000");
    let refunds = replace(&refunds, "r[0-9a-f]{16}\"", "r0123456789abcdef\"");
    order + &refunds
}

/// The headers beside a fixture's body, which they sign.
fn headers(body: &str) -> String {
    let parsed: Value = serde_json::from_str(body).unwrap();
    let order_id = parsed["data"]["orderId"].as_str().unwrap();
    let id = format!("{order_id}_{}", parsed["data"]["revision"]);
    let webhook = Webhook::new(SECRET).unwrap();
    let signature = webhook.sign(&id, SIGNED_SECS, body.as_bytes()).unwrap();
    let values = [
        "application/json",
        &id,
        &SIGNED_SECS.to_string(),
        &signature,
    ];
    let pairs = HEADERS.iter().zip(values);
    let lines: Vec<String> = pairs
        .map(|(name, value)| format!("  {}: {}", json!(name), json!(value)))
        .collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

#[tokio::test]
async fn every_fixture_is_what_the_service_sends() {
    #[expect(
        clippy::disallowed_methods,
        reason = "whoever changes what is sent says here that the fixtures follow"
    )]
    let is_update = std::env::var("UPDATE_FIXTURES").is_ok_and(|value| value == "1");
    for (number, (name, kind)) in (1..).zip(FIXTURES) {
        let (order_id, received) = sent(name, kind).await;

        let webhook = Webhook::new(SECRET).unwrap();
        webhook.verify(&received.body, &received.headers).unwrap();
        let raw = std::str::from_utf8(&received.body).unwrap();
        let body = fixed(raw, &order_id, number);
        let beside = headers(&body);
        let sent_revision = &serde_json::from_str::<Value>(raw).unwrap()["data"]["revision"];
        let sent_id = format!("{order_id}_{sent_revision}");
        assert_eq!(received.header("webhook-id"), sent_id, "{name}");
        assert_eq!(
            received.header("content-type"),
            "application/json",
            "{name}"
        );

        let files = [
            (format!("{name}.json"), body),
            (format!("{name}.headers.json"), beside),
        ];
        for (file, now) in files {
            let path = folder().join(&file);
            if is_update {
                std::fs::write(&path, &now).unwrap();
            }
            let fixture = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(fixture, now, "{file} differs: UPDATE_FIXTURES=1 writes it");
        }
    }
}

#[test]
fn every_fixture_verifies_at_its_time_and_there_is_no_other() {
    assert_eq!(webhook_secret("first"), SECRET);
    let mut expected = BTreeSet::from(["README.md".to_owned()]);
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    assert!(readme.contains(SECRET) && readme.contains(&SIGNED_SECS.to_string()));
    for (name, kind) in FIXTURES {
        assert!(
            readme.contains(&format!("| `{name}` | `{kind}` |")),
            "{name}"
        );
        expected.extend([format!("{name}.json"), format!("{name}.headers.json")]);
        let beside = std::fs::read_to_string(folder().join(format!("{name}.headers.json")));
        let message = Message {
            headers: sandbox::verify::headers(&beside.unwrap()).unwrap(),
            body: std::fs::read(folder().join(format!("{name}.json"))).unwrap(),
        };
        let body: Value = serde_json::from_slice(&message.body).unwrap();
        assert_eq!(body["type"], kind, "{name}");
        let header = |wanted: &str| {
            let mut found = message.headers.iter().filter(|(name, _)| name == wanted);
            found.next().unwrap().1.clone()
        };
        let webhook = Webhook::new(SECRET).unwrap();
        let signature = webhook.sign(&header("webhook-id"), SIGNED_SECS, &message.body);
        assert_eq!(header("webhook-signature"), signature.unwrap(), "{name}");
        let verdict = message.verify(&Keys::of(SECRET), SIGNED_SECS * 1000);
        assert!(verdict.verifies, "{name}: {verdict:?}");
    }
    let files = std::fs::read_dir(folder()).unwrap();
    let found: BTreeSet<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(found, expected);
}
