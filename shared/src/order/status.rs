//! The status as a function of the facts, and when Binance is to be asked about an order in it.

use super::{Attempt, Change, End, Order, Status};
use crate::money::Amount;

const MINUTE_MS: i64 = 60_000;

/// What a transition is measured against.
#[derive(Clone, Copy)]
pub(super) struct Standing {
    pub(super) status: Status,
    refunded: Option<Amount>,
    /// How many payments are reported, of all attempts.
    pub(super) payments: usize,
}

impl Order {
    /// How the order stands now.
    pub(super) fn standing(&self) -> Standing {
        Standing {
            status: self.status,
            refunded: self.refunded(),
            payments: self
                .attempts
                .iter()
                .map(|attempt| attempt.payments.len())
                .sum(),
        }
    }

    /// Derives the status from the facts, and what follows from a change of it, or of the refunded amount, since `before`.
    pub(super) fn derive_status(&mut self, before: Standing, cause: &str, at_ms: i64) {
        let was = before.status;
        if self.paid_attempt.is_none() {
            let settled = self
                .attempts
                .iter()
                .position(|attempt| attempt.settled().is_some());
            self.paid_attempt = settled.and_then(|index| u8::try_from(index + 1).ok());
            self.late = self.paid_attempt.is_some_and(|paid| {
                let is_over = matches!(was, Status::Canceled | Status::Expired | Status::Failed);
                let attempt = self.attempt(paid);
                is_over || paid != self.current_attempt() || attempt.is_some_and(Attempt::is_late)
            });
        }
        self.status = self.status_of_facts();
        let is_refund = self.refunded() != before.refunded;
        if self.status != was || is_refund {
            self.history.push(Change {
                at_ms,
                status: self.status,
                cause: cause.to_owned(),
            });
        }
        if (self.status != was && self.is_news()) || is_refund {
            self.confirmation.raise(at_ms);
        }
    }

    fn status_of_facts(&self) -> Status {
        if let Some(payment) = self.payment() {
            return match self.refunded() {
                Some(refunded) if refunded >= payment.amount => Status::Refunded,
                Some(refunded) if !refunded.is_zero() => Status::PartiallyRefunded,
                Some(_) | None => Status::Paid,
            };
        }
        if self.disputed().is_some() {
            return Status::Disputed;
        }
        let current = self.current();
        match current.and_then(|attempt| attempt.end) {
            Some(End::Closed) => Status::Canceled,
            Some(End::Expired) => Status::Expired,
            Some(End::Refused | End::Error | End::Abandoned) => Status::Failed,
            Some(End::Unknown) | None
                if current.is_some_and(|attempt| attempt.checkout.is_some()) =>
            {
                Status::Pending
            }
            Some(End::Unknown) | None => Status::Created,
        }
    }

    /// Whether LeadsCalendar learns of the status by a confirmation, not by the answer to its own request.
    fn is_news(&self) -> bool {
        match self.status {
            Status::Created | Status::Pending => false,
            Status::Failed => self
                .current()
                .is_some_and(|attempt| attempt.end != Some(End::Refused)),
            Status::Paid
            | Status::Canceled
            | Status::Expired
            | Status::Disputed
            | Status::PartiallyRefunded
            | Status::Refunded => true,
        }
    }

    /// The total that went back to the payer of the payment that counts, or else of the one in dispute.
    #[must_use]
    pub fn refunded(&self) -> Option<Amount> {
        let attempt = match self.paid_attempt {
            Some(paid) => self.attempt(paid),
            None => self.disputed(),
        };
        attempt?.refunded
    }

    /// The first attempt that a payment is reported of which does not match its terms.
    fn disputed(&self) -> Option<&Attempt> {
        let mut attempts = self.attempts.iter();
        attempts.find(|attempt| attempt.mismatch().is_some())
    }

    /// Sets when Binance is to be asked: a `PENDING` order 5 and 20 minutes after its attempt began and one minute after
    /// its expiry, a `CREATED` one after it should have been answered.
    pub(super) fn schedule_ask(&mut self, at_ms: i64) {
        self.ask_at_ms = match self.status {
            _ if self.is_unverified() => Some(at_ms.saturating_add(MINUTE_MS)),
            Status::Created => {
                let answered_by_ms = self
                    .claim
                    .as_ref()
                    .map(|claim| claim.until_ms.saturating_add(MINUTE_MS));
                answered_by_ms
                    .filter(|by_ms| *by_ms > at_ms)
                    .or(Some(at_ms.saturating_add(5 * MINUTE_MS)))
            }
            Status::Pending => {
                let opened_ms = self
                    .current()
                    .map_or(at_ms, |attempt| attempt.started_at_ms);
                let checkout = self.current().and_then(|attempt| attempt.checkout.as_ref());
                let expires_at_ms = checkout.map_or(at_ms, |checkout| checkout.expires_at_ms);
                let asks = [(opened_ms, 5), (opened_ms, 20), (expires_at_ms, 1)]
                    .map(|(from_ms, minutes)| from_ms.saturating_add(minutes * MINUTE_MS));
                asks.into_iter()
                    .filter(|ask_ms| *ask_ms > at_ms)
                    .min()
                    .or(Some(at_ms.saturating_add(5 * MINUTE_MS)))
            }
            Status::Paid
            | Status::Canceled
            | Status::Expired
            | Status::Failed
            | Status::Disputed
            | Status::PartiallyRefunded
            | Status::Refunded => None,
        };
    }
}
