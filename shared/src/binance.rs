//! Binance Pay's merchant API: one place that signs, sends, reads the answer and sorts the end.

mod outcome;
mod send;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use reqwest::Client;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::warn;

use outcome::said;
pub use outcome::{Answer, CallError};
pub(crate) use wire::text;
pub use wire::{Certificate, Known};
use wire::{CreateOrder, Created, Queried, QueryOrder};

use crate::ambient::now_ms;
use crate::config::{SecretError, SecretStore};
use crate::order::{Fact, Order, TradeNo};

const CREATE_ORDER: &str = "/binancepay/openapi/v3/order";
const QUERY_ORDER: &str = "/binancepay/openapi/v2/order/query";
const CERTIFICATES: &str = "/binancepay/openapi/certificates";

/// Binance's code for a trade number that was used before, or is malformed.
const DUPLICATE: &str = "400201";

/// Less time than this is not worth a call, in milliseconds.
pub const SHORTEST_CALL_MS: i64 = 1_000;
/// The first wait before a call is repeated; it doubles, and up to as much again is added at random.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// Repeats of one call, at the most.
const REPEATS: usize = 6;

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
        let backoff = ExponentialBuilder::default()
            .with_min_delay(FIRST_WAIT)
            .with_max_times(REPEATS)
            .with_jitter();
        let mut waits = backoff.build();
        let mut secrets = self.secrets.current(now_ms()).await?;
        let (mut has_reread, mut is_repeat) = (false, false);
        loop {
            let error = match self.send(path, body, &secrets, deadline_ms).await {
                Ok(data) => return Ok(data),
                Err(error) => error,
            };
            match error {
                CallError::NotDone(_) => {
                    let Some(wait) = wait_before_repeat(waits.next(), error.answer(), deadline_ms)
                    else {
                        return Err(error.into());
                    };
                    tokio::time::sleep(wait).await;
                }
                CallError::Access(ref answer) if !has_reread && answer.blames_credentials() => {
                    has_reread = true;
                    let Ok(reread) = self.secrets.reread(now_ms()).await else {
                        return Err(error.into());
                    };
                    secrets = reread;
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
}

/// The wait that backoff and Binance's `Retry-After` ask for; none if no call fits in after it.
fn wait_before_repeat(
    backoff: Option<Duration>,
    answer: &Answer,
    deadline_ms: i64,
) -> Option<Duration> {
    let wait = backoff?.max(Duration::from_secs(
        answer.retry_after_secs.unwrap_or_default(),
    ));
    let wait_ms = i64::try_from(wait.as_millis()).ok()?;
    let sent_at_ms = now_ms().saturating_add(wait_ms);
    (sent_at_ms.saturating_add(SHORTEST_CALL_MS) <= deadline_ms).then_some(wait)
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
