//! The HTTP clients: one for Binance, and one for addresses that others chose. What they do alike when a call ends is
//! beside them: reading what came, and naming what went wrong.

mod failure;
mod opened;
mod received;
mod trust;

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, RequestBuilder, Response};
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use tower::util::MapResponseLayer;

use crate::ambient::monotonic_ms;
use crate::callback_url::GuardedResolver;

pub use failure::{may_have_arrived, reason};
use opened::{ORIGIN, Opened};
pub use received::{Received, date_ms};
use trust::public_roots;
pub(crate) use trust::{and_local, tls};

/// Time limit for opening a connection; where a name has several addresses, each gets its part.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long an idle connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// How old a connection to an address that others chose may be, however busy it is, in milliseconds: the name may have
/// moved to another address.
const MAX_AGE_MS: i64 = 60_000;

/// Headers of an answer that are put up with. Each costs 64 bytes while the head is read, used or not.
const MAX_HEADERS: usize = 2_048;

/// Fronts refuse calls that do not say who makes them.
const USER_AGENT: &str = concat!("leadscalendar-payments/", env!("CARGO_PKG_VERSION"));

tokio::task_local! {
    /// Whether the call at hand opened the connection that it uses.
    static HAS_OPENED: Cell<bool>;
}

/// The clients cannot be built.
#[derive(Debug, thiserror::Error)]
#[error("the HTTPS client cannot be built: {0}")]
pub struct ClientError(String);

impl From<reqwest::Error> for ClientError {
    fn from(error: reqwest::Error) -> Self {
        Self(error.to_string())
    }
}

/// A client whose connections can be given up. A clone shares them.
#[derive(Clone, Debug)]
pub struct HttpClient {
    parts: Parts,
    current: Arc<Mutex<Current>>,
}

/// What each client of a kind is built of.
#[derive(Clone, Debug)]
struct Parts {
    tls: ClientConfig,
    guard: Option<GuardedResolver>,
    max_age_ms: Option<i64>,
}

/// A client, and what opens connections for it.
#[derive(Clone, Debug)]
struct Pair {
    client: Client,
    opener: Client,
}

#[derive(Debug)]
struct Current {
    pair: Pair,
    since_ms: i64,
    /// When a connection to a host was last opened or used.
    used_at_ms: HashMap<String, i64>,
}

/// The client for Binance, which trusts the public authorities and `local_root`.
///
/// # Errors
/// [`ClientError`].
pub fn binance_client(
    local_root: Option<&CertificateDer<'static>>,
) -> Result<HttpClient, ClientError> {
    HttpClient::new(Parts {
        tls: tls(and_local(public_roots(), local_root)?)?,
        guard: None,
        max_age_ms: None,
    })
}

/// The client for confirmations, which trusts the same: every address is checked when it is connected to; proxies are ignored.
///
/// # Errors
/// [`ClientError`].
pub fn confirmation_client(
    allow_local: bool,
    local_root: Option<&CertificateDer<'static>>,
) -> Result<HttpClient, ClientError> {
    HttpClient::new(Parts {
        tls: tls(and_local(public_roots(), local_root)?)?,
        guard: Some(GuardedResolver { allow_local }),
        max_age_ms: Some(MAX_AGE_MS),
    })
}

impl HttpClient {
    fn new(parts: Parts) -> Result<Self, ClientError> {
        let current = Current::new(parts.pair()?, monotonic_ms());
        Ok(Self {
            parts,
            current: Arc::new(Mutex::new(current)),
        })
    }

    /// Takes over no connection from before: whoever was frozen does not know which of them still live.
    pub fn renew(&self) {
        self.current().renew(&self.parts, monotonic_ms());
    }

    /// Opens a connection to `url` for the next request, and sends nothing; unless there was one a moment ago.
    ///
    /// # Errors
    /// As reqwest's.
    pub async fn open(&self, url: &str, limit: Duration) -> Result<(), reqwest::Error> {
        let now_ms = monotonic_ms();
        let opener = self.pair_at(now_ms).opener;
        let request = opener.get(url).timeout(limit).build()?;
        let origin = request.url().origin().ascii_serialization();
        if self.current().is_in_use(&origin, now_ms) {
            return Ok(());
        }
        let opening = async {
            let sent = opener.execute(request).await;
            // It fails either way: once it is open, so that nothing is sent.
            if HAS_OPENED.with(Cell::get) {
                Ok(())
            } else {
                sent.map(drop)
            }
        };
        let opening = HAS_OPENED.scope(Cell::new(false), opening);
        ORIGIN.scope(origin.clone(), opening).await?;
        self.used(origin);
        Ok(())
    }

