//! Refunds made on Binance's page beside ours, and the ten that Binance allows of a payment, the last of which takes all.

use sandbox::binance::{Bend, BendOn, Fault, On, Play};
use serde_json::{Value, json};

use crate::alarms::raised;
use crate::giving_back::{
    ALL, assert_refund, at_binance, binances, deaf, kinds, ours, paid_unheard, pends, problem_of,
    refunds_of, sent_and_asked, sums,
};
use crate::log::Log;
use crate::reconcile::{MINUTE, summary};
use crate::signed::Opened;
use crate::world::World;

const PAID: [&str; 2] = ["order.paid", "PAID"];
const PART: [&str; 2] = ["order.refunded", "PARTIALLY_REFUNDED"];

/// So much is given back on the merchant page, of which nobody is told; all that is left without an amount.
fn by_hand(world: &World, order: &Opened, amount: Option<&str>) {
    let play = Play {
        amount: amount.map(str::to_owned),
        ..Play::in_silence()
    };
    let binance = world.sandbox.binance();
    binance.refund(&order.trade_no, play).unwrap();
}

fn too_high(order: &Opened, left: &str) -> (u16, Value) {
    let detail = format!("at most {left} of the payment can be refunded");
    let (status, mut problem) = ours(422, order, "AMOUNT_TOO_HIGH", &detail);
    problem["refundable"] = json!(left);
    (status, problem)
}

fn takes_all(order: &Opened) -> (u16, Value) {
    let detail = "only everything that is left can be refunded, since Binance may ignore the amount of the payment's last refund";
    ours(422, order, "REFUND_TAKES_ALL", detail)
}

#[tokio::test]
async fn part_by_hand_makes_the_rest_unknown_until_an_amount_is_named() {
    let world = deaf().await;
    let order = paid_unheard(&world).await;
    by_hand(&world, &order, Some("0.3"));

    let answer = world.refund(&order.id, "k", &json!({})).await;

    let detail = "what is left of the payment is unknown, so amount is required";
    assert_eq!(
        problem_of(&answer),
        ours(422, &order, "AMOUNT_UNKNOWN", detail)
    );
    let expected = [json!("PARTIALLY_REFUNDED"), Value::Null, Value::Null];
    assert_eq!(sums(&world, &order).await, expected);
    // Asked is whether it was this very refund, before the table was restored.
    assert_eq!(sent_and_asked(&world), [0, 1]);
    assert_eq!(world.reconcile_after(MINUTE).await, summary(0, 0, 1, 0));
    assert_eq!(kinds(&world), [PAID, PART]);

    // More than Binance has left is refused by Binance, since only that knows.
    let answer = world
        .refund(&order.id, "k", &json!({"amount": "0.8"}))
        .await;
    let detail = "Binance: Invalid refund amount.";
    assert_eq!(problem_of(&answer), binances(422, &order, "400303", detail));
    let answer = world.refund(&order.id, "l", &json!({"amount": "2"})).await;
    assert_eq!(problem_of(&answer), too_high(&order, ALL));
    let answer = world
        .refund(&order.id, "l", &json!({"amount": "0.2"}))
        .await;
    assert_refund(&answer, &order, ["SUCCEEDED", "0.2"], None);
    // The answer told how much went back in all.
    let expected = ["PARTIALLY_REFUNDED", "0.5", "0.50020004"].map(Value::from);
    assert_eq!(sums(&world, &order).await, expected);
    let answer = world.refund(&order.id, "m", &json!({})).await;
    assert_refund(&answer, &order, ["SUCCEEDED", "0.50020004"], None);
    assert_eq!(at_binance(&world), ["0.3", "0.2", "0.50020004"]);
}

#[tokio::test]
async fn what_is_gone_by_hand_is_found_before_anything_is_sent() {
    let world = deaf().await;
    let order = paid_unheard(&world).await;
    by_hand(&world, &order, None);

    for body in [json!({}), json!({"amount": "0.1"})] {
        let answer = world.refund(&order.id, "k", &body).await;
        assert_eq!(problem_of(&answer), too_high(&order, "0"));
    }

    assert_eq!(sent_and_asked(&world), [0, 2]);
    let expected = ["REFUNDED", ALL, "0"].map(Value::from);
    assert_eq!(sums(&world, &order).await, expected);
    world.reconcile_after(MINUTE).await;
    assert_eq!(kinds(&world), [PAID, ["order.refunded", "REFUNDED"]]);
}

#[tokio::test]
async fn refund_by_hand_that_is_under_way_is_waited_for() {
    let world = deaf().await;
    let order = paid_unheard(&world).await;
    let item = world.item(&order.id);
    let binance = world.sandbox.binance();
    binance.refunding(&order.trade_no, true).unwrap();

    let answer = world.refund(&order.id, "k", &json!({})).await;

    let detail = "another refund of the order is not decided yet";
    let expected = ours(409, &order, "REFUND_IN_PROGRESS", detail);
    assert_eq!(problem_of(&answer), expected);
    assert_eq!(answer.header("retry-after"), Some("60"));
    assert_eq!(world.item(&order.id), item);
    binance.refunding(&order.trade_no, false).unwrap();
    let answer = world.refund(&order.id, "k", &json!({})).await;
    assert_refund(&answer, &order, ["SUCCEEDED", ALL], None);
}

