//! How an order ends by us and not by Binance: the time for which LeadsCalendar holds the slot, and its wish to close.

use serde::{Deserialize, Serialize};

use super::event::{Applied, Refusal};
use super::{Attempt, End, Order, Status};

/// How long a slot is held where LeadsCalendar does not say, in seconds: as long as Binance keeps a checkout open.
const HOLD_SECS: u32 = 3_600;

/// With less of the order's time left nothing is opened any more, in milliseconds.
const LEAST_LEFT_MS: i64 = 30_000;

/// How much later than our end Binance's may be without our closing the checkout, in milliseconds.
const LATER_MS: i64 = 60_000;

/// How long after our end we close the checkout, in milliseconds: so that no clock takes an end for a cancel.
pub(super) const AFTER_END_MS: i64 = 5_000;

/// LeadsCalendar's wish that nobody pays the order any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Closing {
    /// When it was recorded.
    pub requested_at_ms: i64,
    /// The newest attempt whose checkout was recorded then, 1–99: how it ends decides. None if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u8>,
}

/// The end of an order for which nobody has the address of a checkout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Ended {
    /// LeadsCalendar wished to close it.
    Canceled,
    /// Its time is over.
    Expired,
}

impl Order {
    /// With the time for which LeadsCalendar holds the slot, in seconds, if it says so: then Binance is asked to end the
    /// checkout with it.
    #[must_use]
    pub fn held_for(mut self, expires_in_secs: Option<u32>) -> Self {
        self.expires_in_secs = expires_in_secs;
        let asked_end_ms = expires_in_secs.map(|_| self.ends_at_ms());
        for attempt in &mut self.attempts {
            attempt.asked_end_ms = asked_end_ms;
        }
        self
    }

    /// The order's own end, whatever attempt is open then.
    #[must_use]
    pub fn ends_at_ms(&self) -> i64 {
        let secs = i64::from(self.expires_in_secs.unwrap_or(HOLD_SECS));
        self.created_at_ms
            .saturating_add(secs.saturating_mul(1_000))
    }

    /// Until when an attempt can be paid in time: the earlier of the order's own end and Binance's.
    pub(super) fn expires_at_ms_of(&self, attempt: &Attempt) -> i64 {
        self.ends_at_ms().min(attempt.expires_at_ms())
    }

    /// Until when the order can be paid in time.
    #[must_use]
    pub fn expires_at_ms(&self) -> i64 {
        let shown = self.attempt(self.shown_attempt());
        let opened = shown.filter(|attempt| attempt.checkout.is_some());
        opened.map_or_else(
            || self.ends_at_ms(),
            |attempt| self.expires_at_ms_of(attempt),
        )
    }

    /// The attempt whose end is the order's: the newest; with a wish to close, the newest that anybody could pay then.
    pub(super) fn deciding_attempt(&self) -> Option<u8> {
        match &self.closing {
            Some(closing) => closing.attempt,
            None => Some(self.current_attempt()),
        }
    }

    /// Whether a new checkout may be opened for the order.
    #[must_use]
    pub fn may_open(&self) -> bool {
        let is_waiting = matches!(self.status, Status::Created | Status::Failed);
        is_waiting && self.closing.is_none()
    }

    /// Whether so little of the order's time is left that nothing is opened any more.
    #[must_use]
    pub fn has_no_time(&self, at_ms: i64) -> bool {
        self.ends_at_ms().saturating_sub(at_ms) < LEAST_LEFT_MS
    }

    /// Whether Binance is to be told to close the checkout of an attempt that nobody has begun to pay.
    #[must_use]
    pub fn is_to_close(&self, number: u8, at_ms: i64) -> bool {
        let is_over = self.closing.is_some() || self.ended.is_some();
        self.attempt(number).is_some_and(|attempt| {
            attempt.checkout.is_some()
                && attempt.payment.is_none()
                && (is_over
                    || self
                        .closes_at_ms(attempt)
                        .is_some_and(|end_ms| end_ms <= at_ms))
        })
    }

    /// When we close an attempt's checkout because Binance keeps it open for longer than the slot is held.
    pub(super) fn closes_at_ms(&self, attempt: &Attempt) -> Option<i64> {
        let ends_at_ms = self.ends_at_ms();
        let is_longer = attempt.expires_at_ms() > ends_at_ms.saturating_add(LATER_MS);
        is_longer.then_some(ends_at_ms.saturating_add(AFTER_END_MS))
    }

    /// LeadsCalendar wishes to close the order. Where nobody was given the address of a checkout it is over at once;
    /// otherwise Binance decides. Over already, or with money under its number, it stays as it is.
    pub(super) fn wish_close(&mut self, at_ms: i64) -> Applied {
        let is_open = match self.status {
            Status::Created | Status::Pending | Status::Failed => self.closing.is_none(),
            Status::Paid
            | Status::Canceled
            | Status::Expired
            | Status::Disputed
            | Status::PartiallyRefunded
            | Status::Refunded => false,
        };
        if !is_open || self.has_unknown_money() {
            return Applied::Unchanged;
        }
        let opened = self.attempts.iter().zip(1_u8..);
        let newest = opened
            .filter(|(attempt, _)| attempt.checkout.is_some())
            .last();
        let attempt = newest.map(|(_, number)| number);
        if attempt.is_none() {
            self.ended = Some(Ended::Canceled);
        }
        self.closing = Some(Closing {
            requested_at_ms: at_ms,
            attempt,
        });
        Applied::Changed
    }

    /// Nothing is opened any more for want of time, so an order without a checkout is over.
    pub(super) fn time_up(&mut self, by: &str, at_ms: i64) -> Applied {
        if !self.may_open() || !self.has_no_time(at_ms) {
            return Applied::Unchanged;
        }
        if self.is_claimed_by_another(by, at_ms) {
            return Applied::Refused(Refusal::InProgress);
        }
        if self.has_unknown_money() {
            return Applied::Refused(Refusal::PaidUnknown);
        }
        self.ended = Some(Ended::Expired);
        self.claim = None;
        Applied::Changed
    }

    /// Nobody knows whose the money under its number is, so that it must not be taken for an order that nobody paid.
    pub(super) fn has_unknown_money(&self) -> bool {
        self.current().and_then(|attempt| attempt.end) == Some(End::PaidUnknown)
    }

    pub(super) fn is_claimed_by_another(&self, by: &str, at_ms: i64) -> bool {
        let held = self.claim.as_ref();
        held.is_some_and(|held| held.by != by && held.until_ms > at_ms)
    }
}
