//! A merchant made by hand: signs with another implementation than the simulator verifies with, and takes notifications.

use std::fmt::Write as _;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sandbox::binance::{Order, Play};
use sandbox::web::{self, Server};
use sandbox::{Options, Sandbox, clock, random};
use serde_json::{Value, json};
use sha2::Sha512;
use tokio::net::TcpListener;

/// A sandbox whose notifications are repeated within milliseconds.
pub async fn sandbox() -> Sandbox {
    let mut options = Options::default();
    options.behaviour.first_repeat_ms = 5;
    Sandbox::start(options).await.unwrap()
}

/// A call as it goes over the wire, to be spoilt by the test.
pub struct Request {
    pub path: String,
    pub body: String,
    pub key: String,
    pub secret: String,
    pub timestamp: String,
    pub nonce: String,
    pub signature: Option<String>,
    pub content_type: Option<&'static str>,
}

impl Request {
    pub fn new(sandbox: &Sandbox, path: &str, body: &Value) -> Self {
        Self {
            path: format!("{}/binancepay/openapi/{path}", sandbox.binance().url()),
            body: body.to_string(),
            key: sandbox.credentials().api_key.clone(),
            secret: sandbox.credentials().api_secret.clone(),
            timestamp: clock::now_ms().to_string(),
            nonce: random::alnum(32),
            signature: None,
            content_type: Some("application/json"),
        }
    }

    pub fn sign(&self) -> String {
        let mut mac = Hmac::<Sha512>::new_from_slice(self.secret.as_bytes()).unwrap();
        mac.update(format!("{}\n{}\n{}\n", self.timestamp, self.nonce, self.body).as_bytes());
        let bytes = mac.finalize().into_bytes();
        bytes.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02X}").unwrap();
            hex
        })
    }

    pub async fn try_send(self) -> Result<reqwest::Response, reqwest::Error> {
        let signature = self.signature.clone().unwrap_or_else(|| self.sign());
        let mut request = web::client(Duration::from_secs(5), false)
            .post(&self.path)
            .header("BinancePay-Timestamp", &self.timestamp)
            .header("BinancePay-Nonce", &self.nonce)
            .header("BinancePay-Certificate-SN", &self.key)
            .header("BinancePay-Signature", signature);
        if let Some(kind) = self.content_type {
            request = request.header("content-type", kind);
        }
        request.body(self.body).send().await
    }

    pub async fn send(self) -> Value {
        self.try_send().await.unwrap().json().await.unwrap()
    }
}

/// A request that breaks no rule, with a fresh trade number.
pub fn order(webhook_url: Option<&str>) -> Value {
    let mut order = json!({
        "env": {"terminalType": "WEB"},
        "merchantTradeNo": random::alnum(32),
        "fiatAmount": "1.00",
        "fiatCurrency": "USD",
        "description": "LeadsCalendar",
        "goodsDetails": [{"goodsType": "02", "goodsCategory": "Z000", "referenceGoodsId": "1", "goodsName": "A month"}],
        "passThroughInfo": "0123",
    });
    if let Some(url) = webhook_url {
        order["webhookUrl"] = json!(url);
    }
    order
}

/// Creates an order and gives its trade number and the answer's `data`.
pub async fn create(sandbox: &Sandbox, webhook_url: Option<&str>) -> (String, Value) {
    let order = order(webhook_url);
    let answer = Request::new(sandbox, "v3/order", &order).send().await;
    assert_eq!(answer["code"], "000000", "{answer}");
    (
        order["merchantTradeNo"].as_str().unwrap().to_owned(),
        answer["data"].clone(),
    )
}

