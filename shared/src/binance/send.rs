//! One call of Binance: signed, sent, and its answer read.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use tracing::info;

use super::outcome::{self, said};
use super::{Answer, Binance, CallError, SHORTEST_CALL_MS};
use crate::ambient::{now_ms, random};
use crate::config::Secrets;
use crate::http_client;
use crate::signing::{self, Nonce};

/// Time limit of one call, in milliseconds.
const CALL_MS: i64 = 8_000;
/// The longest answer that is read, in bytes.
const ANSWER_BYTES: usize = 256 * 1024;

impl Binance {
    /// Signs and sends `body` once, and logs how it ended.
    pub(super) async fn send<T: DeserializeOwned>(
        &self,
        path: &'static str,
        body: &[u8],
        secrets: &Secrets,
        deadline_ms: i64,
    ) -> Result<T, CallError> {
        let started_ms = now_ms();
        let timeout_ms = CALL_MS
            .min(deadline_ms.saturating_sub(started_ms))
            .max(SHORTEST_CALL_MS);
        let ended = self.send_within(timeout_ms, path, body, secrets).await;
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

    async fn send_within<T: DeserializeOwned>(
        &self,
        timeout_ms: i64,
        path: &'static str,
        body: &[u8],
        secrets: &Secrets,
    ) -> Result<T, CallError> {
        let nonce = Nonce::from_bytes(random());
        let timestamp_ms = now_ms();
        let signature =
            signing::sign_request(&secrets.binance_api_secret, timestamp_ms, &nonce, body);
        let mut api_key = HeaderValue::from_str(secrets.binance_api_key.expose_secret())
            .map_err(|_| CallError::NotDone(said("the API key is not a header value")))?;
        api_key.set_sensitive(true);
        let sent = self
            .http
            .post(format!("{}{path}", self.base_url))
            .timeout(Duration::from_millis(timeout_ms.unsigned_abs()))
            .header(CONTENT_TYPE, "application/json")
            .header("BinancePay-Timestamp", timestamp_ms)
            .header("BinancePay-Nonce", nonce.as_str())
            .header("BinancePay-Certificate-SN", api_key)
            .header("BinancePay-Signature", signature)
            .body(body.to_vec())
            .send()
            .await;
        let response = sent.map_err(|error| no_answer(&error))?;
        let (status, retry_after_secs) = (
            response.status().as_u16(),
            http_client::retry_after_secs(response.headers(), now_ms()),
        );
        let answered = http_client::read_at_most(response, ANSWER_BYTES).await;
        let bytes = answered.map_err(|reason| {
            CallError::Unknown(Answer {
                http_status: Some(status),
                ..said(reason)
            })
        })?;
        let data = outcome::read(status, retry_after_secs, &bytes)?;
        serde_json::from_str(data.get()).map_err(|error| {
            // serde_json's text can quote what it read; where it stopped is enough to find the cause.
            let reason = format!(
                "a success whose data cannot be read at column {}",
                error.column()
            );
            CallError::Unknown(Answer {
                http_status: Some(status),
                ..said(reason)
            })
        })
    }
}

fn no_answer(error: &reqwest::Error) -> CallError {
    if error.is_connect() || error.is_builder() {
        CallError::NotDone(said("no connection"))
    } else if error.is_timeout() {
        CallError::Unknown(said("no answer in time"))
    } else {
        CallError::Unknown(said("the connection broke before the answer"))
    }
}
