//! What may be given back.

use super::*;

/// A paid order of which `own` refunds of these amounts were accepted and went back, without a word on what remains.
fn given_back(amounts: &[&str]) -> Order {
    let mut order = paid_order();
    for (key, own) in ('1'..).zip(amounts) {
        let success = silent(RefundStatus::Succeeded);
        let events = [
            wanted(key, part(own)),
            sent(key, accepted(silent(RefundStatus::Pending))),
            told(key, success),
        ];
        play(&mut order, events, ASKED);
    }
    order
}

/// A paid order of which Binance said that it allows so many more refunds, after one of 0.1.
fn with_remaining(remaining: u32) -> Order {
    let mut order = asked_for(part("0.1"));
    let fact = sums(RefundStatus::Succeeded, "0.1", "0.1", remaining);
    play(&mut order, [told('1', fact)], ASKED);
    order
}

fn twice_paid() -> Order {
    let mut order = on_second_attempt();
    for attempt in [2, 1] {
        order.apply(&learned(attempt, paid(attempt)), "query", LATER);
    }
    order
}

#[test]
fn order_without_a_payment_is_not_refunded() {
    for order in [
        created(),
        after([opened(1)]),
        after([opened(1), found(1, State::Closed)]),
        after([opened(1), found(1, State::Expired)]),
        after([opened(1), found(1, State::Errored)]),
        ended(End::Refused),
        ended(End::PaidUnknown),
    ] {
        let refusal = order.refund_of(&all());
        assert_eq!(
            refusal,
            Err(NotRefundable::NotPaid),
            "{status:?}",
            status = order.status
        );
    }
}

#[test]
fn whole_payment_or_a_part_of_it_can_be_refunded_and_no_more() {
    let too_high = |left: &str| Err(NotRefundable::TooHigh { left: amount(left) });
    let part_back = || after([opened(1), paid(1), refunded("0.4")]);
    for (order, wanted, expected) in [
        (paid_order(), all(), Ok((1, amount(FEE)))),
        (paid_order(), part(FEE), Ok((1, amount(FEE)))),
        (paid_order(), part("1"), Ok((1, amount("1")))),
        (
            paid_order(),
            part("0.00000001"),
            Ok((1, amount("0.00000001"))),
        ),
        (paid_order(), part("1.00020005"), too_high(FEE)),
        (paid_order(), part("0"), too_high(FEE)),
        (part_back(), all(), Ok((1, amount("0.60020004")))),
        (part_back(), part("0.6"), Ok((1, amount("0.6")))),
        (part_back(), part("0.60020005"), too_high("0.60020004")),
        (
            after([opened(1), paid(1), refunded(FEE)]),
            all(),
            too_high("0"),
        ),
        (
            after([opened(1), paid(1), refunded(FEE)]),
            part("1"),
            too_high("0"),
        ),
        // In dispute.
        (
            after([opened(1), answer_paid(1, "0.5", None)]),
            all(),
            Ok((1, amount("0.5"))),
        ),
    ] {
        assert_eq!(order.refund_of(&wanted), expected, "{wanted:?}");
    }
}

#[test]
fn after_a_part_of_unknown_size_the_amount_must_be_named() {
    let part_back = Some(Refunded::Part);
    let order = after([opened(1), answer_paid(1, FEE, part_back)]);
    assert_eq!(order.refund_of(&all()), Err(NotRefundable::AmountUnknown));
    assert_eq!(order.refund_of(&part("0.5")), Ok((1, amount("0.5"))));
    let left = amount(FEE);
    let refusal = order.refund_of(&part("1.1"));
    assert_eq!(refusal, Err(NotRefundable::TooHigh { left }));

    // What went back by us is known to be gone.
    let mut order = order;
    let events = [
        wanted('1', part("0.5")),
        sent('1', refused("400303")),
        wanted('2', part("0.6")),
    ];
    play(&mut order, events, ASKED);
    let by_notification = refunded_by('2', "0.6", "0.6");
    order.attempts[0]
        .payment
        .as_mut()
        .unwrap()
        .remaining_refunds = Some(9);
    play(
        &mut order,
        [told('2', silent(RefundStatus::Succeeded))],
        ASKED,
    );
    assert_eq!(order.refund_of(&all()), Err(NotRefundable::AmountUnknown));
    let left = amount("0.40020004");
    let refusal = order.refund_of(&part("0.5"));
    assert_eq!(refusal, Err(NotRefundable::TooHigh { left }));
    play(&mut order, [learned(1, by_notification)], ASKED);
    assert_eq!(order.refund_of(&all()), Ok((1, left)));
}

#[test]
fn payment_must_be_named_where_there_are_several_and_any_can_be_refunded() {
    let order = twice_paid();
    let refusal = order.refund_of(&all());
    assert_eq!(refusal, Err(NotRefundable::SeveralPayments));
    for attempt in [1, 2] {
        let refund = order.refund_of(&of_payment(attempt, all()));
        assert_eq!(refund, Ok((attempt, amount(FEE))));
    }
    for (order, attempt) in [(twice_paid(), 3), (paid_order(), 2), (paid_order(), 99)] {
        let refusal = order.refund_of(&of_payment(attempt, all()));
        assert_eq!(refusal, Err(NotRefundable::NoSuchPayment), "{attempt}");
    }
}

