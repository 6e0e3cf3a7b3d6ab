//! Faults, planted into the model's steps: each must be found.

use create_order::Unopened;
use shared::order::{Applied, Event, Fact, Hint, Order, Sent, Status};

use crate::binance::{End, Notice, found, hint};
use crate::explorer::Payments;
use crate::normal::Kept;
use crate::orders::refund_id;
use crate::promises;
use crate::run::{Call, Run};
use crate::world::{Who, World};

/// A fault that is planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    /// A second request takes the order over while the first opens its checkout.
    ClaimNotChecked,
    /// After a lost answer the same number is used again.
    NumberReused,
    /// The put has no condition.
    VersionNotChecked,
    /// LeadsCalendar is told before what it is told is written.
    ToldBeforeWritten,
    /// That Binance accepts to close a checkout, or refuses it, is taken for its end.
    CloseBelieved,
    /// When its time is over an order is over, without a question.
    ExpiryUnasked,
    /// What does not agree with Binance's answers is believed without a question.
    HintBelieved,
    /// A notification is not compared with the checkout that is ours.
    ForeignBelieved,
    /// A create without an answer is taken for refused.
    LostIsRefused,
    /// Who takes on the asking takes it on for good.
    ClaimForGood,
    /// Whatever LeadsCalendar answers is an acceptance.
    UnacceptedBelieved,
    /// A refund is sent before it is recorded.
    RefundNotRecorded,
    /// A refund without an answer is taken for refused.
    LostRefundIsRefused,
}

impl Payments {
    pub fn has(self, planted: Planted) -> bool {
        self.planted == Some(planted)
    }

    /// What the events do to the order.
    pub fn apply(self, order: &mut Order, events: &[Event], at_ms: i64) -> Applied {
        if self.has(Planted::ClaimNotChecked) && matches!(events, [Event::Resumed(_)]) {
            order.claim = None;
        }
        let applied = order.apply_all(events, "", at_ms);
        if self.has(Planted::ClaimForGood) && matches!(events, [Event::Claimed { .. }]) {
            order.ask_at_ms = None;
        }
        applied
    }

    pub fn unopened(self, unopened: Unopened) -> Unopened {
        match unopened {
            Unopened::Unknown if self.has(Planted::NumberReused) => Unopened::Released("lost"),
            Unopened::Unknown if self.has(Planted::LostIsRefused) => Unopened::Refused,
            unopened => unopened,
        }
    }

    /// What a notification says.
    pub fn heard(self, world: &World, order: &Order, notice: Notice) -> Hint {
        let is_foreign = self.has(Planted::ForeignBelieved);
        let notice = match notice {
            Notice::ForeignPaid(number) if is_foreign => Notice::Paid(number),
            Notice::ForeignClosed(number) if is_foreign => Notice::Closed(number),
            notice => notice,
        };
        hint(order, notice, &refund_id(), world.now_ms())
    }

    pub fn expires_unasked(self, order: &Order, world: &World) -> bool {
        let is_over = order.expires_at_ms() < world.now_ms();
        self.has(Planted::ExpiryUnasked) && order.status == Status::Pending && is_over
    }

    /// LeadsCalendar is told before what it is told is written.
    pub fn tell_early(self, world: &mut World, run: &Run, events: &[Event]) {
        let mut order = run.order().clone();
        self.apply(&mut order, events, world.now_ms());
        let is_told = order.is_told_since(run.order()) && matches!(run.who, Who::Callback(_));
        if self.has(Planted::ToldBeforeWritten) && is_told {
            promises::tell(self, world, &order, End::Done);
        }
    }

    pub fn sent(self, sent: Sent) -> Sent {
        match sent {
            Sent::Unknown if self.has(Planted::LostRefundIsRefused) => Sent::Refused {
                code: None,
                is_balance_low: false,
            },
            sent => sent,
        }
    }
}

/// What a notification says, taken for an answer of Binance.
pub fn believed(world: &World, order: &Order, notice: Notice) -> Fact {
    let status = match notice {
        Notice::Paid(_) | Notice::ForeignPaid(_) | Notice::RefundRejected(_) => "PAID",
        Notice::Closed(_) | Notice::ForeignClosed(_) => "CANCELED",
        Notice::Refunded(_) => "FULL_REFUNDED",
    };
    let is = (notice.prepay_id(), status);
    found(order, notice.number(), is, [world.now_ms(); 2])
}

/// That Binance has closed it, since it accepted to.
pub fn closed(order: &Order, attempt: u8) -> Event {
    let is = (Notice::Closed(attempt).prepay_id(), "CANCELED");
    let fact = found(order, attempt, is, [order.created_at_ms, 0]);
    Event::Learned { attempt, fact }
}

/// That its time passed, since it did.
pub fn expired(order: &Order) -> Event {
    let attempt = order.current_attempt();
    let is = (Notice::Closed(attempt).prepay_id(), "EXPIRED");
    let fact = found(order, attempt, is, [order.created_at_ms, 0]);
    Event::Learned { attempt, fact }
}

/// A refund is sent that stands nowhere but in the invocation's hands.
pub fn send_unrecorded(world: &mut World, mut run: Run, wanted: &Event) {
    let mut order = run.order().clone();
    order.apply(wanted, "", world.now_ms());
    run.held = Some(Kept::of(order));
    run.with(Call::Refund(true), world);
}
