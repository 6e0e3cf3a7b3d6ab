//! The status as a function of the facts, what LeadsCalendar is told of a change, and the sums of money.

use super::payment::Payment;
use super::{Change, End, Ended, Event, Order, RefundStatus, Status};
use crate::money::Amount;

/// What a transition is measured against.
#[derive(Clone, Copy)]
pub(super) struct Standing {
    pub(super) status: Status,
    refunded: Option<Amount>,
    /// How many payments are known, of all attempts.
    pub(super) payments: usize,
}

/// How LeadsCalendar hears of a change.
#[derive(Clone, Copy)]
pub(super) enum Telling {
    /// By a confirmation of this type.
    Told(&'static str),
    /// By whatever comes next.
    Untold,
    /// By nothing: what was owed is no longer true.
    Settled,
}

impl Order {
    /// How the order stands now.
    pub(super) fn standing(&self) -> Standing {
        Standing {
            status: self.status,
            refunded: self.refunded(),
            payments: self.payments().count(),
        }
    }

    /// Derives the status from the facts; the change since `before`, as LeadsCalendar hears of it.
    pub(super) fn derive_status(&mut self, before: Standing, cause: &str, at_ms: i64) -> Telling {
        let was = before.status;
        if self.paid_attempt.is_none() {
            let settled = self
                .attempts
                .iter()
                .position(|attempt| attempt.settled().is_some());
            self.paid_attempt = settled.and_then(|index| u8::try_from(index + 1).ok());
            self.late = self.paid_attempt.is_some_and(|paid| {
                let attempt = self.attempt(paid);
                Some(paid) != self.deciding_attempt()
                    || self.ended.is_some()
                    || attempt
                        .is_some_and(|attempt| attempt.is_late(self.expires_at_ms_of(attempt)))
            });
        }
        self.status = self.status_of_facts();
        let now = self.standing();
        let is_money = now.refunded != before.refunded || now.payments != before.payments;
        if self.status != was || is_money {
            self.history.push(Change {
                at_ms,
                status: self.status,
                cause: cause.to_owned(),
            });
        }
        if self.status != was {
            self.begin_steps(at_ms);
        }
        match self.status_type() {
            None if self.status != was => Telling::Settled,
            Some(kind) if is_money || (self.status != was && !self.is_answered()) => {
                Telling::Told(kind)
            }
            Some(_) | None => Telling::Untold,
        }
    }

    fn status_of_facts(&self) -> Status {
        if self.payments().next().is_some() {
            let is_gone = self.payments().all(|(_, payment)| payment.is_gone());
            let is_part = self
                .payments()
                .any(|(_, payment)| payment.refunded.is_some());
            let is_settled = self.paid_attempt.is_some();
            // A payment without terms to be measured by is none yet.
            if is_settled
                || self
                    .attempts
                    .iter()
                    .any(|attempt| attempt.mismatch().is_some())
            {
                return match (is_gone, is_settled, is_part) {
                    (true, ..) => Status::Refunded,
                    (false, true, true) => Status::PartiallyRefunded,
                    (false, true, false) => Status::Paid,
                    (false, false, _) => Status::Disputed,
                };
            }
        }
        match self.ended {
            Some(Ended::Canceled) => return Status::Canceled,
            Some(Ended::Expired) => return Status::Expired,
            None => {}
        }
        let current = self
            .deciding_attempt()
            .and_then(|number| self.attempt(number));
        match current.and_then(|attempt| attempt.end) {
            Some(End::Closed) => Status::Canceled,
            Some(End::Expired) => Status::Expired,
            Some(End::Refused | End::Error | End::Abandoned | End::PaidUnknown) => Status::Failed,
            Some(End::Unknown) | None
                if current.is_some_and(|attempt| attempt.checkout.is_some()) =>
            {
                Status::Pending
            }
            Some(End::Unknown) | None => Status::Created,
        }
    }

    /// A refund that had been answered `PENDING` ended without success, of which nothing else tells.
    pub(super) fn tell_refund_failed(
        &self,
        before: &Self,
        event: &Event,
        telling: Telling,
    ) -> Telling {
        let is_unanswered = matches!(
            event,
            Event::RefundSent {
                is_answered: false,
                ..
            } | Event::RefundLearned {
                is_answered: false,
                ..
            }
        );
        let failed = |order: &Self| {
            let refunds = order.refunds.iter();
            refunds
                .filter(|refund| refund.status == RefundStatus::Failed)
                .count()
        };
        match telling {
            Telling::Untold if is_unanswered && failed(self) > failed(before) => {
                Telling::Told("order.refund_failed")
            }
            Telling::Told(_) | Telling::Untold | Telling::Settled => telling,
        }
    }

    /// Whether LeadsCalendar learns of the status by the answer to its own request: a refusal by Binance.
    fn is_answered(&self) -> bool {
        let end = self.current().and_then(|attempt| attempt.end);
        self.status == Status::Failed && end == Some(End::Refused)
    }

    /// The `type` of the confirmation that tells the status; none while the order waits for its payer.
    pub(super) fn status_type(&self) -> Option<&'static str> {
        match self.status {
            Status::Created | Status::Pending => None,
            Status::Paid => Some("order.paid"),
            Status::Canceled => Some("order.canceled"),
            Status::Expired => Some("order.expired"),
            Status::Failed => Some("order.failed"),
            Status::Disputed => Some("order.disputed"),
            Status::PartiallyRefunded | Status::Refunded => Some("order.refunded"),
        }
    }

    /// Every payment that Binance confirmed, with the number of its attempt.
    pub(super) fn payments(&self) -> impl Iterator<Item = (u8, &Payment)> {
        let attempts = self.attempts.iter().zip(1_u8..);
        attempts.filter_map(|(attempt, number)| Some((number, attempt.payment.as_ref()?)))
    }

    /// What at least went back of all payments; none if a part did of which Binance does not tell how much, or if a payment
    /// is in another currency than the order.
    #[must_use]
    pub fn refunded(&self) -> Option<Amount> {
        self.sum(|_, payment| payment.refunded_amount())
    }

    /// What is left of all payments, less what is on its way back; none where that is unknown.
    #[must_use]
    pub fn refundable(&self) -> Option<Amount> {
        let undecided = self.undecided_refund();
        self.sum(|number, payment| {
            let left = payment.less(payment.refunded_amount()?);
            let on_its_way = undecided.filter(|refund| refund.attempt == number);
            // It may be counted among what went back already.
            Some(on_its_way.map_or(left, |refund| {
                left.checked_sub(refund.amount).unwrap_or(Amount::ZERO)
            }))
        })
    }

    fn sum(&self, part: impl Fn(u8, &Payment) -> Option<Amount>) -> Option<Amount> {
        let shown = self.attempt(self.shown_attempt());
        let terms = shown.and_then(|attempt| attempt.terms.as_ref());
        let mut sum = Amount::ZERO;
        for (number, payment) in self.payments() {
            if terms.is_none_or(|terms| terms.currency != payment.currency) {
                return None;
            }
            sum = sum.checked_add(part(number, payment)?)?;
        }
        Some(sum)
    }
}
