//! Refund and query refund.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::known;
use crate::binance::answer::Refusal;
use crate::binance::faults::Fault;
use crate::binance::order::{Order, json};
use crate::binance::refund::{Refund, RefundStatus};
use crate::binance::rules::{check_url, missing, text};
use crate::binance::simulator::{Simulator, State};
use crate::binance::{money, play};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wire {
    refund_request_id: Option<String>,
    prepay_id: Option<String>,
    refund_amount: Option<Box<RawValue>>,
    refund_reason: Option<String>,
    webhook_url: Option<String>,
}

/// A request that broke no rule.
struct RefundRequest {
    id: String,
    prepay_id: String,
    amount: Decimal,
    reason: Option<String>,
    webhook_url: Option<String>,
}

impl RefundRequest {
    fn read(body: &[u8]) -> Result<Self, Refusal> {
        let wire: Wire = serde_json::from_slice(body)
            .map_err(|error| Refusal::new("400001", error.to_string()))?;
        let prepay_id = text("prepayId", wire.prepay_id, 19)?;
        if !prepay_id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid_prepay_id());
        }
        let amount = wire.refund_amount.ok_or_else(|| missing("refundAmount"))?;
        let amount = money::read(&amount)
            .map_err(|problem| Refusal::new("400102", format!("refundAmount {problem}.")))?;
        let optional = |name, value: Option<String>| {
            let given = value.map(|value| text(name, Some(value), 256));
            given.transpose()
        };
        check_url("webhookUrl", wire.webhook_url.as_deref())?;
        Ok(Self {
            id: text("refundRequestId", wire.refund_request_id, 64)?,
            prepay_id,
            amount,
            reason: optional("refundReason", wire.refund_reason)?,
            webhook_url: optional("webhookUrl", wire.webhook_url)?,
        })
    }
}

fn invalid_prepay_id() -> Refusal {
    Refusal::new("400301", "Invalid prepayId.")
}

impl State {
    fn paid_by(&mut self, prepay_id: &str) -> Result<&mut Order, Refusal> {
        self.prepaid(prepay_id).ok_or_else(invalid_prepay_id)
    }
}

pub(super) fn refund(
    simulator: &Arc<Simulator>,
    state: &mut State,
    body: &[u8],
    steered: Option<&Fault>,
) -> Result<String, Refusal> {
    let request = RefundRequest::read(body)?;
    let is_known = state.refunded(&request.id).is_some();
    let judge_again = state.behaviour.judge_refunds_again;
    let order = state.paid_by(&request.prepay_id)?;
    if is_known && !judge_again {
        return repeated(order, &request);
    }
    let amount = order.would_give(request.amount)?;
    state.afford(amount)?;
    if is_known {
        return repeated(state.paid_by(&request.prepay_id)?, &request);
    }
    accept(simulator, state, request, amount, steered)
}

/// The answer to a request whose id is known: that of the first one, if it asks for the same.
fn repeated(order: &Order, request: &RefundRequest) -> Result<String, Refusal> {
    let first = order
        .refunds
        .iter()
        .find(|refund| refund.refund_request_id == request.id && refund.asked == request.amount)
        .ok_or_else(|| Refusal::new("400001", "refundRequestId was used for another refund."))?;
    Ok(json(&Accepted {
        refunded_amount: money::plain(first.refunded_then),
        remaining_attempts: first.attempts_then,
        duplicate_request: Some("Y"),
        ..Accepted::of(order, first)
    }))
}

fn accept(
    simulator: &Arc<Simulator>,
    state: &mut State,
    request: RefundRequest,
    amount: Decimal,
    steered: Option<&Fault>,
) -> Result<String, Refusal> {
    let pending = match steered {
        Some(Fault::RefundPends(pending)) => Some(*pending),
        _ => state.behaviour.refunds_pend,
    };
    let now_ms = state.now_ms();
    let mut refund = Refund {
        asked: request.amount,
        reason: request.reason,
        webhook_url: request.webhook_url,
        ..Refund::new(request.id, amount, now_ms, state.random)
    };
    if let Some(pending) = pending {
        let end = if pending.rejected {
            RefundStatus::Fail
        } else {
            RefundStatus::Success
        };
        let due = |ms| (end, now_ms.saturating_add_unsigned(ms));
        refund.due = pending.after_ms.map(due);
        refund.status = RefundStatus::Pending;
        refund.end_time = None;
        simulator.look_again(pending.after_ms);
    }
    let order = state.paid_by(&request.prepay_id)?;
    let before = order.clone();
    let refund = order.give_back(refund)?.clone();
    let answer = json(&Accepted {
        duplicate_request: Some("N"),
        ..Accepted::of(order, &refund)
    });
    if steered == Some(&Fault::RefundForgotten) {
        *order = before;
        return Ok(answer);
    }
    if refund.status == RefundStatus::Success {
        simulator.tell_refund(order, &refund);
    }
    state.draw(amount);
    Ok(answer)
}

pub(super) fn query(
    state: &mut State,
    body: &[u8],
    fields: &Map<String, Value>,
) -> Result<String, Refusal> {
    known(fields, &["refundRequestId"])?;
    let wire: Wire =
        serde_json::from_slice(body).map_err(|error| Refusal::new("400001", error.to_string()))?;
    let id = text("refundRequestId", wire.refund_request_id, 64)?;
    let unknown = state.behaviour.unknown_refund_code.clone();
    let order = state
        .refunded(&id)
        .ok_or_else(|| Refusal::new(unknown, "Order not found."))?;
    let mut refunds = order.refunds.iter();
    let refund = refunds.find(|refund| refund.refund_request_id == id);
    let refund = refund.expect("the order was found by it");
    Ok(json(&Accepted {
        refund_status: Some(refund.status),
        ..Accepted::of(order, refund)
    }))
}

/// `data` of both answers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Accepted<'a> {
    refund_id: Box<RawValue>,
    refund_request_id: &'a str,
    prepay_id: String,
    order_amount: String,
    refunded_amount: String,
    refund_amount: String,
    remaining_attempts: usize,
    payer_open_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_request: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_status: Option<RefundStatus>,
}

impl<'a> Accepted<'a> {
    /// As it stands now.
    fn of(order: &'a Order, refund: &'a Refund) -> Self {
        Self {
            refund_id: money::number(refund.refund_id.clone()),
            refund_request_id: &refund.refund_request_id,
            prepay_id: order.prepay_id.to_string(),
            order_amount: money::plain(order.reported().0),
            refunded_amount: money::plain(order.refunded()),
            refund_amount: money::plain(refund.amount),
            remaining_attempts: order.remaining_attempts(),
            payer_open_id: play::open_user_id(order),
            duplicate_request: None,
            refund_status: None,
        }
    }
}
