//! Whom the functions talk to, each behind TLS and answering at once: DynamoDB and Secrets Manager from memory, Binance as the
//! sandbox plays it, and a LeadsCalendar that accepts everything.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::CertificateDer;
use sandbox::web::{self, Server};
use sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use super::distance::Distance;
use super::front::{Authority, Front, Port};
use super::peers::Peers;
use crate::orders::replace;
use crate::table::Table;

/// What the two secrets are called.
const SECRETS: &str = "payments";
const CALLER_KEYS: &str = "payments-callers";

/// The confirmations that LeadsCalendar accepted.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Order, id of the message, type; what is repeated is there once.
    accepted: Arc<Mutex<BTreeSet<(String, String, String)>>>,
    /// How often it was called.
    calls: Arc<AtomicU64>,
}

impl Told {
    fn hear(&self, headers: &HeaderMap, body: &[u8]) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let id = headers.get("webhook-id").and_then(|id| id.to_str().ok());
        let id = id.unwrap_or_default().to_owned();
        let told = (text(&body["data"]["orderId"]), id, text(&body["type"]));
        self.accepted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(told);
    }

    /// The types of what was told of an order, sorted.
    pub fn of(&self, order_id: &str) -> Vec<String> {
        let told = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        let own = told.iter().filter(|(id, ..)| id == order_id);
        let mut types: Vec<String> = own.map(|(.., kind)| kind.clone()).collect();
        types.sort();
        types
    }
}

/// All of them, for as long as it lives.
pub struct Parties {
    pub sandbox: Sandbox,
    pub table: Table,
    /// The settings of the functions.
    pub settings: Vec<(String, String)>,
    /// The authority that all of them are certified by.
    pub root: CertificateDer<'static>,
    /// How far away they are.
    pub distance: Distance,
    /// The functions' peers, where they are installed and asked for.
    pub peers: Option<Peers>,
    /// Where LeadsCalendar accepts confirmations.
    pub callback_url: String,
    /// What it accepted.
    pub told: Told,
    servers: [Server; 2],
    _fronts: [Front; 4],
}

impl Parties {
    pub async fn start() -> Result<Self, String> {
        let authority = Authority::new()?;
        let [dynamodb, secrets, binance, leadscalendar] =
            [open().await?, open().await?, open().await?, open().await?];
        let sandbox = Sandbox::start(Options {
            allow_hosts: vec![binance.authority()],
            ..Options::default()
        });
        let sandbox = sandbox.await?;
        let table = Table::start(&[dynamodb.authority()])
            .await
            .map_err(|error| error.to_string())?;
        let [inline, caller_keys] = both(&sandbox)?;
        let told = Told::default();
        let hears = told.clone();
        let accepts = Router::new().route(
            "/confirmation",
            post(async move |headers: HeaderMap, body: Bytes| hears.hear(&headers, &body)),
        );
        let receiver = server(accepts, &leadscalendar).await?;
        let manager = Router::new().fallback(post(async move |headers: HeaderMap, body: Bytes| {
            // AWS's type is not the usual one of JSON.
            let asked = serde_json::from_slice(&body).unwrap_or_default();
            answer(&headers, &asked, [&inline, &caller_keys])
        }));
        let manager = server(manager, &secrets).await?;
        Ok(Self {
            settings: settings(
                &sandbox,
                &authority,
                [&dynamodb, &secrets, &binance, &leadscalendar],
            ),
            callback_url: format!("{}/confirmation", leadscalendar.url()),
            _fronts: [
                dynamodb.before(&table.url(), &authority),
                secrets.before(&manager.url(), &authority),
                binance.before(&sandbox.binance().url(), &authority),
                leadscalendar.before(&receiver.url(), &authority),
            ],
            servers: [manager, receiver],
            distance: authority.distance,
            root: authority.root,
            peers: None,
            told,
            sandbox,
            table,
        })
    }

