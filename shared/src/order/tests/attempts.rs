//! Who may open a checkout, and under which number.

use super::*;

#[test]
fn closing_an_older_attempt_changes_nothing() {
    let mut order = after([Fact::Lost]);
    order.apply(
        &Event::Resumed(claim("second", LATER + 28_000)),
        "resumed",
        LATER,
    );
    order.apply(&learned(2, opened(2)), "create", LATER);
    let before = order.clone();

    assert_eq!(
        order.apply(&learned(1, Fact::Closed), "PAY PAY_CLOSED", LATER),
        Applied::Unchanged
    );
    assert_eq!(order, before);
}

#[test]
fn attempts_are_resumed_by_one_invocation_at_a_time() {
    let mut order = created();
    assert_eq!(
        order.apply(
            &Event::Resumed(claim("second", LATER)),
            "resumed",
            T0 + 27_999
        ),
        Applied::Refused(Refusal::InProgress)
    );
    assert_eq!(
        order.apply(
            &Event::Resumed(claim("second", LATER)),
            "resumed",
            T0 + 28_000
        ),
        Applied::Changed
    );
    assert_eq!(order.current_attempt(), 2);
    assert_eq!(
        order.apply(
            &Event::Resumed(claim("third", LATER)),
            "resumed",
            T0 + 28_001
        ),
        Applied::Refused(Refusal::InProgress)
    );
    assert_eq!(
        order.apply(
            &Event::Resumed(claim("second", LATER)),
            "resumed",
            T0 + 28_002
        ),
        Applied::Changed
    );
    assert_eq!(order.current_attempt(), 3);
}

#[test]
fn number_that_binance_never_saw_is_used_again_and_no_other() {
    let resumed = |mut order: Order| {
        assert_eq!(
            order.apply(
                &Event::Resumed(claim("second", LATER + 28_000)),
                "resumed",
                LATER
            ),
            Applied::Changed
        );
        order.current_attempt()
    };
    let mut released = created();
    released.apply(&released_by("first"), "not done", T0 + 1_000);

    assert_eq!(resumed(released), 1);
    assert_eq!(resumed(created()), 2);
    assert_eq!(resumed(after([Fact::Lost])), 2);
    assert_eq!(resumed(after([Fact::Refused])), 2);
}

#[test]
fn hundredth_attempt_is_refused() {
    let mut order = created();
    for attempt in 2..=MAX_ATTEMPTS {
        order.apply(&Event::Resumed(claim("first", LATER)), "resumed", T0);
        assert_eq!(order.current_attempt(), attempt);
    }

    let refused = order.apply(&Event::Resumed(claim("first", LATER)), "resumed", T0);
    assert_eq!(refused, Applied::Refused(Refusal::AttemptsUsedUp));
    // Somebody else waits for the answer of the ninety-ninth.
    let other = order.apply(&Event::Resumed(claim("second", LATER)), "resumed", T0);
    assert_eq!(other, Applied::Refused(Refusal::InProgress));
    assert_eq!(
        order.trade_no().to_string(),
        format!("{}99", "a5".repeat(15))
    );
}

#[test]
fn order_under_way_is_not_abandoned() {
    let mut order = created();
    assert_eq!(
        order.apply(&Event::Abandoned, "abandoned", T0 + 27_999),
        Applied::Unchanged
    );

    assert_eq!(
        order.apply(&Event::Abandoned, "abandoned", T0 + 28_000),
        Applied::Changed
    );
    assert_eq!(
        (order.status, order.due_at_ms()),
        (Status::Failed, Some(T0 + 28_000 + 30_000))
    );
}

#[test]
fn number_that_is_used_again_is_asked_about_as_if_it_were_new() {
    let mut order = created();
    order.apply(&released_by("first"), "not done", T0 + 1_000);
    order.apply(
        &Event::Resumed(claim("second", LATER + HOUR)),
        "resumed",
        T0 + 40 * MINUTE,
    );
    order.apply(&learned(1, opened(1)), "create", T0 + 40 * MINUTE);

    assert_eq!(order.ask_at_ms, Some(T0 + 45 * MINUTE));
}
