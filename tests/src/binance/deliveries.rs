//! Deliveries: a notification is sent, and repeated until it is acknowledged.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::behaviour::Behaviour;
use super::notifications::{Notification, sign};
use super::order::Order;
use super::play::Play;
use super::simulator::Simulator;
use crate::clock;

/// One attempt to deliver a notification.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// When it was sent, by the real clock, in milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// The order it is about.
    #[serde(rename = "merchantTradeNo")]
    pub trade_no: Option<String>,
    /// Whether it is about another merchant's order under that number.
    pub stranger: bool,
    /// `PAY_SUCCESS`, `PAY_CLOSED` …
    pub biz_status: String,
    /// 1, and higher for repeats.
    pub attempt: u32,
    /// Where it was sent.
    pub url: String,
    /// The bytes sent.
    pub body: String,
    /// The headers sent.
    pub headers: Vec<(String, String)>,
    /// The HTTP status answered.
    pub http_status: Option<u16>,
    /// The body answered.
    pub answer: Option<String>,
    /// Why there was no answer.
    pub error: Option<String>,
    /// Whether the answer was HTTP 200 with `returnCode` `SUCCESS`.
    pub acknowledged: bool,
    /// Milliseconds until the answer.
    pub elapsed_ms: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Acknowledgement {
    return_code: String,
}

impl Simulator {
    /// Sends a notification about an order as `play` asks for, each copy until it is acknowledged.
    pub(crate) async fn send(
        self: Arc<Self>,
        notification: Notification,
        order: Order,
        play: Play,
    ) {
        let is_off =
            notification.biz_status == "PAY_CLOSED" && !self.state().behaviour.closed_notices;
        if !play.notify || is_off {
            return;
        }
        let Some(url) = &order.webhook_url else {
            return;
        };
        tokio::time::sleep(Duration::from_millis(play.delay_ms)).await;
        for _ in 0..play.times {
            self.send_until_acknowledged(&notification, &order.merchant_trade_no, url)
                .await;
        }
    }

    async fn send_until_acknowledged(
        self: &Arc<Self>,
        notification: &Notification,
        trade_no: &str,
        url: &str,
    ) {
        let body = self.body_of(notification);
        let mut signed = None;
        let mut wait_ms = self.state().behaviour.first_repeat_ms;
        for attempt in 1.. {
            let behaviour = self.state().behaviour.clone();
            if behaviour.fresh_signatures || signed.is_none() {
                signed = self.signed(&body);
            }
            let Some(headers) = signed.clone() else {
                return;
            };
            let delivery = Delivery {
                trade_no: Some(trade_no.to_owned()),
                biz_status: notification.biz_status.clone(),
                attempt,
                url: url.to_owned(),
                body: body.clone(),
                headers,
                ..Delivery::default()
            };
            if self.deliver(delivery, &behaviour).await.acknowledged || attempt > behaviour.repeats
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
            wait_ms = wait_ms.saturating_mul(2);
        }
    }

    /// The headers that sign a body by the newest certificate.
    fn signed(self: &Arc<Self>, body: &str) -> Option<Vec<(String, String)>> {
        let certificate = self.state().certificates.last().cloned()?;
        Some(sign(&certificate, body))
    }

    /// Sends once, and remembers what came of it.
    pub(crate) async fn deliver(
        self: &Arc<Self>,
        mut delivery: Delivery,
        behaviour: &Behaviour,
    ) -> Delivery {
        delivery.at_ms = clock::now_ms();
        let index = {
            let mut state = self.state();
            state.deliveries.push(delivery.clone());
            state.deliveries.len() - 1
        };
        self.record_notification(&delivery);
        let mut request = self.clients[usize::from(behaviour.title_case)]
            .post(&delivery.url)
            .timeout(Duration::from_millis(behaviour.delivery_timeout_ms))
            .header("content-type", "application/json; charset=utf-8")
            .body(delivery.body.clone());
        for (name, value) in &delivery.headers {
            request = request.header(name, value);
        }
        let answer = match request.send().await {
            Err(error) => Err(error),
            Ok(response) => {
                let http_status = response.status().as_u16();
                response.text().await.map(|text| (http_status, text))
            }
        };
        match answer {
            Err(error) => delivery.error = Some(error.to_string()),
            Ok((http_status, text)) => {
                let code =
                    serde_json::from_str::<Acknowledgement>(&text).map(|answer| answer.return_code);
                delivery.acknowledged =
                    http_status == 200 && code.is_ok_and(|code| code == "SUCCESS");
                delivery.http_status = Some(http_status);
                delivery.answer = Some(text);
            }
        }
        delivery.elapsed_ms = clock::now_ms() - delivery.at_ms;
        self.state().deliveries[index] = delivery.clone();
        self.record_acknowledgement(&delivery);
        delivery
    }
}
