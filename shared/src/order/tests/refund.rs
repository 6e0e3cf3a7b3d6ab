//! Refunds that were asked for here.

mod ends;
mod found;
mod plan;
mod sent;
mod steps;
mod sums;
mod told;

use super::*;

/// When the refunds of these tests are recorded.
pub(super) const ASKED: i64 = LATER;

/// The refund of this key.
pub(super) fn id(key: char) -> RefundId {
    let digits = key.to_string().repeat(16);
    format!("{}r{digits}", "a5".repeat(15)).parse().unwrap()
}

/// All that is left of the only payment.
pub(super) fn all() -> Wanted {
    Wanted::default()
}

pub(super) fn part(text: &str) -> Wanted {
    Wanted {
        amount: Some(amount(text)),
        ..Wanted::default()
    }
}

pub(super) fn of_payment(attempt: u8, wanted: Wanted) -> Wanted {
    Wanted {
        merchant_trade_no: Some(created().trade_no_of(attempt).to_string()),
        ..wanted
    }
}

pub(super) fn wanted(key: char, wanted: Wanted) -> Event {
    Event::RefundWanted {
        id: id(key),
        wanted,
        by: "test".to_owned(),
    }
}

/// What came of the only sending, of which LeadsCalendar learns by the answer to its request.
pub(super) fn sent(key: char, sent: Sent) -> Event {
    Event::RefundSent {
        id: id(key),
        sent,
        sent_at_ms: ASKED,
        is_only: true,
        is_answered: true,
    }
}

/// What came of a sending after which an earlier one can have arrived.
pub(super) fn sent_again(key: char, sent: Sent) -> Event {
    Event::RefundSent {
        id: id(key),
        sent,
        sent_at_ms: ASKED,
        is_only: false,
        is_answered: false,
    }
}

pub(super) fn refused(code: &str) -> Sent {
    Sent::Refused {
        code: Some(code.to_owned()),
        is_balance_low: code == "400304",
    }
}

/// `reconcile-orders` asked about it.
pub(super) fn told(key: char, fact: RefundFact) -> Event {
    Event::RefundLearned {
        id: id(key),
        fact,
        is_answered: false,
    }
}

/// An answer that names no amount.
pub(super) fn silent(status: RefundStatus) -> RefundFact {
    RefundFact::answered(status, Sums::default())
}

/// An answer that names this refund's amount, that of all refunds with it, and how many more there may be.
pub(super) fn sums(status: RefundStatus, own: &str, total: &str, remaining: u32) -> RefundFact {
    let sums = Sums {
        amount: Some(amount(own)),
        total: Some(amount(total)),
        remaining: Some(remaining),
    };
    RefundFact::answered(status, sums)
}

pub(super) fn accepted(fact: RefundFact) -> Sent {
    Sent::Accepted(fact)
}

/// A notification that agrees: so much went back in all, by this refund, which was of so much.
pub(super) fn refunded_by(key: char, own: &str, total: &str) -> Fact {
    Fact(Known::Refunded {
        total: amount(total),
        by: Some((id(key), amount(own))),
    })
}

pub(super) fn play(order: &mut Order, events: impl IntoIterator<Item = Event>, at_ms: i64) {
    for event in events {
        let applied = order.apply(&event, "test", at_ms);
        assert!(!matches!(applied, Applied::Refused(_)), "{event:?}");
    }
}

/// A paid order.
pub(super) fn paid_order() -> Order {
    after([opened(1), paid(1)])
}

/// A paid order of which `1` asked for so much, which was recorded and nothing more.
pub(super) fn asked_for(wish: Wanted) -> Order {
    let mut order = paid_order();
    play(&mut order, [wanted('1', wish)], ASKED);
    order
}

/// Status, amount and code of the refund of this key.
pub(super) fn seen(order: &Order, key: char) -> (RefundStatus, String, Option<&str>) {
    let refund = order.refund(&id(key)).unwrap();
    let amount = refund.amount.to_string();
    (refund.status, amount, refund.code.as_deref())
}

#[test]
fn that_binance_does_not_know_a_refund_is_a_fact_of_its_own() {
    assert!(RefundFact::not_found().is_not_found());
    for status in [
        RefundStatus::Pending,
        RefundStatus::Succeeded,
        RefundStatus::Failed,
    ] {
        assert!(!silent(status).is_not_found());
    }
}
