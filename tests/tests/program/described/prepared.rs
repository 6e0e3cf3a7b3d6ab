//! A running sandbox for the examples of `sandbox.openapi.yaml`, and orders in the states of which they speak.

use std::time::Duration;

use reqwest::{Client, Method};
use sandbox::web;
use serde_json::{Value, json};

use crate::Up;

/// What stands in the document for what is another each time.
const ORDER_ID: &str = "3f9c0a7b52e14d8896b1c2d3e4f506";
const REFUND_REQUEST_ID: &str = "3f9c0a7b52e14d8896b1c2d3e4f506r8c1d52e07f9b3a46";
const API: &str = "http://127.0.0.1:9000";

pub struct Prepared {
    up: Up,
    client: Client,
    behaviour: Value,
}

/// An order, and its refund if it has one.
#[derive(Default)]
pub struct Named {
    order_id: String,
    refund_request_id: String,
}

impl Prepared {
    /// A sandbox in which everything has happened once, so that no list is empty.
    pub async fn start() -> Self {
        let mut prepared = Self {
            up: Up::start(&[]),
            client: web::client(Duration::from_secs(20), false),
            behaviour: Value::Null,
        };
        prepared.behaviour = prepared.admin(Method::GET, "behaviour", json!({})).await;
        let named = prepared.refunding().await;
        let stranger = format!("stranger/{}01/pay", named.order_id);
        prepared.admin(Method::POST, &stranger, json!({})).await;
        prepared.calm().await;
        prepared
    }

    pub fn console(&self) -> &str {
        self.up.addresses["console"].as_str().unwrap()
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    /// An order in the state that an example needs; none where it speaks of none.
    pub async fn order_for(&self, operation: &str, example: &str, request: &str) -> Named {
        if !request.contains(ORDER_ID) && !request.contains("last") {
            return Named::default();
        }
        match (operation, example) {
            ("succeedRefund" | "rejectRefund", _) => self.refunding().await,
            ("carryOutClose", _) => self.closing().await,
            ("payOrder", "late") => {
                let named = self.opened().await;
                let path = format!("orders/{}01/expire", named.order_id);
                self.admin(Method::POST, &path, json!({})).await;
                named
            }
            ("refundByHand" | "setRefunding", _)
            | (_, "paidAlready" | "refunded" | "refundFailed") => self.paid().await,
            _ => self.opened().await,
        }
    }

    /// The document's text, with what it is here.
    pub fn here(&self, text: &str, named: &Named) -> String {
        text.replace(REFUND_REQUEST_ID, &named.refund_request_id)
            .replace(ORDER_ID, &named.order_id)
            .replace(API, self.up.addresses["api"].as_str().unwrap())
    }

    /// Nothing misbehaves any more.
    pub async fn calm(&self) {
        for path in ["faults", "bends", "dynamodb/faults"] {
            self.admin(Method::DELETE, path, json!({})).await;
        }
        let up = json!({"mode": "up"});
        self.admin(Method::POST, "mode", up).await;
        let usual = self.behaviour.clone();
        self.admin(Method::POST, "behaviour", usual).await;
    }

    async fn opened(&self) -> Named {
        let order = json!({
            "transactionType": "PAY",
            "fiat": "USD",
            "price": "1.00",
            "callbackUrl": self.up.addresses["callbackUrl"],
        });
        let opened = self.api("", order).await;
        Named {
            order_id: opened["orderId"].as_str().unwrap().to_owned(),
            ..Named::default()
        }
    }

    async fn paid(&self) -> Named {
        let named = self.opened().await;
        let paid = json!({"what": "paid", "order": named.order_id});
        let paid = self.admin(Method::POST, "trigger", paid).await;
        assert_eq!(paid["status"], "PAID", "{paid}");
        named
    }

    async fn closing(&self) -> Named {
        let named = self.opened().await;
        let later = json!({"on": "close", "fault": "closesLater"});
        self.admin(Method::POST, "faults", later).await;
        let path = format!("/{}/close", named.order_id);
        self.api(&path, json!({})).await;
        named
    }

    async fn refunding(&self) -> Named {
        let named = self.paid().await;
        let pends = json!({"on": "refund", "fault": "refundPends"});
        self.admin(Method::POST, "faults", pends).await;
        let path = format!("/{}/refunds", named.order_id);
        let refund = self.api(&path, json!({"amount": "0.5"})).await;
        let id = refund["refundRequestId"].as_str().unwrap();
        Named {
            refund_request_id: id.to_owned(),
            ..named
        }
    }

    async fn admin(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}/sandbox/{path}", self.console());
        let sent = self.client.request(method, url).json(&body).send();
        let answer = sent.await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }

    async fn api(&self, path: &str, body: Value) -> Value {
        let at = |name: &str| self.up.addresses[name].as_str().unwrap();
        let sent = self
            .client
            .post(format!("{}/orders{path}", at("api")))
            .header("X-MBX-APIKEY", at("refundKey"))
            .header("Idempotency-Key", sandbox::random::hex(32))
            .json(&body)
            .send();
        let answer = sent.await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }
}
