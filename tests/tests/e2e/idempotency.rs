//! The `Idempotency-Key`: one key and one content are one order, whatever is repeated, at once or afterwards.

use sandbox::Options;
use serde_json::{Value, json};

use crate::problem::{assert_untouched, ours, problem};
use crate::secrets_manager::inline;
use crate::world::{Answer, World};

const REUSED: (&str, &str) = (
    "IDEMPOTENCY_KEY_REUSED",
    "this Idempotency-Key was used with other content",
);
pub async fn create(world: &World, key: &str, body: &Value) -> Answer {
    world.create_with(body, &[("idempotency-key", key)]).await
}

pub fn assert_first(answer: &Answer) {
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(answer.header("idempotent-replayed"), None);
}

/// The same order again, to the letter.
pub fn assert_replay(answer: &Answer, first: &Answer) {
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(answer.header("idempotent-replayed"), Some("true"));
    assert_eq!(answer.header("location"), first.header("location"));
    assert_eq!(answer.text, first.text);
}

#[tokio::test]
async fn same_key_and_content_are_the_same_order() {
    let world = World::start().await;
    let asked = world.four_fields();

    let first = create(&world, "k-1", &asked).await;
    assert_first(&first);

    for key in ["k-1", "\"k-1\"", " k-1 "] {
        assert_replay(&create(&world, key, &asked).await, &first);
    }
    assert_eq!(world.items().len(), 1);
    assert_eq!(world.sandbox.binance().calls().len(), 1);
    // A replay writes nothing.
    assert_eq!(world.items()[0]["version"], 2);
}

#[tokio::test]
async fn content_is_compared_by_its_meaning_and_not_by_its_spelling() {
    let world = World::start().await;
    let url = world.sandbox.leadscalendar().callback_url();
    let first = create(&world, "k", &world.four_fields()).await;
    assert_first(&first);
    let headers = [
        ("x-mbx-apikey", world.sandbox.app_api_key()),
        ("content-type", "application/json"),
        ("idempotency-key", "k"),
    ];
    for body in [
        format!(r#"{{"callbackUrl":"{url}","price":1,"fiat":"USD","transactionType":"PAY"}}"#),
        format!(
            r#" {{ "price" : "1.00", "transactionType":"PAY","fiat":"\u0055SD","callbackUrl":"{url}" }} "#
        ),
        format!(
            r#"{{"transactionType":"PAY","fiat":"USD","price":"1.0","callbackUrl":"{url}",
                "description":"LeadsCalendar","terminalType":"WEB","reference":null,"returnUrl":null}}"#
        ),
    ] {
        let answer = world.send("POST", "/orders", &headers, body).await;
        assert_replay(&answer, &first);
    }
    assert_eq!(world.sandbox.binance().orders().len(), 1);
}

#[tokio::test]
async fn same_key_with_other_content_is_refused_and_tells_nothing_of_the_first_order_but_its_id() {
    let world = World::start().await;
    let mut first = world.four_fields();
    first["reference"] = json!("first-reference");
    let created = create(&world, "k", &first).await;
    assert_first(&created);
    for (field, value) in [
        ("price", json!("1.01")),
        (
            "callbackUrl",
            json!(format!("{}?a", first["callbackUrl"].as_str().unwrap())),
        ),
        ("description", json!("Another")),
        ("reference", json!("other-reference")),
        ("reference", Value::Null),
        ("returnUrl", json!("https://app.example.com/")),
        ("cancelUrl", json!("https://app.example.com/")),
        ("terminalType", json!("APP")),
    ] {
        let mut other = first.clone();
        other[field] = value;
        let answer = create(&world, "k", &other).await;
        assert_eq!(problem(&answer, 422), ours(REUSED.0, REUSED.1), "{field}");
        assert_eq!(answer.text_of("orderId"), created.text_of("orderId"));
        assert!(!answer.text.contains("first-reference"), "{}", answer.text);
    }
    assert_eq!(world.items().len(), 1);
    assert_eq!(world.sandbox.binance().calls().len(), 1);
    assert_eq!(world.items()[0]["version"], 2);
}

#[tokio::test]
async fn other_keys_are_other_orders() {
    let world = World::start().await;
    let mut ids = Vec::new();
    for key in ["k", "K", "k2", "k,k", "\"k", "k\""] {
        let answer = create(&world, key, &world.four_fields()).await;
        assert_first(&answer);
        ids.push(answer.text_of("orderId"));
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 6);
    assert_eq!(world.sandbox.binance().orders().len(), 6);
}

#[tokio::test]
async fn bad_request_does_not_use_up_its_key() {
    let world = World::start().await;
    let mut bad = world.four_fields();
    bad["price"] = json!(0);
    assert_eq!(create(&world, "k", &bad).await.status, 400);
    assert_untouched(&world);

    assert_first(&create(&world, "k", &world.four_fields()).await);
}

#[tokio::test]
async fn keys_of_leadscalendar_share_their_idempotency_keys() {
    let mut secrets = inline().await;
    let (old, new) = ("o".repeat(32), "n".repeat(32));
    secrets["appApiKeys"] = json!([old, new]);
    let world = World::with(Options::default(), &[("SECRETS", &secrets.to_string())]).await;
    let body = world.four_fields().to_string();
    let request = |key| {
        let headers = [
            ("x-mbx-apikey", key),
            ("content-type", "application/json"),
            ("idempotency-key", "k"),
        ];
        let (world, body) = (&world, body.clone());
        async move { world.send("POST", "/orders", &headers, body).await }
    };

    let first = request(old.as_str()).await;
    assert_first(&first);

    assert_replay(&request(new.as_str()).await, &first);
    assert_eq!(world.sandbox.binance().orders().len(), 1);
}

#[tokio::test]
async fn without_an_idempotency_key_each_request_is_a_new_order() {
    let world = World::start().await;
    let asked = world.four_fields();

    let (first, second) = (world.create(&asked).await, world.create(&asked).await);

    assert_ne!(first.text_of("orderId"), second.text_of("orderId"));
    assert_eq!(world.items().len(), 2);
    assert_eq!(world.sandbox.binance().orders().len(), 2);
}
