//! Refunds while something else happens: a close, a payment, a denial, a limit; and of money that nobody asked for.

use sandbox::binance::{Fault, On, Play};
use serde_json::{Value, json};

use crate::alarms::raised;
use crate::giving_back::{
    ALL, assert_refund, at_binance, deaf, kinds, paid_unheard, pends, problem_of, refunds_of,
    runs_at, sent_and_asked, sums,
};
use crate::log::Log;
use crate::reconcile::{HOUR, MINUTE};
use crate::signed::{
    about, assert_acknowledged, assert_at_rest, deliver, open, pay_silently, refused, signed, told,
};
use crate::world::World;

const DAY: u32 = 24 * HOUR;

#[tokio::test]
async fn close_payment_and_refund_at_once_give_everything_back_once() {
    for late_ms in [0, 50, 150, 300] {
        let world = World::start().await;
        let order = open(&world).await;
        pay_silently(&world, &order);
        let payment = signed(&world, about(&order)).await;
        let slow = Fault::Slow { ms: late_ms };
        world.sandbox.binance().fault(On::Query, 9, slow);
        let body = json!({});

        let (refunded, closed, delivered) = tokio::join!(
            world.refund(&order.id, "k", &body),
            world.close(&order.id),
            deliver(&world, &payment),
        );

        assert_acknowledged(&delivered);
        assert_eq!(closed.status, 200, "{}", closed.text);
        let status = closed.text_of("status");
        assert!(
            ["PENDING", "PAID", "REFUNDED"].contains(&status.as_str()),
            "{status}"
        );
        if refunded.status != 201 {
            assert_eq!(problem_of(&refunded).1["code"], "NOT_PAID");
        }
        let again = world.refund(&order.id, "k", &body).await;
        assert_refund(&again, &order, ["SUCCEEDED", ALL], None);
        assert_eq!(at_binance(&world), [ALL]);
        world.reconcile_after(MINUTE).await;
        let expected = ["REFUNDED", ALL, "0"].map(Value::from);
        assert_eq!(sums(&world, &order).await, expected);
        let last = told(&world).pop().unwrap();
        assert_eq!([last.1.as_str(), &last.2], ["order.refunded", "REFUNDED"]);
        assert_at_rest(&world.item(&order.id));
    }
}

#[tokio::test]
async fn closing_an_order_while_its_refund_is_pending_changes_neither() {
    let world = deaf().await;
    let order = paid_unheard(&world).await;
    pends(&world);
    let answer = world.refund(&order.id, "k", &json!({})).await;
    let id = assert_refund(&answer, &order, ["PENDING", ALL], None);
    let item = world.item(&order.id);

    let closed = world.close(&order.id).await;

    assert_eq!(
        (closed.status, closed.text_of("status")),
        (200, "PAID".to_owned())
    );
    assert_eq!(world.item(&order.id), item);
    let binance = world.sandbox.binance();
    binance.succeed_refund(&id, Play::in_silence()).unwrap();
    world.reconcile_after(MINUTE).await;
    assert_eq!(refunds_of(&world, &order).await, [["SUCCEEDED", ALL]]);
}

#[tokio::test]
async fn limit_and_clock_are_mended_within_the_request() {
    for fault in [Fault::Rate429 { retry_after: None }, refused("400003")] {
        let world = deaf().await;
        let order = paid_unheard(&world).await;
        world.sandbox.binance().fault(On::Refund, 1, fault);

        let body = json!({"amount": "0.4"});
        let answer = world.refund(&order.id, "k", &body).await;

        assert_refund(&answer, &order, ["SUCCEEDED", "0.4"], None);
        assert_eq!(sent_and_asked(&world), [2, 1]);
        assert_eq!(at_binance(&world), ["0.4"]);
    }
}

#[tokio::test]
async fn denied_question_is_no_answer_so_that_the_refund_stays_undecided() {
    let world = deaf().await;
    let order = paid_unheard(&world).await;
    let binance = world.sandbox.binance();
    binance.fault(On::Refund, 1, Fault::LostAnswer);
    binance.fault(On::RefundQuery, 999, refused("400203"));
    let log = Log::start();

    let body = json!({"amount": "0.4"});
    let answer = world.refund(&order.id, "k", &body).await;
    assert_refund(&answer, &order, ["PENDING", "0.4"], None);
    runs_at(&world, &[5 * MINUTE, HOUR, 7 * HOUR, DAY, 2 * DAY, 3 * DAY]).await;

    let mut alarms = raised(&log);
    alarms.retain(|alarm| alarm != "binance.access");
    assert_eq!(alarms, ["refund.stuck"]);
    assert!(raised(&log).len() >= 7, "{:?}", raised(&log));
    assert_eq!(refunds_of(&world, &order).await, [["PENDING", "0.4"]]);
    assert_eq!(sent_and_asked(&world)[0], 1);
    binance.clear_faults();
    world.reconcile_after(HOUR).await;
    assert_eq!(refunds_of(&world, &order).await, [["SUCCEEDED", "0.4"]]);
    // That a part went back was learned of the order, and how much of the refund.
    let part = ["order.refunded", "PARTIALLY_REFUNDED"];
    assert_eq!(kinds(&world), [["order.paid", "PAID"], part, part]);
}

#[tokio::test]
async fn payment_in_another_currency_goes_back_in_that_currency() {
    let world = World::start().await;
    let order = open(&world).await;
    let other = Play {
        currency: Some("BUSD".to_owned()),
        ..Play::default()
    };
    crate::signed::pay_as(&world, &order.trade_no, other).await;
    assert_eq!(world.item(&order.id)["status"], "DISPUTED");

    let part = world
        .refund(&order.id, "part", &json!({"amount": "0.4"}))
        .await;
    let rest = world.refund(&order.id, "rest", &json!({})).await;

    for (answer, amount) in [(part, "0.4"), (rest, "0.60020004")] {
        let refund = answer.json();
        assert_eq!(
            [&refund["status"], &refund["amount"], &refund["currency"]],
            ["SUCCEEDED", amount, "BUSD"]
        );
    }
    // The order's sums are in its own currency.
    let expected = [json!("REFUNDED"), Value::Null, Value::Null];
    assert_eq!(sums(&world, &order).await, expected);
    let shown = world.shown(&order.id).await;
    assert_eq!(shown["payments"][0]["refundedAmount"], ALL);
}
