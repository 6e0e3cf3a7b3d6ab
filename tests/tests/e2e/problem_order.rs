//! A problem about an order that is recorded names it, so that nobody has to guess what a failure has left behind.

use std::sync::atomic::Ordering;

use sandbox::binance::{Fault, On};
use sandbox::dynamodb::StoreFault;
use serde_json::{Value, json};

use crate::binance_failures::refusal;
use crate::idempotency::{assert_first, create};
use crate::problem::problem;
use crate::world::{Answer, World};

/// The problem names the only order there is, and that can be read.
async fn assert_named(world: &World, answer: &Answer) {
    let items = world.items();
    assert_eq!(items.len(), 1);
    let named = answer.text_of("orderId");
    assert_eq!(items[0]["orderId"], named, "{}", answer.text);
    assert_eq!(world.get(&named, &[]).await.status, 200);
}

fn assert_none_named(answer: &Answer, status: u16) {
    problem(answer, status);
    assert_eq!(answer.json().get("orderId"), None, "{}", answer.text);
}

#[tokio::test]
async fn failure_of_binance_names_the_order_that_it_left() {
    for (fault, status) in [
        (refusal("400100"), 400),
        (refusal("400002"), 401),
        (Fault::Html403, 403),
        (refusal("400202"), 404),
        (Fault::Rate429 { retry_after: None }, 429),
        (Fault::Http500, 500),
    ] {
        let world = World::start().await;
        // Too little time for another try.
        world.functions.limit_ms.store(6_500, Ordering::Relaxed);
        world.sandbox.binance().fault(On::Create, 9, fault);

        // With a key or without one.
        let answer = world.create(&world.four_fields()).await;

        problem(&answer, status);
        assert_named(&world, &answer).await;
    }
}

#[tokio::test]
async fn failure_of_our_own_table_names_the_order_once_it_is_recorded() {
    let world = World::start().await;
    let asked = world.four_fields();
    let fault = StoreFault::ServerError;
    world.sandbox.dynamodb().fault(None, 99, fault);
    let answer = create(&world, "k", &asked).await;
    world.sandbox.dynamodb().clear_faults();
    assert_none_named(&answer, 503);

    let slow = Fault::Slow { ms: 300 };
    world.sandbox.binance().fault(On::Create, 1, slow);
    let (answer, ()) = tokio::join!(create(&world, "k", &asked), async {
        world
            .until("the record", |world| !world.items().is_empty())
            .await;
        let fault = StoreFault::ServerError;
        world.sandbox.dynamodb().fault(None, 99, fault);
    });
    world.sandbox.dynamodb().clear_faults();

    problem(&answer, 503);
    assert_named(&world, &answer).await;
}

#[tokio::test]
async fn key_that_is_in_use_names_its_order() {
    let world = World::start().await;
    let asked = world.four_fields();
    let slow = Fault::Slow { ms: 300 };
    world.sandbox.binance().fault(On::Create, 1, slow);

    let (first, early) = tokio::join!(create(&world, "k", &asked), async {
        world
            .until("the record", |world| !world.items().is_empty())
            .await;
        create(&world, "k", &asked).await
    });

    assert_first(&first);
    assert_eq!(problem(&early, 409)["code"], "REQUEST_IN_PROGRESS");
    assert_named(&world, &early).await;
    let mut other = asked;
    other["price"] = json!(2);
    let reused = create(&world, "k", &other).await;
    assert_eq!(problem(&reused, 422)["code"], "IDEMPOTENCY_KEY_REUSED");
    assert_named(&world, &reused).await;
}

#[tokio::test]
async fn problem_about_no_recorded_order_names_none() {
    let world = World::start().await;
    let mut bad = world.four_fields();
    bad["price"] = json!(0);
    assert_none_named(&create(&world, "k", &bad).await, 400);
    bad["price"] = json!(30_000);
    assert_none_named(&create(&world, "k", &bad).await, 400);
    let nobody = world.send("POST", "/orders", &[], "").await;
    assert_none_named(&nobody, 401);
    let unknown = world.get(&"0".repeat(30), &[]).await;
    assert_none_named(&unknown, 404);
    assert_eq!(world.items(), Vec::<Value>::new());
}
