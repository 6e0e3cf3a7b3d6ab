//! LeadsCalendar's wish to close an order.

use super::*;

/// When the checkout of [`opened`] closes.
const END: i64 = T0 + HOUR;

/// Wishes to close the order at [`LATER`].
fn wish(order: &mut Order) -> Applied {
    order.apply(&Event::CloseWished, "close requested", LATER)
}

/// The order after the wish.
fn wished(mut order: Order) -> Order {
    assert_eq!(wish(&mut order), Applied::Changed);
    order
}

/// By a notification that agrees.
fn closed(at_ms: Option<i64>) -> Fact {
    Fact(Known::Closed { at_ms })
}

/// An order whose first checkout failed, and whose second attempt `end`ed like this, or has not been answered.
fn failed_before(end: Option<End>) -> Order {
    let mut order = after([opened(1), found(1, State::Errored)]);
    let resumed = Event::Resumed(claim("second", LATER + 28_000));
    order.apply(&resumed, "resumed", TOLD);
    if let Some(end) = end {
        order.apply(&Event::NotOpened { attempt: 2, end }, "test", TOLD);
    }
    order
}

#[test]
fn wish_is_recorded_in_every_status_unless_money_has_come_or_the_order_is_over() {
    for (order, expected) in [
        (created(), Some((Status::Canceled, None))),
        (ended(End::Unknown), Some((Status::Canceled, None))),
        (ended(End::Refused), Some((Status::Canceled, None))),
        (ended(End::Abandoned), Some((Status::Canceled, None))),
        (after([opened(1)]), Some((Status::Pending, Some(1)))),
        (on_second_attempt(), Some((Status::Pending, Some(2)))),
        (
            after([opened(1), found(1, State::Errored)]),
            Some((Status::Failed, Some(1))),
        ),
        (
            failed_before(Some(End::Refused)),
            Some((Status::Failed, Some(1))),
        ),
        (failed_before(None), Some((Status::Failed, Some(1)))),
        // Somebody's money is there.
        (ended(End::PaidUnknown), None),
        (after([opened(1), found(1, State::Closed)]), None),
        (after([opened(1), found(1, State::Expired)]), None),
        (after([opened(1), paid(1)]), None),
        (after([opened(1), answer_paid(1, "0.5", None)]), None),
        (after([opened(1), paid(1), refunded("0.5")]), None),
        (after([opened(1), paid(1), refunded(FEE)]), None),
    ] {
        let mut wished = order.clone();
        let applied = wish(&mut wished);
        let Some((status, attempt)) = expected else {
            assert_eq!((applied, &wished), (Applied::Unchanged, &order));
            continue;
        };
        let closing = Closing {
            requested_at_ms: LATER,
            attempt,
        };
        assert_eq!(applied, Applied::Changed, "{:?}", order.status);
        assert_eq!((wished.status, &wished.closing), (status, &Some(closing)));

        // A repeat finds it recorded, whenever it comes.
        let mut again = wished.clone();
        let applied = again.apply(&Event::CloseWished, "close requested", LATER + HOUR);
        assert_eq!((applied, again), (Applied::Unchanged, wished));
    }
}

#[test]
fn order_without_a_checkout_is_canceled_at_once_and_its_key_opens_nothing() {
    for order in [created(), ended(End::Unknown), ended(End::Refused)] {
        let mut order = wished(order);
        assert_eq!(order.telling(), Some(("order.canceled", LATER)));
        assert_eq!(order.history.last().unwrap().cause, "close requested");
        assert!(order.confirmation.is_owed() && !order.may_open());

        let before = order.clone();
        let claim = || claim("second", END);
        let by = "second".to_owned();
        for (event, expected) in [
            (
                Event::Resumed(claim()),
                Applied::Refused(Refusal::NotResumable),
            ),
            (
                Event::ResumedWithoutEnd(claim()),
                Applied::Refused(Refusal::NotResumable),
            ),
            (Event::TimeUp { by }, Applied::Unchanged),
            (Event::Abandoned, Applied::Unchanged),
        ] {
            let applied = order.apply(&event, "test", END);
            assert_eq!((applied, &order), (expected, &before), "{event:?}");
        }
    }
}

#[test]
fn checkout_that_is_opened_after_the_wish_is_to_be_closed_and_leaves_the_order_canceled() {
    let mut order = wished(created());
    assert!(!order.is_to_close(1, LATER));
    order.apply(&learned(1, opened(1)), "create", LATER);
    assert!(order.is_to_close(1, LATER));
    assert_eq!(order.status, Status::Canceled);
    assert_eq!(shown(&order)["checkoutUrl"], Value::Null);

    for state in [
        State::Untouched,
        State::UnderWay,
        State::Closed,
        State::Expired,
        State::Errored,
    ] {
        let fact = found(1, state);
        order.apply(&learned(1, fact.clone()), "query", END + DAY);
        assert_eq!(order.status, Status::Canceled, "{fact:?}");
    }
    order.apply(&learned(1, paid(1)), "query", LATER);
    assert_eq!((order.status, order.late), (Status::Paid, true));
    let requested_at = Time(LATER).to_string();
    assert_eq!(shown(&order)["closeRequestedAt"], requested_at);
}

