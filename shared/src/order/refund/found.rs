//! A refund that Binance knows by the name of its key, and the table does not: it was restored to a moment before.

use super::{Refund, RefundFact, RefundKnown, Wanted};
use crate::order::event::Applied;
use crate::order::payment::Refunded;
use crate::order::{Order, RefundId};

impl Order {
    /// Whether more of an attempt's payment went back than by the refunds that are recorded.
    #[must_use]
    pub fn has_unrecorded_refund(&self, attempt: u8) -> bool {
        let payment = self.attempt(attempt);
        let payment = payment.and_then(|attempt| attempt.payment.as_ref());
        match payment.and_then(|payment| payment.refunded) {
            None => false,
            Some(Refunded::Part) => true,
            Some(Refunded::Total(total)) => total > self.given_back(attempt),
        }
    }

    /// Binance knows a refund that is asked for, and that is not recorded; without an amount nothing is known of it.
    pub(in crate::order) fn find_refund(
        &mut self,
        (id, attempt): (&RefundId, u8),
        wanted: &Wanted,
        fact: &RefundFact,
        at_ms: i64,
    ) -> Applied {
        let payment = self.attempt(attempt);
        let payment = payment.and_then(|attempt| attempt.payment.as_ref());
        let amount = match &fact.0 {
            RefundKnown::Answered { sums, .. } => sums.amount,
            RefundKnown::NotFound => None,
        };
        let (Some(payment), Some(amount), None) = (payment, amount, self.refund(id)) else {
            return Applied::Unchanged;
        };
        let part = (attempt, amount, payment.currency.clone());
        self.refunds.push(Refund::recorded(id, wanted, part, at_ms));
        self.schedule_refund();
        self.learn_refund(id, fact, at_ms);
        Applied::Changed
    }
}
