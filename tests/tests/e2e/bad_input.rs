//! Requests of a careless client that cannot be read at all: each gets its problem, and leaves no trace.

use std::sync::atomic::Ordering;

use serde_json::json;

use crate::problem::{assert_discreet, assert_untouched, ours, problem};
use crate::world::World;

const JSON: &str = "application/json";

#[tokio::test]
async fn body_that_is_not_one_json_object_is_refused() {
    let world = World::start().await;
    let good = world.four_fields().to_string();
    let nested = format!("{{\"a\":{}", "[".repeat(16_000));
    for body in [
        "",
        " ",
        "null",
        "true",
        "1",
        "NaN",
        "\"PAY\"",
        "[]",
        &format!("[{good}]"),
        "{",
        &good[..good.len() - 1],
        &format!("{good}{good}"),
        &format!("{good},"),
        &format!("\u{feff}{good}"),
        &good.replace('"', "'"),
        &good.replacen(':', "=", 1),
        &good.replace("1.0", "NaN"),
        &good.replace("1.0", "Infinity"),
        &good.replace("1.0", "01"),
        &good.replace("1.0", ".5"),
        &good.replace("1.0", "1,00"),
        &good.replace("USD", "U\nSD"),
        "transactionType=PAY&fiat=USD&price=1.00",
        "<order/>",
        &nested,
    ] {
        let answer = world.create_raw(body.to_owned()).await;
        let mut said = problem(&answer, 400);
        let detail = said["detail"].take();
        let detail = detail.as_str().unwrap();
        assert!(
            detail.starts_with("the body must be one JSON object (see line "),
            "{body}: {detail}"
        );
        assert_eq!(
            said,
            json!({"code": "INVALID_REQUEST", "detail": null, "source": "gateway"})
        );
        assert_discreet(&world, &answer.text);
    }
    let not_utf8 = world.create_raw(b"{\"fiat\":\"\xff\xfe\"}".to_vec()).await;
    assert_eq!(problem(&not_utf8, 400)["code"], "INVALID_REQUEST");
    assert_untouched(&world);
}

#[tokio::test]
async fn body_may_be_16_kib_and_no_longer() {
    let world = World::start().await;
    let good = world.four_fields().to_string();
    let padded = |length: usize| format!("{good}{}", " ".repeat(length - good.len()));
    for is_base64 in [false, true] {
        world.functions.base64.store(is_base64, Ordering::Relaxed);
        for body in [padded(16_385), "x".repeat(1_000_000), "[".repeat(1_000_000)] {
            let answer = world.create_raw(body).await;
            let too_large = ours(
                "BODY_TOO_LARGE",
                "the body must be at most 16384 bytes long",
            );
            assert_eq!(problem(&answer, 413), too_large);
        }
    }
    assert_untouched(&world);

    let longest = world.create_raw(padded(16_384)).await;
    assert_eq!(longest.status, 201, "{}", longest.text);
}

#[tokio::test]
async fn body_of_another_media_type_is_refused() {
    let world = World::start().await;
    let key = ("x-mbx-apikey", world.sandbox.app_api_key());
    for media_type in [
        None,
        Some(""),
        Some("text/plain"),
        Some("text/json"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("application/jsonp"),
        Some("application/problem+json"),
        Some("text/plain, application/json"),
        Some("charset=utf-8; application/json"),
    ] {
        let mut headers = vec![key];
        headers.extend(media_type.map(|media_type| ("content-type", media_type)));
        let body = world.four_fields().to_string().into_bytes();
        let answer = world.send("POST", "/orders", &headers, body).await;
        let not_json = ours(
            "UNSUPPORTED_MEDIA_TYPE",
            "Content-Type must be application/json",
        );
        assert_eq!(problem(&answer, 415), not_json, "{media_type:?}");
    }
    assert_untouched(&world);
}

#[tokio::test]
async fn other_methods_are_refused_with_those_that_are_allowed() {
    let world = World::start().await;
    let key = ("x-mbx-apikey", world.sandbox.app_api_key());
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        let body = world.four_fields().to_string();
        let headers = [key, ("content-type", JSON)];
        let answer = world.send(method, "/orders", &headers, body).await;
        let wrong = ours("METHOD_NOT_ALLOWED", "the method must be GET or POST");
        assert_eq!(problem(&answer, 405), wrong, "{method}");
        assert_eq!(answer.header("allow"), Some("GET, POST"), "{method}");
    }
    // Its answer has no body.
    let head = world.send("HEAD", "/orders", &[key], "").await;
    assert_eq!(
        (head.status, head.header("allow")),
        (405, Some("GET, POST"))
    );
    assert_untouched(&world);
}

