//! An answer as far as it came, read so that whatever nobody reads spoils nothing.

use std::io::Read;
use std::time::Duration;

use flate2::read::{MultiGzDecoder, ZlibDecoder};
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{DATE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Response, Url};
use serde::de::IgnoredAny;

/// The longest name of a host that is passed on, in bytes: what DNS allows.
const MAX_HOST: usize = 253;

/// What some programs put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

const TOO_LONG: &str = "the answer is too long";
const TOO_SLOW: &str = "the answer did not end in time";
const BROKEN: &str = "the connection broke within the answer";

/// An answer as far as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// HTTP status.
    pub status: u16,
    /// The wait that `Retry-After` asks for, in seconds.
    pub retry_after_secs: Option<u64>,
    /// Where a redirect points to: host and port, never path or query; absent if it is none.
    pub redirect_to: Option<String>,
    /// The body, unpacked and without a byte order mark.
    pub body: Vec<u8>,
    /// Why `body` may lack its end.
    pub cut: Option<&'static str>,
}

impl Received {
    /// Reads on until the answer ends, its connection does, `max_bytes` came (or were unpacked), or `within` is over.
    pub async fn read(
        mut response: Response,
        max_bytes: usize,
        within: Duration,
        now_ms: i64,
    ) -> Self {
        let (packed, cut) = arrived(&mut response, max_bytes, within).await;
        let mut body = unpack(packed, max_bytes.saturating_add(1));
        if body.starts_with(BYTE_ORDER_MARK) {
            body.drain(..BYTE_ORDER_MARK.len());
        }
        let is_too_long = body.len() > max_bytes;
        body.truncate(max_bytes);
        Self {
            status: response.status().as_u16(),
            retry_after_secs: retry_after_secs(response.headers(), now_ms),
            redirect_to: response
                .status()
                .is_redirection()
                .then(|| pointed_to(response.url(), response.headers())),
            body,
            cut: is_too_long.then_some(TOO_LONG).or(cut),
        }
    }
}

/// How long the end of a body is waited for that is whole.
const AFTER_WHOLE: Duration = Duration::from_millis(100);

/// The body as it was sent, at most `max_bytes` of it, and why it may lack its end.
async fn arrived(
    response: &mut Response,
    max_bytes: usize,
    within: Duration,
) -> (Vec<u8>, Option<&'static str>) {
    let mut body = Vec::new();
    let arriving = async {
        loop {
            // Who announced more than he sends may never end.
            let wait = if is_whole(&body) {
                AFTER_WHOLE.min(within)
            } else {
                within
            };
            let next = tokio::time::timeout(wait, response.chunk()).await;
            let next = next.map_err(|_| TOO_SLOW)?;
            let Some(chunk) =
                next.map_err(|error| if error.is_timeout() { TOO_SLOW } else { BROKEN })?
            else {
                return Ok(());
            };
            let room = max_bytes.saturating_sub(body.len());
            body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
            if chunk.len() > room {
                return Err(TOO_LONG);
            }
        }
    };
    let ended = tokio::time::timeout(within, arriving).await;
    let cut = ended.unwrap_or(Err(TOO_SLOW)).err();
    (body, cut)
}

/// Whether it may be all: a whole JSON value.
fn is_whole(body: &[u8]) -> bool {
    body.trim_ascii_end().ends_with(b"}") && serde_json::from_slice::<IgnoredAny>(body).is_ok()
}

/// Undoes gzip and deflate, which nobody asked for, to `max_bytes` at most. The headers need not be right about it: no
/// JSON begins as these do (RFC 1952, RFC 1950).
fn unpack(packed: Vec<u8>, max_bytes: usize) -> Vec<u8> {
    match packed.as_slice() {
        [0x1f, 0x8b, ..] => inflate(MultiGzDecoder::new(packed.as_slice()), max_bytes),
        [0x78, ..] => inflate(ZlibDecoder::new(packed.as_slice()), max_bytes),
        _ => packed,
    }
}

fn inflate(packed: impl Read, max_bytes: usize) -> Vec<u8> {
    let mut body = Vec::new();
    let max_bytes = u64::try_from(max_bytes).unwrap_or(u64::MAX);
    // What came before a fault is kept: only its reader can tell whether it is whole.
    let _ = packed.take(max_bytes).read_to_end(&mut body);
    body
}

/// Host and port that `Location` points to, as seen from `url`; words where it points to none.
fn pointed_to(url: &Url, headers: &HeaderMap) -> String {
    let Some(location) = headers.get(LOCATION) else {
        return "nowhere".to_owned();
    };
    let target = std::str::from_utf8(location.as_bytes())
        .ok()
        .and_then(|location| url.join(location).ok());
    let host = target
        .as_ref()
        .and_then(Url::host_str)
        .filter(|host| host.len() <= MAX_HOST);
    match (host, target.as_ref().and_then(Url::port)) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => "an address that cannot be read".to_owned(),
    }
}

/// The wait that `Retry-After` asks for, in whole seconds; none if there is no such header, or neither a number of
/// seconds nor a date (RFC 9110, 10.2.3) in it.
fn retry_after_secs(headers: &HeaderMap, now_ms: i64) -> Option<u64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    text.parse().ok().or_else(|| {
        let wait_ms = read_ms(text)?.saturating_sub(now_ms).max(0);
        Some(wait_ms.unsigned_abs().div_ceil(1_000))
    })
}

/// When an answer was made, by the clock of whoever made it, in milliseconds since the Unix epoch; none if it does not say.
pub fn date_ms(headers: &HeaderMap) -> Option<i64> {
    read_ms(headers.get(DATE)?.to_str().ok()?.trim())
}

/// A date as HTTP writes it (RFC 9110, 5.6.7).
fn read_ms(text: &str) -> Option<i64> {
    let date = DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(date.as_millisecond())
}

#[cfg(test)]
mod tests;
