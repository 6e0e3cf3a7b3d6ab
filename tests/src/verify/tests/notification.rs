//! Notifications: by a key of the test's own, and the documentation's sample.

mod bytes;
mod coding;

use std::sync::LazyLock;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaEncoding, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{assert_fails, failure};
use crate::binance::PublicCertificate;
use crate::verify::{Keys, Message, Sender};

static OURS: LazyLock<RsaKeyPair> = LazyLock::new(generate);
static OTHER: LazyLock<RsaKeyPair> = LazyLock::new(generate);

const SERIAL: &str = "c1b2a3";
const OTHER_SERIAL: &str = "ffee00";
const NONCE: &str = "5RhaTrZPhknNv0kDSA2UQ67cPMVNS4sA";
const SENT: &str = "1611232922428";
const NOW_MS: i64 = 1_611_232_932_428;
const SECRET: &str = "api-secret";
const BODY: &str = r#"{"bizType":"PAY","data":"{\"productName\":\"Café/Bar\",\"totalFee\":1.0E-7}","bizIdStr":"29383937493038367292","bizId":29383937493038367292,"bizStatus":"PAY_SUCCESS"}"#;

fn generate() -> RsaKeyPair {
    RsaKeyPair::generate(KeySize::Rsa2048).unwrap()
}

fn public(serial: &str, pair: &RsaKeyPair) -> PublicCertificate {
    let der = STANDARD.encode(pair.public_key().as_der().unwrap().as_ref());
    PublicCertificate {
        cert_serial: serial.to_owned(),
        cert_public: format!("-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n"),
    }
}

fn keys() -> Keys {
    Keys {
        certificates: vec![public(SERIAL, &OURS), public(OTHER_SERIAL, &OTHER)],
        api_secret: Some(SECRET.to_owned()),
        ..Keys::default()
    }
}

fn sign(pair: &RsaKeyPair, how: &'static dyn RsaEncoding, payload: &str) -> Vec<u8> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(
        how,
        &SystemRandom::new(),
        payload.as_bytes(),
        &mut signature,
    )
    .unwrap();
    signature
}

fn signed(payload: &str) -> Vec<u8> {
    sign(&OURS, &RSA_PKCS1_SHA256, payload)
}

fn payload() -> String {
    format!("{SENT}\n{NONCE}\n{BODY}\n")
}

/// A message with the headers as they belong, but for the signature and the body.
fn message(signature: &str, body: &[u8]) -> Message {
    let headers = [
        ("BinancePay-Certificate-SN", SERIAL),
        ("binancepay-nonce", NONCE),
        ("Binancepay-Timestamp", SENT),
        ("BinancePay-Signature", signature),
    ];
    Message {
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        body: body.to_vec(),
    }
}

fn genuine() -> Message {
    message(&STANDARD.encode(signed(&payload())), BODY.as_bytes())
}

#[test]
fn genuine_notification_passes_every_step() {
    let verdict = genuine().verify(&keys(), NOW_MS);
    assert_eq!(failure(&verdict), None);
    assert_eq!(verdict.sender, Sender::Binance);
    assert!(verdict.verifies);
    let names: Vec<&str> = verdict.steps.iter().map(|step| &*step.name).collect();
    let expected = [
        "headers",
        "timestamp",
        "nonce",
        "certificate",
        "coding",
        "signature",
    ];
    assert_eq!(names, expected);
}

#[test]
fn notification_is_never_too_old() {
    let verdict = genuine().verify(&keys(), NOW_MS + 3 * 86_400_000);
    assert!(verdict.verifies);
    assert!(
        verdict.steps[1]
            .why
            .contains("3 days ago; Binance Pay sets no limit")
    );
}

