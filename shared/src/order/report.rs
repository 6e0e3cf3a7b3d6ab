//! A report that Binance's answer did not confirm: asked about once more, beside the steps of the order's state, and then
//! forgotten. It locks nothing, and nothing that GET shows tells of it.

use serde::{Deserialize, Serialize};

use super::event::{Alarm, Applied};
use super::hint::{Doubt, Kind};
use super::steps::{again_ms, is_zero};
use super::{Attempt, Order};

/// How long after the first asking the second one comes, in milliseconds; so long `reconcile-orders` keeps away from what
/// the callback asks about.
const AGAIN_MS: i64 = 60_000;

/// What a notification said and nobody has confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Of which attempt.
    pub attempt: u8,
    /// Of what.
    pub kind: Kind,
    /// It named our prepay id, so that no other merchant can have caused it.
    pub is_ours: bool,
    /// The order's revision when it came.
    pub revision: i64,
    /// When Binance is asked about it once more.
    pub at_ms: i64,
    /// Somebody has set out to ask once more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_asked: bool,
    /// Askings once more that had no answer.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unanswered: u32,
}

impl Order {
    /// A hint is to be asked about; nothing is known by it.
    pub(super) fn reported(&mut self, attempt: u8, doubt: Doubt, at_ms: i64) -> Applied {
        let report = Report {
            attempt,
            kind: doubt.kind,
            is_ours: doubt.is_ours,
            revision: self.confirmation.revision,
            at_ms: at_ms.saturating_add(AGAIN_MS),
            is_asked: false,
            unanswered: 0,
        };
        if let Some(waiting) = &mut self.report {
            // Nobody else's takes the second asking from one that names our checkout.
            let is_preferred = doubt.is_ours && !waiting.is_ours;
            // What is being asked may have been answered before this came.
            let at_ms = if waiting.is_asked {
                report.at_ms
            } else {
                waiting.at_ms
            };
            if !is_preferred && !waiting.is_asked {
                return Applied::Unchanged;
            }
            if is_preferred || doubt.is_ours == waiting.is_ours {
                *waiting = Report { at_ms, ..report };
            } else {
                waiting.at_ms = at_ms;
                waiting.is_asked = false;
            }
            return Applied::Changed;
        }
        if self.is_at_rest() {
            self.begin_steps(at_ms);
            self.schedule_ask();
        }
        self.report = Some(report);
        Applied::Changed
    }

    /// Binance did not answer about the report, or is not done: it is asked again less and less often, beside the steps.
    pub(super) fn report_unanswered(&mut self, at_ms: i64) -> Applied {
        let Some(report) = &mut self.report else {
            return Applied::Unchanged;
        };
        report.at_ms = at_ms.saturating_add(again_ms(report.unanswered));
        report.unanswered = report.unanswered.saturating_add(1);
        Applied::Changed
    }

    /// Binance answered about the report; after the second asking it is forgotten.
    pub(super) fn report_answered(&mut self, is_last: bool, at_ms: i64) -> Applied {
        let Some(report) = &self.report else {
            return Applied::Unchanged;
        };
        let is_confirmed = report.is_confirmed_by(self);
        let is_over = is_last && report.is_asked;
        if !(is_confirmed || is_over) {
            return Applied::Unchanged;
        }
        let is_ours = report.is_ours;
        self.report = None;
        if !is_confirmed && is_ours {
            self.owe_alarm(Alarm::Unconfirmed, at_ms);
        }
        Applied::Changed
    }
}

impl Report {
    /// Whether what it says is known of the very checkout; where it does not say, whether anything was learned since it
    /// came.
    #[must_use]
    pub fn is_confirmed_by(&self, order: &Order) -> bool {
        let is_news = order.confirmation.revision != self.revision;
        let Some(attempt) = order.attempt(self.attempt).filter(|_| self.is_ours) else {
            return is_news;
        };
        let Attempt { payment, end, .. } = attempt;
        match self.kind {
            Kind::Paid => payment.is_some(),
            Kind::Closed => payment.is_some() || end.is_some(),
            Kind::Refunded => payment.as_ref().is_some_and(|paid| paid.refunded.is_some()),
            // An undecided refund is asked about by steps of its own.
            Kind::Rejected => true,
            Kind::Unknown => is_news,
        }
    }
}
