//! A sandbox with the functions behind its gateway, and a browser that looks at the console.

use std::time::Duration;

use sandbox::binance;
use sandbox::gateway::{Gateway, Play, start_in_process};
use sandbox::web;
use sandbox::{Options, Sandbox};
use serde_json::{Value, json};

/// Everything, on free ports.
pub struct World {
    pub sandbox: Sandbox,
    pub api: String,
    http: reqwest::Client,
    _gateway: Gateway,
}

impl World {
    pub async fn start() -> Self {
        Self::with(true).await
    }

    /// A sandbox that was not told where the HTTP API is.
    pub async fn without_api() -> Self {
        Self::with(false).await
    }

    async fn with(api_is_told: bool) -> Self {
        let listener = web::listen(0, "none").await.unwrap();
        let api = format!("http://{}", listener.local_addr().unwrap());
        let callback_url = format!("{api}/binance-callback");
        let mut options = Options {
            callback_url: api_is_told.then(|| callback_url.clone()),
            ..Options::default()
        };
        options.behaviour.first_repeat_ms = 5;
        let sandbox = Sandbox::start(options).await.unwrap();
        let play = Play::of(&sandbox);
        let settings = sandbox.settings(&callback_url);
        let gateway = start_in_process(&settings, listener, play).unwrap();
        Self {
            sandbox,
            api,
            http: web::client(Duration::from_secs(20), false),
            _gateway: gateway,
        }
    }

    /// An order by the API, as LeadsCalendar makes it; gives its view.
    pub async fn create(&self, description: &str) -> Value {
        let request = self
            .http
            .post(format!("{}/orders", self.api))
            .header("x-mbx-apikey", self.sandbox.app_api_key())
            .json(&json!({
                "transactionType": "PAY",
                "fiat": "USD",
                "price": "1.00",
                "callbackUrl": self.sandbox.leadscalendar().callback_url(),
                "description": description,
            }));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 201);
        answer.json().await.unwrap()
    }

    /// The payer pays, and the notification is acknowledged.
    pub async fn pay(&self, order: &Value) {
        let trade_no = order["merchantTradeNo"].as_str().unwrap();
        let paid = self
            .sandbox
            .binance()
            .pay_and_wait(trade_no, binance::Play::default());
        paid.await.unwrap();
    }

    /// A request at the console's port, to be completed.
    pub fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.http
            .get(format!("{}{path}", self.sandbox.binance().url()))
    }

    /// The JSON of an admin route.
    pub async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }

    /// A page, whatever its status is.
    pub async fn page(&self, path: &str) -> String {
        self.get(path).send().await.unwrap().text().await.unwrap()
    }

    /// Sends a form as a browser does, and gives the page to which that leads.
    pub async fn press(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let url = format!("{}{path}", self.sandbox.binance().url());
        let coded = reqwest::Url::parse_with_params("http://form", fields).unwrap();
        let request = self
            .http
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(coded.query().unwrap_or_default().to_owned());
        let answer = request.send().await.unwrap();
        match answer.headers().get("location") {
            Some(next) => self.page(next.to_str().unwrap()).await,
            None => answer.text().await.unwrap(),
        }
    }

    /// The orders in the table.
    pub fn orders(&self) -> Vec<Value> {
        let mut items = self.sandbox.dynamodb().items().unwrap();
        items.retain(|item| item["orderId"] != "namespace");
        items
    }

    /// The `id.timestamp` and the body of the first confirmation.
    pub fn confirmation(&self) -> (String, String) {
        let first = self.sandbox.leadscalendar().confirmations().remove(0);
        let (id, timestamp) = (first.webhook_id.unwrap(), first.timestamp.unwrap());
        (format!("{id}.{timestamp}"), first.text)
    }

    /// Waits until LeadsCalendar accepted what it was owed of an order, and that is recorded.
    pub async fn until_confirmed(&self, order_id: &str) {
        self.until("the confirmation", |world| {
            let item = world.sandbox.dynamodb().item(order_id).unwrap().unwrap();
            let confirmation = &item["confirmation"];
            item["status"] == "PAID"
                && confirmation["revision"] == confirmation["confirmedRevision"]
        })
        .await;
    }

    /// Waits until `done` holds; what is sent arrives in its own time.
    pub async fn until(&self, what: &str, done: impl Fn(&Self) -> bool) {
        let began_ms = sandbox::clock::now_ms();
        while !done(self) {
            assert!(
                sandbox::clock::now_ms() - began_ms < 10_000,
                "waited in vain for {what}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// All that must be shown nowhere.
    pub fn secrets(&self) -> Vec<String> {
        let credentials = self.sandbox.credentials();
        let mut secrets = vec![
            credentials.api_key.clone(),
            credentials.api_secret.clone(),
            self.sandbox.app_api_key().to_owned(),
            self.sandbox.refund_api_key().to_owned(),
        ];
        secrets.extend(self.sandbox.webhook_secrets().iter().cloned());
        secrets
    }
}

/// A text of JSON.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}
