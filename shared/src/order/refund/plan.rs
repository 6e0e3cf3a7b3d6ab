//! What may be given back of an order, and that it is to be.

use super::{NotRefundable, Refund, RefundStatus, Wanted};
use crate::money::Amount;
use crate::order::event::{Applied, Refusal};
use crate::order::payment::Payment;
use crate::order::{Order, RefundId, Status};

/// A part is sent while Binance allows more refunds than this: at the last one it ignores the amount and gives everything
/// back, and one may have been used by hand unseen.
const LAST_REFUNDS: u32 = 2;
/// As many refunds of a payment as Binance may have counted before it told what remains: it allows ten.
const UNTOLD_REFUNDS: usize = 8;

impl Order {
    /// The refund of this id.
    #[must_use]
    pub fn refund(&self, id: &RefundId) -> Option<&Refund> {
        let mut refunds = self.refunds.iter();
        refunds.find(|refund| refund.refund_request_id == *id)
    }

    /// The one refund of which it is not known how it ends, if there is one.
    #[must_use]
    pub fn undecided_refund(&self) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.is_undecided())
    }

    /// The attempt whose payment `wanted` is of.
    ///
    /// # Errors
    /// [`NotRefundable`], if there is none, or another refund is undecided.
    pub fn refund_from(&self, wanted: &Wanted) -> Result<u8, NotRefundable> {
        let is_paid = match self.status {
            Status::Paid | Status::Disputed | Status::PartiallyRefunded | Status::Refunded => true,
            Status::Created
            | Status::Pending
            | Status::Canceled
            | Status::Expired
            | Status::Failed => false,
        };
        if !is_paid {
            return Err(NotRefundable::NotPaid);
        }
        if self.undecided_refund().is_some() {
            return Err(NotRefundable::UnderWay);
        }
        self.payment_of(wanted).map(|(number, _)| number)
    }

    /// The attempt and the amount that `wanted` comes to.
    pub(in crate::order) fn refund_of(
        &self,
        wanted: &Wanted,
    ) -> Result<(u8, Amount), NotRefundable> {
        self.refund_from(wanted)?;
        let (number, payment) = self.payment_of(wanted)?;
        if payment.remaining_refunds == Some(0) {
            return Err(NotRefundable::UsedUp);
        }
        let by_us = self.given_back(number);
        let left = payment.refunded_amount();
        let left = left.map(|gone| payment.less(gone.max(by_us)));
        let amount = wanted.amount.or(left);
        let amount = amount.ok_or(NotRefundable::AmountUnknown)?;
        let most = left.unwrap_or(payment.less(by_us));
        if amount > most || amount.is_zero() {
            return Err(NotRefundable::TooHigh { left: most });
        }
        if left != Some(amount) && !self.may_refund_a_part(number, payment) {
            return Err(NotRefundable::TakesAll);
        }
        Ok((number, amount))
    }

    fn payment_of(&self, wanted: &Wanted) -> Result<(u8, &Payment), NotRefundable> {
        let mut payments = self.payments();
        if let Some(named) = &wanted.merchant_trade_no {
            let found =
                payments.find(|(number, _)| self.trade_no_of(*number).to_string() == *named);
            return found.ok_or(NotRefundable::NoSuchPayment);
        }
        match (payments.next(), payments.next()) {
            (Some(only), None) => Ok(only),
            (Some(_), Some(_)) => Err(NotRefundable::SeveralPayments),
            (None, _) => Err(NotRefundable::NotPaid),
        }
    }

    /// What went back of an attempt's payment by refunds that were asked for here.
    pub(super) fn given_back(&self, number: u8) -> Amount {
        let refunds = self
            .refunds
            .iter()
            .filter(|refund| refund.attempt == number && refund.status == RefundStatus::Succeeded);
        // No payment is so large that a sum of its refunds could not be held.
        refunds.fold(Amount::ZERO, |sum, refund| {
            sum.checked_add(refund.amount).unwrap_or(sum)
        })
    }

    fn may_refund_a_part(&self, number: u8, payment: &Payment) -> bool {
        if let Some(remaining) = payment.remaining_refunds {
            return remaining > LAST_REFUNDS;
        }
        let before = || {
            self.refunds
                .iter()
                .filter(|refund| refund.attempt == number)
        };
        before().count() < UNTOLD_REFUNDS && !before().any(|refund| refund.is_accepted)
    }

    /// LeadsCalendar asks for a refund, which is sent as soon as it is recorded.
    pub(in crate::order) fn record_refund(
        &mut self,
        id: &RefundId,
        wanted: &Wanted,
        by: &str,
        at_ms: i64,
    ) -> Applied {
        if self.refund(id).is_some() {
            return Applied::Unchanged;
        }
        let (attempt, amount) = match self.refund_of(wanted) {
            Ok(refund) => refund,
            Err(reason) => return Applied::Refused(Refusal::NotRefundable(reason)),
        };
        let Some(payment) = self
            .attempt(attempt)
            .and_then(|attempt| attempt.payment.as_ref())
        else {
            return Applied::Refused(Refusal::NotRefundable(NotRefundable::NotPaid));
        };
        let part = (attempt, amount, payment.currency.clone());
        let refund = Refund::recorded(id, wanted, part, at_ms);
        self.refunds.push(Refund {
            sent_by: by.to_owned(),
            ..refund
        });
        self.schedule_refund();
        Applied::Changed
    }
}
