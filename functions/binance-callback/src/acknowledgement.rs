//! What Binance is answered: `SUCCESS`, or `FAIL` so that it repeats the notification.

use lambda_http::http::StatusCode;
use lambda_http::http::header::{ALLOW, HeaderValue};
use lambda_http::{Body, Response};
use serde::Serialize;
use shared::binance::BinanceError;
use shared::certificates::CertificateError;
use shared::http_api::{self, Unfinished};
use shared::log::OUTCOME;
use shared::metrics::{self, Metric};
use shared::store::StoreError;
use shared::webhook::WebhookError;
use tracing::{error, info, warn};

/// The answer Binance expects.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Acknowledgement {
    return_code: &'static str,
    return_message: Option<String>,
}

/// A notification that is not acknowledged.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotAcknowledged {
    #[error("the method must be POST")]
    Method,
    #[error("the body is longer than a notification can be")]
    TooLarge,
    #[error(transparent)]
    Unfinished(#[from] Unfinished),
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a payment without an order cannot be asked about: {0}")]
    Unanswered(#[from] BinanceError),
    #[error("another payment without an order was asked about a moment ago")]
    TooMany,
}

/// What was said is durable, or not about us.
pub(crate) fn acknowledged() -> Response<Body> {
    metrics::count(Metric::Acknowledged);
    info!(target: OUTCOME, "notification acknowledged");
    let success = Acknowledgement {
        return_code: "SUCCESS",
        return_message: None,
    };
    http_api::json(StatusCode::OK, &success)
}

/// `FAIL`, so that Binance repeats it; who has no valid signature learns nothing.
pub(crate) fn not_acknowledged(reason: &NotAcknowledged) -> Response<Body> {
    let (status, message) = answer(reason);
    let cause = reason.to_string();
    let status_code = status.as_u16();
    metrics::count(Metric::Unacknowledged);
    if let Some(alarm) = alarm(reason) {
        error!(
            target: OUTCOME,
            alarm,
            status = status_code,
            cause, "notification not acknowledged: {message}"
        );
    } else {
        warn!(
            target: OUTCOME,
            status = status_code,
            cause, "notification refused: {message}"
        );
    }
    let mut response = http_api::json(
        status,
        &Acknowledgement {
            return_code: "FAIL",
            return_message: Some(message),
        },
    );
    if status == StatusCode::METHOD_NOT_ALLOWED {
        let allow = HeaderValue::from_static("POST");
        response.headers_mut().insert(ALLOW, allow);
    }
    response
}

/// The status and the words of the refusal.
fn answer(reason: &NotAcknowledged) -> (StatusCode, String) {
    match reason {
        NotAcknowledged::Method => (StatusCode::METHOD_NOT_ALLOWED, reason.to_string()),
        // No notification at all, like one without its headers.
        NotAcknowledged::TooLarge | NotAcknowledged::Unfinished(Unfinished::Malformed(_)) => {
            (StatusCode::BAD_REQUEST, reason.to_string())
        }
        NotAcknowledged::Unfinished(Unfinished::Late) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "the notification could not be taken in in time".to_owned(),
        ),
        NotAcknowledged::Webhook(error) => match error {
            WebhookError::Header(_) | WebhookError::Unreadable(_) => {
                (StatusCode::BAD_REQUEST, reason.to_string())
            }
            WebhookError::Signature(_)
            | WebhookError::Certificate(CertificateError::UnknownSerial) => (
                StatusCode::UNAUTHORIZED,
                "the signature is not Binance's".to_owned(),
            ),
            WebhookError::Certificate(
                CertificateError::Unavailable(_) | CertificateError::Away,
            ) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "the signature cannot be verified just now".to_owned(),
            ),
        },
        NotAcknowledged::Store(_) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "the notification cannot be recorded just now".to_owned(),
        ),
        NotAcknowledged::Unanswered(_) | NotAcknowledged::TooMany => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "no such order, and Binance cannot be asked about it just now".to_owned(),
        ),
    }
}

/// The alarm by which an operator hears that he must act. What Binance's repeat mends needs nobody, nor does what a stranger
/// sends.
fn alarm(reason: &NotAcknowledged) -> Option<&'static str> {
    match reason {
        // What Binance signed and we cannot read may be money.
        NotAcknowledged::Webhook(WebhookError::Unreadable(_)) => Some("binance.unreadable"),
        NotAcknowledged::Webhook(WebhookError::Certificate(CertificateError::Unavailable(
            error,
        )))
        | NotAcknowledged::Unanswered(error) => error.alarm(),
        NotAcknowledged::Store(error) => error.alarm(),
        NotAcknowledged::Method
        | NotAcknowledged::TooLarge
        | NotAcknowledged::TooMany
        | NotAcknowledged::Unfinished(_)
        | NotAcknowledged::Webhook(
            WebhookError::Header(_)
            | WebhookError::Signature(_)
            | WebhookError::Certificate(CertificateError::UnknownSerial | CertificateError::Away),
        ) => None,
    }
}

#[cfg(test)]
mod tests;
