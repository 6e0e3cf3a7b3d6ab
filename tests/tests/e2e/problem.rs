//! A problem answer (RFC 9457), checked as a whole; and what must not have happened when there was one.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::world::{Answer, World};

/// What each status recommends to its reader, in a phrase.
const ADVICE: [(u16, &str); 11] = [
    (400, "correct the request"),
    (401, "renew"),
    (403, "permission"),
    (404, "Check the id and the endpoint"),
    (405, "Check the id and the endpoint"),
    (409, "Wait as long as Retry-After says"),
    (413, "correct the request"),
    (415, "correct the request"),
    (422, "another Idempotency-Key"),
    (429, "double the wait each time"),
    (500, "(minutes) with the same Idempotency-Key"),
];
/// What no repeat mends, and who then must act.
const NOT_RETRYABLE: [(&str, &str); 2] = [
    ("PAID_UNKNOWN", "ask the operator"),
    ("NOT_SET_UP", "tell the operator"),
];
const STORE_ADVICE: &str = "(seconds) with the same Idempotency-Key";

/// Where the codes of our own are listed, one a line.
const OPENAPI: &str = include_str!("../../../openapi.yaml");

/// Checks all that problems have in common and gives the rest: `code`, `detail`, `source`, and `errors` if there are any.
/// Of `orderId`, whether it is there; `problem_order.rs` looks at which it is.
pub fn problem(answer: &Answer, status: u16) -> Value {
    let text = &answer.text;
    assert_eq!(answer.status, status, "{text}");
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json"),
        "{text}"
    );
    assert_eq!(answer.header("location"), None, "{text}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{text}");
    let Value::Object(mut members) = answer.json() else {
        panic!("no object: {text}");
    };
    // Fields are named by us in `errors`, and by Binance in its message.
    let names_a_field = members.contains_key("errors") || members["source"] == "binance";
    // What Binance said, and what a key brought up, is about a recorded order; our table can fail before the record, too.
    let is_about_an_order = members["source"] == "binance" || [409, 422].contains(&status);
    let order_id = members.remove("orderId");
    assert!(
        status == 503 || order_id.is_some() == is_about_an_order,
        "{text}"
    );
    let code = members["code"].as_str().unwrap().to_owned();
    assert_listed(&code);
    let mut take = |name: &str| {
        members
            .remove(name)
            .unwrap_or_else(|| panic!("no {name} in {text}"))
    };
    assert_eq!(take("type"), "about:blank", "{text}");
    let title = StatusCode::from_u16(status).unwrap().canonical_reason();
    assert_eq!(take("title"), title.unwrap(), "{text}");
    assert_eq!(take("status"), status, "{text}");
    let request_id = take("requestId");
    assert!(
        request_id
            .as_str()
            .is_some_and(|id| id.starts_with("00000000-0000-4000-8000-")),
        "{text}"
    );
    let recommendation = take("recommendation");
    let advice = advice(status, &code, names_a_field);
    assert!(
        recommendation
            .as_str()
            .is_some_and(|said| said.contains(advice)),
        "{text}"
    );
    let is_repeatable = NOT_RETRYABLE.iter().all(|(known, _)| *known != code);
    let is_retryable = [409, 429, 500, 503].contains(&status) && is_repeatable;
    assert_eq!(take("retryable"), is_retryable, "{text}");
    assert_eq!(
        answer.header("retry-after").is_some(),
        is_retryable,
        "{text}"
    );
    let msg = take("msg");
    assert_eq!(members.get("detail"), Some(&msg), "{text}");
    Value::Object(members)
}

/// What the answer recommends, in a phrase.
fn advice(status: u16, code: &str, names_a_field: bool) -> &'static str {
    let no_repeat = NOT_RETRYABLE.iter().find(|(known, _)| *known == code);
    let by_status = ADVICE.iter().find(|(known, _)| *known == status);
    match (no_repeat, by_status) {
        (Some((_, who)), _) => who,
        (None, _) if status == 400 && names_a_field => "correct the field",
        (None, Some((_, advice))) => advice,
        (None, None) => STORE_ADVICE,
    }
}

/// A code is Binance's, or one of those that `openapi.yaml` lists.
fn assert_listed(code: &str) {
    let listed = format!("- {code}");
    let is_ours = OPENAPI.lines().any(|line| line.trim() == listed);
    let is_binances = code.bytes().all(|byte| byte.is_ascii_digit());
    assert!(is_ours || is_binances, "{code}");
}

/// The whole of a problem of our own that names no field.
pub fn ours(code: &str, detail: &str) -> Value {
    json!({"code": code, "detail": detail, "source": "gateway"})
}

/// The whole of a problem that Binance caused.
pub fn binances(code: &str, detail: &str) -> Value {
    json!({"code": code, "detail": detail, "source": "binance"})
}

/// The whole of the problem of one wrong field.
pub fn of_field(field: &str, rule: &str) -> Value {
    json!({
        "code": "INVALID_REQUEST",
        "detail": format!("{field} {rule}"),
        "source": "gateway",
        "errors": [{"pointer": format!("/{field}"), "detail": rule}],
    })
}

/// The table is empty and Binance has not been called.
pub fn assert_untouched(world: &World) {
    assert_eq!(world.items(), Vec::<Value>::new());
    let calls = world.sandbox.binance().calls();
    assert!(calls.is_empty(), "{calls:#?}");
}

/// No secret is in `text`.
pub fn assert_discreet(world: &World, text: &str) {
    let credentials = world.sandbox.credentials();
    let known = [
        world.sandbox.app_api_key(),
        &credentials.api_key,
        &credentials.api_secret,
    ];
    let webhook_secrets = world.sandbox.webhook_secrets().iter().map(String::as_str);
    for secret in known.into_iter().chain(webhook_secrets) {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
}
