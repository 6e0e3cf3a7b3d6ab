//! What the caller is told, and what the table holds, when Binance does not open the checkout.

use std::sync::atomic::Ordering;

use sandbox::binance::{Envelope, Fault, On};
use serde_json::{Value, json};

use crate::problem::{assert_discreet, binances, problem};
use crate::world::{Answer, World};

/// With so little time, in milliseconds, Binance is called but once.
const ONE_CALL_MS: u64 = 6_000;

pub const ENVELOPES: [Envelope; 4] = [
    Envelope::Normal,
    Envelope::Msg,
    Envelope::ErrorData,
    Envelope::Numeric,
];

/// How the order stands afterwards.
#[derive(Clone, Copy)]
pub enum Left {
    /// Refused for good.
    Failed,
    /// The number was not taken.
    Unused,
    /// Whether the number was taken is not known.
    Unknown,
}
use Left::{Failed, Unknown, Unused};

/// A refusal with Binance's words `No.`
pub fn refusal(code: &str) -> Fault {
    Fault::Refuse {
        code: code.to_owned(),
        message: "No.".to_owned(),
        http: 400,
        envelope: Envelope::Normal,
    }
}

pub async fn world_of_one_call() -> World {
    let world = World::start().await;
    world
        .functions
        .limit_ms
        .store(ONE_CALL_MS, Ordering::Relaxed);
    world
}

/// Asks for an order while `fault` waits, twice in case it is repeated with secrets read again.
pub async fn create_against(world: &World, fault: Fault) -> Answer {
    world.sandbox.binance().fault(On::Create, 2, fault);
    let answer = world.create(&world.four_fields()).await;
    world.sandbox.binance().clear_faults();
    answer
}

/// Checks the order of the newest call of Binance; `code` is what stands in its history if it has failed.
pub fn assert_left(world: &World, left: Left, code: &str, case: &str) {
    let trade_no = world.sandbox.binance().calls().pop().unwrap().trade_no;
    assert_item_left(&world.item(&trade_no.unwrap()[..30]), left, code, case);
}

