//! An order as Binance Pay keeps it, and how it looks in the answers.

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::value::RawValue;

use super::links::Links;
use super::money::{self, as_text};
use super::payment::Payment;
use super::refund::Refund;
use super::rules::CreateRequest;
use crate::random::Draw;

/// 2020-01-01T00:00:00Z in Unix seconds: the zero of the time in a prepay id.
const PREPAY_ZERO_SECS: i64 = 1_577_836_800;
/// The time in the prepay ids of a seed, which are to be the same on any day: 2025-01-01, and up to half a year later.
const SEEDED_SECS: u64 = 157_852_800;

/// The merchant's own number, in the answers to both queries.
pub(crate) const MERCHANT_ID: u64 = 225_467_155;

/// Binance's statuses of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(
    missing_docs,
    reason = "the names are Binance's, and `Refunded` is the partial one"
)]
pub enum Status {
    Initial,
    Pending,
    Paid,
    Canceled,
    Error,
    Refunding,
    Refunded,
    FullRefunded,
    Expired,
}

/// An order and everything that happened to it; times are the simulator's own, in milliseconds.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the fields are Binance's, see its documentation of create order"
)]
pub struct Order {
    pub merchant_trade_no: String,
    #[serde(serialize_with = "as_text")]
    pub prepay_id: u64,
    pub status: Status,
    pub currency: String,
    #[serde(serialize_with = "as_text")]
    pub total_fee: Decimal,
    pub fiat_currency: Option<String>,
    pub fiat_amount: Option<String>,
    pub terminal_type: String,
    pub description: String,
    pub goods_type: String,
    pub goods_name: String,
    pub goods_detail: Option<String>,
    pub return_url: Option<String>,
    pub cancel_url: Option<String>,
    pub webhook_url: Option<String>,
    pub pass_through_info: Option<String>,
    pub create_time: i64,
    pub expire_time: i64,
    pub close_time: Option<i64>,
    pub closing: Option<Closing>,
    pub checkout_url: String,
    pub payment: Option<Payment>,
    pub refunds: Vec<Refund>,
    /// Whether the query says `REFUNDING` in place of the status although no refund is pending here.
    pub refunding: bool,
    #[serde(skip)]
    pub(crate) token: String,
}

/// A close that was accepted and is carried out later, if nobody pays before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Closing {
    /// When it was accepted.
    pub accepted_time: i64,
    /// When it is carried out; without it when that is told.
    pub due_time: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Created<'a> {
    currency: &'a str,
    total_fee: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fiat_currency: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fiat_amount: Option<&'a str>,
    prepay_id: String,
    terminal_type: &'a str,
    expire_time: i64,
    qrcode_link: String,
    qr_content: String,
    checkout_url: &'a str,
    deeplink: String,
    universal_url: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Queried<'a> {
    merchant_id: u64,
    prepay_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<&'a str>,
    merchant_trade_no: &'a str,
    status: Status,
    currency: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_user_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pass_through_info: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commission: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transact_time: Option<i64>,
    create_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_info: Option<Box<RawValue>>,
    order_amount: String,
}

impl Order {
    /// Opens an order, its ids by `draw`; `now_ms` is the simulator's own time, `expire_time` is in that time too.
    pub(crate) fn open(
        request: CreateRequest,
        base_url: &str,
        now_ms: i64,
        expire_time: i64,
        mut draw: Draw,
    ) -> Self {
        let secs = match draw {
            Draw::System => u64::try_from(now_ms / 1000 - PREPAY_ZERO_SECS).unwrap_or(0),
            Draw::Keyed { .. } => SEEDED_SECS + u64::from(draw.bits_31() >> 7),
        };
        let token = draw.hex(32);
        Self {
            merchant_trade_no: request.merchant_trade_no,
            prepay_id: secs << 31 | u64::from(draw.bits_31()),
            status: Status::Initial,
            currency: request.currency,
            total_fee: request.total_fee,
            fiat_amount: request
                .fiat
                .as_ref()
                .map(|(_, amount)| money::plain(*amount)),
            fiat_currency: request.fiat.map(|(currency, _)| currency),
            terminal_type: request.terminal_type,
            description: request.description,
            goods_type: request.goods_type,
            goods_name: request.goods_name,
            goods_detail: request.goods_detail,
            return_url: request.return_url,
            cancel_url: request.cancel_url,
            webhook_url: request.webhook_url,
            pass_through_info: request.pass_through_info,
            create_time: now_ms,
            expire_time,
            close_time: None,
            closing: None,
            checkout_url: format!("{base_url}/en/checkout/{token}"),
            payment: None,
            refunds: Vec::new(),
            refunding: false,
            token,
        }
    }

