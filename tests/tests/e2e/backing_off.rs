//! What Binance sees on the wire when a call is repeated: when, how signed, under which trade number.

use std::sync::atomic::Ordering;

use sandbox::Options;
use sandbox::binance::{Call, Fault, On};
use serde_json::json;

use crate::binance_failures::refusal;
use crate::problem::{binances, problem};
use crate::secrets_manager::inline;
use crate::signed::binance_calls;
use crate::world::World;

/// The waits between calls, in milliseconds.
fn waits(calls: &[Call]) -> Vec<i64> {
    calls
        .windows(2)
        .map(|two| two[1].at_ms - two[0].at_ms)
        .collect()
}

/// All calls carry one trade number, each has a nonce of its own, and none was turned away, as for a timestamp more than a
/// second old.
fn assert_signed_anew_under_one_number(calls: &[Call]) {
    let mut nonces: Vec<_> = calls.iter().map(|call| call.nonce.clone()).collect();
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), calls.len(), "{calls:#?}");
    for call in calls {
        assert_eq!(call.trade_no, calls[0].trade_no, "{calls:#?}");
        assert_ne!(call.verdict, "turned away", "{calls:#?}");
    }
}

#[tokio::test]
async fn rate_limit_is_met_with_doubling_waits_and_fresh_signatures() {
    let world = World::start().await;
    world.functions.limit_ms.store(20_000, Ordering::Relaxed);
    let busy = Fault::Rate429 { retry_after: None };
    world.sandbox.binance().fault(On::Create, 3, busy);

    let created = world.create(&world.four_fields()).await;

    assert_eq!(created.status, 201, "{}", created.text);
    let order_id = created.text_of("orderId");
    assert_eq!(created.text_of("merchantTradeNo"), format!("{order_id}01"));
    let calls = world.sandbox.binance().calls();
    let verdicts: Vec<&str> = calls.iter().map(|call| call.verdict).collect();
    assert_eq!(verdicts, ["not taken", "not taken", "not taken", "taken"]);
    assert_signed_anew_under_one_number(&calls);
    let waits = waits(&calls);
    for (wait, least) in waits.iter().zip([500, 1_000, 2_000]) {
        assert!(*wait >= least, "{waits:?}");
        assert!(*wait < 2 * least + 500, "{waits:?}");
    }
    assert_eq!(
        world.item(&order_id)["attempts"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn rate_limit_that_outlasts_the_invocation_is_passed_on() {
    let world = World::start().await;
    // Time enough for one repeat, and for no second one.
    world.functions.limit_ms.store(8_300, Ordering::Relaxed);
    let busy = Fault::Rate429 { retry_after: None };
    world.sandbox.binance().fault(On::Create, 9, busy);

    let answer = world.create(&world.four_fields()).await;

    let detail = "Binance: the rate limit is reached (HTTP status 429)";
    assert_eq!(problem(&answer, 429), binances("RATE_LIMITED", detail));
    assert_eq!(answer.header("retry-after"), Some("30"));
    let calls = world.sandbox.binance().calls();
    assert_eq!(calls.len(), 2, "{calls:#?}");
    assert_signed_anew_under_one_number(&calls);
}

#[tokio::test]
async fn retry_after_is_obeyed_where_it_is_longer_than_the_own_wait() {
    let world = World::start().await;
    let busy = Fault::Rate429 {
        retry_after: Some(1),
    };
    world.sandbox.binance().fault(On::Create, 1, busy);

    let created = world.create(&world.four_fields()).await;

    assert_eq!(created.status, 201, "{}", created.text);
    let calls = world.sandbox.binance().calls();
    assert_signed_anew_under_one_number(&calls);
    // The own first wait is always shorter than a second.
    let waits = waits(&calls);
    assert!(waits.len() == 1 && waits[0] >= 1_000, "{waits:?}");
}

#[tokio::test]
async fn retry_after_beyond_the_invocations_time_is_passed_on_at_once() {
    let world = World::start().await;
    let busy = Fault::Rate429 {
        retry_after: Some(600),
    };
    world.sandbox.binance().fault(On::Create, 9, busy);

    let answer = world.create(&world.four_fields()).await;

    assert_eq!(problem(&answer, 429)["code"], "RATE_LIMITED");
    assert_eq!(answer.header("retry-after"), Some("600"));
    assert_eq!(world.sandbox.binance().calls().len(), 1);
}

#[tokio::test]
async fn refused_timestamp_is_signed_anew_and_succeeds() {
    let world = World::start().await;
    world
        .sandbox
        .binance()
        .fault(On::Create, 1, refusal("400003"));

    let created = world.create(&world.four_fields()).await;

    assert_eq!(created.status, 201, "{}", created.text);
    let calls = world.sandbox.binance().calls();
    assert_eq!(calls.len(), 2);
    assert_signed_anew_under_one_number(&calls);
    assert_eq!(
        created.json()["merchantTradeNo"],
        *calls[1].trade_no.as_ref().unwrap()
    );
}

#[tokio::test]
async fn refused_credentials_are_tried_once_more_and_no_more() {
    let world = World::start().await;
    for code in ["400002", "400004", "400005"] {
        let before = world.sandbox.binance().calls().len();
        world.sandbox.binance().fault(On::Create, 1, refusal(code));

        let created = world.create(&world.four_fields()).await;

        assert_eq!(created.status, 201, "{code}: {}", created.text);
        let calls = world.sandbox.binance().calls().split_off(before);
        assert_eq!(calls.len(), 2, "{code}: {calls:#?}");
        assert_signed_anew_under_one_number(&calls);

        world.sandbox.binance().fault(On::Create, 9, refusal(code));
        let answer = world.create(&world.four_fields()).await;
        world.sandbox.binance().clear_faults();
        assert_eq!(problem(&answer, 401), binances(code, "Binance: No."));
        assert_eq!(world.sandbox.binance().calls().len(), before + 4, "{code}");
    }
}

#[tokio::test]
async fn what_binance_refuses_for_good_is_not_repeated() {
    let world = World::start().await;
    let refusals = [
        "400001", "400102", "400201", "400202", "400203", "400606", "999999",
    ]
    .map(refusal);
    for fault in refusals.into_iter().chain([Fault::Html403, Fault::Geo451]) {
        let before = binance_calls(&world, "/v3/order");
        world.sandbox.binance().fault(On::Create, 9, fault.clone());

        let answer = world.create(&world.four_fields()).await;

        world.sandbox.binance().clear_faults();
        assert!([400, 403, 404].contains(&answer.status), "{}", answer.text);
        let calls = binance_calls(&world, "/v3/order") - before;
        assert_eq!(calls, 1, "{fault:?}");
    }
}

#[tokio::test]
async fn wrong_api_key_or_secret_is_told_as_binance_tells_it() {
    let (right, unknown) = (inline().await, "k".repeat(64));
    for (field, wrong, code) in [
        ("binanceApiSecret", "wrong", "400002"),
        ("binanceApiKey", &unknown, "400004"),
        ("binanceApiKey", "short", "400005"),
    ] {
        let mut secrets = right.clone();
        secrets[field] = json!(wrong);
        let secrets = secrets.to_string();
        let world = World::with(Options::default(), &[("SECRETS", &secrets)]).await;

        let answer = world.create(&world.four_fields()).await;

        let said = problem(&answer, 401);
        assert_eq!(
            (&said["code"], &said["source"]),
            (&json!(code), &json!("binance"))
        );
        let calls = world.sandbox.binance().calls();
        let verdicts: Vec<&str> = calls.iter().map(|call| call.verdict).collect();
        assert_eq!(verdicts, ["turned away"; 2]);
        assert_eq!(world.items()[0]["status"], "FAILED");
    }
}
