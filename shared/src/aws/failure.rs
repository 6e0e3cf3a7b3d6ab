//! Why AWS did not do what it was asked, sorted by who can mend it.

use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use tracing::warn;

/// Whether AWS has said that the credentials of this process have expired.
static CREDENTIALS_EXPIRED: AtomicBool = AtomicBool::new(false);

/// The end of a call that AWS did not carry out. Its text is for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No answer, a fault of AWS's own, or too many calls: it mends itself.
    #[error("{0}")]
    Away(String),
    /// A permission, a table, an index or a secret is missing, or the call is not one that AWS takes: an operator must act.
    #[error("{0}")]
    NotSetUp(String),
    /// The credentials that Lambda gave this process have expired; a new process gets new ones.
    #[error("{0}")]
    CredentialsExpired(String),
}

impl Failure {
    /// Sorts the SDK's error; notes credentials that have expired.
    #[expect(clippy::needless_pass_by_value, reason = "made for `map_err`")]
    pub fn of<E>(error: SdkError<E, HttpResponse>) -> Self
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        match &error {
            SdkError::ServiceError(answer) => Self::sorted(
                Some(answer.raw().status().as_u16()),
                answer.err().code().unwrap_or_default(),
                answer.err().message().unwrap_or_default(),
            ),
            // The call could not even be written, for want of a region or of credentials.
            SdkError::ConstructionFailure(_) => Self::NotSetUp(reason(&error)),
            // A time-out, no connection, half an answer.
            SdkError::TimeoutError(_)
            | SdkError::DispatchFailure(_)
            | SdkError::ResponseError(_)
            | _ => Self::Away(reason(&error)),
        }
    }

    /// Sorts by HTTP status, where there is one, and AWS's code. What is neither a fault of AWS's own nor a matter of its rate is refused for
    /// good.
    pub(crate) fn sorted(status: Option<u16>, code: &str, message: &str) -> Self {
        let text = match (code, status) {
            ("", Some(status)) => format!("HTTP status {status}: {message}"),
            _ => format!("{code}: {message}"),
        };
        match code {
            "ExpiredToken" | "ExpiredTokenException" => {
                if !CREDENTIALS_EXPIRED.swap(true, Ordering::Relaxed) {
                    warn!("the credentials of this process have expired, and it will end: {text}");
                }
                Self::CredentialsExpired(text)
            }
            "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "LimitExceededException"
            | "TooManyRequestsException"
            | "InternalServiceError"
            | "InternalServerError"
            | "InternalFailure"
            | "ServiceUnavailable"
            | "RequestTimeout" => Self::Away(text),
            _ if code.starts_with("Throttl") || matches!(status, Some(408 | 429 | 500..)) => {
                Self::Away(text)
            }
            _ => Self::NotSetUp(text),
        }
    }

    /// What the call is about is not there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        match self {
            Self::NotSetUp(text) => text.starts_with("ResourceNotFoundException"),
            Self::Away(_) | Self::CredentialsExpired(_) => false,
        }
    }

    /// Whether an operator must act; else it mends itself.
    #[must_use]
    pub fn must_act(&self) -> bool {
        match self {
            Self::NotSetUp(_) => true,
            // The next process has new ones.
            Self::Away(_) | Self::CredentialsExpired(_) => false,
        }
    }
}

/// The error and what it came of. Not its debug form, which quotes the answer and so, in the worst case, a secret.
fn reason(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// Whether the credentials of this process have expired, so that it can do nothing more: it must end once its answer is
/// handed over, and Lambda starts another with new ones.
#[must_use]
pub fn credentials_expired() -> bool {
    CREDENTIALS_EXPIRED.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_sorted_by_who_can_mend_them() {
        type Sorted = fn(String) -> Failure;
        let (away, not_set_up): (Sorted, Sorted) = (Failure::Away, Failure::NotSetUp);
        for (sorted, status, codes) in [
            (away, Some(500), &["InternalServerError", "", "Unheard"][..]),
            (away, Some(503), &["ServiceUnavailable", ""]),
            (away, Some(429), &["TooManyRequestsException", ""]),
            (
                away,
                Some(400),
                &[
                    "ThrottlingException",
                    "Throttling",
                    "ThrottledException",
                    "ProvisionedThroughputExceededException",
                    "RequestLimitExceeded",
                ],
            ),
            (away, None, &["InternalServiceError"]),
            (
                not_set_up,
                Some(400),
                &[
                    "ResourceNotFoundException",
                    "AccessDeniedException",
                    "UnrecognizedClientException",
                    "InvalidSignatureException",
                    "InvalidClientTokenId",
                    "MissingAuthenticationTokenException",
                    "SignatureDoesNotMatch",
                    "ValidationException",
                    "DecryptionFailure",
                    "InvalidRequestException",
                    "Unheard",
                    "",
                ],
            ),
            (not_set_up, Some(403), &["AccessDenied", ""]),
            (not_set_up, None, &["ResourceNotFoundException", ""]),
        ] {
            for code in codes {
                let failure = Failure::sorted(status, code, "m");
                let name = match (*code, status) {
                    ("", Some(status)) => format!("HTTP status {status}"),
                    (code, _) => code.to_owned(),
                };
                assert_eq!(failure, sorted(format!("{name}: m")), "{status:?}");
                let must_act = matches!(failure, Failure::NotSetUp(_));
                assert_eq!(failure.must_act(), must_act, "{failure}");
            }
        }
    }

    #[test]
    fn expired_credentials_are_noted() {
        for code in ["ExpiredTokenException", "ExpiredToken"] {
            let failure = Failure::sorted(Some(400), code, "m");
            assert_eq!(failure, Failure::CredentialsExpired(format!("{code}: m")));
            assert!(!failure.must_act());
            assert!(credentials_expired());
        }
    }
}
