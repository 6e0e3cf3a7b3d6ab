//! What LeadsCalendar is still owed, and when it is tried again.

use serde::{Deserialize, Serialize};

use super::OrderId;

/// How long after an attempt to tell LeadsCalendar nobody else tries, in milliseconds: longer than one attempt can take.
pub(super) const CONFIRMATION_CLAIM_MS: i64 = 30_000;

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// The waits between attempts, in milliseconds, each ±20 %; after the last one no more is tried.
pub const SCHEDULE_MS: [i64; 9] = [
    5 * SECOND_MS,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * HOUR_MS,
    5 * HOUR_MS,
    10 * HOUR_MS,
    14 * HOUR_MS,
    20 * HOUR_MS,
    24 * HOUR_MS,
];

/// What LeadsCalendar is still owed: while the two revisions differ, the current order is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Confirmation {
    /// Raised by each change LeadsCalendar should hear of.
    pub revision: u32,
    /// The newest one that LeadsCalendar accepted.
    pub confirmed_revision: u32,
    /// Attempts made for `revision` that were not accepted.
    pub attempts: u32,
    /// When the next attempt is due; absent when nothing is owed, or when there will be none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at_ms: Option<i64>,
    /// Why the last attempt was not accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

impl Confirmation {
    /// Whether LeadsCalendar has not accepted the current revision.
    #[must_use]
    pub fn is_owed(&self) -> bool {
        self.revision != self.confirmed_revision
    }

    /// The number of the next attempt to tell the current revision, from 1.
    #[must_use]
    pub fn next_attempt(&self) -> u32 {
        self.attempts.saturating_add(1)
    }
}

/// Why an attempt was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unaccepted {
    /// For the operator; never what LeadsCalendar answered.
    pub reason: String,
    /// The wait that LeadsCalendar asked for, in milliseconds.
    pub retry_after_ms: Option<i64>,
    /// LeadsCalendar wants no more attempts.
    pub is_gone: bool,
}

impl Confirmation {
    /// A change LeadsCalendar should hear of; whoever made it tries at once, everybody else keeps away meanwhile.
    pub(super) fn raise(&mut self, at_ms: i64) {
        *self = Self {
            revision: self.revision.saturating_add(1),
            confirmed_revision: self.confirmed_revision,
            attempts: 0,
            next_attempt_at_ms: Some(at_ms.saturating_add(CONFIRMATION_CLAIM_MS)),
            last_error: None,
        };
    }

    /// Nothing is owed any more.
    pub(super) fn drop_owed(&mut self) {
        self.confirmed_revision = self.revision;
        self.next_attempt_at_ms = None;
    }

    pub(super) fn accepted(&mut self, revision: u32) -> bool {
        if revision <= self.confirmed_revision || revision > self.revision {
            return false;
        }
        self.confirmed_revision = revision;
        if !self.is_owed() {
            self.attempts = self.attempts.saturating_add(1);
            self.next_attempt_at_ms = None;
            self.last_error = None;
        }
        true
    }

    pub(super) fn not_accepted(
        &mut self,
        id: &OrderId,
        revision: u32,
        attempt: u32,
        answer: &Unaccepted,
        at_ms: i64,
    ) -> bool {
        if revision != self.revision || !self.is_owed() || attempt != self.next_attempt() {
            return false;
        }
        let step_ms = usize::try_from(self.attempts)
            .ok()
            .and_then(|made| SCHEDULE_MS.get(made))
            .copied();
        self.attempts = attempt;
        self.last_error = Some(answer.reason.clone());
        self.next_attempt_at_ms = step_ms.filter(|_| !answer.is_gone).map(|step_ms| {
            let asked_ms = answer.retry_after_ms.unwrap_or_default().min(2 * step_ms);
            at_ms.saturating_add(jittered(step_ms, id, self.attempts).max(asked_ms))
        });
        true
    }

    /// An operator wants the current order sent again, from the start of the schedule.
    pub(super) fn repeat(&mut self, at_ms: i64) -> bool {
        if self.revision == 0 {
            return false;
        }
        self.confirmed_revision = self.confirmed_revision.min(self.revision.saturating_sub(1));
        self.attempts = 0;
        self.next_attempt_at_ms = Some(at_ms);
        true
    }
}

/// `step_ms` ±20 %, spread by the random digits of the order's id so that no generator is needed here.
fn jittered(step_ms: i64, id: &OrderId, attempts: u32) -> i64 {
    let at = usize::try_from(attempts % 15).unwrap_or_default() * 2;
    let digits = id.as_str().get(at..at + 2).unwrap_or_default();
    let percent = 80 + i64::from(u8::from_str_radix(digits, 16).unwrap_or_default() % 41);
    step_ms.saturating_mul(percent) / 100
}
