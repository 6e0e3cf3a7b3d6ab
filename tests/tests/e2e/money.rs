//! Money that does not match, comes late, or for an order that was over: nothing received is ever lost.

use sandbox::binance::{Bend, BendOn, Play, Status};
use serde_json::json;

use crate::alarms::raised;
use crate::log::Log;
use crate::signed::{
    Opened, assert_at_rest, cancel, history, open, pay, pay_as, pay_silently, rfc3339, telling,
    told, told_of,
};
use crate::world::World;

/// The order is disputed, this payment is on record, and LeadsCalendar knows.
fn assert_disputed(world: &World, order: &Opened, amount: &str, currency: &str) {
    let item = world.item(&order.id);
    assert_eq!(history(&item), ["CREATED", "PENDING", "DISPUTED"]);
    assert_eq!(item["history"][2]["cause"], "query");
    assert_eq!(item.get("paidAttempt"), None);
    assert_at_rest(&item);
    let expected = [telling(&order.id, 1, "order.disputed", "DISPUTED")];
    assert_eq!(told_of(world, order), expected);
    let last = world.sandbox.leadscalendar().confirmations().pop().unwrap();
    let data = &last.body["data"];
    let payment = world.sandbox.binance().order(&order.trade_no).unwrap();
    let payment = payment.payment.unwrap();
    let refunded = if currency == "USDT" {
        json!("0")
    } else {
        json!(null)
    };
    assert_eq!(data["refundedAmount"], refunded);
    assert_eq!(
        data["payments"],
        json!([{
            "merchantTradeNo": order.trade_no,
            "transactionId": payment.transaction_id,
            "amount": amount,
            "currency": currency,
            "paidAt": rfc3339(payment.transact_time),
            "refundedAmount": "0",
        }])
    );
    assert_eq!(
        (&data["paidAt"], &data["transactionId"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(data["totalFee"], "1.00020004");
}

#[tokio::test]
async fn wrong_amount_is_disputed() {
    let world = World::start().await;
    for amount in ["1.00020003", "1.00020005", "1", "100020004", "0.00000001"] {
        let order = open(&world).await;
        let play = Play {
            amount: Some(amount.to_owned()),
            ..Play::default()
        };

        pay_as(&world, &order.trade_no, play).await;

        assert_disputed(&world, &order, amount, "USDT");
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

/// The order is asked about at an operator's wish.
async fn asked(world: &World, order: &Opened) {
    let ran = world.functions.reconcile(json!({"ask": order.id})).await;
    assert_eq!(ran, Ok(crate::reconcile::granted()));
}

#[tokio::test]
async fn payment_that_an_answer_names_another_checkout_for_is_disputed_until_a_matching_one_is_told()
 {
    let world = World::start().await;
    let order = open(&world).await;
    pay_silently(&world, &order);
    let binance = world.sandbox.binance();
    binance.bend(Bend::set(BendOn::Query, "/data/prepayId", "\"111\""));

    asked(&world, &order).await;

    assert_disputed(&world, &order, "1.00020004", "USDT");

    binance.clear_bends();
    asked(&world, &order).await;

    let item = world.item(&order.id);
    assert_eq!(
        (&item["status"], &item["late"]),
        (&json!("PAID"), &json!(false))
    );
    let payments = world.shown(&order.id).await["payments"].take();
    assert_eq!(payments.as_array().unwrap().len(), 1);
    let expected = [
        telling(&order.id, 1, "order.disputed", "DISPUTED"),
        telling(&order.id, 2, "order.paid", "PAID"),
    ];
    assert_eq!(told(&world), expected);
}

#[tokio::test]
async fn answer_that_contradicts_the_payment_changes_nothing_and_raises_an_alarm() {
    let world = World::start().await;
    let order = open(&world).await;
    pay(&world, &order).await;
    let before = world.shown(&order.id).await;
    for (field, value) in [
        ("/data/status", "\"CANCELED\""),
        ("/data/status", "\"EXPIRED\""),
        ("/data/status", "\"ERROR\""),
        ("/data/status", "\"INITIAL\""),
        ("/data/orderAmount", "\"0.5\""),
        ("/data/currency", "\"BNB\""),
        ("/data/prepayId", "\"111\""),
    ] {
        world.sandbox.binance().clear_bends();
        world
            .sandbox
            .binance()
            .bend(Bend::set(BendOn::Query, field, value));
        let log = Log::start();

        asked(&world, &order).await;

        assert_eq!(raised(&log), ["order.contradicted"], "{field} {value}");
        assert_eq!(world.shown(&order.id).await, before, "{field} {value}");
    }
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
    binance.advance(3_610);
    assert_eq!(
        binance.order(&order.trade_no).unwrap().status,
        Status::Expired
    );
    world
        .until("PAY_CLOSED", |world| told(world).len() == 1)
        .await;
    let is_done = |world: &World| {
        let confirmation = &world.item(&order.id)["confirmation"];
        confirmation["confirmedRevision"] == confirmation["revision"]
    };
    world.until("the confirmation", is_done).await;
    assert_eq!(world.item(&order.id)["status"], "EXPIRED");

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
    let paid_at_ms = attempt["payment"]["paidAtMs"].as_i64().unwrap();
    assert!(paid_at_ms > attempt["checkout"]["expiresAtMs"].as_i64().unwrap());
    assert_eq!(
        (&item["status"], &item["late"]),
        (&json!("PAID"), &json!(true))
    );
}

#[tokio::test]
async fn end_that_an_answer_names_another_checkout_for_ends_nothing() {
    let world = World::start().await;
    let order = open(&world).await;
    let before = world.shown(&order.id).await;
    let binance = world.sandbox.binance();
    binance.bend(Bend::set(BendOn::Query, "/data/prepayId", "\"111\""));
    for status in ["CANCELED", "EXPIRED", "ERROR"] {
        let status = format!("\"{status}\"");
        binance.bend(Bend::set(BendOn::Query, "/data/status", &status));

        asked(&world, &order).await;

        assert_eq!(world.shown(&order.id).await, before, "{status}");
    }
    assert_eq!(told(&world), []);
}

#[tokio::test]
async fn commission_is_shown_whoever_told_of_it() {
    let world = World::start().await;
    for notify in [true, false] {
        let order = open(&world).await;
        let play = Play {
            commission: Some("0.01000000".to_owned()),
            notify,
            ..Play::default()
        };
        if notify {
            pay_as(&world, &order.trade_no, play).await;
        } else {
            world.sandbox.binance().pay(&order.trade_no, play).unwrap();
            asked(&world, &order).await;
        }

        let shown = world.shown(&order.id).await;
        assert_eq!(shown["status"], "PAID", "{notify}");
        assert_eq!(shown["commission"], "0.01", "{notify}");
        assert_eq!(shown["refundable"], "1.00020004", "{notify}");
    }
}
