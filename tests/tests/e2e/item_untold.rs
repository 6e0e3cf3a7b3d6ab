//! An engine that says that a condition failed, and not what is there: it is read again.

use sandbox::dynamodb::StoreFault;

use crate::idempotency::{assert_first, assert_replay, create};
use crate::signed::{open, pay, told};
use crate::world::World;

/// From now on no failed condition comes with its item; the next write is carried out and its answer lost, so that the
/// SDK repeats it and fails at its own.
fn untold_after_a_lost_answer(world: &World) {
    let table = world.sandbox.dynamodb();
    table.fault(Some("PutItem"), 1, StoreFault::LostAnswer);
    table.fault(Some("PutItem"), 999, StoreFault::ItemUntold);
}

#[tokio::test]
async fn new_order_is_known_as_our_own() {
    let world = World::start().await;
    untold_after_a_lost_answer(&world);

    let order = open(&world).await;

    assert_eq!(order.trade_no, format!("{}01", order.id));
    assert_eq!(world.sandbox.binance().orders().len(), 1);
}

#[tokio::test]
async fn key_finds_the_namespace_and_its_order() {
    let world = World::start().await;
    untold_after_a_lost_answer(&world);

    let first = create(&world, "k", &world.four_fields()).await;

    assert_first(&first);
    assert_replay(&create(&world, "k", &world.four_fields()).await, &first);
    assert_eq!(world.sandbox.binance().orders().len(), 1);
}

#[tokio::test]
async fn payment_is_recorded_once() {
    let world = World::start().await;
    let order = open(&world).await;
    untold_after_a_lost_answer(&world);

    pay(&world, &order).await;

    let item = world.item(&order.id);
    assert_eq!(item["status"], "PAID");
    let paid = item["history"].as_array().unwrap().iter();
    assert_eq!(paid.filter(|change| change["status"] == "PAID").count(), 1);
    assert_eq!(told(&world).len(), 1);
}
