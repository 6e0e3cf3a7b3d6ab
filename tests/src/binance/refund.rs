//! A refund as Binance Pay keeps it, and what an order has left to give back.
//!
//! While a refund is pending its money counts as given back; a rejected one returns it. Each attempt counts, also one
//! that was rejected afterwards.

use rust_decimal::Decimal;
use serde::Serialize;

use super::answer::Refusal;
use super::money::as_text;
use super::order::{Order, Status};
use super::play::Impossible;
use crate::random::Source;

const MOST_ATTEMPTS: usize = 10;

/// Binance's statuses of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are Binance's")]
pub enum RefundStatus {
    #[serde(rename = "REFUND_SUCCESS")]
    Success,
    #[serde(rename = "REFUND_PENDING")]
    Pending,
    #[serde(rename = "REFUND_FAIL")]
    Fail,
}

/// Money given back, or on its way; times are the simulator's own, in milliseconds.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refund {
    /// The caller's name for it; of one made by hand Binance's own.
    pub refund_request_id: String,
    /// Binance's number.
    pub refund_id: String,
    /// What goes back.
    #[serde(serialize_with = "as_text")]
    pub amount: Decimal,
    /// What was asked for: the last attempt takes everything left, whatever that was.
    #[serde(serialize_with = "as_text")]
    pub asked: Decimal,
    /// How it stands.
    pub status: RefundStatus,
    /// Whether it was made on the merchant page.
    pub by_hand: bool,
    /// Why, as the caller said.
    pub reason: Option<String>,
    /// Where its end is told: the call's own address, and no other.
    pub webhook_url: Option<String>,
    /// When it was accepted.
    pub create_time: i64,
    /// When it succeeded or was rejected.
    pub end_time: Option<i64>,
    /// What was given back of the order when this one was accepted, itself included.
    #[serde(skip)]
    pub(crate) refunded_then: Decimal,
    /// The attempts that remained then.
    #[serde(skip)]
    pub(crate) attempts_then: usize,
    /// How it ends by itself, and when.
    #[serde(skip)]
    pub(crate) due: Option<(RefundStatus, i64)>,
}

impl Refund {
    /// One that is done as soon as it is made.
    pub(crate) fn new(id: String, amount: Decimal, now_ms: i64, random: Source) -> Self {
        Self {
            refund_id: random.of("refund", &id).digits(18),
            refund_request_id: id,
            amount,
            asked: amount,
            status: RefundStatus::Success,
            by_hand: false,
            reason: None,
            webhook_url: None,
            create_time: now_ms,
            end_time: Some(now_ms),
            refunded_then: Decimal::ZERO,
            attempts_then: 0,
            due: None,
        }
    }

    /// One made on the merchant page, of which nobody is told unless that is asked for.
    pub(crate) fn by_hand(order: &Order, amount: Decimal, now_ms: i64, random: Source) -> Self {
        let name = format!("{} {}", order.token, order.refunds.len());
        let id = random.of("refund by hand", &name).hex(32);
        Self {
            by_hand: true,
            webhook_url: order.webhook_url.clone(),
            ..Self::new(id, amount, now_ms, random)
        }
    }
}

impl Order {
    /// The sum given back, or on its way.
    #[must_use]
    pub fn refunded(&self) -> Decimal {
        self.sum(|status| status != RefundStatus::Fail)
    }

    /// The sum that has arrived.
    #[must_use]
    pub fn given_back(&self) -> Decimal {
        self.sum(|status| status == RefundStatus::Success)
    }

    fn sum(&self, counts: impl Fn(RefundStatus) -> bool) -> Decimal {
        let counted = self.refunds.iter().filter(|refund| counts(refund.status));
        counted.map(|refund| refund.amount).sum()
    }

    /// What can still be given back.
    pub(crate) fn left(&self) -> Decimal {
        self.reported().0 - self.refunded()
    }

    pub(crate) fn remaining_attempts(&self) -> usize {
        MOST_ATTEMPTS.saturating_sub(self.refunds.len())
    }

    /// Whether a refund is under way.
    pub(crate) fn is_refunding(&self) -> bool {
        let mut refunds = self.refunds.iter();
        self.refunding || refunds.any(|refund| refund.status == RefundStatus::Pending)
    }

    /// What would go back of an amount that was asked for; the last attempt takes everything left.
    pub(crate) fn would_give(&self, asked: Decimal) -> Result<Decimal, Refusal> {
        if self.remaining_attempts() == 1 && !self.left().is_zero() {
            return self.allow(self.left());
        }
        self.allow(asked)
    }

    fn allow(&self, amount: Decimal) -> Result<Decimal, Refusal> {
        let was_paid = matches!(
            self.status,
            Status::Paid | Status::Refunded | Status::FullRefunded
        );
        if !was_paid {
            return Err(Refusal::new("400202", "Order not found."));
        }
        if self.remaining_attempts() == 0 {
            return Err(Refusal::new("400302", "Too many refund attempts."));
        }
        if amount.is_zero() || amount > self.left() {
            return Err(Refusal::new("400303", "Invalid refund amount."));
        }
        Ok(amount)
    }

    /// Gives money back, or begins to, as long as there is enough left.
    pub(crate) fn give_back(&mut self, mut refund: Refund) -> Result<&Refund, Refusal> {
        self.allow(refund.amount)?;
        refund.refunded_then = self.refunded() + refund.amount;
        refund.attempts_then = self.remaining_attempts() - 1;
        self.refunds.push(refund);
        self.follow_refunds();
        Ok(self.refunds.last().expect("it has just been added"))
    }

    /// A refund succeeds or is rejected; one that had ended may end the other way, as an error of Binance's put right.
    pub(crate) fn end_refund(
        &mut self,
        id: &str,
        end: RefundStatus,
        now_ms: i64,
    ) -> Result<Refund, Impossible> {
        let left = self.left();
        let mut refunds = self.refunds.iter_mut();
        let refund = refunds
            .find(|refund| refund.refund_request_id == id)
            .ok_or(Impossible::UnknownOrder)?;
        if refund.status == end {
            return Err(Impossible::Because(format!("the refund is {end:?}")));
        }
        if refund.status == RefundStatus::Fail && refund.amount > left {
            return Err(Impossible::Because("too little is left".to_owned()));
        }
        refund.status = end;
        refund.end_time = Some(now_ms);
        refund.due = None;
        let ended = refund.clone();
        self.follow_refunds();
        Ok(ended)
    }

    /// The refunds whose time has come end.
    pub(crate) fn end_due_refunds(&mut self, now_ms: i64) -> Vec<Refund> {
        let mut ended = Vec::new();
        for refund in &mut self.refunds {
            if let Some((end, at_ms)) = refund.due
                && at_ms <= now_ms
            {
                refund.status = end;
                refund.end_time = Some(at_ms);
                refund.due = None;
                ended.push(refund.clone());
            }
        }
        if !ended.is_empty() {
            self.follow_refunds();
        }
        ended
    }

    /// The status that what has arrived makes it.
    fn follow_refunds(&mut self) {
        let given_back = self.given_back();
        self.status = if given_back.is_zero() {
            Status::Paid
        } else if given_back == self.reported().0 {
            Status::FullRefunded
        } else {
            Status::Refunded
        };
    }
}
