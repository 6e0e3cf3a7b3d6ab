//! Refunds in adversity: a table that was restored, LeadsCalendar away, answers that take longer than there is time.

use std::sync::atomic::Ordering;

use sandbox::binance::{Fault, On, Play};
use sandbox::dynamodb::StoreFault;
use sandbox::leadscalendar::Mode;
use serde_json::{Value, json};

use crate::giving_back::{
    ALL, assert_refund, at_binance, deaf, kinds, paid_unheard, pends, problem_of, refunds_of,
    runs_at, sent_and_asked, sums,
};
use crate::reconcile::{HOUR, MINUTE};
use crate::table;

const PAID: [&str; 2] = ["order.paid", "PAID"];
const FAILED: [&str; 2] = ["order.refund_failed", "PAID"];
const PART: [&str; 2] = ["order.refunded", "PARTIALLY_REFUNDED"];

#[tokio::test]
async fn refund_of_before_a_restore_is_found_again_by_its_key_and_not_sent() {
    for (amount, judge_again) in [("0.4", false), ("0.4", true), ("0.9", true), (ALL, true)] {
        let world = deaf().await;
        let order = paid_unheard(&world).await;
        let binance = world.sandbox.binance();
        binance.behave(|behaviour| behaviour.judge_refunds_again = judge_again);
        let backup = table::get(&world, &order.id).await;
        let body = json!({"amount": amount, "reason": "x"});
        let first = world.refund(&order.id, "k", &body).await;
        let id = assert_refund(&first, &order, ["SUCCEEDED", amount], Some("x"));
        let before = sums(&world, &order).await;
        table::put(&world, backup).await;

        let again = world.refund(&order.id, "k", &body).await;

        let same = assert_refund(&again, &order, ["SUCCEEDED", amount], Some("x"));
        assert_eq!(same, id);
        assert_eq!(at_binance(&world), [amount]);
        assert_eq!(sent_and_asked(&world)[0], 1, "{amount}");
        assert_eq!(sums(&world, &order).await, before);
    }
}

#[tokio::test]
async fn refund_that_is_pending_when_the_table_is_restored_is_waited_for_and_found() {
    let world = deaf().await;
    let order = paid_unheard(&world).await;
    let backup = table::get(&world, &order.id).await;
    pends(&world);
    let body = json!({"amount": "0.4"});
    let first = world.refund(&order.id, "k", &body).await;
    let id = assert_refund(&first, &order, ["PENDING", "0.4"], None);
    table::put(&world, backup).await;

    for key in ["k", "l"] {
        let again = world.refund(&order.id, key, &body).await;
        assert_eq!(problem_of(&again).1["code"], "REFUND_IN_PROGRESS");
    }
    let binance = world.sandbox.binance();
    binance.succeed_refund(&id, Play::in_silence()).unwrap();
    let again = world.refund(&order.id, "k", &body).await;
    assert_eq!(
        assert_refund(&again, &order, ["SUCCEEDED", "0.4"], None),
        id
    );
    assert_eq!(sent_and_asked(&world)[0], 1);
}

#[tokio::test]
async fn everything_that_went_back_before_a_restore_does_not_go_back_again() {
    let world = deaf().await;
    let order = paid_unheard(&world).await;
    let backup = table::get(&world, &order.id).await;
    world.refund(&order.id, "k", &json!({})).await;
    table::put(&world, backup).await;

    // It is found by its key, and another is not.
    let again = world.refund(&order.id, "k", &json!({})).await;
    assert_refund(&again, &order, ["SUCCEEDED", ALL], None);
    let other = world.refund(&order.id, "l", &json!({})).await;
    let (status, problem) = problem_of(&other);
    assert_eq!(
        (status, &problem["code"], &problem["refundable"]),
        (422, &json!("AMOUNT_TOO_HIGH"), &json!("0"))
    );
    assert_eq!(at_binance(&world), [ALL]);
    let expected = ["REFUNDED", ALL, "0"].map(Value::from);
    assert_eq!(sums(&world, &order).await, expected);
}

