//! A request that died with its work half done: nobody else touches the order before its time is up, anybody afterwards.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sandbox::binance::{Fault, On};
use sandbox::dynamodb::StoreFault;
use serde_json::{Value, json};

use crate::problem::{ours, problem};
use crate::reconcile::MINUTE;
use crate::world::World;

/// Invokes the function with an `Idempotency-Key` and kills it once Binance has taken the order.
async fn die_waiting_for_binance(world: &World, key: &str, limit_ms: u64) {
    world.functions.limit_ms.store(limit_ms, Ordering::Relaxed);
    let slow = Fault::Slow { ms: 20_000 };
    world.sandbox.binance().fault(On::Create, 1, slow);
    let headers = json!({
        "x-mbx-apikey": world.sandbox.app_api_key(),
        "content-type": "application/json",
        "idempotency-key": key,
    });
    let event = world.functions.event(
        &reqwest::Method::POST,
        &"/orders".parse().unwrap(),
        headers.as_object().unwrap().clone(),
        world.four_fields().to_string().as_bytes(),
    );
    let functions = Arc::clone(&world.functions);
    let first = tokio::spawn(async move { functions.invoke(event).await });
    let is_taken = |world: &World| !world.sandbox.binance().orders().is_empty();
    world.until("Binance to take the order", is_taken).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    world.functions.limit_ms.store(14_000, Ordering::Relaxed);
}

#[tokio::test]
async fn request_that_died_is_taken_over_when_its_time_is_up() {
    let world = World::start().await;
    die_waiting_for_binance(&world, "k", 1_500).await;
    let left = world.items();
    let key = [("idempotency-key", "k")];

    let early = world.create_with(&world.four_fields(), &key).await;

    let detail = "the first request with this Idempotency-Key is still under way";
    assert_eq!(problem(&early, 409), ours("REQUEST_IN_PROGRESS", detail));
    assert_eq!(world.items(), left, "nothing is written before");
    assert_eq!(world.sandbox.binance().calls().len(), 1);
    let secs: u64 = early.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=2).contains(&secs), "{secs}");

    // As it was told.
    tokio::time::sleep(Duration::from_secs(secs)).await;
    let created = world.create_with(&world.four_fields(), &key).await;

    assert_eq!(created.status, 201, "{}", created.text);
    assert_eq!(created.header("idempotent-replayed"), None);
    let order_id = left[0]["orderId"].as_str().unwrap();
    assert_eq!(created.text_of("merchantTradeNo"), format!("{order_id}02"));
    let item = world.item(order_id);
    assert_eq!(item["status"], "PENDING");
    assert_eq!(item["attempts"][0]["end"], "unknown");
    assert_eq!(item["attempts"][1].get("end"), None);
    assert_eq!(item.get("claim"), None);
    let numbers: Vec<_> = world
        .sandbox
        .binance()
        .orders()
        .into_iter()
        .map(|order| order.merchant_trade_no)
        .collect();
    assert_eq!(numbers, [format!("{order_id}01"), format!("{order_id}02")]);

    let replayed = world.create_with(&world.four_fields(), &key).await;
    assert_eq!(replayed.header("idempotent-replayed"), Some("true"));
    assert_eq!(replayed.text, created.text);
}

#[tokio::test]
async fn request_that_died_says_how_long_it_could_have_lived() {
    let world = World::start().await;
    die_waiting_for_binance(&world, "k", 28_000).await;

    let early = world
        .create_with(&world.four_fields(), &[("idempotency-key", "k")])
        .await;

    assert_eq!(problem(&early, 409)["code"], "REQUEST_IN_PROGRESS");
    let secs: u64 = early.header("retry-after").unwrap().parse().unwrap();
    assert!((20..=28).contains(&secs), "{secs}");
}

