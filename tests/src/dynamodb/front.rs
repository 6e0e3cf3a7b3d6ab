//! The front of DynamoDB: passes each request on to the engine, remembers it, and can throttle, delay or lose it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::failure::{failure, without_item};
use super::recorded::Put;
use super::units::{self, Units};
use crate::admin::{self, Fields, Refused};
use crate::journal::Journal;
use crate::{clock, web};

/// One way for the table to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "camelCase", deny_unknown_fields)]
pub enum StoreFault {
    /// `ThrottlingException`; nothing is carried out.
    Throttled,
    /// `AccessDeniedException`; nothing is carried out.
    Denied,
    /// `ExpiredTokenException`; nothing is carried out.
    Expired,
    /// HTTP 500, `InternalServerError`; nothing is carried out.
    ServerError,
    /// The connection is closed before anything is carried out.
    LostRequest,
    /// Carried out, and the connection closed without an answer.
    LostAnswer,
    /// Carried out, and answered after `ms`.
    Slow {
        /// Milliseconds until the answer.
        ms: u64,
    },
    /// Carried out, and a failed condition answered without the item that is there, as some engines do.
    ItemUntold,
}

/// What most failures are answered with.
const BAD: StatusCode = StatusCode::BAD_REQUEST;
/// The operations that the functions use.
const OPERATIONS: [&str; 4] = ["PutItem", "GetItem", "BatchGetItem", "Query"];

/// The faults by name with their options, for people who misspelt one.
const KNOWN: &str = "throttled, denied, expired, serverError, lostRequest, lostAnswer, slow {ms}, itemUntold; \
    each with operation?: PutItem|GetItem|BatchGetItem|Query and times? (null: until cleared)";

/// What the admin routes are for, and the options they take.
pub(crate) const ROUTES: &str = "
GET    /sandbox/dynamodb/calls
GET    /sandbox/dynamodb/faults                    that still wait for their requests
POST   /sandbox/dynamodb/faults                    fault operation? times?, and what the fault takes; {} lists the faults
DELETE /sandbox/dynamodb/faults
";

/// A fault waiting for its requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WaitingStoreFault {
    /// `PutItem`, `GetItem`, `BatchGetItem` or `Query`; any without it.
    pub operation: Option<String>,
    /// How many requests are left; nothing until it is cleared.
    pub times: Option<u32>,
    /// What happens to them.
    #[serde(flatten)]
    pub fault: StoreFault,
    /// Only to requests in whose body this stands; for tests in this process.
    #[serde(skip)]
    pub within: Option<String>,
}

impl WaitingStoreFault {
    fn read(json: Value) -> Result<Self, String> {
        let mut fields = Fields::of(json)?;
        let operation: Option<String> = fields.take("operation")?;
        if let Some(unknown) = operation
            .as_deref()
            .filter(|name| !OPERATIONS.contains(name))
        {
            return Err(format!("the functions use no operation `{unknown}`"));
        }
        Ok(Self {
            operation,
            times: fields.take_times_or_once()?,
            fault: fields.rest()?,
            within: None,
        })
    }
}

impl WaitingStoreFault {
    fn is_within(&self, body: &[u8]) -> bool {
        let text = std::str::from_utf8(body).unwrap_or_default();
        let within = self.within.as_deref();
        within.is_none_or(|within| text.contains(within))
    }
}

/// A request that arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoreCall {
    /// When, by the real clock, in milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// `PutItem`, `GetItem`, `Query` …
    pub operation: String,
    /// The fault that was played.
    pub fault: Option<StoreFault>,
    /// The HTTP status sent.
    pub http_status: Option<u16>,
    /// What it consumed; absent where nothing was answered, or a failure.
    pub units: Option<Units>,
}

#[derive(Default)]
struct Memory {
    calls: Vec<StoreCall>,
    faults: Vec<WaitingStoreFault>,
}

/// What stands before the engine.
#[derive(Clone)]
pub(super) struct Front {
    engine_url: String,
    client: reqwest::Client,
    memory: Arc<Mutex<Memory>>,
    journal: Journal,
}

impl Front {
    pub(super) fn new(engine_url: String, journal: Journal) -> Self {
        Self {
            engine_url,
            client: web::client(Duration::from_secs(30), false),
            memory: Arc::default(),
            journal,
        }
    }

