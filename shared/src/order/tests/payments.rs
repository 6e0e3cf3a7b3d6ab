//! Which payments count.

use super::*;

#[test]
fn payment_before_the_create_answer_waits_for_the_terms() {
    let mut order = after([paid(1)]);
    assert_eq!(
        (order.status, order.is_unverified()),
        (Status::Created, true)
    );
    assert_eq!(order.ask_at_ms, Some(T0 + 1_000 + MINUTE));

    order.apply(&learned(1, opened(1)), "create", T0 + 2_000);
    assert_eq!(
        (order.status, order.is_unverified(), order.late),
        (Status::Paid, false, false)
    );
}

#[test]
fn payment_whose_create_answer_was_lost_is_settled_by_a_query() {
    let mut order = after([Fact::Lost, paid(1)]);
    assert_eq!(order.status, Status::Created);

    order.apply(&learned(1, Fact::Known(terms(1))), "query", LATER);
    assert_eq!(order.status, Status::Paid);
}

#[test]
fn payment_of_an_older_attempt_makes_the_order_paid_and_late() {
    let mut order = after([Fact::Lost]);
    order.apply(
        &Event::Resumed(claim("second", LATER + 28_000)),
        "resumed",
        LATER,
    );
    order.apply(&learned(2, opened(2)), "create", LATER);
    assert_eq!(order.status, Status::Pending);

    order.apply(&learned(1, Fact::Known(terms(1))), "query", LATER);
    order.apply(&learned(1, paid(1)), "PAY PAY_SUCCESS", LATER);

    assert_eq!(
        (order.status, order.late, order.paid_attempt),
        (Status::Paid, true, Some(1))
    );
    assert_eq!(order.payment(), Some(&order.attempts[0].payments[0]));
}

#[test]
fn payment_after_the_order_was_over_makes_it_paid_and_late() {
    for end in [Fact::Closed, Fact::Expired, Fact::Errored] {
        let order = after([opened(1), end.clone(), paid(1)]);
        assert_eq!((order.status, order.late), (Status::Paid, true), "{end:?}");
    }
}

#[test]
fn payment_must_match_in_prepay_id_amount_and_currency() {
    let Fact::Paid(right) = paid(1) else {
        unreachable!()
    };
    let wrong = [
        Payment {
            prepay_id: "1".to_owned(),
            ..right.clone()
        },
        Payment {
            amount: amount("1.00020003"),
            ..right.clone()
        },
        Payment {
            amount: amount("100020004"),
            ..right.clone()
        },
        Payment {
            currency: "BUSD".parse().unwrap(),
            ..right.clone()
        },
    ];
    for wrong in wrong {
        let order = after([opened(1), Fact::Paid(wrong.clone())]);
        assert_eq!(order.status, Status::Disputed, "{wrong:?}");
        assert_eq!(order.alarms, [Alarm::Disputed]);
    }
    let same_in_other_digits = Payment {
        amount: amount("1.000200040"),
        ..right
    };
    assert_eq!(
        after([opened(1), Fact::Paid(same_in_other_digits)]).status,
        Status::Paid
    );
}

#[test]
fn matching_payment_settles_a_dispute_and_raises_an_alarm() {
    let mut order = after([opened(1), payment(1, "0.5")]);
    let raised = alarmed(&order);
    order.apply(&raised, "alarm", LATER);
    order.apply(&learned(1, paid(1)), "PAY PAY_SUCCESS", LATER);

    assert_eq!(order.status, Status::Paid);
    assert_eq!(order.alarms, [Alarm::SecondPayment]);
}

#[test]
fn second_payment_leaves_the_order_paid_and_raises_an_alarm() {
    let mut order = after([Fact::Lost, Fact::Known(terms(1))]);
    order.apply(
        &Event::Resumed(claim("second", LATER + 28_000)),
        "resumed",
        LATER,
    );
    order.apply(&learned(2, opened(2)), "create", LATER);
    order.apply(&learned(2, paid(2)), "PAY PAY_SUCCESS", LATER);
    assert!(order.alarms.is_empty());
    order.apply(&learned(1, paid(1)), "PAY PAY_SUCCESS", LATER);

    assert_eq!(
        (order.status, order.paid_attempt, order.late),
        (Status::Paid, Some(2), false)
    );
    assert_eq!(order.alarms, [Alarm::SecondPayment]);
    let trade_no = |attempt| format!("{}{attempt}", "a5".repeat(15));
    assert_eq!(order.paid_trade_nos(), [trade_no("01"), trade_no("02")]);
}

#[test]
fn alarm_is_owed_until_it_has_been_raised() {
    let mut order = after([opened(1), payment(1, "0.5")]);
    order.apply(&Event::Confirmed { revision: 1 }, "confirmation", T0);
    assert_eq!(order.due_at_ms(), Some(T0 + 1_000 + 30_000));

    order.apply(&learned(1, payment(1, "0.5")), "PAY PAY_SUCCESS", LATER);
    assert_eq!(order.alarms, [Alarm::Disputed]);
    let raised = alarmed(&order);
    order.apply(&learned(1, payment(1, "0.4")), "PAY PAY_SUCCESS", T0);
    assert_eq!(order.alarms, [Alarm::Disputed, Alarm::SecondPayment]);

    // Whoever raised the first says nothing of the second.
    let applied = order.apply(&raised, "alarm", LATER);
    assert_eq!((applied, order.alarms.len()), (Applied::Unchanged, 2));

    let raised = alarmed(&order);
    order.apply(&learned(1, payment(1, "0.3")), "PAY PAY_SUCCESS", T0);
    assert_eq!(order.apply(&raised, "alarm", LATER), Applied::Unchanged);

    let raised = alarmed(&order);
    order.apply(&raised, "alarm", LATER);
    assert_eq!((order.due_at_ms(), order.alarms.len()), (None, 0));
    assert_eq!(order.apply(&raised, "alarm", LATER), Applied::Unchanged);
}

#[test]
fn refund_of_a_payment_in_dispute_is_told() {
    let order = after([opened(1), payment(1, "0.5"), refunded("0.5")]);

    assert_eq!(order.status, Status::Disputed);
    assert_eq!(order.refunded(), Some(amount("0.5")));
    assert_eq!(order.confirmation.revision, 2);
}

#[test]
fn payment_after_the_checkouts_time_is_late_even_if_nobody_noticed_the_expiry() {
    let Fact::Paid(right) = paid(1) else {
        unreachable!()
    };
    for (paid_at_ms, late) in [(T0 + HOUR, false), (T0 + HOUR + 1, true)] {
        let order = after([
            opened(1),
            Fact::Paid(Payment {
                paid_at_ms,
                ..right.clone()
            }),
        ]);
        assert_eq!((order.status, order.late), (Status::Paid, late));
    }
}

#[test]
fn each_refund_raises_the_revision() {
    let revision = |facts: &[Fact]| {
        after([opened(1), paid(1)].iter().chain(facts).cloned())
            .confirmation
            .revision
    };

    assert_eq!(revision(&[]), 1);
    assert_eq!(revision(&[refunded("0.4")]), 2);
    assert_eq!(revision(&[refunded("0.4"), refunded("0.5")]), 3);
    assert_eq!(
        revision(&[refunded("0.4"), refunded("0.5"), refunded("0.5")]),
        3
    );
    assert_eq!(
        revision(&[refunded("0.4"), refunded("0.5"), refunded("1.00020004")]),
        4
    );
}
