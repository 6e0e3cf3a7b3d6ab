//! What the calls of the merchant API do: create, query, close, refund, certificates.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::answer::Refusal;
use super::faults::On;
use super::order::{Order, Refund, Status, json};
use super::play::Play;
use super::rules::CreateRequest;
use super::simulator::{Simulator, State};
use super::{money, play};
use crate::{clock, random};

const HOUR_MS: i64 = 3_600_000;
const LONGEST_LIFE_MS: i64 = 15 * 24 * HOUR_MS;
const MOST_REFUNDS: usize = 10;

/// Does what is asked and gives `data` of the answer as JSON text.
pub(crate) fn carry_out(
    simulator: &Arc<Simulator>,
    state: &mut State,
    on: On,
    body: &[u8],
    fields: &Map<String, Value>,
) -> Result<String, Refusal> {
    match on {
        On::Create => create(simulator, state, body),
        On::Query => {
            known(fields, &["merchantTradeNo", "prepayId"])?;
            Ok(find(state, fields)?.queried())
        }
        On::Close => close(simulator, state, fields),
        On::Refund => refund(simulator, state, body, fields),
        On::Certificates | On::Any => {
            known(fields, &[])?;
            Ok(json(
                &state
                    .certificates
                    .iter()
                    .map(|certificate| certificate.public())
                    .collect::<Vec<_>>(),
            ))
        }
    }
}

fn create(simulator: &Simulator, state: &mut State, body: &[u8]) -> Result<String, Refusal> {
    let request = CreateRequest::read(body)?;
    if state.used_trade_nos.contains(&request.merchant_trade_no) {
        return Err(Refusal::new(
            "400201",
            "merchantTradeNo is invalid or duplicated",
        ));
    }
    let now_ms = state.now_ms();
    // The caller's clock is the real one; what counts is how long the order shall live.
    let life_ms = request
        .order_expire_time
        .map_or(HOUR_MS, |at| at.saturating_sub(clock::now_ms()));
    if !(1..=LONGEST_LIFE_MS).contains(&life_ms) {
        return Err(Refusal::new(
            "400102",
            "orderExpireTime is not within the next 15 days.",
        ));
    }
    let order = Order::open(request, &simulator.base_url, now_ms, now_ms + life_ms);
    let data = order.created();
    state.add(order);
    Ok(data)
}

fn close(
    simulator: &Arc<Simulator>,
    state: &mut State,
    fields: &Map<String, Value>,
) -> Result<String, Refusal> {
    known(fields, &["merchantTradeNo", "prepayId"])?;
    let now_ms = state.now_ms();
    let order = find(state, fields)?;
    if order.status != Status::Initial {
        return Err(Refusal::new(
            "400204",
            "The order status does not support closing.",
        ));
    }
    order.end(Status::Canceled, now_ms);
    let order = order.clone();
    simulator.spawn(Simulator::notify_closed(Arc::clone(simulator), order));
    Ok("true".to_owned())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are Binance's")]
struct Refunded<'a> {
    refund_id: &'a RawValue,
    refund_request_id: &'a str,
    prepay_id: String,
    order_amount: String,
    refunded_amount: String,
    refund_amount: String,
    remaining_attempts: usize,
    payer_open_id: &'a str,
    duplicate_request: &'a str,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are Binance's")]
struct RefundRequest {
    refund_request_id: String,
    refund_amount: Box<RawValue>,
    webhook_url: Option<String>,
}

fn refund(
    simulator: &Arc<Simulator>,
    state: &mut State,
    body: &[u8],
    fields: &Map<String, Value>,
) -> Result<String, Refusal> {
    known(
        fields,
        &[
            "refundRequestId",
            "prepayId",
            "refundAmount",
            "refundReason",
            "webhookUrl",
        ],
    )?;
    let request: RefundRequest =
        serde_json::from_slice(body).map_err(|error| Refusal::new("400100", error.to_string()))?;
    let amount = money::read(&request.refund_amount)
        .map_err(|problem| Refusal::new("400102", format!("refundAmount {problem}.")))?;
    let prepay_id = fields
        .get("prepayId")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let order = state
        .prepaid(prepay_id)
        .ok_or_else(|| Refusal::new("400301", "Invalid prepayId."))?;
    let known_refund = order
        .refunds
        .iter()
        .any(|refund| refund.refund_request_id == request.refund_request_id);
    if !known_refund {
        let refund = Refund {
            refund_request_id: request.refund_request_id.clone(),
            refund_id: random::digits(18),
            amount,
        };
        give_back(order, refund)?;
        let mut told = order.clone();
        told.webhook_url = request.webhook_url.or(told.webhook_url);
        simulator.spawn(Simulator::notify_refund(
            Arc::clone(simulator),
            told,
            Play::default(),
        ));
    }
    let refund = order
        .refunds
        .iter()
        .find(|refund| refund.refund_request_id == request.refund_request_id);
    let refund = refund.expect("it was there or has just been added");
    Ok(json(&Refunded {
        refund_id: &money::number(refund.refund_id.clone()),
        refund_request_id: &refund.refund_request_id,
        prepay_id: order.prepay_id.to_string(),
        order_amount: money::plain(order.reported().0),
        refunded_amount: money::plain(order.refunded()),
        refund_amount: money::plain(refund.amount),
        remaining_attempts: MOST_REFUNDS.saturating_sub(order.refunds.len()),
        payer_open_id: play::open_user_id(order),
        duplicate_request: if known_refund { "Y" } else { "N" },
    }))
}

/// Gives money back, wholly or in part, as long as there is some left.
pub(crate) fn give_back(order: &mut Order, refund: Refund) -> Result<(), Refusal> {
    if order.status != Status::Paid && order.status != Status::Refunded {
        return Err(Refusal::new("400202", "Order not found."));
    }
    if order.refunds.len() >= MOST_REFUNDS {
        return Err(Refusal::new("400302", "Too many refund attempts."));
    }
    let left = order.reported().0 - order.refunded();
    if refund.amount > left {
        return Err(Refusal::new("400303", "Invalid refund amount."));
    }
    order.status = if refund.amount == left {
        Status::FullRefunded
    } else {
        Status::Refunded
    };
    order.refunds.push(refund);
    Ok(())
}

fn known(fields: &Map<String, Value>, known: &[&str]) -> Result<(), Refusal> {
    match fields.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(Refusal::new("400001", format!("unknown field `{name}`"))),
    }
}

/// The order that is asked about; the trade number is ignored when there is a prepay id.
fn find<'a>(state: &'a mut State, fields: &Map<String, Value>) -> Result<&'a mut Order, Refusal> {
    let prepay_id = fields.get("prepayId").filter(|value| !value.is_null());
    let trade_no = fields
        .get("merchantTradeNo")
        .filter(|value| !value.is_null());
    let found = match (prepay_id, trade_no) {
        (Some(Value::String(prepay_id)), _) => state.prepaid(prepay_id),
        (None, Some(Value::String(trade_no))) => state.order(trade_no),
        _ => {
            return Err(Refusal::new(
                "400100",
                "prepayId or merchantTradeNo is mandatory, as a string.",
            ));
        }
    };
    found.ok_or_else(|| Refusal::new("400202", "Order not found."))
}