    pub(super) fn router(&self) -> Router {
        Router::new().fallback(pass).with_state(self.clone())
    }

    pub(super) fn admin(&self) -> Router {
        let calls = async |front: Shared<Self>| Json(front.calls());
        let faults = async |front: Shared<Self>| Json(front.faults());
        Router::new()
            .route("/sandbox/dynamodb/calls", get(calls))
            .route(
                "/sandbox/dynamodb/faults",
                get(faults).post(add).delete(clear),
            )
            .with_state(self.clone())
    }

    pub(super) fn calls(&self) -> Vec<StoreCall> {
        self.memory().calls.clone()
    }

    pub(super) fn faults(&self) -> Vec<WaitingStoreFault> {
        self.memory().faults.clone()
    }

    pub(super) fn add(&self, fault: WaitingStoreFault) {
        self.memory().faults.push(fault);
    }

    pub(super) fn clear(&self) {
        self.memory().faults.clear();
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers a request and uses up the fault that waits for it.
    fn arrive(&self, operation: &str, body: &[u8]) -> (usize, Option<StoreFault>) {
        let mut memory = self.memory();
        let waiting = memory.faults.iter_mut().find(|waiting| {
            waiting.times != Some(0)
                && waiting
                    .operation
                    .as_deref()
                    .is_none_or(|wanted| wanted == operation)
                && waiting.is_within(body)
        });
        let fault = waiting.map(|waiting| {
            waiting.times = waiting.times.map(|times| times - 1);
            waiting.fault
        });
        memory.faults.retain(|waiting| waiting.times != Some(0));
        memory.calls.push(StoreCall {
            at_ms: clock::now_ms(),
            operation: operation.to_owned(),
            fault,
            http_status: None,
            units: None,
        });
        (memory.calls.len() - 1, fault)
    }

    /// What the engine, or the fault in its place, answers to a request; nothing if it never came there.
    async fn answer(
        &self,
        index: usize,
        fault: Option<StoreFault>,
        method: Method,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Option<Response> {
        let (status, kind) = match fault {
            Some(StoreFault::LostRequest) => return None,
            Some(StoreFault::Throttled) => {
                (BAD, "com.amazon.coral.availability#ThrottlingException")
            }
            Some(StoreFault::Denied) => (BAD, "com.amazon.coral.service#AccessDeniedException"),
            Some(StoreFault::Expired) => (BAD, "com.amazon.coral.service#ExpiredTokenException"),
            Some(StoreFault::ServerError) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "com.amazonaws.dynamodb.v20120810#InternalServerError",
            ),
            Some(StoreFault::LostAnswer | StoreFault::Slow { .. } | StoreFault::ItemUntold)
            | None => {
                let body = units::asked_for(body);
                let answer = web::forward(&self.client, method, &self.engine_url, headers, body);
                let (answer, units) = units::told(answer.await.ok()?).await;
                self.memory().calls[index].units = units;
                return match fault {
                    Some(StoreFault::ItemUntold) => Some(without_item(answer).await),
                    _ => Some(answer),
                };
            }
        };
        Some(failure(status, kind))
    }
}

async fn pass(
    Shared(front): Shared<Front>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let target = headers
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default();
    let put = Put::of(operation, &body);
    let (index, fault) = front.arrive(operation, &body);
    let mut response = front.answer(index, fault, method, &headers, body).await;
    if let Some(put) = put {
        response = put.record(&front.journal, fault, response).await;
    }
    let Some(response) = response else {
        return web::hang_up();
    };
    match fault {
        Some(StoreFault::LostAnswer) => return web::hang_up(),
        Some(StoreFault::Slow { ms }) => tokio::time::sleep(Duration::from_millis(ms)).await,
        _ => {}
    }
    front.memory().calls[index].http_status = Some(response.status().as_u16());
    response
}

async fn add(
    Shared(front): Shared<Front>,
    body: Bytes,
) -> Result<Json<Vec<WaitingStoreFault>>, Refused> {
    let fault = WaitingStoreFault::read(admin::read(&body)?)
        .map_err(|problem| Refused::mistake(format!("{problem}; known faults: {KNOWN}")))?;
    front.add(fault);
    Ok(Json(front.faults()))
}

async fn clear(Shared(front): Shared<Front>) -> Json<Vec<WaitingStoreFault>> {
    front.clear();
    Json(front.faults())
}
