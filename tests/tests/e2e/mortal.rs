//! Functions that die after so many outgoing calls, and the tollgate that counts these.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Method, Request};
use axum::response::Response;
use sandbox::web::{self, Server};
use serde_json::{Map, Value, json};
use tokio::sync::Notify;

use crate::world::World;
use sandbox::gateway::Functions;

/// What stands between a function and everything it calls: it lets so many calls through, and tells when the last one
/// has been carried out. Then it lets everybody through.
struct Tollgate {
    left: AtomicI64,
    passed: Notify,
    http: reqwest::Client,
}

/// Functions that die after so many outgoing calls, and the ways out they use.
pub struct Mortal {
    /// On the heap, since it is kept by the futures of the tests.
    pub functions: Box<Functions>,
    tollgate: Arc<Tollgate>,
    /// LeadsCalendar's address for confirmations, through the tollgate.
    pub leadscalendar: String,
    _ways_out: Vec<Server>,
}

impl Mortal {
    pub async fn after(calls: usize, world: &World) -> Self {
        let http = web::client(Duration::from_secs(10), false);
        let tollgate = Arc::new(Tollgate {
            left: AtomicI64::new(i64::try_from(calls).unwrap()),
            passed: Notify::new(),
            http,
        });
        let mut ways_out = Vec::new();
        let mut urls = Vec::new();
        let sandbox = &world.sandbox;
        for upstream in [
            sandbox.dynamodb().url(),
            sandbox.binance().url(),
            sandbox.leadscalendar().server().url(),
        ] {
            let router = Router::new()
                .fallback(pass)
                .with_state((Arc::clone(&tollgate), upstream));
            let listener = web::listen(0, "none").await.unwrap();
            ways_out.push(Server::start(listener, router).unwrap());
            urls.push(ways_out.last().unwrap().url());
        }
        let mut settings = sandbox.settings(&format!("{}/binance-callback", world.url));
        settings.push(("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), urls[0].clone()));
        settings.push(("BINANCE_BASE_URL".to_owned(), urls[1].clone()));
        let functions = Box::new(Functions::new(&settings));
        // So that its claim on an order is soon over.
        functions.limit_ms.store(1_200, Ordering::Relaxed);
        let leadscalendar = sandbox
            .leadscalendar()
            .callback_url()
            .replace(&sandbox.leadscalendar().server().url(), &urls[2]);
        Self {
            functions,
            tollgate,
            leadscalendar,
            _ways_out: ways_out,
        }
    }

    /// What `life` comes to, or nothing if it dies first.
    pub async fn live<T>(&self, life: impl Future<Output = T>) -> Option<T> {
        if self.tollgate.left.load(Ordering::SeqCst) == 0 {
            return None;
        }
        tokio::select! {
            biased;
            () = self.tollgate.passed.notified() => None,
            lived = life => Some(lived),
        }
    }
}

async fn pass(
    State((tollgate, upstream)): State<(Arc<Tollgate>, String)>,
    request: Request<Body>,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 10 * 1024 * 1024).await.unwrap();
    let mut headers = parts.headers;
    headers.remove("host");
    let call = tollgate
        .http
        .request(parts.method, format!("{upstream}{}", parts.uri))
        .headers(headers)
        .body(body);
    let answer = call.send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await.unwrap();
    if tollgate.left.fetch_sub(1, Ordering::SeqCst) == 1 {
        tollgate.passed.notify_one();
        std::future::pending::<()>().await;
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    for (name, value) in headers
        .iter()
        .filter(|(name, _)| *name != "transfer-encoding" && *name != "content-length")
    {
        response.headers_mut().insert(name, value.clone());
    }
    response
}

/// The event of a POST, with the context of a new invocation.
pub fn post(
    functions: &Functions,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> lambda_http::Request {
    let headers: Map<String, Value> = headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), json!(value)))
        .collect();
    functions.event(
        &Method::POST,
        &path.parse().unwrap(),
        headers,
        body.as_bytes(),
    )
}
