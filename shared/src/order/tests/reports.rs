//! What was reported and Binance did not confirm.

use super::hints::{closes, hint, pays, refunds};
use super::*;

fn reported(attempt: u8, kind: Kind, is_ours: bool) -> Event {
    let doubt = Doubt { kind, is_ours };
    Event::Reported { attempt, doubt }
}

fn answered(is_last: bool) -> Event {
    Event::ReportAnswered { is_last }
}

/// A state at rest, with all its confirmations accepted.
fn at_rest() -> Order {
    let mut order = after([opened(1), paid(1)]);
    let revision = order.confirmation.revision;
    order.apply(&Event::Confirmed { revision }, "confirmation", TOLD);
    order
}

#[test]
fn report_is_due_in_a_minute_beside_the_steps_of_the_state() {
    let mut order = after([opened(1)]);
    let ask_at_ms = order.ask_at_ms;
    order.apply(&reported(1, Kind::Paid, true), "reported", T0 + 30_000);

    assert_eq!(order.ask_at_ms, ask_at_ms);
    let report = Report {
        attempt: 1,
        kind: Kind::Paid,
        is_ours: true,
        revision: order.confirmation.revision,
        at_ms: T0 + 90_000,
        is_asked: false,
        unanswered: 0,
    };
    assert_eq!(order.report, Some(report));
    assert_eq!(order.due_at_ms(), Some(T0 + 90_000));
    assert!(!order.is_at_rest());
}

#[test]
fn report_begins_the_steps_anew_of_an_order_at_rest_only() {
    let mut order = at_rest();
    let at_ms = TOLD + 20 * HOUR;
    order.apply(&reported(1, Kind::Refunded, false), "reported", at_ms);
    assert_eq!(order.report.as_ref().unwrap().at_ms, at_ms + MINUTE);
    assert_eq!(order.ask_at_ms, Some(at_ms + DAY));

    let mut order = created();
    order.apply(&reported(1, Kind::Paid, false), "reported", LATER);
    assert_eq!(order.steps, created().steps);
    assert_eq!(order.ask_at_ms, created().ask_at_ms);
}

#[test]
fn first_answer_keeps_what_it_does_not_confirm_and_the_second_forgets_it() {
    for (is_ours, alarms) in [(false, vec![]), (true, vec![Alarm::Unconfirmed])] {
        let mut order = after([opened(1)]);
        let before = got(&order);
        order.apply(&reported(1, Kind::Paid, is_ours), "reported", LATER);
        let first = order.apply(&answered(false), "query", LATER);
        assert_eq!(first, Applied::Unchanged);
        assert!(order.report.is_some() && order.alarms.is_empty());

        let claim = Event::Claimed {
            work: Work::Asking,
            until_ms: LATER + 3 * MINUTE,
            by: 7,
        };
        order.apply(&claim, "claim", LATER + MINUTE);
        let second = order.apply(&answered(true), "query", LATER + MINUTE);
        assert_eq!(second, Applied::Changed);
        assert_eq!((&order.report, &order.alarms), (&None, &alarms));
        assert_eq!(got(&order), before);
    }
}

#[test]
fn what_is_reported_while_binance_is_asked_for_the_second_time_waits_for_another_asking() {
    for (first, then) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut order = after([opened(1)]);
        order.apply(&reported(1, Kind::Paid, first), "reported", LATER);
        let asked_at_ms = LATER + MINUTE;
        let claim = Event::Claimed {
            work: Work::Asking,
            until_ms: asked_at_ms + 2 * MINUTE,
            by: 7,
        };
        order.apply(&claim, "claim", asked_at_ms);
        let applied = order.apply(
            &reported(1, Kind::Closed, then),
            "reported",
            asked_at_ms + 1,
        );
        assert_eq!(applied, Applied::Changed);
        order.apply(&answered(true), "query", asked_at_ms + 2);

        let report = order.report.unwrap();
        assert_eq!(report.at_ms, asked_at_ms + 1 + MINUTE);
        assert_eq!(report.is_ours, first || then);
        assert_eq!(order.alarms, []);
    }
}

#[test]
fn what_binance_answers_confirms_the_report() {
    for is_last in [false, true] {
        let mut order = after([opened(1)]);
        order.apply(&reported(1, Kind::Paid, true), "reported", LATER);
        order.apply(&learned(1, paid(1)), "query", LATER);
        order.apply(&answered(is_last), "query", LATER);

        assert_eq!((&order.report, &order.alarms), (&None, &vec![]));
        assert_eq!(order.status, Status::Paid);
    }
}

#[test]
fn what_is_known_of_our_checkout_already_confirms_its_report() {
    let open = || after([opened(1)]);
    let settled = || after([opened(1), paid(1)]);
    let refunded = || after([opened(1), paid(1), refunded("0.5")]);
    let over = || after([opened(1), found(1, State::Closed)]);
    for (order, kind, is_confirmed) in [
        (open(), Kind::Paid, false),
        (open(), Kind::Closed, false),
        (open(), Kind::Refunded, false),
        (over(), Kind::Paid, false),
        (over(), Kind::Closed, true),
        (settled(), Kind::Paid, true),
        (settled(), Kind::Closed, true),
        (settled(), Kind::Refunded, false),
        (refunded(), Kind::Refunded, true),
        (refunded(), Kind::Unknown, false),
    ] {
        for is_ours in [false, true] {
            let mut order = order.clone();
            order.apply(&reported(1, kind, is_ours), "reported", LATER);
            order.apply(&answered(false), "query", LATER);
            let is_forgotten = order.report.is_none();
            assert_eq!(
                is_forgotten,
                is_confirmed && is_ours,
                "{kind:?} of {:?}",
                order.status
            );
        }
    }
}