pub fn assert_item_left(item: &Value, left: Left, code: &str, case: &str) {
    let attempts = item["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 1, "{case}: {item}");
    let history: Vec<(&Value, &Value)> = item["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (&change["status"], &change["cause"]))
        .collect();
    let recorded = (&json!("CREATED"), &json!("request"));
    let refused = json!(format!("refused: {code}"));
    let failed = (&json!("FAILED"), &refused);
    let (status, end, expected, is_due) = match left {
        Failed => ("FAILED", json!("refused"), vec![recorded, failed], false),
        Unused => ("CREATED", Value::Null, vec![recorded], true),
        Unknown => ("CREATED", json!("unknown"), vec![recorded], true),
    };
    assert_eq!(item["status"], status, "{case}: {item}");
    assert_eq!(attempts[0]["end"], end, "{case}: {item}");
    assert_eq!(history, expected, "{case}: {item}");
    assert_eq!(item.get("claim"), None, "{case}: {item}");
    assert_eq!(item.get("dueAt").is_some(), is_due, "{case}: {item}");
}

/// Every code of the table, with the answer's status, its `Retry-After`, and what is left behind; but `400201`, about which
/// Binance is asked: `number_taken.rs`.
const CODES: [(&str, u16, Option<&str>, Left); 27] = [
    ("400001", 400, None, Failed),
    ("400006", 400, None, Failed),
    ("400007", 400, None, Failed),
    ("400008", 400, None, Failed),
    ("400100", 400, None, Failed),
    ("400101", 400, None, Failed),
    ("400102", 400, None, Failed),
    ("400103", 400, None, Failed),
    ("400104", 400, None, Failed),
    ("400204", 400, None, Failed),
    ("400301", 400, None, Failed),
    ("345231", 400, None, Failed),
    // Codes that nobody has documented.
    ("400999", 400, None, Failed),
    ("999999", 400, None, Failed),
    ("123456", 400, None, Failed),
    ("400002", 401, None, Failed),
    ("400004", 401, None, Failed),
    ("400005", 401, None, Failed),
    ("400203", 403, None, Failed),
    ("400206", 403, None, Failed),
    ("400606", 403, None, Failed),
    ("400202", 404, None, Failed),
    ("406108", 429, Some("30"), Unused),
    ("400003", 500, Some("120"), Unused),
    ("400000", 500, Some("120"), Unknown),
    ("50001", 500, Some("120"), Unknown),
    ("100001001", 500, Some("120"), Unknown),
];

#[tokio::test]
async fn every_code_of_binances_has_its_answer_in_every_envelope_and_with_every_http_status() {
    let world = world_of_one_call().await;
    for (index, (code, status, retry_after, left)) in CODES.into_iter().enumerate() {
        for (other, envelope) in ENVELOPES.into_iter().enumerate() {
            // Each code and each envelope meets both.
            let http = if (index + other) % 2 == 0 { 200 } else { 400 };
            let message = format!("Said with {http} in {envelope:?}.");
            let fault = Fault::Refuse {
                code: code.to_owned(),
                message: message.clone(),
                http,
                envelope,
            };
            let case = format!("{fault:?}");
            let answer = create_against(&world, fault).await;
            let expected = binances(code, &format!("Binance: {message}"));
            assert_eq!(problem(&answer, status), expected, "{case}");
            assert_eq!(answer.header("retry-after"), retry_after, "{case}");
            assert_left(&world, left, code, &case);
            assert_discreet(&world, &answer.text);
        }
    }
    assert_eq!(world.sandbox.binance().orders().len(), 0);
}

#[tokio::test]
async fn code_that_nobody_documented_is_a_fault_where_the_status_speaks_of_one() {
    let world = world_of_one_call().await;
    for (code, http, status, retry_after, left) in [
        ("500000", 503, 500, Some("120"), Unknown),
        ("999999", 500, 500, Some("120"), Unknown),
        ("999999", 429, 429, Some("30"), Unused),
        // What is documented is Binance's own word.
        ("400102", 503, 400, None, Failed),
        ("400002", 500, 401, None, Failed),
        ("406108", 500, 429, Some("30"), Unused),
    ] {
        let fault = Fault::Refuse {
            code: code.to_owned(),
            message: "System busy.".to_owned(),
            http,
            envelope: Envelope::Normal,
        };
        let case = format!("{fault:?}");
        let answer = create_against(&world, fault).await;
        let expected = binances(code, "Binance: System busy.");
        assert_eq!(problem(&answer, status), expected, "{case}");
        assert_eq!(answer.header("retry-after"), retry_after, "{case}");
        assert_left(&world, left, code, &case);
    }
}

#[tokio::test]
async fn failure_without_a_code_is_judged_by_its_http_status() {
    let world = world_of_one_call().await;
    for (http, status, code, retry_after, left) in [
        (200, 500, "BINANCE_UNAVAILABLE", Some("120"), Unknown),
        (400, 400, "REFUSED", None, Failed),
        (401, 401, "CREDENTIALS_REFUSED", None, Failed),
        (403, 403, "ACCESS_DENIED", None, Failed),
        (404, 404, "NOT_FOUND", None, Failed),
        (429, 429, "RATE_LIMITED", Some("30"), Unused),
        (451, 403, "LOCATION_RESTRICTED", None, Failed),
        (500, 500, "BINANCE_UNAVAILABLE", Some("120"), Unknown),
        (502, 500, "BINANCE_UNAVAILABLE", Some("120"), Unknown),
        (503, 500, "BINANCE_UNAVAILABLE", Some("120"), Unknown),
        (504, 500, "BINANCE_UNAVAILABLE", Some("120"), Unknown),
    ] {
        let fault = Fault::Refuse {
            code: "0".to_owned(),
            message: "No code.".to_owned(),
            http,
            envelope: Envelope::Numeric,
        };
        let answer = create_against(&world, fault).await;
        let expected = binances(code, "Binance: No code.");
        assert_eq!(problem(&answer, status), expected, "{http}");
        assert_eq!(answer.header("retry-after"), retry_after, "{http}");
        assert_left(&world, left, "no code", &http.to_string());
    }
}

#[tokio::test]
async fn binances_words_are_passed_on_cut_and_without_control_characters() {
    let world = world_of_one_call().await;
    let fault = Fault::Refuse {
        code: "400102".to_owned(),
        message: format!("a\r\nb\u{1b}[2J\"{}", "é".repeat(400)),
        http: 200,
        envelope: Envelope::Normal,
    };

    let answer = create_against(&world, fault).await;

    let detail = format!("Binance: ab[2J\"{}", "é".repeat(250));
    assert_eq!(problem(&answer, 400), binances("400102", &detail));
}
