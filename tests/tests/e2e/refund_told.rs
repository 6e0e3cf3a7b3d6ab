//! How a pending refund ends, as notifications tell it: those that agree with what Binance told us count, all others are
//! asked about, and another merchant's change nothing.

use sandbox::binance::{Forgery, Play, RefundInfoAs, Signature};
use serde_json::{Value, json};

use crate::alarms::raised;
use crate::giving_back::{
    ALL, acknowledged, assert_refund, kinds, paid, pends, refunds_of, sent_and_asked, sums,
};
use crate::log::Log;
use crate::reconcile::MINUTE;
use crate::signed::{
    Opened, assert_acknowledged, assert_at_rest, assert_fails, binance_calls, deliver, signed,
    signed_body,
};
use crate::world::World;

const PAID: [&str; 2] = ["order.paid", "PAID"];
const PART: [&str; 2] = ["order.refunded", "PARTIALLY_REFUNDED"];
const FAILED: [&str; 2] = ["order.refund_failed", "PAID"];

/// A part that Binance has accepted, and that is pending; its id.
async fn pending(world: &World) -> (Opened, String) {
    let order = paid(world).await;
    pends(world);
    let body = json!({"amount": "0.4"});
    let answer = world.refund(&order.id, "k", &body).await;
    let id = assert_refund(&answer, &order, ["PENDING", "0.4"], None);
    (order, id)
}

/// How often Binance was asked about the order, and about the refund.
fn asked(world: &World) -> [usize; 2] {
    [
        binance_calls(world, "/order/query"),
        sent_and_asked(world)[1],
    ]
}

#[tokio::test]
async fn success_is_told_by_its_notification_and_asked_about_only_where_that_does_not_say_which() {
    for (form, questions) in [
        (RefundInfoAs::Object, 0),
        (RefundInfoAs::String, 0),
        (RefundInfoAs::Absent, 1),
    ] {
        let world = World::start().await;
        let (order, id) = pending(&world).await;
        let before = asked(&world);
        let binance = world.sandbox.binance();
        binance.behave(|behaviour| behaviour.refund_info = form);
        binance.succeed_refund(&id, Play::default()).unwrap();
        acknowledged(&world, 2).await;

        assert_eq!(refunds_of(&world, &order).await, [["SUCCEEDED", "0.4"]]);
        assert_eq!(kinds(&world), [PAID, PART], "{form:?}");
        let expected = ["PARTIALLY_REFUNDED", "0.4", "0.60020004"].map(Value::from);
        assert_eq!(sums(&world, &order).await, expected);
        let now = asked(&world);
        assert_eq!([now[0] - before[0], now[1] - before[1]], [questions; 2]);
        let item = world.item(&order.id);
        assert_eq!(item.get("refundAskAtMs"), None);
        assert_at_rest(&item);
    }
}

#[tokio::test]
async fn rejection_is_asked_about_and_told_as_a_refund_that_failed() {
    for form in [
        RefundInfoAs::Object,
        RefundInfoAs::String,
        RefundInfoAs::Absent,
    ] {
        let world = World::start().await;
        let (order, id) = pending(&world).await;
        let before = asked(&world);
        let binance = world.sandbox.binance();
        binance.behave(|behaviour| behaviour.refund_info = form);
        binance.reject_refund(&id, Play::default()).unwrap();
        acknowledged(&world, 2).await;

        assert_eq!(refunds_of(&world, &order).await, [["FAILED", "0.4"]]);
        assert_eq!(kinds(&world), [PAID, FAILED], "{form:?}");
        let expected = ["PAID", "0", ALL].map(Value::from);
        assert_eq!(sums(&world, &order).await, expected);
        assert_eq!(asked(&world)[1], before[1] + 1);
        assert_eq!(world.item(&order.id).get("report"), None);
        // Told again it says nothing new, and costs no question.
        let before = asked(&world);
        let last = binance.deliveries().pop().unwrap();
        let again = signed_body(&world, last.body).await;
        assert_acknowledged(&deliver(&world, &again).await);
        assert_eq!(asked(&world), before);
        assert_eq!(kinds(&world), [PAID, FAILED]);
    }
}

#[tokio::test]
async fn rejection_that_binance_does_not_confirm_changes_nothing() {
    let world = World::start().await;
    let (order, id) = pending(&world).await;
    let shown = world.shown(&order.id).await;
    let said = notification(&order, &id, &order.prepay_id, "REFUND_REJECTED", "0.4");

    let said = signed_body(&world, said).await;
    assert_acknowledged(&deliver(&world, &said).await);

    assert_eq!(world.shown(&order.id).await, shown);
    world.reconcile_after(MINUTE).await;
    assert_eq!(world.shown(&order.id).await, shown);
    assert_eq!(kinds(&world), [PAID]);
}

