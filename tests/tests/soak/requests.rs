//! The comparison, request by request: what clients were told and what is in the table.

use std::collections::BTreeSet;

use aws_lc_rs::hmac;
use sandbox::binance::Status;

use crate::evidence::{Case, Evidence};
use crate::script::Script;
use crate::verdict::Finding;
use crate::world::Told;

/// Where a payer can be sent; one is enough.
const WAYS: [&str; 5] = [
    "checkoutUrl",
    "qrcodeLink",
    "qrContent",
    "deeplink",
    "universalUrl",
];

/// Every difference between the answers for one number of the soak and the orders that carry it.
pub fn judge(script: &Script, evidence: &Evidence) -> Vec<Finding> {
    let none = Vec::new();
    let orders = evidence
        .by_reference
        .get(&script.reference())
        .unwrap_or(&none);
    let told = evidence
        .told
        .get(&script.number)
        .map_or(&[][..], Vec::as_slice);
    let derived = script.key.as_deref().map(|key| derived(key, evidence));
    let mut findings = Vec::new();
    let mut found = |sentence: String| {
        let order_id = orders
            .first()
            .cloned()
            .unwrap_or_else(|| script.reference());
        findings.push(Finding { order_id, sentence });
    };
    if orders.len() > 1 {
        found(format!("doubled: one request, and the orders {orders:?}"));
    }
    let created = || told.iter().filter(|one| one.status == Some(201));
    for one in created() {
        let order_id = one.text("orderId").unwrap_or_default();
        if !orders.iter().any(|known| known == order_id) {
            found(format!("lost: 201 for {order_id}"));
        }
        if derived.as_ref().is_some_and(|derived| derived != order_id) {
            found(format!("doubled: {order_id} is not the order of its key"));
        }
        let is_open = one.text("status") == Some("PENDING");
        let is_payable = WAYS.iter().any(|way| one.text(way).is_some());
        if one.text("status") == Some("CREATED") || is_open != is_payable {
            found(format!("lost: 201 without a checkout for {order_id}"));
        }
    }
    let is_binances = |one: &&Told| one.text("source") == Some("binance");
    if told.iter().any(|one| is_binances(&one)) && orders.is_empty() {
        found("lost: Binance was called for an order that is not in the table".to_owned());
    }
    if created().any(|one| one.is_replayed && script.key.is_none()) {
        found("doubled: a request without a key was taken for a repeat".to_owned());
    }
    let open = open_checkouts(
        created(),
        orders.first().and_then(|id| evidence.cases.get(id)),
    );
    if open.len() > 1 {
        found(format!("doubled: the client knows the checkouts {open:?}"));
    }
    findings
}

/// The checkouts that clients were told they could pay, but for those that ended in `ERROR` at Binance.
fn open_checkouts<'a>(
    created: impl Iterator<Item = &'a Told>,
    case: Option<&Case>,
) -> BTreeSet<&'a str> {
    let is_failed = |trade_no: &str| {
        case.is_some_and(|case| {
            let mut orders = case.orders.iter();
            orders.any(|one| one.merchant_trade_no == trade_no && one.status == Status::Error)
        })
    };
    created
        .filter(|one| one.text("status") == Some("PENDING"))
        .filter_map(|one| one.text("merchantTradeNo"))
        .filter(|trade_no| !is_failed(trade_no))
        .collect()
}

/// The order id that belongs to a key of LeadsCalendar in this table.
fn derived(key: &str, evidence: &Evidence) -> String {
    let namespace = evidence.namespace.as_deref().unwrap_or_default();
    let namespace = hmac::Key::new(hmac::HMAC_SHA256, namespace);
    let tag = hmac::sign(&namespace, format!("LeadsCalendar\0{key}").as_bytes());
    let digits = tag.as_ref().iter().map(|byte| format!("{byte:02x}"));
    digits.take(15).collect()
}