#[tokio::test]
async fn failure_that_leadscalendar_did_not_hear_is_told_again_under_one_webhook_id() {
    let world = deaf().await;
    let order = paid_unheard(&world).await;
    pends(&world);
    let body = json!({"amount": "0.4"});
    let answer = world.refund(&order.id, "k", &body).await;
    let id = assert_refund(&answer, &order, ["PENDING", "0.4"], None);
    let binance = world.sandbox.binance();
    binance.reject_refund(&id, Play::in_silence()).unwrap();
    world.sandbox.leadscalendar().mode(Mode::Down, None);
    world.reconcile_after(MINUTE).await;
    world.sandbox.leadscalendar().mode(Mode::Up, None);
    runs_at(&world, &[2 * MINUTE]).await;

    let told = world.sandbox.leadscalendar().confirmations();
    assert_eq!(kinds(&world), [PAID, FAILED, FAILED]);
    assert_eq!(told[1].webhook_id, told[2].webhook_id);
    assert_eq!(told[1].body, told[2].body);

    // What comes after it is told as the order is then, and alone.
    world.sandbox.leadscalendar().mode(Mode::Down, None);
    world.refund(&order.id, "l", &body).await;
    world.reconcile_after(MINUTE).await;
    world.sandbox.leadscalendar().mode(Mode::Up, None);
    runs_at(&world, &[2 * MINUTE]).await;
    assert_eq!(kinds(&world), [PAID, FAILED, FAILED, PART, PART]);
}

#[tokio::test]
async fn answer_that_takes_longer_than_there_is_time_leaves_it_to_the_next_run() {
    let world = deaf().await;
    let order = paid_unheard(&world).await;
    let slow = Fault::Slow { ms: 4_000 };
    world.sandbox.binance().fault(On::Refund, 1, slow);
    world.functions.limit_ms.store(8_000, Ordering::Relaxed);
    let body = json!({"amount": "0.4"});

    let answer = world.refund(&order.id, "k", &body).await;

    assert_refund(&answer, &order, ["PENDING", "0.4"], None);
    runs_at(&world, &[MINUTE, 5 * MINUTE]).await;
    assert_eq!(refunds_of(&world, &order).await, [["SUCCEEDED", "0.4"]]);
    assert_eq!(sent_and_asked(&world)[0], 1);
    assert_eq!(kinds(&world), [PAID, PART]);
}

#[tokio::test]
async fn table_that_is_away_after_the_refund_was_sent_is_made_up_for() {
    let world = deaf().await;
    let order = paid_unheard(&world).await;
    let slow = Fault::Slow { ms: 400 };
    world.sandbox.binance().fault(On::Refund, 1, slow);
    let body = json!({"amount": "0.4"});
    let asking = world.refund(&order.id, "k", &body);
    let (answer, ()) = tokio::join!(asking, async {
        let is_sent = |world: &crate::world::World| !at_binance(world).is_empty();
        world.until("the refund", is_sent).await;
        let fault = StoreFault::ServerError;
        world.sandbox.dynamodb().fault(None, 99, fault);
    });
    world.sandbox.dynamodb().clear_faults();

    let (status, problem) = problem_of(&answer);
    assert_eq!((status, &problem["code"]), (503, &json!("TRY_AGAIN")));
    assert_eq!(problem["orderId"], order.id.as_str());
    let again = world.refund(&order.id, "k", &body).await;
    assert_refund(&again, &order, ["PENDING", "0.4"], None);
    runs_at(&world, &[MINUTE, 5 * MINUTE]).await;
    assert_eq!(refunds_of(&world, &order).await, [["SUCCEEDED", "0.4"]]);
    assert_eq!(at_binance(&world), ["0.4"]);
    assert_eq!(sent_and_asked(&world)[0], 1);
}

#[tokio::test]
async fn rate_that_binance_limits_puts_the_question_off_and_the_refund_ends_later() {
    let world = deaf().await;
    let order = paid_unheard(&world).await;
    pends(&world);
    let body = json!({"amount": "0.4"});
    let answer = world.refund(&order.id, "k", &body).await;
    let id = assert_refund(&answer, &order, ["PENDING", "0.4"], None);
    let binance = world.sandbox.binance();
    binance.succeed_refund(&id, Play::in_silence()).unwrap();
    let limited = Fault::Rate429 {
        retry_after: Some(90),
    };
    binance.fault(On::RefundQuery, 1, limited);
    world.reconcile_after(MINUTE).await;
    assert_eq!(refunds_of(&world, &order).await, [["PENDING", "0.4"]]);

    world.reconcile_after(HOUR).await;
    assert_eq!(refunds_of(&world, &order).await, [["SUCCEEDED", "0.4"]]);
    assert_eq!(kinds(&world), [PAID, PART]);
}
