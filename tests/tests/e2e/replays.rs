//! Notifications twice, replayed, out of order and all at once: applied many times is applied once.

use std::sync::Arc;

use sandbox::binance::{Forgery, Play};
use tokio::task::JoinSet;

use crate::signed::{
    Signed, about, assert_acknowledged, assert_at_rest, assert_confirmed, deliver, history, open,
    pay, pay_as, pay_silently, signed, telling, told,
};
use crate::world::World;

async fn deliver_at_once(world: &Arc<World>, notifications: Vec<Signed>) {
    let mut deliveries = JoinSet::new();
    for notification in notifications {
        let world = Arc::clone(world);
        deliveries.spawn(async move { deliver(&world, &notification).await });
    }
    while let Some(answer) = deliveries.join_next().await {
        assert_acknowledged(&answer.unwrap());
    }
}

fn closed(order: &crate::signed::Opened) -> Forgery {
    Forgery {
        biz_status: Some("PAY_CLOSED".to_owned()),
        ..about(order)
    }
}

#[tokio::test]
async fn payment_notified_twice_is_one_payment_and_one_confirmation() {
    let world = World::start().await;
    let order = open(&world).await;
    let twice = Play {
        times: 2,
        ..Play::default()
    };

    pay_as(&world, &order.trade_no, twice).await;

    let deliveries = world.sandbox.binance().deliveries();
    assert_eq!(deliveries.len(), 2);
    assert!(deliveries.iter().all(|delivery| delivery.acknowledged));
    assert_ne!(deliveries[0].headers, deliveries[1].headers);
    let item = world.item(&order.id);
    assert_eq!(history(&item), ["CREATED", "PENDING", "PAID"]);
    let shown = world.shown(&order.id).await;
    assert_eq!(shown["payments"].as_array().unwrap().len(), 1);
    let expected = [telling(&order.id, 1, "order.paid", "PAID")];
    assert_eq!(told(&world), expected);
}

#[tokio::test]
async fn byte_identical_replay_leaves_the_item_as_it_is() {
    let world = World::start().await;
    let order = open(&world).await;
    pay_silently(&world, &order);
    let payment = signed(&world, about(&order)).await;
    assert_acknowledged(&deliver(&world, &payment).await);
    let paid = world.item(&order.id);

    for _ in 0..3 {
        assert_acknowledged(&deliver(&world, &payment).await);
    }

    assert_eq!(world.item(&order.id), paid);
    let binance = world.sandbox.binance();
    binance.refund(&order.trade_no, Play::default()).unwrap();
    let is_told = |world: &World| {
        let item = world.item(&order.id);
        let confirmation = &item["confirmation"];
        item["status"] == "REFUNDED"
            && confirmation["confirmedRevision"] == confirmation["revision"]
    };
    world.until("the refund", is_told).await;
    let refunded = world.item(&order.id);

    assert_acknowledged(&deliver(&world, &payment).await);

    assert_eq!(world.item(&order.id), refunded);
    assert_eq!(told(&world).len(), 2);
}

#[tokio::test]
async fn replayed_closing_leaves_the_item_as_it_is() {
    let world = World::start().await;
    let order = open(&world).await;
    let closing = signed(&world, closed(&order)).await;
    assert_acknowledged(&deliver(&world, &closing).await);
    let canceled = world.item(&order.id);
    assert_eq!(canceled["status"], "CANCELED");

    assert_acknowledged(&deliver(&world, &closing).await);

    assert_eq!(world.item(&order.id), canceled);
    assert_eq!(told(&world).len(), 1);
}

#[tokio::test]
async fn closing_that_arrives_after_the_payment_changes_nothing() {
    let world = World::start().await;
    let order = open(&world).await;
    let closing = signed(&world, closed(&order)).await;
    pay(&world, &order).await;
    let paid = world.item(&order.id);

    assert_acknowledged(&deliver(&world, &closing).await);

    assert_eq!(world.item(&order.id), paid);
    let expected = [telling(&order.id, 1, "order.paid", "PAID")];
    assert_eq!(told(&world), expected);
}

#[tokio::test]
async fn eight_deliveries_at_once_pay_once() {
    let world = Arc::new(World::start().await);
    let order = open(&world).await;
    pay_silently(&world, &order);
    let mut notifications = Vec::new();
    for _ in 0..8 {
        notifications.push(signed(&world, about(&order)).await);
    }

    deliver_at_once(&world, notifications).await;

    let item = world.item(&order.id);
    assert_eq!(history(&item), ["CREATED", "PENDING", "PAID"]);
    let shown = world.shown(&order.id).await;
    assert_eq!(shown["payments"].as_array().unwrap().len(), 1);
    assert_confirmed(&item);
    let expected = [telling(&order.id, 1, "order.paid", "PAID")];
    assert_eq!(told(&world), expected);
}

#[tokio::test]
async fn payment_and_closing_at_once_end_paid() {
    let world = Arc::new(World::start().await);
    let order = open(&world).await;
    let mut notifications = Vec::new();
    for _ in 0..4 {
        notifications.push(signed(&world, closed(&order)).await);
        notifications.push(signed(&world, about(&order)).await);
    }

    deliver_at_once(&world, notifications).await;

    let item = world.item(&order.id);
    let was_canceled = history(&item).contains(&"CANCELED");
    assert_eq!(item["status"], "PAID");
    assert_eq!(item["late"], was_canceled);
    assert_eq!(
        item["confirmation"]["confirmedRevision"],
        item["confirmation"]["revision"]
    );
    assert_at_rest(&item);
    let last = told(&world).into_iter().max().unwrap();
    assert_eq!((last.1.as_str(), last.2.as_str()), ("order.paid", "PAID"));
}
