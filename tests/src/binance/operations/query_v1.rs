//! Query order v1: the trade's type, its fee and its product, where version 2 has amount and payment.

use serde::Serialize;

use crate::binance::order::{MERCHANT_ID, Order, Status, json};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Queried<'a> {
    merchant_id: u64,
    prepay_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<&'a str>,
    merchant_trade_no: &'a str,
    trade_type: &'a str,
    status: Status,
    currency: &'a str,
    total_fee: String,
    product_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_user_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transact_time: Option<i64>,
    create_time: i64,
}

/// `data` of its answer; the fee has all its 8 decimals, as it was seen to have.
pub(super) fn queried(order: &Order) -> String {
    let (amount, currency) = order.reported();
    let payment = order.payment.as_ref();
    json(&Queried {
        merchant_id: MERCHANT_ID,
        prepay_id: order.prepay_id.to_string(),
        transaction_id: payment.map(|payment| payment.transaction_id.as_str()),
        merchant_trade_no: &order.merchant_trade_no,
        trade_type: &order.terminal_type,
        status: order.asked_status(),
        currency,
        total_fee: format!("{amount:.8}"),
        product_name: &order.goods_name,
        product_detail: order.goods_detail.as_deref(),
        open_user_id: payment.map(|payment| payment.open_user_id.as_str()),
        transact_time: payment.map(|payment| payment.transact_time),
        create_time: order.create_time,
    })
}
