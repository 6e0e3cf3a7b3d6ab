//! A Secrets Manager with the two secrets, which can be slow, away, and of other content each time it is asked.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sandbox::web::{self, Server};
use sandbox::{Options, Sandbox};
use serde_json::{Value, json};

/// What the two secrets are called.
pub const SECRETS: &str = "payments";
pub const CALLER_KEYS: &str = "payments-callers";

/// Secrets read then are five minutes old by now: the functions' clock began at 0.
pub const READ_AT_MS: i64 = -300_000;

/// What there is under a name.
#[derive(Clone, Debug)]
pub enum Content {
    Text(String),
    /// A secret without a value.
    NoValue,
    /// Asking for it fails with this code.
    Fails(&'static str),
}

/// How it answers.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    AtOnce,
    After(Duration),
    Never,
    /// Connections are refused.
    Away,
    /// With this HTTP status and code, whatever it is asked.
    Fails(u16, &'static str),
}

pub struct SecretsManager {
    server: Server,
    memory: Arc<Mutex<Memory>>,
}

struct Memory {
    way: Way,
    secrets: Vec<Content>,
    caller_keys: Content,
    asked: Vec<String>,
}

/// The inline JSON with the sandbox's own keys, which are the same each time it starts.
pub async fn inline() -> Value {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let settings = sandbox.settings("http://127.0.0.1/");
    let (_, secrets) = settings.iter().find(|(name, _)| name == "SECRETS").unwrap();
    serde_json::from_str(secrets).unwrap()
}

/// Its two parts, as the two secrets hold them.
pub async fn parts() -> (Value, Value) {
    let mut secrets = inline().await;
    let mut take = |name| secrets.as_object_mut().unwrap().remove(name).unwrap();
    let caller_keys = json!({
        "appApiKeys": take("appApiKeys"),
        "refundApiKeys": take("refundApiKeys"),
    });
    (secrets, caller_keys)
}

impl SecretsManager {
    /// With the sandbox's own secrets.
    pub async fn start() -> Self {
        let (secrets, caller_keys) = parts().await;
        Self::with(
            vec![Content::Text(secrets.to_string())],
            Content::Text(caller_keys.to_string()),
        )
        .await
    }

    /// Gives `secrets` in turn, and the last of them ever after.
    pub async fn with(secrets: Vec<Content>, caller_keys: Content) -> Self {
        let memory = Arc::new(Mutex::new(Memory {
            way: Way::AtOnce,
            secrets,
            caller_keys,
            asked: Vec::new(),
        }));
        let listener = web::listen(0, "none").await.unwrap();
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&memory));
        let server = Server::start(listener, router).unwrap();
        Self { server, memory }
    }

    /// From now on.
    pub fn answer(&self, way: Way) {
        self.memory().way = way;
        match way {
            Way::Away => self.server.go_away(),
            Way::AtOnce | Way::After(_) | Way::Never | Way::Fails(..) => self.server.come_back(),
        }
    }

    /// What it was asked for: operation, and the names of the secrets.
    pub fn asked(&self) -> Vec<String> {
        self.memory().asked.clone()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap()
    }

    /// The settings of functions that read their secrets here.
    pub fn settings(&self) -> Vec<(String, String)> {
        let url = self.server.url();
        settings(&[
            ("SECRETS", ""),
            ("SECRETS_ID", SECRETS),
            ("CALLER_KEYS_ID", CALLER_KEYS),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &url),
        ])
    }
}

/// Settings as they are looked up.
pub fn settings(settings: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    settings.iter().map(owned).collect()
}

async fn answer(
    State(memory): State<Arc<Mutex<Memory>>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let target = headers["x-amz-target"].to_str().unwrap();
    let operation = target.strip_prefix("secretsmanager.").unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    let names: Vec<String> = match operation {
        "GetSecretValue" => vec![serde_json::from_value(body["SecretId"].clone()).unwrap()],
        "BatchGetSecretValue" => serde_json::from_value(body["SecretIdList"].clone()).unwrap(),
        _ => panic!("{operation} is not among what the functions may do"),
    };
    let way = {
        let mut memory = memory.lock().unwrap();
        memory
            .asked
            .push(format!("{operation} {}", names.join(" ")));
        memory.way
    };
    match way {
        Way::AtOnce | Way::Away => {}
        Way::After(delay) => tokio::time::sleep(delay).await,
        Way::Never => std::future::pending().await,
        Way::Fails(status, code) => return failure(status, code),
    }
    let contents: Vec<(String, Content)> = {
        let mut memory = memory.lock().unwrap();
        names
            .into_iter()
            .map(|name| (name.clone(), memory.content(&name)))
            .collect()
    };
    if operation == "GetSecretValue" {
        return match &contents[0] {
            (name, Content::Text(text)) => json!({"Name": name, "SecretString": text})
                .to_string()
                .into_response(),
            (_, Content::NoValue) => failure(400, "ResourceNotFoundException"),
            (_, Content::Fails(code)) => failure(400, code),
        };
    }
    let (mut values, mut errors) = (Vec::new(), Vec::new());
    for (name, content) in contents {
        let code = match content {
            Content::Text(text) => {
                values.push(json!({"Name": name, "SecretString": text}));
                continue;
            }
            Content::NoValue => "ResourceNotFoundException",
            Content::Fails(code) => code,
        };
        errors.push(json!({"SecretId": name, "ErrorCode": code, "Message": "played"}));
    }
    // In no order that one could rely on.
    values.reverse();
    let answer = json!({"SecretValues": values, "Errors": errors});
    answer.to_string().into_response()
}

impl Memory {
    fn content(&mut self, name: &str) -> Content {
        match name {
            SECRETS if self.secrets.len() > 1 => self.secrets.remove(0),
            SECRETS => self.secrets[0].clone(),
            CALLER_KEYS => self.caller_keys.clone(),
            _ => Content::Fails("ResourceNotFoundException"),
        }
    }
}

fn failure(status: u16, code: &str) -> Response {
    let body = json!({"__type": code, "Message": "played"}).to_string();
    (StatusCode::from_u16(status).unwrap(), body).into_response()
}
