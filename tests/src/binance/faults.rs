//! Faults: how the simulator misbehaves for the next calls when it is told to.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::Envelope;
use super::behaviour::{Later, Pending};
use crate::admin::Fields;

/// Which calls a fault is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names of the calls")]
pub enum On {
    #[default]
    Any,
    Create,
    Query,
    Close,
    Refund,
    RefundQuery,
    Certificates,
}

/// When the payer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum At {
    /// Before the call is carried out.
    Before,
    /// After a close was accepted, and before it is carried out.
    Between,
    /// After the call was carried out, and before it is answered: late where that has ended the order.
    After,
}

/// One way to misbehave. Requests pass the gate first: a badly signed one is refused and uses up no fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "fault",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Fault {
    /// The request is carried out, the connection closed without an answer.
    LostAnswer,
    /// The connection is closed before anything is carried out.
    LostRequest,
    /// Carried out at once, answered after `ms`.
    Slow {
        /// Milliseconds until the answer.
        ms: u64,
    },
    /// Carried out at once; after `ms` the connection is closed without an answer.
    SlowThenLost {
        /// Milliseconds until the connection is closed.
        ms: u64,
    },
    /// The front's 403 page, HTML; nothing is carried out.
    Html403,
    /// Refused by place, HTTP 451; nothing is carried out.
    Geo451,
    /// HTTP 429; nothing is carried out.
    Rate429 {
        /// Seconds in `Retry-After`; no such header without it.
        #[serde(default)]
        retry_after: Option<u64>,
    },
    /// HTTP 500; nothing is carried out, which the caller cannot know.
    Http500,
    /// HTTP 500 although the request was carried out.
    Http500Taken,
    /// HTTP 200 and half of the JSON; the request was carried out.
    BrokenAnswer,
    /// Any refusal; nothing is carried out.
    Refuse {
        /// Binance's code.
        code: String,
        /// Binance's words.
        #[serde(default = "refused")]
        message: String,
        /// The HTTP status: Binance sends failures with 200 and with 4xx.
        #[serde(default = "ok")]
        http: u16,
        /// The shape.
        #[serde(default)]
        envelope: Envelope,
    },
    /// The order is taken, paid and its notification delivered before the answer goes out.
    WebhookFirst,
    /// Steers a close or a query: meanwhile the payer pays the order that it is about.
    PayerComes {
        /// When.
        at: At,
        /// The payment is under way only, and ends when that is told.
        #[serde(default)]
        begins: bool,
        /// Whether the payment's notification is sent.
        #[serde(default = "yes")]
        notify: bool,
    },
    /// Steers a close: it is accepted and carried out later.
    ClosesLater(Later),
    /// Steers a refund: it is accepted and pending.
    RefundPends(Pending),
    /// Steers a refund: it is answered as accepted, and never heard of again.
    RefundForgotten,
}

impl Fault {
    /// The calls that it steers when they are carried out; nothing for one that misbehaves. A call meets one of each.
    fn steers(&self) -> Option<&'static [On]> {
        match self {
            Self::PayerComes {
                at: At::Between, ..
            }
            | Self::ClosesLater(_) => Some(&[On::Close]),
            Self::PayerComes { .. } => Some(&[On::Close, On::Query]),
            Self::RefundPends(_) | Self::RefundForgotten => Some(&[On::Refund]),
            _ => None,
        }
    }
}

fn yes() -> bool {
    true
}

fn refused() -> String {
    "Refused by the sandbox.".to_owned()
}

fn ok() -> u16 {
    200
}

/// The faults by name with their options, for people who misspelt one.
pub const KNOWN: &str = "lostAnswer, lostRequest, slow {ms}, slowThenLost {ms}, html403, geo451, \
    rate429 {retryAfter?}, http500, http500Taken, brokenAnswer, refuse {code, message?, http?, \
    envelope?: normal|msg|errorData|numeric}, webhookFirst; each with on?: \
    any|create|query|close|refund|refundQuery|certificates and times? (null: until cleared). Beside these, what steers a call that is carried \
    out: payerComes {at: before|between|after, begins?, notify?} on close or query, closesLater {afterMs?} on close, \
    refundPends {afterMs?, rejected?} or refundForgotten on refund";

/// A fault waiting for its calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WaitingFault {
    /// The calls it is for.
    pub on: On,
    /// How many calls are left; nothing until it is cleared.
    pub times: Option<u32>,
    /// What happens to them.
    #[serde(flatten)]
    pub fault: Fault,
}

impl WaitingFault {
    /// Reads `{"on":"create","fault":"slow","times":2,"ms":300}`.
    ///
    /// # Errors
    /// A sentence naming what is wrong and all that is known.
    pub fn read(json: Value) -> Result<Self, String> {
        Self::try_read(json).map_err(|problem| format!("{problem}; known faults: {KNOWN}"))
    }

