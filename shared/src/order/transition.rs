//! The one way an order changes: `apply` takes an event, the time, and what caused it.

use super::event::{Applied, Event, Fact, Refusal};
use super::{Attempt, Claim, End, Order, Status};

/// The number of attempts that two digits can name.
pub const MAX_ATTEMPTS: u8 = 99;

impl Order {
    /// Applies `event` at `at_ms`; `cause` goes into the history with a change of status or a refund.
    pub fn apply(&mut self, event: &Event, cause: &str, at_ms: i64) -> Applied {
        let before = self.standing();
        let applied = match event {
            Event::Learned { attempt, fact } => self.learn(*attempt, fact),
            Event::Resumed(claim) => self.resume(claim, at_ms),
            Event::Released { by } => changed(self.claim.take_if(|held| held.by == *by).is_some()),
            Event::Asked => Applied::Changed,
            Event::Abandoned => self.abandon(at_ms),
            Event::Claimed { until_ms } => return self.take_on(*until_ms, at_ms),
            Event::Confirmed { revision } => return changed(self.confirmation.accepted(*revision)),
            Event::Unconfirmed {
                revision,
                attempt,
                answer,
            } => return self.not_confirmed(*revision, *attempt, answer, at_ms),
            Event::RepeatAsked => {
                let is_telling = self.confirmation_type().is_some();
                return changed(is_telling && self.confirmation.repeat(at_ms));
            }
            Event::Alarmed { due_at_ms } => return self.alarmed(*due_at_ms),
        };
        if applied == Applied::Changed {
            self.derive_status(before, cause, at_ms);
            self.owe_alarms(before, at_ms);
            self.schedule_ask(at_ms);
        }
        applied
    }

    /// Money is reported that only Binance's answer to a query can confirm.
    #[must_use]
    pub fn is_unverified(&self) -> bool {
        self.paid_attempt.is_none() && self.attempts.iter().any(Attempt::is_unverified)
    }

    fn learn(&mut self, number: u8, fact: &Fact) -> Applied {
        let is_current = number == self.current_attempt();
        let is_open = is_current && self.paid_attempt.is_none();
        let index = usize::from(number).checked_sub(1);
        let Some(attempt) = index.and_then(|index| self.attempts.get_mut(index)) else {
            return Applied::Refused(Refusal::NoSuchAttempt);
        };
        let is_unanswered = is_current && attempt.checkout.is_none() && attempt.end.is_none();
        let is_offered = is_open
            && attempt.checkout.is_some()
            && attempt.end.is_none()
            && attempt.payments.is_empty();

        match fact {
            Fact::Opened { terms, checkout } => {
                if attempt.checkout.is_some() {
                    return Applied::Unchanged;
                }
                attempt.terms.get_or_insert_with(|| terms.clone());
                attempt.checkout = Some(checkout.clone());
                if is_current {
                    self.claim = None;
                }
                Applied::Changed
            }
            Fact::Refused if is_unanswered => self.end_current(End::Refused),
            Fact::Lost if is_unanswered => self.end_current(End::Unknown),
            Fact::Known(terms) if attempt.terms.is_none() => {
                attempt.terms = Some(terms.clone());
                Applied::Changed
            }
            Fact::Paid(payment)
                if !attempt
                    .payments
                    .iter()
                    .any(|known| known.is_same_money(payment)) =>
            {
                attempt.payments.push(payment.clone());
                Applied::Changed
            }
            Fact::Closed if is_offered => self.end_current(End::Closed),
            Fact::Expired if is_offered => self.end_current(End::Expired),
            Fact::Errored if is_offered => self.end_current(End::Error),
            Fact::Refunded { total } if attempt.refunded.is_none_or(|known| known < *total) => {
                attempt.refunded = Some(*total);
                Applied::Changed
            }
            Fact::Refused
            | Fact::Lost
            | Fact::Known(_)
            | Fact::Paid(_)
            | Fact::Closed
            | Fact::Expired
            | Fact::Errored
            | Fact::Refunded { .. } => Applied::Unchanged,
        }
    }

    fn end_current(&mut self, end: End) -> Applied {
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.end = Some(end);
        }
        self.claim = None;
        Applied::Changed
    }

    fn resume(&mut self, claim: &Claim, at_ms: i64) -> Applied {
        if !matches!(self.status, Status::Created | Status::Failed) || self.is_unverified() {
            return Applied::Refused(Refusal::NotResumable);
        }
        if self
            .claim
            .as_ref()
            .is_some_and(|held| held.by != claim.by && held.until_ms > at_ms)
        {
            return Applied::Refused(Refusal::InProgress);
        }
        let is_unused =
            self.claim.is_none() && self.current().is_some_and(|attempt| attempt.end.is_none());
        if is_unused {
            if let Some(attempt) = self.attempts.last_mut() {
                attempt.started_at_ms = at_ms;
            }
        } else {
            if self.current_attempt() >= MAX_ATTEMPTS {
                return Applied::Refused(Refusal::AttemptsUsedUp);
            }
            if let Some(attempt) = self.attempts.last_mut() {
                attempt.end.get_or_insert(End::Unknown);
            }
            self.attempts.push(Attempt {
                started_at_ms: at_ms,
                ..Attempt::default()
            });
        }
        self.claim = Some(claim.clone());
        // Whoever resumes the order hears its end in the answer.
        self.confirmation.drop_owed();
        Applied::Changed
    }

    fn abandon(&mut self, at_ms: i64) -> Applied {
        if self.status != Status::Created || self.is_unverified() {
            return Applied::Unchanged;
        }
        if self
            .claim
            .as_ref()
            .is_some_and(|held| held.until_ms > at_ms)
        {
            return Applied::Unchanged;
        }
        self.end_current(End::Abandoned)
    }

    fn take_on(&mut self, until_ms: i64, at_ms: i64) -> Applied {
        let mut is_due = false;
        for due_at_ms in [
            &mut self.ask_at_ms,
            &mut self.confirmation.next_attempt_at_ms,
            &mut self.alarm_at_ms,
        ]
        .into_iter()
        .flatten()
        {
            if *due_at_ms <= at_ms {
                *due_at_ms = until_ms;
                is_due = true;
            }
        }
        changed(is_due)
    }
}

fn changed(is_changed: bool) -> Applied {
    if is_changed {
        Applied::Changed
    } else {
        Applied::Unchanged
    }
}