#[tokio::test]
async fn refund_by_hand_between_the_question_and_the_sending_gives_nothing_twice() {
    for amount in [None, Some("0.7")] {
        let world = deaf().await;
        let order = paid_unheard(&world).await;
        let binance = world.sandbox.binance();
        binance.fault(On::Query, 1, Fault::Slow { ms: 400 });
        let calls = binance.calls().len();
        let body = json!({"amount": amount});
        let asking = world.refund(&order.id, "k", &body);
        let (answer, ()) = tokio::join!(asking, async {
            let is_asked = |world: &World| world.sandbox.binance().calls().len() > calls;
            world.until("the question", is_asked).await;
            by_hand(&world, &order, Some("0.6"));
        });

        let detail = "Binance: Invalid refund amount.";
        assert_eq!(problem_of(&answer), binances(422, &order, "400303", detail));
        assert_eq!(at_binance(&world), ["0.6"]);
        // The next one begins with what Binance has left.
        let body = json!({"amount": "0.4"});
        let answer = world.refund(&order.id, "l", &body).await;
        assert_refund(&answer, &order, ["SUCCEEDED", "0.4"], None);
        let status = "PARTIALLY_REFUNDED";
        let sums = sums(&world, &order).await;
        assert_eq!(sums[0], status, "{sums:?}");
        assert_eq!([&sums[1], &sums[2]], ["1", "0.00020004"]);
    }
}

#[tokio::test]
async fn last_attempt_takes_all_whatever_was_asked_for_and_calls_the_operator() {
    let world = deaf().await;
    let order = paid_unheard(&world).await;
    for _ in 0..9 {
        by_hand(&world, &order, Some("0.01"));
    }
    let log = Log::start();

    let answer = world
        .refund(&order.id, "k", &json!({"amount": "0.1"}))
        .await;

    assert_refund(&answer, &order, ["SUCCEEDED", "0.91020004"], None);
    assert_eq!(raised(&log), ["refund.amount"]);
    let expected = ["REFUNDED", ALL, "0"].map(Value::from);
    assert_eq!(sums(&world, &order).await, expected);
    let again = world
        .refund(&order.id, "k", &json!({"amount": "0.1"}))
        .await;
    assert_eq!((again.status, again.text), (201, answer.text));
    world.reconcile_after(MINUTE).await;
    assert_eq!(raised(&log), ["refund.amount"]);
    assert_eq!(kinds(&world), [PAID, ["order.refunded", "REFUNDED"]]);
}

#[tokio::test]
async fn only_everything_is_sent_when_the_attempt_may_be_the_last() {
    let world = deaf().await;
    let order = paid_unheard(&world).await;
    let part = json!({"amount": "0.1"});
    for number in 0..8 {
        let answer = world.refund(&order.id, &format!("k{number}"), &part).await;
        assert_refund(&answer, &order, ["SUCCEEDED", "0.1"], None);
    }

    let answer = world.refund(&order.id, "part", &part).await;
    assert_eq!(problem_of(&answer), takes_all(&order));
    assert_eq!(sent_and_asked(&world), [8, 8]);
    // By its amount it is everything, too.
    let all = json!({"amount": "0.20020004"});
    let answer = world.refund(&order.id, "all", &all).await;
    assert_refund(&answer, &order, ["SUCCEEDED", "0.20020004"], None);
}

#[tokio::test]
async fn only_everything_is_sent_after_a_refund_if_binance_does_not_say_what_attempts_remain() {
    let world = deaf().await;
    let order = paid_unheard(&world).await;
    for on in [BendOn::Refund, BendOn::RefundQuery] {
        let silent = Bend::remove(on, "/data/remainingAttempts");
        world.sandbox.binance().bend(silent);
    }
    let part = json!({"amount": "0.1"});
    let answer = world.refund(&order.id, "one", &part).await;
    assert_refund(&answer, &order, ["SUCCEEDED", "0.1"], None);

    let answer = world.refund(&order.id, "two", &part).await;
    assert_eq!(problem_of(&answer), takes_all(&order));
    let answer = world.refund(&order.id, "two", &json!({})).await;
    assert_refund(&answer, &order, ["SUCCEEDED", "0.90020004"], None);
}

#[tokio::test]
async fn refunds_that_are_used_up_are_said_to_be() {
    let world = deaf().await;
    let order = paid_unheard(&world).await;
    for _ in 0..9 {
        by_hand(&world, &order, Some("0.01"));
    }
    pends(&world);
    let body = json!({"amount": "0.91020004"});
    let answer = world.refund(&order.id, "k", &body).await;
    let id = assert_refund(&answer, &order, ["PENDING", "0.91020004"], None);
    let binance = world.sandbox.binance();
    binance.reject_refund(&id, Play::in_silence()).unwrap();
    world.reconcile_after(MINUTE).await;
    assert_eq!(refunds_of(&world, &order).await, [["FAILED", "0.91020004"]]);

    let answer = world.refund(&order.id, "l", &json!({})).await;

    let detail = "the refunds that Binance allows of this payment are used up";
    let expected = ours(422, &order, "REFUNDS_USED_UP", detail);
    assert_eq!(problem_of(&answer), expected);
    assert_eq!(sent_and_asked(&world)[0], 1);
}

#[tokio::test]
async fn refunds_that_were_used_up_by_hand_are_refused_by_binance() {
    let world = deaf().await;
    let order = paid_unheard(&world).await;
    for _ in 0..10 {
        by_hand(&world, &order, Some("0.01"));
    }
    let answer = world
        .refund(&order.id, "k", &json!({"amount": "0.1"}))
        .await;
    let detail = "Binance: Too many refund attempts.";
    assert_eq!(problem_of(&answer), binances(422, &order, "400302", detail));
    assert_eq!(refunds_of(&world, &order).await, [["FAILED", "0.1"]]);
}
