//! All that was ever said of one order, by answers and messages: one revision is one view, an end is final but for money, and
//! an order that was paid in time was never over.

use std::collections::BTreeMap;

use sandbox::binance::Order;
use serde_json::Value;

use crate::booking::amount;
use crate::verdict::was_paid_late;
use crate::world::Memory;

/// Everything wrong about the views of one order, in whatever order they came.
pub fn judge(
    order_id: &str,
    views: &[Value],
    orders: &[Order],
    memory: &Memory,
    found: &mut Vec<String>,
) {
    let mut revisions = BTreeMap::<i64, &Value>::new();
    for view in views {
        let revision = view["revision"].as_i64().unwrap_or_default();
        let first = revisions.entry(revision).or_insert(view);
        if *first != view {
            found.push(format!(
                "{order_id}: revision {revision} was {first}, then {view}"
            ));
        }
    }
    let views: Vec<&Value> = revisions.into_values().collect();
    for pair in views.windows(2) {
        if !follows(pair[0], pair[1]) {
            found.push(format!("{order_id}: {} became {}", pair[0], pair[1]));
        }
    }
    let is_over = |view: &&&Value| view["status"] == "CANCELED" || view["status"] == "EXPIRED";
    let Some(over) = views.iter().find(is_over) else {
        return;
    };
    for order in orders {
        let trade_no = order.merchant_trade_no.as_str();
        let is_own = trade_no.starts_with(order_id) && memory.known.contains(trade_no);
        if is_own && order.payment.is_some() && !was_paid_late(order) {
            let told = &over["status"];
            found.push(format!(
                "{order_id}: a lie: {told}, and {trade_no} was paid in time: {order:?}"
            ));
        }
    }
}

/// After an end there is nothing but money, and that is late; what was paid only goes back.
fn follows(before: &Value, after: &Value) -> bool {
    let status = |view: &Value| view["status"].as_str().unwrap_or_default().to_owned();
    let (was, is) = (status(before), status(after));
    let is_money = ["PAID", "DISPUTED", "PARTIALLY_REFUNDED", "REFUNDED"].contains(&is.as_str());
    let is_late = after["late"] == true || is == "DISPUTED" || is == "REFUNDED";
    let is_next = match was.as_str() {
        "CREATED" | "PENDING" => true,
        // Its key may revive it.
        "FAILED" => {
            is_money
                || ["FAILED", "CREATED", "PENDING", "CANCELED", "EXPIRED"].contains(&is.as_str())
        }
        "PAID" | "PARTIALLY_REFUNDED" | "REFUNDED" => is_money && is != "DISPUTED",
        "DISPUTED" => is_money,
        _ => is == was || is_money && is_late,
    };
    let (was_back, is_back) = (&before["refundedAmount"], &after["refundedAmount"]);
    let is_less = !was_back.is_null() && !is_back.is_null() && amount(is_back) < amount(was_back);
    let wish = &before["closeRequestedAt"];
    let wish_stays = wish.is_null() || after["closeRequestedAt"] == *wish;
    let payments = |view: &Value| view["payments"].as_array().map_or(0, Vec::len);
    is_next && !is_less && wish_stays && payments(before) <= payments(after)
}
