//! Notifications: their shape and their signature.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::certificates::Certificate;
use super::money;
use super::order::{Order, json};
use super::refund::{Refund, RefundStatus};
use crate::{clock, random};

/// How `PAY_REFUND` carries `refundInfo`: the documentation types it as a string and shows an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RefundInfoAs {
    /// An object.
    #[default]
    Object,
    /// The same as JSON text in a string.
    String,
    /// Not at all, as for a merchant without Binance's approval.
    Absent,
}

/// What is told: the envelope's fields, with `data` as the text inside it.
#[derive(Clone, Debug)]
pub(crate) struct Notification {
    pub(crate) biz_type: String,
    pub(crate) biz_status: String,
    pub(crate) biz_id: String,
    pub(crate) data: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    biz_type: &'a str,
    data: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    biz_id_str: Option<&'a str>,
    biz_id: Box<RawValue>,
    biz_status: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    merchant_trade_no: &'a str,
    product_type: &'a str,
    product_name: &'a str,
    transact_time: i64,
    trade_type: &'a str,
    total_fee: Box<RawValue>,
    currency: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_user_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pass_through_info: Option<&'a str>,
    commission: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_info: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_info: Option<Box<RawValue>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RefundInfo<'a> {
    refund_request_id: &'a str,
    prepay_id: String,
    order_amount: String,
    refunded_amount: String,
    refund_amount: String,
    remaining_attempts: usize,
    payer_open_id: &'a str,
    duplicate_request: &'a str,
}

impl Notification {
    /// Of an order that nobody paid it tells a payment at `now_ms`.
    pub(crate) fn success(order: &Order, now_ms: i64) -> Self {
        let payment_info = order.payment.as_ref().map(|payment| {
            let (payer, currency, amount) = (payment.payer_id, json(&payment.currency), money::double(payment.amount));
            money::number(format!(
                r#"{{"payerId":{payer},"payMethod":"funding","paymentInstructions":[{{"currency":{currency},"amount":{amount},"price":1}}],"channel":"DEFAULT"}}"#
            ))
        });
        let payment = order.payment.as_ref();
        let data = Data {
            transaction_id: payment.map(|payment| payment.transaction_id.as_str()),
            open_user_id: payment.map(|payment| payment.open_user_id.as_str()),
            pass_through_info: order.pass_through_info.as_deref(),
            payment_info,
            ..Data::of(
                order,
                payment.map_or(now_ms, |payment| payment.transact_time),
            )
        };
        Self::about(order, "PAY", "PAY_SUCCESS", &data)
    }

    /// Carries neither transaction nor payer, and the time of closing.
    pub(crate) fn closed(order: &Order) -> Self {
        let closed_at = order.close_time.unwrap_or(order.create_time);
        Self::about(order, "PAY", "PAY_CLOSED", &Data::of(order, closed_at))
    }

    /// Of a refund that ended.
    pub(crate) fn refund(order: &Order, refund: &Refund, form: RefundInfoAs) -> Self {
        let payment = order.payment.as_ref();
        let payer_open_id = payment.map_or("", |payment| &payment.open_user_id);
        let info = json(&RefundInfo {
            refund_request_id: &refund.refund_request_id,
            prepay_id: order.prepay_id.to_string(),
            order_amount: format!("{:.8}", order.reported().0),
            refunded_amount: format!("{:.8}", order.refunded()),
            refund_amount: format!("{:.8}", refund.amount),
            remaining_attempts: order.remaining_attempts(),
            payer_open_id,
            duplicate_request: "N",
        });
        let refund_info = match form {
            RefundInfoAs::Object => Some(info),
            RefundInfoAs::String => Some(json(&info)),
            RefundInfoAs::Absent => None,
        };
        let biz_status = match refund.status {
            RefundStatus::Fail => "REFUND_REJECTED",
            RefundStatus::Success | RefundStatus::Pending => "REFUND_SUCCESS",
        };
        let data = Data {
            open_user_id: Some(payer_open_id),
            refund_info: refund_info.map(money::number),
            ..Data::of(
                order,
                payment.map_or(order.create_time, |payment| payment.transact_time),
            )
        };
        Self::about(order, "PAY_REFUND", biz_status, &data)
    }

    fn about(order: &Order, biz_type: &str, biz_status: &str, data: &Data<'_>) -> Self {
        Self {
            biz_type: biz_type.to_owned(),
            biz_status: biz_status.to_owned(),
            biz_id: order.prepay_id.to_string(),
            data: json(data),
        }
    }

    /// The body as Binance writes it: `data` as JSON text inside a string, `bizId` as a number beyond 2⁵³.
    pub(crate) fn body(&self, biz_id_str: bool) -> String {
        json(&Envelope {
            biz_type: &self.biz_type,
            data: &self.data,
            biz_id_str: biz_id_str.then_some(self.biz_id.as_str()),
            biz_id: money::number(self.biz_id.clone()),
            biz_status: &self.biz_status,
        })
    }
}

impl<'a> Data<'a> {
    fn of(order: &'a Order, transact_time: i64) -> Self {
        let (amount, currency) = order.reported();
        Self {
            merchant_trade_no: &order.merchant_trade_no,
            product_type: &order.goods_type,
            product_name: &order.goods_name,
            transact_time,
            trade_type: &order.terminal_type,
            total_fee: money::number(money::double(amount)),
            currency,
            transaction_id: None,
            open_user_id: None,
            pass_through_info: None,
            commission: money::number(commission(order)),
            payment_info: None,
            refund_info: None,
        }
    }
}

/// No commission is `0`, as it was seen; any other amount is written like the rest.
fn commission(order: &Order) -> String {
    let commission = order.payment.as_ref().map(|payment| payment.commission);
    commission
        .filter(|commission| !commission.is_zero())
        .map_or_else(|| "0".to_owned(), money::double)
}

/// The four headers of a notification.
pub(crate) fn sign(certificate: &Certificate, body: &str) -> Vec<(String, String)> {
    let (timestamp, nonce) = (clock::now_ms().to_string(), random::alnum(32));
    let signature = certificate.sign(&timestamp, &nonce, body);
    [
        ("BinancePay-Certificate-SN", certificate.serial.clone()),
        ("BinancePay-Nonce", nonce),
        ("BinancePay-Timestamp", timestamp),
        ("BinancePay-Signature", signature),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}
