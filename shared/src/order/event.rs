//! What can happen to an order, and what it did.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::fact::Fact;
use super::hint::Doubt;
use super::refund::{NotRefundable, RefundFact, Sent, Wanted};
use super::{Claim, End, RefundId, Unaccepted, Work};

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
    /// The call that should have opened a checkout ended without one.
    NotOpened {
        /// The attempt's number, 1–99.
        attempt: u8,
        /// How.
        end: End,
    },
    /// A notification says something that Binance must be asked about.
    Reported {
        /// Of which attempt, 1–99.
        attempt: u8,
        /// Why it is not believed.
        doubt: Doubt,
    },
    /// Binance answered about what was reported.
    ReportAnswered {
        /// It was asked for the second time.
        is_last: bool,
    },
    /// Binance was asked about it for the second time, and did not answer, or is not done with it.
    ReportUnanswered,
    /// An invocation sets out to open a checkout: under the same number if that was never used, else under the next.
    Resumed(Claim),
    /// The same, and the end of the checkout is left to Binance, which refused to end it with the order.
    ResumedWithoutEnd(Claim),
    /// Too little of the order's time is left to open a checkout.
    TimeUp {
        /// The request id of the invocation that would have opened it.
        by: String,
    },
    /// LeadsCalendar wishes to close the order.
    CloseWished,
    /// LeadsCalendar asks for a refund, and it is about to be sent.
    RefundWanted {
        /// Its id.
        id: RefundId,
        /// What is asked for.
        wanted: Wanted,
        /// The request id of the invocation that is to send it.
        by: String,
    },
    /// Binance knows a refund that LeadsCalendar asks for, and that is not recorded.
    RefundFound {
        /// Its id.
        id: RefundId,
        /// The attempt whose payment it is of.
        attempt: u8,
        /// What is asked for.
        wanted: Wanted,
        /// What Binance says of it.
        fact: RefundFact,
    },
    /// A refund that Binance does not know is about to be sent again.
    RefundSending {
        /// Its id.
        id: RefundId,
    },
    /// A refund was sent.
    RefundSent {
        /// Its id.
        id: RefundId,
        /// What came of it.
        sent: Sent,
        /// Which sending it was: the refund's `sent_at_ms` then.
        sent_at_ms: i64,
        /// No earlier sending of it can have arrived.
        is_only: bool,
        /// LeadsCalendar learns of it by the answer to its own request.
        is_answered: bool,
    },
    /// Binance was asked about a refund.
    RefundLearned {
        /// Its id.
        id: RefundId,
        /// What it answered.
        fact: RefundFact,
        /// LeadsCalendar learns of it by the answer to its own request.
        is_answered: bool,
    },
    /// Binance was asked about the undecided refund, and did not answer.
    RefundUnanswered,
    /// The invocation gave up before Binance took the number, which the next one uses. Says nothing of the claim of
    /// anybody else: the write may be repeated when the order has long been taken over.
    Released {
        /// The invocation's request id.
        by: String,
    },
    /// Binance answered about every attempt.
    Asked {
        /// When it was decided to ask; a step that was used up since is not used up once more.
        began_ms: i64,
    },
    /// Binance was asked, and did not answer about every attempt, or is not done with it.
    Unanswered,
    /// Binance limits the rate: it is asked at another time, and no step is used up.
    PutOff {
        /// The wait that Binance asked for, in milliseconds.
        wait_ms: i64,
        /// It was to be asked by whoever has taken the work on, and not only due for it.
        is_taken_on: bool,
    },
    /// An operator wants Binance asked now.
    AskWished,
    /// Nobody came back for an order without a checkout, and Binance knows of no payment.
    Abandoned,
    /// An invocation takes on the work that is due.
    Claimed {
        /// Which.
        work: Work,
        /// When somebody else may, if it has not been done by then.
        until_ms: i64,
        /// A number of its own, so that two claims made at the same millisecond are not taken for one.
        by: u32,
    },
    /// LeadsCalendar accepted a revision.
    Confirmed {
        /// Which.
        revision: i64,
    },
    /// LeadsCalendar did not accept a revision.
    Unconfirmed {
        /// Which.
        revision: i64,
        /// Which attempt to tell it failed, from 1; so that it counts once, whoever repeats the write.
        attempt: u32,
        /// Why, and what follows.
        answer: Unaccepted,
    },
    /// An operator wants LeadsCalendar told again.
    RepeatAsked,
    /// An operator wants LeadsCalendar told at once of what it has not accepted, from the first step.
    UntoldWished,
    /// The alarms have been raised that were owed at a certain time.
    Alarmed {
        /// The order's `alarm_at_ms` at that time; what was owed since is another.
        due_at_ms: i64,
    },
}

impl Event {
    /// Whether it is about a refund that was asked for here, which is asked about by steps of its own.
    pub(super) fn is_of_refund(&self) -> bool {
        matches!(
            self,
            Self::RefundWanted { .. }
                | Self::RefundFound { .. }
                | Self::RefundSending { .. }
                | Self::RefundSent { .. }
                | Self::RefundLearned { .. }
                | Self::RefundUnanswered
        )
    }
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

impl Applied {
    /// What two events did together, of which neither was refused.
    #[must_use]
    pub(super) fn or(self, other: Self) -> Self {
        if self == Self::Unchanged { other } else { self }
    }
}

/// Why an event does not fit the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Something is said of an attempt that was never made.
    #[error("the order has no such attempt")]
    NoSuchAttempt,
    /// There is a checkout, or a payment.
    #[error("only an order without a checkout, which nobody wished to close, can be resumed")]
    NotResumable,
    /// A refund is not even sent.
    #[error(transparent)]
    NotRefundable(NotRefundable),
    /// Somebody else's claim has not ended.
    #[error("another invocation is opening the checkout")]
    InProgress,
    /// Two digits can name no more.
    #[error("the order has used up its 99 attempts")]
    AttemptsUsedUp,
    /// Binance has money under one of its numbers of which nobody knows whose it is.
    #[error("a payment is reported under a number of this order that was used before it")]
    PaidUnknown,
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
    /// Binance answers something else about a paid order than that it is paid.
    #[serde(rename = "order.contradicted")]
    Contradicted,
    /// Binance has money under a trade number of ours that cannot be this order's.
    #[serde(rename = "order.unknown")]
    Unknown,
    /// The order waits for its payer a day after its end.
    #[serde(rename = "order.stuck")]
    Stuck,
    /// A notification named our checkout, and Binance, asked twice, knows nothing of it.
    #[serde(rename = "notification.unconfirmed")]
    Unconfirmed,
    /// It is not known for a day how a refund ended.
    #[serde(rename = "refund.stuck")]
    RefundStuck,
    /// Binance contradicts what it said of a refund.
    #[serde(rename = "refund.contradicted")]
    RefundContradicted,
    /// Another amount went back than was asked for.
    #[serde(rename = "refund.amount")]
    RefundAmount,
    /// The merchant's balance at Binance is too low for a refund.
    #[serde(rename = "refund.balance")]
    RefundBalance,
    /// LeadsCalendar has not accepted the current revision in all steps of the schedule, or wants to hear no more of it.
    #[serde(rename = "confirmation.exhausted")]
    Exhausted,
}

impl fmt::Display for Alarm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(formatter)
    }
}
