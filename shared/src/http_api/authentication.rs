//! Who calls, and what his key allows.

use lambda_http::http::HeaderMap;

use crate::config::CallerKeys;
use crate::problem::Problem;

/// Lets in whoever holds a key that was issued to LeadsCalendar.
///
/// # Errors
/// [`Problem::invalid_api_key`].
pub fn authenticate(headers: &HeaderMap, keys: &CallerKeys) -> Result<(), Problem> {
    if key_of(headers).is_some_and(|key| keys.admit(key)) {
        Ok(())
    } else {
        Err(Problem::invalid_api_key())
    }
}

/// Lets in whoever holds a key that may refund.
///
/// # Errors
/// [`Problem::invalid_api_key`]; [`Problem::refund_not_allowed`], if the key may do everything else.
pub fn authenticate_refund(headers: &HeaderMap, keys: &CallerKeys) -> Result<(), Problem> {
    authenticate(headers, keys)?;
    if key_of(headers).is_some_and(|key| keys.may_refund(key)) {
        Ok(())
    } else {
        Err(Problem::refund_not_allowed())
    }
}

fn key_of(headers: &HeaderMap) -> Option<&str> {
    headers.get("X-MBX-APIKEY")?.to_str().ok()
}
