//! The secrets in Secrets Manager: read once, read again when Binance refuses them, never shown.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::HeaderMap;
use sandbox::web::{self, Server};
use sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use crate::log::Log;
use crate::problem::{binances, ours, problem};
use crate::world::World;

/// A Secrets Manager with one secret, which can be another one each time it is read.
struct SecretsManager {
    server: Server,
    reads: Arc<Mutex<usize>>,
}

impl SecretsManager {
    /// Answers with the given contents in turn, and with the last one ever after.
    async fn start(contents: Vec<String>) -> Self {
        let reads = Arc::<Mutex<usize>>::default();
        let counted = Arc::clone(&reads);
        let answer = async move |headers: HeaderMap, body: String| {
            assert_eq!(headers["x-amz-target"], "secretsmanager.GetSecretValue");
            assert_eq!(body, r#"{"SecretId":"payments"}"#);
            let mut reads = counted.lock().unwrap();
            let content = contents.get(*reads).or(contents.last()).unwrap();
            *reads += 1;
            json!({"Name": "payments", "SecretString": content}).to_string()
        };
        let listener = web::listen(0, "none").await.unwrap();
        let router = Router::new().fallback(answer);
        let server = Server::start(listener, router).unwrap();
        Self { server, reads }
    }

    fn reads(&self) -> usize {
        *self.reads.lock().unwrap()
    }
}

/// The secret's JSON with the sandbox's own keys, which are the same each time it starts.
pub async fn right() -> Value {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let settings = sandbox.settings("http://127.0.0.1/");
    let (_, secrets) = settings.iter().find(|(name, _)| name == "SECRETS").unwrap();
    serde_json::from_str(secrets).unwrap()
}

async fn world(manager: &SecretsManager) -> World {
    let url = manager.server.url();
    let settings = [
        ("SECRETS", ""),
        ("SECRETS_ID", "payments"),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &url),
    ];
    World::with(Options::default(), &settings).await
}

#[tokio::test]
async fn secrets_are_read_once_for_many_requests() {
    let manager = SecretsManager::start(vec![right().await.to_string()]).await;
    let world = world(&manager).await;
    for _ in 0..3 {
        let created = world.create(&world.four_fields()).await;
        assert_eq!(created.status, 201, "{}", created.text);
    }
    assert_eq!(manager.reads(), 1);
}

#[tokio::test]
async fn secrets_are_read_again_at_once_when_binance_refuses_them() {
    let right = right().await;
    let mut old = right.clone();
    old["binanceApiSecret"] = json!("renewed-meanwhile");
    let manager = SecretsManager::start(vec![old.to_string(), right.to_string()]).await;
    let world = world(&manager).await;

    let created = world.create(&world.four_fields()).await;

    assert_eq!(created.status, 201, "{}", created.text);
    assert_eq!(manager.reads(), 2);
    let calls = world.sandbox.binance().calls();
    let verdicts: Vec<&str> = calls.iter().map(|call| call.verdict).collect();
    assert_eq!(verdicts, ["turned away", "taken"]);
    let order_id = created.text_of("orderId");
    assert_eq!(created.text_of("merchantTradeNo"), format!("{order_id}01"));
}

#[tokio::test]
async fn secrets_that_stay_wrong_are_read_again_once_for_each_request() {
    let mut wrong = right().await;
    wrong["binanceApiSecret"] = json!("wrong");
    let manager = SecretsManager::start(vec![wrong.to_string()]).await;
    let world = world(&manager).await;
    for request in 1..=2 {
        let answer = world.create(&world.four_fields()).await;
        let detail = "Binance: Signature for this request is not valid.";
        assert_eq!(problem(&answer, 401), binances("400002", detail));
        assert_eq!(world.sandbox.binance().calls().len(), 2 * request);
        assert_eq!(manager.reads(), 1 + request);
    }
}

#[tokio::test]
async fn malformed_secret_is_neither_used_nor_shown() {
    let log = Log::start();
    for malformed in [
        "hush-hush",
        "{\"binanceApiKey\":\"hush-hush\"}",
        "{\"binanceApiKey\":\"hush-hush\",\"binanceApiSecret\":\"hush-hush\",\"appApiKeys\":[],\"webhookSecrets\":[]}",
        "{\"binanceApiKey\":\"hush hush\",\"binanceApiSecret\":\"hush-hush\",\"appApiKeys\":[\"hush-hush\"],\"webhookSecrets\":[\"whsec_hush\"]}",
    ] {
        let manager = SecretsManager::start(vec![malformed.to_owned()]).await;
        let world = world(&manager).await;

        let answer = world.create(&world.four_fields()).await;

        let detail = "the service cannot reach its own store just now";
        assert_eq!(problem(&answer, 503), ours("TRY_AGAIN", detail));
        assert!(world.items().is_empty());
    }
    let text = log.text();
    assert!(text.contains("the secret must be the JSON"), "{text}");
    assert!(!text.contains("hush"), "{text}");
}
