//! What a wish to close shows, tells and sets going.

use super::steps::asked;
use super::*;

const END: i64 = T0 + HOUR;

fn wished(mut order: Order) -> Order {
    order.apply(&Event::CloseWished, "close requested", LATER);
    order
}

#[test]
fn order_that_is_being_closed_names_no_way_to_pay() {
    let view = shown(&wished(after([opened(1)])));
    for way in [
        "checkoutUrl",
        "qrcodeLink",
        "qrContent",
        "deeplink",
        "universalUrl",
    ] {
        assert_eq!(view[way], Value::Null, "{way}");
    }
    assert_eq!(view["status"], "PENDING");
    assert_eq!(view["closeRequestedAt"], "2025-11-22T09:02:00.000Z");
    assert_eq!(view["expiresAt"], "2025-11-22T10:00:00.000Z");
}

#[test]
fn wish_is_not_told_and_the_end_that_it_brings_is() {
    let before = after([opened(1)]);
    let mut order = wished(before.clone());
    assert!(order.confirmation.revision > before.confirmation.revision);
    assert!(!order.confirmation.is_owed());
    assert_eq!((&order.confirmation.told, order.telling()), (&None, None));
    assert_eq!(order.history, before.history);

    order.apply(&learned(1, found(1, State::Closed)), "query", END);
    assert_eq!(order.telling(), Some(("order.canceled", END)));
    assert!(order.confirmation.is_owed());
}

#[test]
fn wish_leaves_what_is_owed_to_its_schedule() {
    let before = after([opened(1), found(1, State::Errored)]);
    assert!(before.confirmation.is_owed());
    let order = wished(before.clone());

    let (was, is) = (&before.confirmation, &order.confirmation);
    assert!(is.revision > was.revision);
    assert_eq!(
        (&is.told, is.next_attempt_at_ms, is.attempts),
        (&was.told, was.next_attempt_at_ms, was.attempts)
    );
    assert!(is.is_owed());
}

#[test]
fn order_that_is_being_closed_is_asked_about_each_minute_for_ten_and_then_every_five() {
    let mut expected: Vec<i64> = (1..=10).collect();
    expected.extend((15..=60 * 24).step_by(5));
    // As often before the order's end as after it.
    for order in [after([opened(1)]), on_second_attempt()] {
        let seen = asked(wished(order), LATER, expected.len());
        assert_eq!(seen, expected);
    }
}

#[test]
fn order_that_was_canceled_at_once_is_asked_about_since_it_may_have_been_opened() {
    let day = 24 * 60;
    assert_eq!(asked(wished(created()), LATER, 4), [60, day, 7 * day]);
}

#[test]
fn order_that_is_being_closed_for_a_day_after_its_end_is_stuck() {
    let mut order = wished(after([opened(1)]));
    let mut at_ms = LATER;
    while order.alarms.is_empty() {
        assert!(at_ms < END + DAY);
        at_ms = order.ask_at_ms.unwrap();
        order.apply(&Event::Asked { began_ms: at_ms }, "query", at_ms);
    }
    assert_eq!(order.alarms, [Alarm::Stuck]);
}

#[test]
fn checkout_is_to_be_closed_when_nobody_is_to_pay_it_any_more() {
    let errored = || after([opened(1), found(1, State::Errored)]);
    let longer = || {
        let mut order = created().held_for(Some(600));
        order.apply(&learned(1, opened(1)), "create", TOLD);
        order
    };
    let closes_at_ms = T0 + 600_000 + 5_000;
    for (order, at_ms, expected) in [
        (after([opened(1)]), END + DAY, false),
        (longer(), closes_at_ms - 1, false),
        (longer(), closes_at_ms, true),
        (wished(after([opened(1)])), LATER, true),
        (errored(), END + DAY, false),
        (wished(errored()), LATER, true),
        // There is nothing to close.
        (created(), END + DAY, false),
        (wished(created()), END + DAY, false),
        (wished(after([opened(1), paid(1)])), END + DAY, false),
    ] {
        let is_to_close = order.is_to_close(1, at_ms);
        assert_eq!(is_to_close, expected, "{:?} at {at_ms}", order.status);
        assert!(!order.is_to_close(0, at_ms) && !order.is_to_close(2, at_ms));
    }
    let mut paid_while_closed = wished(after([opened(1)]));
    paid_while_closed.apply(&learned(1, paid(1)), "query", LATER);
    assert!(!paid_while_closed.is_to_close(1, END + DAY));
}
