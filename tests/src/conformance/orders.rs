//! The orders of a run: small, paid by nobody, and remembered until they are over.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::Run;
use super::call::Seen;
use crate::random;

/// The numbers of orders that may still be open. A clone shares them.
#[derive(Clone, Debug, Default)]
pub struct Made(Arc<Mutex<Vec<String>>>);

impl Made {
    /// Those that may be open.
    #[must_use]
    pub fn open(&self) -> Vec<String> {
        self.numbers().clone()
    }

    /// This one is over, or was never made.
    pub fn over(&self, trade_no: &str) {
        self.numbers().retain(|made| made != trade_no);
    }

    fn add(&self, trade_no: &str) {
        self.numbers().push(trade_no.to_owned());
    }

    fn numbers(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A number of the length that the functions send, by which an operator knows these orders again.
pub(super) fn trade_no() -> String {
    format!("conformance{}", random::hex(21))
}

/// A request as the functions make it, for a dollar.
pub(super) fn order() -> Value {
    json!({
        "env": {"terminalType": "WEB"},
        "merchantTradeNo": trade_no(),
        "fiatAmount": 1.00,
        "fiatCurrency": "USD",
        "description": "Conformance, not to be paid",
        "goodsDetails": [{"goodsType": "02", "goodsCategory": "Z000", "referenceGoodsId": "1", "goodsName": "Conformance"}],
        "passThroughInfo": PASSED,
    })
}

/// The number of an order of ours.
pub(super) fn number(order: &Value) -> &str {
    order["merchantTradeNo"].as_str().unwrap_or_default()
}

/// For how long an order can be paid, by what its create and its query were answered; in milliseconds.
pub(super) fn life_ms(created: &Seen, queried: &Seen) -> Option<i64> {
    let end_ms = created.data["expireTime"].as_i64()?;
    Some(end_ms - queried.data["createTime"].as_i64()?)
}

/// The prepay id of the documentation, which no order has.
pub(super) const NOBODYS: &str = "1234567890123456789";

/// What Binance passes through.
pub(super) const PASSED: &str = r#"{"orderId":"conformance","reference":"größe"}"#;

/// The same with other fields; null takes one away.
pub(super) fn with(fields: Value) -> Value {
    let mut order = order();
    if let (Some(order), Value::Object(fields)) = (order.as_object_mut(), fields) {
        for (name, value) in fields {
            if value.is_null() {
                order.remove(&name);
            } else {
                order.insert(name, value);
            }
        }
    }
    order
}

/// The same for an amount of USDT.
pub(super) fn in_usdt(amount: &Value) -> Value {
    with(
        json!({"fiatAmount": null, "fiatCurrency": null, "currency": "USDT", "orderAmount": amount}),
    )
}

impl Run<'_> {
    /// Creates an order, and remembers it before it is known whether that succeeds.
    pub(super) async fn create(&mut self, order: &Value) -> Result<Seen, String> {
        let trade_no = number(order);
        let is_new = !self.target.made.open().iter().any(|made| made == trade_no);
        if is_new {
            self.target.made.add(trade_no);
        }
        let mut sent = order.clone();
        if let Some(notices) = &self.target.notices
            && sent.get("webhookUrl").is_none()
        {
            sent["webhookUrl"] = json!(notices.url());
        }
        let seen = self.caller.call("v3/order", &sent).await?;
        if is_new && !seen.is_taken() {
            self.target.made.over(trade_no);
        }
        Ok(seen)
    }

    /// The same, when nothing but the outcome is asked for; what was made is closed at once.
    pub(super) async fn try_order(
        &mut self,
        id: &'static str,
        order: &Value,
    ) -> Result<Seen, String> {
        let seen = self.made_and_closed(order).await?;
        self.report.saw(id, &seen);
        Ok(seen)
    }

    /// The answer to the create of an order that is closed at once.
    pub(super) async fn made_and_closed(&mut self, order: &Value) -> Result<Seen, String> {
        let seen = self.create(order).await?;
        if seen.is_taken() {
            self.close(number(order)).await?;
        }
        Ok(seen)
    }

    /// Closes an order that was made.
    pub(super) async fn close(&mut self, trade_no: &str) -> Result<Seen, String> {
        let named = json!({"merchantTradeNo": trade_no});
        let seen = self.caller.call("order/close", &named).await?;
        if seen.is_taken() {
            self.target.made.over(trade_no);
        }
        Ok(seen)
    }

    /// Query order v2, of an order that was made a moment ago: it may not be found at once.
    pub(super) async fn query_made(&mut self, named: &Value) -> Result<Seen, String> {
        let mut seen = self.query(named).await?;
        for _ in 0..5 {
            if seen.code != "400202" || self.caller.is_local() {
                break;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
            seen = self.query(named).await?;
        }
        Ok(seen)
    }

    /// Query order v2.
    pub(super) async fn query(&mut self, named: &Value) -> Result<Seen, String> {
        self.caller.call("v2/order/query", named).await
    }
}
