//! Binance Pay's merchant API: one place that signs, sends, reads the answer and sorts the end.

mod call;
mod clock;
mod connection;
mod error;
mod outcome;
pub mod reading;
mod refunds;
mod repeats;
mod send;
mod wire;

use std::fmt::Display;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;
use tracing::{error, instrument};

use call::{CERTIFICATES, CLOSE_ORDER, CREATE_ORDER, Call, QUERY_ORDER};
use clock::Clock;
pub use clock::Offset;
pub use error::BinanceError;
use outcome::said;
pub use outcome::{Answer, CallError};
use repeats::{wait_before_repeat, waits};
pub use wire::{Certificate, Created};
use wire::{CreateOrder, Named};

use crate::ambient::monotonic_ms;
use crate::http_client::HttpClient;
use crate::json::Unreadable;
use crate::order::{Fact, Order, TradeNo};
use crate::secret_store::SecretStore;

/// Less time than this is not worth a call, in milliseconds.
pub const SHORTEST_CALL_MS: i64 = 1_000;

/// Binance Pay's merchant API, as one merchant sees it.
#[derive(Clone, Debug)]
pub struct Binance {
    http: HttpClient,
    base_url: String,
    secrets: Arc<SecretStore>,
    clock: Clock,
}

impl Binance {
    /// The API at `base_url`, which has no trailing slash.
    #[must_use]
    pub fn new(http: HttpClient, base_url: String, secrets: Arc<SecretStore>) -> Self {
        Self {
            http,
            base_url,
            secrets,
            clock: Clock::default(),
        }
    }

    /// How far our clock is from Binance's, if the latest answer told.
    #[must_use]
    pub fn clock_offset(&self) -> Option<Offset> {
        self.clock.offset()
    }

    /// Opens a checkout for the order's current attempt (create order v3). A success of which a part cannot be read is one.
    ///
    /// # Errors
    /// [`BinanceError`].
    pub async fn open_checkout(
        &self,
        order: &Order,
        webhook_url: &str,
        deadline_ms: i64,
    ) -> Result<Created, BinanceError> {
        let body = CreateOrder::new(order, webhook_url)
            .and_then(|request| serialise(&request))
            .map_err(|error| not_serialised(&error))?;
        let (trade_no, read) = (order.trade_no(), |data: Option<&RawValue>| {
            Ok(Created::read(data))
        });
        let created = self
            .call(CREATE_ORDER, Some(&trade_no), &body, read, deadline_ms)
            .await?;
        if let Some(field) = created.unreadable() {
            unreadable(CREATE_ORDER, Some(&trade_no), field);
        }
        Ok(created)
    }

    /// What Binance knows of an attempt (query order v2).
    ///
    /// # Errors
    /// [`BinanceError`].
    pub async fn query(&self, trade_no: &TradeNo, deadline_ms: i64) -> Result<Fact, BinanceError> {
        let body = serialise(&Named::new(trade_no)).map_err(|error| not_serialised(&error))?;
        let read = |data: Option<&RawValue>| wire::found(data, trade_no);
        let ended = self
            .call(QUERY_ORDER, Some(trade_no), &body, read, deadline_ms)
            .await;
        QUERY_ORDER.or_not_found(ended, Fact::not_found)
    }

    /// Asks Binance to close an attempt's checkout (close order). That it accepts says nothing of how the checkout ends.
    ///
    /// # Errors
    /// [`BinanceError`].
    pub async fn close(&self, trade_no: &TradeNo, deadline_ms: i64) -> Result<(), BinanceError> {
        let body = serialise(&Named::new(trade_no)).map_err(|error| not_serialised(&error))?;
        self.call(CLOSE_ORDER, Some(trade_no), &body, |_| Ok(()), deadline_ms)
            .await
    }

    /// Makes a signed call only to see whether it can be made; one whose time Binance refuses is signed anew once.
    ///
    /// # Errors
    /// [`BinanceError`].
    pub async fn look(&self, deadline_ms: i64) -> Result<(), BinanceError> {
        let mut looked = self.certificates(deadline_ms).await;
        if looked.as_ref().is_err_and(BinanceError::is_clock) {
            looked = self.certificates(deadline_ms).await;
        }
        looked.map(drop)
    }

