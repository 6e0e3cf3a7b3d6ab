//! An order as the table of orders shows it: read from its item, and from what LeadsCalendar last answered.

use serde_json::Value;

use super::Parts;
use crate::journal::{Entry, Kind, Party};
use crate::leadscalendar::Confirmation;

/// What is shown of an order.
pub(super) struct Row {
    pub(super) order_id: String,
    pub(super) status: String,
    pub(super) description: String,
    pub(super) reference: Option<String>,
    pub(super) price: String,
    pub(super) created_at_ms: i64,
    /// The trade number of the newest attempt.
    pub(super) trade_no: String,
    pub(super) checkout_url: Option<String>,
    pub(super) prepay_id: Option<String>,
    /// The revision, and the newest one that LeadsCalendar accepted.
    pub(super) revisions: (i64, i64),
    pub(super) last_error: Option<String>,
    pub(super) version: i64,
}

impl Row {
    /// Reads an item; nothing of what is no order.
    pub(super) fn of(item: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let number = |value: &Value| value.as_i64().unwrap_or_default();
        let (order_id, request) = (text(&item["orderId"])?, &item["request"]);
        let attempts = item["attempts"].as_array()?;
        let newest = attempts.last()?;
        let confirmation = &item["confirmation"];
        Some(Self {
            trade_no: format!("{order_id}{:02}", attempts.len()),
            order_id,
            status: text(&item["status"])?,
            description: text(&request["description"]).unwrap_or_default(),
            reference: text(&request["reference"]),
            price: format!(
                "{} {}",
                text(&request["price"]).unwrap_or_default(),
                text(&request["fiat"]).unwrap_or_default()
            ),
            created_at_ms: number(&item["createdAtMs"]),
            checkout_url: text(&newest["checkout"]["checkoutUrl"]),
            prepay_id: text(&newest["terms"]["prepayId"]),
            revisions: (
                number(&confirmation["revision"]),
                number(&confirmation["confirmedRevision"]),
            ),
            last_error: text(&confirmation["lastError"]),
            version: number(&item["version"]),
        })
    }

    /// Whether the payer can pay it.
    pub(super) fn is_open(&self) -> bool {
        self.status == "PENDING"
    }

    /// Whether LeadsCalendar has not accepted the order as it is.
    pub(super) fn is_owed(&self) -> bool {
        self.revisions.0 != self.revisions.1
    }
}

impl Parts {
    /// Every order, newest first.
    pub(super) fn rows(&self) -> Result<Vec<Row>, String> {
        let mut rows: Vec<Row> = self.table.items()?.iter().filter_map(Row::of).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.created_at_ms));
        Ok(rows)
    }
}

/// Whether a receipt is about the order.
pub(super) fn is_about(receipt: &Confirmation, order_id: &str) -> bool {
    let id = receipt.webhook_id.as_deref().unwrap_or_default();
    id.strip_prefix(order_id)
        .is_some_and(|rest| rest.starts_with('_'))
}

/// What the receiver last answered about an order, and whether it accepted.
pub(super) fn last_answer(
    order_id: &str,
    receipts: &[Confirmation],
    told: &[std::sync::Arc<Entry>],
) -> Option<(String, bool)> {
    let mine = |receipt: &&Confirmation| is_about(receipt, order_id);
    let receipt = receipts.iter().rev().find(mine);
    let is_told = |entry: &&std::sync::Arc<Entry>| {
        entry.kind == Kind::Confirmation
            && entry.to == Party::LeadsCalendar
            && entry.order_id.as_deref() == Some(order_id)
    };
    let entry = told.iter().rev().find(is_told);
    match (receipt, entry) {
        // What never arrived is known to the sender only.
        (Some(receipt), Some(entry))
            if entry.ok == Some(false) && entry.at_ms > receipt.at_ms + 30_000 =>
        {
            Some((entry.title.clone(), false))
        }
        (Some(receipt), _) => {
            let why = receipt.objection.as_ref();
            let words = why.map_or_else(
                || receipt.answer().to_owned(),
                |why| format!("{}: {why}", receipt.answer()),
            );
            Some((words, receipt.accepted))
        }
        (None, Some(entry)) => Some((entry.title.clone(), entry.ok == Some(true))),
        (None, None) => None,
    }
}
