//! What the happy path costs: each write of the table is a round trip and a price, and so is each call of Binance.

use serde_json::Value;

use crate::idempotency::{assert_first, create};
use crate::reconcile::{HOUR, summary};
use crate::signed::{Opened, open, pay, store_calls};
use crate::world::World;

/// How often the table was read and written, and Binance called.
fn cost(world: &World) -> [usize; 3] {
    let [read, written] = ["GetItem", "PutItem"].map(|operation| store_calls(world, operation));
    [read, written, world.sandbox.binance().calls().len()]
}

/// What was paid since `before`.
fn since(world: &World, before: [usize; 3]) -> [usize; 3] {
    let now = cost(world);
    [0, 1, 2].map(|index| now[index] - before[index])
}

#[tokio::test]
async fn order_costs_two_writes_and_one_call_to_open_and_one_read_and_two_writes_to_settle() {
    let world = World::start().await;

    let order: Opened = open(&world).await;
    assert_eq!(cost(&world), [0, 2, 1]);

    let before = cost(&world);
    pay(&world, &order).await;
    // The list of certificates is fetched once.
    assert_eq!(since(&world, before), [1, 2, 1]);
    let before = cost(&world);
    let order = open(&world).await;
    pay(&world, &order).await;
    assert_eq!(since(&world, before), [1, 4, 1]);
}

#[tokio::test]
async fn key_costs_nothing_once_the_namespace_is_known_and_a_repeat_one_refused_write() {
    let world = World::start().await;
    let fields = world.four_fields();
    assert_first(&create(&world, "a", &fields).await);
    assert_eq!(cost(&world), [1, 3, 1]);

    let before = cost(&world);
    assert_first(&create(&world, "b", &fields).await);
    assert_eq!(since(&world, before), [0, 2, 1]);

    let before = cost(&world);
    let replayed = create(&world, "b", &fields).await;
    assert_eq!(replayed.header("idempotent-replayed"), Some("true"));
    assert_eq!(since(&world, before), [0, 1, 0]);
}

#[tokio::test]
async fn asking_about_an_order_at_rest_that_learns_nothing_costs_one_write() {
    let world = World::start().await;
    let order = open(&world).await;
    pay(&world, &order).await;
    let item: Value = world.item(&order.id);

    // Now and then a run calls Binance, and each reads the table, only to see whether it can.
    assert_eq!(world.reconcile().await, summary(0, 0, 0, 0));
    let before = cost(&world);
    assert_eq!(world.reconcile_after(24 * HOUR).await, summary(1, 0, 0, 0));

    assert_eq!(since(&world, before), [1, 1, 1]);
    assert_eq!(world.item(&order.id)["confirmation"], item["confirmation"]);
}
