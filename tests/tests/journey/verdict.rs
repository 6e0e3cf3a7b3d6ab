//! What holds in the end and finally: nothing paid without an event or a refund, nothing held by what is over, and three books
//! that agree to the last decimal.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sandbox::binance::{Order, RefundStatus, Status};
use serde_json::Value;

use crate::booking::{Booking, Way, amount};
use crate::books::Books;
use crate::views;
use crate::world::{Memory, World};

/// What the three books say.
#[derive(Debug, Default)]
pub struct Sums {
    pub paid: Decimal,
    pub earned: Decimal,
    pub given_back: Decimal,
}

/// Everything that differs, and what the books say.
pub fn judge(world: &World) -> (Vec<String>, Sums) {
    let orders = world.sandbox.binance().orders();
    let items = world.sandbox.dynamodb().items().unwrap();
    let books = world.site.books();
    let memory = world.memory();
    let mut found = [memory.wrong.clone(), books.wrong.clone()].concat();
    slots(&books, &mut found);
    for booking in books.bookings.values() {
        in_the_end(booking, &books, &orders, &mut found);
    }
    for item in items.iter().filter(|item| item["orderId"] != "namespace") {
        same_as_the_table(item, &books, &mut found);
    }
    for (order_id, views) in &memory.views {
        views::judge(order_id, views, &orders, &memory, &mut found);
    }
    let sums = sums(&books, &orders, &memory, &mut found);
    (found, sums)
}

/// No slot is held by what is over.
fn slots(books: &Books, found: &mut Vec<String>) {
    for (number, slot) in books.slots.iter().enumerate() {
        let Some(holder) = &slot.holder else { continue };
        let booking = &books.bookings[holder];
        let status = booking.status();
        let is_sold = slot.event.as_ref() == Some(holder);
        if !is_sold || status != "PAID" && status != "PARTIALLY_REFUNDED" {
            found.push(format!(
                "{holder}: slot {number} is held in the end by {booking:?}"
            ));
        }
    }
}

/// Each payment bought an event or went back; each refund is decided, and happened once.
fn in_the_end(booking: &Booking, books: &Books, orders: &[Order], found: &mut Vec<String>) {
    let id = &booking.id;
    let own = |order: &&Order| {
        let order_id = booking.order_id();
        order_id.is_some_and(|order_id| order.merchant_trade_no.starts_with(order_id))
    };
    if booking.is_open() {
        found.push(format!("{id}: still {} in the end", booking.status()));
    }
    let counts = booking.view.as_ref().map(|view| &view["merchantTradeNo"]);
    for order in orders.iter().filter(own) {
        let Some(payment) = &order.payment else {
            continue;
        };
        let trade_no = &order.merchant_trade_no;
        let mut known = booking.payments().iter();
        let Some(known) = known.find(|known| known["merchantTradeNo"] == **trade_no) else {
            found.push(format!("{id}: lost: the payment of {trade_no}"));
            continue;
        };
        if amount(&known["amount"]) != payment.amount || known["currency"] != *payment.currency {
            found.push(format!(
                "{id}: {trade_no} took {payment:?}, and the site knows {known}"
            ));
        }
        let back = &known["refundedAmount"];
        let gave = order.given_back();
        // Of a refund by hand that follows another refund, Binance does not tell how much it was.
        let is_told = !booking.by_hand.contains_key(trade_no);
        let is_right = back.is_null() || amount(back) == gave || !is_told && amount(back) < gave;
        if !is_right || booking.back(known) != gave {
            found.push(format!(
                "{id}: {trade_no} gave {gave} back, and the site knows {back}"
            ));
        }
        let bought = books.is_sold(id) && counts.is_some_and(|counts| *counts == **trade_no);
        if !bought && gave != payment.amount {
            found.push(format!(
                "{id}: {trade_no} bought nothing, and {gave} went back"
            ));
        }
        if gave > payment.amount {
            found.push(format!("{id}: more than was paid went back of {trade_no}"));
        }
        refunds(booking, order, found);
    }
}

