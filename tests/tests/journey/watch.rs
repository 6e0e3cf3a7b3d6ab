//! What holds at any time, judged the moment it happens by what Binance has: no event without a payment, no end of what can
//! still be paid, no slot sold twice.

use sandbox::binance::Status;
use serde_json::Value;

use crate::world::World;

/// Where a payer can be sent.
pub const WAYS: [&str; 5] = [
    "checkoutUrl",
    "qrcodeLink",
    "qrContent",
    "deeplink",
    "universalUrl",
];

/// Judges a view that reached the site, by whatever way and however late.
pub fn view(world: &World, view: &Value) {
    let order_id = view["orderId"].as_str().unwrap_or_default();
    let is_payable = WAYS.iter().any(|way| !view[*way].is_null());
    let is_open = view["status"] == "PENDING" && view["closeRequestedAt"].is_null();
    if is_payable && !is_open {
        world.wrong(format!("{order_id}: a way to pay what is over: {view}"));
    }
    {
        let mut memory = world.memory();
        if let Some(trade_no) = view["merchantTradeNo"].as_str().filter(|_| is_payable) {
            memory.known.insert(trade_no.to_owned());
        }
        let views = memory.views.entry(order_id.to_owned()).or_default();
        views.push(view.clone());
    }
    match view["status"].as_str().unwrap_or_default() {
        "CANCELED" | "EXPIRED" => over(world, order_id, view),
        "PAID" | "PARTIALLY_REFUNDED" | "REFUNDED" => paid(world, order_id, view),
        _ => {}
    }
}

/// Nothing whose address anybody has can still be paid in time.
fn over(world: &World, order_id: &str, view: &Value) {
    for trade_no in known(world, order_id) {
        let Some(order) = world.sandbox.binance().order(&trade_no) else {
            continue;
        };
        if matches!(order.status, Status::Initial | Status::Pending) {
            let (status, told) = (order.status, &view["status"]);
            let sentence = format!("{order_id}: a lie: {told}, and {trade_no} is {status:?}");
            world.wrong(sentence);
        }
    }
}

/// Whoever is told of money finds it at Binance.
fn paid(world: &World, order_id: &str, view: &Value) {
    for payment in view["payments"].as_array().into_iter().flatten() {
        let trade_no = payment["merchantTradeNo"].as_str().unwrap_or_default();
        let order = world.sandbox.binance().order(trade_no);
        if order.is_none_or(|order| order.payment.is_none()) {
            world.wrong(format!("{order_id}: nobody paid {trade_no}: {view}"));
        }
    }
}

fn known(world: &World, order_id: &str) -> Vec<String> {
    let memory = world.memory();
    let numbers = memory.known.iter();
    let own = numbers.filter(|trade_no| trade_no.starts_with(order_id));
    own.cloned().collect()
}

/// The event that a view made is of the booking that holds the slot, and is paid.
pub fn events(world: &World, view: &Value) {
    let id = view["reference"].as_str().unwrap_or_default();
    let mut books = world.site.books();
    let Some(booking) = books.bookings.get(id).cloned() else {
        return;
    };
    let events = books.slots.iter().enumerate();
    let own = events.filter(|(_, slot)| slot.event.as_deref() == Some(id));
    let places: Vec<usize> = own.map(|(place, _)| place).collect();
    let holder = books.slots[booking.slot].holder.clone();
    if places.is_empty() {
        return;
    }
    if places != [booking.slot] || holder.as_deref() != Some(id) {
        let sentence = format!("{id}: a slot sold twice: {places:?}, held by {holder:?}");
        books.wrong.push(sentence);
    }
    drop(books);
    let held = booking.view.unwrap_or_default();
    let is_paid = held["status"] == "PAID" || held["status"] == "PARTIALLY_REFUNDED";
    let trade_no = held["merchantTradeNo"].as_str().unwrap_or_default();
    let order = world.sandbox.binance().order(trade_no);
    if !is_paid || order.is_none_or(|order| order.payment.is_none()) {
        world.wrong(format!("{id}: an event without a payment: {held}"));
    }
}
