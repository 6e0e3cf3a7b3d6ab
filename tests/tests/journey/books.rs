//! The site's own books: slots, bookings, events, and what goes back. One function takes every view of an order, and does what
//! its status says of the slot.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::booking::{Booking, Way, Wish, amount};

/// A slot in somebody's calendar.
#[derive(Clone, Debug, Default)]
pub struct Slot {
    /// The booking that holds it, sold or not.
    pub holder: Option<String>,
    /// The booking whose event is in the calendar.
    pub event: Option<String>,
}

/// What the site has to do next for a booking.
#[derive(Clone, Debug)]
pub enum Duty {
    Create,
    Close(String),
    Refund(String, Wish),
}

/// All of it; what is done here is done in one transaction.
#[derive(Default)]
pub struct Books {
    pub bookings: BTreeMap<String, Booking>,
    pub slots: Vec<Slot>,
    /// Slots and events that changed hands, for the report.
    pub sold: u64,
    pub freed: u64,
    pub too_late: u64,
    /// What may never happen.
    pub wrong: Vec<String>,
}

impl Books {
    /// Holds the slot for a guest, if nobody does.
    pub fn hold(&mut self, booking: Booking) -> bool {
        let slot = &mut self.slots[booking.slot];
        if slot.holder.is_some() {
            return false;
        }
        slot.holder = Some(booking.id.clone());
        self.bookings.insert(booking.id.clone(), booking);
        true
    }

    /// Takes a view, from wherever it came, if it is newer than the one held.
    pub fn take(&mut self, view: &Value) -> bool {
        let id = view["reference"].as_str().unwrap_or_default().to_owned();
        let Some(booking) = self.bookings.get_mut(&id) else {
            self.wrong
                .push(format!("{id:?}: a view of no booking: {view}"));
            return false;
        };
        if let Some(known) = booking.order_id()
            && view["orderId"] != known
        {
            let sentence = format!("{id}: doubled: {known} is its order, and {view} another");
            self.wrong.push(sentence);
            return false;
        }
        let held = booking.view.as_ref().map(|held| held["revision"].as_i64());
        if held.is_some_and(|held| view["revision"].as_i64() <= held) {
            return false;
        }
        booking.view = Some(view.clone());
        self.act(&id);
        true
    }

    /// What the newest view's status says of the slot.
    pub fn act(&mut self, id: &str) {
        let Some(booking) = self.bookings.get(id).filter(|one| one.view.is_some()) else {
            return;
        };
        let is_being_closed = booking.is_being_closed();
        match booking.status() {
            "CREATED" | "PENDING" if !is_being_closed && !booking.is_closed => self.hold_again(id),
            "PAID" | "PARTIALLY_REFUNDED" if !is_being_closed && !booking.is_given_up => {
                self.sell(id);
            }
            "CREATED" | "PENDING" | "PAID" | "PARTIALLY_REFUNDED" | "CANCELED" | "EXPIRED"
            | "FAILED" | "DISPUTED" => self.free(id),
            "REFUNDED" => self.call_off(id),
            unknown => self.wrong.push(format!("{id}: a status {unknown:?}")),
        }
        self.follow_refunds(id);
    }

    /// A refused order that was revived needs its slot again; who was faster keeps it.
    fn hold_again(&mut self, id: &str) {
        let booking = self.bookings.get_mut(id).expect("it is known");
        let slot = &mut self.slots[booking.slot];
        match &slot.holder {
            None => slot.holder = Some(id.to_owned()),
            Some(holder) if holder == id => {}
            Some(_) => booking.is_given_up = true,
        }
    }

    /// The event is made, if the slot is still there.
    fn sell(&mut self, id: &str) {
        let slot = &mut self.slots[self.bookings[id].slot];
        if slot.event.as_deref() == Some(id) {
            return;
        }
        if slot.event.is_none() && slot.holder.as_deref().is_none_or(|holder| holder == id) {
            slot.holder = Some(id.to_owned());
            slot.event = Some(id.to_owned());
            self.sold += 1;
        } else {
            self.too_late += 1;
            self.free(id);
        }
    }

