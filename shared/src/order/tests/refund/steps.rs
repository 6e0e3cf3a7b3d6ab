//! When Binance is asked about a refund of which it is not known how it ended.

use super::*;

const CLAIM: i64 = 2 * MINUTE;

/// Claims the asking about the refund when it is due, and asks, which answers this; when that was.
fn ask(order: &mut Order, fact: RefundFact) -> i64 {
    let at_ms = order.refund_ask_at_ms.unwrap();
    claim_at(order, at_ms);
    play(order, [told('1', fact)], at_ms);
    at_ms
}

fn claim_at(order: &mut Order, at_ms: i64) {
    let claim = Event::Claimed {
        work: Work::Asking,
        until_ms: at_ms + CLAIM,
        by: 7,
    };
    assert_eq!(order.apply(&claim, "claim", at_ms), Applied::Changed);
}

/// A refund that Binance has accepted.
fn accepted_refund() -> Order {
    let mut order = asked_for(part("0.4"));
    let success = accepted(silent(RefundStatus::Pending));
    play(&mut order, [sent('1', success)], ASKED);
    order
}

#[test]
fn undecided_refund_is_asked_about_at_the_times_of_the_table_and_once_it_is_stuck_that_is_told() {
    let day = 24 * 60;
    let mut expected = vec![1, 5, 20, 60, 6 * 60];
    expected.extend((1..9).map(|days| 6 * 60 + days * day));
    let mut order = accepted_refund();
    let mut alarms = Vec::new();
    let mut seen = Vec::new();
    for _ in 0..expected.len() {
        let at_ms = ask(&mut order, silent(RefundStatus::Pending));
        let minutes = (at_ms - ASKED) / MINUTE;
        seen.push(minutes);
        if let Some(alarm) = order.alarms.pop() {
            alarms.push((minutes, alarm));
            order.alarm_at_ms = None;
        }
    }
    assert_eq!(seen, expected);
    assert_eq!(alarms, [(6 * 60 + day, Alarm::RefundStuck)]);
}

#[test]
fn refund_that_binance_does_not_answer_about_for_a_day_is_stuck_once_too() {
    let day = 24 * 60 * MINUTE;
    let mut order = accepted_refund();
    for (at_ms, expected) in [
        (ASKED + day - 1, vec![]),
        (ASKED + day, vec![Alarm::RefundStuck]),
        (ASKED + 2 * day, vec![Alarm::RefundStuck]),
    ] {
        order.apply(&Event::RefundUnanswered, "query", at_ms);
        assert_eq!(order.alarms, expected);
        assert_eq!(
            order.undecided_refund().unwrap().stuck_at_ms.is_some(),
            !expected.is_empty()
        );
    }
}

#[test]
fn undecided_refund_makes_the_order_due_and_is_work_of_asking() {
    let order = asked_for(part("0.4"));
    assert_eq!(order.refund_ask_at_ms, Some(ASKED + MINUTE));
    let mut told = order.clone();
    let revision = told.confirmation.revision;
    told.apply(&Event::Confirmed { revision }, "confirmation", ASKED);
    assert_eq!(told.due_at_ms(), Some(ASKED + MINUTE));
    assert!(!order.is_due(Work::Asking, ASKED + MINUTE - 1));
    assert!(order.is_due(Work::Asking, ASKED + MINUTE));
    assert!(!order.is_at_rest() && paid_order().is_at_rest());
}

#[test]
fn claim_of_an_undecided_refund_lasts_as_long_as_a_run() {
    let mut order = accepted_refund();
    let (ask_at_ms, at_ms) = (order.ask_at_ms, ASKED + MINUTE);
    claim_at(&mut order, at_ms);
    assert_eq!(order.refund_ask_at_ms, Some(at_ms + CLAIM));
    assert_eq!(order.ask_at_ms, ask_at_ms);
}

