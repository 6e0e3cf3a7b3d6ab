//! Binance Pay's merchant API: one place that signs, sends, reads the answer and sorts the end.

mod outcome;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use reqwest::Client;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::{info, warn};

pub use outcome::{Answer, CallError};
pub(crate) use wire::text;
pub use wire::{Certificate, Known};
use wire::{CreateOrder, Created, Queried, QueryOrder};

use crate::ambient::{now_ms, random};
use crate::config::{SecretError, SecretStore};
use crate::http_client;
use crate::order::{Fact, Order, TradeNo};
use crate::signing::{self, Nonce};

const CREATE_ORDER: &str = "/binancepay/openapi/v3/order";
const QUERY_ORDER: &str = "/binancepay/openapi/v2/order/query";
const CERTIFICATES: &str = "/binancepay/openapi/certificates";

/// Binance's code for a trade number that was used before, or is malformed.
const DUPLICATE: &str = "400201";

/// Time limit of one call, in milliseconds.
const CALL_MS: i64 = 8_000;
/// Less time than this is not worth a call, in milliseconds.
const SHORTEST_CALL_MS: i64 = 1_000;
/// The first wait before a call is repeated; it doubles, and up to as much again is added at random.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// Repeats of one call, at the most.
const REPEATS: usize = 6;
/// The longest answer that is read, in bytes.
const ANSWER_BYTES: usize = 256 * 1024;

/// Binance Pay's merchant API, as one merchant sees it.
#[derive(Clone, Debug)]
pub struct Binance {
    http: Client,
    base_url: String,
    secrets: Arc<SecretStore>,
}

