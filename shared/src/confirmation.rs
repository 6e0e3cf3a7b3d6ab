//! Telling LeadsCalendar: the current order, signed by Standard Webhooks 1.0 (<https://www.standardwebhooks.com>).

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Response};
use serde::Serialize;

use crate::ambient::{monotonic_ms, now_ms};
use crate::callback_url::{CallbackUrl, Policy};
use crate::http_client::{self, HttpClient, Received};
use crate::order::{Event, Order, Time, Unaccepted, View};
use crate::secret_store::SecretStore;
use crate::signing;

/// The longest answer that is read, in bytes; what it says is of no interest.
const ANSWER_BYTES: usize = 4 * 1024;
/// How long an answer's body is waited for: its status, which is all that counts, came before.
const BODY_TIMEOUT: Duration = Duration::from_millis(100);
/// Time limit for opening a connection.
const OPENING: Duration = Duration::from_secs(3);

/// HTTP status of an address that wants to hear no more.
const GONE: u16 = 410;

/// Tells LeadsCalendar.
#[derive(Debug)]
pub struct Confirmer {
    http: HttpClient,
    policy: Policy,
    secrets: Arc<SecretStore>,
}

/// The body of a confirmation.
#[derive(Serialize)]
struct Message<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: Time,
    data: View<'a>,
}

impl Confirmer {
    /// A confirmer that calls only what `policy` allows; `http` must check each address it connects to.
    #[must_use]
    pub fn new(http: HttpClient, policy: Policy, secrets: Arc<SecretStore>) -> Self {
        Self {
            http,
            policy,
            secrets,
        }
    }

    /// Takes over no connection from before.
    pub fn renew_connections(&self) {
        self.http.renew();
    }

    /// Opens a connection to each host that the list names itself, where there is none from a moment ago; what fails, the
    /// confirmation says.
    pub async fn open_named(&self) {
        let addresses = self.policy.addresses();
        join_all(addresses.iter().map(|url| self.open(url))).await;
    }

    /// The same to the host of this `callbackUrl`.
    pub async fn open(&self, url: &str) {
        if let Ok(url) = CallbackUrl::parse(url, &self.policy) {
            let _ = self.http.open(url.as_str(), OPENING).await;
        }
    }

    /// Makes one attempt to tell the current order, and says what came of it, and with which HTTP status, if one came.
    pub async fn confirm(&self, order: &Order, timeout: Duration) -> (Event, Option<u16>) {
        let revision = order.confirmation.revision;
        match self.send(order, timeout).await {
            Ok(status) => (Event::Confirmed { revision }, Some(status)),
            Err(answer) => {
                let status = answer.status;
                let attempt = order.confirmation.next_attempt();
                (
                    Event::Unconfirmed {
                        revision,
                        attempt,
                        answer,
                    },
                    status,
                )
            }
        }
    }

    async fn send(&self, order: &Order, timeout: Duration) -> Result<u16, Unaccepted> {
        let (kind, told_at_ms) = order
            .telling()
            .ok_or_else(|| unaccepted("nothing to tell"))?;
        // Checked at each attempt: the list of hosts may have changed since the order was made.
        let url = CallbackUrl::parse(&order.request.callback_url, &self.policy)
            .map_err(|error| unaccepted(format!("callbackUrl {error}")))?;
        let now_ms = now_ms();
        let secrets = self
            .secrets
            .secrets(monotonic_ms())
            .await
            .map_err(|error| {
                error.log("and LeadsCalendar cannot be told");
                unaccepted("the secrets that sign it cannot be read")
            })?;

        let message = Message {
            kind,
            timestamp: Time(told_at_ms),
            data: View::of(order),
        };
        let body =
            serde_json::to_string(&message).map_err(|error| unaccepted(error.to_string()))?;
        let id = format!("{}_{}", order.order_id, order.confirmation.revision);
        let timestamp_secs = now_ms / 1_000;
        let signed = |key| signing::sign_confirmation(key, &id, timestamp_secs, body.as_bytes());
        let signatures: Vec<String> = secrets.webhook_secrets.iter().map(signed).collect();
        let signatures = signatures.join(" ");

        let request = |client: &Client| {
            client
                .post(url.as_url().clone())
                .header(CONTENT_TYPE, "application/json")
                .header("webhook-id", &id)
                .header("webhook-timestamp", timestamp_secs)
                .header("webhook-signature", &signatures)
                .body(body.clone())
        };
        // Told twice is told once: `webhook-id` is the same.
        let sent = self.http.send_again(timeout, request).await;
        let sent = sent.map_err(|error| Unaccepted {
            is_timeout: error.is_timeout(),
            ..unaccepted(http_client::reason(&error))
        });
        accepted(sent?).await
    }
}

async fn accepted(response: Response) -> Result<u16, Unaccepted> {
    // Read so that the connection can be used again; a body without end costs the connection, not the success.
    let received = Received::read(response, ANSWER_BYTES, BODY_TIMEOUT, now_ms()).await;
    let status = received.status;
    if (200..300).contains(&status) {
        return Ok(status);
    }
    let reason = match received.redirect_to {
        Some(target) => format!("HTTP status {status}, a redirect to {target}"),
        None => format!("HTTP status {status}"),
    };
    Err(Unaccepted {
        reason,
        retry_after_ms: received
            .retry_after_secs
            .and_then(|secs| i64::try_from(secs).ok()?.checked_mul(1_000)),
        status: Some(status),
        is_gone: status == GONE,
        is_timeout: false,
    })
}

fn unaccepted(reason: impl Into<String>) -> Unaccepted {
    Unaccepted {
        reason: reason.into(),
        retry_after_ms: None,
        status: None,
        is_gone: false,
        is_timeout: false,
    }
}

#[cfg(test)]
mod tests;
