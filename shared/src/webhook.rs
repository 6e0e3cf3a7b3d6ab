//! A notification of Binance Pay: verified first, read second.
//!
//! The timestamp has no age limit: what a notification says is applied at most once, so a replay changes nothing, and
//! Binance does not say whether it signs a repeat anew.

use http::HeaderMap;

use crate::certificates::{CertificateError, Certificates};
use crate::json::Object;
use crate::order::{Hint, Kind, Money, Says, TradeNo};
use crate::signing::SignatureError;

/// A notification that Binance signed.
#[derive(Debug, PartialEq, Eq)]
pub struct Notification {
    /// `bizType` and `bizStatus`, for the log.
    pub kind: String,
    /// What it says of a trade number of our form; none if it speaks of something else.
    pub hint: Option<Hint>,
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

/// Verifies the raw bytes of `body`, and only then reads them; `now_ms` as in [`Certificates::key`].
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

/// Reads the envelope: which kind it is, and of which trade number; the rest may be unreadable, and is asked about then.
fn read(body: &[u8]) -> Result<Notification, WebhookError> {
    // What is no JSON, but names a trade number, is asked about like anything else that cannot be read.
    let envelope = Object::parse(body).unwrap_or_default();
    // A kind is a word; a number is none that could be passed over.
    let word = |name| envelope.word(name).map(|word| word.to_ascii_uppercase());
    let (biz_type, biz_status) = (word("bizType"), word("bizStatus"));
    let kind = format!(
        "{} {}",
        biz_type.as_deref().unwrap_or_default(),
        biz_status.as_deref().unwrap_or_default()
    );
    let about = match (biz_type.as_deref(), biz_status.as_deref()) {
        (Some("PAY"), Some("PAY_SUCCESS")) => Kind::Paid,
        (Some("PAY"), Some("PAY_CLOSED")) => Kind::Closed,
        (Some("PAY_REFUND"), Some("REFUND_SUCCESS")) => Kind::Refunded,
        (Some("PAY_REFUND"), Some("REFUND_REJECTED")) => Kind::Rejected,
        (Some("PAY" | "PAY_REFUND") | None, _) => Kind::Unknown,
        (Some(_), _) => return Ok(of_nothing_of_ours(kind)),
    };
    let document = envelope.document("data").unwrap_or_default();
    let data = Object::parse(document.as_bytes());
    let named = data.as_ref().and_then(|data| data.text("merchantTradeNo"));
    let Some(named) = named.or_else(|| trade_no_within(body)) else {
        if about == Kind::Rejected {
            return Ok(of_nothing_of_ours(kind));
        }
        return Err(WebhookError::Unreadable("data.merchantTradeNo is missing"));
    };
    // Ours are of lower case; one that was told in another is the same.
    let Ok(trade_no) = named.to_ascii_lowercase().parse::<TradeNo>() else {
        return Ok(of_nothing_of_ours(kind));
    };
    let prepay_id = envelope.id("bizIdStr").or_else(|| envelope.id("bizId"));
    let says = says(about, prepay_id.as_deref(), data.as_ref());
    Ok(Notification {
        kind,
        hint: Some(Hint::new(trade_no, prepay_id, says)),
    })
}

fn of_nothing_of_ours(kind: String) -> Notification {
    Notification { kind, hint: None }
}

fn says(about: Kind, prepay_id: Option<&str>, data: Option<&Object<'_>>) -> Says {
    let Some(data) = data else {
        return Says::Unreadable(about, "data");
    };
    if data.text("merchantTradeNo").is_none() {
        // The number is the first one that looked like it.
        return Says::Unreadable(about, "merchantTradeNo");
    }
    match about {
        Kind::Paid => {
            let amount = data
                .amount("totalFee")
                .or_else(|| data.amount("orderAmount"));
            let Some(amount) = amount else {
                return Says::Unreadable(about, "totalFee");
            };
            let Some(currency) = data.currency("currency") else {
                return Says::Unreadable(about, "currency");
            };
            let Some(prepay_id) = prepay_id else {
                return Says::Unreadable(about, "bizId");
            };
            Says::Paid(Money {
                prepay_id: prepay_id.to_owned(),
                amount,
                currency,
                transaction_id: data.id("transactionId"),
                paid_at_ms: data.time_ms("transactTime"),
                commission: data.amount("commission"),
                refunded: None,
            })
        }
        Kind::Closed => Says::Closed {
            at_ms: data.time_ms("transactTime"),
        },
        Kind::Refunded => {
            let info = data.document("refundInfo").unwrap_or_default();
            let info = Object::parse(info.as_bytes()).unwrap_or_default();
            let Some(total) = info.amount("refundedAmount") else {
                return Says::Unreadable(about, "refundedAmount");
            };
            let Some(currency) = data.currency("currency") else {
                return Says::Unreadable(about, "currency");
            };
            // As a trade number: ours are of lower case.
            let id = info.text("refundRequestId");
            let id = id.and_then(|id| id.to_ascii_lowercase().parse().ok());
            Says::Refunded {
                prepay_id: info.id("prepayId"),
                total,
                currency,
                by: id.zip(info.amount("refundAmount")),
            }
        }
        Kind::Rejected => {
            let info = data.document("refundInfo").unwrap_or_default();
            let info = Object::parse(info.as_bytes()).unwrap_or_default();
            Says::Rejected {
                prepay_id: info.id("prepayId"),
            }
        }
        Kind::Unknown => Says::Unreadable(about, "bizStatus"),
    }
}

/// Length of a trade number of our form.
const TRADE_NO_CHARS: usize = 32;

/// The trade number of our form that follows its name somewhere in a body that cannot be read any better.
fn trade_no_within(body: &[u8]) -> Option<String> {
    const NAME: &[u8] = b"merchantTradeNo";
    let at = body.windows(NAME.len()).position(|window| window == NAME)?;
    let after = body.get(at.saturating_add(NAME.len())..)?;
    let is_ours = |byte: &u8| byte.is_ascii_alphanumeric();
    let number: Vec<u8> = after
        .iter()
        .skip_while(|byte| br#"\": [{"#.contains(byte))
        .take_while(|byte| is_ours(byte))
        .copied()
        .collect();
    (number.len() == TRADE_NO_CHARS).then(|| String::from_utf8(number).ok())?
}

#[cfg(test)]
mod tests;
