//! What is wrong with the body of a request for a refund: each wrong field is named with its rule.

use serde_json::json;

use crate::giving_back::{nobodys, ours, paid, problem_of};
use crate::refund_input::{ask, assert_nothing_came_of_it, before};
use crate::world::World;

const POSITIVE: &str = "must be greater than 0";
const PLACES: &str = "must have at most 8 decimals";
const DECIMAL: &str = "must be a decimal number such as 25.17 or 1";
const SEEN: &str = "must be 1 to 256 characters long and have something visible";
const CONTROL: &str = "must not contain control characters or line separators";
const REORDERED: &str = "must not contain bidirectional embeddings, overrides or isolates";

/// A field, what is in it, and the rule that this breaks.
const WRONG: [(&str, &str, &str); 22] = [
    ("amount", "0", POSITIVE),
    ("amount", "\"0.00\"", POSITIVE),
    ("amount", "0e9", POSITIVE),
    ("amount", "1e-9", PLACES),
    ("amount", "\"0.123456789\"", PLACES),
    ("amount", "0.100000001", PLACES),
    ("amount", "\"\"", DECIMAL),
    ("amount", "\"1,5\"", DECIMAL),
    ("amount", "\" 1\"", DECIMAL),
    ("amount", "\"0x1\"", DECIMAL),
    ("amount", "\"NaN\"", DECIMAL),
    ("amount", "true", DECIMAL),
    ("amount", "[]", DECIMAL),
    ("amount", "{}", DECIMAL),
    ("reason", "1", "must be a string"),
    ("reason", "\"\"", SEEN),
    ("reason", "\"\u{200b}\u{a0}\"", SEEN),
    ("reason", r#""a\nb""#, CONTROL),
    ("reason", "\"a\u{202e}b\"", REORDERED),
    ("merchantTradeNo", "7", "must be a string"),
    (
        "callbackUrl",
        "\"https://a.example/\"",
        "is not a field of a refund",
    ),
    ("amout", "1", "is not a field of a refund"),
];

#[tokio::test]
async fn each_wrong_field_is_named_with_its_rule() {
    let world = World::start().await;
    let (order, item) = before(&world).await;
    let long = format!("\"{}\"", "é".repeat(257));
    for (field, raw, rule) in WRONG.into_iter().chain([("reason", long.as_str(), SEEN)]) {
        let answer = ask(&world, &order.id, &[], &format!("{{\"{field}\":{raw}}}")).await;
        let mut expected = nobodys(400, "INVALID_REQUEST", &format!("{field} {rule}"));
        expected.1["errors"] = json!([{"pointer": format!("/{field}"), "detail": rule}]);
        assert_eq!(problem_of(&answer), expected, "{field}: {raw}");
    }
    for raw in [
        "-1",
        "\"-0.1\"",
        "-0",
        "1e999",
        "123456789012345678901234567890",
    ] {
        let answer = ask(&world, &order.id, &[], &format!("{{\"amount\":{raw}}}")).await;
        let (status, problem) = problem_of(&answer);
        assert_eq!(
            (status, &problem["errors"][0]["pointer"]),
            (400, &json!("/amount")),
            "{raw}"
        );
    }
    // All in one answer.
    let body = r#"{"amount":0,"reason":1,"merchantTradeNo":[],"amount":1,"x":1}"#;
    let answer = ask(&world, &order.id, &[], body).await;
    let named: Vec<_> = answer.json()["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].clone())
        .collect();
    assert_eq!(
        named,
        ["/amount", "/reason", "/merchantTradeNo", "/amount", "/x"]
    );
    assert_nothing_came_of_it(&world, &order, &item);
}

#[tokio::test]
async fn trade_number_is_one_of_the_orders_payments() {
    let world = World::start().await;
    let (order, item) = before(&world).await;
    let other = paid(&world).await;
    for number in [
        "7".to_owned(),
        String::new(),
        order.id.clone(),
        order.trade_no.to_uppercase() + "A",
    ] {
        let answer = world
            .refund(&order.id, "k", &json!({"merchantTradeNo": number}))
            .await;
        let (status, problem) = problem_of(&answer);
        assert_eq!(
            (status, &problem["errors"][0]["pointer"]),
            (400, &json!("/merchantTradeNo")),
            "{number}"
        );
    }
    for number in [
        other.trade_no,
        format!("{}02", order.id),
        format!("{}99", order.id),
    ] {
        let answer = world
            .refund(&order.id, "k", &json!({"merchantTradeNo": number}))
            .await;
        let rule = "is not of a payment of this order";
        let mut expected = ours(
            400,
            &order,
            "INVALID_REQUEST",
            &format!("merchantTradeNo {rule}"),
        );
        expected.1["errors"] = json!([{"pointer": "/merchantTradeNo", "detail": rule}]);
        assert_eq!(problem_of(&answer), expected, "{number}");
    }
    assert_nothing_came_of_it(&world, &order, &item);
}

#[tokio::test]
async fn body_that_is_no_json_too_large_compressed_or_of_another_type_is_refused() {
    let world = World::start().await;
    let (order, item) = before(&world).await;
    for body in ["", "null", "[]", "{", "amount=1", "{}{}"] {
        let answer = ask(&world, &order.id, &[], body).await;
        let (status, problem) = problem_of(&answer);
        assert_eq!(
            (status, &problem["code"]),
            (400, &json!("INVALID_REQUEST")),
            "{body}"
        );
    }
    let large = format!("{{}}{}", " ".repeat(16_383));
    let answer = ask(&world, &order.id, &[], &large).await;
    let detail = "the body must be at most 16384 bytes long";
    assert_eq!(problem_of(&answer), nobodys(413, "BODY_TOO_LARGE", detail));
    for (header, detail) in [
        (
            ("content-encoding", "gzip"),
            "Content-Encoding must be identity: the body must not be compressed",
        ),
        (
            ("content-type", "text/plain"),
            "Content-Type must be application/json",
        ),
        (
            ("content-type", "absent"),
            "Content-Type must be application/json",
        ),
    ] {
        let answer = ask(&world, &order.id, &[header], "{}").await;
        assert_eq!(
            problem_of(&answer),
            nobodys(415, "UNSUPPORTED_MEDIA_TYPE", detail)
        );
    }
    assert_nothing_came_of_it(&world, &order, &item);
}