#[test]
fn without_an_answer_it_is_asked_again_in_five_minutes_doubling_to_an_hour_and_no_step_is_used_up()
{
    let mut order = accepted_refund();
    let mut at_ms = order.refund_ask_at_ms.unwrap();
    for minutes in [5, 10, 20, 40, 60, 60] {
        claim_at(&mut order, at_ms);
        play(&mut order, [Event::RefundUnanswered], at_ms);
        assert_eq!(order.refund_ask_at_ms, Some(at_ms + minutes * MINUTE));
        at_ms += minutes * MINUTE;
    }
    ask(&mut order, silent(RefundStatus::Pending));
    assert_eq!(order.refund_ask_at_ms, Some(ASKED + 6 * HOUR));
    claim_at(&mut order, ASKED + 6 * HOUR);
    play(&mut order, [Event::RefundUnanswered], ASKED + 6 * HOUR);
    let again_ms = ASKED + 6 * HOUR + 5 * MINUTE;
    assert_eq!(order.refund_ask_at_ms, Some(again_ms));
}

#[test]
fn rate_limit_puts_an_undecided_refund_off_by_what_binance_asks_for() {
    for (asked_ms, wait_ms) in [(0, MINUTE), (5 * MINUTE, 5 * MINUTE)] {
        let mut order = accepted_refund();
        let (ask_at_ms, at_ms) = (order.ask_at_ms, ASKED + MINUTE);
        let put_off = Event::PutOff {
            wait_ms: asked_ms,
            is_taken_on: false,
        };
        play(&mut order, [put_off], at_ms);
        assert_eq!(order.refund_ask_at_ms, Some(at_ms + wait_ms));
        assert_eq!(order.ask_at_ms, ask_at_ms);
    }
}

#[test]
fn what_is_learned_of_a_refund_leaves_the_asking_about_the_order_as_it_was() {
    let unanswered = |order: &mut Order| {
        let at_ms = order.ask_at_ms.unwrap();
        claim_at(order, at_ms);
        play(order, [Event::Unanswered], at_ms);
        at_ms
    };
    for event in [
        told('1', silent(RefundStatus::Pending)),
        told('1', sums(RefundStatus::Pending, "0.4", "0.4", 9)),
        told('1', silent(RefundStatus::Failed)),
        told('1', RefundFact::not_found()),
        sent_again('1', accepted(silent(RefundStatus::Pending))),
        Event::RefundSending { id: id('1') },
        Event::RefundUnanswered,
    ] {
        let mut order = asked_for(part("0.4"));
        let at_ms = unanswered(&mut order);
        assert_eq!(order.ask_at_ms, Some(at_ms + 5 * MINUTE));
        play(&mut order, [event.clone()], at_ms);
        assert_eq!(order.ask_at_ms, Some(at_ms + 5 * MINUTE), "{event:?}");
    }
    // What went back is another state, whose steps begin.
    let mut order = asked_for(part("0.4"));
    let at_ms = unanswered(&mut order);
    play(
        &mut order,
        [told('1', silent(RefundStatus::Succeeded))],
        at_ms,
    );
    assert_eq!(order.ask_at_ms, Some(at_ms + DAY));
}

#[test]
fn order_is_asked_about_by_its_own_steps_while_a_refund_is_undecided() {
    let mut order = accepted_refund();
    let at_ms = TOLD + DAY;
    assert_eq!(order.ask_at_ms, Some(at_ms));
    // Its claim is no step, since somebody waits for the answer about the refund.
    claim_at(&mut order, at_ms);
    assert_eq!(order.ask_at_ms, Some(at_ms + CLAIM));
    play(&mut order, [Event::Asked { began_ms: at_ms }], at_ms);
    assert_eq!(order.ask_at_ms, Some(TOLD + 7 * DAY));
}

#[test]
fn refund_of_an_order_of_which_everything_went_back_is_asked_about_all_the_same() {
    let mut order = accepted_refund();
    order.apply(&learned(1, refunded(FEE)), "query", ASKED);
    assert_eq!((order.status, order.ask_at_ms), (Status::Refunded, None));
    assert_eq!(order.refund_ask_at_ms, Some(ASKED + MINUTE));
    ask(&mut order, silent(RefundStatus::Succeeded));
    assert_eq!(order.refund_ask_at_ms, None);
}
