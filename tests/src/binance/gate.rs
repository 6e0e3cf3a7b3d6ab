//! The gate of the merchant API: who calls, when, signed how. Stricter than the real one, with its own verification.

use std::collections::HashSet;

use aws_lc_rs::hmac;
use axum::http::{HeaderMap, Method};
use serde_json::{Map, Value};

use super::Credentials;
use super::answer::Refusal;

/// How far a request's timestamp may be from the clock, in milliseconds, either way.
const WINDOW_MS: u64 = 1000;

/// What stands at the gate.
pub(crate) struct Received<'a> {
    pub(crate) method: &'a Method,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) now_ms: i64,
}

/// How the gate turns a request away.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Turned {
    /// The gateway's own envelope, `100001001`.
    Abnormality,
    /// The normal one.
    Refused(Refusal),
}

impl From<Refusal> for Turned {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Received<'_> {
    /// The text of a header that is there exactly once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?;
        if values.next().is_some() {
            None
        } else {
            value.to_str().ok()
        }
    }

    /// Lets a request in and gives its body; remembers the nonce of each one that is genuine.
    pub(crate) fn check(
        &self,
        credentials: &Credentials,
        nonces: &mut HashSet<String>,
    ) -> Result<Map<String, Value>, Turned> {
        if self.method != Method::POST || self.body.is_empty() {
            return Err(Turned::Abnormality);
        }
        let content_type = self.header("content-type").ok_or(Turned::Abnormality)?;
        if !content_type
            .to_ascii_lowercase()
            .starts_with("application/json")
        {
            return Err(Refusal::new("400007", "Media type is not supported.").into());
        }
        self.check_key(credentials)?;
        let timestamp = self.check_timestamp()?;
        let nonce = self.header("BinancePay-Nonce").unwrap_or_default();
        if nonce.len() != 32 || !nonce.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(
                Refusal::new("400001", "BinancePay-Nonce must be 32 letters and digits.").into(),
            );
        }
        self.check_signature(credentials, timestamp, nonce)?;
        if !nonces.insert(nonce.to_owned()) {
            return Err(Refusal::new("400001", "BinancePay-Nonce was used before.").into());
        }
        let invalid_body = || Refusal::new("400008", "Request body is not a valid json object.");
        Ok(serde_json::from_slice(self.body).map_err(|_| invalid_body())?)
    }

    fn check_key(&self, credentials: &Credentials) -> Result<(), Refusal> {
        let key = self.header("BinancePay-Certificate-SN").unwrap_or_default();
        let lower_or_digit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if key.len() != 64 || !key.bytes().all(lower_or_digit) {
            return Err(Refusal::new("400005", "API-key format invalid."));
        }
        if key != credentials.api_key {
            return Err(Refusal::new(
                "400004",
                "Invalid API-key, IP, or permissions for action.",
            ));
        }
        Ok(())
    }

    fn check_timestamp(&self) -> Result<&str, Refusal> {
        let text = self.header("BinancePay-Timestamp").unwrap_or_default();
        let outside = || {
            Refusal::new(
                "400003",
                "Timestamp for this request is outside of the recvWindow.",
            )
        };
        let digits_only = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let timestamp = text
            .parse::<i64>()
            .ok()
            .filter(|_| digits_only)
            .ok_or_else(outside)?;
        if self.now_ms.abs_diff(timestamp) > WINDOW_MS {
            Err(outside())
        } else {
            Ok(text)
        }
    }

    fn check_signature(
        &self,
        credentials: &Credentials,
        timestamp: &str,
        nonce: &str,
    ) -> Result<(), Refusal> {
        let invalid = || Refusal::new("400002", "Signature for this request is not valid.");
        let signature = self
            .header("BinancePay-Signature")
            .and_then(upper_hex)
            .ok_or_else(invalid)?;
        let key = hmac::Key::new(hmac::HMAC_SHA512, credentials.api_secret.as_bytes());
        let mut payload = format!("{timestamp}\n{nonce}\n").into_bytes();
        payload.extend_from_slice(self.body);
        payload.push(b'\n');
        hmac::verify(&key, &payload, &signature).map_err(|_| invalid())
    }
}

/// The bytes of upper-case hex; lower case is a mistake that the real service punishes too.
fn upper_hex(text: &str) -> Option<Vec<u8>> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs
        .map(|pair| Some(value(pair[0])? << 4 | value(pair[1])?))
        .collect()
}
