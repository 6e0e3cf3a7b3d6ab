//! Says of a signed message which step of its verification fails, and why: a notification of Binance Pay or a confirmation.
//!
//! It judges as a receiver must. Where that fails it tries what usually goes wrong, and names what would verify. Its
//! crypto is the sandbox's own, not that of the functions.

mod admin;
mod binance;
mod bodies;
mod coding;
mod confirmation;
mod payloads;
mod reading;

use serde::{Deserialize, Serialize};

use crate::binance::PublicCertificate;

pub(crate) use admin::{Keyring, ROUTES, router};
pub use reading::headers;

/// A message as it was received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Names in any case, and values.
    pub headers: Vec<(String, String)>,
    /// The bytes of the body.
    pub body: Vec<u8>,
}

/// What a message may be verified with; it shows no secret.
#[derive(Clone, Default)]
pub struct Keys {
    /// The certificates of Binance Pay; one without serial (empty) is tried whatever the message names.
    pub certificates: Vec<PublicCertificate>,
    /// The secrets of confirmations, `whsec_…`.
    pub webhook_secrets: Vec<String>,
    /// The merchant's secret, to recognise what was signed like a request.
    pub api_secret: Option<String>,
}

/// Who sent a message, by its headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Sender {
    /// Binance Pay: a notification.
    Binance,
    /// This service: a confirmation.
    Functions,
    /// The headers name neither.
    Unknown,
}

/// What the verification of a message came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Whose message it is.
    pub sender: Sender,
    /// Whether every step was passed.
    pub verifies: bool,
    /// The steps in their order.
    pub steps: Vec<Step>,
}

/// A step of a verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What is looked at.
    pub name: String,
    /// Whether it is passed; nothing behind the step that fails.
    pub ok: Option<bool>,
    /// What was seen, and of a failure why.
    pub why: String,
}

impl Verdict {
    /// The step that fails.
    #[must_use]
    pub fn failure(&self) -> Option<&Step> {
        self.steps.iter().find(|step| step.ok == Some(false))
    }
}

impl Message {
    /// Verifies the message, received at `now_ms`, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn verify(&self, keys: &Keys, now_ms: i64) -> Verdict {
        let sender = self.sender();
        let mut steps = Steps::default();
        let names: &[&str] = match sender {
            Sender::Binance => {
                binance::judge(self, keys, now_ms, &mut steps);
                &binance::STEPS
            }
            Sender::Functions => {
                confirmation::judge(self, keys, now_ms, &mut steps);
                &confirmation::STEPS
            }
            Sender::Unknown => {
                let why = "there is neither a header BinancePay-… nor one webhook-…: a notification of Binance Pay \
                    has BinancePay-Certificate-SN, -Nonce, -Timestamp and -Signature, a confirmation has webhook-id, \
                    webhook-timestamp and webhook-signature";
                steps.take::<()>("headers", Err(why.to_owned()));
                &[]
            }
        };
        steps.verdict(sender, names)
    }

    fn sender(&self) -> Sender {
        let begins = |prefix: &str| {
            let mut names = self.headers.iter().map(|(name, _)| name);
            names.any(|name| name.to_ascii_lowercase().starts_with(prefix))
        };
        if begins("binancepay-") {
            Sender::Binance
        } else if begins("webhook-") {
            Sender::Functions
        } else {
            Sender::Unknown
        }
    }

    /// The values of the headers `names`, each of which has to be there once.
    fn values<const N: usize>(&self, names: [&str; N]) -> Result<[String; N], String> {
        let mut values = [const { String::new() }; N];
        let mut missing = Vec::new();
        for (value, name) in values.iter_mut().zip(names) {
            let mut found = self
                .headers
                .iter()
                .filter(|(given, _)| given.trim().eq_ignore_ascii_case(name));
            match (found.next(), found.next()) {
                (Some((_, only)), None) if !only.trim().is_empty() => {
                    only.trim().clone_into(value);
                }
                (Some((_, _)), None) => return Err(format!("{name} is empty")),
                (Some(_), Some(_)) => return Err(format!("{name} is there more than once")),
                (None, _) => missing.push(name),
            }
        }
        if missing.is_empty() {
            return Ok(values);
        }
        Err(format!("{} missing", are(&missing)))
    }

    /// What `Content-Length` tells of the body, if that is not what came.
    fn length_remark(&self) -> String {
        let is_length = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("content-length");
        let told = self.headers.iter().find(is_length);
        match told.and_then(|(_, length)| length.trim().parse::<usize>().ok()) {
            Some(length) if length != self.body.len() => format!(
                ". Content-Length says {length} bytes, the body has {}",
                self.body.len()
            ),
            _ => String::new(),
        }
    }
}

/// `a is`, `a and b are`.
fn are(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [name] => format!("{name} is"),
        [names @ .., last] => format!("{} and {last} are", names.join(", ")),
    }
}

/// A length of time in words that suffice to judge it.
fn words(ms: u64) -> String {
    match ms / 1000 {
        secs @ 0..120 => format!("{secs} s"),
        secs @ 120..7200 => format!("{} min", secs / 60),
        secs @ 7200..172_800 => format!("{} h", secs / 3600),
        secs => format!("{} days", secs / 86_400),
    }
}

/// The steps gone so far.
#[derive(Default)]
struct Steps(Vec<Step>);

impl Steps {
    /// Writes a step down; gives what the next ones need, unless it failed.
    fn take<T>(&mut self, name: &str, gone: Result<(T, String), String>) -> Option<T> {
        let (found, ok, why) = match gone {
            Ok((found, seen)) => (Some(found), true, seen),
            Err(why) => (None, false, why),
        };
        self.0.push(Step {
            name: name.to_owned(),
            ok: Some(ok),
            why,
        });
        found
    }

    fn verdict(mut self, sender: Sender, names: &[&str]) -> Verdict {
        for name in names.iter().skip(self.0.len()) {
            self.0.push(Step {
                name: (*name).to_owned(),
                ok: None,
                why: "not looked at".to_owned(),
            });
        }
        Verdict {
            sender,
            verifies: self.0.iter().all(|step| step.ok == Some(true)),
            steps: self.0,
        }
    }
}

#[cfg(test)]
mod tests;
