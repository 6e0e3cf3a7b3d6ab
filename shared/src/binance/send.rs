//! One call of Binance: signed, sent, and its answer read.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use secrecy::ExposeSecret;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use tracing::info;

use super::outcome::{self, Success, said};
use super::{Answer, Binance, CallError, SHORTEST_CALL_MS};
use crate::ambient::{now_ms, random};
use crate::config::Secrets;
use crate::http_client::{self, Received};
use crate::json::Unreadable;
use crate::signing::{self, Nonce};

/// Time limit of one call, in milliseconds.
const CALL_MS: i64 = 8_000;
/// The longest answer that is read, in bytes.
const ANSWER_BYTES: usize = 256 * 1024;

impl Binance {
    /// Signs and sends `body` once, and logs how it ended.
    pub(super) async fn send<T>(
        &self,
        path: &'static str,
        body: &[u8],
        read: impl Fn(Option<&RawValue>) -> Result<T, Unreadable>,
        secrets: &Secrets,
        deadline_ms: i64,
    ) -> Result<T, CallError> {
        let started_ms = now_ms();
        let timeout_ms = CALL_MS
            .min(deadline_ms.saturating_sub(started_ms))
            .max(SHORTEST_CALL_MS);
        let ended = self
            .send_within(timeout_ms, path, body, read, secrets)
            .await;
        let duration_ms = now_ms().saturating_sub(started_ms);
        match &ended {
            Ok(_) => info!(path, duration_ms, "Binance answered"),
            Err(error) => info!(
                path,
                duration_ms,
                binance.code = error.answer().code,
                "{error}"
            ),
        }
        ended
    }

    async fn send_within<T>(
        &self,
        timeout_ms: i64,
        path: &'static str,
        body: &[u8],
        read: impl Fn(Option<&RawValue>) -> Result<T, Unreadable>,
        secrets: &Secrets,
    ) -> Result<T, CallError> {
        let nonce = Nonce::from_bytes(random());
        let timestamp_ms = now_ms();
        let signature =
            signing::sign_request(&secrets.binance_api_secret, timestamp_ms, &nonce, body);
        let mut api_key = HeaderValue::from_str(secrets.binance_api_key.expose_secret())
            .map_err(|_| CallError::NotDone(said("the API key is not a header value")))?;
        api_key.set_sensitive(true);
        let timeout = Duration::from_millis(timeout_ms.unsigned_abs());
        let sent = self
            .http
            .post(format!("{}{path}", self.base_url))
            .timeout(timeout)
            .header(CONTENT_TYPE, "application/json")
            .header("BinancePay-Timestamp", timestamp_ms)
            .header("BinancePay-Nonce", nonce.as_str())
            .header("BinancePay-Certificate-SN", api_key)
            .header("BinancePay-Signature", signature)
            .body(body.to_vec())
            .send()
            .await;
        let response = sent.map_err(|error| no_answer(&error))?;
        let received = Received::read(response, ANSWER_BYTES, timeout, now_ms()).await;
        let success = success(&received)?;
        read(success.data).map_err(|field| success.unreadable(field))
    }
}

/// The success that was received.
fn success(received: &Received) -> Result<Success<'_>, CallError> {
    let in_our_words = |reason: String| Answer {
        http_status: Some(received.status),
        retry_after_secs: received.retry_after_secs,
        ..said(reason)
    };
    if let Some(target) = &received.redirect_to {
        // Not followed: what is signed for Binance is sent nowhere else. It was not carried out either.
        return Err(CallError::Access(Answer {
            redirect_to: Some(target.clone()),
            ..in_our_words(format!("a redirect to {target}"))
        }));
    }
    // An answer whose end is missing counts if its JSON is whole all the same.
    if let Some(reason) = received.cut
        && serde_json::from_slice::<IgnoredAny>(&received.body).is_err()
    {
        return Err(CallError::Unknown(in_our_words(reason.to_owned())));
    }
    outcome::read(received.status, received.retry_after_secs, &received.body)
}

fn no_answer(error: &reqwest::Error) -> CallError {
    let answer = said(http_client::reason(error));
    if http_client::may_have_arrived(error) {
        CallError::Unknown(answer)
    } else {
        CallError::NotDone(answer)
    }
}
