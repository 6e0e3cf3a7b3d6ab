//! The order's own end: how long LeadsCalendar holds the slot.

use super::steps::asked;
use super::*;

/// How long these orders are held, in seconds, and when they end.
const HOLD_SECS: u32 = 600;
const END: i64 = T0 + 10 * MINUTE;

fn held() -> Order {
    created().held_for(Some(HOLD_SECS))
}

/// A held order whose checkout Binance ends then, if it says so.
fn open_until(binance_ms: Option<i64>) -> Order {
    let checkout = Checkout {
        checkout_url: Some("https://pay.binance.com/checkout".to_owned()),
        expires_at_ms: binance_ms,
        ..Checkout::default()
    };
    let mut order = held();
    let opened = learned(1, Fact::opened(terms(1), checkout));
    order.apply(&opened, "create", TOLD);
    assert_eq!(order.status, Status::Pending);
    order
}

fn expires_at(order: &Order) -> Value {
    shown(order)["expiresAt"].clone()
}

fn status(mut order: Order, fact: Fact, at_ms: i64) -> Status {
    order.apply(&learned(1, fact), "query", at_ms);
    order.status
}

fn time_up(by: &str) -> Event {
    Event::TimeUp { by: by.to_owned() }
}

#[test]
fn order_ends_when_leadscalendar_says_else_after_an_hour() {
    for (secs, end_ms, asked_end_ms) in [
        (Some(60), T0 + MINUTE, Some(T0 + MINUTE)),
        (Some(3_600), T0 + HOUR, Some(T0 + HOUR)),
        (None, T0 + HOUR, None),
    ] {
        let order = created().held_for(secs);
        assert_eq!(order.ends_at_ms(), end_ms);
        assert_eq!(expires_at(&order), Time(end_ms).to_string());
        assert_eq!(order.attempts[0].asked_end_ms, asked_end_ms);
    }
}

#[test]
fn view_tells_the_earlier_of_the_orders_end_and_of_binances() {
    for (binance_ms, expected) in [
        (None, END),
        (Some(END), END),
        (Some(END - 1), END - 1),
        (Some(END + 1), END),
        (Some(T0 + HOUR), END),
        (Some(0), END),
    ] {
        let mut order = open_until(binance_ms);
        let expected = Time(expected).to_string();
        assert_eq!(expires_at(&order), expected, "{binance_ms:?}");
        for fact in [found(1, State::Errored), paid(1), refunded(FEE)] {
            order.apply(&learned(1, fact), "query", LATER);
            assert_eq!(expires_at(&order), expected, "{:?}", order.status);
        }
    }
    // A later attempt has no other end.
    let mut order = open_until(Some(END));
    order.apply(&learned(1, found(1, State::Errored)), "query", LATER);
    let resumed = Event::Resumed(claim("second", LATER + 28_000));
    order.apply(&resumed, "resumed", LATER);
    assert_eq!(expires_at(&order), Time(END).to_string());
    order.apply(&learned(2, opened(2)), "create", LATER);
    assert_eq!(expires_at(&order), Time(END).to_string());
}

#[test]
fn checkout_that_binance_keeps_open_more_than_a_minute_longer_is_closed_five_seconds_after_our_end()
{
    for binance_ms in [END + MINUTE + 1, T0 + HOUR, T0 + DAY] {
        let order = open_until(Some(binance_ms));
        assert!(!order.is_to_close(1, END + 4_999));
        assert!(order.is_to_close(1, END + 5_000));

        for (fact, at_ms, expected) in [
            // Whoever closed it before our end gave it up.
            (found(1, State::Closed), END + 4_999, Status::Canceled),
            (found(1, State::Closed), END + 5_000, Status::Expired),
            (found(1, State::Expired), END + 5_000, Status::Expired),
            // While Binance keeps it open it can still be paid.
            (
                found(1, State::Untouched),
                binance_ms + MINUTE - 1,
                Status::Pending,
            ),
            (
                found(1, State::Untouched),
                binance_ms + MINUTE,
                Status::Expired,
            ),
            (
                found(1, State::UnderWay),
                binance_ms + HOUR,
                Status::Pending,
            ),
        ] {
            let seen = status(order.clone(), fact.clone(), at_ms);
            assert_eq!(seen, expected, "{fact:?} at {at_ms}");
        }
    }
}

#[test]
fn checkout_that_binance_keeps_open_at_most_a_minute_longer_is_left_to_binance() {
    for binance_ms in [END - 3 * MINUTE, END - 1, END, END + MINUTE] {
        let order = open_until(Some(binance_ms));
        assert!(!order.is_to_close(1, END + DAY), "{binance_ms}");

        let untouched = || found(1, State::Untouched);
        let over_ms = binance_ms + MINUTE;
        assert_eq!(
            status(order.clone(), untouched(), over_ms - 1),
            Status::Pending
        );
        assert_eq!(status(order, untouched(), over_ms), Status::Expired);
    }
}

