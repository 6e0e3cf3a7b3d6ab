//! Payments reported before, or without, Binance's answer to the create call: Binance is asked, and believed.

use sandbox::binance::{Fault, On, Play};
use serde_json::json;

use crate::reconcile::MINUTE;
pub use crate::signed::refused as refused_query;
use crate::signed::{
    Opened, about, assert_acknowledged, assert_at_rest, assert_confirmed, binance_calls, cancel,
    deliver, history, open, pay, pay_as, pay_silently, refused, rfc3339, signed, telling, told,
    told_of,
};
use crate::world::World;

const QUERY: &str = "/order/query";

/// An order whose first checkout was opened at Binance, but whose answer was lost: its second one was handed out.
async fn with_lost_answer(world: &World) -> (Opened, Opened) {
    world
        .sandbox
        .binance()
        .fault(On::Create, 1, Fault::LostAnswer);
    let second = open(world).await;
    let first_no = format!("{}01", second.id);
    assert_eq!(second.trade_no, format!("{}02", second.id));
    let first = world.sandbox.binance().order(&first_no).unwrap();
    let first = Opened {
        id: second.id.clone(),
        trade_no: first_no,
        prepay_id: first.prepay_id.to_string(),
    };
    (first, second)
}

#[tokio::test]
async fn notification_before_the_create_answer_pays_once() {
    let world = World::start().await;
    world
        .sandbox
        .binance()
        .fault(On::Create, 1, Fault::WebhookFirst);

    let created = world.create(&world.four_fields()).await;

    assert_eq!(created.status, 201, "{}", created.text);
    let order = created.json();
    let trade_no = created.text_of("merchantTradeNo");
    let at_binance = world.sandbox.binance().order(&trade_no).unwrap();
    assert_eq!(order["status"], "PAID");
    assert_eq!(order["checkoutUrl"], json!(null));
    assert_eq!(order["prepayId"], at_binance.prepay_id.to_string());
    let order_id = created.text_of("orderId");
    let item = world.item(&order_id);
    assert_eq!(history(&item), ["CREATED", "PAID"]);
    assert_eq!(item["late"], false);
    assert_eq!(item["attempts"].as_array().unwrap().len(), 1);
    assert_eq!(order["payments"].as_array().unwrap().len(), 1);
    assert_at_rest(&item);
    let expected = [telling(&order_id, 1, "order.paid", "PAID")];
    assert_eq!(told(&world), expected);
    assert_eq!(binance_calls(&world, QUERY), 1);
}

