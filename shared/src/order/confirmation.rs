//! What LeadsCalendar is still owed, and when it is tried again.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::status::Telling;
use super::{Order, OrderId};

/// How long after an attempt to tell LeadsCalendar nobody else tries, in milliseconds: longer than one attempt can take.
pub(super) const CONFIRMATION_CLAIM_MS: i64 = 30_000;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// How long an exhausted confirmation is repeated daily, in milliseconds.
const DAILY_MS: i64 = 30 * DAY_MS;

/// The waits between attempts, in milliseconds, each ±20 %; after the last one LeadsCalendar is told once a day.
pub const SCHEDULE_MS: [i64; 9] = [
    MINUTE_MS,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * HOUR_MS,
    5 * HOUR_MS,
    10 * HOUR_MS,
    14 * HOUR_MS,
    20 * HOUR_MS,
    DAY_MS,
];

/// What LeadsCalendar is still owed: while the two revisions differ, the current order is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Confirmation {
    /// Grows with each change of what the view shows: the second of the change, or one more than the last, so that it
    /// grows even across a table that was restored from a backup.
    pub revision: i64,
    /// The newest one that LeadsCalendar accepted, or that nobody owes it.
    pub confirmed_revision: i64,
    /// The last change that LeadsCalendar is told of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
    /// Attempts made since that change that were not accepted, and the one that was.
    pub attempts: u32,
    /// When the next attempt is due; absent when nothing is owed, or when there will be none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at_ms: Option<i64>,
    /// Why the last attempt was not accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// Since when an attempt to tell what is owed has not been accepted; absent while there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untold_since_ms: Option<i64>,
}

/// What is owed, and was told at least once without being accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untold {
    /// It is repeated by the schedule.
    Repeating,
    /// The schedule is used up, or LeadsCalendar wants to hear no more of it.
    Exhausted,
}

/// A change that LeadsCalendar is told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// The revision that it made.
    pub revision: i64,
    /// The `type` of the confirmation.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// When it happened.
    pub at_ms: i64,
}

impl Confirmation {
    /// Of an order made at `at_ms`, of which the answer to its request tells.
    pub(super) fn of_new(at_ms: i64) -> Self {
        Self {
            revision: at_ms / 1_000,
            confirmed_revision: at_ms / 1_000,
            ..Self::default()
        }
    }

    /// Whether LeadsCalendar has not accepted the current revision.
    #[must_use]
    pub fn is_owed(&self) -> bool {
        self.revision != self.confirmed_revision
    }

    /// The revision of the last change that LeadsCalendar is told of.
    #[must_use]
    pub fn told_revision(&self) -> Option<i64> {
        self.told.as_ref().map(|told| told.revision)
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
    /// The HTTP status of its answer, if one came.
    pub status: Option<u16>,
    /// LeadsCalendar wants no more attempts.
    pub is_gone: bool,
    /// There was no answer in time.
    pub is_timeout: bool,
}

impl Confirmation {
    /// The view has changed. Whoever made a change that is told tries at once, everybody else keeps away meanwhile; one that
    /// is not told counts as confirmed, unless something is owed.
    pub(super) fn raise(&mut self, telling: Telling, at_ms: i64) {
        let was_owed = self.is_owed();
        self.revision = self.revision.saturating_add(1).max(at_ms / 1_000);
        match telling {
            Telling::Told(kind) => {
                self.told = Some(Told {
                    revision: self.revision,
                    kind: Cow::Borrowed(kind),
                    at_ms,
                });
                self.attempts = 0;
                self.next_attempt_at_ms = Some(at_ms.saturating_add(CONFIRMATION_CLAIM_MS));
                self.last_error = None;
            }
            Telling::Untold if was_owed => {}
            Telling::Untold | Telling::Settled => self.drop_owed(),
        }
    }

    /// Nothing is owed any more.
    pub(super) fn drop_owed(&mut self) {
        self.confirmed_revision = self.revision;
        self.next_attempt_at_ms = None;
        self.untold_since_ms = None;
    }

