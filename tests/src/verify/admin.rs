//! The admin call that verifies a message, by the keys of this sandbox unless others are named.

use std::sync::{Arc, OnceLock};

use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use super::reading;
use super::{Keys, Message, Verdict};
use crate::admin::{Refused, read};
use crate::binance::PublicCertificate;
use crate::clock;

/// What the route is for, and the options it takes.
pub(crate) const ROUTES: &str = "
POST   /sandbox/verify                             headers and body, or bodyBase64, or request; key? atMs?
                                                   which step of the verification fails, and why; headers: an object
                                                   or a list of pairs; key: a PEM text or whsec_, default this sandbox's
";

/// The keys of this sandbox, which are asked for with each message, since certificates and secrets change.
#[derive(Clone, Default)]
pub(crate) struct Keyring(Arc<OnceLock<Box<Current>>>);

type Current = dyn Fn() -> Keys + Send + Sync;

impl Keyring {
    /// Says where the keys are from; once, after everything that has some was started.
    pub(crate) fn fill(&self, current: impl Fn() -> Keys + Send + Sync + 'static) {
        let _ = self.0.set(Box::new(current));
    }

    /// The keys of this moment.
    pub(crate) fn keys(&self) -> Keys {
        self.0.get().map(|current| current()).unwrap_or_default()
    }
}

impl Keys {
    /// The one key that was given as text: `whsec_…`, or a PEM text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let text = text.trim();
        if text.contains("-----BEGIN") {
            return Self {
                certificates: vec![PublicCertificate {
                    cert_serial: String::new(),
                    cert_public: text.to_owned(),
                }],
                ..Self::default()
            };
        }
        Self {
            webhook_secrets: text.split_whitespace().map(str::to_owned).collect(),
            ..Self::default()
        }
    }
}

pub(crate) fn router(keyring: Keyring) -> Router {
    Router::new()
        .route("/sandbox/verify", post(verify))
        .with_state(keyring)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Question {
    headers: Option<Value>,
    body: Option<String>,
    body_base64: Option<String>,
    request: Option<String>,
    key: Option<String>,
    at_ms: Option<i64>,
}

impl Question {
    fn message(&mut self) -> Result<Message, String> {
        let body = match (self.body.take(), self.body_base64.take()) {
            (Some(text), None) => Some(text.into_bytes()),
            (None, Some(coded)) => Some(
                STANDARD
                    .decode(coded)
                    .map_err(|error| format!("bodyBase64: {error}"))?,
            ),
            (None, None) => None,
            (Some(_), Some(_)) => return Err("say either body or bodyBase64".to_owned()),
        };
        match (self.request.take(), self.headers.take(), body) {
            (Some(request), None, None) => Message::of_request(request.as_bytes()),
            (None, Some(Value::String(lines)), Some(body)) => Ok(Message {
                headers: reading::headers(&lines)?,
                body,
            }),
            (None, Some(headers), Some(body)) => Ok(Message {
                headers: reading::of_json(headers)?,
                body,
            }),
            _ => Err("say either headers and body, or request".to_owned()),
        }
    }
}

async fn verify(Shared(keyring): Shared<Keyring>, body: Bytes) -> Result<Json<Verdict>, Refused> {
    let mut question: Question = read(&body)?;
    let message = question.message().map_err(Refused::mistake)?;
    let key = question.key.filter(|key| !key.trim().is_empty());
    let keys = key.map_or_else(|| keyring.keys(), |key| Keys::of(&key));
    let now_ms = question.at_ms.unwrap_or_else(clock::now_ms);
    Ok(Json(message.verify(&keys, now_ms)))
}