    /// How often the functions have called DynamoDB, Binance and LeadsCalendar, all together.
    pub fn calls(&self) -> u64 {
        let binance = self.sandbox.binance().calls().len();
        let leadscalendar = self.told.calls.load(Ordering::Relaxed);
        self.table.calls() + leadscalendar + u64::try_from(binance).unwrap_or(u64::MAX)
    }

    /// The same by plain HTTP, and with the secrets in the settings: what is left is the functions' own work.
    pub fn without_tls(mut self) -> Self {
        let [_, receiver] = &self.servers;
        self.callback_url = format!("{}/confirmation", receiver.url());
        self.settings = self.sandbox.settings(&nowhere(&self.sandbox));
        replace(
            &mut self.settings,
            "AWS_ENDPOINT_URL_DYNAMODB",
            self.table.url(),
        );
        self
    }
}

async fn open() -> Result<Port, String> {
    Port::open().await.map_err(|error| error.to_string())
}

async fn server(router: Router, front: &Port) -> Result<Server, String> {
    let listener = web::listen(0, "none").await?;
    let server = Server::admitting(listener, router, &[front.authority()]);
    server.map_err(|error| error.to_string())
}

/// Nobody takes notifications there: they are given to the function by hand.
fn nowhere(sandbox: &Sandbox) -> String {
    format!("{}/nowhere", sandbox.leadscalendar().server().url())
}

/// The environment of a deployed function, but that everything is here.
fn settings(sandbox: &Sandbox, authority: &Authority, ports: [&Port; 4]) -> Vec<(String, String)> {
    let [dynamodb, secrets, binance, leadscalendar] = ports;
    let mut settings = sandbox.settings(&nowhere(sandbox));
    let ours = [
        ("SECRETS", String::new()),
        ("SECRETS_ID", SECRETS.to_owned()),
        ("CALLER_KEYS_ID", CALLER_KEYS.to_owned()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.url()),
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.url()),
        ("BINANCE_BASE_URL", binance.url()),
        ("CALLBACK_HOSTS", leadscalendar.authority()),
        ("LOCAL_ROOT", STANDARD.encode(&authority.root)),
    ];
    settings.retain(|(name, _)| !ours.iter().any(|(our, _)| our == name));
    settings.extend(ours.map(|(name, value)| (name.to_owned(), value)));
    settings
}

/// The content of the two secrets.
fn both(sandbox: &Sandbox) -> Result<[String; 2], String> {
    let settings = sandbox.settings("http://127.0.0.1/");
    let inline = settings.iter().find(|(name, _)| name == "SECRETS");
    let (_, inline) = inline.ok_or("the sandbox has no secrets")?;
    let mut secrets: Value = serde_json::from_str(inline).map_err(|error| error.to_string())?;
    let mut caller_keys = json!({});
    for name in ["appApiKeys", "refundApiKeys"] {
        let keys = secrets
            .as_object_mut()
            .and_then(|secrets| secrets.remove(name));
        caller_keys[name] = keys.ok_or(format!("the sandbox has no {name}"))?;
    }
    Ok([secrets.to_string(), caller_keys.to_string()])
}

/// Secrets Manager: one secret by its name, or several.
fn answer(headers: &HeaderMap, asked: &Value, contents: [&str; 2]) -> Response {
    let secret = |name: &Value| {
        let [secrets, caller_keys] = contents;
        let text = if name == SECRETS {
            secrets
        } else {
            caller_keys
        };
        json!({"Name": name, "SecretString": text})
    };
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok());
    match target {
        Some("secretsmanager.GetSecretValue") => Json(secret(&asked["SecretId"])).into_response(),
        Some("secretsmanager.BatchGetSecretValue") => {
            let names = asked["SecretIdList"].as_array();
            let values: Vec<Value> = names.into_iter().flatten().map(secret).collect();
            Json(json!({"SecretValues": values, "Errors": []})).into_response()
        }
        _ => StatusCode::NOT_IMPLEMENTED.into_response(),
    }
}
