//! What the function is invoked with: the schedule's event, a share of its work, or an operator's wish.

use jiff::Timestamp;
use serde::Deserialize;
use shared::ambient::{OrderClock, TooFarAhead};
use shared::order::{OrderId, OrderIdError};

/// Partitions of the index `due`.
const SHARDS: u8 = 8;

/// What tells an operator's wish for all orders from one for a single order.
const OWED: &str = "owed";

/// What the function is invoked with. Other members are ignored: the schedule's event has many.
#[derive(Debug, Default, Deserialize)]
pub struct Event {
    /// The schedule's time. Work that is due by then is due, even where it is ahead of the clock.
    #[serde(default)]
    time: Option<Timestamp>,
    /// The shards of the queue, 0–7, that this run works on; all, if it names none.
    #[serde(default)]
    shards: Option<Vec<u8>>,
    /// An order that LeadsCalendar is to be told of again, now; or `owed`, for all that it has not accepted.
    #[serde(default)]
    confirm: Option<String>,
    /// An order that Binance is to be asked about, now.
    #[serde(default)]
    ask: Option<OrderId>,
    /// Whether all that this function needs is to be looked at, and nothing done.
    #[serde(default)]
    check: bool,
}

/// The event names nothing that can be done.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// Neither of what it must have.
    #[error(
        "the event has neither the time of the schedule, nor shards, nor an order to confirm or to ask about, nor a check"
    )]
    Unknown,
    /// A shard that there is not.
    #[error("the event's shards must be a list of different numbers from 0 to 7")]
    Shards,
    /// All that is due until then would be worked on now.
    #[error("the event's {0}")]
    Ahead(TooFarAhead),
    /// `confirm` is something else.
    #[error("the event's confirm must be \"owed\" or an order's id: {0}")]
    Confirm(OrderIdError),
    /// A check does nothing, and what else is wanted would not be done.
    #[error("the event's check must be wished alone")]
    CheckAlone,
}

/// What is wanted.
#[derive(Debug)]
pub(super) enum Wanted {
    /// The work that is due by a time, in these shards.
    Due { clock: OrderClock, shards: Vec<u8> },
    /// What an operator wishes, and nothing else.
    Wishes {
        wishes: Vec<Wish>,
        clock: OrderClock,
    },
    /// A look at all that the function needs, and nothing else.
    Check,
}

/// What an operator can wish.
#[derive(Debug)]
pub(super) enum Wish {
    /// That LeadsCalendar is told of an order.
    Confirm(OrderId),
    /// That Binance is asked about an order.
    Ask(OrderId),
    /// That LeadsCalendar is told at once of all that it has not accepted.
    ConfirmOwed,
}

impl Event {
    /// What the event wants; its time may be far ahead of the clock only in a sandbox, which moves it.
    ///
    /// # Errors
    /// [`EventError`].
    pub(super) fn wanted(self, allow_local: bool) -> Result<Wanted, EventError> {
        let clock = match self.time {
            Some(time) => OrderClock::later(time.as_millisecond(), allow_local),
            None => Ok(OrderClock::default()),
        };
        let clock = clock.map_err(EventError::Ahead)?;
        let confirm = match self.confirm {
            Some(owed) if owed == OWED => Some(Wish::ConfirmOwed),
            Some(id) => Some(Wish::Confirm(id.parse().map_err(EventError::Confirm)?)),
            None => None,
        };
        let wishes: Vec<Wish> = confirm.into_iter().chain(self.ask.map(Wish::Ask)).collect();
        if self.check {
            let is_alone = wishes.is_empty() && self.shards.is_none() && self.time.is_none();
            return is_alone
                .then_some(Wanted::Check)
                .ok_or(EventError::CheckAlone);
        }
        if !wishes.is_empty() {
            return Ok(Wanted::Wishes { wishes, clock });
        }
        if self.time.is_none() && self.shards.is_none() {
            return Err(EventError::Unknown);
        }
        let shards = self.shards.unwrap_or_else(|| (0..SHARDS).collect());
        let mut known = shards.clone();
        known.sort_unstable();
        known.dedup();
        let is_right = known.len() == shards.len() && shards.iter().all(|shard| *shard < SHARDS);
        if shards.is_empty() || !is_right {
            return Err(EventError::Shards);
        }
        Ok(Wanted::Due { clock, shards })
    }
}
