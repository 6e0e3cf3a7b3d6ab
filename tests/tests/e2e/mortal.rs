//! Functions that die after so many outgoing calls, and the tollgate that counts these, and writes them down.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
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
    /// What each call was.
    calls: Mutex<Vec<String>>,
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
        Self::told_at(&format!("{}/binance-callback", world.url), calls, world).await
    }

    /// The same, where Binance notifies another address.
    pub async fn told_at(callback_url: &str, calls: usize, world: &World) -> Self {
        let http = web::client(Duration::from_secs(10), false);
        let tollgate = Arc::new(Tollgate {
            left: AtomicI64::new(i64::try_from(calls).unwrap()),
            passed: Notify::new(),
            calls: Mutex::default(),
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
        let mut settings = sandbox.settings(callback_url);
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

    /// Every call that was made through the tollgate, but those for certificates, for the table's namespace, and in search of
    /// what is due.
    pub fn calls(&self) -> Vec<String> {
        self.tollgate.calls.lock().unwrap().clone()
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
    let target = headers.get("x-amz-target");
    let target = target.and_then(|target| target.to_str().ok()?.split('.').next_back());
    let is_namespace = String::from_utf8_lossy(&body).contains(r#""namespace""#);
    if let Some(call) = name(target, parts.uri.path()).filter(|_| !is_namespace) {
        tollgate.calls.lock().unwrap().push(call.to_owned());
    }
    headers.remove("host");
    let call = tollgate
        .http
        .request(parts.method, format!("{upstream}{}", parts.uri))
        .headers(headers)
        .body(body);
    let Ok(answer) = call.send().await else {
        return web::hang_up();
    };
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

/// What a call is, of the table by its `target`, or at this path.
fn name(target: Option<&str>, path: &str) -> Option<&'static str> {
    match (target, path) {
        (Some("GetItem"), _) => Some("get"),
        (Some("PutItem"), _) => Some("put"),
        (Some(_), _) | (None, "/binancepay/openapi/certificates") => None,
        (None, "/binancepay/openapi/v3/order") => Some("create"),
        (None, "/binancepay/openapi/v2/order/query") => Some("query"),
        (None, "/binancepay/openapi/order/close") => Some("close"),
        (None, "/binancepay/openapi/order/refund") => Some("refund"),
        (None, "/binancepay/openapi/order/refund/query") => Some("query refund"),
        (None, _) => Some("tell"),
    }
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
