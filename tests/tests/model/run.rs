//! An invocation under way, and the calls that it can make.

use std::sync::Arc;

use shared::ask::About;
use shared::order::{Doubt, Event, Fact, Order};

use crate::binance::End;
use crate::normal::{Kept, digest};
use crate::world::{Who, World};

/// An invocation under way.
#[derive(Clone)]
pub struct Run {
    pub who: Who,
    /// The order as it knows it.
    pub held: Option<Kept>,
    pub next: Arc<Call>,
    /// It made a change that LeadsCalendar is told of.
    pub is_told: bool,
    /// Why it asks, if it was told something.
    pub doubt: Option<Doubt>,
    digest: u64,
}

/// What was answered about each attempt, if it was.
pub type Answers = Vec<(u8, Option<Fact>)>;

/// The next call of an invocation.
#[derive(Clone, Debug)]
pub enum Call {
    /// The conditional put of what the events make of the order.
    Put(Vec<Event>, Then),
    Create,
    /// Of these checkouts in turn; then it asks about the last, if so said.
    Close(Vec<u8>, bool),
    /// A question: the attempts that are left, and what was answered.
    Query(About, Vec<u8>, Answers),
    /// A checkout that is closed because of what the question was answered; which is asked anew.
    CloseAsked(About, Vec<u8>, Answers),
    QueryAnew(About, Vec<u8>, Answers),
    QueryRefund(About, Answers),
    /// `refund-order` looks at the payment, and for a refund that it does not know.
    Look(u8),
    Find(u8),
    /// The refund; whether no earlier one can have arrived.
    Refund(bool),
    Tell,
}

/// What an invocation does when its put is done, or was not needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Ends,
    Resumed,
    Opened(u8),
    Wished,
    Looked(u8),
    Found,
    Recorded,
    Sent { is_asked: bool },
    Learned,
    Reported { is_waiting: bool },
    Claimed,
    Asked { is_unknown_refund: bool },
    SendsAgain { is_only: bool },
}

impl Run {
    pub fn new(who: Who, held: Option<Kept>) -> Self {
        Self {
            who,
            held,
            next: Arc::new(Call::Create),
            is_told: false,
            doubt: None,
            digest: 0,
        }
    }

    pub fn digest(&self) -> u64 {
        self.digest
    }

    pub fn order(&self) -> &Order {
        let held = self.held.as_ref();
        &held.expect("only who holds an order goes on").order
    }

    /// How its next call can end.
    pub fn ends(&self) -> &'static [End] {
        match *self.next {
            Call::Put(..) => &[End::Done],
            Call::Create | Call::Refund(_) => &[
                End::Done,
                End::Lost,
                End::Vanished,
                End::NotDone,
                End::Refused,
            ],
            Call::Close(..) | Call::CloseAsked(..) => &[End::Done, End::Lost, End::Vanished],
            Call::Query(..)
            | Call::QueryAnew(..)
            | Call::QueryRefund(..)
            | Call::Look(_)
            | Call::Find(_) => &[End::Done, End::Vanished],
            Call::Tell => &[End::Done, End::Lost, End::NotDone],
        }
    }

    pub fn with(mut self, next: Call, world: &mut World) {
        self.next = Arc::new(next);
        self.digest = digest(&(self.who, &self.next, self.is_told, self.doubt));
        world.runs.push(self);
    }
}

impl Call {
    /// As it is listed.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Put(..) => "put",
            Self::Create => "create",
            Self::Close(..) | Self::CloseAsked(..) => "close",
            Self::Query(..) | Self::QueryAnew(..) | Self::Look(_) => "query",
            Self::QueryRefund(..) | Self::Find(_) => "query refund",
            Self::Refund(_) => "refund",
            Self::Tell => "tell",
        }
    }
}
