//! Our own problems, one constructor each.

use http::StatusCode;
use http::header::{ACCEPT_ENCODING, ALLOW};

use super::{CHECK_ID, CORRECT_FIELD, CORRECT_REQUEST, FieldError, Problem};
use crate::aws::Failure;
use crate::secret_store::{Missing, SecretError};
use crate::store::StoreError;

/// After a fault of our own store: seconds.
const STORE_RETRY_SECS: u64 = 5;

const CHECK_KEY: &str = "Check that the API key is the one issued to you and has not expired; renew it if needed, then send the request again.";
const RETRY_SOON: &str =
    "Retry after the delay in Retry-After (seconds) with the same Idempotency-Key.";
const WAIT_FOR_FIRST: &str =
    "Wait as long as Retry-After says for the first request to end, then repeat it unchanged.";
const OTHER_KEY: &str = "Use another Idempotency-Key for another order.";
const LOOK_UP_PAYMENT: &str = "Do not charge again, under this key or another; ask the operator to look the payment up at Binance.";
const SET_UP: &str =
    "Repeating does not help; tell the operator, who must set the service up as its log says.";

impl Problem {
    /// The request cannot be read at all.
    #[must_use]
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::gateway(
            StatusCode::BAD_REQUEST,
            "INVALID_REQUEST",
            detail,
            CORRECT_REQUEST,
        )
    }

    /// Fields break their rules; at least one.
    #[must_use]
    pub fn fields(errors: Vec<FieldError>) -> Self {
        let name = |error: &FieldError| {
            let text = format!("{} {}", error.pointer.trim_start_matches('/'), error.detail);
            text.trim_start().to_owned()
        };
        let detail = errors.iter().map(name).collect::<Vec<_>>().join("; ");
        Self {
            errors,
            recommendation: CORRECT_FIELD,
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
        let detail = format!("the method must be {}", allow.replace(", ", " or "));
        Self {
            header: Some((ALLOW, allow)),
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
            CORRECT_REQUEST,
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
            CORRECT_REQUEST,
        )
    }

    /// The body is compressed.
    #[must_use]
    pub fn encoded() -> Self {
        let detail = "Content-Encoding must be identity: the body must not be compressed";
        Self {
            detail: detail.to_owned(),
            header: Some((ACCEPT_ENCODING, "identity")),
            ..Self::not_json()
        }
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

    /// Binance reports a payment under the order's number that may have been made for an older order.
    #[must_use]
    pub fn paid_unknown() -> Self {
        let detail = "a payment is reported for this order that cannot be told apart from one for an older order";
        Self::gateway(
            StatusCode::CONFLICT,
            "PAID_UNKNOWN",
            detail,
            LOOK_UP_PAYMENT,
        )
    }

    /// Something that no repeat mends is missing around the service; `alarm` and `cause` are for the operator.
    #[must_use]
    pub fn not_set_up(cause: impl Into<String>, alarm: Option<&'static str>) -> Self {
        let problem = Self::gateway(
            StatusCode::SERVICE_UNAVAILABLE,
            "NOT_SET_UP",
            "the service is not set up",
            SET_UP,
        );
        Self {
            alarm,
            cause: Some(cause.into()),
            ..problem
        }
    }

    /// The time of the invocation is over. What was begun is recorded, and a repeat goes on with it.
    #[must_use]
    pub fn late() -> Self {
        Self::again("the request could not be finished in time")
    }

    fn try_again(cause: String, alarm: Option<&'static str>) -> Self {
        Self {
            alarm,
            cause: Some(cause),
            ..Self::again("the service cannot reach its own store just now")
        }
    }

    fn again(detail: &str) -> Self {
        let problem = Self::gateway(
            StatusCode::SERVICE_UNAVAILABLE,
            "TRY_AGAIN",
            detail,
            RETRY_SOON,
        );
        problem.retry_after(STORE_RETRY_SECS)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let (cause, alarm) = (error.to_string(), error.alarm());
        match &error {
            // No repeat mends it.
            StoreError::Namespace | StoreError::Unavailable(Failure::NotSetUp(_)) => {
                Self::not_set_up(cause, alarm)
            }
            // A newer version may have written the item, and be back soon.
            StoreError::Unavailable(Failure::Away(_) | Failure::CredentialsExpired(_))
            | StoreError::Item(_)
            | StoreError::Raced => Self::try_again(cause, alarm),
        }
    }
}

impl From<SecretError> for Problem {
    fn from(error: SecretError) -> Self {
        let (cause, alarm) = (error.to_string(), error.alarm());
        match &error.cause {
            Missing::NotNeeded
            | Missing::NoValue
            | Missing::Malformed(_)
            | Missing::Unread(Failure::NotSetUp(_)) => Self::not_set_up(cause, alarm),
            Missing::Unread(Failure::Away(_) | Failure::CredentialsExpired(_)) => {
                Self::try_again(cause, alarm)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_repeat_mends_is_not_to_be_repeated() {
        for (problem, status, code, who) in [
            (
                Problem::paid_unknown(),
                StatusCode::CONFLICT,
                "PAID_UNKNOWN",
                "ask the operator",
            ),
            (
                Problem::not_set_up("no such secret", Some("secrets.unreadable")),
                StatusCode::SERVICE_UNAVAILABLE,
                "NOT_SET_UP",
                "tell the operator",
            ),
        ] {
            assert_eq!((problem.status, problem.code.as_str()), (status, code));
            assert!(problem.recommendation.contains(who), "{code}");
            assert_eq!((problem.retryable, problem.retry_after_secs), (false, None));
            let answer = problem.into_response("id").into_body();
            assert!(!answer.contains("no such secret"), "{answer}");
        }
    }

    #[test]
    fn own_faults_are_told_by_whether_a_repeat_helps_and_logged_by_who_must_act() {
        let away = || Failure::Away("a".to_owned());
        let not_set_up = || Failure::NotSetUp("n".to_owned());
        let expired = || Failure::CredentialsExpired("e".to_owned());
        let item = serde::de::Error::custom("i");
        let (store, item_alarm) = (Some("store.unusable"), Some("item.unreadable"));
        for (error, code, alarm) in [
            (StoreError::Unavailable(away()), "TRY_AGAIN", None),
            (StoreError::Raced, "TRY_AGAIN", None),
            (StoreError::Unavailable(expired()), "TRY_AGAIN", None),
            (StoreError::Item(item), "TRY_AGAIN", item_alarm),
            (StoreError::Unavailable(not_set_up()), "NOT_SET_UP", store),
            (StoreError::Namespace, "NOT_SET_UP", item_alarm),
        ] {
            let cause = error.to_string();
            let problem = Problem::from(error);
            assert_eq!(problem.status, StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!((problem.code.as_str(), problem.alarm), (code, alarm));
            assert_eq!(problem.retryable, code == "TRY_AGAIN", "{cause}");
            assert_eq!(problem.cause, Some(cause));
        }
    }
}