#[tokio::test]
async fn payment_of_an_attempt_whose_answer_was_lost_is_verified_and_late() {
    let world = World::start().await;
    let (first, _) = with_lost_answer(&world).await;

    pay(&world, &first).await;

    let item = world.item(&first.id);
    assert_eq!(history(&item), ["CREATED", "PENDING", "PAID"]);
    assert_eq!(
        (&item["paidAttempt"], &item["late"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(item["attempts"][0]["terms"]["prepayId"], first.prepay_id);
    assert_at_rest(&item);
    assert_eq!(binance_calls(&world, QUERY), 1);
    let expected = [telling(&first.id, 1, "order.paid", "PAID")];
    assert_eq!(told(&world), expected);
    let data = &world.sandbox.leadscalendar().confirmations()[0].body["data"];
    assert_eq!(data["merchantTradeNo"], first.trade_no);
    assert_eq!(data["prepayId"], first.prepay_id);
    assert_eq!(data["late"], true);
}

#[tokio::test]
async fn payment_that_cannot_be_verified_yet_is_acknowledged_and_asked_about_in_a_minute() {
    let world = World::start().await;
    for fault in [Fault::Http500, Fault::LostAnswer, refused("400202")] {
        let (first, _) = with_lost_answer(&world).await;
        let binance = world.sandbox.binance();
        binance.fault(On::Query, 99, fault);
        pay_silently(&world, &first);
        let notification = signed(&world, about(&first)).await;

        assert_acknowledged(&deliver(&world, &notification).await);

        binance.clear_faults();
        let item = world.item(&first.id);
        assert_eq!(history(&item), ["CREATED", "PENDING"]);
        assert_eq!(item["attempts"][0].get("payment"), None);
        // By the sandbox's clock: the round before has moved it.
        let due_in_ms = item["dueAt"].as_i64().unwrap() - (world.sandbox.clock())();
        assert!((50_000..=60_000).contains(&due_in_ms), "{due_in_ms}");
        assert_eq!(told_of(&world, &first), []);

        // The second asking is waited for.
        let asked = binance_calls(&world, QUERY);
        assert_acknowledged(&deliver(&world, &notification).await);
        assert_eq!(binance_calls(&world, QUERY), asked);
        world.reconcile_after(MINUTE).await;

        let item = world.item(&first.id);
        assert_eq!(
            (&item["status"], &item["late"]),
            (&json!("PAID"), &json!(true))
        );
        assert_at_rest(&item);
        let expected = [telling(&first.id, 1, "order.paid", "PAID")];
        assert_eq!(told_of(&world, &first), expected);
    }
}

#[tokio::test]
async fn both_attempts_paid_is_one_paid_order_whose_second_payment_is_told() {
    let world = World::start().await;
    let (first, second) = with_lost_answer(&world).await;
    pay(&world, &second).await;

    pay(&world, &first).await;

    let item = world.item(&first.id);
    assert_eq!(
        (&item["paidAttempt"], &item["late"]),
        (&json!(2), &json!(false))
    );
    assert_eq!(history(&item), ["CREATED", "PENDING", "PAID", "PAID"]);
    let expected = [
        telling(&first.id, 1, "order.paid", "PAID"),
        telling(&first.id, 2, "order.paid", "PAID"),
    ];
    assert_eq!(told(&world), expected);
    let data = world.sandbox.leadscalendar().confirmations().remove(1).body["data"].take();
    let payment = |order: &Opened| {
        let order = world.sandbox.binance().order(&order.trade_no).unwrap();
        let payment = order.payment.unwrap();
        json!({
            "merchantTradeNo": order.merchant_trade_no,
            "transactionId": payment.transaction_id,
            "amount": "1.00020004",
            "currency": "USDT",
            "paidAt": rfc3339(payment.transact_time),
            "refundedAmount": "0",
        })
    };
    assert_eq!(data["payments"], json!([payment(&first), payment(&second)]));
    assert_eq!(data["merchantTradeNo"], second.trade_no);
    assert_eq!(data["refundable"], "2.00040008");
}

#[tokio::test]
async fn closing_of_an_older_attempt_changes_nothing() {
    let world = World::start().await;
    let (first, second) = with_lost_answer(&world).await;
    let before = world.shown(&first.id).await;

    cancel(&world, &first.trade_no).await;

    assert_eq!(world.shown(&first.id).await, before);
    assert_eq!(told(&world), []);
    pay(&world, &second).await;
    let item = world.item(&first.id);
    assert_eq!(
        (&item["status"], &item["late"]),
        (&json!("PAID"), &json!(false))
    );
}

#[tokio::test]
async fn change_beside_an_unverified_payment_is_confirmed_at_once() {
    let world = World::start().await;
    let (first, second) = with_lost_answer(&world).await;
    let binance = world.sandbox.binance();
    binance.fault(On::Query, 99, Fault::Http500);
    pay_as(&world, &first.trade_no, Play::default()).await;
    assert_eq!(world.item(&first.id)["status"], "PENDING");

    cancel(&world, &second.trade_no).await;

    assert_confirmed(&world.item(&first.id));
    let expected = [telling(&first.id, 1, "order.canceled", "CANCELED")];
    assert_eq!(told(&world), expected);
}

#[tokio::test]
async fn payment_found_after_all_was_refunded_is_told_and_can_be_refunded() {
    let world = World::start().await;
    let (first, second) = with_lost_answer(&world).await;
    pay(&world, &second).await;
    let binance = world.sandbox.binance();
    binance
        .refund(&second.trade_no, Play::in_silence())
        .unwrap();
    world.reconcile_after(24 * 60 * MINUTE).await;
    assert_eq!(world.item(&first.id)["status"], "REFUNDED");

    let late = Play {
        late: true,
        ..Play::default()
    };
    pay_as(&world, &first.trade_no, late).await;

    let shown = world.shown(&first.id).await;
    assert_eq!(shown["status"], "PARTIALLY_REFUNDED");
    assert_eq!(shown["refundedAmount"], "1.00020004");
    assert_eq!(shown["refundable"], "1.00020004");
    assert_at_rest(&world.item(&first.id));
    let expected = [
        telling(&first.id, 1, "order.paid", "PAID"),
        telling(&first.id, 2, "order.refunded", "REFUNDED"),
        telling(&first.id, 3, "order.refunded", "PARTIALLY_REFUNDED"),
    ];
    assert_eq!(told(&world), expected);
}

#[tokio::test]
async fn second_payment_is_believed_by_an_answer_only() {
    let world = World::start().await;
    let (first, second) = with_lost_answer(&world).await;
    // So its prepay id, amount and currency are known.
    let wish = json!({"ask": first.id});
    world.functions.reconcile(wish).await.unwrap();
    pay(&world, &second).await;
    let before = world.shown(&first.id).await;
    let asked = binance_calls(&world, QUERY);

    let untrue = signed(&world, about(&first)).await;
    assert_acknowledged(&deliver(&world, &untrue).await);

    assert_eq!(binance_calls(&world, QUERY), asked + 1);
    assert_eq!(world.shown(&first.id).await, before);
    let expected = [telling(&first.id, 1, "order.paid", "PAID")];
    assert_eq!(told(&world), expected);
}
