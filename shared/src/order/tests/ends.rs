//! How a checkout ends without a payment, and when it does.

use super::*;

/// When the checkout of [`opened`] closes.
const END: i64 = T0 + HOUR;

/// The status after `fact` came at `at_ms`.
fn status(fact: Fact, at_ms: i64) -> Status {
    let mut order = after([opened(1)]);
    order.apply(&learned(1, fact), "test", at_ms);
    order.status
}

/// By a notification that agrees.
fn closed(at_ms: Option<i64>) -> Fact {
    Fact(Known::Closed { at_ms })
}

#[test]
fn closed_before_the_end_is_canceled_and_afterwards_expired() {
    for (fact, learned_at_ms, expected) in [
        (found(1, State::Closed), END + 4_999, Status::Canceled),
        (found(1, State::Closed), END + 5_000, Status::Expired),
        (closed(None), END + 4_999, Status::Canceled),
        (closed(None), END + 5_000, Status::Expired),
        (closed(Some(END - HOUR)), END + HOUR, Status::Canceled),
        (closed(Some(END + HOUR)), END + HOUR, Status::Expired),
        // Told in seconds, or made up.
        (closed(Some(T0 / 1_000)), END + HOUR, Status::Expired),
        (closed(Some(END + 9 * DAY)), END - 1, Status::Canceled),
    ] {
        let seen = status(fact.clone(), learned_at_ms);
        assert_eq!(seen, expected, "{fact:?} at {learned_at_ms}");
    }
}

#[test]
fn untouched_checkout_is_expired_a_minute_after_its_end() {
    for (at_ms, expected) in [
        (END + MINUTE - 1, Status::Pending),
        (END + MINUTE, Status::Expired),
    ] {
        assert_eq!(status(found(1, State::Untouched), at_ms), expected);
        assert_eq!(status(found(1, State::UnderWay), at_ms), Status::Pending);
    }
}

#[test]
fn checkout_that_binance_no_longer_knows_is_expired_a_day_after_its_end() {
    for (at_ms, expected) in [
        (END + DAY - 1, Status::Pending),
        (END + DAY, Status::Expired),
    ] {
        assert_eq!(status(Fact::not_found(), at_ms), expected);
    }
    let mut order = created();
    let applied = order.apply(&learned(1, Fact::not_found()), "query", END + 9 * DAY);
    assert_eq!(applied, Applied::Unchanged);
}

#[test]
fn end_of_a_checkout_of_another_prepay_id_changes_nothing() {
    for state in [
        State::Closed,
        State::Expired,
        State::Errored,
        State::Untouched,
    ] {
        let other = Fact::found(Found {
            terms: terms(2),
            created_at_ms: Some(LATER),
            state: state.clone(),
        });
        let seen = status(other, END + DAY);
        assert_eq!(seen, Status::Pending, "{state:?}");
    }
}

#[test]
fn end_that_binance_does_not_tell_or_that_cannot_be_meant_is_an_hour_after_the_attempt_began() {
    for (told_ms, expected) in [
        (Some(T0 + 2 * HOUR), T0 + 2 * HOUR),
        (Some(TOLD + DAY), TOLD + DAY),
        (None, T0 + HOUR),
        (Some(0), T0 + HOUR),
        // Seconds, or microseconds.
        (Some((T0 + HOUR) / 1_000), T0 + HOUR),
        (Some((T0 + HOUR) * 1_000), T0 + HOUR),
    ] {
        let checkout = Checkout {
            checkout_url: Some("https://pay.binance.com/checkout".to_owned()),
            expires_at_ms: told_ms,
            ..Checkout::default()
        };
        let order = after([Fact::opened(terms(1), checkout)]);
        assert_eq!(order.attempt(1).unwrap().expires_at_ms(), expected);
        // The order's own end is the earlier one.
        let expires_at = Time(expected.min(T0 + HOUR)).to_string();
        assert_eq!(shown(&order)["expiresAt"], expires_at, "{told_ms:?}");
    }
}

#[test]
fn checkout_needs_one_way_to_pay_and_any_is_enough() {
    assert!(!Checkout::default().has_way_to_pay());
    let way = Some("https://pay.binance.com".to_owned());
    let none = Checkout::default;
    for checkout in [
        Checkout {
            checkout_url: way.clone(),
            ..none()
        },
        Checkout {
            qrcode_link: way.clone(),
            ..none()
        },
        Checkout {
            qr_content: way.clone(),
            ..none()
        },
        Checkout {
            deeplink: way.clone(),
            ..none()
        },
        Checkout {
            universal_url: way.clone(),
            ..none()
        },
    ] {
        assert!(checkout.has_way_to_pay(), "{checkout:?}");
    }
}

#[test]
fn end_of_another_attempt_than_the_newest_or_of_one_beside_a_paid_one_changes_nothing() {
    let both_open = || {
        let mut order = on_second_attempt();
        order.apply(&learned(1, opened(1)), "create", LATER);
        order
    };
    let mut order = both_open();
    let applied = order.apply(&learned(1, found(1, State::Expired)), "query", LATER);
    assert_eq!(applied, Applied::Unchanged);
    assert_eq!(order.status, Status::Pending);

    let mut order = both_open();
    order.apply(&learned(1, paid(1)), "query", LATER);
    let applied = order.apply(&learned(2, found(2, State::Expired)), "query", LATER);
    assert_eq!((order.status, applied), (Status::Paid, Applied::Unchanged));
}
