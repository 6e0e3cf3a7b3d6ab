//! What LeadsCalendar is told of a refund, and what it learns by the answer to its request.

use super::*;

/// `event` as an answer to LeadsCalendar's own request, or not.
fn answered(mut event: Event, as_answer: bool) -> Event {
    if let Event::RefundSent { is_answered, .. } | Event::RefundLearned { is_answered, .. } =
        &mut event
    {
        *is_answered = as_answer;
    }
    event
}

/// The order of [`asked_for`], with nothing owed.
fn confirmed(wish: Wanted) -> Order {
    let mut order = asked_for(wish);
    let revision = order.confirmation.revision;
    let event = Event::Confirmed { revision };
    play(&mut order, [event], ASKED);
    assert!(!order.confirmation.is_owed());
    order
}

#[test]
fn failure_is_told_unless_it_was_answered_and_names_the_status_as_it_is() {
    let at_ms = ASKED + HOUR;
    for failure in [
        sent('1', refused("400303")),
        told('1', silent(RefundStatus::Failed)),
        told('1', sums(RefundStatus::Failed, "0.4", "0.4", 9)),
    ] {
        for is_answered in [false, true] {
            let mut order = confirmed(part("0.4"));
            let before = order.clone();
            let failure = answered(failure.clone(), is_answered);
            play(&mut order, [failure.clone()], at_ms);
            assert_eq!(seen(&order, '1').0, RefundStatus::Failed);
            assert_eq!(order.status, Status::Paid);
            assert!(order.confirmation.revision > before.confirmation.revision);
            assert_eq!(order.history, before.history);
            if is_answered {
                assert!(!order.confirmation.is_owed(), "{failure:?}");
                assert_eq!(order.confirmation.told, before.confirmation.told);
            } else {
                assert!(order.confirmation.is_owed(), "{failure:?}");
                assert_eq!(order.telling(), Some(("order.refund_failed", at_ms)));
            }
        }
    }
}

#[test]
fn failure_of_a_disputed_or_partially_refunded_order_is_told_too() {
    let disputed = after([opened(1), answer_paid(1, "0.5", None)]);
    let part_back = after([opened(1), paid(1), refunded("0.5")]);
    for (mut order, status) in [
        (disputed, Status::Disputed),
        (part_back, Status::PartiallyRefunded),
    ] {
        let failure = told('1', silent(RefundStatus::Failed));
        play(&mut order, [wanted('1', all()), failure], ASKED);
        assert_eq!(order.status, status);
        assert_eq!(order.telling(), Some(("order.refund_failed", ASKED)));
    }
}

#[test]
fn success_is_told_also_where_it_was_answered() {
    for (wish, status) in [
        (part("0.4"), Status::PartiallyRefunded),
        (all(), Status::Refunded),
    ] {
        for is_answered in [false, true] {
            let mut order = confirmed(wish.clone());
            let success = told('1', silent(RefundStatus::Succeeded));
            play(&mut order, [answered(success, is_answered)], ASKED);
            assert_eq!(order.status, status);
            assert_eq!(order.telling(), Some(("order.refunded", ASKED)));
            assert!(order.confirmation.is_owed());
        }
    }
}

#[test]
fn recorded_and_accepted_refunds_are_shown_and_not_told() {
    let before = {
        let mut order = paid_order();
        let revision = order.confirmation.revision;
        play(&mut order, [Event::Confirmed { revision }], TOLD);
        order
    };
    let mut order = before.clone();
    play(&mut order, [wanted('1', part("0.4"))], ASKED);
    assert!(order.confirmation.revision > before.confirmation.revision);
    let recorded = order.confirmation.clone();
    let fact = sums(RefundStatus::Pending, "0.4", "0.4", 9);
    play(&mut order, [sent('1', accepted(fact))], ASKED);
    // How Binance stands to it is not shown.
    assert_eq!(order.confirmation, recorded);
    assert!(!order.confirmation.is_owed());
    assert_eq!(order.history, before.history);
}

#[test]
fn part_that_went_back_by_hand_and_a_failure_in_one_answer_are_told_by_the_status() {
    let mut order = confirmed(part("0.4"));
    let by_hand = told('1', sums(RefundStatus::Pending, "0.4", "0.6", 8));
    play(&mut order, [by_hand], ASKED);
    assert_eq!(order.telling(), Some(("order.refunded", ASKED)));
    assert_eq!(shown(&order)["refundedAmount"], "0.2");

    // The failure is the later news.
    let failure = told('1', silent(RefundStatus::Failed));
    play(&mut order, [failure], ASKED + MINUTE);
    assert_eq!(
        order.telling(),
        Some(("order.refund_failed", ASKED + MINUTE))
    );
    assert_eq!(order.status, Status::PartiallyRefunded);
}

#[test]
fn what_is_learned_of_a_refund_that_has_not_failed_is_not_told_as_a_failure() {
    let mut order = asked_for(part("0.4"));
    let before = order.clone();
    let smaller = sums(RefundStatus::Pending, "0.3", "0.3", 5);
    play(&mut order, [told('1', smaller)], ASKED);

    assert_ne!(shown(&order), shown(&before));
    assert_eq!(order.confirmation.told, before.confirmation.told);
}
