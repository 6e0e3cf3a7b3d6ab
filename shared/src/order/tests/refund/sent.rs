//! What the end of a sending says of a refund.

use super::*;

/// After the first sending was lost, and it was sent again.
fn sent_twice() -> Order {
    let mut order = asked_for(part("0.4"));
    let sending = Event::RefundSending { id: id('1') };
    play(
        &mut order,
        [sent('1', Sent::Unknown), sending],
        ASKED + MINUTE,
    );
    order
}

#[test]
fn refund_that_binance_accepted_is_pending_and_nothing_went_back() {
    let mut order = asked_for(part("0.4"));
    let before = order.confirmation.told.clone();
    let fact = sums(RefundStatus::Pending, "0.4", "0.4", 9);
    play(&mut order, [sent('1', accepted(fact))], ASKED);

    let refund = order.refund(&id('1')).unwrap();
    assert_eq!(
        (refund.status, refund.is_accepted),
        (RefundStatus::Pending, true)
    );
    let payment = order.attempts[0].payment.as_ref().unwrap();
    assert_eq!(
        (payment.refunded, payment.remaining_refunds),
        (None, Some(9))
    );
    assert_eq!(
        (order.status, &order.confirmation.told),
        (Status::Paid, &before)
    );
    assert!(!order.is_refund_to_send(ASKED));
}

#[test]
fn refusal_of_the_only_sending_is_final_and_has_its_code() {
    for (answer, code, is_low) in [
        (refused("400303"), Some("400303"), false),
        (refused("400304"), Some("400304"), true),
        (
            Sent::Refused {
                code: None,
                is_balance_low: false,
            },
            None,
            false,
        ),
    ] {
        let mut order = asked_for(part("0.4"));
        play(&mut order, [sent('1', answer.clone())], ASKED);
        assert_eq!(
            seen(&order, '1'),
            (RefundStatus::Failed, "0.4".to_owned(), code)
        );
        let refund = order.refund(&id('1')).unwrap();
        assert_eq!(
            (refund.is_balance_low, refund.ended_at_ms),
            (is_low, Some(ASKED))
        );
        let alarms: &[Alarm] = if is_low { &[Alarm::RefundBalance] } else { &[] };
        assert_eq!(
            (order.alarms.as_slice(), order.refund_ask_at_ms),
            (alarms, None)
        );

        let mut again = order.clone();
        let applied = again.apply(&sent('1', answer), "refund", LATER + HOUR);
        assert_eq!((applied, again), (Applied::Unchanged, order));
    }
}

#[test]
fn refusal_after_a_sending_that_may_have_arrived_decides_nothing() {
    for code in ["400303", "400304"] {
        let mut order = sent_twice();
        let before = order.clone();
        play(&mut order, [sent_again('1', refused(code))], ASKED + MINUTE);
        assert_eq!(order, before);
    }
    // Nor does one of what Binance has accepted, whoever sent it.
    let mut order = asked_for(part("0.4"));
    let success = accepted(silent(RefundStatus::Pending));
    play(&mut order, [sent_again('1', success)], ASKED);
    let before = order.clone();
    for late in [refused("400303"), Sent::NotDone] {
        play(&mut order, [sent('1', late)], ASKED + MINUTE);
        assert_eq!(order, before);
    }
}

#[test]
fn sending_that_was_not_done_leaves_the_next_one_the_first() {
    let mut order = asked_for(part("0.4"));
    play(&mut order, [sent('1', Sent::NotDone)], ASKED);
    assert!(!order.refunds[0].may_have_arrived);
    assert_eq!(order.refunds[0].status, RefundStatus::Pending);
    assert!(order.is_refund_to_send(ASKED));

    // It is about to be sent: who dies now may have sent it.
    let sending = Event::RefundSending { id: id('1') };
    play(&mut order, [sending], ASKED + MINUTE);
    assert!(order.refunds[0].may_have_arrived);
    assert_eq!(order.refunds[0].sent_at_ms, ASKED + MINUTE);

    // One that followed another says nothing of that other.
    let mut order = sent_twice();
    play(&mut order, [sent_again('1', Sent::NotDone)], ASKED + MINUTE);
    assert!(order.refunds[0].may_have_arrived);
}

#[test]
fn lost_answer_leaves_the_refund_undecided() {
    let mut order = asked_for(part("0.4"));
    let before = order.clone();
    play(&mut order, [sent('1', Sent::Unknown)], ASKED);
    assert_eq!(order, before);
    assert!(order.is_refund_to_send(ASKED));
}

#[test]
fn amount_is_what_binance_answers_and_another_than_asked_for_raises_an_alarm() {
    for (own, expected, alarms) in [
        ("0.4", "0.4", vec![]),
        ("0.40000000", "0.4", vec![]),
        (FEE, FEE, vec![Alarm::RefundAmount]),
        ("0.3", "0.3", vec![Alarm::RefundAmount]),
    ] {
        for status in [RefundStatus::Pending, RefundStatus::Succeeded] {
            let mut order = asked_for(part("0.4"));
            let fact = sums(status, own, own, 8);
            play(&mut order, [told('1', fact.clone())], ASKED);
            assert_eq!(seen(&order, '1'), (status, expected.to_owned(), None));
            assert_eq!(order.alarms, alarms, "{own}");

            let raised = order.alarm_at_ms;
            play(&mut order, [told('1', fact)], ASKED + MINUTE);
            assert_eq!(order.alarm_at_ms, raised, "once");
        }
    }
}

#[test]
fn end_of_a_sending_of_a_refund_that_was_never_recorded_says_nothing() {
    let order = asked_for(part("0.4"));
    for event in [
        sent('2', refused("400304")),
        sent('2', accepted(silent(RefundStatus::Pending))),
        told('2', silent(RefundStatus::Succeeded)),
        told('2', RefundFact::not_found()),
        Event::RefundSending { id: id('2') },
        learned(1, refunded_by('2', "0.4", "0")),
    ] {
        let mut after = order.clone();
        let applied = after.apply(&event, "test", ASKED);
        assert_eq!((applied, &after), (Applied::Unchanged, &order), "{event:?}");
    }
}

#[test]
fn refund_that_has_ended_or_was_accepted_is_not_sent_again() {
    for fact in [
        silent(RefundStatus::Pending),
        silent(RefundStatus::Succeeded),
        silent(RefundStatus::Failed),
    ] {
        let mut order = asked_for(part("0.4"));
        play(&mut order, [told('1', fact.clone())], ASKED);
        assert!(!order.is_refund_to_send(ASKED));
        let before = order.clone();
        play(&mut order, [Event::RefundSending { id: id('1') }], ASKED);
        assert_eq!(order, before, "{fact:?}");
    }
}

#[test]
fn refusal_of_a_sending_is_not_final_if_another_one_was_begun_meanwhile() {
    // By whose clock it may be at the same moment, or before.
    for began_ms in [ASKED + MINUTE, ASKED, ASKED - 1] {
        let mut order = asked_for(part("0.4"));
        let again = Event::RefundSending { id: id('1') };
        order.apply(&again, "refund", began_ms);

        play(&mut order, [sent('1', refused("400303"))], ASKED + MINUTE);

        assert_eq!(order.refunds[0].status, RefundStatus::Pending, "{began_ms}");
    }
}
