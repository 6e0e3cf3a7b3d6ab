//! How a refund ends, and who says so.

use super::super::hints::hint;
use super::*;

/// A notification that so much went back in all, by a refund of so much.
fn says(prepay_id: &str, total: &str, by: Option<(RefundId, Amount)>) -> Says {
    Says::Refunded {
        prepay_id: Some(prepay_id.to_owned()),
        total: amount(total),
        currency: "USDT".parse().unwrap(),
        by,
    }
}

/// The order after the notification, if it was believed.
fn notified(mut order: Order, hint: &Hint) -> Option<Order> {
    let Checked::Agrees(fact) = hint.check(&order) else {
        return None;
    };
    let attempt = hint.trade_no().attempt;
    order.apply(&learned(attempt, fact), "notification", ASKED + MINUTE);
    Some(order)
}

#[test]
fn refund_succeeds_and_fails_by_binances_answer_to_a_question() {
    for (status, order_status) in [
        (RefundStatus::Succeeded, Status::PartiallyRefunded),
        (RefundStatus::Failed, Status::Paid),
    ] {
        for fact in [silent(status), sums(status, "0.4", "0.4", 9)] {
            let mut order = asked_for(part("0.4"));
            play(&mut order, [told('1', fact.clone())], ASKED + MINUTE);
            assert_eq!(seen(&order, '1'), (status, "0.4".to_owned(), None));
            let refund = order.refund(&id('1')).unwrap();
            assert_eq!(refund.ended_at_ms, Some(ASKED + MINUTE));
            assert_eq!((order.status, order.refund_ask_at_ms), (order_status, None));
            assert!(order.alarms.is_empty() && order.undecided_refund().is_none());

            let mut again = order.clone();
            let applied = again.apply(&told('1', fact.clone()), "query", ASKED + HOUR);
            assert_eq!((applied, again), (Applied::Unchanged, order), "{fact:?}");
        }
    }
}

#[test]
fn refund_succeeds_by_a_notification_of_our_prepay_id_its_id_and_its_amount() {
    let ours = &terms(1).prepay_id;
    let by = |key, own: &str| Some((id(key), amount(own)));
    for (says, succeeds) in [
        (says(ours, "0.4", by('1', "0.4")), true),
        (says(ours, "0.7", by('1', "0.40000000")), true),
        (says(ours, "0.4", by('1', "0.3")), false),
        (says(ours, "0.4", by('2', "0.4")), false),
        (says(ours, "0.4", None), false),
        // Not even what it names went back.
        (says(ours, "0.3", by('1', "0.4")), false),
        (says(ours, "0", by('1', "0.4")), false),
    ] {
        let order = notified(asked_for(part("0.4")), &hint(1, says.clone())).unwrap();
        let expected = if succeeds {
            RefundStatus::Succeeded
        } else {
            RefundStatus::Pending
        };
        assert_eq!(seen(&order, '1').0, expected, "{says:?}");
        assert_eq!(order.refund_ask_at_ms.is_some(), !succeeds);
        assert!(order.alarms.is_empty());
    }
    // Of another checkout nothing is believed.
    let other = hint(1, says("1", "0.4", by('1', "0.4")));
    assert_eq!(notified(asked_for(part("0.4")), &other), None);
}

#[test]
fn notification_of_another_payments_refund_is_not_taken_for_this_one() {
    let mut order = on_second_attempt();
    for attempt in [2, 1] {
        order.apply(&learned(attempt, paid(attempt)), "query", LATER);
    }
    play(&mut order, [wanted('1', of_payment(1, part("0.4")))], ASKED);
    let says = says(&terms(2).prepay_id, "0.4", Some((id('1'), amount("0.4"))));
    let order = notified(order, &hint(2, says)).unwrap();
    assert_eq!(seen(&order, '1').0, RefundStatus::Pending);
}