    /// The slot is anybody's again, unless it is somebody else's.
    pub fn free(&mut self, id: &str) {
        let slot = &mut self.slots[self.bookings[id].slot];
        if slot.holder.as_deref() == Some(id) {
            slot.holder = None;
            self.freed += 1;
        }
        if slot.event.as_deref() == Some(id) {
            slot.event = None;
        }
    }

    /// There will be no event, whatever is paid from now on.
    pub fn call_off(&mut self, id: &str) {
        if let Some(booking) = self.bookings.get_mut(id) {
            booking.is_given_up = true;
            self.free(id);
        }
    }

    pub fn is_sold(&self, id: &str) -> bool {
        let slot = &self.slots[self.bookings[id].slot];
        slot.event.as_deref() == Some(id)
    }

    /// How the refunds of a view ended.
    fn follow_refunds(&mut self, id: &str) {
        let booking = self.bookings.get_mut(id).expect("it is known");
        let refunds = booking.view.as_ref().map(|view| view["refunds"].clone());
        for refund in refunds.iter().filter_map(Value::as_array).flatten() {
            let mut wishes = booking.wishes.iter_mut();
            let is_it = |wish: &&mut Wish| refund["refundRequestId"].as_str() == wish.id.as_deref();
            if let Some(wish) = wishes.find(is_it) {
                wish.follow(refund);
            }
        }
    }

    /// What is to be done now; `is_due` besides what only time makes due.
    pub fn duty(&mut self, id: &str, now_ms: i64) -> Option<Duty> {
        let is_sold = self.is_sold(id);
        let booking = self.bookings.get_mut(id)?;
        let Some(order_id) = booking.order_id().map(str::to_owned) else {
            return (!booking.is_refused).then_some(Duty::Create);
        };
        if booking.status() == "FAILED" && booking.tries_again {
            return Some(Duty::Create);
        }
        if booking.is_open() {
            let is_to_close = booking.is_given_up || booking.is_over_since(now_ms);
            return (is_to_close && !booking.is_closed).then_some(Duty::Close(order_id));
        }
        let is_to_ask =
            |wish: &&Wish| wish.way == Way::Asked || wish.way == Way::Undecided && !wish.rests;
        if let Some(wish) = booking.wishes.iter().find(is_to_ask) {
            return Some(Duty::Refund(order_id, wish.clone()));
        }
        let wish = booking.is_free().then(|| booking.owed(is_sold)).flatten()?;
        booking.wishes.push(wish.clone());
        Some(Duty::Refund(order_id, wish))
    }

    /// A guest whose order failed asks for a new checkout, if the slot is still there; whether it is.
    pub fn try_again(&mut self, id: &str) -> bool {
        let Some(booking) = self.bookings.get_mut(id) else {
            return false;
        };
        let has_failed = booking.is_refused || booking.status() == "FAILED";
        let slot = &mut self.slots[booking.slot];
        // A key whose order was to be closed opens nothing any more.
        let is_over = booking.is_given_up || booking.is_closed || booking.is_being_closed();
        if !has_failed || is_over || slot.holder.is_some() {
            return false;
        }
        slot.holder = Some(id.to_owned());
        booking.is_refused = false;
        booking.tries_again = true;
        true
    }

    /// Refused for good: nobody pays this, and the slot is free.
    pub fn refuse(&mut self, id: &str) {
        if let Some(booking) = self.bookings.get_mut(id) {
            booking.tries_again = false;
            booking.is_refused = booking.view.is_none();
            if booking.is_refused || booking.status() == "FAILED" {
                self.free(id);
            }
        }
    }

    /// A person has a part of the newest payment given back.
    pub fn extra(&mut self, id: &str, part: Decimal) {
        let Some(booking) = self.bookings.get_mut(id).filter(|one| one.is_free()) else {
            return;
        };
        let Some(payment) = booking.payments().first().cloned() else {
            return;
        };
        let trade_no = payment["merchantTradeNo"].as_str().unwrap_or_default();
        let part = (amount(&payment["amount"]) / part)
            .trunc_with_scale(6)
            .normalize();
        let body =
            json!({"amount": part.to_string(), "merchantTradeNo": trade_no, "reason": "As agreed"});
        let mut wish = booking.wish(trade_no, body);
        wish.is_extra = true;
        booking.wishes.push(wish);
    }
}
