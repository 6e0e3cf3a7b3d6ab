//! What the operator is owed: an alarm is written with what gives rise to it, and kept until it has been raised; so
//! whoever dies in between, it is raised at least once.

use super::event::{Alarm, Applied};
use super::status::Standing;
use super::{Order, Status, Unaccepted, Untold};

/// How long others leave an alarm to whoever gave rise to it, in milliseconds.
const ALARM_CLAIM_MS: i64 = 30_000;

impl Order {
    /// The alarms that a change from `before` gives rise to.
    pub(super) fn owe_alarms(&mut self, before: Standing, at_ms: i64) {
        let now = self.standing();
        if now.status == Status::Disputed && before.status != Status::Disputed {
            self.owe_alarm(Alarm::Disputed, at_ms);
        }
        if now.payments > before.payments.max(1) {
            self.owe_alarm(Alarm::SecondPayment, at_ms);
        }
    }

    /// LeadsCalendar did not accept a revision; an alarm, if that was the last attempt to tell it.
    pub(super) fn not_confirmed(
        &mut self,
        revision: i64,
        attempt: u32,
        answer: &Unaccepted,
        at_ms: i64,
    ) -> Applied {
        let id = &self.order_id;
        let was_exhausted = self.confirmation.untold() == Some(Untold::Exhausted);
        if !self
            .confirmation
            .not_accepted(id, revision, attempt, answer, at_ms)
        {
            return Applied::Unchanged;
        }
        if !was_exhausted && self.confirmation.untold() == Some(Untold::Exhausted) {
            self.owe_alarm(Alarm::Exhausted, at_ms);
        }
        Applied::Changed
    }

    pub(super) fn alarmed(&mut self, due_at_ms: i64) -> Applied {
        if self.alarm_at_ms != Some(due_at_ms) {
            return Applied::Unchanged;
        }
        self.alarms.clear();
        self.alarm_at_ms = None;
        Applied::Changed
    }

    pub(super) fn owe_alarm(&mut self, alarm: Alarm, at_ms: i64) {
        if !self.alarms.contains(&alarm) {
            self.alarms.push(alarm);
        }
        // Another time than before, so that whoever raised what was owed before does not settle this as well.
        let after = self.alarm_at_ms.map_or(0, |known| known.saturating_add(1));
        self.alarm_at_ms = Some(at_ms.saturating_add(ALARM_CLAIM_MS).max(after));
    }
}
