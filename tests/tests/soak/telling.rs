//! The comparison of what LeadsCalendar was told: one revision is one view, none takes back what a lower one said, and the
//! newest says what the order is.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sandbox::binance::Order;
use sandbox::leadscalendar::Mode;
use serde_json::Value;

use crate::evidence::Case;
use crate::money::{is_matching, is_time_up};
use crate::notice::{Back, amount};

/// Every difference between the order and what LeadsCalendar was told of it.
pub fn judge(case: &Case, item: &Value, found: &mut impl FnMut(String)) {
    confirmations(case, found);
    views(case, item, found);
    newest(case, item, found);
}

/// One `webhook-id` is one body, to the byte.
fn confirmations(case: &Case, found: &mut impl FnMut(String)) {
    let mut bodies = BTreeMap::new();
    for confirmation in &case.confirmations {
        if let Some(objection) = &confirmation.objection {
            found(format!("unconfirmed: LeadsCalendar objects: {objection}"));
        }
        let id = confirmation.webhook_id.as_deref().unwrap_or_default();
        let revision = &confirmation.body["data"]["revision"];
        if id != format!("{}_{revision}", case.order_id) {
            found(format!("unconfirmed: {id} carries revision {revision}"));
        }
        let first = bodies.entry(id).or_insert(&confirmation.text);
        if **first != confirmation.text {
            found(format!(
                "unconfirmed: {id} was {first}, then {}",
                confirmation.text
            ));
        }
    }
}

/// Views of one revision are the same, whoever got them; of two the higher is the later.
fn views(case: &Case, item: &Value, found: &mut impl FnMut(String)) {
    let mut revisions = BTreeMap::<i64, &Value>::new();
    for view in &case.views {
        truth(case, view, found);
        let revision = view["revision"].as_i64().unwrap_or_default();
        let first = revisions.entry(revision).or_insert(view);
        if *first != view {
            found(format!(
                "unconfirmed: revision {revision} was {first}, then {view}"
            ));
        }
    }
    let newest = revisions.keys().next_back().copied().unwrap_or_default();
    if Some(newest) > item["confirmation"]["revision"].as_i64() {
        found(format!(
            "unconfirmed: revision {newest} was told, and the order is behind it"
        ));
    }
    let is_time_up = is_time_up(item);
    let views: Vec<&Value> = revisions.into_values().collect();
    for pair in views.windows(2) {
        let is_late = is_time_up && is_late_repeat(pair[0], pair[1]);
        let is_right = is_late || follows(pair[0], pair[1]);
        if !is_right {
            found(format!("unconfirmed: {} became {}", pair[0], pair[1]));
        }
    }
}

/// Nothing is told that was not so: no payment that the simulator has not, and no more gone back than it gave.
fn truth(case: &Case, view: &Value, found: &mut impl FnMut(String)) {
    let has = |is: fn(&Order) -> bool| {
        let mut paid = case.orders.iter().filter(|order| order.payment.is_some());
        paid.any(is)
    };
    let is_true = match view["status"].as_str().unwrap_or_default() {
        "PAID" | "PARTIALLY_REFUNDED" => has(is_matching),
        "REFUNDED" => has(|order| !order.refunded().is_zero()),
        "DISPUTED" => has(|order| !is_matching(order)),
        _ => payments(view) == 0,
    };
    let gave: Decimal = case.orders.iter().map(Order::refunded).sum();
    let is_too_much = refunded(view).is_some_and(|refunded| refunded > gave);
    if !is_true || is_too_much || payments(view) > case.orders.len() {
        found(format!("wrongly paid: somebody was told {view}"));
    }
}

