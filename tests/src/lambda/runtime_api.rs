//! The Runtime API, version 2018-06-01, as a function sees it; stricter than Lambda's own, which lets most of this pass.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::Outcome;
use crate::web::Server;
use crate::{clock, dynamodb, random};

/// The largest answer that Lambda passes on, in bytes.
const ANSWER_BYTES: usize = 6 * 1024 * 1024;

/// The API of one function; it ends when dropped.
pub(super) struct RuntimeApi {
    server: Server,
    api: Arc<Api>,
    events: mpsc::UnboundedSender<Event>,
}

/// An event on its way to the function.
struct Event {
    request_id: String,
    body: Bytes,
    deadline_ms: i64,
    outcome: oneshot::Sender<Outcome>,
}

struct Api {
    function: String,
    started: Instant,
    /// How long the function took until it asked for its first event.
    initialised: watch::Sender<Option<Duration>>,
    waiting: tokio::sync::Mutex<mpsc::UnboundedReceiver<Event>>,
    /// The event under way, by its request id.
    under_way: Mutex<Option<(String, oneshot::Sender<Outcome>)>>,
    objections: Mutex<Vec<String>>,
}

impl RuntimeApi {
    /// Serves the API on `listener`; the time of `function` runs from now.
    pub(super) fn start(listener: TcpListener, function: &str) -> io::Result<Self> {
        let (events, waiting) = mpsc::unbounded_channel();
        let api = Arc::new(Api {
            function: function.to_owned(),
            started: Instant::now(),
            initialised: watch::channel(None).0,
            waiting: waiting.into(),
            under_way: Mutex::default(),
            objections: Mutex::default(),
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route(
                "/2018-06-01/runtime/invocation/{request_id}/response",
                post(response),
            )
            .route(
                "/2018-06-01/runtime/invocation/{request_id}/error",
                post(error),
            )
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .layer(axum::extract::DefaultBodyLimit::max(ANSWER_BYTES))
            .with_state(Arc::clone(&api));
        Ok(Self {
            server: Server::start(listener, router)?,
            api,
            events,
        })
    }

    /// Host and port, as in `AWS_LAMBDA_RUNTIME_API`.
    pub(super) fn authority(&self) -> String {
        self.server.url().replace("http://", "")
    }

    /// Waits for the function's first question; how long it took to that.
    pub(super) async fn initialised(&self) -> Duration {
        let mut initialised = self.api.initialised.subscribe();
        let took = initialised.wait_for(Option::is_some).await;
        took.ok().and_then(|took| *took).unwrap_or_default()
    }

    /// Gives the function an event as soon as it asks, and waits for what it says.
    pub(super) async fn give(&self, body: Bytes, limit: Duration) -> Outcome {
        let (outcome, said) = oneshot::channel();
        let limit_ms = i64::try_from(limit.as_millis()).unwrap_or(i64::MAX);
        let event = Event {
            request_id: random::uuid(),
            body,
            deadline_ms: clock::now_ms().saturating_add(limit_ms),
            outcome,
        };
        let _ = self.events.send(event);
        match said.await {
            Ok(outcome) => outcome,
            // Dropped with the API alone, and this holds it.
            Err(_) => std::future::pending().await,
        }
    }

    pub(super) fn objections(&self) -> Vec<String> {
        lock(&self.api.objections).clone()
    }
}

impl Api {
    /// Notes what the function must not do, and refuses it.
    fn object(&self, status: StatusCode, objection: String) -> Response {
        let refused = json!({"errorType": "Refused", "errorMessage": objection});
        lock(&self.objections).push(objection);
        (status, Json(refused)).into_response()
    }

    /// Ends the event under way, if that is the one of `request_id`.
    fn end(&self, request_id: &str, outcome: Outcome) -> Response {
        let ended = lock(&self.under_way).take_if(|(id, _)| id == request_id);
        let Some((_, waiting)) = ended else {
            let objection = format!("{request_id} is not under way, or has been answered");
            return self.object(StatusCode::BAD_REQUEST, objection);
        };
        // Nobody may wait any more, as it was overdue.
        let _ = waiting.send(outcome);
        (StatusCode::ACCEPTED, Json(json!({"status": "OK"}))).into_response()
    }
}

async fn next(Shared(api): Shared<Arc<Api>>) -> Response {
    api.initialised.send_if_modified(|took| {
        let is_first = took.is_none();
        took.get_or_insert_with(|| api.started.elapsed());
        is_first
    });
    if let Some((request_id, _)) = &*lock(&api.under_way) {
        let objection = format!("the next event is asked for, and {request_id} is not answered");
        return api.object(StatusCode::FORBIDDEN, objection);
    }
    let Some(event) = api.waiting.lock().await.recv().await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    *lock(&api.under_way) = Some((event.request_id.clone(), event.outcome));
    let (region, function) = (dynamodb::REGION, &api.function);
    let headers = [
        ("Lambda-Runtime-Aws-Request-Id", event.request_id),
        ("Lambda-Runtime-Deadline-Ms", event.deadline_ms.to_string()),
        (
            "Lambda-Runtime-Invoked-Function-Arn",
            format!("arn:aws:lambda:{region}:000000000000:function:{function}"),
        ),
        (
            "Lambda-Runtime-Trace-Id",
            format!("Root=1-{}-{};Sampled=0", random::hex(8), random::hex(24)),
        ),
    ];
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (headers, kind, event.body).into_response()
}

async fn response(
    Shared(api): Shared<Arc<Api>>,
    Path(request_id): Path<String>,
    body: Bytes,
) -> Response {
    match serde_json::from_slice(&body) {
        Ok(answer) => api.end(&request_id, Outcome::Answered(answer)),
        Err(error) => api.object(
            StatusCode::BAD_REQUEST,
            format!("an answer that is no JSON: {error}"),
        ),
    }
}

async fn error(
    Shared(api): Shared<Arc<Api>>,
    Path(request_id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match said(&headers, &body) {
        Ok(said) => api.end(&request_id, Outcome::Failed(said)),
        Err(objection) => api.object(StatusCode::BAD_REQUEST, objection),
    }
}

/// The process is to end afterwards, and says why in its log.
async fn init_error(Shared(api): Shared<Arc<Api>>, headers: HeaderMap, body: Bytes) -> Response {
    match said(&headers, &body) {
        Ok(_) => (StatusCode::ACCEPTED, Json(json!({"status": "OK"}))).into_response(),
        Err(objection) => api.object(StatusCode::BAD_REQUEST, objection),
    }
}

/// What a function says of its failure, in the documented form.
fn said(headers: &HeaderMap, body: &[u8]) -> Result<Value, String> {
    if !headers.contains_key("lambda-runtime-function-error-type") {
        return Err("a failure without its type in the header".to_owned());
    }
    let said: Value = serde_json::from_slice(body)
        .map_err(|error| format!("a failure told in what is no JSON: {error}"))?;
    let is_text = |name: &str| said.get(name).is_some_and(Value::is_string);
    if is_text("errorType") && is_text("errorMessage") {
        Ok(said)
    } else {
        Err(format!(
            "a failure without errorType or errorMessage: {said}"
        ))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
