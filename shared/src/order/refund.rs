//! Money that LeadsCalendar asked to give back: what was asked for, what was sent, and how it ended. One refund of an order
//! at a time, so that what is left and what attempts remain are exact.

mod found;
mod id;
mod learn;
mod plan;

use serde::{Deserialize, Serialize};

pub use id::{RefundId, RefundIdError};

use crate::money::{Amount, Currency};

/// A refund that was asked for here; times are milliseconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refund {
    /// Binance's name for it, which is ours.
    pub refund_request_id: RefundId,
    /// What was asked for: the content that its key is compared by.
    pub wanted: Wanted,
    /// The attempt whose payment it is of, 1–99.
    pub attempt: u8,
    /// What is given back: as Binance answered, and until then as it was worked out from what was asked for.
    pub amount: Amount,
    /// Currency of `amount`.
    pub currency: Currency,
    /// Where it stands.
    pub status: RefundStatus,
    /// Why Binance refused it, if it gave a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Binance refused it since the merchant's balance was too low.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_balance_low: bool,
    /// When it was recorded.
    pub created_at_ms: i64,
    /// When it was known how it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at_ms: Option<i64>,
    /// When it was last sent to Binance.
    pub sent_at_ms: i64,
    /// The request id of the invocation that recorded it: of two at the same moment only one may take the record for its own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sent_by: String,
    /// A sending of it may have arrived at Binance.
    pub may_have_arrived: bool,
    /// Binance answered a sending with success, or says that it is under way.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_accepted: bool,
    /// When the alarm was raised that it is not known for a day how it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stuck_at_ms: Option<i64>,
    /// When Binance last answered a question about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at_ms: Option<i64>,
    /// Questions since that had no answer.
    #[serde(default, skip_serializing_if = "super::steps::is_zero")]
    pub unanswered: u32,
}

/// What LeadsCalendar asks to be given back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wanted {
    /// In the payment's currency, in its shortest form; absent: all that is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// Told to Binance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Of which payment; absent: of the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merchant_trade_no: Option<String>,
}

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RefundStatus {
    /// Undecided: it is on its way, or it is not known whether it is.
    Pending,
    /// The money went back.
    Succeeded,
    /// It did not, and will not.
    Failed,
}

/// Why a refund is not even sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRefundable {
    /// No payment is known.
    #[error("the order is not paid")]
    NotPaid,
    /// There are several payments, and none is named.
    #[error("the order has several payments")]
    SeveralPayments,
    /// The named payment is none of the order's.
    #[error("the order has no such payment")]
    NoSuchPayment,
    /// Another one is undecided.
    #[error("another refund of the order is undecided")]
    UnderWay,
    /// More than is left.
    #[error("more than is left")]
    TooHigh {
        /// What is left of the payment.
        left: Amount,
    },
    /// Binance may ignore the amount, and give everything back.
    #[error("a part is no longer possible")]
    TakesAll,
    /// Binance allows no more refunds of the payment.
    #[error("the refunds of the payment are used up")]
    UsedUp,
    /// A part of unknown size went back by hand.
    #[error("what is left is unknown")]
    AmountUnknown,
}

/// What came of sending a refund to Binance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Binance accepted it.
    Accepted(RefundFact),
    /// Binance refused it.
    Refused {
        /// By this code, if it gave one.
        code: Option<String>,
        /// The merchant's balance is too low for it.
        is_balance_low: bool,
    },
    /// It was certainly not carried out.
    NotDone,
    /// Whether it was carried out is not known.
    Unknown,
}

/// What Binance itself told us of a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundFact(pub(super) RefundKnown);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RefundKnown {
    /// An answer to the call or to the question.
    Answered { status: RefundStatus, sums: Sums },
    /// Binance knows no refund of this id.
    NotFound,
}

/// The money in an answer about a refund; each may be absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    /// Of this refund.
    pub amount: Option<Amount>,
    /// Of all refunds of the payment, with this one.
    pub total: Option<Amount>,
    /// How many more Binance allows for the payment.
    pub remaining: Option<u32>,
}

impl RefundFact {
    /// Of an answer to refund or to query refund.
    pub(crate) fn answered(status: RefundStatus, sums: Sums) -> Self {
        Self(RefundKnown::Answered { status, sums })
    }

    /// Of the answer that there is no such refund.
    pub(crate) fn not_found() -> Self {
        Self(RefundKnown::NotFound)
    }

    /// Whether Binance does not know the refund.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.0 == RefundKnown::NotFound
    }
}

impl Refund {
    /// A refund of which it is not known yet how it ends: so much of the payment of this attempt.
    fn recorded(
        id: &RefundId,
        wanted: &Wanted,
        (attempt, amount, currency): (u8, Amount, Currency),
        at_ms: i64,
    ) -> Self {
        Self {
            refund_request_id: id.clone(),
            wanted: wanted.clone(),
            attempt,
            amount: amount.normalized(),
            currency,
            status: RefundStatus::Pending,
            code: None,
            is_balance_low: false,
            created_at_ms: at_ms,
            ended_at_ms: None,
            sent_at_ms: at_ms,
            sent_by: String::new(),
            may_have_arrived: true,
            is_accepted: false,
            stuck_at_ms: None,
            asked_at_ms: None,
            unanswered: 0,
        }
    }

    /// It is not known how it ends.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.status == RefundStatus::Pending
    }
}