/// What a refund's notification says that names this refund, this checkout, and how much went back.
fn notification(order: &Opened, id: &str, prepay_id: &str, status: &str, amount: &str) -> String {
    let data = json!({
        "merchantTradeNo": order.trade_no,
        "totalFee": 1.000_200_04,
        "currency": "USDT",
        "refundInfo": {
            "refundRequestId": id,
            "prepayId": prepay_id,
            "orderAmount": ALL,
            "refundedAmount": amount,
            "refundAmount": amount,
            "remainingAttempts": 9,
            "duplicateRequest": "N",
        },
    });
    let body = json!({
        "bizType": "PAY_REFUND",
        "data": data.to_string(),
        "bizIdStr": prepay_id,
        "bizId": prepay_id.parse::<u64>().unwrap(),
        "bizStatus": status,
    });
    body.to_string()
}

#[tokio::test]
async fn other_merchants_notification_that_names_our_refund_changes_nothing() {
    for status in ["REFUND_SUCCESS", "REFUND_REJECTED"] {
        let world = World::start().await;
        let (order, id) = pending(&world).await;
        let shown = world.shown(&order.id).await;
        let log = Log::start();
        let said = notification(&order, &id, "123456789012345678", status, "0.4");
        let said = signed_body(&world, said).await;

        for _ in 0..3 {
            assert_acknowledged(&deliver(&world, &said).await);
            assert_eq!(world.shown(&order.id).await, shown);
        }
        world.reconcile_after(MINUTE).await;
        world.reconcile_after(MINUTE).await;

        assert_eq!(world.shown(&order.id).await, shown);
        assert_eq!(kinds(&world), [PAID]);
        assert_eq!(raised(&log), Vec::<String>::new());
        let binance = world.sandbox.binance();
        binance.succeed_refund(&id, Play::default()).unwrap();
        acknowledged(&world, 2).await;
        assert_eq!(refunds_of(&world, &order).await, [["SUCCEEDED", "0.4"]]);
    }
}

#[tokio::test]
async fn forged_notification_of_a_refund_is_refused_and_costs_nothing() {
    let world = World::start().await;
    let (order, id) = pending(&world).await;
    let (item, before) = (world.item(&order.id), asked(&world));
    let body = notification(&order, &id, &order.prepay_id, "REFUND_SUCCESS", "0.4");
    for signature in [Signature::Forged, Signature::UnknownSerial] {
        let forgery = Forgery {
            body: Some(body.clone()),
            signature,
            ..Forgery::default()
        };
        let forged = signed(&world, forgery).await;
        let answer = deliver(&world, &forged).await;
        assert_fails(&answer, 401, crate::signed::NOT_BINANCES);
    }
    assert_eq!(world.item(&order.id), item);
    assert_eq!(asked(&world), before);
}

#[tokio::test]
async fn success_of_another_amount_than_was_sent_does_not_end_the_refund() {
    let world = World::start().await;
    let (order, id) = pending(&world).await;
    let said = notification(&order, &id, &order.prepay_id, "REFUND_SUCCESS", "0.3");

    let said = signed_body(&world, said).await;
    assert_acknowledged(&deliver(&world, &said).await);

    assert_eq!(refunds_of(&world, &order).await, [["PENDING", "0.4"]]);
    // What Binance says went back of our own checkout is believed; it may have been by hand.
    let expected = ["PARTIALLY_REFUNDED", "0.3", "0.30020004"].map(Value::from);
    assert_eq!(sums(&world, &order).await, expected);
}

#[tokio::test]
async fn success_after_a_failure_counts_and_calls_the_operator() {
    let world = World::start().await;
    let (order, id) = pending(&world).await;
    let binance = world.sandbox.binance();
    binance.reject_refund(&id, Play::in_silence()).unwrap();
    world.reconcile_after(MINUTE).await;
    assert_eq!(kinds(&world), [PAID, FAILED]);
    let log = Log::start();

    binance.succeed_refund(&id, Play::in_silence()).unwrap();
    let said = notification(&order, &id, &order.prepay_id, "REFUND_SUCCESS", "0.4");
    let said = signed_body(&world, said).await;
    for _ in 0..2 {
        assert_acknowledged(&deliver(&world, &said).await);
    }

    assert_eq!(raised(&log), ["refund.contradicted"]);
    assert_eq!(refunds_of(&world, &order).await, [["SUCCEEDED", "0.4"]]);
    assert_eq!(kinds(&world), [PAID, FAILED, PART]);
    let expected = ["PARTIALLY_REFUNDED", "0.4", "0.60020004"].map(Value::from);
    assert_eq!(sums(&world, &order).await, expected);
    let answer = world
        .refund(&order.id, "k", &json!({"amount": "0.4"}))
        .await;
    assert_refund(&answer, &order, ["SUCCEEDED", "0.4"], None);
}
