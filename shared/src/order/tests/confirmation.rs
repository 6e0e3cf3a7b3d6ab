//! What LeadsCalendar is still owed.

use super::*;

fn answer() -> Unaccepted {
    Unaccepted {
        reason: "HTTP status 503".to_owned(),
        retry_after_ms: None,
        is_gone: false,
    }
}

fn unaccepted(revision: u32, attempt: u32) -> Event {
    Event::Unconfirmed {
        revision,
        attempt,
        answer: answer(),
    }
}

#[test]
fn first_attempt_is_left_to_whoever_made_the_change() {
    let order = after([opened(1), paid(1)]);

    assert_eq!(order.confirmation.revision, 1);
    assert_eq!(
        order.confirmation.next_attempt_at_ms,
        Some(T0 + 1_000 + 30_000)
    );
}

#[test]
fn repeats_follow_the_schedule_with_a_fifth_of_jitter_and_then_end() {
    let mut order = after([opened(1), paid(1)]);
    let mut at_ms = T0;
    for (step_ms, attempt) in SCHEDULE_MS.into_iter().zip(1..) {
        order.apply(&unaccepted(1, attempt), "confirmation", at_ms);
        let next_ms = order.confirmation.next_attempt_at_ms.unwrap();
        let wait_ms = next_ms - at_ms;
        assert!(
            (step_ms * 8 / 10..=step_ms * 12 / 10).contains(&wait_ms),
            "{wait_ms} for {step_ms}"
        );
        at_ms = next_ms;
    }
    assert!(order.alarms.is_empty());
    order.apply(&unaccepted(1, 10), "confirmation", at_ms);

    assert_eq!(order.confirmation.attempts, 10);
    assert_eq!(order.confirmation.next_attempt_at_ms, None);
    assert!(order.confirmation.is_owed());
    assert_eq!(order.alarms, [Alarm::Exhausted]);
}

#[test]
fn jitter_spreads_orders() {
    let waits: std::collections::BTreeSet<i64> = (0..=255)
        .map(|byte| {
            let mut order = after([opened(1), paid(1)]);
            order.order_id = OrderId::from_random([byte; 15]);
            order.apply(&unaccepted(1, 1), "confirmation", T0);
            order.confirmation.next_attempt_at_ms.unwrap() - T0
        })
        .collect();

    assert_eq!(
        (waits.first(), waits.last(), waits.len()),
        (Some(&4_000), Some(&6_000), 41)
    );
}

#[test]
fn retry_after_is_obeyed_up_to_twice_the_step() {
    for (asked_ms, at_least, at_most) in [
        (1_000, 4_000, 6_000),
        (9_000, 9_000, 9_000),
        (3_600_000, 10_000, 10_000),
    ] {
        let mut order = after([opened(1), paid(1)]);
        let answer = Unaccepted {
            retry_after_ms: Some(asked_ms),
            ..answer()
        };
        let unconfirmed = Event::Unconfirmed {
            revision: 1,
            attempt: 1,
            answer,
        };
        order.apply(&unconfirmed, "confirmation", T0);

        let wait_ms = order.confirmation.next_attempt_at_ms.unwrap() - T0;
        assert!(
            (at_least..=at_most).contains(&wait_ms),
            "{wait_ms} for {asked_ms}"
        );
    }
}

#[test]
fn gone_stops_and_an_operator_can_start_again() {
    let mut order = after([opened(1), paid(1)]);
    let gone = Event::Unconfirmed {
        revision: 1,
        attempt: 1,
        answer: Unaccepted {
            is_gone: true,
            ..answer()
        },
    };
    order.apply(&gone, "confirmation", T0);
    assert_eq!(order.confirmation.next_attempt_at_ms, None);
    assert_eq!(order.alarms, [Alarm::Exhausted]);
    let raised = alarmed(&order);
    order.apply(&raised, "alarm", T0);
    assert_eq!(order.due_at_ms(), None);

    order.apply(&Event::RepeatAsked, "operator", LATER);
    assert_eq!(
        (order.due_at_ms(), order.confirmation.attempts),
        (Some(LATER), 0)
    );
}

