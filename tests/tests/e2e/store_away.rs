//! The table throttles, fails or is away: nothing is asked of Binance that is not recorded, and the caller may come again.

use std::sync::atomic::Ordering;
use std::time::Duration;

use sandbox::Options;
use sandbox::binance::{Fault, On};
use sandbox::dynamodb::StoreFault;
use serde_json::json;

use crate::log::Log;
use crate::problem::{assert_discreet, ours, problem};
use crate::world::{Answer, World};

fn assert_try_again(world: &World, answer: &Answer) {
    let detail = "the service cannot reach its own store just now";
    assert_eq!(problem(answer, 503), ours("TRY_AGAIN", detail));
    assert_eq!(answer.header("retry-after"), Some("5"));
    assert_discreet(world, &answer.text);
}

/// An address where nobody listens.
async fn closed() -> String {
    let listener = sandbox::web::listen(0, "none").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn without_its_table_the_service_asks_for_another_try_and_binance_for_nothing() {
    let closed = closed().await;
    let settings = [("AWS_ENDPOINT_URL_DYNAMODB", closed.as_str())];
    let world = World::with(Options::default(), &settings).await;

    let answer = world.create(&world.four_fields()).await;

    assert_try_again(&world, &answer);
    assert!(world.sandbox.binance().calls().is_empty());
}

#[tokio::test]
async fn without_its_secrets_the_service_lets_nobody_in() {
    let closed = closed().await;
    let settings = [
        ("SECRETS", ""),
        ("SECRETS_ID", "payments"),
        ("CALLER_KEYS_ID", "payments-callers"),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", closed.as_str()),
    ];
    let world = World::with(Options::default(), &settings).await;

    let answer = world.create(&world.four_fields()).await;

    assert_try_again(&world, &answer);
    assert!(world.sandbox.binance().calls().is_empty());
    assert!(world.items().is_empty());
}

#[tokio::test]
async fn table_that_refuses_each_try_is_told_and_binance_not_asked() {
    for fault in [
        StoreFault::Throttled,
        StoreFault::ServerError,
        StoreFault::LostRequest,
    ] {
        let world = World::start().await;
        world.sandbox.dynamodb().fault(None, 99, fault);

        let answer = world.create(&world.four_fields()).await;

        assert_try_again(&world, &answer);
        assert!(world.sandbox.binance().calls().is_empty());
        assert!(world.items().is_empty());
    }
}

#[tokio::test]
async fn table_that_is_not_ours_to_use_is_the_operators() {
    let log = Log::start();
    let world = World::start().await;
    world.sandbox.dynamodb().fault(None, 99, StoreFault::Denied);

    let answer = world.create(&world.four_fields()).await;

    let detail = "the service is not set up";
    assert_eq!(problem(&answer, 503), ours("NOT_SET_UP", detail));
    assert_eq!(answer.header("retry-after"), None);
    assert_told(&log, "ERROR", "AccessDeniedException");
}

#[tokio::test]
async fn credentials_that_have_expired_are_told_and_mend_themselves() {
    let log = Log::start();
    let world = World::start().await;
    world
        .sandbox
        .dynamodb()
        .fault(None, 99, StoreFault::Expired);

    for answer in [
        world.create(&world.four_fields()).await,
        world.get("0123456789abcdef0123456789abcd", &[]).await,
    ] {
        assert_try_again(&world, &answer);
    }

    assert_told(&log, "WARN", "ExpiredTokenException");
    // The next process has new ones.
    assert!(log.lines().iter().all(|line| line["level"] != "ERROR"));
}

/// That a line of this level says why the table cannot be used.
fn assert_told(log: &Log, level: &str, why: &str) {
    let lines = log.lines().into_iter();
    let mut told = lines.filter(|line| line["level"] == level);
    assert!(
        told.any(|line| line["cause"]
            .as_str()
            .is_some_and(|cause| cause.contains(why))),
        "{}",
        log.text()
    );
}

#[tokio::test]
async fn table_that_fails_once_goes_unnoticed() {
    for fault in [
        StoreFault::Throttled,
        StoreFault::ServerError,
        StoreFault::LostRequest,
        // The write is repeated, and finds itself done.
        StoreFault::LostAnswer,
    ] {
        let world = World::start().await;
        for key in [&[][..], &[("idempotency-key", "k")]] {
            world.sandbox.dynamodb().fault(Some("PutItem"), 1, fault);
            let before = world.sandbox.binance().calls().len();

            let created = world.create_with(&world.four_fields(), key).await;

            assert_eq!(created.status, 201, "{fault:?}: {}", created.text);
            assert_eq!(created.header("idempotent-replayed"), None, "{fault:?}");
            let order_id = created.text_of("orderId");
            assert_eq!(created.text_of("merchantTradeNo"), format!("{order_id}01"));
            assert_eq!(world.item(&order_id)["version"], 2, "{fault:?}");
            assert_eq!(world.sandbox.binance().calls().len(), before + 1);
        }
    }
}

#[tokio::test]
async fn answer_of_binances_is_recorded_once_though_the_store_loses_its_own() {
    let world = World::start().await;
    let slow = Fault::Slow { ms: 300 };
    world.sandbox.binance().fault(On::Create, 1, slow);
    let between = async {
        let is_taken = |world: &World| !world.sandbox.binance().orders().is_empty();
        world.until("Binance to take the order", is_taken).await;
        let lost = StoreFault::LostAnswer;
        world.sandbox.dynamodb().fault(Some("PutItem"), 1, lost);
    };
    let asked = world.four_fields();

    let (created, ()) = tokio::join!(world.create(&asked), between);

    assert_eq!(created.status, 201, "{}", created.text);
    assert!(world.sandbox.dynamodb().faults().is_empty());
    let item = world.item(&created.text_of("orderId"));
    assert_eq!(
        (&item["version"], &item["status"]),
        (&json!(2), &json!("PENDING"))
    );
    assert_eq!(item["history"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn checkout_that_could_not_be_recorded_is_left_behind_for_the_next_number() {
    let world = World::start().await;
    world.functions.limit_ms.store(1_000, Ordering::Relaxed);
    let slow = Fault::Slow { ms: 300 };
    world.sandbox.binance().fault(On::Create, 1, slow);
    let between = async {
        let is_taken = |world: &World| !world.sandbox.binance().orders().is_empty();
        world.until("Binance to take the order", is_taken).await;
        world
            .sandbox
            .dynamodb()
            .fault(None, 99, StoreFault::ServerError);
    };
    let asked = world.four_fields();
    let key = [("idempotency-key", "k")];

    let (answer, ()) = tokio::join!(world.create_with(&asked, &key), between);
    // Whether the table gave up first, or the time was over.
    assert_eq!(problem(&answer, 503)["code"], "TRY_AGAIN");
    assert_eq!(world.items()[0]["status"], "CREATED");
    world.sandbox.dynamodb().clear_faults();
    world.functions.limit_ms.store(14_000, Ordering::Relaxed);

    let mut created = world.create_with(&asked, &key).await;
    while created.status == 409 {
        let secs = created.header("retry-after").unwrap().parse().unwrap();
        tokio::time::sleep(Duration::from_secs(secs)).await;
        created = world.create_with(&asked, &key).await;
    }

    assert_eq!(created.status, 201, "{}", created.text);
    let order_id = created.text_of("orderId");
    assert_eq!(created.text_of("merchantTradeNo"), format!("{order_id}02"));
    assert_eq!(world.items().len(), 1);
    assert_eq!(world.sandbox.binance().orders().len(), 2);
}