    /// The public keys of notifications.
    ///
    /// # Errors
    /// [`BinanceError`].
    pub async fn certificates(&self, deadline_ms: i64) -> Result<Vec<Certificate>, BinanceError> {
        self.call(CERTIFICATES, None, b"{}", wire::certificates, deadline_ms)
            .await
    }

    /// Makes a call, and says loudly if its answer came and cannot be read.
    #[instrument(
        level = "error",
        skip_all,
        fields(
            order.id = trade_no.map(|trade_no| trade_no.order_id.as_str()),
            trade_no = trade_no.map(ToString::to_string)
        )
    )]
    async fn call<T>(
        &self,
        call: Call,
        trade_no: Option<&TradeNo>,
        body: &[u8],
        read: impl Fn(Option<&RawValue>) -> Result<T, Unreadable> + Copy,
        deadline_ms: i64,
    ) -> Result<T, BinanceError> {
        let about = (call, trade_no);
        let ended = self.until_done(about, body, read, deadline_ms).await;
        if let Err(BinanceError::Call(error)) = &ended
            && let Some(field) = error.answer().unreadable
        {
            unreadable(call, trade_no, field);
        }
        ended
    }

    /// Sends `body` until it is done, refused, or there is no more time; what was *not done* is repeated with doubling
    /// waits and signed anew, and so is a reading call whose end is *unknown*, but none for the rate's sake; *access*
    /// denied is tried once more with secrets read anew.
    async fn until_done<T>(
        &self,
        (call, trade_no): (Call, Option<&TradeNo>),
        body: &[u8],
        read: impl Fn(Option<&RawValue>) -> Result<T, Unreadable> + Copy,
        deadline_ms: i64,
    ) -> Result<T, BinanceError> {
        let mut waits = waits();
        let mut secrets = self.secrets.secrets(monotonic_ms()).await?;
        let (mut has_reread, mut is_repeat) = (false, false);
        loop {
            let about = (call, trade_no);
            let error = match self.send(about, body, read, &secrets, deadline_ms).await {
                Ok(data) => return Ok(data),
                Err(error) => error,
            };
            match error {
                _ if call.repeats(&error) => {
                    let Some(wait) = wait_before_repeat(waits.next(), error.answer(), deadline_ms)
                    else {
                        if is_repeat && error.answer().is_clock() {
                            self.clock_refused(&error);
                        }
                        return Err(error.into());
                    };
                    tokio::time::sleep(wait).await;
                }
                CallError::Access(ref answer) if !has_reread && answer.blames_credentials() => {
                    has_reread = true;
                    let Some(reread) = self.secrets.reread(&secrets, monotonic_ms()).await else {
                        return Err(error.into());
                    };
                    if call.is_single {
                        return Err(error.into());
                    }
                    secrets = reread;
                }
                // A number that we sent before and that is taken now: an earlier try may have arrived after all.
                CallError::Refused(answer) if is_repeat && answer.says_taken() => {
                    return Err(CallError::Unknown(answer).into());
                }
                CallError::Refused(_)
                | CallError::Access(_)
                | CallError::NotDone(_)
                | CallError::Unknown(_) => return Err(error.into()),
            }
            is_repeat = true;
        }
    }

    /// Says that the time that we sign is refused, also when it is signed anew.
    pub fn clock_refused(&self, error: &impl Display) {
        let offset = self.clock_offset().map(tracing::field::display);
        error!(
            alarm = "binance.clock",
            offset,
            "an operator must act: Binance refuses the time that we sign, also anew: {error}"
        );
    }
}

/// The one line about an answer that came and cannot be read; never its value.
fn unreadable(call: Call, trade_no: Option<&TradeNo>, field: Unreadable) {
    let id = trade_no.map(|trade_no| trade_no.order_id.as_str());
    let trade_no = trade_no.map(tracing::field::display);
    error!(
        alarm = "binance.unreadable",
        order.id = id,
        trade_no,
        call = call.name,
        field = field.0,
        "the answer to {} came, and {field}",
        call.name
    );
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

#[cfg(test)]
mod tests;
