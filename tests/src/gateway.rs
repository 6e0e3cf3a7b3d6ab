//! API Gateway's part: an HTTP request becomes an event of payload format 2.0, the function's answer an HTTP response.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Method, Request, StatusCode, Uri};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use binance_callback::BinanceCallback;
use close_order::CloseOrder;
use create_order::CreateOrder;
use get_order::GetOrder;
use lambda_http::{Context, RequestExt as _};
use reconcile_orders::ReconcileOrders;
use refund_order::RefundOrder;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tracing::Instrument as _;

use crate::clock;
use crate::web::Server;

/// The functions, and how they are invoked.
pub struct Functions {
    /// `POST /orders`.
    pub create_order: CreateOrder,
    /// `POST /binance-callback`.
    pub binance_callback: BinanceCallback,
    /// `GET /orders/{orderId}` and `GET /orders`.
    pub get_order: GetOrder,
    /// `POST /orders/{orderId}/close`.
    pub close_order: CloseOrder,
    /// `POST /orders/{orderId}/refunds`.
    pub refund_order: RefundOrder,
    /// The schedule's.
    pub reconcile_orders: ReconcileOrders,
    /// What each invocation may take, in milliseconds.
    pub limit_ms: AtomicU64,
    /// Bodies arrive base64-encoded, as API Gateway may send them.
    pub base64: AtomicBool,
    invocations: AtomicU64,
}

impl Functions {
    /// Builds all of them from the same settings.
    ///
    /// # Panics
    /// When a setting is missing or wrong.
    #[must_use]
    pub fn new(settings: &[(String, String)]) -> Self {
        let lookup = |name: &str| {
            let found = settings.iter().rev().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone())
        };
        Self {
            create_order: CreateOrder::new(lookup).unwrap(),
            binance_callback: BinanceCallback::new(lookup).unwrap(),
            get_order: GetOrder::new(lookup).unwrap(),
            close_order: CloseOrder::new(lookup).unwrap(),
            refund_order: RefundOrder::new(lookup).unwrap(),
            reconcile_orders: ReconcileOrders::new(lookup).unwrap(),
            limit_ms: AtomicU64::new(20_000),
            base64: AtomicBool::new(false),
            invocations: AtomicU64::new(0),
        }
    }

    /// The event of one HTTP request, with the context of a new invocation.
    ///
    /// # Panics
    /// See [`Functions::request_of`].
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "made for the event, and not needed afterwards"
    )]
    pub fn event(
        &self,
        method: &Method,
        uri: &Uri,
        headers: Map<String, Value>,
        body: &[u8],
    ) -> lambda_http::Request {
        let is_base64 = self.base64.load(Ordering::Relaxed) || std::str::from_utf8(body).is_err();
        let text = if is_base64 {
            STANDARD.encode(body)
        } else {
            String::from_utf8_lossy(body).into_owned()
        };
        let event = json!({
            "version": "2.0",
            "routeKey": format!("ANY {}", uri.path()),
            "rawPath": uri.path(),
            "rawQueryString": uri.query().unwrap_or_default(),
            "headers": headers,
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "api",
                "domainName": "api.example.com",
                "domainPrefix": "api",
                "http": {
                    "method": method.as_str(),
                    "path": uri.path(),
                    "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1",
                    "userAgent": "test",
                },
                "requestId": "gateway-request",
                "routeKey": format!("ANY {}", uri.path()),
                "stage": "$default",
                "time": "22/Nov/2026:09:00:00 +0000",
                "timeEpoch": clock::now_ms(),
            },
            "body": if body.is_empty() { Value::Null } else { Value::String(text) },
            "isBase64Encoded": is_base64,
        });
        self.request_of(&event)
    }

    /// The request that the functions make of a raw event, with the context of a new invocation.
    ///
    /// # Panics
    /// When the clock stands before 1970.
    #[must_use]
    pub fn request_of(&self, event: &Value) -> lambda_http::Request {
        let mut context = Context::default();
        let invocation = self.invocations.fetch_add(1, Ordering::Relaxed);
        context.request_id = format!("00000000-0000-4000-8000-{invocation:012}");
        let limit_ms = i64::try_from(self.limit_ms.load(Ordering::Relaxed)).unwrap();
        context.deadline = u64::try_from(clock::now_ms() + limit_ms).unwrap();
        let event = serde_json::value::to_raw_value(event).unwrap();
        shared::event::request(&event, context)
    }

    /// How many requests the API has handed over.
    pub fn invocations(&self) -> u64 {
        self.invocations.load(Ordering::Relaxed)
    }

    /// Runs `reconcile-orders` with what the schedule, or an operator, sends.
    ///
    /// # Errors
    /// The function's own words.
    pub async fn reconcile(&self, event: Value) -> Result<Value, String> {
        self.reconcile_within(event, 60_000).await
    }

    /// The same with less time than usual.
    ///
    /// # Errors
    /// The function's own words.
    ///
    /// # Panics
    /// When the clock stands before 1970.
    pub async fn reconcile_within(&self, event: Value, limit_ms: u64) -> Result<Value, String> {
        let event = serde_json::from_value(event).map_err(|error| error.to_string())?;
        let deadline_ms = u64::try_from(clock::now_ms()).unwrap() + limit_ms;
        let ran = self.reconcile_orders.run(event, deadline_ms).await;
        ran.map_err(|error| error.to_string())
            .map(|done| serde_json::to_value(done).unwrap())
    }

    /// Routes an event as the API does.
    ///
    /// # Panics
    /// When the request came without the context of an invocation.
    pub async fn invoke(
        &self,
        event: lambda_http::Request,
    ) -> lambda_http::Response<lambda_http::Body> {
        let span = shared::log::invocation(&event.lambda_context_ref().unwrap().request_id);
        let answer = async {
            match event.uri().path() {
                // On the heap, since what it keeps while it waits is large.
                "/orders" if *event.method() == Method::GET => self.get_order.handle(event).await,
                "/orders" => Box::pin(self.create_order.handle(event)).await,
                path if is_under_an_order(path, "/close") => {
                    Box::pin(self.close_order.handle(event)).await
                }
                path if is_under_an_order(path, "/refunds") => {
                    Box::pin(self.refund_order.handle(event)).await
                }
                path if path.starts_with("/orders/") => self.get_order.handle(event).await,
                "/binance-callback" => Box::pin(self.binance_callback.handle(event)).await,
                _ => lambda_http::Response::builder()
                    .status(404)
                    .body(r#"{"message":"Not Found"}"#.into())
                    .unwrap(),
            }
        };
        answer.instrument(span).await
    }
}

