//! An acknowledgement, and a confirmation, are given only for what is in the table.

use sandbox::dynamodb::StoreFault;
use sandbox::leadscalendar::Mode;
use serde_json::json;

use crate::signed::{
    about, assert_acknowledged, assert_confirmed, assert_fails, deliver, history, open, pay,
    pay_silently, signed, telling, told, told_of,
};
use crate::world::World;

const CANNOT_BE_RECORDED: &str = "the notification cannot be recorded just now";

#[tokio::test]
async fn nothing_is_acknowledged_while_the_table_is_away_and_the_repeat_is() {
    let world = World::start().await;
    let order = open(&world).await;
    pay_silently(&world, &order);
    let notification = signed(&world, about(&order)).await;
    let before = world.items();

    world.sandbox.dynamodb().server().go_away();
    let answer = deliver(&world, &notification).await;

    assert_fails(&answer, 500, CANNOT_BE_RECORDED);
    assert_eq!(world.items(), before);
    assert_eq!(told(&world), []);

    world.sandbox.dynamodb().server().come_back();
    assert_acknowledged(&deliver(&world, &notification).await);
    let expected = [telling(&order.id, 1, "order.paid", "PAID")];
    assert_eq!(told(&world), expected);
}

#[tokio::test]
async fn write_or_read_that_fails_is_not_acknowledged() {
    let world = World::start().await;
    for (operation, fault) in [
        ("PutItem", StoreFault::ServerError),
        ("PutItem", StoreFault::Throttled),
        ("GetItem", StoreFault::LostRequest),
    ] {
        let order = open(&world).await;
        pay_silently(&world, &order);
        let notification = signed(&world, about(&order)).await;
        let before = world.items();

        world.sandbox.dynamodb().fault(Some(operation), 3, fault);
        let answer = deliver(&world, &notification).await;

        assert_fails(&answer, 500, CANNOT_BE_RECORDED);
        assert_eq!(world.items(), before, "{operation} {fault:?}");
        assert_eq!(told_of(&world, &order), []);

        world.sandbox.dynamodb().clear_faults();
        assert_acknowledged(&deliver(&world, &notification).await);
        assert_eq!(world.item(&order.id)["status"], "PAID");
    }
}

#[tokio::test]
async fn lost_answer_of_the_table_is_not_a_second_change() {
    let world = World::start().await;
    let order = open(&world).await;
    let dynamodb = world.sandbox.dynamodb();
    dynamodb.fault(Some("PutItem"), 1, StoreFault::LostAnswer);

    pay(&world, &order).await;

    assert_eq!(dynamodb.faults(), []);
    let item = world.item(&order.id);
    assert_eq!(history(&item), ["CREATED", "PENDING", "PAID"]);
    assert_confirmed(&item);
    let expected = [telling(&order.id, 1, "order.paid", "PAID")];
    assert_eq!(told(&world), expected);
}

#[tokio::test]
async fn leadscalendar_and_binance_hear_of_it_after_the_write() {
    let world = World::start().await;
    let order = open(&world).await;
    let slow = StoreFault::Slow { ms: 300 };
    world.sandbox.dynamodb().fault(Some("PutItem"), 1, slow);

    pay(&world, &order).await;

    let calls = world.sandbox.dynamodb().calls();
    let write = calls.iter().find(|call| call.fault == Some(slow)).unwrap();
    let confirmation = world.sandbox.leadscalendar().confirmations().remove(0);
    let written_at_ms = write.at_ms + 300;
    assert!(
        confirmation.at_ms >= written_at_ms,
        "{write:?} {confirmation:?}"
    );
    let delivery = world.sandbox.binance().deliveries().pop().unwrap();
    assert!(
        delivery.at_ms + delivery.elapsed_ms >= written_at_ms,
        "{delivery:?}"
    );
}

#[tokio::test]
async fn confirmation_whose_outcome_cannot_be_recorded_stays_owed() {
    let world = World::start().await;
    let order = open(&world).await;
    pay_silently(&world, &order);
    let notification = signed(&world, about(&order)).await;
    let slow = Mode::Slow { ms: 500 };
    world.sandbox.leadscalendar().mode(slow, Some(1));

    let failing = async {
        world
            .until("the confirmation", |world| !told(world).is_empty())
            .await;
        let dynamodb = world.sandbox.dynamodb();
        dynamodb.fault(Some("PutItem"), 3, StoreFault::ServerError);
    };
    let (answer, ()) = tokio::join!(deliver(&world, &notification), failing);

    assert_acknowledged(&answer);
    let item = world.item(&order.id);
    assert_eq!(item["status"], "PAID");
    let confirmation = &item["confirmation"];
    let revision = |name: &str| confirmation[name].as_i64().unwrap();
    assert!(revision("confirmedRevision") < revision("revision"));
    assert_eq!(item["dueAt"], item["confirmation"]["nextAttemptAtMs"]);
    let paid_at_ms = item["history"][2]["atMs"].as_i64().unwrap();
    assert_eq!(item["dueAt"], json!(paid_at_ms + 30_000));
}