const KEY_RULE: &str =
    "Idempotency-Key must be 1 to 255 visible ASCII characters, bare or in quotes, once";

#[tokio::test]
async fn idempotency_key_that_breaks_its_rule_is_refused() {
    let world = World::start().await;
    let long = "k".repeat(256);
    for key in [
        "",
        " ",
        "\"\"",
        "a b",
        "\"a b\"",
        "a\tb",
        &long,
        &format!("\"{long}\""),
    ] {
        let answer = world
            .create_with(&world.four_fields(), &[("idempotency-key", key)])
            .await;
        let refused = ours("INVALID_REQUEST", KEY_RULE);
        assert_eq!(problem(&answer, 400), refused, "{key}");
    }
    assert_untouched(&world);

    for key in [
        "k",
        "!~",
        &"k".repeat(255),
        &format!("\"{}\"", "q".repeat(255)),
    ] {
        let answer = world
            .create_with(&world.four_fields(), &[("idempotency-key", key)])
            .await;
        assert_eq!(answer.status, 201, "{key}: {}", answer.text);
        assert_eq!(answer.header("idempotent-replayed"), None, "{key}");
    }
}

#[tokio::test]
async fn body_of_nothing_but_unknown_fields_is_not_answered_with_many_times_its_size() {
    let world = World::start().await;
    let mut body = world.four_fields();
    for number in 0..1_000 {
        body[format!("x{number}")] = json!(1);
    }

    let answer = world.create(&body).await;

    let errors = problem(&answer, 400)["errors"].clone();
    let errors = errors.as_array().unwrap();
    assert_eq!(errors.len(), 21);
    let rest =
        json!({"pointer": "", "detail": "the body has 980 more fields that are not of an order"});
    assert_eq!(errors[20], rest);
    assert!(answer.text.len() < body.to_string().len());
}

#[tokio::test]
async fn compressed_body_is_refused_by_the_name_of_what_is_taken() {
    let world = World::start().await;
    let send = async |encoding: &str, body: Vec<u8>| {
        let headers = [
            ("x-mbx-apikey", world.sandbox.app_api_key()),
            ("content-type", JSON),
            ("content-encoding", encoding),
        ];
        world.send("POST", "/orders", &headers, body).await
    };
    let good = world.four_fields().to_string().into_bytes();
    for (encoding, body) in [
        ("gzip", b"\x1f\x8b\x08 no text".to_vec()),
        ("gzip", good.clone()),
        ("br", good.clone()),
        ("identity, gzip", good.clone()),
        ("nonsense", good.clone()),
    ] {
        let answer = send(encoding, body).await;
        let detail = "Content-Encoding must be identity: the body must not be compressed";
        let encoded = ours("UNSUPPORTED_MEDIA_TYPE", detail);
        assert_eq!(problem(&answer, 415), encoded, "{encoding}");
        assert_eq!(
            answer.header("accept-encoding"),
            Some("identity"),
            "{encoding}"
        );
    }
    assert_untouched(&world);
    for encoding in ["identity", "Identity", ""] {
        let created = send(encoding, good.clone()).await;
        assert_eq!(created.status, 201, "{encoding}: {}", created.text);
    }
}
