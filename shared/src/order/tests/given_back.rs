//! Closes and refunds among anything else, in any order and any repetition.

use proptest::prelude::*;

use super::played::{happenings, play};
use super::refund::{
    accepted, all, id, of_payment, part, refused, sent, sent_again, silent, sums, told, wanted,
};
use super::*;

/// Refunds that are asked for, sent and asked about.
pub(super) fn refund_events() -> Vec<Event> {
    let stati = [
        RefundStatus::Pending,
        RefundStatus::Succeeded,
        RefundStatus::Failed,
    ];
    let mut events = vec![Event::RefundUnanswered];
    for key in ['1', '2', '3'] {
        events.extend([
            wanted(key, all()),
            wanted(key, part("0.4")),
            wanted(key, of_payment(1, all())),
            wanted(key, of_payment(2, part("0.4"))),
            Event::RefundSending { id: id(key) },
            sent(key, Sent::Unknown),
            sent(key, Sent::NotDone),
            sent(key, refused("400304")),
            sent_again(key, refused("400303")),
            sent(key, accepted(sums(RefundStatus::Pending, "0.4", "0.4", 9))),
            sent_again(key, accepted(silent(RefundStatus::Pending))),
            told(key, RefundFact::not_found()),
        ]);
        for status in stati {
            events.push(told(key, silent(status)));
            events.push(told(key, sums(status, "0.4", "0.5", 8)));
        }
    }
    events
}

/// What LeadsCalendar wishes of the order, or does not come back for.
pub(super) fn wishes() -> Vec<Event> {
    let by = "second".to_owned();
    vec![Event::CloseWished, Event::TimeUp { by }]
}

/// A refund as the order knows it.
fn known<'a>(order: &'a Order, of: &Refund) -> &'a Refund {
    order.refund(&of.refund_request_id).unwrap()
}

proptest! {
    #[test]
    fn refund_that_has_ended_ends_no_other_way_but_by_success(happenings in happenings()) {
        play(&happenings, |before, order, _, event| {
            for was in &before.refunds {
                let is = known(order, was);
                match (was.status, is.status) {
                    (RefundStatus::Failed, RefundStatus::Succeeded) => {
                        assert!(order.alarms.contains(&Alarm::RefundContradicted), "{event:?}");
                    }
                    (RefundStatus::Pending, _) => {}
                    (was, is) => assert_eq!(was, is, "{event:?}"),
                }
                assert_eq!((&is.wanted, is.attempt, is.created_at_ms), (&was.wanted, was.attempt, was.created_at_ms));
                assert_eq!(is.ended_at_ms.is_some(), !is.is_undecided());
            }
        });
    }

    #[test]
    fn refund_is_recorded_only_if_all_of_ours_together_are_at_most_the_payment(happenings in happenings()) {
        play(&happenings, |before, order, _, event| {
            if order.refunds.len() == before.refunds.len() {
                return;
            }
            let recorded = order.refunds.last().unwrap();
            let of_payment = order.refunds.iter()
                .filter(|refund| refund.attempt == recorded.attempt && refund.status != RefundStatus::Failed);
            let sum = of_payment.fold(Amount::ZERO, |sum, refund| sum.checked_add(refund.amount).unwrap());
            let payment = order.attempt(recorded.attempt).unwrap().payment.as_ref().unwrap();
            assert!(sum <= payment.amount && !recorded.amount.is_zero(), "{event:?}");
        });
    }

    #[test]
    fn at_most_one_refund_is_undecided_and_it_always_has_a_time(happenings in happenings()) {
        play(&happenings, |_, order, _, event| {
            let undecided = order.refunds.iter().filter(|refund| refund.is_undecided()).count();
            assert!(undecided <= 1, "{event:?}");
            assert_eq!(order.refund_ask_at_ms.is_some(), undecided == 1, "{event:?}");
            assert!(order.due_at_ms().is_some() || undecided == 0, "{event:?}");
        });
    }

    #[test]
    fn what_went_back_is_never_more_than_was_paid_nor_what_is_left(happenings in happenings()) {
        play(&happenings, |_, order, _, event| {
            let paid = order.payments().try_fold(Amount::ZERO, |sum, (_, payment)| sum.checked_add(payment.amount));
            if let (Some(gone), Some(left)) = (order.refunded(), order.refundable()) {
                assert!(gone.checked_add(left) <= paid || order.alarms.contains(&Alarm::Disputed), "{event:?}");
            }
        });
    }

    #[test]
    fn wish_to_close_stays_and_opens_nothing_any_more(happenings in happenings()) {
        play(&happenings, |before, order, _, event| {
            if before.closing.is_some() {
                assert_eq!(order.closing, before.closing);
                assert_eq!(order.attempts.len(), before.attempts.len(), "{event:?}");
                assert!(!order.may_open());
            }
            if before.ended.is_some() {
                assert_eq!(order.ended, before.ended);
            }
            let is_over = |order: &Order| matches!(order.status, Status::Canceled | Status::Expired);
            if before.closing.is_some() || before.ended.is_some() {
                let waits = matches!(order.status, Status::Created | Status::Pending);
                assert!(!(is_over(before) && waits), "{event:?}");
                assert!(order.status != Status::Created, "{event:?}");
            }
        });
    }

    #[test]
    fn money_of_an_order_that_was_over_is_late(happenings in happenings()) {
        play(&happenings, |before, order, _, event| {
            let was_over = matches!(before.status, Status::Canceled | Status::Expired);
            if was_over && order.is_paid() && !before.is_paid() {
                assert!(order.late, "{event:?}");
            }
        });
    }
}