/// No final status is taken back but by money, no payment and no refund at all.
fn follows(before: &Value, after: &Value) -> bool {
    let status = |view: &Value| view["status"].as_str().unwrap_or_default().to_owned();
    let (was, is) = (status(before), status(after));
    let by_money = ["PAID", "DISPUTED", "PARTIALLY_REFUNDED", "REFUNDED"];
    let is_next = match was.as_str() {
        "CREATED" | "PENDING" => true,
        "FAILED" => is != "CANCELED" && is != "EXPIRED" || before["prepayId"] != after["prepayId"],
        "PAID" => ["PAID", "PARTIALLY_REFUNDED", "REFUNDED"].contains(&is.as_str()),
        "PARTIALLY_REFUNDED" | "REFUNDED" => {
            ["PARTIALLY_REFUNDED", "REFUNDED"].contains(&is.as_str())
        }
        "DISPUTED" => by_money.contains(&is.as_str()),
        _ => is == was || by_money.contains(&is.as_str()),
    };
    let is_less = match (refunded(before), refunded(after)) {
        (Some(before), Some(after)) => after < before,
        _ => false,
    };
    let is_of_other = was == "PAID" && before["merchantTradeNo"] != after["merchantTradeNo"];
    is_next && !is_less && !is_of_other && payments(before) <= payments(after)
}

/// A repeat of the request that came after the order's end ended an order of which nothing came.
fn is_late_repeat(before: &Value, after: &Value) -> bool {
    before["status"] == "FAILED" && after["status"] == "EXPIRED"
}

fn payments(view: &Value) -> usize {
    view["payments"].as_array().map_or(0, Vec::len)
}

fn refunded(view: &Value) -> Option<Decimal> {
    let refunded = &view["refundedAmount"];
    (!refunded.is_null()).then(|| amount(refunded))
}

/// LeadsCalendar accepted a revision that says what the order is, or whatever changed since is told by nothing.
fn newest(case: &Case, item: &Value, found: &mut impl FnMut(String)) {
    let is_refused = item["status"] == "FAILED"
        && item["attempts"]
            .as_array()
            .and_then(|attempts| attempts.last())
            .is_some_and(|attempt| attempt["end"] == "refused");
    if is_owed(item) {
        if !is_given_up(case, item) {
            found(format!(
                "unconfirmed: {} is still owed: {}",
                item["status"], item["confirmation"]
            ));
        }
        return;
    }
    let accepted = case.confirmations.iter().filter(|one| one.accepted);
    let newest = accepted
        .map(|one| &one.body["data"])
        .max_by_key(|data| data["revision"].as_i64());
    let is_told = newest.is_some_and(|data| {
        data["status"] == item["status"]
            && payments(data) == paid_attempts(item)
            && (payments(data) > 1 || refunded(data) == gone_back(item))
    });
    // Whoever asked for the order was told of a refusal by the answer.
    if !is_told && !is_refused {
        found(format!(
            "unconfirmed: {}, and LeadsCalendar knows {:?}",
            item["status"],
            newest.map(|data| [&data["status"], &data["refundedAmount"]])
        ));
    }
}

fn paid_attempts(item: &Value) -> usize {
    let attempts = item["attempts"].as_array().into_iter().flatten();
    attempts
        .filter(|attempt| attempt["payment"].is_object())
        .count()
}

/// What went back of an order's one payment; nothing if that is not known, or is in another currency than was agreed.
fn gone_back(item: &Value) -> Option<Decimal> {
    let mut attempts = item["attempts"].as_array().into_iter().flatten();
    let Some(attempt) = attempts.find(|attempt| attempt["payment"].is_object()) else {
        return Some(Decimal::ZERO);
    };
    if attempt["payment"]["currency"] != attempt["terms"]["currency"] {
        return None;
    }
    match Back::of(&attempt["payment"]) {
        Back::Nothing => Some(Decimal::ZERO),
        Back::Part => None,
        Back::Total(total) => Some(total),
    }
}

/// LeadsCalendar answered 410 to the last change that is told, or to what the order has become since.
fn is_given_up(case: &Case, item: &Value) -> bool {
    let confirmation = &item["confirmation"];
    let told = confirmation["told"]["revision"].as_i64();
    let mut gone = case
        .confirmations
        .iter()
        .filter(|one| one.mode == Mode::Gone);
    confirmation["nextAttemptAtMs"].is_null()
        && gone.any(|one| one.body["data"]["revision"].as_i64() >= told)
}

pub fn is_owed(item: &Value) -> bool {
    let confirmation = &item["confirmation"];
    confirmation["revision"] != confirmation["confirmedRevision"]
}
