//! Binance and LeadsCalendar as they behave on an ordinary day, and a LeadsCalendar that hangs.

use std::collections::HashSet;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::header::HOST;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use sandbox::web::{self, Server};
use sandbox::{Sandbox, clock};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::orders::Terms;

/// How long Binance takes to answer a question.
const BINANCE: Duration = Duration::from_millis(150);
/// How long LeadsCalendar takes to accept a confirmation.
const LEADSCALENDAR: Duration = Duration::from_millis(100);

/// Binance: answers questions after 150 ms, and leaves all else to the simulator.
pub struct Binance {
    server: Server,
    shared: Arc<Knows>,
}

struct Knows {
    terms: Terms,
    simulator: String,
    http: reqwest::Client,
    questions: AtomicUsize,
    paid: Mutex<HashSet<String>>,
}

impl Binance {
    pub async fn start(terms: Terms, sandbox: &Sandbox) -> io::Result<Self> {
        let listener = web::listen(0, "none").await.map_err(io::Error::other)?;
        let shared = Arc::new(Knows {
            terms,
            simulator: sandbox.binance().url(),
            http: web::client(Duration::from_secs(10), false),
            questions: AtomicUsize::default(),
            paid: Mutex::default(),
        });
        let router = Router::new()
            .route("/binancepay/openapi/v2/order/query", post(queried))
            .fallback(passed_on)
            .with_state(Arc::clone(&shared));
        let server = Server::start(listener, router)?;
        Ok(Self { server, shared })
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Questions answered so far.
    pub fn questions(&self) -> usize {
        self.shared.questions.load(Ordering::Relaxed)
    }

    /// From now on, this trade number is paid; all others nobody has touched.
    pub fn pay(&self, trade_no: String) {
        let paid = self.shared.paid.lock();
        paid.unwrap_or_else(PoisonError::into_inner)
            .insert(trade_no);
    }
}

async fn queried(Shared(knows): Shared<Arc<Knows>>, Json(question): Json<Value>) -> Json<Value> {
    tokio::time::sleep(BINANCE).await;
    knows.questions.fetch_add(1, Ordering::Relaxed);
    let trade_no = question["merchantTradeNo"].as_str().unwrap_or_default();
    let now_ms = clock::now_ms();
    let mut data = json!({
        "merchantId": 225_467_155,
        "prepayId": knows.terms.prepay_id,
        "merchantTradeNo": trade_no,
        "status": "INITIAL",
        "currency": knows.terms.currency,
        "orderAmount": knows.terms.total_fee,
        "createTime": now_ms,
    });
    let paid = knows.paid.lock().unwrap_or_else(PoisonError::into_inner);
    if paid.contains(trade_no) {
        data["status"] = "PAID".into();
        data["transactionId"] = "187499912345678901".into();
        data["transactTime"] = now_ms.into();
    }
    Json(json!({"status": "SUCCESS", "code": "000000", "data": data}))
}

async fn passed_on(
    Shared(knows): Shared<Arc<Knows>>,
    method: Method,
    uri: Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response {
    // The simulator looks whether it is meant.
    headers.remove(HOST);
    let request = knows
        .http
        .request(method, format!("{}{uri}", knows.simulator));
    match request.headers(headers).body(body).send().await {
        Ok(answer) => {
            let status = answer.status();
            let body = answer.bytes().await.unwrap_or_default();
            (status, body).into_response()
        }
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

/// A LeadsCalendar host: accepts each confirmation after 100 ms, or none ever.
pub struct Host {
    server: Server,
    accepted: watch::Sender<HashSet<String>>,
}

impl Host {
    pub async fn start(hangs: bool) -> io::Result<Self> {
        let listener = web::listen(0, "none").await.map_err(io::Error::other)?;
        let accepted = watch::channel(HashSet::new()).0;
        let confirmation = {
            let accepted = accepted.clone();
            async move |headers: HeaderMap| {
                if hangs {
                    std::future::pending::<()>().await;
                }
                tokio::time::sleep(LEADSCALENDAR).await;
                let id = headers.get("webhook-id").and_then(|id| id.to_str().ok());
                let id = id.unwrap_or_default().to_owned();
                accepted.send_modify(|accepted| {
                    accepted.insert(id);
                });
            }
        };
        let router = Router::new().route("/confirmation", post(confirmation));
        let server = Server::start(listener, router)?;
        Ok(Self { server, accepted })
    }

    /// The address of confirmations, under one of the loopback address's two names.
    pub fn callback_url(&self, name: &str) -> String {
        let url = self.server.url().replace("127.0.0.1", name);
        format!("{url}/confirmation")
    }

    /// Confirmations accepted so far, each counted once.
    pub fn accepted(&self) -> usize {
        self.accepted.borrow().len()
    }

    /// Waits until that many have been accepted.
    pub async fn has_accepted(&self, number: usize) {
        let mut accepted = self.accepted.subscribe();
        // It ends with the host, which this holds.
        let _ = accepted.wait_for(|accepted| accepted.len() >= number).await;
    }
}