#[test]
fn order_that_is_being_closed_ends_as_binance_says() {
    let late = Money {
        paid_at_ms: Some(END + 1),
        ..money(1, FEE)
    };
    for (fact, at_ms, status, is_late) in [
        (found(1, State::Closed), LATER, Status::Canceled, false),
        // Also when the order's time is over.
        (found(1, State::Closed), END + DAY, Status::Canceled, false),
        (closed(None), END + DAY, Status::Canceled, false),
        (closed(Some(END + 1)), END + DAY, Status::Canceled, false),
        (found(1, State::Expired), LATER, Status::Expired, false),
        (found(1, State::Errored), LATER, Status::Failed, false),
        (found(1, State::UnderWay), END + DAY, Status::Pending, false),
        (
            found(1, State::Refunding),
            END + DAY,
            Status::Pending,
            false,
        ),
        (
            found(1, State::Untouched),
            END + MINUTE - 1,
            Status::Pending,
            false,
        ),
        (
            found(1, State::Untouched),
            END + MINUTE,
            Status::Expired,
            false,
        ),
        (Fact::not_found(), END + DAY - 1, Status::Pending, false),
        (Fact::not_found(), END + DAY, Status::Expired, false),
        // The payer was faster.
        (paid(1), END, Status::Paid, false),
        (answer_of(late), END + HOUR, Status::Paid, true),
        (answer_paid(1, "0.5", None), END, Status::Disputed, false),
    ] {
        let mut order = wished(after([opened(1)]));
        order.apply(&learned(1, fact.clone()), "query", at_ms);
        let seen = (order.status, order.late);
        assert_eq!(seen, (status, is_late), "{fact:?} at {at_ms}");
        let requested_at = Time(LATER).to_string();
        assert_eq!(shown(&order)["closeRequestedAt"], requested_at);
    }
}

#[test]
fn payment_after_the_end_of_a_closed_order_is_late() {
    for end in [State::Closed, State::Expired, State::Errored] {
        let mut order = wished(after([opened(1)]));
        order.apply(&learned(1, found(1, end.clone())), "query", LATER);
        order.apply(&learned(1, paid(1)), "query", END);
        assert_eq!((order.status, order.late), (Status::Paid, true), "{end:?}");
        assert_eq!(order.telling(), Some(("order.paid", END)));
    }
}

#[test]
fn failed_order_is_canceled_when_binance_confirms_that_its_checkout_is_closed() {
    for order in [
        after([opened(1), found(1, State::Errored)]),
        failed_before(Some(End::Refused)),
        failed_before(None),
    ] {
        let mut order = wished(order);
        assert!(order.is_to_close(1, LATER) && !order.is_to_close(2, LATER));
        for state in [State::Errored, State::Untouched, State::Expired] {
            let fact = learned(1, found(1, state));
            assert_eq!(order.apply(&fact, "query", LATER), Applied::Unchanged);
        }
        order.apply(&learned(1, found(1, State::Closed)), "query", LATER);
        assert_eq!(order.status, Status::Canceled);
        assert_eq!(order.telling(), Some(("order.canceled", LATER)));
    }
}

#[test]
fn checkout_that_decides_is_the_newest_of_those_that_were_there_when_the_wish_came() {
    let mut order = wished(failed_before(None));
    order.apply(&learned(2, opened(2)), "create", LATER);
    assert!(order.is_to_close(2, LATER));
    for state in [State::Closed, State::Expired] {
        order.apply(&learned(2, found(2, state)), "query", LATER);
        assert_eq!(order.status, Status::Failed);
    }
    let mut paid_order = order.clone();
    paid_order.apply(&learned(2, paid(2)), "query", LATER);
    assert_eq!((paid_order.status, paid_order.late), (Status::Paid, true));

    order.apply(&learned(1, found(1, State::Closed)), "query", LATER);
    assert_eq!(order.status, Status::Canceled);
}

#[test]
fn checkout_whose_number_was_given_up_before_it_opened_can_end_all_the_same() {
    let thawed = |is_resumed: bool| {
        let mut order = ended(End::Unknown);
        if is_resumed {
            let resumed = Event::Resumed(claim("second", LATER + 28_000));
            order.apply(&resumed, "resumed", TOLD);
        }
        order.apply(&learned(1, opened(1)), "create", TOLD);
        order
    };
    for (order, is_wished) in [
        (thawed(false), false),
        (wished(thawed(false)), true),
        (wished(thawed(true)), true),
    ] {
        assert_eq!(order.status, Status::Pending);
        for (state, status) in [
            (State::Closed, Status::Canceled),
            (State::Expired, Status::Expired),
            (State::Errored, Status::Failed),
        ] {
            let mut order = order.clone();
            order.apply(&learned(1, found(1, state.clone())), "query", LATER);
            assert_eq!(order.status, status, "{state:?}, wished: {is_wished}");
        }
    }
}
