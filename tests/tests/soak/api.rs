//! The API in front of the functions: requests of clients in this process, notifications over real HTTP.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{Method, Request, Uri};
use axum::response::Response;
use sandbox::clock;
use serde_json::{Map, Value, json};

use crate::fleet::Life;
use crate::notice::Notice;
use crate::random::Random;
use crate::world::{Notification, Told, World};

/// Notifications that are kept for a replay.
const KEPT: usize = 200;

/// Serves `binance-callback`, which is all that is called from outside this process.
pub fn router(world: Arc<World>) -> Router {
    Router::new().fallback(callback).with_state(world)
}

async fn callback(State(world): State<Arc<World>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let headers: Map<String, Value> = parts
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), json!(value.to_str().unwrap())))
        .collect();
    let body = to_bytes(body, 1024 * 1024).await.unwrap().to_vec();
    // API Gateway waits: that Binance hangs up does not end an invocation.
    let received = async move { world.receive(Notification { headers, body }).await };
    let (status, text) = tokio::spawn(received).await.unwrap();
    Response::builder()
        .status(status)
        .body(Body::from(text))
        .unwrap()
}

impl World {
    /// One request of a client to the API; nothing if the answer was lost on its way.
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: &[u8],
        random: &mut Random,
    ) -> Option<(u16, bool, Value)> {
        let mut headers = Map::new();
        headers.insert("x-mbx-apikey".into(), json!(self.sandbox.app_api_key()));
        headers.insert("content-type".into(), json!("application/json"));
        if let Some(key) = key {
            headers.insert("idempotency-key".into(), json!(key));
        }
        // Less than the reserve of create-order and a second or two.
        let life = Life {
            limit_ms: random.between(7_000, 8_000),
            polls: self.kills(random, 45).then(|| random.between(1, 7)),
        };
        let functions = self.functions(random);
        let uri: Uri = path.parse().unwrap();
        let event = functions.event(&method, &uri, headers, body);
        let answer = self.fleet.invoke(functions, event, life).await;
        let Some(answer) = answer else {
            self.inject(if method == Method::POST {
                "create-order killed"
            } else {
                "get-order killed"
            });
            return Some((500, false, json!({"message": "Internal Server Error"})));
        };
        if self.kills(random, 30) {
            self.inject("answer to the client lost");
            return None;
        }
        let is_replayed = answer.headers().contains_key("idempotent-replayed");
        let body = serde_json::from_slice(answer.body().as_ref()).unwrap_or_default();
        Some((answer.status().as_u16(), is_replayed, body))
    }

    /// `POST /orders`; what came of it is remembered under the order's number.
    pub async fn create(
        &self,
        number: u64,
        key: Option<&str>,
        fields: &Value,
        random: &mut Random,
    ) -> Told {
        let resting = self.at_rest.read().await;
        let body = fields.to_string();
        let answer = self
            .request(Method::POST, "/orders", key, body.as_bytes(), random)
            .await;
        let told = Told {
            at_ms: clock::now_ms(),
            status: answer.as_ref().map(|(status, ..)| *status),
            is_replayed: answer.as_ref().is_some_and(|(_, replayed, _)| *replayed),
            body: answer.map(|(.., body)| body).unwrap_or_default(),
        };
        let mut memory = self.memory();
        memory.known.extend(
            (told.status == Some(201))
                .then(|| told.text("merchantTradeNo").map(str::to_owned))
                .flatten(),
        );
        memory.told.entry(number).or_default().push(told.clone());
        drop(memory);
        drop(resting);
        told
    }

    /// A notification arrives; the HTTP status and the body of the answer.
    pub async fn receive(&self, notification: Notification) -> (u16, String) {
        self.receiving.fetch_add(1, Ordering::Relaxed);
        let (functions, life) = {
            let mut random = self.callback_random.lock().unwrap();
            let life = Life {
                limit_ms: random.between(13_000, 15_000),
                polls: self.kills(&mut random, 45).then(|| random.between(1, 7)),
            };
            (self.functions(&mut random), life)
        };
        self.keep(notification.clone());
        let uri = Uri::from_static("/binance-callback");
        let headers = notification.headers;
        let event = functions.event(&Method::POST, &uri, headers, &notification.body);
        let answer = self.fleet.invoke(functions, event, life).await;
        let answer = answer.map(|answer| {
            let text = String::from_utf8_lossy(answer.body().as_ref()).into_owned();
            (answer.status().as_u16(), text)
        });
        let answer = answer.unwrap_or_else(|| {
            self.inject("binance-callback killed");
            (500, r#"{"message":"Internal Server Error"}"#.to_owned())
        });
        if answer.0 == 200 {
            self.must_be_durable(&notification.body);
        }
        let now_ms = u64::try_from(clock::now_ms()).unwrap();
        self.received_at_ms.store(now_ms, Ordering::Relaxed);
        self.receiving.fetch_sub(1, Ordering::Relaxed);
        answer
    }

    fn keep(&self, notification: Notification) {
        let kept = &mut self.memory().notifications;
        kept.push_back(notification);
        if kept.len() > KEPT {
            kept.pop_front();
        }
    }

    /// What Binance has been thanked for is in the table already, or is to be asked about.
    fn must_be_durable(&self, body: &[u8]) {
        let Some(notice) = Notice::read(body) else {
            return;
        };
        let order = self.sandbox.binance().order(&notice.trade_no);
        if order.is_none_or(|order| !notice.is_of(&order)) {
            return;
        }
        let (kind, order_id) = (notice.kind.as_str(), notice.order_id());
        let Some(item) = self.item(order_id) else {
            return self.wrong(order_id, format!("lost: {kind} acknowledged, and no item"));
        };
        let attempt = &item["attempts"][notice.attempt() - 1];
        if !notice.is_recorded(attempt) && item["report"].is_null() {
            let trade_no = &notice.trade_no;
            self.wrong(
                order_id,
                format!("lost: {kind} of {trade_no} acknowledged before it is recorded"),
            );
        }
    }

    fn kills(&self, random: &mut Random, per_mille: u64) -> bool {
        random.chance(per_mille) && !self.is_calm()
    }
}