#[test]
fn payment_after_the_orders_own_end_is_late_whatever_binances_is() {
    for (paid_at_ms, is_late) in [(END, false), (END + 1, true)] {
        let money = || Money {
            paid_at_ms: Some(paid_at_ms),
            ..money(1, FEE)
        };
        // Also if the answer was lost, so that nobody knows of a checkout.
        for mut order in [
            open_until(None),
            open_until(Some(END + MINUTE)),
            open_until(Some(T0 + HOUR)),
            held(),
        ] {
            order.apply(&learned(1, answer_of(money())), "query", T0 + HOUR);
            assert_eq!((order.status, order.late), (Status::Paid, is_late));
        }
    }
}

#[test]
fn held_order_is_asked_about_at_its_end_or_when_it_is_closed_and_in_the_minutes_after() {
    // At most a minute longer: Binance has two minutes to end it.
    let seen = asked(open_until(Some(END + MINUTE)), T0, 6);
    assert_eq!(seen, [2, 5, 10, 11, 12, 13]);

    let mut order = open_until(Some(T0 + HOUR));
    let mut seen = Vec::new();
    for _ in 0..6 {
        let at_ms = order.ask_at_ms.unwrap();
        order.apply(&Event::Asked { began_ms: at_ms }, "query", at_ms);
        seen.push(at_ms - END);
    }
    let close = 5_000;
    assert_eq!(
        seen,
        [
            -8 * MINUTE,
            -5 * MINUTE,
            0,
            close,
            close + MINUTE,
            close + 2 * MINUTE
        ]
    );
}

#[test]
fn with_less_than_thirty_seconds_left_nothing_is_opened_and_an_order_without_a_checkout_is_expired()
{
    let refused = || {
        let mut order = held();
        order.apply(&not_opened(End::Refused), "refused", TOLD);
        order
    };
    for order in [held(), refused()] {
        for (at_ms, is_up) in [
            (END - 30_000, false),
            (END - 29_999, true),
            (END + DAY, true),
        ] {
            let mut order = order.clone();
            assert_eq!(order.has_no_time(at_ms), is_up);
            let before = order.clone();
            let applied = order.apply(&time_up("second"), "time up", at_ms);
            if !is_up {
                assert_eq!((applied, order), (Applied::Unchanged, before));
                continue;
            }
            assert_eq!(applied, Applied::Changed);
            assert_eq!((order.status, &order.claim), (Status::Expired, &None));
            assert_eq!(order.telling(), Some(("order.expired", at_ms)));

            // What it opened before is to be closed, and its payment is late.
            order.apply(&learned(1, opened(1)), "create", at_ms);
            assert!(order.is_to_close(1, at_ms));
            assert_eq!(order.status, Status::Expired);
            order.apply(&learned(1, paid(1)), "query", at_ms);
            assert_eq!((order.status, order.late), (Status::Paid, true));
        }
    }
}

#[test]
fn order_that_somebody_is_opening_or_whose_number_had_money_before_it_is_not_expired() {
    let mut opening = held();
    opening.claim = Some(claim("first", END + 1));
    let mut paid_unknown = held();
    paid_unknown.apply(&not_opened(End::PaidUnknown), "test", TOLD);
    for (order, expected) in [
        (opening.clone(), Applied::Refused(Refusal::InProgress)),
        (paid_unknown, Applied::Refused(Refusal::PaidUnknown)),
        (open_until(None), Applied::Unchanged),
        (after([opened(1), paid(1)]), Applied::Unchanged),
    ] {
        let mut after = order.clone();
        let applied = after.apply(&time_up("second"), "time up", END);
        assert_eq!((applied, after), (expected, order));
    }
    let applied = opening.apply(&time_up("first"), "time up", END);
    assert_eq!(applied, Applied::Changed);
}

#[test]
fn every_attempt_asks_for_the_orders_end_until_binance_has_refused_one_for_it() {
    let mut order = held();
    for (without, number, expected) in [
        (false, 2, Some(END)),
        (false, 3, Some(END)),
        (true, 4, None),
        (false, 5, None),
    ] {
        let attempt = order.current_attempt();
        let end = End::Refused;
        order.apply(&Event::NotOpened { attempt, end }, "refused", TOLD);
        let claim = claim("second", END);
        let resumed = if without {
            Event::ResumedWithoutEnd(claim)
        } else {
            Event::Resumed(claim)
        };
        assert_eq!(order.apply(&resumed, "test", LATER), Applied::Changed);
        let current = order.current().unwrap();
        assert_eq!(
            (order.current_attempt(), current.asked_end_ms),
            (number, expected)
        );
        assert_eq!(order.ends_at_ms(), END);
    }
    // A number that was never used is sent as the next one would be.
    let mut unused = held();
    unused.apply(&released_by("first"), "not done", TOLD);
    let resumed = Event::ResumedWithoutEnd(claim("second", END));
    unused.apply(&resumed, "test", LATER);
    let current = unused.current().unwrap();
    assert_eq!((unused.current_attempt(), current.asked_end_ms), (1, None));
}
