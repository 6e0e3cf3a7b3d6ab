//! When Binance is asked about an order.

use super::*;

/// What a run may take, as `reconcile-orders` claims it.
const CLAIM: i64 = 2 * MINUTE;

/// Claims the order's asking when it is due, and asks; nothing is learned. When that was.
fn ask(order: &mut Order) -> Option<i64> {
    let at_ms = order.ask_at_ms?;
    claim_at(order, at_ms);
    order.apply(&Event::Asked { began_ms: at_ms }, "query", at_ms);
    Some(at_ms)
}

fn asking(until_ms: i64, by: u32) -> Event {
    let work = Work::Asking;
    Event::Claimed { work, until_ms, by }
}

fn claim_at(order: &mut Order, at_ms: i64) {
    let until_ms = at_ms + CLAIM;
    let claimed = order.apply(&asking(until_ms, 7), "claim", at_ms);
    assert_eq!(claimed, Applied::Changed);
}

/// The first askings, in minutes since `from_ms`.
pub(super) fn asked(mut order: Order, from_ms: i64, count: usize) -> Vec<i64> {
    let times = std::iter::from_fn(|| ask(&mut order));
    times
        .take(count)
        .map(|at_ms| (at_ms - from_ms) / MINUTE)
        .collect()
}

#[test]
fn created_order_is_asked_about_a_minute_after_it_should_have_been_answered() {
    assert_eq!(created().ask_at_ms, Some(T0 + 28_000 + MINUTE));
    let lost = ended(End::Unknown);
    assert_eq!(lost.ask_at_ms, Some(TOLD + 5 * MINUTE));
    let mut resumed = lost;
    let claim = claim("second", LATER + 28_000);
    resumed.apply(&Event::Resumed(claim), "resumed", LATER);
    assert_eq!(resumed.ask_at_ms, Some(LATER + 28_000 + MINUTE));

    // It is never left alone.
    assert_eq!(asked(resumed, LATER, 4), [1, 6, 11, 16]);
}

#[test]
fn pending_order_is_asked_about_at_the_times_of_the_table() {
    let mut expected = vec![2, 5, 10, 20, 40, 60, 61];
    expected.extend(62..=71);
    expected.extend((76..=131).step_by(5));
    expected.extend((191..).step_by(60).take(48));

    let seen = asked(after([opened(1)]), T0, expected.len());
    assert_eq!(seen, expected);
}

#[test]
fn steps_before_the_end_of_a_short_checkout_are_left_out() {
    let checkout = Checkout {
        qr_content: Some("x".to_owned()),
        expires_at_ms: Some(T0 + 15 * MINUTE),
        ..Checkout::default()
    };
    let order = after([Fact::opened(terms(1), checkout)]);

    assert_eq!(asked(order, T0, 6), [2, 5, 10, 15, 16, 17]);
}

#[test]
fn orders_at_rest_are_asked_about_at_the_times_of_the_table() {
    let (hour, day) = (60, 24 * 60);
    let over: &[i64] = &[hour, day, 7 * day];
    let paid_steps: &[i64] = &[day, 7 * day, 30 * day];
    let open = |fact| after([opened(1), fact]);
    for (order, expected) in [
        (open(found(1, State::Expired)), over),
        (open(found(1, State::Closed)), over),
        (open(found(1, State::Errored)), over),
        (ended(End::Abandoned), over),
        (ended(End::PaidUnknown), over),
        (ended(End::Refused), &[]),
        (open(paid(1)), paid_steps),
        (after([opened(1), paid(1), refunded("0.5")]), paid_steps),
        (
            open(answer_paid(1, "0.5", None)),
            &[5, hour, day, 7 * day, 30 * day],
        ),
        (after([opened(1), paid(1), refunded(FEE)]), &[]),
    ] {
        let status = order.status;
        assert_eq!(asked(order, TOLD, 9), expected, "{status:?}");
    }
}

