//! Who may open a checkout, and under which number.

use super::*;

fn resumed(by: &str, until_ms: i64) -> Event {
    Event::Resumed(claim(by, until_ms))
}

#[test]
fn end_of_an_older_attempt_changes_nothing() {
    let mut order = on_second_attempt();
    order.apply(&learned(1, found(1, State::Untouched)), "query", LATER);
    for state in [State::Closed, State::Expired, State::Errored] {
        let before = order.clone();
        let applied = order.apply(&learned(1, found(1, state)), "query", LATER);
        assert_eq!(applied, Applied::Unchanged);
        assert_eq!(order, before);
    }
}

#[test]
fn attempts_are_resumed_by_one_invocation_at_a_time() {
    let mut order = created();
    for (by, at_ms, expected, attempt) in [
        (
            "second",
            T0 + 27_999,
            Applied::Refused(Refusal::InProgress),
            1,
        ),
        ("second", T0 + 28_000, Applied::Changed, 2),
        (
            "third",
            T0 + 28_001,
            Applied::Refused(Refusal::InProgress),
            2,
        ),
        ("second", T0 + 28_002, Applied::Changed, 3),
    ] {
        let applied = order.apply(&resumed(by, LATER), "resumed", at_ms);
        assert_eq!((applied, order.current_attempt()), (expected, attempt));
    }
}

#[test]
fn number_that_binance_never_saw_is_used_again_and_no_other() {
    let mut released = created();
    released.apply(&released_by("first"), "not done", TOLD);
    for (mut order, number) in [
        (released, 1),
        (created(), 2),
        (ended(End::Unknown), 2),
        (ended(End::Refused), 2),
        (after([opened(1), found(1, State::Errored)]), 2),
    ] {
        let applied = order.apply(&resumed("second", LATER + 28_000), "resumed", LATER);
        assert_eq!(
            (applied, order.current_attempt()),
            (Applied::Changed, number)
        );
        assert_eq!(order.status, Status::Created);
    }
}

#[test]
fn hundredth_attempt_is_refused() {
    let mut order = created();
    for attempt in 2..=MAX_ATTEMPTS {
        order.apply(&resumed("first", LATER), "resumed", T0);
        assert_eq!(order.current_attempt(), attempt);
    }

    let refused = order.apply(&resumed("first", LATER), "resumed", T0);
    assert_eq!(refused, Applied::Refused(Refusal::AttemptsUsedUp));
    // Somebody else waits for the answer of the ninety-ninth.
    let other = order.apply(&resumed("second", LATER), "resumed", T0);
    assert_eq!(other, Applied::Refused(Refusal::InProgress));
    assert_eq!(
        order.trade_no().to_string(),
        format!("{}99", "a5".repeat(15))
    );
}

#[test]
fn order_whose_number_had_money_before_it_is_failed_for_good() {
    let mut order = ended(End::PaidUnknown);
    assert_eq!(order.status, Status::Failed);
    assert_eq!(order.telling(), Some(("order.failed", TOLD)));

    let refused = order.apply(&resumed("second", LATER), "resumed", T0 + HOUR);
    assert_eq!(refused, Applied::Refused(Refusal::PaidUnknown));
}

#[test]
fn order_under_way_is_not_abandoned() {
    let mut order = created();
    let early = order.apply(&Event::Abandoned, "abandoned", T0 + 27_999);
    assert_eq!(early, Applied::Unchanged);

    let applied = order.apply(&Event::Abandoned, "abandoned", T0 + 28_000);
    assert_eq!(applied, Applied::Changed);
    assert_eq!(
        (order.status, order.due_at_ms()),
        (Status::Failed, Some(T0 + 28_000 + 30_000))
    );
}

#[test]
fn order_in_which_a_payment_was_found_is_not_abandoned() {
    let mut order = created();
    order.apply(&learned(1, paid(1)), "query", LATER);
    let applied = order.apply(&Event::Abandoned, "query", LATER);
    assert_eq!((applied, order.status), (Applied::Unchanged, Status::Paid));
}

#[test]
fn number_that_is_used_again_is_asked_about_as_if_it_were_new() {
    let mut order = created();
    order.apply(&released_by("first"), "not done", TOLD);
    let at_ms = T0 + 30 * MINUTE;
    order.apply(&resumed("second", LATER + HOUR), "resumed", at_ms);
    order.apply(&learned(1, opened(1)), "create", at_ms);

    assert_eq!(order.ask_at_ms, Some(at_ms + 2 * MINUTE));
}

#[test]
fn checkout_that_opens_after_the_order_was_given_up_shows_no_way_to_pay() {
    let mut order = created();
    order.apply(&Event::Abandoned, "abandoned", LATER);
    order.apply(&learned(1, opened(1)), "create", LATER);

    assert_eq!(order.status, Status::Failed);
    let view = shown(&order);
    assert_eq!(view["prepayId"], terms(1).prepay_id);
    for way in [
        "checkoutUrl",
        "qrcodeLink",
        "qrContent",
        "deeplink",
        "universalUrl",
    ] {
        assert_eq!(view[way], Value::Null, "{way}");
    }
}

#[test]
fn what_binance_made_of_a_number_counts_since_it_was_first_sent() {
    for (created_at_ms, is_paid) in [(T0 - 1_000, true), (T0 - 1_001, false)] {
        let mut order = created();
        order.apply(&released_by("first"), "number taken", T0 + 1_000);
        let resumed = Event::Resumed(claim("second", LATER + 28_000));
        order.apply(&resumed, "resumed", LATER);
        assert_eq!(order.current_attempt(), 1);
        let found = Fact::found(Found {
            terms: terms(1),
            created_at_ms: Some(created_at_ms),
            state: State::Paid(money(1, "1.00020004")),
        });
        order.apply(&learned(1, found), "query", LATER);

        assert_eq!(order.is_paid(), is_paid);
        let alarms = if is_paid {
            vec![]
        } else {
            vec![Alarm::Unknown]
        };
        assert_eq!(order.alarms, alarms);
    }
}

#[test]
fn attempt_begins_when_it_is_resumed() {
    let resume = |mut order: Order| {
        order.apply(&resumed("second", LATER + 28_000), "resumed", LATER);
        let began = order.attempts.iter();
        began
            .map(|attempt| (attempt.started_at_ms, attempt.given_up_from_ms))
            .collect::<Vec<_>>()
    };
    assert_eq!(resume(created()), [(T0, None), (LATER, None)]);
    // Its number is used again, and may have been sent before.
    let mut released = created();
    released.apply(&released_by("first"), "not done", TOLD);
    assert_eq!(resume(released), [(LATER, Some(T0))]);
}

#[test]
fn events_change_an_order_if_one_does_and_none_where_one_is_refused() {
    let released = Event::Released {
        by: "first".to_owned(),
    };
    let wished = Event::CloseWished;
    let refused = Applied::Refused(Refusal::InProgress);
    for (events, expected) in [
        (vec![], Applied::Unchanged),
        (vec![released.clone()], Applied::Changed),
        (vec![released.clone(), released.clone()], Applied::Changed),
        (vec![resumed("second", T0 + 1)], refused),
        (vec![wished, Event::UntoldWished], Applied::Changed),
    ] {
        let applied = created().apply_all(&events, "test", T0);
        assert_eq!(applied, expected, "{events:?}");
    }
    let mut order = created();
    order.claim = None;
    order.confirmation.attempts = 0;
    let unchanged = order.apply_all(&[released], "test", T0);
    assert_eq!(unchanged, Applied::Unchanged);
}
