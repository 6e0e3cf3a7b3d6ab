//! What follows from each end of a call about a refund, and when it is asked about.

use super::{Refund, RefundFact, RefundKnown, RefundStatus, Sent, Sums};
use crate::money::Amount;
use crate::order::event::{Alarm, Applied};
use crate::order::payment::Refunded;
use crate::order::steps::{DAY_MS, HOUR_MS, MINUTE_MS, again_ms};
use crate::order::transition::changed;
use crate::order::{Order, RefundId};

/// When an undecided refund is asked about, after it was recorded, in milliseconds; then once a day.
const REFUND_MS: [i64; 5] = [
    MINUTE_MS,
    5 * MINUTE_MS,
    20 * MINUTE_MS,
    HOUR_MS,
    6 * HOUR_MS,
];

/// How long a refund that Binance does not know is sent again, in milliseconds: whoever recorded it may have died before
/// the call.
const SENDING_MS: i64 = HOUR_MS;

impl Order {
    /// Whether the undecided refund, which Binance does not know, is to be sent once more.
    #[must_use]
    pub fn is_refund_to_send(&self, at_ms: i64) -> bool {
        self.undecided_refund().is_some_and(|refund| {
            !refund.is_accepted && at_ms < refund.created_at_ms.saturating_add(SENDING_MS)
        })
    }

    /// It is about to be sent again.
    pub(in crate::order) fn sending_refund(&mut self, id: &RefundId, at_ms: i64) -> Applied {
        let Some(refund) = self.undecided_mut(id).filter(|refund| !refund.is_accepted) else {
            return Applied::Unchanged;
        };
        // Another time than before, so that what came of the one sending is not taken for what came of the other.
        refund.sent_at_ms = at_ms.max(refund.sent_at_ms.saturating_add(1));
        refund.may_have_arrived = true;
        Applied::Changed
    }

    /// What came of sending it at `sent_at_ms`. A refusal is final where no earlier sending can have arrived (`is_only`), none
    /// was begun since, and none was accepted; else it may be refused because another one arrived, and Binance is asked.
    pub(in crate::order) fn sent_refund(
        &mut self,
        id: &RefundId,
        (sent, sent_at_ms): (&Sent, i64),
        is_only: bool,
        at_ms: i64,
    ) -> Applied {
        let is_last = |refund: &Refund| !refund.is_accepted && refund.sent_at_ms == sent_at_ms;
        let is_only = is_only && self.refund(id).is_some_and(is_last);
        match sent {
            Sent::Accepted(fact) => self.learn_refund(id, fact, at_ms),
            Sent::Refused {
                code,
                is_balance_low,
            } if is_only => {
                if let Some(refund) = self.undecided_mut(id).filter(|_| *is_balance_low) {
                    refund.is_balance_low = true;
                    self.owe_alarm(Alarm::RefundBalance, at_ms);
                }
                self.fail_refund(id, code.clone(), at_ms)
            }
            Sent::NotDone if is_only => match self.undecided_mut(id) {
                Some(refund) => {
                    refund.may_have_arrived = false;
                    Applied::Changed
                }
                None => Applied::Unchanged,
            },
            Sent::Refused { .. } | Sent::NotDone | Sent::Unknown => Applied::Unchanged,
        }
    }

    /// Binance told how it stands.
    pub(in crate::order) fn learn_refund(
        &mut self,
        id: &RefundId,
        fact: &RefundFact,
        at_ms: i64,
    ) -> Applied {
        let Some(refund) = self.refund_mut(id) else {
            return Applied::Unchanged;
        };
        let (is_undecided, status) = (refund.is_undecided(), refund.status);
        let RefundKnown::Answered { status: told, sums } = &fact.0 else {
            return self.refund_not_found(id, at_ms);
        };
        if is_undecided {
            refund.is_accepted = true;
        }
        let taken = changed(self.take_sums(id, *told, sums, at_ms));
        match (status, told) {
            (RefundStatus::Pending, RefundStatus::Pending) => self.refund_asked(id, at_ms),
            (RefundStatus::Pending | RefundStatus::Failed, RefundStatus::Succeeded) => {
                if status == RefundStatus::Failed {
                    self.owe_alarm(Alarm::RefundContradicted, at_ms);
                }
                self.succeed_refund(id, at_ms)
            }
            (RefundStatus::Pending, RefundStatus::Failed) => self.fail_refund(id, None, at_ms),
            (RefundStatus::Succeeded, RefundStatus::Failed) => {
                self.owe_alarm(Alarm::RefundContradicted, at_ms);
                Applied::Changed
            }
            (RefundStatus::Succeeded, RefundStatus::Succeeded | RefundStatus::Pending)
            | (RefundStatus::Failed, RefundStatus::Failed | RefundStatus::Pending) => taken,
        }
    }

    /// Binance refuses to know it. What was never accepted has failed a day after it was last sent; what was accepted a minute
    /// ago or more is undecided, and somebody must look.
    fn refund_not_found(&mut self, id: &RefundId, at_ms: i64) -> Applied {
        let Some(refund) = self.undecided_mut(id) else {
            return Applied::Unchanged;
        };
        if refund.is_accepted {
            if at_ms >= refund.sent_at_ms.saturating_add(MINUTE_MS) {
                self.owe_alarm(Alarm::RefundContradicted, at_ms);
            }
        } else if at_ms >= refund.sent_at_ms.saturating_add(DAY_MS) {
            return self.fail_refund(id, None, at_ms);
        }
        self.refund_asked(id, at_ms)
    }