#[tokio::test]
async fn order_that_waits_to_be_taken_over_is_still_told_from_other_content() {
    let world = World::start().await;
    die_waiting_for_binance(&world, "k", 14_000).await;
    let left = world.items();
    let mut other = world.four_fields();
    other["price"] = json!(2);

    let answer = world.create_with(&other, &[("idempotency-key", "k")]).await;

    assert_eq!(problem(&answer, 422)["code"], "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(world.items(), left);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn order_that_waits_to_be_taken_over_is_taken_over_by_one_request() {
    let world = World::start().await;
    die_waiting_for_binance(&world, "k", 500).await;
    let is_over = |world: &World| {
        let until_ms = world.items()[0]["claim"]["untilMs"].as_i64().unwrap();
        until_ms < sandbox::clock::now_ms()
    };
    world
        .until("the dead request's time to be up", is_over)
        .await;
    let slow = Fault::Slow { ms: 60 };
    world.sandbox.binance().fault(On::Create, 1, slow);
    let asked = world.four_fields();
    let one = || world.create_with(&asked, &[("idempotency-key", "k")]);

    let answers = tokio::join!(one(), one(), one(), one());

    let answers = [answers.0, answers.1, answers.2, answers.3];
    let firsts = answers
        .iter()
        .filter(|answer| answer.status == 201 && answer.header("idempotent-replayed").is_none());
    assert_eq!(firsts.count(), 1, "{answers:#?}");
    let statuses = answers.iter().map(|answer| answer.status);
    assert!(
        statuses.clone().all(|status| [201, 409].contains(&status)),
        "{answers:#?}"
    );
    assert_eq!(world.sandbox.binance().orders().len(), 2);
    let ends: Vec<Value> = world.items()[0]["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| attempt["end"].clone())
        .collect();
    assert_eq!(ends, [json!("unknown"), Value::Null]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn write_repeated_by_the_request_that_gave_up_leaves_the_one_that_took_over_alone() {
    let world = World::start().await;
    world.functions.limit_ms.store(14_000, Ordering::Relaxed);
    let limited = Fault::Rate429 {
        retry_after: Some(60),
    };
    world.sandbox.binance().fault(On::Create, 1, limited);
    // The namespace and the order are recorded at once; that Binance was not to be had is written, too, but answered when the SDK has given up
    // waiting. It repeats the write, and finds what happened meanwhile.
    for ms in [0, 0, 5_000] {
        let slow = StoreFault::Slow { ms };
        world.sandbox.dynamodb().fault(Some("PutItem"), 1, slow);
    }
    let asked = world.four_fields();
    let one = || world.create_with(&asked, &[("idempotency-key", "k")]);
    let take_over = async || {
        let is_given_up = |world: &World| {
            let items = world.items();
            items
                .first()
                .is_some_and(|item| item.get("claim").is_none())
        };
        world
            .until("the first request to give up", is_given_up)
            .await;
        let slow = Fault::Slow { ms: 5_000 };
        world.sandbox.binance().fault(On::Create, 1, slow);
        one().await
    };

    let (gave_up, took_over) = tokio::join!(
        async {
            let gave_up = one().await;
            (gave_up, one().await)
        },
        take_over()
    );

    let (gave_up, early) = gave_up;
    assert_eq!(problem(&gave_up, 429)["code"], "RATE_LIMITED");
    assert_eq!(problem(&early, 409)["code"], "REQUEST_IN_PROGRESS");
    assert_eq!(took_over.status, 201, "{}", took_over.text);
    let calls = world.sandbox.binance().calls();
    assert_eq!(calls.len(), 2, "{calls:#?}");
    let item = &world.items()[0];
    assert_eq!(item["status"], "PENDING");
    assert_eq!(item["attempts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn request_that_outlived_its_time_leaves_the_order_to_whoever_has_gone_on_with_it() {
    for by_a_repeat in [true, false] {
        let world = World::start().await;
        let binance = world.sandbox.binance();
        binance.fault(On::Create, 1, Fault::Slow { ms: 2_000 });
        let key = [("idempotency-key", "k")];
        let body = world.four_fields();
        let meanwhile = async {
            world
                .until("Binance to take the order", |_| {
                    !binance.orders().is_empty()
                })
                .await;
            if by_a_repeat {
                binance.advance(MINUTE);
                let created = world.create_with(&body, &key).await;
                assert!(created.text_of("merchantTradeNo").ends_with("02"));
            } else {
                world.reconcile_after(5 * MINUTE).await;
            }
            world.items()[0]["status"].clone()
        };

        let (outlived, status) = tokio::join!(world.create_with(&body, &key), meanwhile);

        assert_eq!(status, if by_a_repeat { "PENDING" } else { "FAILED" });
        assert_eq!(problem(&outlived, 409)["code"], "REQUEST_IN_PROGRESS");
        assert_eq!(outlived.header("retry-after"), Some("1"));
    }
}
