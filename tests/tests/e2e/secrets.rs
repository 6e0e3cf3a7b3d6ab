//! The secrets in Secrets Manager: each function reads its own, again when they are old or Binance refuses them; what is
//! wrong with them is told to who must act, and never shown.

use serde_json::{Value, json};

use crate::log::Log;
use crate::problem::{binances, ours, problem};
use crate::secrets_manager::{self, Content, SecretsManager, Way};
use crate::signed::{open, pay};

const NOT_SET_UP: (&str, &str) = ("NOT_SET_UP", "the service is not set up");
const TRY_AGAIN: (&str, &str) = (
    "TRY_AGAIN",
    "the service cannot reach its own store just now",
);

/// The JSON that `SECRETS_ID` names, with the sandbox's own keys.
pub async fn right() -> Value {
    secrets_manager::parts().await.0
}

pub async fn right_keys() -> Content {
    Content::Text(secrets_manager::parts().await.1.to_string())
}

pub fn text(secrets: &Value) -> Content {
    Content::Text(secrets.to_string())
}

/// The lines of this level.
pub fn lines(log: &Log, level: &str) -> Vec<String> {
    let lines = log.lines().into_iter();
    let of_level = lines.filter(|line| line["level"] == level);
    of_level.map(|line| line.to_string()).collect()
}

#[tokio::test]
async fn each_function_reads_what_it_needs_by_one_call_and_once_for_many_requests() {
    let manager = SecretsManager::start().await;
    let world = manager.world().await;
    for _ in 0..2 {
        open(&world).await;
    }
    let both = "BatchGetSecretValue payments payments-callers";
    assert_eq!(manager.asked(), [both]);

    let order = open(&world).await;
    for _ in 0..2 {
        world.shown(&order.id).await;
    }
    assert_eq!(
        manager.asked()[1..],
        ["GetSecretValue payments-callers".to_owned()]
    );

    pay(&world, &order).await;
    assert_eq!(manager.asked()[2..], ["GetSecretValue payments".to_owned()]);

    for _ in 0..2 {
        world.reconcile().await;
    }
    assert_eq!(manager.asked()[3..], [both.to_owned()]);
}

#[tokio::test]
async fn secrets_are_read_again_at_once_when_binance_refuses_them() {
    let right = right().await;
    let mut old = right.clone();
    old["binanceApiSecret"] = json!("renewed-meanwhile");
    let manager = SecretsManager::with(vec![text(&old), text(&right)], right_keys().await).await;
    let world = manager.world().await;

    let created = world.create(&world.four_fields()).await;

    assert_eq!(created.status, 201, "{}", created.text);
    assert_eq!(manager.asked().len(), 2);
    let calls = world.sandbox.binance().calls();
    let verdicts: Vec<&str> = calls.iter().map(|call| call.verdict).collect();
    assert_eq!(verdicts, ["turned away", "taken"]);
    let order_id = created.text_of("orderId");
    assert_eq!(created.text_of("merchantTradeNo"), format!("{order_id}01"));
}

#[tokio::test]
async fn secrets_that_stay_wrong_are_read_again_once_in_five_seconds() {
    let mut wrong = right().await;
    wrong["binanceApiSecret"] = json!("wrong");
    let manager = SecretsManager::with(vec![text(&wrong)], right_keys().await).await;
    let world = manager.world().await;
    for calls in [2, 3, 4] {
        let answer = world.create(&world.four_fields()).await;
        let detail = "Binance: Signature for this request is not valid.";
        assert_eq!(problem(&answer, 401), binances("400002", detail));
        assert_eq!(world.sandbox.binance().calls().len(), calls);
        assert_eq!(manager.asked().len(), 2);
    }
}

