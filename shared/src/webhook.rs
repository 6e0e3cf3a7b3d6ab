//! A notification of Binance Pay: verified first, read second.
//!
//! The timestamp has no age limit: what a notification says is applied at most once, so a replay changes nothing, and
//! Binance does not say whether it signs a repeat anew.

use http::HeaderMap;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::binance::text;
use crate::certificates::{CertificateError, Certificates};
use crate::money::{self, Amount, Currency};
use crate::order::{Fact, Payment, TradeNo};
use crate::signing::SignatureError;

/// A notification that Binance signed.
#[derive(Debug, PartialEq, Eq)]
pub struct Notification {
    /// `bizType` and `bizStatus`, for the log.
    pub kind: String,
    /// What it says of an order of ours; none if it speaks of something else.
    pub news: Option<News>,
}

/// What a notification says of an order of ours.
#[derive(Debug, PartialEq, Eq)]
pub struct News {
    /// Which attempt of which order.
    pub trade_no: TradeNo,
    /// What.
    pub fact: Fact,
}

/// A notification that cannot be accepted.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// A header is missing, or is not text.
    #[error("header {0} is missing or is not text")]
    Header(&'static str),
    /// The signature is not of this serial, timestamp, nonce and body.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// There is no key to verify with.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// Signed by Binance, and yet not a notification as documented.
    #[error("the body is not a notification: {0}")]
    Unreadable(&'static str),
}

/// The four headers of a signed notification, found without regard to case.
struct Signed<'a> {
    serial: &'a str,
    timestamp: &'a str,
    nonce: &'a str,
    signature: &'a str,
}

impl<'a> Signed<'a> {
    fn of(headers: &'a HeaderMap) -> Result<Self, WebhookError> {
        let text = |name: &'static str| {
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            value
                .filter(|value| !value.is_empty())
                .ok_or(WebhookError::Header(name))
        };
        Ok(Self {
            serial: text("BinancePay-Certificate-SN")?,
            timestamp: text("BinancePay-Timestamp")?,
            nonce: text("BinancePay-Nonce")?,
            signature: text("BinancePay-Signature")?,
        })
    }
}

/// Verifies the raw bytes of `body`, and only then reads them.
///
/// # Errors
/// [`WebhookError`].
pub async fn receive(
    headers: &HeaderMap,
    body: &[u8],
    certificates: &Certificates,
    now_ms: i64,
    deadline_ms: i64,
) -> Result<Notification, WebhookError> {
    let signed = Signed::of(headers)?;
    let key = certificates.key(signed.serial, now_ms, deadline_ms).await?;
    key.verify(signed.timestamp, signed.nonce, body, signed.signature)?;
    read(body)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    biz_type: String,
    biz_status: String,
    #[serde(default)]
    biz_id_str: Option<String>,
    /// 18 digits today, 20 in Binance's own sample: more than 64 bits hold.
    #[serde(borrow, default)]
    biz_id: Option<&'a RawValue>,
    /// A JSON document within a string, but for kinds we do not use.
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Which {
    #[serde(deserialize_with = "text")]
    merchant_trade_no: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Paid {
    #[serde(deserialize_with = "money::json")]
    total_fee: Amount,
    currency: Currency,
    transact_time: i64,
    #[serde(default)]
    transaction_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refund {
    refund_info: RefundInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RefundInfo {
    #[serde(deserialize_with = "money::json")]
    refunded_amount: Amount,
}

fn read(body: &[u8]) -> Result<Notification, WebhookError> {
    let envelope: Envelope<'_> = serde_json::from_slice(body)
        .map_err(|_| WebhookError::Unreadable("bizType or bizStatus is missing"))?;
    let kind = format!("{} {}", envelope.biz_type, envelope.biz_status);
    let is_ours = matches!(
        kind.as_str(),
        "PAY PAY_SUCCESS" | "PAY PAY_CLOSED" | "PAY_REFUND REFUND_SUCCESS"
    );
    if !is_ours {
        return Ok(Notification { kind, news: None });
    }
    let data = document(envelope.data).ok_or(WebhookError::Unreadable(
        "data is not a JSON document in a string",
    ))?;
    let which: Which = serde_json::from_str(&data)
        .map_err(|_| WebhookError::Unreadable("data.merchantTradeNo is missing"))?;
    let Ok(trade_no) = which.merchant_trade_no.parse() else {
        return Ok(Notification { kind, news: None });
    };
    let fact = match (envelope.biz_type.as_str(), envelope.biz_status.as_str()) {
        ("PAY", "PAY_CLOSED") => Fact::Closed,
        ("PAY_REFUND", _) => {
            let refund: Refund = serde_json::from_str(&data).map_err(|_| {
                WebhookError::Unreadable("data.refundInfo.refundedAmount is missing")
            })?;
            Fact::Refunded {
                total: refund.refund_info.refunded_amount,
            }
        }
        _ => {
            let paid: Paid = serde_json::from_str(&data).map_err(|_| {
                WebhookError::Unreadable(
                    "data.totalFee, currency or transactTime is missing or malformed",
                )
            })?;
            let prepay_id = envelope
                .biz_id_str
                .or_else(|| digits(envelope.biz_id))
                .ok_or(WebhookError::Unreadable("bizId is missing"))?;
            Fact::Paid(Payment {
                prepay_id,
                transaction_id: paid.transaction_id,
                amount: paid.total_fee,
                currency: paid.currency,
                paid_at_ms: paid.transact_time,
            })
        }
    };
    Ok(Notification {
        kind,
        news: Some(News { trade_no, fact }),
    })
}

fn document(data: Option<&RawValue>) -> Option<String> {
    let raw = data?.get();
    if raw.starts_with('"') {
        serde_json::from_str(raw).ok()
    } else {
        Some(raw.to_owned())
    }
}

/// An id as it is written, be it a number of any length or a string.
fn digits(id: Option<&RawValue>) -> Option<String> {
    let digits = id?.get().trim_matches('"');
    let is_id = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_id.then(|| digits.to_owned())
}

#[cfg(test)]
mod tests;