    /// Whether what is owed was told in vain, and whether it still is.
    #[must_use]
    pub fn untold(&self) -> Option<Untold> {
        self.untold_since_ms?;
        let is_used_up = usize::try_from(self.attempts).is_ok_and(|made| made > SCHEDULE_MS.len());
        Some(if is_used_up || self.next_attempt_at_ms.is_none() {
            Untold::Exhausted
        } else {
            Untold::Repeating
        })
    }

    /// Whether an attempt to tell `revision` told the last change.
    fn tells_last_change(&self, revision: i64) -> bool {
        let told_revision = self.told_revision().unwrap_or(i64::MIN);
        (told_revision..=self.revision).contains(&revision)
    }

    pub(super) fn accepted(&mut self, revision: i64) -> bool {
        if revision <= self.confirmed_revision || revision > self.revision {
            return false;
        }
        if self.tells_last_change(revision) {
            self.confirmed_revision = self.revision;
            self.attempts = self.attempts.saturating_add(1);
            self.next_attempt_at_ms = None;
            self.last_error = None;
            self.untold_since_ms = None;
        } else {
            self.confirmed_revision = revision;
        }
        true
    }

    pub(super) fn not_accepted(
        &mut self,
        id: &OrderId,
        revision: i64,
        attempt: u32,
        answer: &Unaccepted,
        at_ms: i64,
    ) -> bool {
        let is_current = self.is_owed() && self.tells_last_change(revision);
        if !is_current || attempt != self.next_attempt() {
            return false;
        }
        let since_ms = *self.untold_since_ms.get_or_insert(at_ms);
        let from_ms = self
            .told
            .as_ref()
            .map_or(since_ms, |told| told.at_ms.max(since_ms));
        let is_daily = at_ms.saturating_sub(from_ms) < DAILY_MS - DAY_MS;
        let step_ms = usize::try_from(self.attempts)
            .ok()
            .and_then(|made| SCHEDULE_MS.get(made))
            .copied()
            .or_else(|| is_daily.then_some(DAY_MS));
        self.attempts = attempt;
        self.last_error = Some(answer.reason.clone());
        self.next_attempt_at_ms = step_ms.filter(|_| !answer.is_gone).map(|step_ms| {
            let asked_ms = answer.retry_after_ms.unwrap_or_default().min(2 * step_ms);
            at_ms.saturating_add(jittered(step_ms, id, self.attempts).max(asked_ms))
        });
        true
    }

    /// An operator wants the current order sent again, from the start of the schedule.
    pub(super) fn repeat(&mut self, at_ms: i64) {
        self.confirmed_revision = self.confirmed_revision.min(self.revision.saturating_sub(1));
        self.attempts = 0;
        self.next_attempt_at_ms = Some(at_ms);
    }

    /// An operator wants what was told in vain told at once, from the start of the schedule. What is due, or begins the
    /// schedule anyway, is passed over.
    pub(super) fn wish_untold(&mut self, at_ms: i64) -> bool {
        let is_waited_for = self.attempts > 0
            && self
                .next_attempt_at_ms
                .is_none_or(|next_ms| next_ms > at_ms);
        let is_wished = self.untold_since_ms.is_some() && is_waited_for;
        if is_wished {
            self.attempts = 0;
            self.next_attempt_at_ms = Some(at_ms);
        }
        is_wished
    }
}

impl Order {
    /// The `type` and time of the confirmation that tells the order as it stands; none while it waits for its payer. Both
    /// are those of the last change that is told, so that one `webhook-id` is one body.
    #[must_use]
    pub fn telling(&self) -> Option<(&str, i64)> {
        let by_status = self.status_type()?;
        let changed = self
            .history
            .last()
            .map_or(self.created_at_ms, |change| change.at_ms);
        let told = self.confirmation.told.as_ref();
        Some(told.map_or((by_status, changed), |told| {
            (told.kind.as_ref(), told.at_ms)
        }))
    }
}

/// `step_ms` ±20 %, spread by the random digits of the order's id so that no generator is needed here.
fn jittered(step_ms: i64, id: &OrderId, attempts: u32) -> i64 {
    let at = usize::try_from(attempts % 15).unwrap_or_default() * 2;
    let digits = id.as_str().get(at..at + 2).unwrap_or_default();
    let percent = 80 + i64::from(u8::from_str_radix(digits, 16).unwrap_or_default() % 41);
    step_ms.saturating_mul(percent) / 100
}
