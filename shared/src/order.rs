//! The order: what LeadsCalendar wants paid, what is known of each attempt to open a checkout, and what LeadsCalendar
//! is still owed. Pure: no I/O, no clock.
//!
//! ```text
//!             opened                   paid (matches)
//!  CREATED ───────────▶ PENDING ─────────────────────▶ PAID ──▶ PARTIALLY_REFUNDED ──▶ REFUNDED
//!   │   ▲                │  │  └─ paid (does not match) ─▶ DISPUTED ─ all went back ──────▲
//!   │   │ Resumed        │  ├─ closed ──▶ CANCELED ─┐         └─ a matching payment ─▶ PAID
//!   ▼   │                │  └─ its time passed ─▶ EXPIRED ─┼─ a late payment ─▶ PAID, late
//!  FAILED ◀── ERROR ─────┘                          │
//!   └───────────────────────────────────────────────┘
//! ```
//!
//! The status is not set but derived from facts that only accumulate, so they may come twice, late and out of order. A fact
//! is what Binance told us in answer to a call of ours, or a notification that agrees with such an answer ([`Hint`]).

mod alarm;
mod attempt;
mod closing;
mod confirmation;
mod event;
mod fact;
mod hint;
mod id;
mod learn;
mod payment;
mod refund;
mod report;
mod request;
mod status;
mod steps;
mod transition;
mod view;

use serde::{Deserialize, Serialize};

pub use attempt::{Attempt, Checkout, End, Terms};
pub use closing::{Closing, Ended};
pub use confirmation::{Confirmation, SCHEDULE_MS, Told, Unaccepted, Untold};
pub use event::{Alarm, Applied, Event, Refusal};
pub(crate) use fact::Found;
pub use fact::{Fact, Money, State};
pub use hint::{Checked, Doubt, Hint, Kind, Says};
pub use id::{Namespace, OrderId, OrderIdError, TradeNo, TradeNoError};
pub use payment::{Payment, Refunded};
pub(crate) use refund::Sums;
pub use refund::{
    NotRefundable, Refund, RefundFact, RefundId, RefundIdError, RefundStatus, Sent, Wanted,
};
pub use report::Report;
pub use request::{Request, TerminalType, TransactionType};
pub use steps::{Steps, Work, is_due};
pub use transition::MAX_ATTEMPTS;
pub use view::{FullView, RefundView, Time, View};

/// An order as it is stored; times are milliseconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// Our id.
    pub order_id: OrderId,
    /// Raised by each write; a write is refused when it is no longer what was read.
    pub version: u64,
    /// It was recorded to be paid at Binance itself, and not at a stand-in.
    pub livemode: bool,
    /// What LeadsCalendar asked for.
    pub request: Request,
    /// When the order was recorded.
    pub created_at_ms: i64,
    /// For how long LeadsCalendar holds the slot, in seconds, 60–3600; an hour where it did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_secs: Option<u32>,
    /// Derived from `attempts` by each transition.
    pub status: Status,
    /// Every attempt to open a checkout, the first one first.
    pub attempts: Vec<Attempt>,
    /// LeadsCalendar wishes to close the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing: Option<Closing>,
    /// The order is over, since nobody has the address of a checkout; only money changes that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    /// The invocation that is opening a checkout now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim>,
    /// The attempt whose payment made the order `PAID`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_attempt: Option<u8>,
    /// The payment came after the order was over, or for an older attempt.
    pub late: bool,
    /// Every change of status, of what went back, and of the number of payments.
    pub history: Vec<Change>,
    /// What LeadsCalendar is still owed.
    pub confirmation: Confirmation,
    /// How far the order has been asked about.
    pub steps: Steps,
    /// When Binance is to be asked about the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask_at_ms: Option<i64>,
    /// Who took on its work last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_on_by: Option<u32>,
    /// What a notification said and Binance has not confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
    /// Every refund that was asked for here, the first one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<Refund>,
    /// When Binance is to be asked about the undecided one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_ask_at_ms: Option<i64>,
    /// What the operator is still owed: alarms that have not been raised for certain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alarms: Vec<Alarm>,
    /// When they are to be raised by whoever comes by, if those who owe them have not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm_at_ms: Option<i64>,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Recorded; Binance has not answered yet.
    Created,
    /// Checkout open, waiting for the payer.
    Pending,
    /// Money received; trade number, prepay id, amount and currency all match.
    Paid,
    /// Closed at Binance before its end.
    Canceled,
    /// Its time passed unpaid.
    Expired,
    /// Binance refused the order, reports `ERROR`, or gave no checkout and nobody repeated the request.
    Failed,
    /// Binance, asked by us, reports a payment that does not match the order; a person decides.
    Disputed,
    /// A part of what was paid went back.
    PartiallyRefunded,
    /// Nothing is left of any payment.
    Refunded,
}

