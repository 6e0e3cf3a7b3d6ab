//! The comparison of the money: the status says exactly what the simulator took for us, and gave back.

use rust_decimal::Decimal;
use sandbox::binance::{Order, Status};
use serde_json::Value;

use crate::evidence::{Case, Evidence};
use crate::notice::{Back, acknowledged, amount};

/// How long an order without `expiresIn` lives.
const HOUR_MS: i64 = 3_600_000;

/// Every difference between the simulator's money and the table's.
pub fn judge(case: &Case, item: &Value, evidence: &Evidence, found: &mut impl FnMut(String)) {
    status(case, item, found);
    for order in &case.orders {
        payment(case, order, evidence, found);
        let end_ms = case.attempt(&order.merchant_trade_no)["checkout"]["expiresAtMs"].as_i64();
        // It may have been ended before.
        if end_ms.is_some_and(|end_ms| end_ms < order.expire_time) {
            found(format!("lost: the end of the checkout is {end_ms:?}"));
        }
    }
    let attempts = item["attempts"].as_array().into_iter().flatten();
    for (attempt, number) in attempts.zip(1..) {
        let trade_no = format!("{}{number:02}", case.order_id);
        let mut orders = case.orders.iter();
        let is_money =
            |order: &Order| order.merchant_trade_no == trade_no && order.payment.is_some();
        if attempt["payment"].is_object() && !orders.any(is_money) {
            found(format!("wrongly paid: nobody paid {trade_no}"));
        }
    }
    settled(case, item, evidence, found);
}

pub fn is_matching(order: &Order) -> bool {
    order.payment.as_ref().is_some_and(|payment| {
        payment.amount == order.total_fee && payment.currency == order.currency
    })
}

/// Whether a repeat of the request came after the order's end, which opens nothing and ends the order.
pub fn is_time_up(item: &Value) -> bool {
    let mut history = item["history"].as_array().into_iter().flatten();
    history.any(|change| change["cause"] == "time up")
}

fn is_gone(order: &Order) -> bool {
    let paid = order.payment.as_ref().map(|payment| payment.amount);
    paid == Some(order.refunded())
}

fn paid(case: &Case) -> impl Iterator<Item = &Order> {
    case.orders.iter().filter(|order| order.payment.is_some())
}

fn status(case: &Case, item: &Value, found: &mut impl FnMut(String)) {
    let status = item["status"].as_str().unwrap_or_default();
    let attempts = item["attempts"].as_array().map_or(0, Vec::len);
    let current = format!("{}{attempts:02}", case.order_id);
    let mut orders = case.orders.iter();
    let current = orders.find(|order| order.merchant_trade_no == current);
    let ended = current.map(|order| order.status);
    // The simulator let its time pass at once, and tells as much.
    let is_early = current.is_some_and(|order| {
        let end_ms = &case.attempt(&order.merchant_trade_no)["checkout"]["expiresAtMs"];
        end_ms.as_i64() != Some(order.expire_time)
    });
    let expected: &[&str] = if paid(case).next().is_none() {
        match ended {
            // Of a close that is learned of after the end nobody can say when it was.
            Some(Status::Canceled) => &["CANCELED", "EXPIRED", "FAILED"],
            Some(Status::Expired) if is_early => &["EXPIRED", "CANCELED", "FAILED"],
            Some(Status::Expired) => &["EXPIRED", "FAILED"],
            Some(Status::Error) | None if is_time_up(item) => &["EXPIRED"],
            Some(Status::Error) | None => &["FAILED"],
            Some(_) => &[],
        }
    } else if paid(case).all(is_gone) {
        &["REFUNDED"]
    } else if !paid(case).any(is_matching) {
        &["DISPUTED"]
    } else if paid(case).any(|order| !order.refunded().is_zero()) {
        &["PARTIALLY_REFUNDED"]
    } else {
        &["PAID"]
    };
    if !expected.contains(&status) {
        found(format!(
            "wrongly paid: {status}, and by Binance ({ended:?}) it should be one of {expected:?}"
        ));
    }
}

