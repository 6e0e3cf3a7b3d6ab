//! The comparison, order by order: what is lost, doubled, wrongly paid, unconfirmed.

use std::collections::BTreeSet;

use sandbox::binance::Call;
use serde_json::Value;

use crate::evidence::{Case, Evidence};
use crate::notice::acknowledged;
use crate::{money, telling};

/// The four ways to differ, as a finding begins.
pub const KINDS: [&str; 4] = ["lost", "doubled", "wrongly paid", "unconfirmed"];

/// A difference: whose, and a sentence that begins with its kind.
pub struct Finding {
    pub order_id: String,
    pub sentence: String,
}

/// Every difference of one order.
pub fn judge(case: &Case, evidence: &Evidence) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |sentence: String| {
        findings.push(Finding {
            order_id: case.order_id.clone(),
            sentence,
        });
    };
    let Some(item) = &case.item else {
        found("lost: Binance or LeadsCalendar knows an order that is not in the table".to_owned());
        return findings;
    };
    lost(case, item, evidence, &mut found);
    doubled(case, evidence, &mut found);
    if was_opened_by_two(item) {
        found("doubled: two invocations opened a checkout at the same time".to_owned());
    }
    money::judge(case, item, evidence, &mut found);
    telling::judge(case, item, &mut found);
    findings
}

fn lost(case: &Case, item: &Value, evidence: &Evidence, found: &mut impl FnMut(String)) {
    for order in &case.orders {
        let trade_no = &order.merchant_trade_no;
        let attempt = case.attempt(trade_no);
        if attempt.is_null() {
            found(format!("lost: no attempt {trade_no}"));
        }
        for (_, notice) in acknowledged(&case.deliveries, order) {
            if !notice.is_recorded(&attempt) {
                let kind = notice.kind;
                found(format!(
                    "lost: {kind} of {trade_no}, which was acknowledged"
                ));
            }
        }
    }
    // What settled long ago may be asked about once more.
    if let Some(due_ms) = item["dueAt"].as_i64()
        && due_ms <= evidence.now_ms
    {
        let since = (evidence.now_ms - due_ms) / 1_000;
        found(format!(
            "lost: work is left that nobody has done for {since} s"
        ));
    }
    if case.number().is_none() {
        found("lost: nobody asked for this order".to_owned());
    }
}

fn doubled(case: &Case, evidence: &Evidence, found: &mut impl FnMut(String)) {
    let numbers: BTreeSet<_> = case
        .orders
        .iter()
        .map(|one| &one.merchant_trade_no)
        .collect();
    let mut calls = case.calls.iter().enumerate();
    if numbers.len() != case.orders.len()
        || calls.any(|(index, call)| is_used_twice(call, &case.calls[..index]))
    {
        found("doubled: a trade number was used twice".to_owned());
    }
    let paid_openly = case.orders.iter().filter(|order| {
        order.payment.is_some() && !evidence.hidden.contains(&order.merchant_trade_no)
    });
    if paid_openly.count() > 1 {
        found("doubled: charged twice".to_owned());
    }
}

/// Refused as used, although Binance had not said so before: then the number could not have been given up yet.
fn is_used_twice(call: &Call, before: &[Call]) -> bool {
    let is_taken = |answer: &String| answer.contains("400201");
    let mut same = before.iter().filter(|one| one.trade_no == call.trade_no);
    call.verdict == "refused"
        && call.code.as_deref() == Some("400201")
        && !same.any(|one| one.answer.as_ref().is_some_and(is_taken))
}

/// An attempt that was given up, and whose answer somebody still read: two invocations were opening checkouts.
fn was_opened_by_two(item: &Value) -> bool {
    let attempts = item["attempts"].as_array();
    attempts.into_iter().flatten().any(|attempt| {
        attempt["end"] == "unknown" && attempt.get("checkout").is_some_and(Value::is_object)
    })
}