/// A call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum BinanceError {
    /// The call ended in one of four ways.
    #[error(transparent)]
    Call(#[from] CallError),
    /// There is nothing to sign with; nothing was sent.
    #[error(transparent)]
    Secrets(#[from] SecretError),
}

impl Binance {
    /// The API at `base_url`, which has no trailing slash.
    #[must_use]
    pub fn new(http: Client, base_url: String, secrets: Arc<SecretStore>) -> Self {
        Self {
            http,
            base_url,
            secrets,
        }
    }

    /// Opens a connection and throws away the answer, so that the first call finds it open; a failure is only logged.
    pub async fn connect(&self) {
        if let Err(error) = self
            .http
            .get(&self.base_url)
            .timeout(Duration::from_secs(3))
            .send()
            .await
        {
            warn!(error = %error.without_url(), "Binance cannot be reached yet");
        }
    }

    /// Opens a checkout for the order's current attempt (create order v3).
    ///
    /// # Errors
    /// [`BinanceError`].
    pub async fn open_checkout(
        &self,
        order: &Order,
        webhook_url: &str,
        deadline_ms: i64,
    ) -> Result<Fact, BinanceError> {
        let body = CreateOrder::new(order, webhook_url)
            .and_then(|request| serialise(&request))
            .map_err(|error| not_serialised(&error))?;
        Ok(self
            .call::<Created>(CREATE_ORDER, &body, deadline_ms)
            .await?
            .into())
    }

    /// What Binance knows of an attempt (query order v2); none if it knows no such trade number.
    ///
    /// # Errors
    /// [`BinanceError`].
    pub async fn query(
        &self,
        trade_no: &TradeNo,
        deadline_ms: i64,
    ) -> Result<Option<Known>, BinanceError> {
        let body = serialise(&QueryOrder::new(trade_no)).map_err(|error| not_serialised(&error))?;
        let queried: Queried = match self.call(QUERY_ORDER, &body, deadline_ms).await {
            Err(BinanceError::Call(CallError::Refused(answer)))
                if answer.code.as_deref() == Some("400202") =>
            {
                return Ok(None);
            }
            ended => ended?,
        };
        let Some(known) = queried.known(trade_no, now_ms()) else {
            return Err(CallError::Unknown(said(
                "an order of another trade number, or in a status that is not documented",
            ))
            .into());
        };
        Ok(Some(known))
    }

    /// The public keys of notifications.
    ///
    /// # Errors
    /// [`BinanceError`].
    pub async fn certificates(&self, deadline_ms: i64) -> Result<Vec<Certificate>, BinanceError> {
        self.call(CERTIFICATES, b"{}", deadline_ms).await
    }

    /// Sends `body` until it is done, refused, or there is no more time; what was *not done* is repeated with doubling
    /// waits and signed anew, *access* denied is tried once more with secrets read anew.
    async fn call<T: DeserializeOwned>(
        &self,
        path: &'static str,
        body: &[u8],
        deadline_ms: i64,
    ) -> Result<T, BinanceError> {
        let mut waits = ExponentialBuilder::default()
            .with_min_delay(FIRST_WAIT)
            .with_factor(2.0)
            .with_max_times(REPEATS)
            .with_jitter()
            .build();
        let mut secrets = self.secrets.current(now_ms()).await?;
        let (mut has_reread, mut is_repeat) = (false, false);
        loop {
            let timeout_ms = CALL_MS
                .min(deadline_ms.saturating_sub(now_ms()))
                .max(SHORTEST_CALL_MS);
            let started_ms = now_ms();
            let ended = self.send::<T>(path, body, &secrets, timeout_ms).await;
            let duration_ms = now_ms().saturating_sub(started_ms);
            let error = match ended {
                Ok(data) => {
                    info!(path, duration_ms, "Binance answered");
                    return Ok(data);
                }
                Err(error) => error,
            };
            info!(
                path,
                duration_ms,
                binance.code = error.answer().code,
                "Binance did not do what was asked: {error}"
            );
            match error {
                CallError::NotDone(answer) => {
                    let asked = Duration::from_secs(answer.retry_after_secs.unwrap_or_default());
                    let Some(wait) = waits.next().map(|wait| wait.max(asked)) else {
                        return Err(CallError::NotDone(answer).into());
                    };
                    let wait_ms = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
                    if now_ms()
                        .saturating_add(wait_ms)
                        .saturating_add(SHORTEST_CALL_MS)
                        > deadline_ms
                    {
                        return Err(CallError::NotDone(answer).into());
                    }
                    tokio::time::sleep(wait).await;
                }
                CallError::Access(answer) if !has_reread && signature_was_refused(&answer) => {
                    has_reread = true;
                    match self.secrets.reread(now_ms()).await {
                        Ok(reread) => secrets = reread,
                        Err(error) => {
                            warn!(%error, "Binance refuses our credentials, and they cannot be read again");
                            return Err(CallError::Access(answer).into());
                        }
                    }
                }
                // A number that we sent before and that is taken now: an earlier try did arrive after all.
                CallError::Refused(answer)
                    if is_repeat && answer.code.as_deref() == Some(DUPLICATE) =>
                {
                    return Err(CallError::Unknown(answer).into());
                }
                CallError::Refused(_) | CallError::Access(_) | CallError::Unknown(_) => {
                    return Err(error.into());
                }
            }
            is_repeat = true;
        }
    }

    async fn send<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &[u8],
        secrets: &crate::config::Secrets,
        timeout_ms: i64,
    ) -> Result<T, CallError> {
        let nonce = Nonce::from_bytes(random());
        let timestamp_ms = now_ms();
        let signature =
            signing::sign_request(&secrets.binance_api_secret, timestamp_ms, &nonce, body);
        let sent = self
            .http
            .post(format!("{}{path}", self.base_url))
            .timeout(Duration::from_millis(timeout_ms.unsigned_abs()))
            .header(CONTENT_TYPE, "application/json")
            .header("BinancePay-Timestamp", timestamp_ms)
            .header("BinancePay-Nonce", nonce.as_str())
            .header(
                "BinancePay-Certificate-SN",
                secrets.binance_api_key.expose_secret(),
            )
            .header("BinancePay-Signature", signature)
            .body(body.to_vec())
            .send()
            .await;
        let response = sent.map_err(|error| no_answer(&error))?;
        let (status, retry_after_secs) = (
            response.status().as_u16(),
            retry_after_secs(response.headers()),
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

fn serialise(request: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(request)
}

/// Our own values always serialise; were one not to, nothing would have been sent.
fn not_serialised(error: &serde_json::Error) -> CallError {
    CallError::NotDone(said(format!(
        "the request cannot be written as JSON: {error}"
    )))
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

fn said(message: impl Into<String>) -> Answer {
    Answer {
        message: message.into(),
        ..Answer::default()
    }
}

/// Credentials, as opposed to permission and location, which new secrets would not change.
fn signature_was_refused(answer: &Answer) -> bool {
    match answer.code.as_deref() {
        Some(code) => matches!(code, "400002" | "400004" | "400005"),
        None => answer.http_status == Some(401),
    }
}

fn retry_after_secs(headers: &HeaderMap) -> Option<u64> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}
