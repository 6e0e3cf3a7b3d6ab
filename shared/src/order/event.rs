//! What can happen to an order, and what it did.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Checkout, Claim, Payment, Terms, Unaccepted};
use crate::money::Amount;

/// Something that happened to an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Something became known of one attempt.
    Learned {
        /// Its number, 1–99.
        attempt: u8,
        /// What.
        fact: Fact,
    },
    /// An invocation sets out to open a checkout: under the same number if that was never used, else under the next.
    Resumed(Claim),
    /// The invocation gave up before Binance took the number, which the next one uses. Says nothing of the claim of
    /// anybody else: the write may be repeated when the order has long been taken over.
    Released {
        /// The invocation's request id.
        by: String,
    },
    /// Binance was asked, and the order is as it was.
    Asked,
    /// Nobody came back for an order without a checkout, and Binance knows of no payment.
    Abandoned,
    /// An invocation takes on the work that is due.
    Claimed {
        /// When somebody else may, if it has not been done by then.
        until_ms: i64,
    },
    /// LeadsCalendar accepted a revision.
    Confirmed {
        /// Which.
        revision: u32,
    },
    /// LeadsCalendar did not accept a revision.
    Unconfirmed {
        /// Which.
        revision: u32,
        /// Which attempt to tell it failed, from 1; so that it counts once, whoever repeats the write.
        attempt: u32,
        /// Why, and what follows.
        answer: Unaccepted,
    },
    /// An operator wants LeadsCalendar told again.
    RepeatAsked,
    /// The alarms have been raised that were owed at a certain time.
    Alarmed {
        /// The order's `alarm_at_ms` at that time; what was owed since is another.
        due_at_ms: i64,
    },
}

/// Something that became known of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Binance opened the checkout.
    Opened {
        /// What is to be paid.
        terms: Terms,
        /// Where.
        checkout: Checkout,
    },
    /// Binance refused to open it.
    Refused,
    /// Binance's answer did not reach us.
    Lost,
    /// What is to be paid, from the answer to a query.
    Known(Terms),
    /// Money was received.
    Paid(Payment),
    /// Closed at Binance.
    Closed,
    /// Its time passed.
    Expired,
    /// Binance reports `ERROR`.
    Errored,
    /// Money went back to the payer.
    Refunded {
        /// All that went back so far.
        total: Amount,
    },
}

/// What an event did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The order is another now.
    Changed,
    /// It says nothing new.
    Unchanged,
    /// It does not fit the order.
    Refused(Refusal),
}

/// Why an event does not fit the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Something is said of an attempt that was never made.
    #[error("the order has no such attempt")]
    NoSuchAttempt,
    /// There is a checkout, or a payment.
    #[error("only an order without a checkout can be resumed")]
    NotResumable,
    /// Somebody else's claim has not ended.
    #[error("another invocation is opening the checkout")]
    InProgress,
    /// Two digits can name no more.
    #[error("the order has used up its 99 attempts")]
    AttemptsUsedUp,
}

/// What a person must look at; its name is that of the log's field `alarm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Alarm {
    /// The payment does not match the order.
    #[serde(rename = "order.disputed")]
    Disputed,
    /// Money was received more than once.
    #[serde(rename = "order.second_payment")]
    SecondPayment,
    /// LeadsCalendar will not be told of the current revision again by itself.
    #[serde(rename = "confirmation.exhausted")]
    Exhausted,
}

impl fmt::Display for Alarm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(formatter)
    }
}