#[test]
fn success_after_failure_counts_and_raises_an_alarm() {
    let failures = [
        sent('1', refused("400303")),
        told('1', silent(RefundStatus::Failed)),
    ];
    let successes = [
        told('1', silent(RefundStatus::Succeeded)),
        told('1', sums(RefundStatus::Succeeded, "0.4", "0.4", 9)),
        learned(1, refunded_by('1', "0.4", "0.4")),
    ];
    for failure in &failures {
        for success in &successes {
            let mut order = asked_for(part("0.4"));
            play(&mut order, [failure.clone()], ASKED);
            play(&mut order, [success.clone()], ASKED + HOUR);
            let expected = (RefundStatus::Succeeded, "0.4".to_owned(), None);
            assert_eq!(seen(&order, '1'), expected, "{success:?}");
            assert_eq!(order.alarms, [Alarm::RefundContradicted]);
            assert_eq!(order.telling(), Some(("order.refunded", ASKED + HOUR)));
        }
    }
    // And so does the amount.
    let mut order = asked_for(part("0.4"));
    play(&mut order, [failures[1].clone()], ASKED);
    let success = told('1', sums(RefundStatus::Succeeded, FEE, FEE, 0));
    play(&mut order, [success], ASKED);
    assert_eq!(seen(&order, '1').1, FEE);
    assert_eq!(
        order.alarms,
        [Alarm::RefundAmount, Alarm::RefundContradicted]
    );
}

#[test]
fn failure_after_success_raises_an_alarm_and_changes_nothing_else() {
    let mut order = asked_for(part("0.4"));
    play(
        &mut order,
        [told('1', silent(RefundStatus::Succeeded))],
        ASKED,
    );
    let before = got(&order);
    play(
        &mut order,
        [told('1', silent(RefundStatus::Failed))],
        ASKED + HOUR,
    );
    assert_eq!(
        (got(&order), order.alarms),
        (before, vec![Alarm::RefundContradicted])
    );

    for fact in [silent(RefundStatus::Pending), RefundFact::not_found()] {
        let mut order = asked_for(part("0.4"));
        play(
            &mut order,
            [told('1', silent(RefundStatus::Succeeded))],
            ASKED,
        );
        let before = order.clone();
        play(&mut order, [told('1', fact)], ASKED + HOUR);
        assert_eq!(order, before);
    }
}

#[test]
fn what_remains_is_learned_from_a_refund_that_has_ended_too() {
    for (status, is_change) in [
        (RefundStatus::Succeeded, true),
        (RefundStatus::Pending, true),
    ] {
        let mut order = asked_for(part("0.4"));
        play(
            &mut order,
            [learned(1, refunded_by('1', "0.4", "0.4"))],
            ASKED,
        );
        let fact = sums(status, "0.4", "0.4", 9);
        let applied = order.apply(&told('1', fact), "query", ASKED + MINUTE);
        assert_eq!(applied == Applied::Changed, is_change, "{status:?}");
        let payment = order.attempts[0].payment.as_ref().unwrap();
        assert_eq!(payment.remaining_refunds, Some(9));
    }
}

#[test]
fn refund_that_binance_does_not_know_fails_a_day_after_the_last_sending_if_none_was_accepted() {
    let not_found = || told('1', RefundFact::not_found());
    let mut order = asked_for(part("0.4"));
    let sent_ms = ASKED + 20 * MINUTE;
    play(&mut order, [Event::RefundSending { id: id('1') }], sent_ms);
    play(&mut order, [not_found()], sent_ms + DAY - 1);
    assert_eq!(seen(&order, '1').0, RefundStatus::Pending);
    play(&mut order, [not_found()], sent_ms + DAY);
    assert_eq!(
        seen(&order, '1'),
        (RefundStatus::Failed, "0.4".to_owned(), None)
    );
    assert_eq!(
        order.telling(),
        Some(("order.refund_failed", sent_ms + DAY))
    );

    let mut order = asked_for(part("0.4"));
    let success = accepted(silent(RefundStatus::Pending));
    play(&mut order, [sent('1', success)], ASKED);
    play(&mut order, [not_found()], ASKED + MINUTE - 1);
    assert_eq!(order.alarms, []);
    play(&mut order, [not_found()], ASKED + 9 * DAY);
    assert_eq!(seen(&order, '1').0, RefundStatus::Pending);
    assert!(order.alarms.contains(&Alarm::RefundContradicted));
    assert!(order.refund_ask_at_ms.is_some());
}

#[test]
fn refund_that_binance_does_not_know_is_sent_again_for_an_hour() {
    let order = asked_for(part("0.4"));
    assert!(order.is_refund_to_send(ASKED + HOUR - 1));
    assert!(!order.is_refund_to_send(ASKED + HOUR));
    assert!(!paid_order().is_refund_to_send(ASKED));
}
