//! When Binance is asked about an order: one table of steps, for every status, so that no state is never asked about again.
//!
//! A step is used up by an answer that could be read. Without one, Binance is asked again after five minutes, and then
//! less and less often.

use serde::{Deserialize, Serialize};

use super::event::{Alarm, Applied};
use super::{Attempt, End, Order, Status};

pub(super) const MINUTE_MS: i64 = 60_000;
pub(super) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;

/// After its attempt began, while its payer may be paying.
const PENDING_MS: [i64; 5] = [
    2 * MINUTE_MS,
    5 * MINUTE_MS,
    10 * MINUTE_MS,
    20 * MINUTE_MS,
    40 * MINUTE_MS,
];
/// After its change into `EXPIRED`, `CANCELED` or `FAILED`: a late payment may not have been told.
const OVER_MS: [i64; 3] = [HOUR_MS, DAY_MS, 7 * DAY_MS];
/// After its change into `PAID` or `PARTIALLY_REFUNDED`: a refund on Binance's merchant page announces itself to nobody.
const PAID_MS: [i64; 3] = [DAY_MS, 7 * DAY_MS, 30 * DAY_MS];
/// After its change into `DISPUTED`: the operator is to refund it.
const DISPUTED_MS: [i64; 5] = [5 * MINUTE_MS, HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS];

/// How long after a request should have been answered, or was given up, a `CREATED` order is asked about.
const UNANSWERED_MS: [i64; 2] = [MINUTE_MS, 5 * MINUTE_MS];
/// The first wait after an asking without an answer, and the longest; each is twice the one before.
const AGAIN_MS: [i64; 2] = [5 * MINUTE_MS, HOUR_MS];

/// What Binance may take to close a checkout after its time.
const EXPIRY_GRACE_MS: i64 = MINUTE_MS;
/// How long after its time a checkout is waited for that Binance does not know. It told us of it once, so it is rather our
/// keys that are another merchant's now.
const UNKNOWN_GRACE_MS: i64 = DAY_MS;
/// How long a rate limit of Binance puts off the asking about an order, in milliseconds: at least, and about one at rest.
const PUT_OFF_MS: [i64; 2] = [MINUTE_MS, HOUR_MS];
/// How long after its time an order that still waits for its payer is nobody's fault.
const STUCK_MS: i64 = DAY_MS;

/// What can be due for an order, each taken on by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Binance is asked, and alarms that were left behind are raised.
    Asking,
    /// LeadsCalendar is told.
    Telling,
}

/// Where an order is in the steps of its status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Steps {
    /// From when they are counted, where the status has no time of its own.
    pub from_ms: i64,
    /// Up to when they are used up.
    pub done_ms: i64,
    /// Askings since that had no answer.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unanswered: u32,
}

