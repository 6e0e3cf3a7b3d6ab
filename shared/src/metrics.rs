//! What an invocation measures.
//!
//! It is counted where it happens, and written by the invocation's one outcome line in the form that CloudWatch reads (Embedded
//! Metric Format). So a metric costs neither a call nor an agent, and none costs anything while there is nothing to count.
//!
//! Kept by thread: a function has one, and one invocation at a time. What is counted in init stands in the first line.

use std::cell::RefCell;
use std::fmt::Write as _;

use serde_json::Value;

/// Where the metrics of all stacks are; the stack is their one dimension.
pub const NAMESPACE: &str = "LeadsCalendarPayments";

/// What is measured. The name is that of the member in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Orders answered with a checkout that was opened for them.
    Created,
    /// Orders answered as they stood already.
    Replayed,
    /// Orders that became `PAID`.
    Paid,
    /// Orders that became `CANCELED`, `EXPIRED` or `FAILED`.
    Unpaid,
    /// Notifications answered `SUCCESS`.
    Acknowledged,
    /// Notifications, or what was to pass for one, answered otherwise.
    Unacknowledged,
    /// Confirmations that LeadsCalendar accepted.
    Confirmed,
    /// Confirmations that it did not.
    Unconfirmed,
    /// Orders about which a run of `reconcile-orders` asked.
    Asked,
    /// Of these, orders whose status changed.
    Settled,
    /// Calls that Binance carried out, or answered.
    BinanceDone,
    /// Calls that it refused.
    BinanceRefused,
    /// Calls to which it denied access.
    BinanceAccess,
    /// Calls that it certainly did not carry out.
    BinanceNotDone,
    /// Calls of which nobody knows.
    BinanceUnknown,
    /// The longest call of Binance in the invocation, in milliseconds.
    BinanceMs,
    /// For how long the oldest order has been due that a run had no time for, in seconds; 0 if there is none.
    OldestDueSec,
    /// For how long LeadsCalendar has not accepted the oldest of what it was told in vain, in seconds; 0 if there is none.
    OldestUntoldSec,
    /// Orders of which LeadsCalendar was told in vain and is told again.
    Untold,
    /// Processes that were started.
    ColdStarts,
}

impl Metric {
    /// All that there are.
    pub const ALL: [Self; 20] = [
        Self::Created,
        Self::Replayed,
        Self::Paid,
        Self::Unpaid,
        Self::Acknowledged,
        Self::Unacknowledged,
        Self::Confirmed,
        Self::Unconfirmed,
        Self::Asked,
        Self::Settled,
        Self::BinanceDone,
        Self::BinanceRefused,
        Self::BinanceAccess,
        Self::BinanceNotDone,
        Self::BinanceUnknown,
        Self::BinanceMs,
        Self::OldestDueSec,
        Self::OldestUntoldSec,
        Self::Untold,
        Self::ColdStarts,
    ];

    /// Its name in the line, and so in CloudWatch.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Replayed => "replayed",
            Self::Paid => "paid",
            Self::Unpaid => "unpaid",
            Self::Acknowledged => "acknowledged",
            Self::Unacknowledged => "unacknowledged",
            Self::Confirmed => "confirmed",
            Self::Unconfirmed => "unconfirmed",
            Self::Asked => "asked",
            Self::Settled => "settled",
            Self::BinanceDone => "binanceDone",
            Self::BinanceRefused => "binanceRefused",
            Self::BinanceAccess => "binanceAccess",
            Self::BinanceNotDone => "binanceNotDone",
            Self::BinanceUnknown => "binanceUnknown",
            Self::BinanceMs => "binanceMs",
            Self::OldestDueSec => "oldestDueSec",
            Self::OldestUntoldSec => "oldestUntoldSec",
            Self::Untold => "untold",
            Self::ColdStarts => "coldStarts",
        }
    }

    /// What it is measured in; a count needs no unit.
    #[must_use]
    pub fn unit(self) -> Option<&'static str> {
        match self {
            Self::BinanceMs => Some("Milliseconds"),
            Self::OldestDueSec | Self::OldestUntoldSec => Some("Seconds"),
            Self::Created
            | Self::Replayed
            | Self::Paid
            | Self::Unpaid
            | Self::Acknowledged
            | Self::Unacknowledged
            | Self::Confirmed
            | Self::Unconfirmed
            | Self::Asked
            | Self::Settled
            | Self::BinanceDone
            | Self::BinanceRefused
            | Self::BinanceAccess
            | Self::BinanceNotDone
            | Self::BinanceUnknown
            | Self::Untold
            | Self::ColdStarts => None,
        }
    }
}

/// A metric and its value.
pub type Measured = (Metric, i64);

thread_local! {
    static MEASURED: RefCell<Vec<Measured>> = const { RefCell::new(Vec::new()) };
}

/// Counts one.
pub fn count(metric: Metric) {
    add(metric, 1);
}

/// Counts so many; nothing is written for none.
pub fn add(metric: Metric, times: u32) {
    if times > 0 {
        let times = i64::from(times);
        measure(metric, times, |known| known.saturating_add(times));
    }
}

/// Measures a size, of which the invocation's greatest counts; 0 is one like any other.
pub fn greatest(metric: Metric, value: i64) {
    measure(metric, value, |known| known.max(value));
}

fn measure(metric: Metric, first: i64, again: impl FnOnce(i64) -> i64) {
    MEASURED.with_borrow_mut(
        |all| match all.iter_mut().find(|(known, _)| *known == metric) {
            Some((_, value)) => *value = again(*value),
            None => all.push((metric, first)),
        },
    );
}

/// Whether something was measured that no line has yet.
#[must_use]
pub fn are_waiting() -> bool {
    MEASURED.with_borrow(|all| !all.is_empty())
}

/// Takes what was measured since the last time.
pub(crate) fn take() -> Vec<Measured> {
    MEASURED.take()
}

/// The last members of a line of JSON, for as many of `measured` as have room in `room` bytes, but for one at least; and
/// those that have none.
pub(crate) fn members<'a>(
    measured: &'a [Measured],
    room: usize,
    stack: &str,
    at_ms: i64,
) -> (String, &'a [Measured]) {
    const END: &str = "]}]}";
    let stack = Value::from(stack);
    let about = format!(
        r#","stack":{stack},"_aws":{{"Timestamp":{at_ms},"CloudWatchMetrics":[{{"Namespace":"{NAMESPACE}","Dimensions":[["stack"]],"Metrics":["#
    );
    let (mut values, mut names) = (String::new(), String::new());
    let mut fitting = 0;
    for (metric, value) in measured {
        let name = metric.name();
        let (before_value, before_name) = (values.len(), names.len());
        let comma = if names.is_empty() { "" } else { "," };
        // Writing to a string does not fail.
        let _ = write!(values, r#","{name}":{value}"#);
        let _ = match metric.unit() {
            None => write!(names, r#"{comma}{{"Name":"{name}"}}"#),
            Some(unit) => write!(names, r#"{comma}{{"Name":"{name}","Unit":"{unit}"}}"#),
        };
        if fitting > 0 && values.len() + about.len() + names.len() + END.len() > room {
            values.truncate(before_value);
            names.truncate(before_name);
            break;
        }
        fitting += 1;
    }
    let rest = measured.get(fitting..).unwrap_or_default();
    (format!("{values}{about}{names}{END}"), rest)
}

#[cfg(test)]
mod tests;
