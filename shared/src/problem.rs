//! Error mapping: one error, one answer (RFC 9457), which tells the caller what to do next.

use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use http::{Response, StatusCode};
use serde::Serialize;

use crate::binance::{Answer, BinanceError, CallError};
use crate::config::SecretError;
use crate::store::StoreError;

/// After a fault at Binance: minutes.
const FAULT_RETRY_SECS: u64 = 120;
/// After Binance's rate limit, where it names no wait itself.
const RATE_RETRY_SECS: u64 = 30;
/// After a fault of our own store: seconds.
const STORE_RETRY_SECS: u64 = 5;

const CORRECT_FIELD: &str =
    "Read code and msg, correct the field they name, and send the request again.";
const CHECK_KEY: &str = "Check that the API key is the one issued to you and has not expired; renew it if needed, then send the request again.";
const CHECK_CREDENTIALS: &str = "The operator must check, and renew if needed, the Binance API key and secret (and the key's trusted IPs); then send the request again.";
const ASK_PERMISSION: &str = "The operator must ask Binance for the missing permission to create payment orders, \
     and deploy outside of regions that Binance restricts; then send the request again.";
const CHECK_ID: &str = "Check the id and the endpoint.";
const SLOW_DOWN: &str = "Wait as long as Retry-After says, then send the request again with the same Idempotency-Key; double the wait each time.";
const RETRY_LATER: &str = "Retry after the delay in Retry-After (minutes) with the same Idempotency-Key; contact Binance support if it persists.";
const RETRY_SOON: &str =
    "Retry after the delay in Retry-After (seconds) with the same Idempotency-Key.";
const WAIT_FOR_FIRST: &str =
    "Wait as long as Retry-After says for the first request to end, then repeat it unchanged.";
const OTHER_KEY: &str = "Use another Idempotency-Key for another order.";

/// An error answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    /// Binance's code where Binance answered, else one of ours in capitals.
    pub code: String,
    /// For people; names the field and the rule.
    pub detail: String,
    /// What the caller should do.
    pub recommendation: &'static str,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// Who said no.
    pub source: Source,
    /// When to try again, in seconds.
    pub retry_after_secs: Option<u64>,
    /// The methods that are allowed, after a wrong one.
    pub allow: Option<&'static str>,
    /// Every wrong field.
    pub errors: Vec<FieldError>,
    /// What the operator must know and the caller need not.
    pub cause: Option<String>,
}

/// Who said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// We.
    Gateway,
    /// Binance.
    Binance,
}

/// One wrong field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// JSON pointer (RFC 6901).
    pub pointer: String,
    /// The rule.
    pub detail: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'a str,
    msg: &'a str,
    recommendation: &'a str,
    retryable: bool,
    source: Source,
    request_id: &'a str,
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    errors: &'a [FieldError],
}

impl Problem {
    fn gateway(
        status: StatusCode,
        code: &str,
        detail: impl Into<String>,
        recommendation: &'static str,
    ) -> Self {
        Self {
            status,
            code: code.to_owned(),
            detail: detail.into(),
            recommendation,
            retryable: false,
            source: Source::Gateway,
            retry_after_secs: None,
            allow: None,
            errors: Vec::new(),
            cause: None,
        }
    }

    fn retry_after(self, secs: u64) -> Self {
        Self {
            retryable: true,
            retry_after_secs: Some(secs),
            ..self
        }
    }