/// Whether the path is `/orders/{orderId}` and `end`.
fn is_under_an_order(path: &str, end: &str) -> bool {
    let path = path.strip_suffix('/').unwrap_or(path);
    let order_id = path
        .strip_prefix("/orders/")
        .and_then(|rest| rest.strip_suffix(end));
    order_id.is_some_and(|order_id| !order_id.contains('/'))
}

/// Serves the functions on `listener`.
///
/// # Panics
/// When the system does not tell the listener's address.
pub fn start(listener: TcpListener, functions: Arc<Functions>) -> Server {
    let router = Router::new().fallback(forward).with_state(functions);
    Server::start(listener, router).unwrap()
}

async fn forward(State(functions): State<Arc<Functions>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, 10 * 1024 * 1024).await.unwrap();
    let mut headers: Map<String, Value> = Map::new();
    for (name, value) in &parts.headers {
        // API Gateway joins repeated headers.
        let value = String::from_utf8_lossy(value.as_bytes());
        let joined = match headers.get(name.as_str()).and_then(Value::as_str) {
            Some(first) => format!("{first},{value}"),
            None => value.into_owned(),
        };
        headers.insert(name.as_str().to_owned(), joined.into());
    }
    let event = functions.event(&parts.method, &parts.uri, headers, &body);
    // API Gateway waits; a client that hangs up does not end an invocation.
    let answered = tokio::spawn(async move { functions.invoke(event).await }).await;
    let Ok(answer) = answered else {
        return Response::builder()
            .status(StatusCode::INTERNAL_SERVER_ERROR)
            .body(Body::from(r#"{"message":"Internal Server Error"}"#))
            .unwrap();
    };
    let (parts, body) = answer.into_parts();
    Response::from_parts(parts, Body::from(body.as_ref().to_vec()))
}
