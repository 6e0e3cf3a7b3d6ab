//! What is printed: one line of each world, what was injected, and the story of the first bookings that differ.

use std::collections::BTreeMap;

use sandbox::clock;
use serde_json::Value;

use crate::booking::Booking;
use crate::drawn::name;
use crate::verdict::Sums;
use crate::world::{Settings, World};

/// Findings that are printed.
const MOST_FINDINGS: usize = 20;
/// Bookings whose story is told in full.
const STORIES: usize = 3;

/// The line of one world, and what differs in it.
pub fn print(world: &World, found: &[String], sums: &Sums) {
    let Settings {
        kind,
        seed,
        bookings,
        ..
    } = world.settings;
    let books = world.site.books();
    let mut statuses = BTreeMap::<&str, u64>::new();
    for booking in books.bookings.values() {
        let status = match booking.status() {
            "" => "refused",
            status => status,
        };
        *statuses.entry(status).or_default() += 1;
    }
    let refunds = world.sandbox.binance().refunds().len();
    let secs = (clock::now_ms() - world.began_ms) / 1_000;
    let Sums {
        paid,
        earned,
        given_back,
    } = sums;
    println!(
        "{kind:?} {bookings}, seed {seed}, {secs} s: {statuses:?}; events made {}, slots freed {}, paid too late {}, refunds \
         {refunds}; paid {paid} = earned {earned} + given back {given_back}; {} differences",
        books.sold,
        books.freed,
        books.too_late,
        found.len()
    );
    for sentence in found.iter().take(MOST_FINDINGS) {
        println!("    {sentence}");
    }
    let differs = |booking: &&Booking| {
        let order_id = booking.order_id().unwrap_or(&booking.id);
        let mut found = found.iter();
        found.any(|one| one.contains(&format!("{}:", booking.id)) || one.contains(order_id))
    };
    for booking in books.bookings.values().filter(differs).take(STORIES) {
        tell(world, booking);
    }
}

/// Everything that everybody knows of one booking.
fn tell(world: &World, booking: &Booking) {
    println!("\nBooking {}: {booking:?}", booking.id);
    let Some(order_id) = booking.order_id() else {
        return;
    };
    let is_own = |trade_no: &Option<String>| {
        let trade_no = trade_no.as_deref().unwrap_or_default();
        trade_no.starts_with(order_id)
    };
    for view in world.memory().views.get(order_id).into_iter().flatten() {
        let said = [
            "revision",
            "status",
            "merchantTradeNo",
            "late",
            "closeRequestedAt",
            "payments",
            "refunds",
        ];
        println!("  view    {:?}", said.map(|field| view[field].to_string()));
    }
    if let Ok(Some(item)) = world.sandbox.dynamodb().item(order_id) {
        println!("  item    {item}");
    }
    let binance = world.sandbox.binance();
    for order in binance.orders() {
        if order.merchant_trade_no.starts_with(order_id) {
            println!("  Binance {}", serde_json::to_string(&order).unwrap());
        }
    }
    for call in binance.calls().iter().filter(|one| is_own(&one.trade_no)) {
        println!("  call    {}", serde_json::to_string(call).unwrap());
    }
    let deliveries = binance.deliveries();
    for one in deliveries.iter().filter(|one| is_own(&one.trade_no)) {
        println!("  notice  {}", serde_json::to_string(one).unwrap());
    }
}

/// Counts what was injected, and what the stand-ins really played.
pub fn count(world: &World, injected: &mut BTreeMap<String, u64>) {
    for (what, times) in &world.memory().injected {
        *injected.entry((*what).to_owned()).or_default() += times;
    }
    for call in world.sandbox.binance().calls() {
        let on = call.path.trim_start_matches("/binancepay/openapi/");
        let mut add = |fault: &Value| {
            *injected
                .entry(format!("Binance, {on}: {}", name(fault)))
                .or_default() += 1;
        };
        call.fault.iter().for_each(&mut add);
        call.steered.iter().for_each(&mut add);
    }
}
