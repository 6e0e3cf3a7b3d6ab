//! Refunds of which it is not known how they end: answered `PENDING`, asked about, sent again while that can help, and told.

use sandbox::binance::{Fault, On, Play};
use serde_json::{Value, json};

use crate::alarms::raised;
use crate::giving_back::{
    ALL, assert_refund, at_binance, binances, deaf, kinds, paid_unheard, pends, problem_of,
    refunds_of, runs_at, sent_and_asked, sums,
};
use crate::log::Log;
use crate::reconcile::{HOUR, MINUTE, summary};
use crate::signed::{Opened, assert_at_rest, refused};
use crate::world::World;

const DAY: u32 = 24 * HOUR;
const PAID: [&str; 2] = ["order.paid", "PAID"];
const FAILED: [&str; 2] = ["order.refund_failed", "PAID"];
const PART: [&str; 2] = ["order.refunded", "PARTIALLY_REFUNDED"];

/// A part is asked for while `fault` waits for so many sendings, and no notification arrives; its id.
async fn undecided(world: &World, times: u32, fault: Fault) -> (Opened, String) {
    let order = paid_unheard(world).await;
    world.sandbox.binance().fault(On::Refund, times, fault);
    let body = json!({"amount": "0.4"});
    let answer = world.refund(&order.id, "k", &body).await;
    let id = assert_refund(&answer, &order, ["PENDING", "0.4"], None);
    (order, id)
}

#[tokio::test]
async fn lost_answer_is_made_up_for_by_asking_at_once() {
    for fault in [Fault::LostAnswer, Fault::Http500Taken, Fault::BrokenAnswer] {
        let world = deaf().await;
        let order = paid_unheard(&world).await;
        world.sandbox.binance().fault(On::Refund, 1, fault);
        let answer = world
            .refund(&order.id, "k", &json!({"amount": "0.4"}))
            .await;

        assert_refund(&answer, &order, ["SUCCEEDED", "0.4"], None);
        assert_eq!(sent_and_asked(&world), [1, 1]);
        let expected = ["PARTIALLY_REFUNDED", "0.4", "0.60020004"].map(Value::from);
        assert_eq!(sums(&world, &order).await, expected);
    }
}

#[tokio::test]
async fn refund_whose_answer_is_lost_twice_is_found_by_the_next_run_and_not_sent_again() {
    let world = deaf().await;
    let order = paid_unheard(&world).await;
    let binance = world.sandbox.binance();
    binance.fault(On::Refund, 1, Fault::LostAnswer);
    binance.fault(On::RefundQuery, 9, refused("400000"));
    world
        .functions
        .limit_ms
        .store(7_500, std::sync::atomic::Ordering::Relaxed);
    let body = json!({"amount": "0.4"});
    let answer = world.refund(&order.id, "k", &body).await;
    assert_refund(&answer, &order, ["PENDING", "0.4"], None);
    let expected = ["PAID", "0", "0.60020004"].map(Value::from);
    assert_eq!(sums(&world, &order).await, expected);
    binance.clear_faults();

    // Without an answer it is asked about again after five minutes.
    let again = world.refund(&order.id, "k", &body).await;
    assert_refund(&again, &order, ["PENDING", "0.4"], None);
    assert_eq!(world.reconcile_after(4 * MINUTE).await["asked"], 0);
    assert_eq!(world.reconcile_after(MINUTE).await, summary(1, 1, 1, 0));

    assert_eq!(sent_and_asked(&world)[0], 1);
    assert_eq!(at_binance(&world), ["0.4"]);
    assert_eq!(kinds(&world), [PAID, PART]);
    let again = world.refund(&order.id, "k", &body).await;
    assert_refund(&again, &order, ["SUCCEEDED", "0.4"], None);
}

#[tokio::test]
async fn refund_that_never_arrived_is_sent_again_under_its_id_by_the_next_run() {
    for fault in [
        Fault::LostRequest,
        Fault::Http500,
        Fault::Rate429 {
            retry_after: Some(60),
        },
        refused("400000"),
    ] {
        let world = deaf().await;
        let (order, id) = undecided(&world, 1, fault.clone()).await;
        assert!(at_binance(&world).is_empty());

        world.reconcile_after(MINUTE).await;
        assert_eq!(at_binance(&world), ["0.4"], "{fault:?}");
        let [sent] = world.sandbox.binance().refunds().try_into().unwrap();
        assert_eq!(sent.refund.refund_request_id, id);
        assert_eq!(refunds_of(&world, &order).await, [["PENDING", "0.4"]]);
        // That it was accepted does not say that it succeeded.
        assert_eq!(world.reconcile_after(4 * MINUTE).await, summary(1, 1, 1, 0));

        assert_eq!(sent_and_asked(&world)[0], 2, "{fault:?}");
        assert_eq!(kinds(&world), [PAID, PART], "{fault:?}");
        assert_eq!(refunds_of(&world, &order).await, [["SUCCEEDED", "0.4"]]);
        assert_at_rest(&world.item(&order.id));
    }
}

