//! What each trigger does: at Binance as the payer or its staff, by the HTTP API as LeadsCalendar, by asking as an operator.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Before, Parts, What};
use crate::admin::Refused;
use crate::web;

/// An answer of the HTTP API takes up to 30 s.
const PATIENCE: Duration = Duration::from_secs(35);
/// How long a notification may take until it is told on.
const NOTIFIED: Duration = Duration::from_millis(500);
/// Less than any order is over.
const WRONG_AMOUNT: &str = "0.00000001";
/// Of these something can go back.
const PAID: [&str; 2] = ["PAID", "PARTIALLY_REFUNDED"];

impl Parts {
    /// Plays it; gives how far LeadsCalendar was told before the last step.
    pub(super) async fn play(&self, what: What, order_id: &str) -> Result<Before, Refused> {
        let item = self.item(order_id)?;
        let attempts = item["attempts"].as_array().map_or(0, Vec::len);
        let trade_no = &format!("{order_id}{attempts:02}");
        let status = item["status"].as_str().unwrap_or_default();
        let before = self.before(order_id)?;
        match what {
            What::Paid => self.at_binance(trade_no, "pay", json!({})).await?,
            What::Unnotified => {
                let silently = json!({"notify": false});
                self.at_binance(trade_no, "pay", silently).await?;
                self.ask(order_id).await?;
            }
            What::Late => {
                if status != "EXPIRED" {
                    self.at_binance(trade_no, "expire", json!({})).await?;
                    self.ask(order_id).await?;
                }
                let before = self.before(order_id)?;
                let late = json!({"late": true});
                self.at_binance(trade_no, "pay", late).await?;
                return Ok(before);
            }
            What::Disputed => {
                let wrong = json!({"amount": WRONG_AMOUNT});
                self.at_binance(trade_no, "pay", wrong).await?;
            }
            What::Expired => {
                self.at_binance(trade_no, "expire", json!({})).await?;
                self.ask(order_id).await?;
            }
            What::Closed => {
                let path = format!("/orders/{order_id}/close");
                self.by_the_api(&path, &self.app_api_key).await?;
                self.confirm(order_id, &before).await?;
            }
            What::Refunded => {
                self.give_back(order_id, status).await?;
                self.confirm(order_id, &before).await?;
            }
            What::RefundFailed => return self.fail_refund(order_id, trade_no, status).await,
        }
        Ok(before)
    }

    async fn at_binance(&self, trade_no: &str, event: &str, play: Value) -> Result<(), Refused> {
        let path = format!("/sandbox/orders/{trade_no}/{event}");
        self.call(Method::POST, &path, &play).await.map(drop)
    }

    async fn ask(&self, order_id: &str) -> Result<(), Refused> {
        let asked = self.gateway.wish("ask", order_id).await;
        asked.map(drop).map_err(impossible)
    }

    /// The API's answer has told its caller what happened, whose confirmation is due half a minute later: it comes at once,
    /// unless a notification has brought it.
    async fn confirm(&self, order_id: &str, before: &Before) -> Result<(), Refused> {
        let attempt = self.attempt(order_id, before);
        if tokio::time::timeout(NOTIFIED, attempt).await.is_ok() {
            return Ok(());
        }
        let confirmation = &self.item(order_id)?["confirmation"];
        if confirmation["revision"] != confirmation["confirmedRevision"] {
            // It is refused where LeadsCalendar was told meanwhile; whether it was is looked for next.
            let _ = self.gateway.wish("confirm", order_id).await;
        }
        Ok(())
    }

    /// Gives back all that is left.
    async fn give_back(&self, order_id: &str, status: &str) -> Result<(), Refused> {
        if !PAID.contains(&status) {
            let words = format!("the order is {status}: only what was paid can go back");
            return Err(impossible(words));
        }
        let path = format!("/orders/{order_id}/refunds");
        self.by_the_api(&path, &self.refund_api_key).await
    }

    /// Binance takes the refund, and rejects it afterwards.
    async fn fail_refund(
        &self,
        order_id: &str,
        trade_no: &str,
        status: &str,
    ) -> Result<Before, Refused> {
        if self.pending_refund(trade_no).await?.is_some() {
            return Err(impossible("a refund of it is pending already".to_owned()));
        }
        if PAID.contains(&status) {
            let pends = json!({"on": "refund", "fault": "refundPends", "times": 1});
            self.call(Method::POST, "/sandbox/faults", &pends).await?;
        }
        self.give_back(order_id, status).await?;
        let id = self.pending_refund(trade_no).await?;
        let id = id.ok_or_else(|| impossible("Binance has no pending refund of it".to_owned()))?;
        let before = self.before(order_id)?;
        let path = format!("/sandbox/refunds/{id}/reject");
        self.call(Method::POST, &path, &json!({})).await?;
        Ok(before)
    }

    /// The newest one at Binance, by its `refundRequestId`.
    async fn pending_refund(&self, trade_no: &str) -> Result<Option<String>, Refused> {
        let refunds = self.call(Method::GET, "/sandbox/refunds", &Value::Null);
        let refunds = refunds.await?;
        let pending = refunds.as_array().into_iter().flatten().rfind(|refund| {
            refund["merchantTradeNo"] == *trade_no && refund["status"] == "REFUND_PENDING"
        });
        let id = pending.and_then(|refund| refund["refundRequestId"].as_str());
        Ok(id.map(str::to_owned))
    }

    /// Posts to the HTTP API with this key, as LeadsCalendar does.
    async fn by_the_api(&self, path: &str, key: &str) -> Result<(), Refused> {
        let client = web::client(PATIENCE, false);
        let count = self.keyed.fetch_add(1, Ordering::Relaxed).to_string();
        let idempotency_key = self.random.of("trigger", &count).hex(32);
        let posted = client
            .post(format!("{}{path}", self.gateway.url()))
            .header("X-MBX-APIKEY", key)
            .header("Idempotency-Key", idempotency_key)
            .json(&json!({}))
            .send();
        let answer = posted
            .await
            .map_err(|error| super::broken(error.to_string()))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let body = answer.text().await.unwrap_or_default();
        Err(impossible(format!("POST {path} answers {status}: {body}")))
    }
}

/// The order's state does not allow it.
fn impossible(why: String) -> Refused {
    Refused(StatusCode::CONFLICT, why)
}
