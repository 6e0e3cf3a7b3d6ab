//! What LeadsCalendar is still owed, and when it is tried again.

mod schedule;

use super::*;

pub(super) fn answer() -> Unaccepted {
    Unaccepted {
        reason: "HTTP status 503".to_owned(),
        retry_after_ms: None,
        status: Some(503),
        is_gone: false,
        is_timeout: false,
    }
}

/// LeadsCalendar does not accept the current revision.
fn unaccepted(order: &Order, attempt: u32, answer: Unaccepted) -> Event {
    Event::Unconfirmed {
        revision: order.confirmation.revision,
        attempt,
        answer,
    }
}

/// LeadsCalendar accepts the current revision.
fn confirmed(order: &Order) -> Event {
    let revision = order.confirmation.revision;
    Event::Confirmed { revision }
}

fn settled() -> Order {
    after([opened(1), paid(1)])
}

/// The wait after the first attempt at `T0` was answered so.
fn wait_ms(order: &mut Order, answer: Unaccepted) -> i64 {
    let refused = unaccepted(order, 1, answer);
    order.apply(&refused, "confirmation", T0);
    order.confirmation.next_attempt_at_ms.unwrap() - T0
}

#[test]
fn first_attempt_is_left_to_whoever_made_the_change() {
    let order = settled();

    assert_eq!(order.confirmation.next_attempt_at_ms, Some(TOLD + 30_000));
}

#[test]
fn retry_after_is_obeyed_up_to_twice_the_step() {
    for (asked_ms, at_least, at_most) in [
        (1_000, 48_000, 72_000),
        (90_000, 90_000, 90_000),
        (3_600_000, 120_000, 120_000),
    ] {
        let answer = Unaccepted {
            retry_after_ms: Some(asked_ms),
            ..answer()
        };
        let wait_ms = wait_ms(&mut settled(), answer);
        assert!(
            (at_least..=at_most).contains(&wait_ms),
            "{wait_ms} for {asked_ms}"
        );
    }
}

#[test]
fn gone_stops_and_an_operator_can_start_again() {
    let mut order = settled();
    let gone = Unaccepted {
        is_gone: true,
        ..answer()
    };
    let refused = unaccepted(&order, 1, gone);
    order.apply(&refused, "confirmation", T0);
    assert_eq!(order.confirmation.next_attempt_at_ms, None);
    assert_eq!(order.alarms, [Alarm::Exhausted]);

    order.apply(&Event::RepeatAsked, "operator", LATER);
    assert_eq!(
        (
            order.confirmation.next_attempt_at_ms,
            order.confirmation.attempts
        ),
        (Some(LATER), 0)
    );
}

/// Since when the order is told in vain, and how.
fn untold(order: &Order) -> (Option<i64>, Option<Untold>) {
    let confirmation = &order.confirmation;
    (confirmation.untold_since_ms, confirmation.untold())
}

#[test]
fn order_is_untold_from_the_first_attempt_that_was_not_accepted_until_one_is() {
    let mut order = settled();
    assert_eq!(untold(&order), (None, None));

    for (attempt, at_ms) in [(1, T0), (2, LATER)] {
        let refused = unaccepted(&order, attempt, answer());
        order.apply(&refused, "confirmation", at_ms);
        assert_eq!(untold(&order), (Some(T0), Some(Untold::Repeating)));
    }
    let gone = Unaccepted {
        is_gone: true,
        ..answer()
    };
    let refused = unaccepted(&order, 3, gone);
    order.apply(&refused, "confirmation", LATER);
    assert_eq!(untold(&order), (Some(T0), Some(Untold::Exhausted)));

    // Another change is told from the start; LeadsCalendar has still not heard of the first.
    order.apply(&learned(1, refunded("0.5")), "query", LATER);
    assert_eq!(untold(&order), (Some(T0), Some(Untold::Repeating)));

    let accepted = confirmed(&order);
    order.apply(&accepted, "confirmation", LATER);
    assert_eq!(untold(&order), (None, None));
}

