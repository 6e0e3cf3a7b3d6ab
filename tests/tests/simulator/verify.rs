//! The admin call that verifies a message, and says which step fails and why.

use sandbox::binance::Play;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::merchant::{Callback, admin, create, sandbox};

/// The step that fails; nothing of a message that verifies.
fn failing(verdict: &Value) -> Option<&Value> {
    let steps = verdict["steps"].as_array().unwrap();
    steps.iter().find(|step| step["ok"] == json!(false))
}

#[tokio::test]
async fn notification_that_was_delivered_passes_every_step() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    let (trade_no, _) = create(&sandbox, Some(&callback.url())).await;
    let binance = sandbox.binance();
    binance
        .pay_and_wait(&trade_no, Play::default())
        .await
        .unwrap();
    let delivery = binance.deliveries().remove(0);

    let question = json!({"headers": delivery.headers, "body": delivery.body});
    let (status, verdict) = admin(&sandbox, "verify", &question).await;

    assert_eq!(status, 200, "{verdict}");
    assert_eq!(verdict["sender"], "binance");
    assert_eq!(verdict["verifies"], true, "{verdict}");
    assert_eq!(verdict["steps"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn notification_that_was_signed_wrongly_fails_at_the_step_that_is_wrong() {
    let sandbox = sandbox().await;
    let (trade_no, _) = create(&sandbox, Some("http://127.0.0.1:1/")).await;
    for (signature, step, why) in [
        ("correct", None, ""),
        ("forged", Some("signature"), "another key signed"),
        ("altered", Some("signature"), "its white space"),
        (
            "unknownSerial",
            Some("certificate"),
            "there is no certificate",
        ),
        ("missing", Some("headers"), "neither a header BinancePay-…"),
    ] {
        let asked = json!({"merchantTradeNo": trade_no, "signature": signature});
        let (_, signed) = admin(&sandbox, "sign", &asked).await;
        let question = json!({"headers": signed["headers"], "body": signed["body"]});
        let (_, verdict) = admin(&sandbox, "verify", &question).await;
        let failing = failing(&verdict);
        assert_eq!(failing.and_then(|failing| failing["name"].as_str()), step);
        let said = failing.map_or("", |failing| failing["why"].as_str().unwrap());
        assert!(said.contains(why), "{signature}: {said}");
    }
}

#[tokio::test]
async fn certificate_that_was_rotated_away_is_unknown_from_then_on() {
    let sandbox = sandbox().await;
    let (trade_no, _) = create(&sandbox, Some("http://127.0.0.1:1/")).await;
    let asked = json!({"merchantTradeNo": trade_no});
    let (_, signed) = admin(&sandbox, "sign", &asked).await;
    let _ = sandbox.binance().rotate_certificates(false);

    let question = json!({"headers": signed["headers"], "body": signed["body"]});
    let (_, verdict) = admin(&sandbox, "verify", &question).await;

    let failing = failing(&verdict).unwrap();
    assert_eq!(failing["name"], "certificate");
    assert!(failing["why"].as_str().unwrap().contains("it was rotated"));
}

#[tokio::test]
async fn confirmation_is_verified_by_the_secrets_that_leadscalendar_expects() {
    let sandbox = sandbox().await;
    let (secret, body) = (&sandbox.webhook_secrets()[0], "{}");
    let signature = Webhook::new(secret).unwrap();
    let signature = signature
        .sign("id_1", 1_767_225_600, body.as_bytes())
        .unwrap();
    let request = format!(
        "POST /binance-pay/confirmation HTTP/1.1\r\nwebhook-id: id_1\r\nwebhook-timestamp: 1767225600\r\n\
         webhook-signature: {signature}\r\n\r\n{body}"
    );
    let mut question = json!({"request": request, "atMs": 1_767_225_600_000_i64});

    let (_, verdict) = admin(&sandbox, "verify", &question).await;
    assert_eq!(verdict["sender"], "functions");
    assert_eq!(verdict["verifies"], true, "{verdict}");

    sandbox
        .leadscalendar()
        .secrets(vec![sandbox::sandbox::webhook_secret("new")]);
    let (_, verdict) = admin(&sandbox, "verify", &question).await;
    assert_eq!(failing(&verdict).unwrap()["name"], "signature");

    question["key"] = json!(secret);
    let (_, verdict) = admin(&sandbox, "verify", &question).await;
    assert_eq!(verdict["verifies"], true, "{verdict}");
}

#[tokio::test]
async fn question_without_a_message_is_refused_in_words() {
    let sandbox = sandbox().await;
    for (question, why) in [
        (json!({}), "say either headers and body, or request"),
        (
            json!({"headers": {}}),
            "say either headers and body, or request",
        ),
        (
            json!({"headers": {}, "body": "", "bodyBase64": ""}),
            "say either body or bodyBase64",
        ),
        (
            json!({"headers": 1, "body": ""}),
            "headers: neither an object nor a list",
        ),
        (json!({"header": {}}), "unknown field `header`"),
    ] {
        let (status, answer) = admin(&sandbox, "verify", &question).await;
        assert_eq!(status, 400, "{question}");
        assert!(answer["error"].as_str().unwrap().contains(why), "{answer}");
    }
}