#[test]
fn order_of_which_one_attempt_was_not_refused_is_asked_about() {
    let mut order = ended(End::Unknown);
    let claim = claim("second", LATER + 28_000);
    order.apply(&Event::Resumed(claim), "resumed", LATER);
    let refused = Event::NotOpened {
        attempt: 2,
        end: End::Refused,
    };
    order.apply(&refused, "refused", LATER);

    assert_eq!(order.status, Status::Failed);
    assert_eq!(order.ask_at_ms, Some(LATER + HOUR));
}

#[test]
fn steps_begin_anew_with_each_change_of_status_and_only_then() {
    let mut order = after([opened(1), paid(1)]);
    order.apply(&learned(1, refunded("0.5")), "refund", T0 + 5 * HOUR);
    assert_eq!(order.ask_at_ms, Some(T0 + 5 * HOUR + DAY));
    order.apply(&learned(1, refunded("0.6")), "refund", T0 + 6 * HOUR);
    assert_eq!(order.ask_at_ms, Some(T0 + 5 * HOUR + DAY));
}

#[test]
fn without_an_answer_it_is_asked_again_in_five_minutes_doubling_to_an_hour_and_no_step_is_used_up()
{
    for (mut order, next_step_ms) in [
        (after([opened(1)]), T0 + 5 * MINUTE),
        (after([opened(1), paid(1)]), TOLD + DAY),
    ] {
        let mut at_ms = order.ask_at_ms.unwrap();
        for minutes in [5, 10, 20, 40, 60, 60, 60, 60, 60, 60, 60] {
            claim_at(&mut order, at_ms);
            order.apply(&Event::Unanswered, "query", at_ms);
            assert_eq!(order.ask_at_ms, Some(at_ms + minutes * MINUTE));
            at_ms += minutes * MINUTE;
        }
        let done_ms = ask(&mut order).unwrap();
        assert_eq!(done_ms, at_ms);
        assert!(order.ask_at_ms.unwrap() > at_ms.max(next_step_ms));

        // The next one without an answer is the first again.
        let at_ms = order.ask_at_ms.unwrap();
        claim_at(&mut order, at_ms);
        order.apply(&Event::Unanswered, "query", at_ms);
        assert_eq!(order.ask_at_ms, Some(at_ms + 5 * MINUTE));
    }
}

#[test]
fn order_stuck_a_day_after_its_end_raises_one_alarm() {
    let mut order = after([opened(1)]);
    let stuck_at_ms = T0 + HOUR + DAY;
    let mut raised = Vec::new();
    while order.ask_at_ms.unwrap() < stuck_at_ms + 3 * DAY {
        let at_ms = ask(&mut order).unwrap();
        if !order.alarms.is_empty() {
            assert_eq!(order.alarms, [Alarm::Stuck]);
            raised.push(at_ms);
            let alarm = alarmed(&order);
            order.apply(&alarm, "alarm", at_ms);
        }
    }
    assert_eq!(raised.len(), 1);
    assert!((stuck_at_ms..stuck_at_ms + HOUR).contains(&raised[0]));
}

#[test]
fn claim_of_an_order_at_rest_is_its_next_step_and_asking_that_learns_nothing_writes_no_more() {
    let mut order = after([opened(1), paid(1)]);
    let at_ms = order.ask_at_ms.unwrap();
    claim_at(&mut order, at_ms);
    assert_eq!(order.ask_at_ms, Some(TOLD + 7 * DAY));
    for event in [learned(1, paid(1)), Event::Asked { began_ms: at_ms }] {
        let applied = order.apply(&event, "query", at_ms + 1_000);
        assert_eq!(applied, Applied::Unchanged, "{event:?}");
    }
    // At the last step there is no next one.
    ask(&mut order);
    let at_ms = order.ask_at_ms.unwrap();
    assert_eq!(at_ms, TOLD + 30 * DAY);
    claim_at(&mut order, at_ms);
    assert_eq!(order.ask_at_ms, Some(at_ms + CLAIM));
    let applied = order.apply(&Event::Asked { began_ms: at_ms }, "query", at_ms);
    assert_eq!((applied, order.ask_at_ms), (Applied::Changed, None));
}

