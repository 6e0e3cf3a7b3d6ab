//! The one way an order changes: `apply` takes an event, the time, and what caused it.

use super::event::{Applied, Event, Refusal};
use super::view::View;
use super::{Attempt, Claim, End, Order, Status};

/// The number of attempts that two digits can name.
pub const MAX_ATTEMPTS: u8 = 99;

impl Order {
    /// Applies `event` at `at_ms`; `cause` goes into the history with a change of status, of what went back, or of the
    /// number of payments.
    pub fn apply(&mut self, event: &Event, cause: &str, at_ms: i64) -> Applied {
        let before = self.clone();
        let applied = match event {
            Event::Learned { attempt, fact } => self.learn(*attempt, fact, at_ms),
            Event::NotOpened { attempt, end } => self.not_opened(*attempt, *end),
            Event::Resumed(claim) => self.resume(claim, at_ms),
            Event::Released { by } => changed(self.claim.take_if(|held| held.by == *by).is_some()),
            Event::Abandoned => self.abandon(at_ms),
            Event::Reported { attempt, doubt } => return self.reported(*attempt, *doubt, at_ms),
            Event::ReportAnswered { is_last } => return self.report_answered(*is_last, at_ms),
            Event::ReportUnanswered => return self.report_unanswered(at_ms),
            Event::Asked { began_ms } => return self.asked(*began_ms, at_ms),
            Event::Unanswered => return self.unanswered(at_ms),
            Event::AskWished => {
                self.ask_at_ms = Some(at_ms);
                return Applied::Changed;
            }
            Event::PutOff {
                wait_ms,
                is_taken_on,
            } => return self.put_off(*wait_ms, *is_taken_on, at_ms),
            Event::Claimed { work, until_ms, by } => {
                return self.take_on(*work, *until_ms, *by, at_ms);
            }
            Event::Confirmed { revision } => return changed(self.confirmation.accepted(*revision)),
            Event::Unconfirmed {
                revision,
                attempt,
                answer,
            } => return self.not_confirmed(*revision, *attempt, answer, at_ms),
            Event::RepeatAsked if self.status_type().is_none() => return Applied::Unchanged,
            Event::RepeatAsked => {
                self.confirmation.repeat(at_ms);
                return Applied::Changed;
            }
            Event::UntoldWished => return changed(self.confirmation.wish_untold(at_ms)),
            Event::Alarmed { due_at_ms } => return self.alarmed(*due_at_ms),
        };
        if applied == Applied::Changed {
            self.follow(&before, event, cause, at_ms);
        }
        applied
    }

    /// What follows from a change: the status, what LeadsCalendar and the operator are owed, when Binance is asked.
    fn follow(&mut self, before: &Self, event: &Event, cause: &str, at_ms: i64) {
        let stood = before.standing();
        let telling = self.derive_status(stood, cause, at_ms);
        if View::of(before) != View::of(self) {
            self.confirmation.raise(telling, at_ms);
        }
        self.owe_alarms(stood, at_ms);
        if matches!(
            event,
            Event::NotOpened { .. } | Event::Resumed(_) | Event::Released { .. }
        ) {
            self.begin_steps(at_ms);
        }
        self.schedule_ask();
    }

    fn not_opened(&mut self, number: u8, end: End) -> Applied {
        let is_unanswered = number == self.current_attempt()
            && self
                .attempt(number)
                .is_some_and(|attempt| attempt.checkout.is_none() && attempt.end.is_none());
        if !is_unanswered {
            return Applied::Unchanged;
        }
        self.end_current(end)
    }

    pub(super) fn end_current(&mut self, end: End) -> Applied {
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.end = Some(end);
        }
        self.claim = None;
        Applied::Changed
    }

    fn resume(&mut self, claim: &Claim, at_ms: i64) -> Applied {
        if self.current().and_then(|attempt| attempt.end) == Some(End::PaidUnknown) {
            return Applied::Refused(Refusal::PaidUnknown);
        }
        if !matches!(self.status, Status::Created | Status::Failed) {
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
                attempt.given_up_from_ms = Some(attempt.sent_from_ms());
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
        Applied::Changed
    }

    fn abandon(&mut self, at_ms: i64) -> Applied {
        if self.status != Status::Created {
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

    pub(super) fn attempt_mut(&mut self, number: u8) -> Option<&mut Attempt> {
        self.attempts.get_mut(usize::from(number).checked_sub(1)?)
    }
}

pub(super) fn changed(is_changed: bool) -> Applied {
    if is_changed {
        Applied::Changed
    } else {
        Applied::Unchanged
    }
}
