//! The comparison, order by order: what is lost, doubled, wrongly paid, unconfirmed.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use sandbox::binance::{Order, Status};
use sandbox::leadscalendar::Mode;
use serde_json::{Value, json};

use crate::api::{amount, is_recorded, read_notification};
use crate::evidence::{Case, Evidence};

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
    lost(case, item, &mut found);
    doubled(case, evidence, &mut found);
    if was_opened_by_two(item) {
        found("doubled: two invocations opened a checkout at the same time".to_owned());
    }
    wrongly_paid(case, item, &mut found);
    refunds(case, item, &mut found);
    unconfirmed(case, item, &mut found);
    findings
}

fn lost(case: &Case, item: &Value, found: &mut impl FnMut(String)) {
    for order in &case.orders {
        if case.attempt(&order.merchant_trade_no).is_null() {
            found(format!("lost: no attempt {}", order.merchant_trade_no));
        }
    }
    for delivery in case.deliveries.iter().filter(|one| one.acknowledged) {
        let Some((kind, trade_no, data)) = read_notification(delivery.body.as_bytes()) else {
            continue;
        };
        if !is_recorded(&kind, &data, &case.attempt(&trade_no)) {
            found(format!(
                "lost: {kind} of {trade_no}, which was acknowledged"
            ));
        }
    }
    if item.get("dueAt").is_some() {
        found("lost: work is left that nobody does".to_owned());
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
    let is_used_twice = |call: &&sandbox::binance::Call| {
        call.verdict == "refused" && call.code.as_deref() == Some("400201")
    };
    if numbers.len() != case.orders.len() || case.calls.iter().any(|call| is_used_twice(&call)) {
        found("doubled: a trade number was used twice".to_owned());
    }
    let paid_openly = case.orders.iter().filter(|order| {
        order.payment.is_some() && !evidence.hidden.contains(&order.merchant_trade_no)
    });
    if paid_openly.count() > 1 {
        found("doubled: charged twice".to_owned());
    }
}

/// An attempt that was given up, and whose answer somebody still read: two invocations were opening checkouts.
fn was_opened_by_two(item: &Value) -> bool {
    let attempts = item["attempts"].as_array();
    attempts.into_iter().flatten().any(|attempt| {
        attempt["end"] == "unknown" && attempt.get("checkout").is_some_and(Value::is_object)
    })
}

fn is_matching(order: &Order) -> bool {
    order.payment.as_ref().is_some_and(|payment| {
        payment.amount == order.total_fee && payment.currency == order.currency
    })
}

/// The status says exactly what money the simulator took.
fn wrongly_paid(case: &Case, item: &Value, found: &mut impl FnMut(String)) {
    let status = item["status"].as_str().unwrap_or_default();
    let has_money = case.orders.iter().any(|order| order.payment.is_some());
    let has_matching_money = case.orders.iter().any(is_matching);
    let attempts = item["attempts"].as_array().map_or(0, Vec::len);
    let current = format!("{}{attempts:02}", case.order_id);
    let current = case
        .orders
        .iter()
        .find(|order| order.merchant_trade_no == current);
    let ended = current.map(|order| order.status);
    let is_right = match status {
        "PAID" | "PARTIALLY_REFUNDED" | "REFUNDED" => has_matching_money,
        "DISPUTED" => has_money && !has_matching_money,
        // An expiry may be told as a close.
        "CANCELED" => !has_money && matches!(ended, Some(Status::Canceled | Status::Expired)),
        "EXPIRED" => !has_money && ended == Some(Status::Expired),
        "FAILED" => !has_money,
        _ => false,
    };
    if !is_right {
        let money = match (has_matching_money, has_money) {
            (true, _) => "its money",
            (false, true) => "other money",
            (false, false) => "no money",
        };
        found(format!(
            "wrongly paid: {status}, and Binance took {money} ({ended:?})"
        ));
    }
    for confirmation in &case.confirmations {
        let kind = confirmation.body["type"].as_str().unwrap_or_default();
        let is_true = match kind {
            "order.paid" | "order.refunded" => has_matching_money,
            "order.disputed" => has_money,
            _ => true,
        };
        if !is_true {
            found(format!("wrongly paid: LeadsCalendar was told {kind}"));
        }
    }
}

/// The payment that counts is one of those that match, and as much of it went back as the simulator gave back.
fn refunds(case: &Case, item: &Value, found: &mut impl FnMut(String)) {
    let Some(paid) = item["paidAttempt"].as_u64() else {
        let gone_back = disputed(case).map_or(Decimal::ZERO, Order::refunded);
        if refunded(case, item) != gone_back {
            found(format!(
                "lost: {gone_back} of a payment in dispute went back"
            ));
        }
        return;
    };
    let trade_no = format!("{}{paid:02}", case.order_id);
    let order = case
        .orders
        .iter()
        .find(|order| order.merchant_trade_no == trade_no);
    let Some(order) = order.filter(|order| is_matching(order)) else {
        return found(format!("wrongly paid: {trade_no} counts as the payment"));
    };
    let known = amount(&case.attempt(&trade_no)["refunded"]);
    let expected = if order.refunded().is_zero() {
        "PAID"
    } else if order.refunded() == order.total_fee {
        "REFUNDED"
    } else {
        "PARTIALLY_REFUNDED"
    };
    if known != order.refunded() || item["status"] != expected {
        found(format!(
            "wrongly paid: {} with {known} refunded, and Binance gave back {} of {}",
            item["status"],
            order.refunded(),
            order.total_fee
        ));
    }
    let attempts = item["attempts"].as_array().map_or(0, Vec::len);
    if attempts != usize::try_from(paid).unwrap() && item["late"] != true {
        found("wrongly paid: an older attempt was paid, and it is not late".to_owned());
    }
}

/// LeadsCalendar accepted the latest revision, which said what the order is; one `webhook-id` has one meaning.
fn unconfirmed(case: &Case, item: &Value, found: &mut impl FnMut(String)) {
    let mut meanings = BTreeMap::new();
    let mut newest_told = 0;
    for confirmation in &case.confirmations {
        if let Some(objection) = &confirmation.objection {
            found(format!("unconfirmed: LeadsCalendar objects: {objection}"));
        }
        let data = &confirmation.body["data"];
        let meaning = json!([
            confirmation.body["type"],
            data["status"],
            data["refundedAmount"]
        ]);
        let first = meanings
            .entry(&confirmation.webhook_id)
            .or_insert_with(|| meaning.clone());
        if *first != meaning {
            found(format!(
                "unconfirmed: {:?} meant {first}, then {meaning}",
                confirmation.webhook_id
            ));
        }
        newest_told = newest_told.max(data["confirmation"]["revision"].as_u64().unwrap_or(0));
    }
    let revision = item["confirmation"]["revision"].as_u64().unwrap_or(0);
    if newest_told > revision {
        found(format!(
            "unconfirmed: revision {newest_told} was told, and the order is at {revision}"
        ));
    }
    // Whoever resumes an order drops what was owed, and hears of a refusal in the answer.
    let attempts = item["attempts"].as_array().into_iter().flatten();
    let is_refused =
        item["status"] == "FAILED" && attempts.last().is_some_and(|one| one["end"] == "refused");
    if is_refused || (revision == 0 && item["status"] == "FAILED") {
        if !is_refused {
            found("unconfirmed: nobody was told of the failure".to_owned());
        }
        return;
    }
    let id = format!("{}_{revision}", case.order_id);
    let mut of_newest = case
        .confirmations
        .iter()
        .filter(|one| one.webhook_id.as_deref() == Some(&id));
    if of_newest.clone().any(|one| one.mode == Mode::Gone) && is_owed(item) {
        return;
    }
    let refunded = refunded(case, item);
    let is_told = |data: &Value| {
        data["status"] == item["status"] && amount(&data["refundedAmount"]) == refunded
    };
    if revision == 0 || !of_newest.any(|one| one.accepted && is_told(&one.body["data"])) {
        found(format!(
            "unconfirmed: {} as revision {revision}",
            item["status"]
        ));
    }
    if is_owed(item) {
        found("unconfirmed: revision accepted, and still owed".to_owned());
    }
}

/// What the table says went back of the payment that counts, or else of the one in dispute.
fn refunded(case: &Case, item: &Value) -> Decimal {
    let paid = item["paidAttempt"].as_u64();
    let paid = paid.map(|paid| format!("{}{paid:02}", case.order_id));
    let disputed = || Some(disputed(case)?.merchant_trade_no.clone());
    amount(&case.attempt(&paid.or_else(disputed).unwrap_or_default())["refunded"])
}

/// The first checkout that was not paid as it should have been.
fn disputed(case: &Case) -> Option<&Order> {
    let mut orders = case.orders.iter().filter(|order| order.payment.is_some());
    orders.find(|order| !is_matching(order))
}

pub fn is_owed(item: &Value) -> bool {
    let confirmation = &item["confirmation"];
    confirmation["revision"] != confirmation["confirmedRevision"]
}