#[test]
fn sample_of_the_documentation_verifies_by_the_key_alone() {
    let pem = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCVAMXVTMIuttHcP1kvSk9V39S7
BqDbY+LC9JfwMzyoubo3fdsqBf4EmB1PfBUigcOL5YBqMKGEE6xmVw6SXCTH4JwX
dqJ4IRiXf76YMt6PB0dMzu/qCmhaGFGkqT6vJM0hHyEbtS/P3FR9ZU+eaOvynLWb
FvXTzIoctZM1IvDrCwIDAQAB
-----END PUBLIC KEY-----";
    let signature = "VtniwOFAi4oBKFnvHhY6UZ+wPARf7+yWVbE61Hc7JVdRgqKJ40Yk9k5Gb2Y0S0VLUYOOOhUNUsD7R8GDEr6WH84sAEf8bXa1xYMiyjgeGleTg1MxRJCtrHcxMeMCEXPWmKTeLhn6O+cdvDGq4ZpcTTiQnEvk5xHPcxFrBT637zg=";
    let body = r#"{"bizType":"PAY","data":"{\"merchantTradeNo\":\"9825382937292\",\"totalFee\":0.88000000,\"transactTime\":1619508939664,\"currency\":\"EUR\",\"commission\":0,\"openUserId\":\"1211HS10K81f4273ac031\",\"productType\":\"Food\",\"productName\":\"Ice Cream\",\"tradeType\":\"WEB\",\"transactionId\":\"M_R_282737362839373\"}","bizId":29383937493038367292,"bizStatus":"PAY_SUCCESS"}"#;
    let verdict = message(signature, body.as_bytes()).verify(&Keys::of(pem), NOW_MS);
    assert_eq!(failure(&verdict), None);
    let rounded = body.replace("29383937493038367292", "29383937493038367000");
    let verdict = message(signature, rounded.as_bytes()).verify(&Keys::of(pem), NOW_MS);
    assert_fails("rounded", &verdict, "signature", "altered after signing");
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table, a row for each mistake")]
fn mistake_in_a_header_is_named() {
    type Change = fn(&mut Vec<(String, String)>);
    let cases: [(&str, Change, &str, &str); 9] = [
        (
            "one away",
            |all| drop(all.remove(1)),
            "headers",
            "BinancePay-Nonce is missing",
        ),
        (
            "two away",
            |all| all.truncate(2),
            "headers",
            "BinancePay-Timestamp and BinancePay-Signature are missing",
        ),
        (
            "empty",
            |all| all[3].1 = " ".to_owned(),
            "headers",
            "BinancePay-Signature is empty",
        ),
        (
            "twice",
            |all| all.push(all[1].clone()),
            "headers",
            "BinancePay-Nonce is there more",
        ),
        (
            "old name",
            |all| all[0].0 = "BinancePay-Cert-SN".to_owned(),
            "headers",
            "is not called BinancePay-Cert-SN",
        ),
        (
            "seconds",
            |all| all[2].1.truncate(10),
            "timestamp",
            "which are seconds",
        ),
        (
            "text",
            |all| all[2].1 = "now".to_owned(),
            "timestamp",
            "is no number",
        ),
        (
            "swapped",
            |all| (all[1].1, all[2].1) = (SENT.to_owned(), NONCE.to_owned()),
            "timestamp",
            "BinancePay-Timestamp and BinancePay-Nonce are swapped",
        ),
        (
            "of another message",
            |all| all[1].1 = "x".repeat(32),
            "signature",
            "body, timestamp or nonce were altered",
        ),
    ];
    for (case, change, step, why) in cases {
        let mut message = genuine();
        change(&mut message.headers);
        assert_fails(case, &message.verify(&keys(), NOW_MS), step, why);
    }
}

#[test]
fn wrong_certificate_is_named() {
    let mut unknown = genuine();
    unknown.headers[0].1 = "ab12".to_owned();
    let mut cased = genuine();
    cased.headers[0].1 = SERIAL.to_ascii_uppercase();
    let mut wrong = genuine();
    wrong.headers[0].1 = OTHER_SERIAL.to_owned();
    let none = Keys::default();
    let strangers = Keys {
        certificates: vec![public(OTHER_SERIAL, &OTHER)],
        ..Keys::default()
    };
    let garbled = Keys::of("-----BEGIN PUBLIC KEY-----\n?\n-----END PUBLIC KEY-----");
    for (case, message, keys, step, why) in [
        (
            "unknown",
            &unknown,
            &keys(),
            "certificate",
            "no certificate ab12; that of c1b2a3 verifies",
        ),
        (
            "rotated",
            &genuine(),
            &strangers,
            "certificate",
            "only ffee00: it was rotated",
        ),
        (
            "cased",
            &cased,
            &strangers,
            "certificate",
            "no certificate C1B2A3",
        ),
        (
            "another",
            &wrong,
            &keys(),
            "signature",
            "by the key of the certificate c1b2a3",
        ),
        (
            "none",
            &genuine(),
            &none,
            "certificate",
            "no certificate is known",
        ),
        (
            "no key",
            &genuine(),
            &garbled,
            "certificate",
            "is no PEM text",
        ),
    ] {
        assert_fails(case, &message.verify(keys, NOW_MS), step, why);
    }
}