#[test]
fn report_locks_nothing() {
    let mut order = created();
    order.apply(&reported(1, Kind::Paid, false), "reported", T0);
    let resumed = Event::Resumed(claim("second", LATER + 28_000));
    assert_eq!(order.apply(&resumed, "resumed", LATER), Applied::Changed);
    order.apply(&learned(2, opened(2)), "create", LATER);
    assert_eq!(order.status, Status::Pending);
}

#[test]
fn report_that_names_our_checkout_counts_more_than_one_that_does_not() {
    let mut order = on_second_attempt();
    order.apply(&reported(1, Kind::Closed, false), "reported", LATER);
    let due_at_ms = order.report.as_ref().unwrap().at_ms;
    for (event, applied) in [
        (reported(2, Kind::Unknown, false), Applied::Unchanged),
        (reported(2, Kind::Paid, true), Applied::Changed),
        (reported(1, Kind::Closed, true), Applied::Unchanged),
        (reported(1, Kind::Closed, false), Applied::Unchanged),
    ] {
        assert_eq!(order.apply(&event, "reported", LATER + 1), applied);
    }
    let report = order.report.unwrap();
    let kept = (report.attempt, report.kind, report.is_ours, report.at_ms);
    assert_eq!(kept, (2, Kind::Paid, true, due_at_ms));
}

#[test]
fn report_is_put_off_with_an_asking_that_has_no_answer() {
    let mut order = after([opened(1)]);
    order.apply(&reported(1, Kind::Paid, true), "reported", LATER);
    order.apply(&Event::Unanswered, "query", LATER + MINUTE);

    assert_eq!(order.report.unwrap().at_ms, LATER + 6 * MINUTE);
}

#[test]
fn second_asking_without_an_answer_is_repeated_less_and_less_often_and_leaves_the_steps() {
    let mut order = after([opened(1)]);
    order.apply(&reported(1, Kind::Paid, true), "reported", T0);
    let ask_at_ms = order.ask_at_ms;
    let mut waits = Vec::new();
    for _ in 0..6 {
        let due_at_ms = order.report.as_ref().unwrap().at_ms;
        order.apply(&Event::ReportUnanswered, "query", due_at_ms);
        waits.push((order.report.as_ref().unwrap().at_ms - due_at_ms) / MINUTE);
    }

    assert_eq!(waits, [5, 10, 20, 40, 60, 60]);
    assert_eq!(order.ask_at_ms, ask_at_ms);
}

#[test]
fn claim_of_a_report_leaves_the_steps() {
    let mut order = at_rest();
    order.apply(&reported(1, Kind::Paid, false), "reported", LATER);
    let ask_at_ms = order.ask_at_ms;
    let claim = Event::Claimed {
        work: Work::Asking,
        until_ms: LATER + 3 * MINUTE,
        by: 7,
    };
    order.apply(&claim, "claim", LATER + MINUTE);

    assert_eq!(order.report.as_ref().unwrap().at_ms, LATER + 3 * MINUTE);
    assert_eq!(order.ask_at_ms, ask_at_ms);
}

#[test]
fn hint_that_is_asked_about_changes_nothing_that_get_shows() {
    for says in [pays(1), closes(), refunds(1, "0.5")] {
        let mut order = created();
        let before = got(&order);
        let Checked::Doubtful(doubt) = hint(1, says).check(&order) else {
            panic!("there are no terms yet")
        };
        order.apply(&Event::Reported { attempt: 1, doubt }, "reported", LATER);
        assert_eq!(got(&order), before);
    }
}

#[test]
fn report_of_a_rejected_refund_is_done_with_once_the_refund_was_asked_about() {
    let undecided = refund::asked_for(refund::part("0.4"));
    let mut order = undecided.clone();
    order.apply(&reported(1, Kind::Rejected, true), "reported", LATER);
    assert!(order.report.is_some());
    // Asked about the order alone: the refund has steps of its own.
    order.apply(&answered(false), "query", LATER);
    assert_eq!(order.report, None);
    assert_eq!((got(&order), order.alarms), (got(&undecided), vec![]));

    // Another merchant's is asked about once more.
    let mut order = undecided.clone();
    order.apply(&reported(1, Kind::Rejected, false), "reported", LATER);
    order.apply(&answered(false), "query", LATER);
    assert!(order.report.is_some());
    order.report.as_mut().unwrap().is_asked = true;
    order.apply(&answered(true), "query", LATER + MINUTE);
    assert_eq!((order.report, order.alarms), (None, vec![]));
}

#[test]
fn rate_limit_puts_off_a_report_that_is_due_or_taken_on() {
    for (early_ms, is_taken_on, is_put_off) in [
        (0, false, true),
        (0, true, true),
        (1, true, true),
        (1, false, false),
    ] {
        let mut order = after([opened(1)]);
        order.apply(&reported(1, Kind::Paid, true), "reported", T0 + 30_000);
        order.ask_at_ms = None;
        let due_ms = T0 + 90_000;
        let put_off = Event::PutOff {
            wait_ms: 5 * MINUTE,
            is_taken_on,
        };
        let at_ms = due_ms - early_ms;
        let applied = order.apply(&put_off, "query", at_ms);

        let expected = if is_put_off {
            at_ms + 5 * MINUTE
        } else {
            due_ms
        };
        let report_ms = order.report.as_ref().map(|report| report.at_ms);
        assert_eq!(report_ms, Some(expected), "{early_ms} {is_taken_on}");
        assert_eq!(applied == Applied::Changed, is_put_off);
    }
}