/// The wait after an asking without an answer, when `unanswered` others had none before it.
pub(super) fn again_ms(unanswered: u32) -> i64 {
    let [first_ms, longest_ms] = AGAIN_MS;
    first_ms
        .saturating_mul(1 << unanswered.min(8))
        .min(longest_ms)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
pub(super) fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Order {
    /// A state whose steps are days apart, and whose asking nobody waits for.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        if self.report.is_some() || self.undecided_refund().is_some() {
            return false;
        }
        match self.status {
            Status::Created | Status::Pending | Status::Refunded => false,
            Status::Canceled
            | Status::Expired
            | Status::Failed
            | Status::Paid
            | Status::Disputed
            | Status::PartiallyRefunded => true,
        }
    }

    /// Counts the steps anew.
    pub(super) fn begin_steps(&mut self, at_ms: i64) {
        self.steps = Steps {
            from_ms: at_ms,
            done_ms: at_ms,
            unanswered: 0,
        };
    }

    /// Sets when Binance is asked next.
    pub(super) fn schedule_ask(&mut self) {
        self.ask_at_ms = self.next_step_ms(self.steps.done_ms);
    }

    /// The first step after `done_ms`.
    fn next_step_ms(&self, done_ms: i64) -> Option<i64> {
        let after = |from_ms: i64, steps: &[i64]| {
            let mut steps = steps.iter().map(|step_ms| from_ms.saturating_add(*step_ms));
            steps.find(|step_ms| *step_ms > done_ms)
        };
        let from_ms = self.steps.from_ms;
        match self.status {
            Status::Created => Some(self.created_step_ms(done_ms)),
            Status::Pending => self.pending_step_ms(done_ms),
            // What Binance refused it does not have.
            Status::Failed if self.attempts.iter().all(Attempt::is_refused) => None,
            Status::Canceled | Status::Expired | Status::Failed => after(from_ms, &OVER_MS),
            Status::Paid | Status::PartiallyRefunded => after(from_ms, &PAID_MS),
            Status::Disputed => after(from_ms, &DISPUTED_MS),
            Status::Refunded => None,
        }
    }

    /// When the request should have been answered; else some minutes after it was given up.
    fn created_step_ms(&self, done_ms: i64) -> i64 {
        let [answered_ms, given_up_ms] = UNANSWERED_MS;
        let claim = self.claim.as_ref();
        let answered = claim.map(|claim| claim.until_ms.saturating_add(answered_ms));
        let given_up = self.steps.from_ms.saturating_add(given_up_ms);
        [answered, claim.is_none().then_some(given_up)]
            .into_iter()
            .flatten()
            .find(|step_ms| *step_ms > done_ms)
            .unwrap_or(done_ms.saturating_add(given_up_ms))
    }

    /// While the payer may be paying, more and more seldom; at the end, or when we close it; a minute after; then until it is
    /// known how it ended. Being closed at LeadsCalendar's wish, each minute for ten, then every five.
    fn pending_step_ms(&self, done_ms: i64) -> Option<i64> {
        if let Some(closing) = &self.closing {
            let minutes = (1..=10).chain((15..).step_by(5));
            let mut steps =
                minutes.map(|minutes| closing.requested_at_ms.saturating_add(minutes * MINUTE_MS));
            return steps.find(|step_ms| *step_ms > done_ms);
        }
        let current = self.current()?;
        let closes_at_ms = self.closes_at_ms(current);
        let end_ms = closes_at_ms.unwrap_or_else(|| self.expires_at_ms_of(current));
        let began = PENDING_MS.map(|step_ms| current.started_at_ms.saturating_add(step_ms));
        let minutes = (0..=11)
            .chain((16..=71).step_by(5))
            .chain((131..).step_by(60));
        let after_end = minutes.map(|minutes| end_ms.saturating_add(minutes * MINUTE_MS));
        let before_end = began.into_iter().filter(|step_ms| *step_ms < end_ms);
        before_end
            .chain(after_end)
            .find(|step_ms| *step_ms > done_ms)
    }

    /// Binance answered about every attempt: the step is used up.
    pub(super) fn asked(&mut self, began_ms: i64, at_ms: i64) -> Applied {
        if self.steps.unanswered == 0 && self.steps.done_ms >= began_ms {
            return Applied::Unchanged;
        }
        let stuck_at_ms = self.expires_at_ms().saturating_add(STUCK_MS);
        if self.status == Status::Pending
            && self.steps.done_ms < stuck_at_ms
            && stuck_at_ms <= at_ms
        {
            self.owe_alarm(Alarm::Stuck, at_ms);
        }
        self.steps.done_ms = at_ms;
        self.steps.unanswered = 0;
        self.schedule_ask();
        Applied::Changed
    }

    /// Binance did not answer, or is not done: no step is used up.
    pub(super) fn unanswered(&mut self, at_ms: i64) -> Applied {
        let again_at_ms = at_ms.saturating_add(again_ms(self.steps.unanswered));
        self.steps.unanswered = self.steps.unanswered.saturating_add(1);
        self.ask_at_ms = Some(again_at_ms);
        if let Some(report) = &mut self.report {
            report.at_ms = report.at_ms.max(again_at_ms);
        }
        Applied::Changed
    }

    /// Binance limits the rate: what is due, or taken on, is asked about later, and nobody waits for an order at rest.
    pub(super) fn put_off(&mut self, wait_ms: i64, is_taken_on: bool, at_ms: i64) -> Applied {
        let [least_ms, at_rest_ms] = PUT_OFF_MS;
        let wait_ms = if self.is_at_rest() {
            at_rest_ms
        } else {
            wait_ms.max(least_ms)
        };
        let until_ms = at_ms.saturating_add(wait_ms);
        let is_ask = is_due(self.ask_at_ms, at_ms) || (is_taken_on && self.ask_at_ms.is_some());
        if is_ask {
            self.ask_at_ms = Some(until_ms);
        }
        let report = self.report.as_mut();
        let report = report.filter(|report| report.at_ms <= at_ms || is_taken_on);
        let is_report = report.is_some();
        if let Some(report) = report {
            report.at_ms = until_ms;
        }
        let is_refund = is_due(self.refund_ask_at_ms, at_ms)
            || (is_taken_on && self.refund_ask_at_ms.is_some());
        if is_refund {
            self.refund_ask_at_ms = Some(until_ms);
        }
        super::transition::changed(is_ask || is_report || is_refund)
    }

    /// Whether there is work of this kind by `at_ms`.
    #[must_use]
    pub fn is_due(&self, work: Work, at_ms: i64) -> bool {
        let dues = match work {
            Work::Asking => [
                self.ask_at_ms,
                self.report.as_ref().map(|report| report.at_ms),
                self.refund_ask_at_ms,
                self.alarm_at_ms,
            ],
            Work::Telling => [self.confirmation.next_attempt_at_ms, None, None, None],
        };
        dues.into_iter().any(|due_at_ms| is_due(due_at_ms, at_ms))
    }

    /// An invocation takes on the work that is due; nobody else does until `until_ms`. Of an order at rest the claim is its
    /// next step, so that an asking that learns nothing costs no second write.
    pub(super) fn take_on(&mut self, work: Work, until_ms: i64, by: u32, at_ms: i64) -> Applied {
        if !self.is_due(work, at_ms) {
            return Applied::Unchanged;
        }
        self.taken_on_by = Some(by);
        let take = |due_at_ms: &mut Option<i64>| {
            if is_due(*due_at_ms, at_ms) {
                *due_at_ms = Some(until_ms);
            }
        };
        match work {
            Work::Telling => take(&mut self.confirmation.next_attempt_at_ms),
            Work::Asking => {
                take(&mut self.alarm_at_ms);
                take(&mut self.refund_ask_at_ms);
                if is_due(self.ask_at_ms, at_ms) {
                    let next_ms = self.next_step_ms(at_ms).filter(|_| self.is_at_rest());
                    if next_ms.is_some() {
                        self.steps.done_ms = at_ms;
                    }
                    self.ask_at_ms = next_ms.or(Some(until_ms));
                }
                if let Some(report) = self.report.as_mut().filter(|report| report.at_ms <= at_ms) {
                    report.at_ms = until_ms;
                    report.is_asked = true;
                }
            }
        }
        Applied::Changed
    }
}

/// Whether something is due by `at_ms`; what has no time is not.
#[must_use]
pub fn is_due(due_at_ms: Option<i64>, at_ms: i64) -> bool {
    due_at_ms.is_some_and(|due_at_ms| due_at_ms <= at_ms)
}

impl Attempt {
    /// Whether Binance cannot have it: a number that was taken up again may have been sent before.
    pub(crate) fn is_refused(&self) -> bool {
        self.end == Some(End::Refused) && self.given_up_from_ms.is_none()
    }

    /// Whether a checkout that nobody has touched can no longer be paid.
    pub(super) fn is_over_untouched(&self, at_ms: i64) -> bool {
        at_ms >= self.expires_at_ms().saturating_add(EXPIRY_GRACE_MS)
    }

    /// Whether a checkout that Binance does not know can no longer be paid.
    pub(super) fn is_over_unknown(&self, at_ms: i64) -> bool {
        at_ms >= self.expires_at_ms().saturating_add(UNKNOWN_GRACE_MS)
    }
}
