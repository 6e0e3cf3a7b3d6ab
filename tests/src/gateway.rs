//! API Gateway: the HTTP API of `template.yaml` in front of the functions, as the real one plays it.
//!
//! What of its behaviour no document tells was taken from people who tried the real one, and is named where it is played.

mod answer;
mod backend;
mod entries;
mod functions;
mod http_event;
mod lambda_api;
pub mod log;
mod route;
mod schedule;
mod throttle;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{Method, Request, StatusCode};
use axum::response::Response;
use axum::routing::post;
use serde_json::{Map, Value};
use tokio::net::TcpListener;

use crate::clock;
use crate::journal::Journal;
use crate::random;
use crate::sandbox::Sandbox;
use crate::web::{self, Server};
pub use backend::Backend;
pub(crate) use backend::Failure;
pub use functions::Functions;
pub use http_event::http_event;
use http_event::{Request as Asked, headers_of};
pub(crate) use schedule::scheduled_event;
use throttle::Throttle;

use self::route::{Route, Routes};

/// What the time is, in milliseconds since the Unix epoch.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The largest body that API Gateway takes, in bytes.
const LARGEST_BODY: usize = 10 * 1024 * 1024;
/// The header from which an order's id follows.
const KEY: &str = "idempotency-key";

/// How the gateway is played.
#[derive(Clone)]
pub struct Play {
    /// What `timeEpoch` says: the sandbox's time, which can be moved.
    pub clock: Clock,
    /// Where requests and answers are written down; nowhere without it.
    pub journal: Option<Journal>,
    /// How long it waits for a function; as the template says without it.
    pub patience: Option<Duration>,
    /// Whether it throttles, which a suite that asks faster than anybody would can do without.
    pub throttles: bool,
    /// The names, beside this machine's own, for which requests are let in.
    pub allow_hosts: Vec<String>,
    /// With one, orders without an idempotency key get the same ids each time, in the order in which they come.
    pub seed: Option<u64>,
}

impl Default for Play {
    fn default() -> Self {
        Self {
            clock: Arc::new(clock::now_ms),
            journal: None,
            patience: None,
            throttles: true,
            allow_hosts: Vec::new(),
            seed: None,
        }
    }
}

/// The running HTTP API; it ends when dropped.
pub struct Gateway {
    server: Server,
    api: Arc<Api>,
}

impl Play {
    /// By the sandbox's time and its doors, written down in its journal.
    #[must_use]
    pub fn of(sandbox: &Sandbox) -> Self {
        Self {
            clock: sandbox.clock(),
            journal: Some(sandbox.journal().clone()),
            allow_hosts: sandbox.allow_hosts().to_vec(),
            seed: sandbox.seed(),
            ..Self::default()
        }
    }
}

/// What a request needs.
struct Api {
    backend: Backend,
    routes: Routes,
    throttle: Throttle,
    play: Play,
    /// How many orders have been given a key because of the seed.
    keyed: AtomicU64,
}

/// Starts the functions in this process with these settings, and the HTTP API in front of them.
///
/// # Errors
/// A sentence, naming the setting that is missing or wrong.
pub fn start_in_process(
    settings: &[(String, String)],
    listener: TcpListener,
    play: Play,
) -> Result<Gateway, String> {
    let functions = Functions::build(settings).map_err(|error| error.to_string())?;
    Gateway::start(listener, Backend::InProcess(Arc::new(functions)), play)
}

impl Gateway {
    /// Serves the HTTP API on `listener`.
    ///
    /// # Errors
    /// A sentence, when the template declares no API, or the system does not tell the listener's address.
    pub fn start(listener: TcpListener, backend: Backend, play: Play) -> Result<Self, String> {
        let allow_hosts = play.allow_hosts.clone();
        let api = Arc::new(Api {
            backend,
            routes: Routes::of_template()?,
            throttle: Throttle::default(),
            play,
            keyed: AtomicU64::default(),
        });
        let router = Router::new()
            .route(lambda_api::PATH, post(lambda_api::invoke))
            .fallback(take)
            .with_state(Arc::clone(&api));
        let server =
            Server::admitting(listener, router, &allow_hosts).map_err(|error| error.to_string())?;
        Ok(Self { server, api })
    }

