//! The receiving side of the stand-in: judges each confirmation, remembers it, answers as its mode says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use super::{Confirmation, Mode};
use crate::admin::{self, Fields, Refused};
use crate::{clock, web};

/// Where confirmations are received.
pub(super) const PATH: &str = "/binance-pay/confirmation";
/// Where the mode `redirect` points; nobody may ever come here.
const ELSEWHERE: &str = "/binance-pay/elsewhere";

/// What the admin routes are for, and the options they take.
pub(crate) const ROUTES: &str = "
GET    /sandbox/confirmations                      that LeadsCalendar received
GET    /sandbox/mode                               of LeadsCalendar
POST   /sandbox/mode                               mode times?, and what the mode takes; {} lists the modes
";

#[derive(Default)]
struct State {
    secrets: Vec<String>,
    mode: Mode,
    /// Confirmations until the mode is over; nothing for a mode that stays.
    times: Option<u32>,
    confirmations: Vec<Confirmation>,
    /// What a `webhook-id` stood for when it came first.
    revisions: HashMap<String, Value>,
}

#[derive(Clone, Default)]
pub(super) struct Receiver(Arc<Mutex<State>>);

/// The modes by name with their options, for people who misspelt one.
const KNOWN: &str =
    "up, down, slow {ms}, redirect, gone, retryAfter {secs}, drop, hang; each with times?";

impl Receiver {
    pub(super) fn router(&self) -> Router {
        let thanks =
            || async { Html("<h1>Thank you!</h1><p>LeadsCalendar takes it from here.</p>") };
        Router::new()
            .route(PATH, post(receive))
            .route(ELSEWHERE, post(elsewhere).get(elsewhere))
            .route("/thanks", get(thanks))
            .with_state(self.clone())
            .merge(self.admin())
            .merge(admin::index(ROUTES.trim_start().to_owned()))
    }

    pub(super) fn expect_secrets(&self, secrets: Vec<String>) {
        self.state().secrets = secrets;
    }

    pub(super) fn expected_secrets(&self) -> Vec<String> {
        self.state().secrets.clone()
    }

    pub(super) fn confirmations(&self) -> Vec<Confirmation> {
        self.state().confirmations.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn admin(&self) -> Router {
        Router::new()
            .route(
                "/sandbox/confirmations",
                get(async |receiver: Shared<Self>| Json(receiver.state().confirmations.clone())),
            )
            .route(
                "/sandbox/mode",
                get(async |receiver: Shared<Self>| receiver.shown_mode()).post(set_mode),
            )
            .with_state(self.clone())
    }

    fn shown_mode(&self) -> Json<Value> {
        let state = self.state();
        let mut shown = json!(state.mode);
        shown["times"] = json!(state.times);
        Json(shown)
    }

    pub(super) fn set_mode(&self, mode: Mode, times: Option<u32>) {
        let mut state = self.state();
        state.mode = if times == Some(0) { Mode::Up } else { mode };
        state.times = times.filter(|times| *times > 0);
    }

    /// Judges and remembers a confirmation; says in which mode to answer.
    fn take(&self, headers: &HeaderMap, body: &[u8]) -> (Mode, Option<String>) {
        let mut state = self.state();
        let mode = state.mode;
        if let Some(times) = state.times {
            state.times = (times > 1).then(|| times - 1);
            if times <= 1 {
                state.mode = Mode::Up;
            }
        }
        let parsed: Value = serde_json::from_slice(body).unwrap_or_default();
        let objection = state.judge(headers, body, &parsed).err();
        let header = |name| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        let confirmation = Confirmation {
            at_ms: clock::now_ms(),
            headers: texts(headers),
            webhook_id: header("webhook-id"),
            timestamp: header("webhook-timestamp"),
            body: parsed,
            text: String::from_utf8_lossy(body).into_owned(),
            accepted: objection.is_none() && matches!(mode, Mode::Up | Mode::Slow { .. }),
            objection: objection.clone(),
            mode,
        };
        state.confirmations.push(confirmation);
        (mode, objection)
    }
}

impl State {
    fn judge(&mut self, headers: &HeaderMap, body: &[u8], parsed: &Value) -> Result<(), String> {
        for (number, secret) in self.secrets.iter().enumerate() {
            let verified = Webhook::new(secret).and_then(|webhook| webhook.verify(body, headers));
            verified.map_err(|error| format!("signature, secret {number}: {error}"))?;
        }
        let content_type = headers
            .get("content-type")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if !content_type.starts_with("application/json") {
            return Err(format!("content type {content_type:?}"));
        }
        let kind = parsed["type"].as_str().unwrap_or_default();
        if !kind.starts_with("order.") {
            return Err(format!("type {kind:?}"));
        }
        let id = headers
            .get("webhook-id")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let data = &parsed["data"];
        let revision = &data["revision"];
        if let (Some(order_id), Some(revision)) = (data["orderId"].as_str(), revision.as_u64())
            && id != format!("{order_id}_{revision}")
        {
            return Err(format!(
                "webhook-id {id} for order {order_id}, revision {revision}"
            ));
        }
        let meaning = json!([kind, data["orderId"], data["status"], revision]);
        let first = self
            .revisions
            .entry(id.to_owned())
            .or_insert_with(|| meaning.clone());
        if *first != meaning {
            return Err(format!(
                "webhook-id {id} stood for {first} before, now for {meaning}"
            ));
        }
        Ok(())
    }
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
        .collect()
}

async fn receive(Shared(receiver): Shared<Receiver>, headers: HeaderMap, body: Bytes) -> Response {
    let (mode, objection) = receiver.take(&headers, &body);
    match mode {
        Mode::Up => {}
        Mode::Slow { ms } => tokio::time::sleep(Duration::from_millis(ms)).await,
        Mode::Down => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Mode::Redirect => {
            return (StatusCode::TEMPORARY_REDIRECT, [("location", ELSEWHERE)]).into_response();
        }
        Mode::Gone => return StatusCode::GONE.into_response(),
        Mode::RetryAfter { secs } => {
            return (
                StatusCode::TOO_MANY_REQUESTS,
                [("retry-after", secs.to_string())],
            )
                .into_response();
        }
        Mode::Drop => return web::hang_up(),
        // Until the other side goes away.
        Mode::Hang => std::future::pending().await,
    }
    match objection {
        None => Json(json!({"received": true})).into_response(),
        Some(objection) => (
            StatusCode::UNAUTHORIZED,
            Json(json!({"objection": objection})),
        )
            .into_response(),
    }
}

async fn elsewhere(
    Shared(receiver): Shared<Receiver>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    receiver.take(&headers, &body);
    if let Some(confirmation) = receiver.state().confirmations.last_mut() {
        confirmation.accepted = false;
        confirmation.objection = Some("a redirect was followed".to_owned());
    }
    StatusCode::OK
}

async fn set_mode(Shared(receiver): Shared<Receiver>, body: Bytes) -> Result<Json<Value>, Refused> {
    let (mode, times) = read_mode(admin::read(&body)?)
        .map_err(|problem| Refused::mistake(format!("{problem}; known modes: {KNOWN}")))?;
    receiver.set_mode(mode, times);
    Ok(receiver.shown_mode())
}

fn read_mode(json: Value) -> Result<(Mode, Option<u32>), String> {
    let mut fields = Fields::of(json)?;
    let times = fields.take_times()?;
    Ok((fields.rest()?, times))
}