#[test]
fn operator_makes_due_what_was_told_in_vain_and_passes_over_what_is_due() {
    let mut order = settled();
    let wish = |order: &mut Order| order.apply(&Event::UntoldWished, "operator", LATER);
    assert_eq!(wish(&mut order), Applied::Unchanged, "not told in vain yet");

    for attempt in 1..=3 {
        let refused = unaccepted(&order, attempt, answer());
        order.apply(&refused, "confirmation", LATER);
    }
    assert_eq!(wish(&mut order), Applied::Changed);
    let confirmation = &order.confirmation;
    assert_eq!(
        (confirmation.next_attempt_at_ms, confirmation.attempts),
        (Some(LATER), 0)
    );
    assert_eq!(wish(&mut order), Applied::Unchanged, "due already");

    // Another change begins the schedule anyway.
    order.apply(&learned(1, refunded("0.5")), "query", LATER);
    let confirmation = &order.confirmation;
    assert_eq!((confirmation.attempts, confirmation.is_owed()), (0, true));
    assert_eq!(wish(&mut order), Applied::Unchanged, "begins anyway");

    let refused = unaccepted(&order, 1, answer());
    order.apply(&refused, "confirmation", LATER);
    order.confirmation.next_attempt_at_ms = Some(LATER);
    assert_eq!(wish(&mut order), Applied::Unchanged, "due now");
}

#[test]
fn attempt_that_failed_counts_once_whoever_says_so_again() {
    let mut order = settled();
    let refused = unaccepted(&order, 1, answer());
    order.apply(&refused, "confirmation", T0);
    let once = order.clone();

    for attempt in [0, 1, 3] {
        let again = unaccepted(&order, attempt, answer());
        let applied = order.apply(&again, "confirmation", LATER);
        assert_eq!(applied, Applied::Unchanged, "{attempt}");
    }
    assert_eq!(order, once);
    let refused = unaccepted(&order, 2, answer());
    order.apply(&refused, "confirmation", LATER);
    assert_eq!(order.confirmation.attempts, 2);
}

#[test]
fn there_is_nothing_to_repeat_while_the_order_waits_for_its_payer() {
    for mut order in [created(), after([opened(1)]), on_second_attempt()] {
        let repeated = order.apply(&Event::RepeatAsked, "operator", LATER);
        assert_eq!(repeated, Applied::Unchanged);
    }
}

#[test]
fn accepted_confirmation_can_be_repeated_under_its_old_revision() {
    let mut order = settled();
    let accepted = confirmed(&order);
    order.apply(&accepted, "confirmation", T0);
    assert!(!order.confirmation.is_owed());
    let told = order.clone();

    order.apply(&Event::RepeatAsked, "operator", LATER);
    assert!(order.confirmation.is_owed());
    assert_eq!(order.confirmation.next_attempt_at_ms, Some(LATER));
    assert_eq!(order.confirmation.revision, told.confirmation.revision);
    assert_eq!(order.telling(), told.telling());

    order.apply(&accepted, "confirmation", LATER);
    assert!(!order.confirmation.is_owed());
    assert_eq!(order.confirmation.next_attempt_at_ms, None);
}

#[test]
fn acceptance_of_a_revision_that_is_not_there_says_nothing() {
    let mut order = settled();
    let revision = order.confirmation.revision;
    for revision in [0, T0 / 1_000, revision + 1] {
        let accepted = Event::Confirmed { revision };
        let applied = order.apply(&accepted, "confirmation", LATER);
        assert_eq!(applied, Applied::Unchanged, "{revision}");
    }
}

#[test]
fn accepted_attempt_counts_and_takes_the_error_away() {
    let mut order = settled();
    let refused = unaccepted(&order, 1, answer());
    order.apply(&refused, "confirmation", T0);
    let accepted = confirmed(&order);
    order.apply(&accepted, "confirmation", LATER);

    let expected = serde_json::json!({
        "confirmedRevision": order.confirmation.revision,
        "attempts": 2,
        "nextAttemptAt": null,
        "lastError": null,
    });
    assert_eq!(got(&order)["confirmation"], expected);
}

#[test]
fn claimed_work_is_not_due_for_others() {
    let mut order = settled();
    let due_at_ms = order.due_at_ms().unwrap();
    let claim = Event::Claimed {
        work: Work::Telling,
        until_ms: LATER + MINUTE,
        by: 7,
    };

    let early = order.apply(&claim, "claim", due_at_ms - 1);
    assert_eq!(early, Applied::Unchanged);
    assert_eq!(order.apply(&claim, "claim", due_at_ms), Applied::Changed);
    assert_eq!(order.due_at_ms(), Some(LATER + MINUTE));
    assert_eq!(order.apply(&claim, "claim", LATER), Applied::Unchanged);
}
