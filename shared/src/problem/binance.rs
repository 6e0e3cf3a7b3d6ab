//! The problem for each end of a Binance call, by code and HTTP status.

use http::StatusCode;

use super::{CHECK_ID, CORRECT_FIELD, Problem, Source};
use crate::binance::{Answer, BinanceError, CallError};

/// After a fault at Binance: minutes.
const FAULT_RETRY_SECS: u64 = 120;
/// After Binance's rate limit, where it names no wait itself.
const RATE_RETRY_SECS: u64 = 30;

const CHECK_CREDENTIALS: &str = "The operator must check, and renew if needed, the Binance API key and secret (and the key's trusted IPs); then send the request again.";
const CHECK_ADDRESS: &str = "The operator must correct BINANCE_BASE_URL, which points to a host that redirects; then send the request again.";
const ASK_PERMISSION: &str = "The operator must ask Binance for the missing permission to create payment orders, \
     and deploy outside of regions that Binance restricts; then send the request again.";
const SLOW_DOWN: &str = "Wait as long as Retry-After says, then send the request again with the same Idempotency-Key; double the wait each time.";
const RETRY_LATER: &str = "Retry after the delay in Retry-After (minutes) with the same Idempotency-Key; contact Binance support if it persists.";

impl From<BinanceError> for Problem {
    fn from(error: BinanceError) -> Self {
        match error {
            BinanceError::Call(error) => Self::from_call(&error),
            BinanceError::Secrets(error) => error.into(),
        }
    }
}

impl Problem {
    /// One row of the error table for each end and code.
    fn from_call(error: &CallError) -> Self {
        let answer = error.answer();
        let (status, code, recommendation) = match error {
            CallError::Access(Answer {
                redirect_to: Some(_),
                ..
            }) => (StatusCode::SERVICE_UNAVAILABLE, "NOT_SET_UP", CHECK_ADDRESS),
            CallError::Access(_) if answer.blames_credentials() => (
                StatusCode::UNAUTHORIZED,
                "CREDENTIALS_REFUSED",
                CHECK_CREDENTIALS,
            ),
            CallError::Access(_) if answer.http_status == Some(451) => {
                (StatusCode::FORBIDDEN, "LOCATION_RESTRICTED", ASK_PERMISSION)
            }
            CallError::Access(_) => (StatusCode::FORBIDDEN, "ACCESS_DENIED", ASK_PERMISSION),
            CallError::Refused(_) if is_not_found(answer) => {
                (StatusCode::NOT_FOUND, "NOT_FOUND", CHECK_ID)
            }
            CallError::Refused(_) => (StatusCode::BAD_REQUEST, "REFUSED", CORRECT_FIELD),
            CallError::NotDone(_) if answer.is_rate_limit() => {
                (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", SLOW_DOWN)
            }
            CallError::NotDone(_) | CallError::Unknown(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "BINANCE_UNAVAILABLE",
                RETRY_LATER,
            ),
        };
        let said = if answer.message.is_empty() {
            "no reason given"
        } else {
            &answer.message
        };
        let problem = Self {
            source: Source::Binance,
            alarm: error.alarm(),
            cause: Some(error.to_string()),
            ..Self::gateway(
                status,
                answer.code.as_deref().unwrap_or(code),
                format!("Binance: {said}"),
                recommendation,
            )
        };
        match status {
            StatusCode::TOO_MANY_REQUESTS => {
                problem.retry_after(answer.retry_after_secs.unwrap_or(RATE_RETRY_SECS).max(1))
            }
            StatusCode::INTERNAL_SERVER_ERROR => problem.retry_after(FAULT_RETRY_SECS),
            _ => problem,
        }
    }
}

fn is_not_found(answer: &Answer) -> bool {
    answer.code.as_deref() == Some("400202")
        || (answer.code.is_none() && answer.http_status == Some(404))
}