#[tokio::test]
async fn refund_that_never_arrives_is_sent_for_an_hour_then_asked_about_and_fails_a_day_later() {
    let world = deaf().await;
    let (order, _) = undecided(&world, 99, Fault::Http500).await;
    let log = Log::start();
    let (mut sent, mut at) = (Vec::new(), 0);
    for minute in [1, 2, 4, 5, 6, 10, 19, 20, 21, 40, 59, 60] {
        let before = sent_and_asked(&world)[0];
        world.reconcile_after((minute - at) * MINUTE).await;
        if sent_and_asked(&world)[0] > before {
            sent.push(minute);
        }
        at = minute;
    }
    assert_eq!(sent, [1, 5, 20]);
    let [sent, asked] = sent_and_asked(&world);
    assert_eq!((sent, asked), (4, 5));
    world.sandbox.binance().clear_faults();

    // Six hours; a day, when the order is asked about, too, but twenty minutes too early.
    runs_at(&world, &[5 * HOUR, 23 * HOUR]).await;
    assert_eq!(refunds_of(&world, &order).await, [["PENDING", "0.4"]]);
    assert_eq!(kinds(&world), [PAID]);
    let expected = ["PAID", "0", "0.60020004"].map(Value::from);
    assert_eq!(sums(&world, &order).await, expected);
    world.reconcile_after(DAY).await;

    assert_eq!(sent_and_asked(&world)[0], 4);
    let shown = world.shown(&order.id).await;
    let refund = &shown["refunds"][0];
    assert_eq!(
        [&refund["status"], &refund["code"]],
        [&json!("FAILED"), &Value::Null]
    );
    let expected = ["PAID", "0", ALL].map(Value::from);
    assert_eq!(sums(&world, &order).await, expected);
    assert_eq!(kinds(&world), [PAID, FAILED]);
    let stuck = raised(&log)
        .into_iter()
        .filter(|alarm| alarm == "refund.stuck");
    assert_eq!(stuck.count(), 1);
    let again = world
        .refund(&order.id, "k", &json!({"amount": "0.4"}))
        .await;
    let detail = "Binance did not carry the refund out";
    assert_eq!(
        problem_of(&again),
        binances(422, &order, "REFUND_FAILED", detail)
    );
    let anew = world.refund(&order.id, "l", &json!({})).await;
    assert_refund(&anew, &order, ["SUCCEEDED", ALL], None);
}

#[tokio::test]
async fn refusal_of_what_is_sent_again_is_not_believed_where_an_earlier_sending_may_have_arrived() {
    let world = deaf().await;
    let (order, _) = undecided(&world, 1, Fault::LostRequest).await;
    let binance = world.sandbox.binance();
    binance.fault(On::Refund, 1, refused("400303"));

    world.reconcile_after(MINUTE).await;
    assert_eq!(refunds_of(&world, &order).await, [["PENDING", "0.4"]]);
    assert_eq!(kinds(&world), [PAID]);
    world.reconcile_after(4 * MINUTE).await;
    world.reconcile_after(15 * MINUTE).await;

    assert_eq!(refunds_of(&world, &order).await, [["SUCCEEDED", "0.4"]]);
    assert_eq!(at_binance(&world), ["0.4"]);
}

#[tokio::test]
async fn repeat_that_binance_judges_by_what_is_left_and_not_by_its_id_gives_nothing_twice() {
    let world = deaf().await;
    let order = paid_unheard(&world).await;
    let binance = world.sandbox.binance();
    binance.behave(|behaviour| behaviour.judge_refunds_again = true);
    binance.fault(On::Refund, 1, Fault::LostAnswer);
    // It does not show at first, so that it is sent again.
    binance.fault(On::RefundQuery, 2, refused("400202"));
    let answer = world.refund(&order.id, "k", &json!({})).await;
    assert_refund(&answer, &order, ["PENDING", ALL], None);

    world.reconcile_after(MINUTE).await;
    assert_eq!(sent_and_asked(&world)[0], 2);
    assert_eq!(refunds_of(&world, &order).await, [["PENDING", ALL]]);
    world.reconcile_after(4 * MINUTE).await;

    assert_eq!(at_binance(&world), [ALL]);
    assert_eq!(kinds(&world), [PAID, ["order.refunded", "REFUNDED"]]);
}