/// The refunds of one payment, one by one.
fn refunds(booking: &Booking, order: &Order, found: &mut Vec<String>) {
    let (id, trade_no) = (&booking.id, &order.merchant_trade_no);
    for refund in &order.refunds {
        if refund.status == RefundStatus::Pending {
            found.push(format!("{id}: Binance has not decided {refund:?}"));
        }
        let name = refund.refund_request_id.as_str();
        let mut views = booking
            .view
            .iter()
            .filter_map(|view| view["refunds"].as_array());
        let mut known = views.next().into_iter().flatten();
        let known = known.find(|known| known["refundRequestId"] == name);
        let expected = match refund.status {
            RefundStatus::Success => "SUCCEEDED",
            RefundStatus::Fail => "FAILED",
            RefundStatus::Pending => "PENDING",
        };
        if !refund.by_hand && known.is_none_or(|known| known["status"] != expected) {
            found.push(format!(
                "{id}: {name} is {expected} at Binance, and {known:?} here"
            ));
        }
    }
    let succeeded = |refund: &&sandbox::binance::Refund| refund.status == RefundStatus::Success;
    let all = order.refunds.iter().filter(succeeded);
    let (by_hand, own): (Vec<_>, Vec<_>) = all.partition(|refund| refund.by_hand);
    let wishes = booking
        .wishes
        .iter()
        .filter(|wish| wish.trade_no == *trade_no);
    let granted = wishes.filter(|wish| wish.way == Way::Succeeded).count();
    if own.len() != granted {
        let sentence = format!(
            "{id}: refunded {} times for {granted} wishes: {:?} and {own:?}",
            own.len(),
            booking.wishes
        );
        found.push(sentence);
    }
    let by_hand: Decimal = by_hand.iter().map(|refund| refund.amount).sum();
    if by_hand != booking.by_hand.get(trade_no).copied().unwrap_or_default() {
        found.push(format!("{id}: {by_hand} of {trade_no} went back by hand"));
    }
    for wish in &booking.wishes {
        if matches!(wish.way, Way::Asked | Way::Undecided) {
            found.push(format!(
                "{id}: a refund is not decided in the end: {wish:?}"
            ));
        }
    }
}

/// The site knows without asking what the table knows.
fn same_as_the_table(item: &Value, books: &Books, found: &mut Vec<String>) {
    let id = item["request"]["reference"].as_str().unwrap_or_default();
    let Some(booking) = books.bookings.get(id) else {
        return found.push(format!("{id:?}: an order of no booking: {item}"));
    };
    let is_refused = item["status"] == "FAILED" && booking.is_refused;
    if booking
        .order_id()
        .is_some_and(|order_id| item["orderId"] != *order_id)
    {
        found.push(format!("{id}: doubled: another order {}", item["orderId"]));
    } else if item["status"] != booking.status() && !is_refused {
        let (status, known) = (&item["status"], booking.status());
        found.push(format!("{id}: {status}, and the site was told {known:?}"));
    }
    if item["confirmation"]["revision"] != item["confirmation"]["confirmedRevision"] {
        found.push(format!("{id}: still owed: {}", item["confirmation"]));
    }
}

/// What guests paid is what the site earned and what went back, in the books of all three.
fn sums(books: &Books, orders: &[Order], memory: &Memory, found: &mut Vec<String>) -> Sums {
    let mut site = Sums::default();
    for booking in books.bookings.values() {
        let counts = booking.view.as_ref().map(|view| &view["merchantTradeNo"]);
        for payment in booking.payments() {
            let paid = amount(&payment["amount"]);
            let back = booking.back(payment);
            site.paid += paid;
            site.given_back += back;
            if books.is_sold(&booking.id) && counts == Some(&payment["merchantTradeNo"]) {
                site.earned += paid - back;
            }
        }
    }
    let taken = orders.iter().filter_map(|order| order.payment.as_ref());
    let taken: Decimal = taken.map(|payment| payment.amount).sum();
    let given_back: Decimal = orders.iter().map(Order::given_back).sum();
    let is_even = site.paid == site.earned + site.given_back;
    if !is_even || taken != site.paid || given_back != site.given_back {
        found.push(format!(
            "the books differ: Binance took {taken} and gave {given_back}, and the site says {site:?}"
        ));
    }
    let taken: BTreeMap<&str, Decimal> = orders
        .iter()
        .filter_map(|order| Some((&*order.merchant_trade_no, order.payment.as_ref()?.amount)))
        .collect();
    for (trade_no, paid) in &memory.purse {
        if taken.get(trade_no.as_str()) != Some(paid) {
            found.push(format!(
                "{trade_no}: a guest paid {paid}, and Binance took {taken:?}"
            ));
        }
    }
    site
}

/// Whether it was paid after it had ended at Binance.
pub fn was_paid_late(order: &Order) -> bool {
    order.payment.is_some() && order.close_time.is_some() && order.status != Status::Initial
}
