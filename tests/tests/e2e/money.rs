//! Money that does not match, comes late, or for an order that was over: nothing received is ever lost.

use sandbox::binance::{Forgery, Play};
use serde_json::json;

use crate::signed::{
    Opened, about, assert_acknowledged, cancel, deliver, history, open, pay, pay_as, signed,
    telling, told, told_of,
};
use crate::world::World;

/// The order is disputed, this payment is on record, and LeadsCalendar knows.
fn assert_disputed(world: &World, order: &Opened, amount: &str, currency: &str) {
    let item = world.item(&order.id);
    assert_eq!(history(&item), ["CREATED", "PENDING", "DISPUTED"]);
    let payments = item["attempts"][0]["payments"].as_array().unwrap();
    assert_eq!(payments.len(), 1);
    assert_eq!(
        (&payments[0]["amount"], &payments[0]["currency"]),
        (&json!(amount), &json!(currency))
    );
    assert_eq!((item.get("paidAttempt"), item.get("dueAt")), (None, None));
    let expected = [telling(&order.id, 1, "order.disputed", "DISPUTED")];
    assert_eq!(told_of(world, order), expected);
    let last = world.sandbox.leadscalendar().confirmations().pop().unwrap();
    let data = &last.body["data"];
    assert_eq!(
        (&data["paidAt"], &data["transactionId"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(data["totalFee"], "1.00020004");
}

#[tokio::test]
async fn wrong_amount_is_disputed() {
    let world = World::start().await;
    for (amount, shown) in [
        ("1.00020003", "1.00020003"),
        ("1.00020005", "1.00020005"),
        ("1", "1.0"),
        ("100020004", "100020004.0"),
        ("0.00000001", "0.000000010"),
    ] {
        let order = open(&world).await;
        let play = Play {
            amount: Some(amount.to_owned()),
            ..Play::default()
        };

        pay_as(&world, &order.trade_no, play).await;

        assert_disputed(&world, &order, shown, "USDT");
    }
}

#[tokio::test]
async fn wrong_currency_is_disputed() {
    let world = World::start().await;
    let order = open(&world).await;
    let play = Play {
        currency: Some("BNB".to_owned()),
        ..Play::default()
    };

    pay_as(&world, &order.trade_no, play).await;

    assert_disputed(&world, &order, "1.00020004", "BNB");
}

#[tokio::test]
async fn payment_through_another_checkout_is_disputed_and_a_matching_one_settles_it() {
    let world = World::start().await;
    let (order, other) = (open(&world).await, open(&world).await);
    let forgery = Forgery {
        biz_id: Some(other.prepay_id.clone()),
        ..about(&order)
    };
    let notification = signed(&world, forgery).await;

    assert_acknowledged(&deliver(&world, &notification).await);

    assert_disputed(&world, &order, "1.00020004", "USDT");
    assert_eq!(world.item(&other.id)["status"], "PENDING");

    pay(&world, &order).await;

    let item = world.item(&order.id);
    assert_eq!(
        (&item["status"], &item["late"]),
        (&json!("PAID"), &json!(false))
    );
    let expected = [
        telling(&order.id, 1, "order.disputed", "DISPUTED"),
        telling(&order.id, 2, "order.paid", "PAID"),
    ];
    assert_eq!(told(&world), expected);
}

#[tokio::test]
async fn mismatch_after_the_payment_changes_nothing_for_leadscalendar() {
    let world = World::start().await;
    let order = open(&world).await;
    pay(&world, &order).await;
    let paid = world.item(&order.id);
    let forgery = Forgery {
        biz_id: Some("363969700195475456".to_owned()),
        ..about(&order)
    };
    let mismatch = signed(&world, forgery).await;

    assert_acknowledged(&deliver(&world, &mismatch).await);

    let item = world.item(&order.id);
    assert_eq!(item["history"], paid["history"]);
    assert_eq!(item["confirmation"], paid["confirmation"]);
    assert_eq!(item["attempts"][0]["payments"].as_array().unwrap().len(), 2);
    assert_eq!(told(&world), [telling(&order.id, 1, "order.paid", "PAID")]);
}

fn late() -> Play {
    Play {
        late: true,
        ..Play::default()
    }
}

#[tokio::test]
async fn payment_after_the_closing_is_paid_and_late() {
    let world = World::start().await;
    let order = open(&world).await;
    cancel(&world, &order.trade_no).await;

    pay_as(&world, &order.trade_no, late()).await;

    let item = world.item(&order.id);
    assert_eq!(history(&item), ["CREATED", "PENDING", "CANCELED", "PAID"]);
    assert_eq!(item["late"], true);
    let expected = [
        telling(&order.id, 1, "order.canceled", "CANCELED"),
        telling(&order.id, 2, "order.paid", "PAID"),
    ];
    assert_eq!(told(&world), expected);
    let data = &world.sandbox.leadscalendar().confirmations()[1].body["data"];
    assert_eq!(data["late"], true);
}

#[tokio::test]
async fn payment_after_an_expiry_that_was_notified_is_paid_and_late() {
    let world = World::start().await;
    let binance = world.sandbox.binance();
    binance.behave(|behaviour| behaviour.closed_on_expiry = true);
    let order = open(&world).await;
    binance.expire(&order.trade_no).unwrap();
    world
        .until("PAY_CLOSED", |world| told(world).len() == 1)
        .await;
    let is_done = |world: &World| world.item(&order.id)["confirmation"]["confirmedRevision"] == 1;
    world.until("the confirmation", is_done).await;

    pay_as(&world, &order.trade_no, late()).await;

    let item = world.item(&order.id);
    assert_eq!(
        (&item["status"], &item["late"]),
        (&json!("PAID"), &json!(true))
    );
    assert_eq!(told(&world).len(), 2);
}

#[tokio::test]
async fn payment_after_an_expiry_that_nobody_has_noticed_is_paid_and_late() {
    let world = World::start().await;
    let order = open(&world).await;
    world.sandbox.binance().advance(3_601);

    pay_as(&world, &order.trade_no, late()).await;

    let item = world.item(&order.id);
    let attempt = &item["attempts"][0];
    let paid_at_ms = attempt["payments"][0]["paidAtMs"].as_i64().unwrap();
    assert!(paid_at_ms > attempt["checkout"]["expiresAtMs"].as_i64().unwrap());
    assert_eq!(
        (&item["status"], &item["late"]),
        (&json!("PAID"), &json!(true))
    );
}