#[tokio::test]
async fn refund_that_binance_accepted_and_forgot_stays_undecided_and_calls_the_operator() {
    let world = deaf().await;
    let log = Log::start();
    let (order, _) = undecided(&world, 1, Fault::RefundForgotten).await;
    // It may only have been slow to tell itself.
    assert_eq!(raised(&log), Vec::<String>::new());

    runs_at(
        &world,
        &[MINUTE, 5 * MINUTE, 20 * MINUTE, HOUR, 6 * HOUR, 3 * DAY],
    )
    .await;

    assert_eq!(sent_and_asked(&world)[0], 1);
    assert_eq!(refunds_of(&world, &order).await, [["PENDING", "0.4"]]);
    let expected = ["PAID", "0", "0.60020004"].map(Value::from);
    assert_eq!(sums(&world, &order).await, expected);
    assert_eq!(kinds(&world), [PAID]);
    let alarms = raised(&log);
    let of = |name: &str| alarms.iter().filter(|alarm| *alarm == name).count();
    assert!(of("refund.contradicted") >= 5, "{alarms:?}");
    assert_eq!(of("refund.stuck"), 1, "{alarms:?}");
}

#[tokio::test]
async fn pending_refund_is_asked_about_at_each_step_and_raises_its_alarm_after_a_day_once() {
    let world = deaf().await;
    let order = paid_unheard(&world).await;
    pends(&world);
    let body = json!({"amount": "0.4"});
    let answer = world.refund(&order.id, "k", &body).await;
    let id = assert_refund(&answer, &order, ["PENDING", "0.4"], None);
    let log = Log::start();
    let mut at = 0;
    for step in [MINUTE, 5 * MINUTE, 20 * MINUTE, HOUR, 6 * HOUR] {
        let asked = sent_and_asked(&world)[1];
        if step > MINUTE {
            world.reconcile_after(step - at - 30).await;
            assert_eq!(sent_and_asked(&world)[1], asked, "before {step} s");
            at = step - 30;
        }
        world.reconcile_after(step - at).await;
        assert_eq!(sent_and_asked(&world)[1], asked + 1, "{step} s");
        at = step;
    }
    assert_eq!(raised(&log), Vec::<String>::new());
    runs_at(&world, &[DAY, 2 * DAY, 3 * DAY, 4 * DAY]).await;
    assert_eq!(raised(&log), ["refund.stuck"]);
    let line = log
        .lines()
        .into_iter()
        .find(|line| line["level"] == "ERROR");
    assert_eq!(line.unwrap()["order.id"], order.id.as_str());
    assert_eq!(refunds_of(&world, &order).await, [["PENDING", "0.4"]]);
    assert_eq!(sent_and_asked(&world)[0], 1);

    let binance = world.sandbox.binance();
    binance.succeed_refund(&id, Play::in_silence()).unwrap();
    world.reconcile_after(DAY).await;
    assert_eq!(refunds_of(&world, &order).await, [["SUCCEEDED", "0.4"]]);
    assert_eq!(kinds(&world), [PAID, PART]);
}

#[tokio::test]
async fn pending_refund_that_binance_rejects_is_told_and_its_money_free_again() {
    let world = deaf().await;
    let order = paid_unheard(&world).await;
    pends(&world);
    let answer = world.refund(&order.id, "k", &json!({})).await;
    let id = assert_refund(&answer, &order, ["PENDING", ALL], None);
    let expected = ["PAID", "0", "0"].map(Value::from);
    assert_eq!(sums(&world, &order).await, expected);
    let binance = world.sandbox.binance();
    binance.reject_refund(&id, Play::in_silence()).unwrap();

    assert_eq!(world.reconcile_after(MINUTE).await, summary(1, 0, 1, 0));

    assert_eq!(refunds_of(&world, &order).await, [["FAILED", ALL]]);
    let expected = ["PAID", "0", ALL].map(Value::from);
    assert_eq!(sums(&world, &order).await, expected);
    assert_eq!(kinds(&world), [PAID, FAILED]);
    let anew = world.refund(&order.id, "l", &json!({})).await;
    assert_refund(&anew, &order, ["SUCCEEDED", ALL], None);
    world.reconcile_after(MINUTE).await;
    assert_eq!(
        kinds(&world),
        [PAID, FAILED, ["order.refunded", "REFUNDED"]]
    );
}