/// An admin call.
pub async fn admin(sandbox: &Sandbox, path: &str, body: &Value) -> (u16, Value) {
    let url = format!("{}/sandbox/{path}", sandbox.binance().url());
    let response = web::client(Duration::from_secs(5), false)
        .post(url)
        .json(body)
        .send()
        .await
        .unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// An admin call with a body that no JSON library has touched.
pub async fn admin_text(sandbox: &Sandbox, path: &str, body: &str) -> (u16, String) {
    let url = format!("{}/sandbox/{path}", sandbox.binance().url());
    let client = web::client(Duration::from_secs(5), false);
    let response = client.post(url).body(body.to_owned()).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// The answer to query order v2.
pub async fn query(sandbox: &Sandbox, trade_no: &str) -> Value {
    let asked = json!({"merchantTradeNo": trade_no});
    Request::new(sandbox, "v2/order/query", &asked).send().await
}

/// An order that was paid, of which nobody was told; it asked for 1.00020004 USDT.
pub async fn paid(sandbox: &Sandbox, webhook_url: Option<&str>) -> Order {
    let (trade_no, _) = create(sandbox, webhook_url).await;
    let binance = sandbox.binance();
    binance.pay(&trade_no, Play::in_silence()).unwrap()
}

/// A request for a refund that breaks no rule.
pub fn asked(order: &Order, id: &str, amount: &str) -> Value {
    json!({
        "refundRequestId": id,
        "prepayId": order.prepay_id.to_string(),
        "refundAmount": amount,
    })
}

/// The answer to a refund.
pub async fn refund(sandbox: &Sandbox, asked: &Value) -> Value {
    Request::new(sandbox, "order/refund", asked).send().await
}

/// The answer to query refund.
pub async fn query_refund(sandbox: &Sandbox, id: &str) -> Value {
    let asked = json!({"refundRequestId": id});
    let request = Request::new(sandbox, "order/refund/query", &asked);
    request.send().await
}

/// The answer to close order.
pub async fn close(sandbox: &Sandbox, trade_no: &str) -> Value {
    let asked = json!({"merchantTradeNo": trade_no});
    Request::new(sandbox, "order/close", &asked).send().await
}

/// The status that query order v2 answers.
pub async fn status(sandbox: &Sandbox, trade_no: &str) -> Value {
    query(sandbox, trade_no).await["data"]["status"].clone()
}

/// `data` of a notification.
pub fn inner(notification: &Value) -> Value {
    serde_json::from_str(notification["data"].as_str().unwrap()).unwrap()
}

/// Waits until something holds, at most two seconds.
pub async fn until(holds: impl Fn() -> bool) {
    for _ in 0..1000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("it did not happen within two seconds");
}

/// The merchant's callback: keeps what arrives, and refuses the first `refusals` of them.
pub struct Callback {
    server: Server,
    pub received: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

impl Callback {
    pub async fn start(refusals: usize) -> Self {
        let received = Arc::new(Mutex::new(Vec::new()));
        let memory = Arc::clone(&received);
        let router = Router::new().fallback(move |headers: HeaderMap, body: Bytes| {
            let mut memory = memory.lock().unwrap();
            memory.push((headers, body));
            let accept = memory.len() > refusals;
            async move { acknowledge(accept) }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self {
            server: Server::start(listener, router).unwrap(),
            received,
        }
    }

    pub fn url(&self) -> String {
        format!("{}/callback", self.server.url())
    }

    pub fn count(&self) -> usize {
        self.received.lock().unwrap().len()
    }

    /// The notification at `index` as JSON, its signature verified with the published certificates.
    pub async fn verified(&self, sandbox: &Sandbox, index: usize) -> Result<Value, &'static str> {
        let (headers, body) = self.received.lock().unwrap()[index].clone();
        let header = |name: &str| {
            headers
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
                .ok_or("header")
        };
        let answer = Request::new(sandbox, "certificates", &json!({}))
            .send()
            .await;
        let serial = header("binancepay-certificate-sn")?;
        let certificates = answer["data"].as_array().unwrap();
        let certificate = certificates
            .iter()
            .find(|entry| entry["certSerial"] == serial)
            .ok_or("serial")?;
        let pem = certificate["certPublic"].as_str().unwrap();
        let der = STANDARD
            .decode(
                pem.lines()
                    .filter(|line| !line.starts_with('-'))
                    .collect::<String>(),
            )
            .unwrap();
        let mut payload = format!(
            "{}\n{}\n",
            header("binancepay-timestamp")?,
            header("binancepay-nonce")?
        )
        .into_bytes();
        payload.extend_from_slice(&body);
        payload.push(b'\n');
        let signature = STANDARD.decode(header("binancepay-signature")?).unwrap();
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der)
            .verify(&payload, &signature)
            .map_err(|_| "signature")?;
        Ok(serde_json::from_slice(&body).unwrap())
    }
}

fn acknowledge(accept: bool) -> Response {
    if accept {
        return axum::Json(json!({"returnCode": "SUCCESS", "returnMessage": null})).into_response();
    }
    (
        StatusCode::INTERNAL_SERVER_ERROR,
        axum::Json(json!({"returnCode": "FAIL"})),
    )
        .into_response()
}
