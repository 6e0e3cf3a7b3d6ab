//! A sandbox with the functions in it, and the hands of LeadsCalendar's developer, of the payer and of the operator.

use std::sync::Arc;
use std::time::Duration;

use sandbox::web;
use sandbox::{Options, Sandbox};
use serde_json::{Value, json};

pub use crate::answer::Answer;
use sandbox::gateway::{Backend, Functions, Gateway, Play};

/// Everything, on free ports.
pub struct World {
    pub sandbox: Sandbox,
    pub functions: Arc<Functions>,
    pub url: String,
    http: reqwest::Client,
    _gateway: Gateway,
}

impl World {
    pub async fn start() -> Self {
        Self::with(Options::default(), &[]).await
    }

    /// With other options for the sandbox and other settings for the functions.
    pub async fn with(options: Options, settings: &[(&str, &str)]) -> Self {
        let listener = web::listen(0, "none").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let sandbox = Sandbox::start(options).await.unwrap();
        let mut all = sandbox.settings(&format!("{url}/binance-callback"));
        all.extend(
            settings
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        let functions = Arc::new(Functions::new(&all).by(sandbox.clock()));
        let backend = Backend::InProcess(Arc::clone(&functions));
        let play = Play {
            clock: sandbox.clock(),
            throttles: false,
            ..Play::default()
        };
        let gateway = Gateway::start(listener, backend, play).unwrap();
        Self {
            sandbox,
            functions,
            url,
            http: web::client(Duration::from_secs(40), false),
            _gateway: gateway,
        }
    }

    /// The four fields that LeadsCalendar must send.
    pub fn four_fields(&self) -> Value {
        json!({
            "transactionType": "PAY",
            "fiat": "USD",
            "price": 1.00,
            "callbackUrl": self.sandbox.leadscalendar().callback_url(),
        })
    }

    pub async fn create(&self, body: &Value) -> Answer {
        self.create_with(body, &[]).await
    }

    pub async fn create_with(&self, body: &Value, headers: &[(&str, &str)]) -> Answer {
        let mut all = vec![
            ("x-mbx-apikey", self.sandbox.app_api_key()),
            ("content-type", "application/json"),
        ];
        all.extend(headers);
        self.send("POST", "/orders", &all, body.to_string()).await
    }

    /// A body that need not be JSON, or not as a program would write it.
    pub async fn create_raw(&self, body: impl Into<reqwest::Body>) -> Answer {
        let headers = [
            ("x-mbx-apikey", self.sandbox.app_api_key()),
            ("content-type", "application/json"),
        ];
        self.send("POST", "/orders", &headers, body).await
    }

    /// Any request at all, as a careless client would send it.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let mut request = self
            .http
            .request(method.parse().unwrap(), format!("{}{path}", self.url))
            .body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer {
            status,
            headers,
            text: response.text().await.unwrap(),
        }
    }

    /// LeadsCalendar wishes to close an order.
    pub async fn close(&self, order_id: &str) -> Answer {
        let headers = [("x-mbx-apikey", self.sandbox.app_api_key())];
        let path = format!("/orders/{order_id}/close");
        self.send("POST", &path, &headers, "").await
    }

    /// LeadsCalendar asks for a refund.
    pub async fn refund(&self, order_id: &str, key: &str, body: &Value) -> Answer {
        let headers = [
            ("x-mbx-apikey", self.sandbox.refund_api_key()),
            ("content-type", "application/json"),
            ("idempotency-key", key),
        ];
        let path = format!("/orders/{order_id}/refunds");
        self.send("POST", &path, &headers, body.to_string()).await
    }

    /// The order as `GET /orders/{orderId}` shows it, history and confirmation included.
    pub async fn shown(&self, order_id: &str) -> Value {
        let answer = self.get(order_id, &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    /// The order as DynamoDB holds it.
    pub fn item(&self, order_id: &str) -> Value {
        self.sandbox
            .dynamodb()
            .item(order_id)
            .unwrap()
            .unwrap_or_else(|| panic!("no item {order_id}"))
    }

    /// The orders in the table: all that it holds but its own random value, the namespace of the ids.
    pub fn items(&self) -> Vec<Value> {
        let mut items = self.sandbox.dynamodb().items().unwrap();
        items.retain(|item| item["orderId"] != "namespace");
        items
    }

    /// Waits until `done` holds; notifications and confirmations arrive in their own time.
    pub async fn until(&self, what: &str, done: impl Fn(&Self) -> bool) {
        let began_ms = sandbox::clock::now_ms();
        while !done(self) {
            assert!(
                sandbox::clock::now_ms() - began_ms < 15_000,
                "waited in vain for {what}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
