//! `POST /binance-callback`: takes a notification of Binance Pay, records what it says, and tells LeadsCalendar.
//!
//! Binance is answered `SUCCESS` only when what it said is durable; whatever fails before that is answered `FAIL`, and
//! Binance repeats it. What fails after that, `reconcile-orders` makes up for.

use std::time::Duration;

use lambda_http::http::header::{ALLOW, HeaderValue};
use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Request as Event, Response};
use serde::Serialize;
use shared::ambient::now_ms;
use shared::app::{App, StartError};
use shared::certificates::{CertificateError, Certificates};
use shared::confirmation::Confirmer;
use shared::follow_up;
use shared::http_api::{self, Invocation};
use shared::order::{self, Attempt, Order, TradeNo};
use shared::store::StoreError;
use shared::webhook::{self, News, WebhookError};
use tracing::{error, info, warn};

/// Time limit for telling LeadsCalendar.
const CONFIRMATION_TIMEOUT: Duration = Duration::from_secs(5);

/// What is kept of the invocation's time for writes and the confirmation, in milliseconds.
const RESERVE_MS: i64 = 14_000;

/// The function.
#[derive(Debug)]
pub struct BinanceCallback {
    app: App,
    certificates: Certificates,
    confirmer: Confirmer,
}

/// The answer Binance expects.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Acknowledgement {
    return_code: &'static str,
    return_message: Option<String>,
}

/// A notification that is not acknowledged.
#[derive(Debug, thiserror::Error)]
enum NotAcknowledged {
    #[error("the method must be POST")]
    Method,
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl BinanceCallback {
    /// Builds the function from the settings that `lookup` finds.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn new(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, StartError> {
        let app = App::new(lookup)?;
        let confirmer = app.confirmer()?;
        Ok(Self {
            certificates: Certificates::new(app.binance.clone()),
            confirmer,
            app,
        })
    }

    /// Opens the connections before the first notification.
    pub async fn connect(&self) {
        self.app.connect().await;
    }

    /// Answers one notification.
    pub async fn handle(&self, event: Event) -> Response<Body> {
        let invocation = Invocation::of(&event);
        match self.receive(&event, &invocation).await {
            Ok(()) => http_api::json(
                StatusCode::OK,
                &Acknowledgement {
                    return_code: "SUCCESS",
                    return_message: None,
                },
            ),
            Err(reason) => not_acknowledged(&reason, &invocation),
        }
    }

    async fn receive(&self, event: &Event, invocation: &Invocation) -> Result<(), NotAcknowledged> {
        if event.method() != Method::POST {
            return Err(NotAcknowledged::Method);
        }
        let deadline_ms = invocation.deadline_ms.saturating_sub(RESERVE_MS);
        let notification = webhook::receive(
            event.headers(),
            event.body().as_ref(),
            &self.certificates,
            now_ms(),
            deadline_ms,
        )
        .await?;
        let Some(News { trade_no, fact }) = notification.news else {
            info!(
                kind = notification.kind,
                "notification of no order of ours acknowledged"
            );
            return Ok(());
        };
        let store = &self.app.store;
        let Some(order) = store.load(&trade_no.order_id).await? else {
            warn!(kind = notification.kind, %trade_no, "notification of an order that is not in the table acknowledged");
            return Ok(());
        };

        let event = order::Event::Learned {
            attempt: trade_no.attempt,
            fact,
        };
        let reported = store
            .transition(order, &[event], &notification.kind, now_ms())
            .await?;
        let revision = reported.before.confirmation.revision;
        let mut order = follow_up::report(store, reported, &notification.kind).await?;
        let attempt = order.attempt(trade_no.attempt);
        if attempt.is_some_and(Attempt::is_unverified) {
            order = self.verify(order, &trade_no, deadline_ms).await?;
        }
        if order.confirmation.revision != revision {
            let told = follow_up::confirm(store, &self.confirmer, order, CONFIRMATION_TIMEOUT, 0);
            if let Err(error) = told.await {
                warn!(%trade_no, %error, "what became of the confirmation is not all recorded, and will be made up for");
            }
        }
        Ok(())
    }

    /// Asks Binance about money that it reports before, or without, having told us the terms. If it does not answer now,
    /// `reconcile-orders` asks again: the report itself is in the table.
    async fn verify(
        &self,
        order: Order,
        trade_no: &TradeNo,
        deadline_ms: i64,
    ) -> Result<Order, StoreError> {
        let known = match self.app.binance.query(trade_no, deadline_ms).await {
            Ok(Some(known)) => known,
            Ok(None) => {
                warn!(%trade_no, "Binance reports a payment of a trade number that it does not know");
                return Ok(order);
            }
            Err(error) => {
                warn!(%trade_no, %error, "the payment cannot be verified yet");
                return Ok(order);
            }
        };
        let learn = |fact| order::Event::Learned {
            attempt: trade_no.attempt,
            fact,
        };
        let events: Vec<_> = known.facts.into_iter().map(learn).collect();
        let store = &self.app.store;
        let verified = store.transition(order, &events, "query", now_ms()).await?;
        follow_up::report(store, verified, "query").await
    }
}

/// `FAIL`, so that Binance repeats it; who has no valid signature learns nothing.
fn not_acknowledged(reason: &NotAcknowledged, invocation: &Invocation) -> Response<Body> {
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
    };
    // What Binance signed and we cannot read may be money: a person must look.
    let is_unreadable = matches!(
        reason,
        NotAcknowledged::Webhook(WebhookError::Unreadable(_))
    );
    if status.is_server_error() || is_unreadable {
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
