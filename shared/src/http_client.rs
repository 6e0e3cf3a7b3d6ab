//! The two HTTP clients: one for Binance, and one for addresses that others chose.

use std::sync::Arc;
use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Response};

use crate::callback_url::GuardedResolver;

/// Time limit for opening a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// An idle connection is not trusted for longer: a function may have been frozen meanwhile, and a request lost on a
/// dead connection has an unknown outcome.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// The clients cannot be built.
#[derive(Debug, thiserror::Error)]
#[error("the HTTPS client cannot be built: {0}")]
pub struct ClientError(String);

/// The client for Binance.
///
/// # Errors
/// [`ClientError`].
pub fn binance_client() -> Result<Client, ClientError> {
    build(client()?)
}

/// The client for confirmations: every address is checked when it is connected to; proxies are ignored.
///
/// # Errors
/// [`ClientError`].
pub fn confirmation_client(allow_local: bool) -> Result<Client, ClientError> {
    build(client()?.dns_resolver(GuardedResolver { allow_local }))
}

fn client() -> Result<ClientBuilder, ClientError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ClientError(error.to_string()))?
        .with_root_certificates(rustls::RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        })
        .with_no_client_auth();
    Ok(Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .redirect(Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .no_proxy())
}

fn build(builder: ClientBuilder) -> Result<Client, ClientError> {
    builder
        .build()
        .map_err(|error| ClientError(error.to_string()))
}

/// The body, which must not be longer than `max` bytes.
///
/// # Errors
/// Why there is none.
pub async fn read_at_most(mut response: Response, max: usize) -> Result<Vec<u8>, &'static str> {
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|_| "the connection broke within the answer")?
    {
        if body.len().saturating_add(chunk.len()) > max {
            return Err("the answer is too long");
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The wait that `Retry-After` asks for, in whole seconds; none if there is no such header, or neither a number of
/// seconds nor a date (RFC 9110, 10.2.3) in it.
#[must_use]
pub fn retry_after_secs(headers: &HeaderMap, now_ms: i64) -> Option<u64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    text.parse().ok().or_else(|| {
        let until = DateTimeParser::new().parse_timestamp(text).ok()?;
        let wait_ms = until.as_millisecond().saturating_sub(now_ms).max(0);
        Some(wait_ms.unsigned_abs().div_ceil(1_000))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        // Sun, 06 Nov 1994 08:49:37 GMT, less 90.5 s.
        let now_ms = 784_111_777_000 - 90_500;
        for (text, expected) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(91)),
            ("Sun, 06 Nov 1994 08:48:00 GMT", Some(0)),
            ("Sun, 06 Nov 1994", None),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
            assert_eq!(retry_after_secs(&headers, now_ms), expected, "{text:?}");
        }
        assert_eq!(retry_after_secs(&HeaderMap::new(), now_ms), None);
    }
}
