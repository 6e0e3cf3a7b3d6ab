//! Reading what a caller sends: every field by its rule, every wrong field in one answer, unknown and repeated ones by name.

mod fields;
mod text;

use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use serde_json::value::RawValue;

pub use fields::{Fields, Found, MAX_UNKNOWN, shown};
pub use text::text;

use crate::problem::Problem;

/// The longest reference, in characters.
pub const MAX_REFERENCE: usize = 64;
/// The longest body that is read, in bytes.
const MAX_BODY: usize = 16 * 1024;
/// The longest idempotency key, in characters.
const MAX_KEY: usize = 255;

/// The `Idempotency-Key`, bare or quoted; none if the header is not there.
///
/// # Errors
/// [`Problem`], if it breaks its rule or comes twice.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all("Idempotency-Key").iter();
    let (Some(value), second) = (values.next(), values.next()) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    let bare = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text);
    let is_key =
        (1..=MAX_KEY).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_graphic());
    if is_key && second.is_none() {
        Ok(Some(bare.to_owned()))
    } else {
        Err(Problem::malformed(
            "Idempotency-Key must be 1 to 255 visible ASCII characters, bare or in quotes, once",
        ))
    }
}

/// The body, if it is said to be JSON, is not compressed, and not too long.
///
/// # Errors
/// [`Problem`].
pub fn json<'a>(headers: &HeaderMap, body: &'a [u8]) -> Result<&'a [u8], Problem> {
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(Problem::not_json());
    }
    let is_plain = |encoding: &HeaderValue| {
        let encoding = encoding.as_bytes().trim_ascii();
        encoding.is_empty() || encoding.eq_ignore_ascii_case(b"identity")
    };
    if !headers.get_all(CONTENT_ENCODING).iter().all(is_plain) {
        return Err(Problem::encoded());
    }
    if body.len() > MAX_BODY {
        return Err(Problem::too_large(MAX_BODY));
    }
    Ok(body)
}

/// A JSON string.
///
/// # Errors
/// The rule, if it is something else.
pub fn string(raw: &RawValue) -> Result<String, String> {
    serde_json::from_str(raw.get()).map_err(|_| "must be a string".to_owned())
}
