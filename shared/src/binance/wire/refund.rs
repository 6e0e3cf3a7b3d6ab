//! Refund order and query refund, field by field.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::json::{self, Object, Unreadable};
use crate::order::{Refund, RefundFact, RefundId, RefundStatus, Sums};

/// Refund order, request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::binance) struct RefundOrder<'a> {
    refund_request_id: &'a str,
    prepay_id: &'a str,
    /// A JSON number, as the documentation types it.
    refund_amount: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_reason: Option<&'a str>,
    webhook_url: &'a str,
}

impl<'a> RefundOrder<'a> {
    pub(in crate::binance) fn new(
        refund: &'a Refund,
        prepay_id: &'a str,
        webhook_url: &'a str,
    ) -> Self {
        Self {
            refund_request_id: refund.refund_request_id.as_str(),
            prepay_id,
            refund_amount: refund.amount.to_json_number(),
            refund_reason: refund.wanted.reason.as_deref(),
            webhook_url,
        }
    }
}

/// The refund that query refund is about.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::binance) struct NamedRefund<'a> {
    refund_request_id: &'a str,
}

impl<'a> NamedRefund<'a> {
    pub(in crate::binance) fn new(id: &'a RefundId) -> Self {
        Self {
            refund_request_id: id.as_str(),
        }
    }
}

/// The fact in the `data` of a success of refund order: it is accepted, whatever else can be read.
pub(in crate::binance) fn accepted(
    data: Option<&RawValue>,
    id: &RefundId,
) -> Result<RefundFact, Unreadable> {
    let document = data.and_then(json::document).unwrap_or_default();
    let data = Object::parse(document.as_bytes()).unwrap_or_default();
    check_id(&data, id)?;
    Ok(RefundFact::answered(RefundStatus::Pending, sums(&data)))
}

/// The fact in the `data` of the answer to query refund.
pub(in crate::binance) fn refunded(
    data: Option<&RawValue>,
    id: &RefundId,
) -> Result<RefundFact, Unreadable> {
    let document = data.and_then(json::document).unwrap_or_default();
    let data = Object::parse(document.as_bytes()).ok_or(Unreadable("data"))?;
    check_id(&data, id)?;
    let status = data
        .text("refundStatus")
        .ok_or(Unreadable("refundStatus"))?;
    let status = match status.to_ascii_uppercase().as_str() {
        "REFUND_SUCCESS" => RefundStatus::Succeeded,
        "REFUND_FAIL" => RefundStatus::Failed,
        "REFUND_PENDING" => RefundStatus::Pending,
        _ => return Err(Unreadable("refundStatus")),
    };
    Ok(RefundFact::answered(status, sums(&data)))
}

/// Without an id it is the one that was asked about; another one is not.
fn check_id(data: &Object<'_>, id: &RefundId) -> Result<(), Unreadable> {
    let named = data.text("refundRequestId").unwrap_or_default();
    if named.eq_ignore_ascii_case(id.as_str()) || data.is_silent("refundRequestId") {
        Ok(())
    } else {
        Err(Unreadable("refundRequestId"))
    }
}

fn sums(data: &Object<'_>) -> Sums {
    let amount = |name| data.amount(name).map(crate::money::Amount::normalized);
    Sums {
        amount: amount("refundAmount"),
        total: amount("refundedAmount"),
        remaining: data.count("remainingAttempts"),
    }
}