#[test]
fn one_refund_of_an_order_is_under_way_at_a_time_whichever_payment_it_is_of() {
    let mut order = twice_paid();
    play(&mut order, [wanted('1', of_payment(1, all()))], ASKED);
    for attempt in [1, 2] {
        let refusal = order.refund_of(&of_payment(attempt, all()));
        assert_eq!(refusal, Err(NotRefundable::UnderWay));
        let refused = order.apply(&wanted('2', of_payment(attempt, all())), "refund", ASKED);
        let expected = Refusal::NotRefundable(NotRefundable::UnderWay);
        assert_eq!(refused, Applied::Refused(expected));
    }
    play(&mut order, [sent('1', refused("400303"))], ASKED);
    assert!(order.refund_of(&of_payment(1, all())).is_ok());
}

#[test]
fn part_is_refunded_while_binance_allows_more_than_two_refunds() {
    let left = amount("0.90020004");
    for (remaining, of_part, of_all) in [
        (9, Ok((1, amount("0.2"))), Ok((1, left))),
        (3, Ok((1, amount("0.2"))), Ok((1, left))),
        (2, Err(NotRefundable::TakesAll), Ok((1, left))),
        (1, Err(NotRefundable::TakesAll), Ok((1, left))),
        (0, Err(NotRefundable::UsedUp), Err(NotRefundable::UsedUp)),
    ] {
        let order = with_remaining(remaining);
        assert_eq!(order.refund_of(&part("0.2")), of_part, "{remaining}");
        assert_eq!(order.refund_of(&all()), of_all, "{remaining}");
        assert_eq!(order.refund_of(&part("0.90020004")), of_all);
    }
}

#[test]
fn part_is_refunded_first_and_not_again_while_binance_does_not_say_what_remains() {
    let order = given_back(&["0.1"]);
    let refusal = order.refund_of(&part("0.2"));
    assert_eq!(refusal, Err(NotRefundable::TakesAll));
    assert_eq!(order.refund_of(&all()), Ok((1, amount("0.90020004"))));

    // The same if only a notification told that it arrived.
    let mut order = asked_for(part("0.1"));
    let lost = sent('1', Sent::Unknown);
    play(
        &mut order,
        [lost, learned(1, refunded_by('1', "0.1", "0.1"))],
        ASKED,
    );
    let refusal = order.refund_of(&part("0.2"));
    assert_eq!(refusal, Err(NotRefundable::TakesAll));
}

#[test]
fn refund_that_binance_refused_is_none_but_eight_may_have_been_counted() {
    let mut order = paid_order();
    for key in '1'..='8' {
        assert!(order.refund_of(&part("0.2")).is_ok(), "{key}");
        let events = [wanted(key, part("0.2")), sent(key, refused("400303"))];
        play(&mut order, events, ASKED);
    }
    let refusal = order.refund_of(&part("0.2"));
    assert_eq!(refusal, Err(NotRefundable::TakesAll));
    assert_eq!(order.refund_of(&all()), Ok((1, amount(FEE))));
}

#[test]
fn recorded_refund_is_what_was_asked_for_and_is_recorded_once() {
    let reason = Some("slot is gone".to_owned());
    let wish = Wanted {
        reason: reason.clone(),
        ..part("0.4000")
    };
    let order = asked_for(wish.clone());
    let expected = serde_json::json!([{
        "refundRequestId": id('1').as_str(), "merchantTradeNo": created().trade_no().to_string(), "status": "PENDING",
        "amount": "0.4", "currency": "USDT", "reason": "slot is gone", "code": null,
        "createdAt": "2025-11-22T09:02:00.000Z", "endedAt": null,
    }]);
    assert_eq!(shown(&order)["refunds"], expected);
    assert!(order.refunds[0].may_have_arrived && !order.refunds[0].is_accepted);

    for other in [wish, all()] {
        let mut again = order.clone();
        let applied = again.apply(&wanted('1', other), "refund", LATER + HOUR);
        assert_eq!((applied, &again), (Applied::Unchanged, &order));
    }
}

#[test]
fn refund_that_is_not_possible_leaves_no_trace() {
    for (order, wish, reason) in [
        (created(), all(), NotRefundable::NotPaid),
        (twice_paid(), all(), NotRefundable::SeveralPayments),
        (
            paid_order(),
            of_payment(2, all()),
            NotRefundable::NoSuchPayment,
        ),
        (
            paid_order(),
            part("2"),
            NotRefundable::TooHigh { left: amount(FEE) },
        ),
        (with_remaining(1), part("0.2"), NotRefundable::TakesAll),
        (with_remaining(0), all(), NotRefundable::UsedUp),
    ] {
        let mut after = order.clone();
        let applied = after.apply(&wanted('7', wish), "refund", ASKED);
        let expected = Applied::Refused(Refusal::NotRefundable(reason));
        assert_eq!((applied, after), (expected, order));
    }
}

#[test]
fn two_invocations_at_the_same_moment_record_refunds_that_differ() {
    let record = |by: &str| {
        let mut order = paid_order();
        let event = Event::RefundWanted {
            id: id('1'),
            wanted: Wanted::default(),
            by: by.to_owned(),
        };
        play(&mut order, [event], ASKED);
        order
    };

    // Else both would take what is in the table for their own, and both would send it.
    assert_ne!(record("one"), record("the other"));
}

#[test]
fn how_many_refunds_remain_is_known_also_after_another_payment_was_told() {
    let mut order = twice_paid();
    let events = [
        wanted('1', of_payment(1, part("0.1"))),
        sent('1', accepted(silent(RefundStatus::Pending))),
        told('1', sums(RefundStatus::Succeeded, "0.1", "0.1", 2)),
    ];
    play(&mut order, events, ASKED);
    order.apply(&learned(1, answer_paid(1, "3", None)), "query", LATER);

    let payment = order
        .attempt(1)
        .and_then(|attempt| attempt.payment.as_ref());
    let remaining = payment.map(|payment| (payment.amount, payment.remaining_refunds));
    assert_eq!(remaining, Some((amount("3"), Some(2))));
}
