//! The API in front of the functions: requests of the site in this process, notifications and confirmations over real HTTP.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{Method, Request, Uri};
use axum::response::Response;
use sandbox::clock;
use serde_json::{Map, Value, json};

use crate::fleet::Life;
use crate::random::Random;
use crate::world::World;

/// A request of the site's.
#[derive(Clone)]
pub struct Asked {
    pub method: Method,
    pub path: String,
    pub key: Option<String>,
    pub body: String,
}

/// An answer that arrived.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    pub fn is_retryable(&self) -> bool {
        self.body["retryable"] == true || self.status == 500
    }
}

/// Serves `binance-callback`, which is all that is called from outside this process.
pub fn router(world: &Arc<World>) -> Router {
    Router::new()
        .fallback(callback)
        .with_state(Arc::downgrade(world))
}

async fn callback(State(world): State<Weak<World>>, request: Request<Body>) -> Response {
    let Some(world) = world.upgrade() else {
        return Response::builder().status(503).body(Body::empty()).unwrap();
    };
    let (parts, body) = request.into_parts();
    let headers: Map<String, Value> = parts
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), json!(value.to_str().unwrap())))
        .collect();
    let body = to_bytes(body, 1024 * 1024).await.unwrap().to_vec();
    // API Gateway waits: that Binance hangs up does not end an invocation.
    let received = async move { world.receive(headers, &body).await };
    let (status, text) = tokio::spawn(received).await.unwrap();
    Response::builder()
        .status(status)
        .body(Body::from(text))
        .unwrap()
}

impl World {
    /// One request of the site; nothing if the answer was lost on its way.
    pub async fn ask(&self, asked: &Asked, random: &mut Random) -> Option<Answer> {
        let is_create = asked.path == "/orders";
        let resting = if is_create {
            Some(self.at_rest.read().await)
        } else {
            None
        };
        let is_refund = asked.path.ends_with("/refunds");
        let api_key = if is_refund {
            self.sandbox.refund_api_key()
        } else {
            self.sandbox.app_api_key()
        };
        let mut headers = Map::new();
        headers.insert("x-mbx-apikey".into(), json!(api_key));
        headers.insert("content-type".into(), json!("application/json"));
        if let Some(key) = &asked.key {
            headers.insert("idempotency-key".into(), json!(key));
        }
        // Less than the reserve of a function and a second or two.
        let life = Life {
            limit_ms: random.between(7_500, 9_000),
            polls: self.kills(random, 60).then(|| random.between(1, 9)),
        };
        let functions = self.fleet.one(random);
        let uri: Uri = asked.path.parse().unwrap();
        let event = functions.event(&asked.method, &uri, headers, asked.body.as_bytes());
        let answer = self.fleet.invoke(functions, event, life).await;
        drop(resting);
        let Some(answer) = answer else {
            self.inject("a function killed");
            let body = json!({"message": "Internal Server Error"});
            return Some(Answer { status: 500, body });
        };
        if self.kills(random, 50) {
            self.inject("answer to the site lost");
            return None;
        }
        Some(Answer {
            status: answer.status().as_u16(),
            body: serde_json::from_slice(answer.body().as_ref()).unwrap_or_default(),
        })
    }

    /// A notification arrives; the HTTP status and the body of the answer.
    async fn receive(&self, headers: Map<String, Value>, body: &[u8]) -> (u16, String) {
        self.receiving.fetch_add(1, Ordering::Relaxed);
        let (functions, life) = {
            let mut random = self.callback_random.lock().unwrap();
            let life = Life {
                limit_ms: random.between(13_000, 15_000),
                polls: self.kills(&mut random, 60).then(|| random.between(1, 8)),
            };
            (self.fleet.one(&mut random), life)
        };
        let uri = Uri::from_static("/binance-callback");
        let event = functions.event(&Method::POST, &uri, headers, body);
        let answer = self.fleet.invoke(functions, event, life).await;
        let answer = answer.map(|answer| {
            let text = String::from_utf8_lossy(answer.body().as_ref()).into_owned();
            (answer.status().as_u16(), text)
        });
        let now_ms = u64::try_from(clock::now_ms()).unwrap();
        self.received_at_ms.store(now_ms, Ordering::Relaxed);
        self.receiving.fetch_sub(1, Ordering::Relaxed);
        answer.unwrap_or_else(|| {
            self.inject("binance-callback killed");
            (500, r#"{"message":"Internal Server Error"}"#.to_owned())
        })
    }

    fn kills(&self, random: &mut Random, per_mille: u64) -> bool {
        random.chance(per_mille) && !self.is_calm()
    }
}
