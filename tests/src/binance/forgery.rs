//! Notifications of any kind to any address, signed rightly or in every wrong way, to see what the callback answers.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::certificates::Certificate;
use super::deliveries::Delivery;
use super::notifications::{Notification, sign};
use super::play::Impossible;
use super::simulator::Simulator;
use crate::random;

/// How a notification is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Signature {
    /// As Binance signs.
    #[default]
    Correct,
    /// By a key of somebody else, under the published serial.
    Forged,
    /// Correct, but the body was changed afterwards.
    Altered,
    /// By a key, and under a serial, that are not published.
    UnknownSerial,
    /// Without any of the four headers.
    Missing,
}

/// A notification to be made up; without options it is the `PAY_SUCCESS` of the order.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Forgery {
    /// Where to send it; default the order's `webhookUrl`, else the callback's address. An admin call may name that only.
    pub url: Option<String>,
    /// The order it is about, if any.
    pub merchant_trade_no: Option<String>,
    /// Default `PAY`.
    pub biz_type: Option<String>,
    /// Default `PAY_SUCCESS`.
    pub biz_status: Option<String>,
    /// Digits of any length; default the order's prepay id, else a random one.
    pub biz_id: Option<String>,
    /// Instead of the order's: an object becomes the text inside the string, a string is taken as it is.
    pub data: Option<Value>,
    /// The whole body instead of all of the above, which no bend changes.
    pub body: Option<String>,
    /// How it is signed.
    pub signature: Signature,
    /// One of the four headers to leave out, by name in any case.
    pub without_header: Option<String>,
}

impl Simulator {
    /// Sends the notification once and gives the answer; nothing happens to the order.
    pub(crate) async fn forge(self: &Arc<Self>, forgery: Forgery) -> Result<Delivery, Impossible> {
        let behaviour = self.state().behaviour.clone();
        let delivery = self.unsent(forgery)?;
        Ok(self.deliver(delivery, &behaviour).await)
    }

    /// The notification, signed and not sent.
    pub(crate) fn unsent(self: &Arc<Self>, forgery: Forgery) -> Result<Delivery, Impossible> {
        let order = match &forgery.merchant_trade_no {
            None => None,
            Some(trade_no) => Some(
                self.state()
                    .order(trade_no)
                    .cloned()
                    .ok_or(Impossible::UnknownOrder)?,
            ),
        };
        let url = forgery.url.or_else(|| order.as_ref()?.webhook_url.clone());
        let url = self.or_callback(url)?;
        let now_ms = self.state().now_ms();
        let notification = Notification {
            biz_type: forgery.biz_type.unwrap_or_else(|| "PAY".to_owned()),
            biz_status: forgery
                .biz_status
                .unwrap_or_else(|| "PAY_SUCCESS".to_owned()),
            biz_id: forgery
                .biz_id
                .or_else(|| order.as_ref().map(|order| order.prepay_id.to_string()))
                .unwrap_or_else(|| random::digits(18)),
            data: match forgery.data {
                Some(Value::String(text)) => text,
                Some(data) => data.to_string(),
                None => order.as_ref().map_or_else(
                    || "{}".to_owned(),
                    |order| Notification::success(order, now_ms).data,
                ),
            },
        };
        if !notification
            .biz_id
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            || notification.biz_id.starts_with('0')
        {
            return Err(Impossible::Mistake("bizId is no number".to_owned()));
        }
        let body = forgery.body.unwrap_or_else(|| self.body_of(&notification));
        let (body, mut headers) = self.sign_as(forgery.signature, body)?;
        if let Some(left_out) = forgery.without_header {
            headers.retain(|(name, _)| !name.eq_ignore_ascii_case(&left_out));
        }
        Ok(Delivery {
            trade_no: forgery.merchant_trade_no,
            biz_status: notification.biz_status,
            attempt: 1,
            url,
            body,
            headers,
            ..Delivery::default()
        })
    }

    /// The address that is given, else the callback's.
    pub(crate) fn or_callback(&self, url: Option<String>) -> Result<String, Impossible> {
        url.or_else(|| self.callback_url.clone())
            .ok_or_else(|| Impossible::Mistake("url is missing".to_owned()))
    }

    pub(crate) fn sign_as(
        self: &Arc<Self>,
        how: Signature,
        body: String,
    ) -> Result<(String, Vec<(String, String)>), Impossible> {
        let published = self.state().certificates.last().cloned();
        let published = published
            .ok_or_else(|| Impossible::Because("no certificate is published".to_owned()))?;
        let headers = match how {
            Signature::Missing => Vec::new(),
            Signature::Correct | Signature::Altered => sign(&published, &body),
            Signature::UnknownSerial => sign(&Certificate::generate(), &body),
            Signature::Forged => {
                let stranger = Certificate::generate().under(&published.serial);
                sign(&stranger, &body)
            }
        };
        let body = if how == Signature::Altered {
            alter(&body)
        } else {
            body
        };
        Ok((body, headers))
    }
}

/// Another meaning where there is one to change, else other bytes with the same meaning: both must be noticed.
fn alter(body: &str) -> String {
    if body.contains("PAY_CLOSED") {
        return body.replace("PAY_CLOSED", "PAY_SUCCESS");
    }
    body.replacen('{', "{ ", 1)
}
