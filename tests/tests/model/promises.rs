//! What is promised, and is to be true of each state, or of each in which nothing is left to be done.

use std::mem::discriminant;

use shared::binance::{BinanceError, Created};
use shared::order::{Event, Order, RefundFact, RefundId, RefundStatus, Status, Unaccepted};
use stateright::Property;

use crate::binance::{End, Stands};
use crate::explorer::Payments;
use crate::faults::Planted;
use crate::normal::Kept;
use crate::world::{OVER, World};

pub const REOPENED: &str = "no trade number is opened twice";
pub const UNRECORDED: &str = "Binance hears of nothing that is not in the table";
pub const UNWRITTEN: &str = "LeadsCalendar is told nothing that is not in the table";
pub const TAKEN_BACK: &str = "no final answer is taken back but by money";
pub const PAID_IN_TIME: &str = "no order that was paid in time is said to be over";
pub const OUR_MONEY: &str = "an order is PAID only with our money";
pub const GONE: &str = "no more went back than was paid, and Binance gave back";
pub const PAID: &str = "in the end an order is PAID if Binance has our money";
pub const TOLD: &str = "in the end nothing owed is untold";
pub const STUCK: &str = "in the end no order is stuck";
pub const REFUNDED: &str = "in the end a refund stands as it does at Binance";

pub fn all() -> Vec<Property<Payments>> {
    let unbroken = [
        Property::always(REOPENED, |_, world: &World| {
            world.seen.broken != Some(REOPENED)
        }),
        Property::always(UNRECORDED, |_, world: &World| {
            world.seen.broken != Some(UNRECORDED)
        }),
        Property::always(UNWRITTEN, |_, world: &World| {
            world.seen.broken != Some(UNWRITTEN)
        }),
        Property::always(TAKEN_BACK, |_, world: &World| {
            world.seen.broken != Some(TAKEN_BACK)
        }),
        Property::always(PAID_IN_TIME, |_, world: &World| {
            world.seen.broken != Some(PAID_IN_TIME)
        }),
    ];
    let always = [
        Property::always(OUR_MONEY, |_, world: &World| {
            let paid = world.order().and_then(|order| order.paid_attempt);
            paid.is_none_or(|number| world.binance.is_paid(number))
        }),
        Property::always(GONE, |_, world: &World| {
            let gone = world.order().and_then(Order::refunded);
            let is_gone = matches!(world.binance.refund, Some((_, Some(true))));
            let is_paid = [1, 2].iter().any(|number| world.binance.is_paid(*number));
            gone.is_none_or(|gone| gone.is_zero() || (is_gone && is_paid))
        }),
        Property::always(PAID, |_, world: &World| {
            let has = |number: &u8| world.binance.is_paid(*number);
            let is_paid = world.order().is_some_and(Order::is_paid);
            !world.is_over() || ![1, 2].iter().any(has) || is_paid
        }),
        Property::always(TOLD, |_, world: &World| !world.is_over() || is_told(world)),
        Property::always(STUCK, |_, world: &World| !is_stuck(world)),
        Property::always(REFUNDED, |_, world: &World| {
            !world.is_over() || is_refunded(world)
        }),
    ];
    unbroken.into_iter().chain(always).collect()
}

/// LeadsCalendar has accepted how the order stands, or had it as the answer to its request.
fn is_told(world: &World) -> bool {
    let Some(order) = world.order() else {
        return true;
    };
    let accepted = world.seen.accepted.map(|(_, status)| status);
    let is_accepted = accepted == Some(discriminant(&order.status));
    !order.confirmation.is_owed() && (order.confirmation.told.is_none() || is_accepted)
}

/// At its last time, and yet not at its end; or with more to do than a time has runs.
fn is_stuck(world: &World) -> bool {
    let Some(order) = world.order().filter(|_| world.runs.is_empty()) else {
        return false;
    };
    let is_waiting = matches!(order.status, Status::Created | Status::Pending);
    let is_open = is_waiting || order.report.is_some() || order.undecided_refund().is_some();
    world.is_over() && is_open || world.is_out_of_runs()
}

fn is_refunded(world: &World) -> bool {
    let refund = world.order().and_then(|order| order.refunds.first());
    let is = matches!(world.binance.refund, Some((_, Some(true))));
    refund.is_none_or(|refund| (refund.status == RefundStatus::Succeeded) == is)
}

/// Binance opens a checkout; none if it has that number already.
pub fn open(world: &mut World, number: u8) -> Option<Created> {
    let is_recorded = world
        .order()
        .is_some_and(|order| order.attempt(number).is_some());
    if !is_recorded {
        world.seen.broken = Some(UNRECORDED);
    }
    let created = world.binance.open(number, world.at);
    if created.is_none() {
        world.seen.broken = Some(REOPENED);
    }
    created
}

/// Binance takes on a refund, or refuses it.
pub fn give_back(world: &mut World, number: u8, id: &RefundId) -> Result<RefundFact, BinanceError> {
    if world.order().is_none_or(|order| order.refund(id).is_none()) {
        world.seen.broken = Some(UNRECORDED);
    }
    world.binance.give_back(number, id)
}

/// LeadsCalendar is told; what the attempt came to.
pub fn tell(model: Payments, world: &mut World, order: &Order, end: End) -> Event {
    let revision = order.confirmation.revision;
    let written = world.order().map_or(0, |order| order.confirmation.revision);
    if revision > written {
        world.seen.broken = Some(UNWRITTEN);
    }
    // Who is told passes over what is older than what he knows.
    if end != End::NotDone
        && world
            .seen
            .accepted
            .is_none_or(|(known, _)| known < revision)
    {
        world.seen.accepted = Some((revision, discriminant(&order.status)));
    }
    if end == End::Done || model.has(Planted::UnacceptedBelieved) {
        return Event::Confirmed { revision };
    }
    let answer = Unaccepted {
        reason: String::new(),
        retry_after_ms: None,
        status: None,
        is_gone: false,
        is_timeout: false,
    };
    let attempt = order.confirmation.next_attempt();
    Event::Unconfirmed {
        revision,
        attempt,
        answer,
    }
}

/// An order is written.
pub fn write(world: &mut World, kept: Kept) {
    let was = world.order().map(|order| order.status);
    let is = kept.order.status;
    let is_money = matches!(
        is,
        Status::Paid | Status::Disputed | Status::PartiallyRefunded | Status::Refunded
    );
    let is_final = matches!(was, Some(Status::Canceled | Status::Expired));
    let was_paid = matches!(was, Some(Status::Paid | Status::PartiallyRefunded));
    if (is_final && was != Some(is) || was_paid || was == Some(Status::Refunded)) && !is_money {
        world.seen.broken = Some(TAKEN_BACK);
    }
    let opened = kept.order.attempts.iter().zip(1..);
    let mut opened = opened.filter(|(attempt, _)| attempt.checkout.is_some());
    let is_over = matches!(is, Status::Canceled | Status::Expired) && was != Some(is);
    let is_paid_in_time = |number| {
        let checkout = world.binance.checkout(number);
        matches!(checkout.map(|checkout| checkout.stands), Some(Stands::Paid { at }) if at < OVER)
    };
    if is_over && opened.any(|(_, number)| is_paid_in_time(number)) {
        world.seen.broken = Some(PAID_IN_TIME);
    }
    world.table = Some(kept);
}
