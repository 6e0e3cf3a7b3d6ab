//! What is sent to Binance and what it answers, field by field; Binance's spellings live here only.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::money::{self, Amount, Currency};
use crate::order::{Checkout, Fact, Order, Payment, TerminalType, Terms, TradeNo};

/// Binance's `goodsType` of something that is not shipped.
const VIRTUAL: &str = "02";
/// Binance's `goodsCategory` of what fits nowhere else.
const OTHERS: &str = "Z000";

/// Create order v3, request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateOrder<'a> {
    env: Env,
    merchant_trade_no: String,
    /// A JSON number, as the documentation types it.
    fiat_amount: Box<RawValue>,
    fiat_currency: &'a Currency,
    description: &'a str,
    goods_details: [Goods<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    return_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_url: Option<&'a str>,
    webhook_url: &'a str,
    pass_through_info: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Env {
    terminal_type: TerminalType,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "Binance's names")]
struct Goods<'a> {
    goods_type: &'a str,
    goods_category: &'a str,
    reference_goods_id: &'a str,
    /// `\`, `"` and emoji are prohibited here, so it is not the caller's text.
    goods_name: &'a str,
}

/// What Binance gives back unread with query and notification.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PassThrough<'a> {
    order_id: &'a str,
    reference: Option<&'a str>,
}

impl<'a> CreateOrder<'a> {
    pub(super) fn new(order: &'a Order, webhook_url: &'a str) -> Result<Self, serde_json::Error> {
        let request = &order.request;
        let order_id = order.order_id.as_str();
        Ok(Self {
            env: Env {
                terminal_type: request.terminal_type,
            },
            merchant_trade_no: order.trade_no().to_string(),
            fiat_amount: request.price.to_json_number(),
            fiat_currency: &request.fiat,
            description: &request.description,
            goods_details: [Goods {
                goods_type: VIRTUAL,
                goods_category: OTHERS,
                reference_goods_id: order_id,
                goods_name: "LeadsCalendar",
            }],
            return_url: request.return_url.as_deref(),
            cancel_url: request.cancel_url.as_deref(),
            webhook_url,
            pass_through_info: serde_json::to_string(&PassThrough {
                order_id,
                reference: request.reference.as_deref(),
            })?,
        })
    }
}

/// Create order v3, `data` of the answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Created {
    #[serde(deserialize_with = "text")]
    prepay_id: String,
    #[serde(deserialize_with = "milliseconds")]
    expire_time: i64,
    qrcode_link: String,
    qr_content: String,
    checkout_url: String,
    deeplink: String,
    universal_url: String,
    currency: Currency,
    #[serde(deserialize_with = "money::json")]
    total_fee: Amount,
}

impl From<Created> for Fact {
    fn from(created: Created) -> Self {
        Self::Opened {
            terms: Terms {
                prepay_id: created.prepay_id,
                total_fee: created.total_fee,
                currency: created.currency,
            },
            checkout: Checkout {
                checkout_url: created.checkout_url,
                qrcode_link: created.qrcode_link,
                qr_content: created.qr_content,
                deeplink: created.deeplink,
                universal_url: created.universal_url,
                expires_at_ms: created.expire_time,
            },
        }
    }
}

/// Query order v2, request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct QueryOrder {
    merchant_trade_no: String,
}

impl QueryOrder {
    pub(super) fn new(trade_no: &TradeNo) -> Self {
        Self {
            merchant_trade_no: trade_no.to_string(),
        }
    }
}

/// Query order v2, `data` of the answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Queried {
    #[serde(deserialize_with = "text")]
    prepay_id: String,
    #[serde(default)]
    transaction_id: Option<String>,
    merchant_trade_no: String,
    status: String,
    currency: Currency,
    #[serde(deserialize_with = "money::json")]
    order_amount: Amount,
    #[serde(default)]
    transact_time: Option<i64>,
}

/// What Binance knows of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// In the order in which they are to be applied.
    pub facts: Vec<Fact>,
    /// Nobody has begun to pay.
    pub is_untouched: bool,
}

impl Queried {
    /// The facts in the answer to a query for `trade_no`; none if it speaks of another order, or of a status that is not
    /// documented.
    pub(super) fn known(self, trade_no: &TradeNo, now_ms: i64) -> Option<Known> {
        if self.merchant_trade_no != trade_no.to_string() {
            return None;
        }
        let paid = Fact::Paid(Payment {
            prepay_id: self.prepay_id.clone(),
            transaction_id: self.transaction_id,
            amount: self.order_amount,
            currency: self.currency.clone(),
            paid_at_ms: self.transact_time.unwrap_or(now_ms),
        });
        let terms = Terms {
            prepay_id: self.prepay_id,
            total_fee: self.order_amount,
            currency: self.currency,
        };
        let mut facts = vec![Fact::Known(terms)];
        match self.status.as_str() {
            "INITIAL" | "PENDING" => {}
            // `REFUNDED` means a part of it; how much, only the notification tells.
            "PAID" | "REFUNDING" | "REFUNDED" => facts.push(paid),
            "FULL_REFUNDED" => facts.extend([
                paid,
                Fact::Refunded {
                    total: self.order_amount,
                },
            ]),
            "CANCELED" => facts.push(Fact::Closed),
            "EXPIRED" => facts.push(Fact::Expired),
            "ERROR" => facts.push(Fact::Errored),
            _ => return None,
        }
        Some(Known {
            facts,
            is_untouched: self.status == "INITIAL",
        })
    }
}

/// Certificates, one entry of `data`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    /// Compared, never computed.
    #[serde(deserialize_with = "text")]
    pub cert_serial: String,
    /// PEM text of a `SubjectPublicKeyInfo`.
    pub cert_public: String,
}

/// A JSON string, or the digits of a JSON number: ids beyond 64 bits occur.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    let raw = raw.get();
    if raw.starts_with('"') {
        return serde_json::from_str(raw).map_err(serde::de::Error::custom);
    }
    if raw.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(raw.to_owned());
    }
    Err(serde::de::Error::custom(
        "neither a string nor a whole number",
    ))
}

/// Milliseconds since the Unix epoch, as a number or, in older answers, a string.
fn milliseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    text(deserializer)?
        .parse()
        .map_err(serde::de::Error::custom)
}
