//! How long is waited before a confirmation is repeated.

use super::*;

#[test]
fn repeats_follow_the_schedule_with_a_fifth_of_jitter_and_then_are_daily_to_day_30() {
    let mut order = settled();
    let mut at_ms = T0;
    for (minutes, attempt) in [1, 5, 30, 120, 300, 600, 840, 1_200, 1_440].iter().zip(1..) {
        let refused = unaccepted(&order, attempt, answer());
        order.apply(&refused, "confirmation", at_ms);
        let next_ms = order.confirmation.next_attempt_at_ms.unwrap();
        let (wait_ms, step_ms) = (next_ms - at_ms, minutes * MINUTE);
        assert!(
            (step_ms * 8 / 10..=step_ms * 12 / 10).contains(&wait_ms),
            "{wait_ms} for {step_ms}"
        );
        at_ms = next_ms;
    }
    assert!(order.alarms.is_empty());
    let refused = unaccepted(&order, 10, answer());
    order.apply(&refused, "confirmation", at_ms);

    assert_eq!(order.confirmation.untold(), Some(Untold::Exhausted));
    assert_eq!(order.alarms, [Alarm::Exhausted]);

    order.alarms.clear();
    let mut attempt = 10;
    while let Some(next_ms) = order.confirmation.next_attempt_at_ms {
        let (wait_ms, day) = (next_ms - at_ms, 24 * 60 * MINUTE);
        assert!(
            (day * 8 / 10..=day * 12 / 10).contains(&wait_ms),
            "{wait_ms}"
        );
        (at_ms, attempt) = (next_ms, attempt + 1);
        let refused = unaccepted(&order, attempt, answer());
        order.apply(&refused, "confirmation", at_ms);
        assert_eq!(order.confirmation.untold(), Some(Untold::Exhausted));
    }
    let day = (at_ms - T0) / (24 * 60 * MINUTE);
    assert!((28..=30).contains(&day), "{day}");

    let confirmation = &order.confirmation;
    assert_eq!(confirmation.attempts, attempt);
    assert_eq!(confirmation.last_error.as_deref(), Some("HTTP status 503"));
    assert!(confirmation.is_owed());
    assert_eq!(order.alarms, [], "one alarm is enough");
}

#[test]
fn jitter_spreads_orders() {
    let waits: std::collections::BTreeSet<i64> = (0..=255)
        .map(|byte| {
            let mut order = settled();
            order.order_id = OrderId::from_random([byte; 15]);
            wait_ms(&mut order, answer())
        })
        .collect();

    assert_eq!(
        (waits.first(), waits.last(), waits.len()),
        (Some(&48_000), Some(&72_000), 41)
    );
}

#[test]
fn jitter_of_each_attempt_is_by_digits_of_its_own() {
    let mut order = settled();
    order.order_id = OrderId::from_random(std::array::from_fn(|at| 10 * u8::try_from(at).unwrap()));
    let minutes = [1, 5, 30, 120, 300, 600, 840, 1_200, 1_440];
    for (attempt, minutes) in (1..=17).zip(minutes.into_iter().chain(std::iter::repeat(1_440))) {
        let refused = unaccepted(&order, attempt, answer());
        order.apply(&refused, "confirmation", T0);
        // The id's bytes are 0, 10, 20 and so on to 140.
        let percent = 80 + i64::from(attempt % 15 * 10 % 41);
        let next_ms = order.confirmation.next_attempt_at_ms;
        assert_eq!(
            next_ms,
            Some(T0 + minutes * MINUTE * percent / 100),
            "{attempt}"
        );
    }
}

#[test]
fn what_is_exhausted_is_told_daily_until_a_day_before_the_thirtieth() {
    for (at_ms, is_repeated) in [(T0 + 29 * DAY - 1, true), (T0 + 29 * DAY, false)] {
        let mut order = settled();
        order.confirmation.attempts = 9;
        order.confirmation.untold_since_ms = Some(T0);
        if let Some(told) = &mut order.confirmation.told {
            told.at_ms = T0;
        }
        let refused = unaccepted(&order, 10, answer());
        order.apply(&refused, "confirmation", at_ms);
        assert_eq!(order.confirmation.next_attempt_at_ms.is_some(), is_repeated);
    }
}