/// An invocation that works on the order, and until when nobody else may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// The invocation's request id.
    pub by: String,
    /// Its deadline.
    pub until_ms: i64,
}

/// One change of status, of what went back, or of the number of payments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// When.
    pub at_ms: i64,
    /// Into what.
    pub status: Status,
    /// By what.
    pub cause: String,
}

impl Order {
    /// A new order whose first attempt begins with its record.
    #[must_use]
    pub fn new(
        order_id: OrderId,
        livemode: bool,
        request: Request,
        claim: Claim,
        at_ms: i64,
    ) -> Self {
        let mut order = Self {
            order_id,
            version: 1,
            livemode,
            request,
            created_at_ms: at_ms,
            expires_in_secs: None,
            status: Status::Created,
            attempts: vec![Attempt {
                started_at_ms: at_ms,
                ..Attempt::default()
            }],
            closing: None,
            ended: None,
            claim: Some(claim),
            paid_attempt: None,
            late: false,
            history: vec![Change {
                at_ms,
                status: Status::Created,
                cause: "request".to_owned(),
            }],
            confirmation: Confirmation::of_new(at_ms),
            steps: Steps::default(),
            ask_at_ms: None,
            taken_on_by: None,
            report: None,
            refunds: Vec::new(),
            refund_ask_at_ms: None,
            alarms: Vec::new(),
            alarm_at_ms: None,
        };
        order.begin_steps(at_ms);
        order.schedule_ask();
        order
    }

    /// The trade number of the attempt under way.
    #[must_use]
    pub fn trade_no(&self) -> TradeNo {
        self.trade_no_of(self.current_attempt())
    }

    /// The trade number of an attempt, 1–99.
    #[must_use]
    pub fn trade_no_of(&self, attempt: u8) -> TradeNo {
        TradeNo {
            order_id: self.order_id.clone(),
            attempt,
        }
    }

    /// The attempt of this number, 1–99.
    #[must_use]
    pub fn attempt(&self, number: u8) -> Option<&Attempt> {
        self.attempts.get(usize::from(number).checked_sub(1)?)
    }

    /// The newest attempt, which is never absent: an order is recorded with its first.
    #[must_use]
    pub fn current(&self) -> Option<&Attempt> {
        self.attempts.last()
    }

    /// The number of the newest attempt, 1–99.
    #[must_use]
    pub fn current_attempt(&self) -> u8 {
        u8::try_from(self.attempts.len()).unwrap_or(u8::MAX)
    }

    /// The number of the attempt that the view shows: the paid one, else the newest.
    #[must_use]
    pub fn shown_attempt(&self) -> u8 {
        self.paid_attempt.unwrap_or(self.current_attempt())
    }

    /// The payment that made the order `PAID`.
    #[must_use]
    pub fn payment(&self) -> Option<&Payment> {
        self.attempt(self.paid_attempt?)?.settled()
    }

    /// Whether a payment has settled it, whatever became of the money since.
    #[must_use]
    pub fn is_paid(&self) -> bool {
        self.paid_attempt.is_some()
    }

    /// The trade numbers of all attempts, for the operator.
    #[must_use]
    pub fn trade_nos(&self) -> String {
        let numbers = 1..=self.current_attempt();
        let trade_nos: Vec<String> = numbers
            .map(|number| self.trade_no_of(number).to_string())
            .collect();
        trade_nos.join(", ")
    }

    /// When there is work: Binance to be asked, LeadsCalendar to be told, or an alarm to be raised.
    #[must_use]
    pub fn due_at_ms(&self) -> Option<i64> {
        let dues = [
            self.ask_at_ms,
            self.report.as_ref().map(|report| report.at_ms),
            self.refund_ask_at_ms,
            self.confirmation.next_attempt_at_ms,
            self.alarm_at_ms,
        ];
        dues.into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests;
