//! What Binance is answered: `SUCCESS`, or `FAIL` so that it repeats the notification.

use lambda_http::http::StatusCode;
use lambda_http::http::header::{ALLOW, HeaderValue};
use lambda_http::{Body, Response};
use serde::Serialize;
use shared::binance::BinanceError;
use shared::certificates::CertificateError;
use shared::http_api::{self, Invocation};
use shared::store::StoreError;
use shared::webhook::WebhookError;
use tracing::{error, warn};

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
    let success = Acknowledgement {
        return_code: "SUCCESS",
        return_message: None,
    };
    http_api::json(StatusCode::OK, &success)
}

/// `FAIL`, so that Binance repeats it; who has no valid signature learns nothing.
pub(crate) fn not_acknowledged(
    reason: &NotAcknowledged,
    invocation: &Invocation,
) -> Response<Body> {
    let request_id = invocation.request_id.as_str();
    let (status, message) = match reason {
        NotAcknowledged::Method => (StatusCode::METHOD_NOT_ALLOWED, reason.to_string()),
        NotAcknowledged::Webhook(error) => match error {
            WebhookError::Header(_) | WebhookError::Unreadable(_) => {
                (StatusCode::BAD_REQUEST, error.to_string())
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
    };
    // What Binance signed and we cannot read may be money: a person must look.
    let is_unreadable = matches!(
        reason,
        NotAcknowledged::Webhook(WebhookError::Unreadable(_))
    );
    // Another merchant can cause it, and Binance repeats it.
    let is_mended = matches!(
        reason,
        NotAcknowledged::Unanswered(_) | NotAcknowledged::TooMany
    );
    if (status.is_server_error() && !is_mended) || is_unreadable {
        error!(request_id, status = status.as_u16(), cause = %reason, "notification not acknowledged: {message}");
    } else {
        warn!(request_id, status = status.as_u16(), cause = %reason, "notification refused: {message}");
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