#[test]
fn claim_of_an_order_that_is_not_at_rest_is_the_time_given() {
    let doubt = Doubt {
        kind: Kind::Refunded,
        is_ours: true,
    };
    let mut reported = after([opened(1), paid(1)]);
    reported.apply(&Event::Reported { attempt: 1, doubt }, "reported", TOLD);
    for mut order in [created(), after([opened(1)]), reported] {
        let at_ms = order.ask_at_ms.unwrap();
        let before = order.steps.clone();
        claim_at(&mut order, at_ms);
        assert_eq!(order.ask_at_ms, Some(at_ms + CLAIM));
        assert_eq!(order.steps, before);
    }
}

#[test]
fn operator_can_have_any_order_asked_about() {
    for mut order in [
        created(),
        after([opened(1)]),
        after([opened(1), paid(1)]),
        ended(End::Refused),
        after([opened(1), paid(1), refunded(FEE)]),
    ] {
        let (before, at_ms) = (order.ask_at_ms, TOLD + 1);
        order.apply(&Event::AskWished, "operator", at_ms);
        assert_eq!(order.due_at_ms(), Some(at_ms));
        assert_eq!(ask(&mut order), Some(at_ms));
        assert_eq!(order.ask_at_ms, before, "{:?}", order.status);
    }
}

#[test]
fn two_claims_at_the_same_moment_are_told_apart() {
    for order in [after([opened(1)]), after([opened(1), paid(1)])] {
        let at_ms = order.ask_at_ms.unwrap();
        let [one, other] = [1, 2].map(|by| {
            let mut order = order.clone();
            let until_ms = at_ms + 2 * MINUTE;
            order.apply(&asking(until_ms, by), "claim", at_ms);
            order
        });
        assert_ne!(one, other);
    }
}

#[test]
fn rate_limit_puts_off_what_nobody_waits_for_by_an_hour_and_uses_up_no_step() {
    const HOUR: i64 = 60 * MINUTE;
    for (mut order, asked_ms, wait_ms) in [
        (after([opened(1)]), 0, MINUTE),
        (after([opened(1)]), 5 * MINUTE, 5 * MINUTE),
        (after([opened(1), paid(1)]), 0, HOUR),
        (after([opened(1), paid(1)]), 2 * HOUR, HOUR),
    ] {
        let at_ms = order.ask_at_ms.unwrap();
        let next_ms = {
            let mut asked = order.clone();
            ask(&mut asked);
            asked.ask_at_ms
        };
        claim_at(&mut order, at_ms);
        let put_off = Event::PutOff {
            wait_ms: asked_ms,
            is_taken_on: true,
        };
        order.apply(&put_off, "query", at_ms);

        assert_eq!(order.ask_at_ms, Some(at_ms + wait_ms), "{:?}", order.status);
        // The step is still to be taken; the one after it comes in its own time.
        assert_eq!(ask(&mut order), Some(at_ms + wait_ms));
        assert!(order.ask_at_ms >= next_ms, "{:?}", order.status);
    }
}

#[test]
fn order_that_was_asked_about_when_it_got_stuck_raises_no_second_alarm() {
    let stuck_at_ms = T0 + HOUR + DAY;
    for (done_ms, alarms) in [(stuck_at_ms - 1, vec![Alarm::Stuck]), (stuck_at_ms, vec![])] {
        let mut order = after([opened(1)]);
        order.steps.done_ms = done_ms;
        let asked = Event::Asked {
            began_ms: stuck_at_ms + 1,
        };
        order.apply(&asked, "query", stuck_at_ms + 1);
        assert_eq!(order.alarms, alarms);
    }
}
