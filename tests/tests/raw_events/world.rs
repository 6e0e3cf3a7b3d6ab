//! A sandbox, the built functions in it, and an event for each that it answers well.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sandbox::binance::{Forgery, Play};
use sandbox::lambda::{self, Function, Outcome, http_event};
use sandbox::{Options, Sandbox};
use serde_json::{Map, Value, json};

/// What an invocation may take, where nothing else is said.
pub const LIMIT: Duration = Duration::from_secs(20);

/// The sandbox, and the settings of the functions in it.
pub struct World {
    pub sandbox: Sandbox,
    pub settings: Vec<(String, String)>,
}

/// An event that nothing is wrong with, and the status of its answer.
pub struct Usual {
    pub event: Value,
    pub status: u64,
}

/// The built program.
pub fn program(function: &str) -> PathBuf {
    lambda::built(Path::new(env!("CARGO_BIN_EXE_sandbox")), function)
}

/// The status and the body of an answer to API Gateway, or what is wrong with it.
pub fn answered(outcome: &Outcome) -> Result<(u64, Value), String> {
    let Outcome::Answered(answer) = outcome else {
        return Err(format!("{outcome:?}"));
    };
    let status = answer["statusCode"].as_u64();
    let status = status.ok_or_else(|| format!("no status: {answer}"))?;
    let headers = answer["headers"].as_object();
    let are_texts = headers.is_some_and(|headers| headers.values().all(Value::is_string));
    if !are_texts {
        return Err(format!("headers that are no texts: {answer}"));
    }
    let body = answer["body"].as_str().unwrap_or_default();
    match serde_json::from_str(body) {
        Ok(body) => Ok((status, body)),
        Err(_) => Err(format!("a body that is no JSON: {answer}")),
    }
}

/// What is wrong with the lines: one that is no JSON, or an ERROR.
pub fn wrong_line(lines: &[String]) -> Option<&String> {
    lines.iter().find(|line| {
        let parsed = serde_json::from_str::<Map<String, Value>>(line);
        !parsed.is_ok_and(|line| line.get("level").is_some_and(|level| level != "ERROR"))
    })
}

impl World {
    pub async fn new() -> Self {
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        // Nobody takes notifications there: they are given to the function by hand.
        let nowhere = format!("{}/nowhere", sandbox.leadscalendar().server().url());
        Self {
            settings: sandbox.settings(&nowhere),
            sandbox,
        }
    }

    /// The built function, ready for its first event.
    pub async fn start(&self, function: &str) -> Function {
        let function = Function::start(&program(function), &self.settings)
            .await
            .unwrap();
        let started = function.initialised().await;
        started.unwrap_or_else(|ended| panic!("{ended:?} {:?}", function.log()));
        function
    }

    /// An event of this function that nothing is wrong with.
    pub async fn usual(&self, function: &str) -> Usual {
        match function {
            "create-order" => Usual {
                event: self.create_order(),
                status: 201,
            },
            "get-order" => Usual {
                event: self.get_order(&self.order().await),
                status: 200,
            },
            "close-order" => Usual {
                event: self.close_order(&self.order().await),
                status: 200,
            },
            "refund-order" => Usual {
                event: self.refund_order(&self.paid_order().await),
                status: 201,
            },
            "binance-callback" => Usual {
                event: self.notification(&self.order().await).await,
                status: 200,
            },
            _ => panic!("{function} is not behind the HTTP API"),
        }
    }

    /// A request with an idempotency key, so that its repeats find the order.
    pub fn create_order(&self) -> Value {
        let body = json!({
            "transactionType": "PAY",
            "fiat": "USD",
            "price": 1.00,
            "callbackUrl": self.sandbox.leadscalendar().callback_url(),
        });
        let headers = self.headers(&[
            ("content-type", "application/json"),
            ("idempotency-key", "appointment-7"),
        ]);
        http_event("POST", "/orders", &headers, Some(&body.to_string()))
    }

    pub fn get_order(&self, order_id: &str) -> Value {
        let path = format!("/orders/{order_id}");
        let mut event = http_event("GET", &path, &self.headers(&[]), None);
        event["routeKey"] = json!("GET /orders/{orderId}");
        event["pathParameters"] = json!({"orderId": order_id});
        event
    }

    pub fn close_order(&self, order_id: &str) -> Value {
        let path = format!("/orders/{order_id}/close");
        let mut event = http_event("POST", &path, &self.headers(&[]), None);
        event["routeKey"] = json!("ANY /orders/{orderId}/close");
        event["pathParameters"] = json!({"orderId": order_id});
        event
    }

    /// A request whose repeats find the refund.
    pub fn refund_order(&self, order_id: &str) -> Value {
        let path = format!("/orders/{order_id}/refunds");
        let headers = self.headers(&[
            ("x-mbx-apikey", self.sandbox.refund_api_key()),
            ("content-type", "application/json"),
            ("idempotency-key", "appointment-7-refund"),
        ]);
        let mut event = http_event("POST", &path, &headers, Some("{}"));
        event["routeKey"] = json!("ANY /orders/{orderId}/refunds");
        event["pathParameters"] = json!({"orderId": order_id});
        event
    }

    /// The notification of the payment of an order, rightly signed.
    async fn notification(&self, order_id: &str) -> Value {
        let notification = Forgery {
            merchant_trade_no: Some(format!("{order_id}01")),
            ..Forgery::default()
        };
        let delivery = self.sandbox.binance().notify(notification).await.unwrap();
        let signed = delivery.headers.into_iter();
        let mut headers: Map<String, Value> = signed
            .map(|(name, value)| (name.to_lowercase(), value.into()))
            .collect();
        headers.insert("content-type".to_owned(), "application/json".into());
        http_event("POST", "/binance-callback", &headers, Some(&delivery.body))
    }

    /// The headers of a request of LeadsCalendar's.
    fn headers(&self, more: &[(&str, &str)]) -> Map<String, Value> {
        let key = ("x-mbx-apikey", self.sandbox.app_api_key());
        let headers = [key].into_iter().chain(more.iter().copied());
        headers
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect()
    }

    /// A new order.
    pub async fn order(&self) -> String {
        let function = self.start("create-order").await;
        let event = self.create_order().to_string();
        let outcome = function.invoke(event, LIMIT).await;
        let (status, order) = answered(&outcome).unwrap();
        assert_eq!(status, 201, "{order}");
        order["orderId"].as_str().unwrap().to_owned()
    }

    /// A new order that is paid, as reconcile-orders finds out.
    async fn paid_order(&self) -> String {
        let order_id = self.order().await;
        let trade_no = format!("{order_id}01");
        let silently = Play::in_silence();
        self.sandbox.binance().pay(&trade_no, silently).unwrap();
        let function = self.start("reconcile-orders").await;
        let wish = json!({"ask": order_id}).to_string();
        let Outcome::Answered(done) = function.invoke(wish, LIMIT).await else {
            panic!("{:?}", function.log());
        };
        assert_eq!(done["done"], 1, "{done}");
        order_id
    }
}