    /// Its address, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The port itself, to refuse connections for a while.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Invokes reconcile-orders, as its schedule or an operator does.
    ///
    /// # Errors
    /// What the function, or cargo-lambda, says.
    pub async fn invoke_reconcile(&self, event: Value) -> Result<Value, String> {
        let ran = self.invoke("reconcile-orders", event).await;
        ran.map_err(|failure| failure.to_string())
    }

    /// Invokes a function, past the HTTP API.
    pub(crate) async fn invoke(&self, function: &str, event: Value) -> Result<Value, Failure> {
        let limit = self.api.routes.limit_of(function);
        self.api.backend.invoke(function, event, limit).await
    }
}

async fn take(State(api): State<Arc<Api>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST_BODY).await else {
        return answer::own(
            StatusCode::PAYLOAD_TOO_LARGE,
            "Request Entity Too Large",
            &random::alnum(16),
        );
    };
    // A client that hangs up ends no invocation.
    let answering = tokio::spawn(async move { api.answer(&parts, body).await });
    answering.await.unwrap_or_else(|_| web::hang_up())
}

impl Api {
    async fn answer(&self, parts: &Parts, body: Bytes) -> Response {
        let request_id = random::alnum(16);
        let (path, method) = (parts.uri.path(), &parts.method);
        let Some(found) = self.routes.find(method, path) else {
            return answer::own(StatusCode::NOT_FOUND, "Not Found", &request_id);
        };
        let route = found.route;
        if self.play.throttles && !self.throttle.admits(route) {
            let status = StatusCode::TOO_MANY_REQUESTS;
            return answer::own(status, "Too Many Requests", &request_id);
        }
        let (mut headers, cookies) = headers_of(parts);
        self.name(route, method, &mut headers);
        let (body, is_base64) = http_event::encoded(&body, &headers, self.backend.is_base64());
        let event = Asked {
            route_key: &route.key,
            parameters: found.parameters,
            method: method.as_str(),
            path,
            query: parts.uri.query().unwrap_or_default(),
            headers,
            cookies,
            body,
            is_base64,
            at_ms: (self.play.clock)(),
            id: request_id.clone(),
        }
        .event();
        let told = self.entries(route).map(|journal| journal.asked(&event));
        let answer = self.ask(route, event, &request_id).await;
        match told {
            Some(told) => told.answered(answer).await,
            None => answer,
        }
    }

    /// Without a key the function draws an id; with the one it gets here the id follows from the seed.
    fn name(&self, route: &Route, method: &Method, headers: &mut Map<String, Value>) {
        if let Some(seed) = self.play.seed
            && route.function == "create-order"
            && method == Method::POST
            && !headers.contains_key(KEY)
        {
            let count = self.keyed.fetch_add(1, Ordering::Relaxed) + 1;
            let key = format!("sandbox-seed-{seed}-{count}");
            headers.insert(KEY.to_owned(), key.into());
        }
    }

    /// What the function's answer is to the client.
    async fn ask(&self, route: &Route, event: Value, request_id: &str) -> Response {
        let patience = self.play.patience.unwrap_or(route.patience);
        let invoked = self.backend.invoke(&route.function, event, route.limit);
        match tokio::time::timeout(patience, invoked).await {
            Ok(Ok(answered)) => answer::of_function(&answered, request_id),
            Ok(Err(Failure::Function(_))) => answer::malformed(request_id),
            // There is no such thing in the cloud; whoever waits for the functions to be compiled tells it from an answer.
            Ok(Err(Failure::Unreachable(_))) => web::hang_up(),
            Err(_) => answer::own(
                StatusCode::SERVICE_UNAVAILABLE,
                "Service Unavailable",
                request_id,
            ),
        }
    }

    /// Where LeadsCalendar's calls are written down. Binance's are, by the simulator, which makes them.
    fn entries(&self, route: &Route) -> Option<entries::Entries> {
        let journal = self.play.journal.clone()?;
        (route.function != "binance-callback").then(|| entries::Entries::new(journal))
    }
}

#[cfg(test)]
mod tests;