    /// The request cannot be read at all.
    #[must_use]
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::gateway(
            StatusCode::BAD_REQUEST,
            "INVALID_REQUEST",
            detail,
            CORRECT_FIELD,
        )
    }

    /// Fields break their rules; at least one.
    #[must_use]
    pub fn fields(errors: Vec<FieldError>) -> Self {
        let name = |error: &FieldError| {
            format!("{} {}", error.pointer.trim_start_matches('/'), error.detail)
        };
        let detail = errors.iter().map(name).collect::<Vec<_>>().join("; ");
        Self {
            errors,
            ..Self::malformed(detail)
        }
    }

    /// The caller's key is missing or wrong.
    #[must_use]
    pub fn invalid_api_key() -> Self {
        Self::gateway(
            StatusCode::UNAUTHORIZED,
            "INVALID_API_KEY",
            "X-MBX-APIKEY must hold a key issued to LeadsCalendar",
            CHECK_KEY,
        )
    }

    /// No order of this id.
    #[must_use]
    pub fn no_such_order() -> Self {
        Self::gateway(
            StatusCode::NOT_FOUND,
            "ORDER_NOT_FOUND",
            "no order has this id",
            CHECK_ID,
        )
    }

    /// The path knows other methods.
    #[must_use]
    pub fn method_not_allowed(allow: &'static str) -> Self {
        let detail = format!("the method must be {allow}");
        Self {
            allow: Some(allow),
            ..Self::gateway(
                StatusCode::METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
                detail,
                CHECK_ID,
            )
        }
    }

    /// The body is longer than `max` bytes.
    #[must_use]
    pub fn too_large(max: usize) -> Self {
        let detail = format!("the body must be at most {max} bytes long");
        Self::gateway(
            StatusCode::PAYLOAD_TOO_LARGE,
            "BODY_TOO_LARGE",
            detail,
            CORRECT_FIELD,
        )
    }

    /// The body is of another type.
    #[must_use]
    pub fn not_json() -> Self {
        let detail = "Content-Type must be application/json";
        Self::gateway(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            detail,
            CORRECT_FIELD,
        )
    }

    /// The first request with this key is still under way.
    #[must_use]
    pub fn in_progress(retry_after_secs: u64) -> Self {
        let detail = "the first request with this Idempotency-Key is still under way";
        Self::gateway(
            StatusCode::CONFLICT,
            "REQUEST_IN_PROGRESS",
            detail,
            WAIT_FOR_FIRST,
        )
        .retry_after(retry_after_secs.max(1))
    }

    /// The key was used for another content.
    #[must_use]
    pub fn key_reused() -> Self {
        let detail = "this Idempotency-Key was used with other content";
        Self::gateway(
            StatusCode::UNPROCESSABLE_ENTITY,
            "IDEMPOTENCY_KEY_REUSED",
            detail,
            OTHER_KEY,
        )
    }

    /// The key's order has used up its attempts.
    #[must_use]
    pub fn attempts_used_up() -> Self {
        let detail = "the order of this Idempotency-Key has used up its 99 attempts";
        Self::gateway(
            StatusCode::UNPROCESSABLE_ENTITY,
            "ATTEMPTS_USED_UP",
            detail,
            OTHER_KEY,
        )
    }

    fn try_again(cause: String) -> Self {
        let detail = "the service cannot reach its own store just now";
        let problem = Self::gateway(
            StatusCode::SERVICE_UNAVAILABLE,
            "TRY_AGAIN",
            detail,
            RETRY_SOON,
        )
        .retry_after(STORE_RETRY_SECS);
        Self {
            cause: Some(cause),
            ..problem
        }
    }

    /// The answer; `request_id` is the invocation's.
    ///
    /// # Panics
    ///
    /// Never: status, names and values are valid by construction.
    #[must_use]
    pub fn into_response(self, request_id: &str) -> Response<String> {
        let body = Body {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: &self.code,
            msg: &self.detail,
            recommendation: self.recommendation,
            retryable: self.retryable,
            source: self.source,
            request_id,
            errors: &self.errors,
        };
        let mut response = Response::new(serde_json::to_string(&body).unwrap_or_default());
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            http::HeaderValue::from_static("application/problem+json"),
        );
        if let Some(secs) = self.retry_after_secs {
            headers.insert(RETRY_AFTER, secs.into());
        }
        if let Some(allow) = self.allow {
            headers.insert(ALLOW, http::HeaderValue::from_static(allow));
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::try_again(error.to_string())
    }
}

impl From<SecretError> for Problem {
    fn from(error: SecretError) -> Self {
        Self::try_again(error.to_string())
    }
}

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
            CallError::Access(_) if is_credentials(answer) => (
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
            CallError::NotDone(_) if is_rate_limit(answer) => {
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

fn is_credentials(answer: &Answer) -> bool {
    match answer.code.as_deref() {
        Some(code) => matches!(code, "400002" | "400004" | "400005"),
        None => answer.http_status == Some(401),
    }
}

fn is_not_found(answer: &Answer) -> bool {
    answer.code.as_deref() == Some("400202")
        || (answer.code.is_none() && answer.http_status == Some(404))
}

fn is_rate_limit(answer: &Answer) -> bool {
    answer.code.as_deref() == Some("406108") || answer.http_status == Some(429)
}
