//! What is sent to Binance and what it answers, field by field; Binance's spellings live here only.

mod refund;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::json::{self, Object, Unreadable};
use crate::money::Currency;
use crate::order::{
    Checkout, Fact, Found, Money, Order, Refunded, State, TerminalType, Terms, TradeNo,
};

pub(super) use refund::{NamedRefund, RefundOrder, accepted, refunded};

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
    /// In milliseconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_expire_time: Option<i64>,
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
            order_expire_time: order.current().and_then(|attempt| attempt.asked_end_ms),
        })
    }
}

/// Create order v3, the `data` of a success, as far as it can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// What is to be paid.
    pub terms: Result<Terms, Unreadable>,
    /// Where; without any way to pay it is of no use.
    pub checkout: Checkout,
}

impl Created {
    pub(super) fn read(data: Option<&RawValue>) -> Self {
        let document = data.and_then(json::document).unwrap_or_default();
        let data = Object::parse(document.as_bytes()).unwrap_or_default();
        Self {
            terms: terms(&data, TOTAL_FEE),
            checkout: Checkout {
                checkout_url: data.word("checkoutUrl"),
                qrcode_link: data.word("qrcodeLink"),
                qr_content: data.word("qrContent"),
                deeplink: data.word("deeplink"),
                universal_url: data.word("universalUrl"),
                expires_at_ms: data.time_ms("expireTime"),
            },
        }
    }

    /// The fact that the checkout is open, by the terms of this answer or else by those that a query told; none if the payer
    /// can be sent nowhere, or nobody knows what he is to pay.
    #[must_use]
    pub fn fact(&self, known: Option<&Terms>) -> Option<Fact> {
        let terms = self.terms.as_ref().ok().or(known)?;
        self.checkout
            .has_way_to_pay()
            .then(|| Fact::opened(terms.clone(), self.checkout.clone()))
    }

    /// The field without which the checkout cannot be used.
    #[must_use]
    pub fn unreadable(&self) -> Option<Unreadable> {
        let no_way = (!self.checkout.has_way_to_pay()).then_some(Unreadable("checkoutUrl"));
        self.terms.as_ref().err().copied().or(no_way)
    }
}

/// The names under which Binance tells an amount that is to be paid, the usual one first.
const TOTAL_FEE: [&str; 2] = ["totalFee", "orderAmount"];
/// The same of a query.
const ORDER_AMOUNT: [&str; 2] = ["orderAmount", "totalFee"];

fn terms(data: &Object<'_>, amount: [&'static str; 2]) -> Result<Terms, Unreadable> {
    let [usual, _] = amount;
    let mut amounts = amount.into_iter().filter_map(|name| data.amount(name));
    Ok(Terms {
        prepay_id: data.id("prepayId").ok_or(Unreadable("prepayId"))?,
        total_fee: amounts.next().ok_or(Unreadable(usual))?,
        currency: data.currency("currency").ok_or(Unreadable("currency"))?,
    })
}

/// The trade number that query order and close order are about.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Named {
    merchant_trade_no: String,
}

impl Named {
    pub(super) fn new(trade_no: &TradeNo) -> Self {
        Self {
            merchant_trade_no: trade_no.to_string(),
        }
    }
}

/// The fact in the `data` of the answer to query order v2 for `trade_no`.
pub(super) fn found(data: Option<&RawValue>, trade_no: &TradeNo) -> Result<Fact, Unreadable> {
    let document = data.and_then(json::document).unwrap_or_default();
    let data = Object::parse(document.as_bytes()).ok_or(Unreadable("data"))?;
    // Without a number it is the one that was asked about.
    let named = data.text("merchantTradeNo").unwrap_or_default();
    let is_asked = named.eq_ignore_ascii_case(&trade_no.to_string());
    if !is_asked && !data.is_silent("merchantTradeNo") {
        return Err(Unreadable("merchantTradeNo"));
    }
    let terms = terms(&data, ORDER_AMOUNT)?;
    let status = data.text("status").ok_or(Unreadable("status"))?;
    let paid = |refunded| {
        State::Paid(Money {
            prepay_id: terms.prepay_id.clone(),
            amount: terms.total_fee,
            currency: terms.currency.clone(),
            transaction_id: data.id("transactionId"),
            paid_at_ms: data.time_ms("transactTime"),
            commission: data.amount("commission"),
            refunded,
        })
    };
    let state = match status.to_ascii_uppercase().as_str() {
        "INITIAL" => State::Untouched,
        "PENDING" => State::UnderWay,
        "PAID" => paid(None),
        "REFUNDING" => State::Refunding,
        // A part of it; how much, only a notification tells.
        "REFUNDED" => paid(Some(Refunded::Part)),
        "FULL_REFUNDED" => paid(Some(Refunded::Total(terms.total_fee))),
        "CANCELED" => State::Closed,
        "EXPIRED" => State::Expired,
        "ERROR" => State::Errored,
        _ => return Err(Unreadable("status")),
    };
    Ok(Fact::found(Found {
        created_at_ms: data.time_ms("createTime"),
        terms,
        state,
    }))
}

/// One entry of the list of certificates.
#[derive(Debug)]
pub struct Certificate {
    /// Compared, never computed.
    pub cert_serial: String,
    /// PEM text of a `SubjectPublicKeyInfo`.
    pub cert_public: String,
}

/// The entries of the list of certificates that can be read.
pub(super) fn certificates(data: Option<&RawValue>) -> Result<Vec<Certificate>, Unreadable> {
    let document = data.and_then(json::document).unwrap_or_default();
    let list = serde_json::from_str::<Vec<&RawValue>>(&document).ok();
    let entry = |entry: &RawValue| {
        let entry = Object::parse(entry.get().as_bytes())?;
        Some(Certificate {
            cert_serial: entry.id("certSerial")?,
            cert_public: entry.text("certPublic")?,
        })
    };
    let entries = list.ok_or(Unreadable("data"))?;
    Ok(entries.into_iter().filter_map(entry).collect())
}

#[cfg(test)]
mod tests;
