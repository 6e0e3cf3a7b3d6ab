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
            Event::Resumed(claim) => self.resume(claim, false, at_ms),
            Event::ResumedWithoutEnd(claim) => self.resume(claim, true, at_ms),
            Event::TimeUp { by } => self.time_up(by, at_ms),
            Event::CloseWished => self.wish_close(at_ms),
            Event::RefundWanted { id, wanted, by } => self.record_refund(id, wanted, by, at_ms),
            Event::RefundFound {
                id,
                attempt,
                wanted,
                fact,
            } => self.find_refund((id, *attempt), wanted, fact, at_ms),
            Event::RefundSending { id } => self.sending_refund(id, at_ms),
            Event::RefundSent {
                id,
                sent,
                sent_at_ms,
                is_only,
                ..
            } => self.sent_refund(id, (sent, *sent_at_ms), *is_only, at_ms),
            Event::RefundLearned { id, fact, .. } => self.learn_refund(id, fact, at_ms),
            Event::RefundUnanswered => return self.refund_unanswered(at_ms),
            Event::Released { by } => changed(self.claim.take_if(|held| held.by == *by).is_some()),
            Event::Abandoned => self.abandon(at_ms),
            Event::Reported { attempt, doubt } => return self.reported(*attempt, *doubt, at_ms),
            Event::ReportAnswered { is_last } => return self.report_answered(*is_last, at_ms),
            Event::ReportUnanswered => return self.report_unanswered(at_ms),
            Event::Asked { began_ms } => return self.asked(*began_ms, at_ms),
            Event::Unanswered => return self.unanswered(at_ms),
            Event::AskWished => return self.ask_at(at_ms),
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

    /// Applies `events` in turn, and none after one that is refused: what they did together.
    pub fn apply_all(&mut self, events: &[Event], cause: &str, at_ms: i64) -> Applied {
        let mut all = Applied::Unchanged;
        for event in events {
            match self.apply(event, cause, at_ms) {
                Applied::Refused(reason) => return Applied::Refused(reason),
                Applied::Changed => all = Applied::Changed,
                Applied::Unchanged => {}
            }
        }
        all
    }

    /// Whether a change was made since it was `before` that LeadsCalendar is told of.
    #[must_use]
    pub fn is_told_since(&self, before: &Self) -> bool {
        self.confirmation.told_revision() != before.confirmation.told_revision()
    }

    fn ask_at(&mut self, at_ms: i64) -> Applied {
        self.ask_at_ms = Some(at_ms);
        Applied::Changed
    }

    /// What follows from a change: the status, what LeadsCalendar and the operator are owed, when Binance is asked.
    fn follow(&mut self, before: &Self, event: &Event, cause: &str, at_ms: i64) {
        let stood = before.standing();
        let telling = self.derive_status(stood, cause, at_ms);
        let telling = self.tell_refund_failed(before, event, telling);
        if View::of(before) != View::of(self) {
            self.confirmation.raise(telling, at_ms);
        }
        self.owe_alarms(stood, at_ms);
        if matches!(
            event,
            Event::NotOpened { .. }
                | Event::Resumed(_)
                | Event::ResumedWithoutEnd(_)
                | Event::Released { .. }
                | Event::CloseWished
        ) {
            self.begin_steps(at_ms);
        }
        // What is learned of a refund that changes no status uses up no step of the order, and begins none anew.
        if !event.is_of_refund() || self.status != before.status {
            self.schedule_ask();
        }
    }

    fn not_opened(&mut self, number: u8, end: End) -> Applied {
        let is_unanswered = number == self.current_attempt()
            && self
                .attempt(number)
                .is_some_and(|attempt| attempt.checkout.is_none() && attempt.end.is_none());
        if !is_unanswered {
            return Applied::Unchanged;
        }
        self.end_attempt(number, end)
    }

    pub(super) fn end_attempt(&mut self, number: u8, end: End) -> Applied {
        let is_current = number == self.current_attempt();
        if let Some(attempt) = self.attempt_mut(number) {
            attempt.end = Some(end);
        }
        if is_current {
            self.claim = None;
        }
        Applied::Changed
    }

    fn resume(&mut self, claim: &Claim, leaves_end: bool, at_ms: i64) -> Applied {
        if self.has_unknown_money() {
            return Applied::Refused(Refusal::PaidUnknown);
        }
        if !self.may_open() {
            return Applied::Refused(Refusal::NotResumable);
        }
        if self.is_claimed_by_another(&claim.by, at_ms) {
            return Applied::Refused(Refusal::InProgress);
        }
        // Once Binance has refused to end a checkout with the order, it is not asked again.
        let leaves_end = leaves_end
            || self
                .attempts
                .iter()
                .any(|attempt| attempt.asked_end_ms.is_none());
        let asked_end_ms = Some(self.ends_at_ms()).filter(|_| !leaves_end);
        let is_unused =
            self.claim.is_none() && self.current().is_some_and(|attempt| attempt.end.is_none());
        if is_unused {
            if let Some(attempt) = self.attempts.last_mut() {
                attempt.given_up_from_ms = Some(attempt.sent_from_ms());
                attempt.started_at_ms = at_ms;
                attempt.asked_end_ms = asked_end_ms;
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
                asked_end_ms,
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
        self.end_attempt(self.current_attempt(), End::Abandoned)
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