/// Contents of the two secrets that break a rule, and what is told of each; `hush` is never to be seen.
async fn wrong() -> Vec<((Content, Content), &'static str)> {
    let (secrets, caller_keys) = secrets_manager::parts().await;
    let changed = |whole: &Value, field: &str, value: Value| {
        let mut changed = whole.clone();
        changed[field] = value;
        text(&changed)
    };
    let secret = |field, value| (changed(&secrets, field, value), text(&caller_keys));
    let key = |field, value| (text(&secrets), changed(&caller_keys, field, value));
    let malformed = |text: &str| (Content::Text(text.to_owned()), self::text(&caller_keys));
    vec![
        (
            malformed("hush-hush"),
            "SECRETS_ID: the secret cannot be used: it must be the JSON",
        ),
        (malformed("{}"), "it must be the JSON"),
        (malformed(""), "SECRETS_ID: the secret has no value yet"),
        (secret("appApiKeys", json!(["hush"])), "it must be the JSON"),
        (
            secret("binanceApiKey", json!("")),
            "its field binanceApiKey must be",
        ),
        (
            secret("binanceApiKey", json!("hush\n")),
            "its field binanceApiKey must be",
        ),
        (
            secret("binanceApiSecret", json!(" hush")),
            "its field binanceApiSecret must be",
        ),
        (
            secret("webhookSecrets", json!(["whsec_QQ=="])),
            "its field webhookSecrets must hold",
        ),
        (
            key("appApiKeys", json!([])),
            "CALLER_KEYS_ID: the secret cannot be used: its field appApiKeys",
        ),
        (
            key("appApiKeys", json!(["hush-hush"])),
            "its field appApiKeys must hold",
        ),
        (
            key("refundApiKeys", json!(["sha256:hush"])),
            "its field refundApiKeys must hold",
        ),
        (
            key("hush", json!([])),
            "CALLER_KEYS_ID: the secret cannot be used: it must be the JSON",
        ),
    ]
}

#[tokio::test]
async fn secret_that_breaks_a_rule_is_named_and_neither_used_nor_shown() {
    for ((secrets, caller_keys), told) in wrong().await {
        let log = Log::start();
        let manager = SecretsManager::with(vec![secrets], caller_keys).await;
        let world = manager.world().await;

        let answer = world.create(&world.four_fields()).await;

        assert_eq!(
            problem(&answer, 503),
            ours(NOT_SET_UP.0, NOT_SET_UP.1),
            "{told}"
        );
        assert_eq!(answer.header("retry-after"), None);
        assert_eq!(world.sandbox.binance().calls().len(), 0, "{told}");
        let errors = lines(&log, "ERROR");
        assert_eq!(errors.len(), 1, "{told}: {}", log.text());
        assert!(errors[0].contains(told), "{told}: {errors:?}");
        assert!(!log.text().contains("hush"), "{}", log.text());
    }
}

#[tokio::test]
async fn secrets_that_are_not_there_or_not_ours_to_read_are_the_operators() {
    let right = text(&right().await);
    for (secrets, caller_keys, way) in [
        (Content::NoValue, right_keys().await, Way::AtOnce),
        (right.clone(), Content::NoValue, Way::AtOnce),
        (
            Content::Fails("AccessDeniedException"),
            right_keys().await,
            Way::AtOnce,
        ),
        (
            right.clone(),
            Content::Fails("DecryptionFailure"),
            Way::AtOnce,
        ),
        (
            right.clone(),
            right_keys().await,
            Way::Fails(400, "AccessDeniedException"),
        ),
        (
            right.clone(),
            right_keys().await,
            Way::Fails(400, "UnrecognizedClientException"),
        ),
        (
            right.clone(),
            right_keys().await,
            Way::Fails(400, "InvalidSignatureException"),
        ),
    ] {
        let log = Log::start();
        let played = format!("{secrets:?} {caller_keys:?} {way:?}");
        let manager = SecretsManager::with(vec![secrets], caller_keys).await;
        manager.answer(way);
        let world = manager.world().await;

        let answer = world.create(&world.four_fields()).await;

        assert_eq!(problem(&answer, 503), ours(NOT_SET_UP.0, NOT_SET_UP.1));
        assert_eq!(answer.header("retry-after"), None);
        assert_eq!(lines(&log, "ERROR").len(), 1, "{played}");
    }
}

#[tokio::test]
async fn while_none_are_known_many_requests_cause_one_call() {
    for way in [
        Way::Fails(500, "InternalServiceError"),
        Way::Fails(400, "ThrottlingException"),
    ] {
        let log = Log::start();
        let manager = SecretsManager::start().await;
        manager.answer(way);
        let world = manager.world().await;
        for _ in 0..5 {
            let answer = world.create(&world.four_fields()).await;
            assert_eq!(problem(&answer, 503), ours(TRY_AGAIN.0, TRY_AGAIN.1));
            assert_eq!(answer.header("retry-after"), Some("5"));
        }
        assert_eq!(manager.asked().len(), 1, "{way:?}");
        assert!(lines(&log, "ERROR").is_empty(), "{}", log.text());
        assert!(world.items().is_empty());
    }
}