    /// The amounts of an answer; whether they are news. The total holds this refund, which has not gone back while it is
    /// undecided.
    fn take_sums(&mut self, id: &RefundId, told: RefundStatus, sums: &Sums, at_ms: i64) -> bool {
        let Some(refund) = self.refund_mut(id) else {
            return false;
        };
        // Of what has ended, and not as this says, the amount is another's.
        let is_of_it = refund.is_undecided()
            || (refund.status == RefundStatus::Failed && told == RefundStatus::Succeeded);
        let answered = sums.amount.map(Amount::normalized);
        let other = answered.filter(|answered| is_of_it && *answered != refund.amount);
        refund.amount = other.unwrap_or(refund.amount);
        let (number, amount) = (refund.attempt, refund.amount);
        let gone = match told {
            RefundStatus::Succeeded => sums.total,
            RefundStatus::Pending => sums.total.and_then(|total| total.checked_sub(amount)),
            RefundStatus::Failed => None,
        };
        let attempt = self.attempt_mut(number);
        let is_news = attempt
            .and_then(|attempt| attempt.payment.as_mut())
            .is_some_and(|payment| payment.take_sums(gone, sums.remaining));
        if other.is_some() {
            self.owe_alarm(Alarm::RefundAmount, at_ms);
        }
        is_news || other.is_some()
    }

    /// A notification that agrees with Binance's answers says that the money of this refund, of this attempt's payment, went
    /// back.
    pub(in crate::order) fn refunded_by(
        &mut self,
        number: u8,
        id: &RefundId,
        amount: Amount,
        at_ms: i64,
    ) -> Applied {
        let named = self
            .refund(id)
            .filter(|refund| refund.attempt == number && refund.amount == amount.normalized());
        match named.map(|refund| refund.status) {
            None | Some(RefundStatus::Succeeded) => return Applied::Unchanged,
            Some(RefundStatus::Failed) => self.owe_alarm(Alarm::RefundContradicted, at_ms),
            Some(RefundStatus::Pending) => {}
        }
        self.succeed_refund(id, at_ms)
    }

    /// The money went back: at least as much as all refunds of the payment that did.
    fn succeed_refund(&mut self, id: &RefundId, at_ms: i64) -> Applied {
        let Some(refund) = self.refund_mut(id) else {
            return Applied::Unchanged;
        };
        refund.status = RefundStatus::Succeeded;
        refund.is_accepted = true;
        refund.code = None;
        refund.ended_at_ms = Some(at_ms);
        let number = refund.attempt;
        let gone = self.given_back(number);
        let attempt = self.attempt_mut(number);
        if let Some(payment) = attempt.and_then(|attempt| attempt.payment.as_mut())
            && payment.refunded != Some(Refunded::Part)
        {
            let gone = gone.min(payment.amount);
            payment.refund(Refunded::Total(gone.normalized()));
        }
        self.schedule_refund();
        Applied::Changed
    }

    fn fail_refund(&mut self, id: &RefundId, code: Option<String>, at_ms: i64) -> Applied {
        let Some(refund) = self.undecided_mut(id) else {
            return Applied::Unchanged;
        };
        refund.status = RefundStatus::Failed;
        refund.code = code;
        refund.ended_at_ms = Some(at_ms);
        self.schedule_refund();
        Applied::Changed
    }

    /// Binance answered, and it is undecided still: the next step.
    fn refund_asked(&mut self, id: &RefundId, at_ms: i64) -> Applied {
        let Some(refund) = self.undecided_mut(id) else {
            return Applied::Unchanged;
        };
        refund.asked_at_ms = Some(at_ms);
        refund.unanswered = 0;
        self.owe_stuck_refund(at_ms);
        self.schedule_refund();
        Applied::Changed
    }

    /// Binance did not answer: no step is used up.
    pub(in crate::order) fn refund_unanswered(&mut self, at_ms: i64) -> Applied {
        let Some(refund) = self.refunds.iter_mut().find(|refund| refund.is_undecided()) else {
            return Applied::Unchanged;
        };
        self.refund_ask_at_ms = Some(at_ms.saturating_add(again_ms(refund.unanswered)));
        refund.unanswered = refund.unanswered.saturating_add(1);
        self.owe_stuck_refund(at_ms);
        Applied::Changed
    }

    /// The alarm of a refund that is undecided for a day, once, whether Binance answers or not.
    fn owe_stuck_refund(&mut self, at_ms: i64) {
        let mut refunds = self.refunds.iter_mut();
        let stuck = refunds.find(|refund| {
            let is_old = at_ms >= refund.created_at_ms.saturating_add(DAY_MS);
            refund.is_undecided() && refund.stuck_at_ms.is_none() && is_old
        });
        if let Some(refund) = stuck {
            refund.stuck_at_ms = Some(at_ms);
            self.owe_alarm(Alarm::RefundStuck, at_ms);
        }
    }

    /// Sets when the undecided refund is asked about next.
    pub(super) fn schedule_refund(&mut self) {
        self.refund_ask_at_ms = self.undecided_refund().map(|refund| {
            let done_ms = refund.asked_at_ms.unwrap_or(refund.created_at_ms);
            let mut steps = REFUND_MS
                .iter()
                .map(|step_ms| refund.created_at_ms.saturating_add(*step_ms));
            let step_ms = steps.find(|step_ms| *step_ms > done_ms);
            step_ms.unwrap_or_else(|| done_ms.saturating_add(DAY_MS))
        });
    }

    fn refund_mut(&mut self, id: &RefundId) -> Option<&mut Refund> {
        let mut refunds = self.refunds.iter_mut();
        refunds.find(|refund| refund.refund_request_id == *id)
    }

    fn undecided_mut(&mut self, id: &RefundId) -> Option<&mut Refund> {
        self.refund_mut(id).filter(|refund| refund.is_undecided())
    }
}
