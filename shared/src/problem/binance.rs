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

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(http_status: u16, code: Option<&str>) -> Answer {
        Answer {
            http_status: Some(http_status),
            code: code.map(str::to_owned),
            message: "so it is".to_owned(),
            ..Answer::default()
        }
    }

    #[test]
    fn each_end_of_a_call_is_one_problem_with_binances_own_code_where_it_gave_one() {
        let access = |status, code| CallError::Access(answer(status, code));
        let refused = |status, code| CallError::Refused(answer(status, code));
        let alarm = Some("binance.access");
        for (error, status, code, alarm, retry_after_secs) in [
            (access(401, None), 401, "CREDENTIALS_REFUSED", alarm, None),
            (access(200, Some("400002")), 401, "400002", alarm, None),
            (access(451, None), 403, "LOCATION_RESTRICTED", alarm, None),
            (access(403, None), 403, "ACCESS_DENIED", alarm, None),
            (access(200, Some("400203")), 403, "400203", alarm, None),
            (refused(200, Some("400202")), 404, "400202", None, None),
            (refused(404, None), 404, "NOT_FOUND", None, None),
            (refused(404, Some("400001")), 400, "400001", None, None),
            (refused(400, None), 400, "REFUSED", None, None),
            (
                CallError::NotDone(answer(429, None)),
                429,
                "RATE_LIMITED",
                None,
                Some(30),
            ),
            (
                CallError::NotDone(answer(200, Some("400003"))),
                500,
                "400003",
                None,
                Some(120),
            ),
            (
                CallError::Unknown(answer(503, None)),
                500,
                "BINANCE_UNAVAILABLE",
                None,
                Some(120),
            ),
        ] {
            let cause = error.to_string();
            let problem = Problem::from(BinanceError::Call(error));
            assert_eq!(problem.status.as_u16(), status, "{cause}");
            assert_eq!((problem.code.as_str(), problem.alarm), (code, alarm));
            assert_eq!(problem.retry_after_secs, retry_after_secs, "{cause}");
            assert_eq!(problem.retryable, retry_after_secs.is_some(), "{cause}");
            assert_eq!(problem.source, Source::Binance);
            assert_eq!(problem.detail, "Binance: so it is");
            assert_eq!(problem.cause, Some(cause));
        }
    }

    #[test]
    fn redirect_is_the_operators_and_silence_has_words() {
        let redirect = CallError::Access(Answer {
            redirect_to: Some("b.example.com".to_owned()),
            ..Answer::default()
        });
        let problem = Problem::from_call(&redirect);
        assert_eq!(
            (problem.status.as_u16(), problem.code.as_str()),
            (503, "NOT_SET_UP")
        );
        assert_eq!(problem.detail, "Binance: no reason given");
    }
}