/// One payment of the simulator's, and what went back of it.
fn payment(case: &Case, order: &Order, evidence: &Evidence, found: &mut impl FnMut(String)) {
    let Some(taken) = &order.payment else { return };
    let trade_no = &order.merchant_trade_no;
    let known = &case.attempt(trade_no)["payment"];
    if !known.is_object() {
        return found(format!("lost: the payment of {trade_no}"));
    }
    if amount(&known["amount"]) != taken.amount || known["currency"] != *taken.currency {
        found(format!(
            "wrongly paid: the payment of {trade_no} is {known}"
        ));
    }
    let gave = order.refunded();
    let told = told(case, order, evidence);
    let is_right = match Back::of(known) {
        Back::Nothing => gave.is_zero(),
        _ if is_gone(order) => Back::of(known) == Back::Total(gave),
        Back::Part => !gave.is_zero() && told.is_none(),
        // Of a refund by hand that follows, Binance does not tell how much it was.
        Back::Total(total) => total <= gave && told.is_none_or(|told| total >= told),
    };
    if !is_right {
        let back = Back::of(known);
        found(format!(
            "wrongly paid: {back:?} of {trade_no} went back, and Binance gave {gave}, of which it told {told:?}"
        ));
    }
}

/// What Binance told in so many words of what went back of a payment that it had told as well.
fn told(case: &Case, order: &Order, evidence: &Evidence) -> Option<Decimal> {
    let is_odd = evidence.hidden.contains(&order.merchant_trade_no)
        || !is_matching(order)
        || paid(case).count() > 1;
    let all = || acknowledged(&case.deliveries, order);
    let mut payments = all().filter(|(_, notice)| notice.kind == "PAY_SUCCESS");
    let (first, _) = payments.next().filter(|_| !is_odd)?;
    let is_known_at = first.at_ms + first.elapsed_ms;
    let refunds = all().filter(|(delivery, _)| delivery.at_ms >= is_known_at);
    refunds.filter_map(|(_, notice)| notice.refunded).max()
}

/// The payment that counts is one of those that match; and what was open was not given up before it was paid.
fn settled(case: &Case, item: &Value, evidence: &Evidence, found: &mut impl FnMut(String)) {
    let Some(counts) = item["paidAttempt"].as_u64() else {
        return;
    };
    let trade_no = format!("{}{counts:02}", case.order_id);
    let mut orders = paid(case).filter(|order| is_matching(order));
    let Some(order) = orders.find(|order| order.merchant_trade_no == trade_no) else {
        return found(format!("wrongly paid: {trade_no} counts as the payment"));
    };
    let attempts = item["attempts"].as_array().map_or(0, Vec::len);
    let is_current = attempts == usize::try_from(counts).unwrap();
    if !is_current && item["late"] != true {
        found("wrongly paid: an older attempt was paid, and it is not late".to_owned());
    }
    // An end that Binance did not tell is reckoned by our clock, which the simulator's is ahead of.
    let is_untold = case.attempt(&trade_no)["checkout"]["expiresAtMs"].is_null();
    let is_late = evidence.late.contains(&trade_no) || evidence.hidden.contains(&trade_no);
    if !is_current || is_late || is_untold || paid(case).count() > 1 {
        return;
    }
    let paid_at_ms = order.payment.as_ref().unwrap().transact_time;
    // The order has an end of its own, by our clock, which the simulator's may be far ahead of.
    let own_end_ms = item["createdAtMs"].as_i64().unwrap_or_default() + HOUR_MS;
    if paid_at_ms >= own_end_ms {
        return;
    }
    if item["late"] == true && paid_at_ms < order.expire_time {
        found("wrongly paid: late, and it was paid in time".to_owned());
    }
    let mut history = item["history"].as_array().into_iter().flatten();
    if history.any(|change| change["status"] == "CANCELED" || change["status"] == "EXPIRED") {
        found("lost: over, before its payer paid it in time".to_owned());
    }
}