    /// `data` of the answer to create order; with `binance_links` the ways to pay are in Binance's own forms.
    pub(crate) fn created(&self, binance_links: bool) -> String {
        let links = if binance_links {
            Links::to_binance(self)
        } else {
            Links::to_here(self)
        };
        json(&Created {
            currency: &self.currency,
            total_fee: money::plain(self.total_fee),
            fiat_currency: self.fiat_currency.as_deref(),
            fiat_amount: self.fiat_amount.as_deref(),
            prepay_id: self.prepay_id.to_string(),
            terminal_type: &self.terminal_type,
            expire_time: self.expire_time,
            qrcode_link: links.qrcode_link,
            qr_content: links.qr_content,
            checkout_url: &self.checkout_url,
            deeplink: links.deeplink,
            universal_url: links.universal_url,
        })
    }

    /// `data` of the answer to query order v2: amounts as strings, small ones in scientific notation.
    pub(crate) fn queried(&self) -> String {
        let (amount, currency) = self.reported();
        let payment = self.payment.as_ref();
        json(&Queried {
            merchant_id: MERCHANT_ID,
            prepay_id: self.prepay_id.to_string(),
            transaction_id: payment.map(|payment| payment.transaction_id.as_str()),
            merchant_trade_no: &self.merchant_trade_no,
            status: self.asked_status(),
            currency,
            open_user_id: payment.map(|payment| payment.open_user_id.as_str()),
            pass_through_info: self.pass_through_info.as_deref(),
            commission: payment.map(|payment| money::big_decimal(payment.commission)),
            transact_time: payment.map(|payment| payment.transact_time),
            create_time: self.create_time,
            payment_info: payment.map(|payment| {
                let (payer, amount) = (payment.payer_id, format!("{:.9}", payment.amount));
                money::number(format!(
                    r#"{{"payerId":"{payer}","payMethod":"funding","paymentInstructions":[{{"currency":"{currency}","amount":"{amount}","price":"1"}}],"channel":"DEFAULT"}}"#
                ))
            }),
            order_amount: money::big_decimal(amount),
        })
    }

    /// The status that a query tells.
    pub(crate) fn asked_status(&self) -> Status {
        if self.is_refunding() {
            Status::Refunding
        } else {
            self.status
        }
    }

    /// It ends without money: now, or when its time was up.
    pub(crate) fn end(&mut self, status: Status, now_ms: i64) {
        self.status = status;
        self.close_time = Some(self.expire_time.min(now_ms));
        self.closing = None;
    }

    /// Ends it if its time has come: by a close that was accepted, or because nobody paid.
    pub(crate) fn pass_time(&mut self, now_ms: i64) -> Option<Status> {
        if self.status != Status::Initial {
            return None;
        }
        let due_time = self.closing.and_then(|closing| closing.due_time);
        let (at_ms, status) = match due_time {
            Some(due_time) if due_time < self.expire_time => (due_time, Status::Canceled),
            _ => (self.expire_time, Status::Expired),
        };
        if at_ms > now_ms {
            return None;
        }
        self.end(status, at_ms);
        Some(status)
    }

    /// Amount and currency as Binance reports them: those of the payment once there is one.
    pub(crate) fn reported(&self) -> (Decimal, &str) {
        match &self.payment {
            Some(payment) => (payment.amount, &payment.currency),
            None => (self.total_fee, &self.currency),
        }
    }
}

pub(crate) fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain data is JSON")
}
