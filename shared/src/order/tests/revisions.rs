//! The revision, and what LeadsCalendar is told of a change.

use super::*;

/// Whether the status has a type.
fn kind(status: Status) -> Option<&'static str> {
    match status {
        Status::Created | Status::Pending => None,
        Status::Paid => Some("order.paid"),
        Status::Canceled => Some("order.canceled"),
        Status::Expired => Some("order.expired"),
        Status::Failed => Some("order.failed"),
        Status::Disputed => Some("order.disputed"),
        Status::PartiallyRefunded | Status::Refunded => Some("order.refunded"),
    }
}

/// Holds a change at `at_ms` of an order of which nobody told LeadsCalendar in between against what is documented.
pub(super) fn follow(before: &Order, order: &Order, at_ms: i64, what: &str) {
    let (was, is) = (&before.confirmation, &order.confirmation);
    if shown(before) == shown(order) {
        assert_eq!(is.revision, was.revision, "{what}");
        assert_eq!(is.told, was.told, "{what}");
        return;
    }
    assert_eq!(
        is.revision,
        (was.revision + 1).max(at_ms / 1_000),
        "{what}: {:?}",
        shown(order)
    );
    let money = |order: &Order| {
        let view = shown(order);
        let payments = view["payments"].as_array().unwrap().len();
        (view["refundedAmount"].clone(), payments)
    };
    let is_refusal = order.current().unwrap().end == Some(End::Refused);
    let is_status_told =
        order.status != before.status && !(order.status == Status::Failed && is_refusal);
    let is_told = is_status_told || money(order) != money(before);
    // In these tests one that Binance refused is answered, and has a code; any other is not.
    let failed = |order: &Order| {
        let refunds = order.refunds.iter();
        let failed =
            refunds.filter(|refund| refund.status == RefundStatus::Failed && refund.code.is_none());
        failed.count()
    };
    let is_refund_told = !is_told && failed(order) > failed(before);
    let kind_told = if is_refund_told {
        Some("order.refund_failed")
    } else {
        kind(order.status).filter(|_| is_told)
    };
    if let Some(kind) = kind_told {
        let told = Told {
            revision: is.revision,
            kind: kind.into(),
            at_ms,
        };
        assert_eq!(is.told, Some(told), "{what}");
        assert_eq!(is.confirmed_revision, was.confirmed_revision, "{what}");
        assert_eq!((is.attempts, &is.last_error), (0, &None), "{what}");
        assert_eq!(is.next_attempt_at_ms, Some(at_ms + 30_000), "{what}");
    } else {
        assert_eq!(is.told, was.told, "{what}");
        let is_settled = kind(order.status).is_none() && order.status != before.status;
        if was.is_owed() && !is_settled {
            assert_eq!(is.confirmed_revision, was.confirmed_revision, "{what}");
            assert_eq!(is.next_attempt_at_ms, was.next_attempt_at_ms, "{what}");
            assert_eq!(is.attempts, was.attempts, "{what}");
        } else {
            assert!(!is.is_owed(), "{what}");
            assert_eq!(is.next_attempt_at_ms, None, "{what}");
        }
    }
}

/// A change of the view that is not told: the transaction id of a payment.
fn untold(order: &mut Order, at_ms: i64) {
    let before = order.confirmation.revision;
    order.apply(&learned(1, paid(1)), "query", at_ms);
    assert!(order.confirmation.revision > before);
}

/// Paid, by an answer that names no transaction.
fn paid_without_transaction() -> Order {
    let nameless = Money {
        transaction_id: None,
        ..money(1, FEE)
    };
    after([opened(1), answer_of(nameless)])
}

#[test]
fn revision_is_the_second_of_the_change_or_one_more_than_the_last() {
    let mut order = created();
    assert_eq!(order.confirmation.revision, T0 / 1_000);
    order.apply(&learned(1, opened(1)), "create", T0 + 999);
    assert_eq!(order.confirmation.revision, T0 / 1_000 + 1);
    order.apply(&learned(1, paid(1)), "query", T0 + 999);
    assert_eq!(order.confirmation.revision, T0 / 1_000 + 2);
    order.apply(&learned(1, refunded("0.5")), "refund", T0 + HOUR);
    assert_eq!(order.confirmation.revision, (T0 + HOUR) / 1_000);

    // A clock that was put back.
    order.apply(&learned(1, refunded("0.6")), "refund", T0);
    assert_eq!(order.confirmation.revision, (T0 + HOUR) / 1_000 + 1);
}

