//! The two HTTP clients: one for Binance, and one for addresses that others chose. What they do alike when a call ends
//! is beside them: reading what came, and naming what went wrong.

mod failure;
mod received;

use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use rustls::RootCertStore;

use crate::callback_url::GuardedResolver;

pub use failure::{may_have_arrived, reason};
pub use received::Received;

/// Time limit for opening a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// An idle connection is not trusted for longer: a function may have been frozen meanwhile, and a request lost on a
/// dead connection has an unknown outcome.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// Headers of an answer that are put up with. Each costs 64 bytes while the head is read, used or not.
const MAX_HEADERS: usize = 2_048;

/// Fronts refuse calls that do not say who makes them.
const USER_AGENT: &str = concat!("leadscalendar-payments/", env!("CARGO_PKG_VERSION"));

/// The clients cannot be built.
#[derive(Debug, thiserror::Error)]
#[error("the HTTPS client cannot be built: {0}")]
pub struct ClientError(String);

/// The client for Binance.
///
/// # Errors
/// [`ClientError`].
pub fn binance_client() -> Result<Client, ClientError> {
    build(client(public_roots())?)
}

/// The client for confirmations: every address is checked when it is connected to; proxies are ignored.
///
/// # Errors
/// [`ClientError`].
pub fn confirmation_client(allow_local: bool) -> Result<Client, ClientError> {
    build(client(public_roots())?.dns_resolver(GuardedResolver { allow_local }))
}

fn public_roots() -> RootCertStore {
    RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    }
}

fn client(roots: RootCertStore) -> Result<ClientBuilder, ClientError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ClientError(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(USER_AGENT)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .redirect(Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .no_proxy()
        // A header that nobody reads spoils no answer: by then what was asked for may have been done.
        .http1_max_headers(MAX_HEADERS)
        .http1_ignore_invalid_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http1_allow_obsolete_multiline_headers_in_responses(true))
}

fn build(builder: ClientBuilder) -> Result<Client, ClientError> {
    builder
        .build()
        .map_err(|error| ClientError(error.to_string()))
}

#[cfg(test)]
mod tests;
