//! The sandbox far away, and a built function that is frozen between its invocations, as Lambda does.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::Method;
use sandbox::binance::{Forgery, Play};
use sandbox::gateway::Functions;
use sandbox::lambda::{self, Function, Outcome, http_event};
use sandbox::{Options, Sandbox};
use serde_json::{Map, Value, json};
use tokio::time::sleep;

use crate::far::{Far, ROUND_TRIP, Ways, round_trips};
use crate::secrets_manager::{SecretsManager, settings};

/// What an invocation may take.
const LIMIT: Duration = Duration::from_secs(20);
/// How long Binance and LeadsCalendar keep an idle connection.
const SHORT: Duration = Duration::from_secs(20);
/// And AWS.
const LONG: Duration = Duration::from_secs(80);

/// Everything that the functions call.
pub struct World {
    sandbox: Sandbox,
    manager: SecretsManager,
    dynamodb: Far,
    secrets_manager: Far,
    binance: Far,
    leadscalendar: Far,
    /// Near to everything, for what a row needs beforehand.
    near: Box<Functions>,
    made: AtomicUsize,
    ways: Ways,
    /// Held while a function is not frozen, of which there is one at a time.
    at_work: tokio::sync::Mutex<()>,
}

/// A function, as Lambda keeps it.
pub struct Kept {
    function: Function,
    name: &'static str,
}

impl World {
    pub async fn new() -> Self {
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let manager = SecretsManager::start().await;
        let nowhere = format!("{}/nowhere", sandbox.leadscalendar().server().url());
        let near = Box::new(Functions::new(&sandbox.settings(&nowhere)));
        let at = |name: &str| {
            let found = manager
                .settings()
                .into_iter()
                .find(|(known, _)| known == name);
            found.unwrap().1
        };
        let ways = Ways::default();
        Self {
            dynamodb: Far::new(sandbox.dynamodb().url(), LONG, &ways).await,
            secrets_manager: Far::new(at("AWS_ENDPOINT_URL_SECRETS_MANAGER"), LONG, &ways).await,
            binance: Far::new(sandbox.binance().url(), SHORT, &ways).await,
            leadscalendar: Far::new(sandbox.leadscalendar().server().url(), SHORT, &ways).await,
            sandbox,
            manager,
            near,
            made: AtomicUsize::new(0),
            ways,
            at_work: tokio::sync::Mutex::default(),
        }
    }

    /// The settings of a function for which all of them are far away. LeadsCalendar's host is named itself, or as good as
    /// behind a wildcard: by a port on which nobody is.
    fn settings(&self, is_named: bool) -> Vec<(String, String)> {
        let mut all = self
            .sandbox
            .settings(&format!("{}/nowhere", self.leadscalendar.url));
        all.extend(self.manager.settings());
        let host = self.leadscalendar.url.trim_start_matches("http://");
        let hosts = if is_named { host } else { "127.0.0.1:1" };
        all.extend(settings(&[
            ("AWS_ENDPOINT_URL_DYNAMODB", &self.dynamodb.url),
            (
                "AWS_ENDPOINT_URL_SECRETS_MANAGER",
                &self.secrets_manager.url,
            ),
            ("BINANCE_BASE_URL", &self.binance.url),
            ("CALLBACK_HOSTS", hosts),
        ]));
        all
    }

    /// A function after its init, frozen.
    pub async fn start(&self, name: &'static str, is_named: bool) -> Kept {
        let _alone = self.at_work.lock().await;
        let program = lambda::built(Path::new(env!("CARGO_BIN_EXE_sandbox")), name);
        let function = Function::start(&program, &self.settings(is_named)).await;
        let function = function.unwrap();
        let started = function.initialised().await;
        started.unwrap_or_else(|ended| panic!("{ended:?} {:?}", function.log()));
        // Opening takes no time here: what init waited for is far away all the same.
        sleep(ROUND_TRIP * 4).await;
        let kept = Kept { function, name };
        kept.signal("STOP");
        kept
    }

    /// The round trips of one invocation.
    pub async fn invoke(&self, kept: &Kept) -> u32 {
        let event = self.event(kept.name).await.to_string();
        let _alone = self.at_work.lock().await;
        self.ways.lock().unwrap().clear();
        kept.signal("CONT");
        let outcome = kept.function.invoke(event, LIMIT).await;
        kept.signal("STOP");
        let Outcome::Answered(answer) = &outcome else {
            panic!("{}: {outcome:?}", kept.name);
        };
        let is_done = matches!(answer["statusCode"].as_u64(), Some(200 | 201));
        assert!(is_done, "{}: {answer} {:?}", kept.name, kept.function.log());
        round_trips(std::mem::take(&mut self.ways.lock().unwrap()))
    }

    async fn event(&self, function: &str) -> Value {
        match function {
            "create-order" => self.create(),
            "get-order" => {
                let path = format!("/orders/{}", self.order().await);
                http_event("GET", &path, &self.headers(), None)
            }
            "binance-callback" => self.notification().await,
            _ => panic!("{function} is not played here"),
        }
    }

    fn create(&self) -> Value {
        let mut headers = self.headers();
        let made = self.made.fetch_add(1, Ordering::SeqCst);
        headers.insert("idempotency-key".to_owned(), format!("slot-{made}").into());
        http_event("POST", "/orders", &headers, Some(&self.fields()))
    }

    fn fields(&self) -> String {
        let callback_url = self.sandbox.leadscalendar().callback_url();
        let near = self.sandbox.leadscalendar().server().url();
        json!({
            "transactionType": "PAY",
            "fiat": "USD",
            "price": "1.00",
            "callbackUrl": callback_url.replace(&near, &self.leadscalendar.url),
        })
        .to_string()
    }

    fn headers(&self) -> Map<String, Value> {
        let headers = [
            ("x-mbx-apikey", self.sandbox.app_api_key()),
            ("content-type", "application/json"),
        ];
        let owned = headers.map(|(name, value)| (name.to_owned(), value.into()));
        owned.into_iter().collect()
    }

    /// The id of a new order.
    async fn order(&self) -> String {
        let target = "/orders".parse().unwrap();
        let fields = self.fields();
        let event = self
            .near
            .event(&Method::POST, &target, self.headers(), fields.as_bytes());
        let answer = self.near.invoke(event).await;
        let order: Value = serde_json::from_slice(answer.body().as_ref()).unwrap();
        order["orderId"].as_str().unwrap().to_owned()
    }

    /// Of the payment of a new order, rightly signed.
    async fn notification(&self) -> Value {
        let trade_no = format!("{}01", self.order().await);
        let binance = self.sandbox.binance();
        binance.pay(&trade_no, Play::in_silence()).unwrap();
        let notification = Forgery {
            merchant_trade_no: Some(trade_no),
            ..Forgery::default()
        };
        let delivery = binance.notify(notification).await.unwrap();
        let signed = delivery.headers.into_iter();
        let mut headers: Map<String, Value> = signed
            .map(|(name, value)| (name.to_lowercase(), value.into()))
            .collect();
        headers.insert("content-type".to_owned(), "application/json".into());
        http_event("POST", "/binance-callback", &headers, Some(&delivery.body))
    }
}

impl Kept {
    /// Freezes the process, or lets it go on.
    fn signal(&self, name: &str) {
        let pid = self.function.pid().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success());
    }
}