#[test]
fn what_is_not_told_counts_as_confirmed_at_once() {
    let order = after([opened(1)]);

    let confirmation = &order.confirmation;
    assert_eq!(confirmation.revision, T0 / 1_000 + 1);
    assert_eq!(confirmation.confirmed_revision, confirmation.revision);
    assert_eq!(confirmation.next_attempt_at_ms, None);
    assert_eq!(order.telling(), None);
}

#[test]
fn untold_change_leaves_the_schedule_and_is_confirmed_with_the_attempt_under_way() {
    let mut order = paid_without_transaction();
    let revision = order.confirmation.revision;
    let next_attempt_at_ms = order.confirmation.next_attempt_at_ms;
    untold(&mut order, LATER);
    assert!(order.confirmation.is_owed());
    assert_eq!(order.confirmation.next_attempt_at_ms, next_attempt_at_ms);

    order.apply(&Event::Confirmed { revision }, "confirmation", LATER);
    assert!(!order.confirmation.is_owed());
    assert_eq!(order.confirmation.next_attempt_at_ms, None);
}

#[test]
fn refused_attempt_before_an_untold_change_is_a_step_of_the_present_revision() {
    let mut order = paid_without_transaction();
    let revision = order.confirmation.revision;
    untold(&mut order, LATER);
    for attempt in [1, 1] {
        let refused = Event::Unconfirmed {
            revision,
            attempt,
            answer: confirmation::answer(),
        };
        order.apply(&refused, "confirmation", LATER);
        assert_eq!(order.confirmation.attempts, 1);
    }
    let wait_ms = order.confirmation.next_attempt_at_ms.unwrap() - LATER;
    assert!((48_000..=72_000).contains(&wait_ms), "{wait_ms}");
}

#[test]
fn attempt_that_told_less_than_the_last_told_change_settles_and_counts_nothing() {
    let mut order = after([opened(1), paid(1)]);
    let revision = order.confirmation.revision;
    order.apply(&learned(1, refunded("0.5")), "refund", LATER);
    let refused = Event::Unconfirmed {
        revision,
        attempt: 1,
        answer: confirmation::answer(),
    };
    assert_eq!(order.apply(&refused, "late", LATER), Applied::Unchanged);

    order.apply(&Event::Confirmed { revision }, "late", LATER);
    assert!(order.confirmation.is_owed());
    assert_eq!(order.confirmation.confirmed_revision, revision);
    assert_eq!(order.confirmation.next_attempt_at_ms, Some(LATER + 30_000));
}

#[test]
fn change_into_created_or_pending_ends_what_was_owed() {
    let mut order = created();
    order.apply(&Event::Abandoned, "abandoned", LATER);
    assert!(order.confirmation.is_owed());
    assert_eq!(order.telling(), Some(("order.failed", LATER)));

    let resumed = Event::Resumed(claim("second", LATER + 28_000));
    order.apply(&resumed, "resumed", LATER);
    assert!(!order.confirmation.is_owed());
    assert_eq!(order.due_at_ms(), Some(LATER + 28_000 + MINUTE));
    assert_eq!(order.telling(), None);
}

#[test]
fn type_and_time_are_those_of_the_last_told_change() {
    let mut order = paid_without_transaction();
    untold(&mut order, LATER);
    assert_eq!(order.telling(), Some(("order.paid", TOLD)));

    order.apply(&learned(1, refunded("0.5")), "refund", LATER);
    assert_eq!(order.telling(), Some(("order.refunded", LATER)));

    // Two refunds are two changes of one status.
    order.apply(&learned(1, refunded("0.6")), "refund", LATER + 1);
    assert_eq!(order.telling(), Some(("order.refunded", LATER + 1)));
}

#[test]
fn refusal_is_not_told_unless_an_operator_asks() {
    let mut order = ended(End::Refused);
    assert!(!order.confirmation.is_owed());
    assert_eq!(order.confirmation.told, None);

    order.apply(&Event::RepeatAsked, "operator", LATER);
    assert_eq!(order.due_at_ms(), Some(LATER));
    assert_eq!(order.telling(), Some(("order.failed", TOLD)));
}
