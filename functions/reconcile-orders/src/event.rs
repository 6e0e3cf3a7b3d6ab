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
#[derive(Debug, PartialEq, Eq)]
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
#[derive(Debug, PartialEq, Eq)]
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

#[cfg(test)]
mod tests {
    use super::*;
    use shared::ambient::now_ms;

    const ID: &str = "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5";

    /// Of the schedule, some time ago.
    fn scheduled() -> Event {
        Event {
            time: Some(Timestamp::UNIX_EPOCH),
            ..Event::default()
        }
    }

    fn of_shards(shards: &[u8]) -> Event {
        Event {
            shards: Some(shards.to_vec()),
            ..Event::default()
        }
    }

    fn confirming(confirm: &str) -> Event {
        Event {
            confirm: Some(confirm.to_owned()),
            ..Event::default()
        }
    }

    fn asking() -> Event {
        Event {
            ask: Some(ID.parse().unwrap()),
            ..Event::default()
        }
    }

    #[test]
    fn schedule_wants_all_shards_and_whoever_names_some_wants_those() {
        let due = |shards: &[u8]| {
            Ok(Wanted::Due {
                clock: OrderClock::default(),
                shards: shards.to_vec(),
            })
        };
        assert_eq!(scheduled().wanted(false), due(&[0, 1, 2, 3, 4, 5, 6, 7]));
        for shards in [&[0][..], &[7], &[3, 1], &[7, 6, 5, 4, 3, 2, 1, 0]] {
            assert_eq!(of_shards(shards).wanted(false), due(shards));
            let event = Event {
                time: scheduled().time,
                ..of_shards(shards)
            };
            assert_eq!(event.wanted(false), due(shards));
        }
        for shards in [&[][..], &[8], &[0, 255], &[0, 0], &[1, 2, 1]] {
            let ended = of_shards(shards).wanted(false);
            assert_eq!(ended, Err(EventError::Shards), "{shards:?}");
        }
    }

    #[test]
    fn operators_wishes_are_done_and_nothing_else() {
        let id = || ID.parse::<OrderId>().unwrap();
        let owed = || Wish::ConfirmOwed;
        let wishes = |wishes| {
            Ok(Wanted::Wishes {
                wishes,
                clock: OrderClock::default(),
            })
        };
        for (event, expected) in [
            (confirming("owed"), vec![owed()]),
            (confirming(ID), vec![Wish::Confirm(id())]),
            (asking(), vec![Wish::Ask(id())]),
            (
                Event {
                    ask: asking().ask,
                    ..confirming("owed")
                },
                vec![owed(), Wish::Ask(id())],
            ),
            (
                Event {
                    confirm: confirming("owed").confirm,
                    shards: Some(vec![1]),
                    ..scheduled()
                },
                vec![owed()],
            ),
        ] {
            assert_eq!(event.wanted(false), wishes(expected));
        }
        for confirm in ["", "Owed", "a5"] {
            let ended = confirming(confirm).wanted(false);
            assert_eq!(ended, Err(EventError::Confirm(OrderIdError)));
        }
    }

    #[test]
    fn check_is_wished_alone() {
        let checking = |event| Event {
            check: true,
            ..event
        };
        assert_eq!(checking(Event::default()).wanted(false), Ok(Wanted::Check));
        for event in [scheduled(), of_shards(&[1]), confirming("owed"), asking()] {
            let ended = checking(event).wanted(false);
            assert_eq!(ended, Err(EventError::CheckAlone));
        }
    }

    #[test]
    fn event_that_names_nothing_or_a_time_far_ahead_is_refused() {
        assert_eq!(Event::default().wanted(true), Err(EventError::Unknown));

        let told_ms = now_ms() + 3_600_000;
        let ahead = || Event {
            time: Timestamp::from_millisecond(told_ms).ok(),
            ..Event::default()
        };
        let refused = OrderClock::later(told_ms, false).unwrap_err();
        assert_eq!(ahead().wanted(false), Err(EventError::Ahead(refused)));
        // In a sandbox, it is its time.
        let Ok(Wanted::Due { clock, .. }) = ahead().wanted(true) else {
            panic!("{:?}", ahead().wanted(true))
        };
        assert!((told_ms..told_ms + 5_000).contains(&clock.now_ms()));
    }
}