    /// Sends what `request` makes, within `limit`.
    ///
    /// # Errors
    /// As reqwest's.
    pub async fn send(
        &self,
        limit: Duration,
        request: impl Fn(&Client) -> RequestBuilder,
    ) -> Result<Response, reqwest::Error> {
        let client = self.at(monotonic_ms());
        let request = request(&client).timeout(limit).build()?;
        let origin = request.url().origin().ascii_serialization();
        let sending = client.execute(request);
        let sent = ORIGIN.scope(origin.clone(), sending).await?;
        self.used(origin);
        Ok(sent)
    }

    /// As [`HttpClient::send`], for what may arrive twice: if a kept connection ends before the answer begins, what
    /// `request` makes then is sent once more at once, on a fresh one.
    ///
    /// # Errors
    /// As reqwest's.
    pub async fn send_again(
        &self,
        limit: Duration,
        request: impl Fn(&Client) -> RequestBuilder,
    ) -> Result<Response, reqwest::Error> {
        let began_ms = monotonic_ms();
        let sending = async {
            let sent = self.send(limit, &request).await;
            (sent, HAS_OPENED.with(Cell::get))
        };
        let (sent, has_opened) = HAS_OPENED.scope(Cell::new(false), sending).await;
        let Err(error) = sent else { return sent };
        if has_opened || !failure::ended_early(&error) {
            return Err(error);
        }
        let Ok(Pair { client: fresh, .. }) = self.parts.pair() else {
            return Err(error);
        };
        let spent_ms = monotonic_ms().saturating_sub(began_ms).unsigned_abs();
        let left = limit.saturating_sub(Duration::from_millis(spent_ms));
        request(&fresh).timeout(left).send().await
    }

    /// The client as of `now_ms`, by the clock that nobody sets.
    fn at(&self, now_ms: i64) -> Client {
        self.pair_at(now_ms).client
    }

    fn pair_at(&self, now_ms: i64) -> Pair {
        let mut current = self.current();
        let age_ms = now_ms.saturating_sub(current.since_ms);
        if self.parts.max_age_ms.is_some_and(|max| age_ms >= max) {
            current.renew(&self.parts, now_ms);
        }
        current.pair.clone()
    }

    fn used(&self, origin: String) {
        self.current().used_at_ms.insert(origin, monotonic_ms());
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Current {
    fn new(pair: Pair, since_ms: i64) -> Self {
        Self {
            pair,
            since_ms,
            used_at_ms: HashMap::new(),
        }
    }

    fn renew(&mut self, parts: &Parts, since_ms: i64) {
        // What the first was built of builds another.
        if let Ok(pair) = parts.pair() {
            *self = Self::new(pair, since_ms);
        }
    }

    fn is_in_use(&self, origin: &str, now_ms: i64) -> bool {
        let used_at_ms = self.used_at_ms.get(origin);
        used_at_ms.is_some_and(|at_ms| !opened::is_over(*at_ms, now_ms))
    }
}

impl Parts {
    fn pair(&self) -> Result<Pair, ClientError> {
        let (takes, leaves) = Opened::layers();
        Ok(Pair {
            client: self.builder().connector_layer(takes).build()?,
            opener: self.builder().connector_layer(leaves).build()?,
        })
    }

    fn builder(&self) -> ClientBuilder {
        let builder = client(self.tls.clone());
        match self.guard {
            Some(guard) => builder.dns_resolver(guard),
            None => builder,
        }
    }
}

/// What all clients have in common, the one for AWS, too.
pub(crate) fn plain(tls: ClientConfig) -> ClientBuilder {
    Client::builder()
        .tls_backend_preconfigured(tls)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .redirect(Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .no_proxy()
}

fn client(tls: ClientConfig) -> ClientBuilder {
    plain(tls)
        .connector_layer(MapResponseLayer::new(|connection| {
            // A connection that is opened for nobody in particular is of no interest.
            let _ = HAS_OPENED.try_with(|has_opened| has_opened.set(true));
            connection
        }))
        .user_agent(USER_AGENT)
        .connect_timeout(CONNECT_TIMEOUT)
        // A header that nobody reads spoils no answer: by then what was asked for may have been done.
        .http1_max_headers(MAX_HEADERS)
        .http1_ignore_invalid_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
}

#[cfg(test)]
pub(crate) mod stand_in;
#[cfg(test)]
mod tests;