    fn try_read(json: Value) -> Result<Self, String> {
        let mut fields = Fields::of(json)?;
        let on = fields.take("on")?.unwrap_or_default();
        let times = fields.take_times_or_once()?;
        let fault: Fault = fields.rest()?;
        if fault == Fault::WebhookFirst && on != On::Create {
            return Err("webhookFirst needs \"on\":\"create\"".to_owned());
        }
        if let Some(calls) = fault.steers().filter(|calls| !calls.contains(&on)) {
            let name = json!(fault)["fault"].take();
            return Err(format!("{name} needs on to be one of {}", json!(calls)));
        }
        Ok(Self { on, times, fault })
    }
}

/// Uses up one call of the first fault that is for this one.
pub(crate) fn take(waiting: &mut Vec<WaitingFault>, call: On) -> Option<Fault> {
    take_first(waiting, |fault| {
        fault.fault.steers().is_none() && (fault.on == On::Any || fault.on == call)
    })
}

/// The same of what steers a call that is carried out.
pub(crate) fn take_steering(waiting: &mut Vec<WaitingFault>, call: On) -> Option<Fault> {
    take_first(waiting, |fault| {
        let steered = fault.fault.steers().unwrap_or_default();
        steered.contains(&call) && (fault.on == On::Any || fault.on == call)
    })
}

fn take_first(
    waiting: &mut Vec<WaitingFault>,
    is_for_it: impl Fn(&WaitingFault) -> bool,
) -> Option<Fault> {
    let index = waiting
        .iter()
        .position(|fault| fault.times != Some(0) && is_for_it(fault))?;
    let taken = &mut waiting[index];
    taken.times = taken.times.map(|times| times - 1);
    let fault = taken.fault.clone();
    waiting.retain(|fault| fault.times != Some(0));
    Some(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_read_with_its_options() {
        let read =
            WaitingFault::read(json!({"on": "create", "fault": "slow", "times": 2, "ms": 300}))
                .unwrap();
        assert_eq!(
            read,
            WaitingFault {
                on: On::Create,
                times: Some(2),
                fault: Fault::Slow { ms: 300 }
            }
        );
        let shown = json!({"on": "create", "fault": "slow", "times": 2, "ms": 300});
        assert_eq!(json!(read), shown);
        let read = WaitingFault::read(json!({"fault": "rate429"})).unwrap();
        assert_eq!(
            read,
            WaitingFault {
                on: On::Any,
                times: Some(1),
                fault: Fault::Rate429 { retry_after: None }
            }
        );
    }

    #[test]
    fn a_fault_without_an_end_stays_until_it_is_cleared() {
        let json = json!({"on": "query", "fault": "http500", "times": null});
        let mut waiting = vec![WaitingFault::read(json).unwrap()];
        for _ in 0..3 {
            assert_eq!(take(&mut waiting, On::Query), Some(Fault::Http500));
        }
        assert_eq!(take(&mut waiting, On::Create), None);
    }

    #[test]
    fn a_leftover_field_is_named() {
        for leftover in [
            json!({"fault": "lostAnswer", "tmies": 2}),
            json!({"fault": "slow", "tmies": 2}),
            json!({"fault": "slow", "ms": 3, "tmies": 2}),
            json!({"fault": "rate429", "tmies": 2}),
        ] {
            let problem = WaitingFault::read(leftover).unwrap_err();
            assert!(problem.starts_with("unknown field `tmies`"), "{problem}");
        }
    }

    #[test]
    fn a_misspelt_fault_or_option_is_refused_with_the_known_ones() {
        for misspelt in [
            json!({"fault": "lostAnwser"}),
            json!({"fault": "lostAnswer", "ms": 3}),
            json!({"fault": "lostAnswer", "times": 0}),
            json!({"fault": "slow"}),
            json!({"fault": "slow", "ms": 3, "on": "creat"}),
            json!({"fault": "webhookFirst"}),
            json!({"fault": "payerComes", "on": "close"}),
            json!({"fault": "payerComes", "at": "before"}),
            json!({"fault": "payerComes", "at": "between", "on": "query"}),
            json!({"fault": "closesLater", "on": "query"}),
            json!({"fault": "closesLater", "on": "close", "rejected": true}),
            json!({"fault": "refundPends", "on": "refundQuery"}),
            json!({"fault": "refundForgotten"}),
            json!({"on": "create"}),
            json!([]),
        ] {
            let problem = WaitingFault::read(misspelt).unwrap_err();
            assert!(
                problem.ends_with(&format!("; known faults: {KNOWN}")),
                "{problem}"
            );
        }
    }
}