#[test]
fn attempt_that_failed_counts_once_whoever_says_so_again() {
    let mut order = after([opened(1), paid(1)]);
    order.apply(&unaccepted(1, 1), "confirmation", T0);
    let once = order.clone();

    for attempt in [0, 1, 3] {
        let applied = order.apply(&unaccepted(1, attempt), "confirmation", LATER);
        assert_eq!(applied, Applied::Unchanged, "{attempt}");
    }
    assert_eq!(order, once);
    order.apply(&unaccepted(1, 2), "confirmation", LATER);
    assert_eq!(order.confirmation.attempts, 2);
}

#[test]
fn there_is_nothing_to_repeat_while_the_order_waits_for_its_payer() {
    let mut order = created();
    order.apply(&Event::Abandoned, "abandoned", LATER);
    order.apply(
        &Event::Resumed(claim("second", LATER + 28_000)),
        "resumed",
        LATER,
    );
    order.apply(&learned(2, opened(2)), "create", LATER);
    assert_eq!(order.confirmation.revision, 1);

    let repeated = order.apply(&Event::RepeatAsked, "operator", LATER);
    assert_eq!(repeated, Applied::Unchanged);
}

#[test]
fn accepted_confirmation_can_be_repeated_under_its_old_revision() {
    let mut order = after([opened(1), paid(1)]);
    order.apply(&Event::Confirmed { revision: 1 }, "confirmation", T0);
    assert!(!order.confirmation.is_owed());

    order.apply(&Event::RepeatAsked, "operator", LATER);
    assert_eq!(
        (order.confirmation.revision, order.confirmation.is_owed()),
        (1, true)
    );
}

#[test]
fn late_acceptance_of_an_older_revision_does_not_settle_the_newer_one() {
    let mut order = after([opened(1), paid(1), refunded("0.5")]);
    order.apply(&Event::Confirmed { revision: 1 }, "confirmation", LATER);

    assert_eq!(
        (
            order.confirmation.revision,
            order.confirmation.confirmed_revision
        ),
        (2, 1)
    );
    assert!(order.confirmation.is_owed() && order.due_at_ms().is_some());
}

#[test]
fn outcome_of_an_older_revision_does_not_count_against_the_newer_one() {
    let mut order = after([opened(1), paid(1), refunded("0.5")]);

    assert_eq!(
        order.apply(&unaccepted(1, 1), "confirmation", LATER),
        Applied::Unchanged
    );
}

#[test]
fn claimed_work_is_not_due_for_others() {
    let mut order = after([opened(1), paid(1)]);
    let due_at_ms = order.due_at_ms().unwrap();

    assert_eq!(
        order.apply(
            &Event::Claimed {
                until_ms: LATER + MINUTE
            },
            "claim",
            due_at_ms - 1
        ),
        Applied::Unchanged
    );
    assert_eq!(
        order.apply(
            &Event::Claimed {
                until_ms: LATER + MINUTE
            },
            "claim",
            due_at_ms
        ),
        Applied::Changed
    );
    assert_eq!(order.due_at_ms(), Some(LATER + MINUTE));
    assert_eq!(
        order.apply(
            &Event::Claimed {
                until_ms: LATER + MINUTE
            },
            "claim",
            LATER
        ),
        Applied::Unchanged
    );
}

#[test]
fn resumed_order_no_longer_owes_the_news_of_its_failure() {
    let mut order = created();
    order.apply(&Event::Abandoned, "abandoned", LATER);
    assert!(order.confirmation.is_owed());

    order.apply(
        &Event::Resumed(claim("second", LATER + 28_000)),
        "resumed",
        LATER,
    );
    assert!(!order.confirmation.is_owed());
}
