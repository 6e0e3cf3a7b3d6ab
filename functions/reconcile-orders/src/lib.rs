//! Every minute: asks Binance about orders whose notification never came, and repeats confirmations that were not
//! accepted. Whatever another function left behind when it died between two steps is made up for here.

mod work;

use std::sync::atomic::AtomicU32;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::ambient::{self, monotonic_ms, now_ms};
use shared::app::{App, StartError};
use shared::config::Needs;
use shared::confirmation::Confirmer;
use shared::order::{self, Applied, OrderId};
use shared::store::{Due, StoreError};
use tracing::{error, info, warn};

/// Partitions of the index `due`.
const SHARDS: u8 = 8;
/// Orders of one shard that one run takes on, at the most.
const SHARD_LIMIT: usize = 500;
/// Orders worked on at the same time.
const CONCURRENCY: usize = 16;
/// Without Lambda's word for it, a run is given this long, in milliseconds.
const DEFAULT_LIMIT_MS: i64 = 50_000;
/// How far an event's time may be ahead of the clock, in milliseconds, but for a sandbox that has moved its time.
const AHEAD_MS: i64 = 5 * 60_000;
/// The function.
#[derive(Debug)]
pub struct ReconcileOrders {
    /// The parts it has in common with the others.
    pub app: App,
    confirmer: Confirmer,
}

/// What the function is invoked with: the schedule's event, or an operator's wish.
#[derive(Debug, Default, Deserialize)]
pub struct Event {
    /// The schedule's time. Work that is due by then is due, even where it is ahead of the clock.
    #[serde(default)]
    time: Option<Timestamp>,
    /// An order that LeadsCalendar is to be told of again, now.
    #[serde(default)]
    confirm: Option<OrderId>,
    /// An order that Binance is to be asked about, now.
    #[serde(default)]
    ask: Option<OrderId>,
}

/// What a run has done, in orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Binance was asked about them.
    pub asked: u32,
    /// Their status changed.
    pub settled: u32,
    /// LeadsCalendar accepted a confirmation.
    pub confirmed: u32,
    /// Something did not work; they stay due.
    pub failed: u32,
    /// Not begun, for lack of time.
    pub left: u32,
}

/// The run cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The table cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operator named an order that does not exist, or of which there is nothing to tell.
    #[error("there is nothing to tell of order {0}")]
    NothingToTell(OrderId),
    /// The operator named an order that does not exist.
    #[error("there is no order {0} to ask about")]
    NothingToAsk(OrderId),
    /// Whoever misspelt a wish must not be told that all is well.
    #[error(
        "the event has neither the time of the schedule nor an order to confirm or to ask about"
    )]
    UnknownEvent,
    /// All that is due until then would be worked on now.
    #[error(
        "the event's time {0} is more than five minutes ahead of the clock, which only ALLOW_LOCAL admits"
    )]
    TimeAhead(Timestamp),
}

/// What is counted while orders are worked on at the same time.
#[derive(Debug, Default)]
struct Counts {
    asked: AtomicU32,
    settled: AtomicU32,
    confirmed: AtomicU32,
    failed: AtomicU32,
    left: AtomicU32,
}

/// One run: until when, and how far its time is ahead of the clock.
#[derive(Clone, Copy, Debug)]
struct Run {
    deadline_ms: i64,
    offset_ms: i64,
}

impl Run {
    fn now_ms(self) -> i64 {
        now_ms().saturating_add(self.offset_ms)
    }
}

impl ReconcileOrders {
    /// Builds the function from the settings that `lookup` finds.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn new(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, StartError> {
        let app = App::new(Needs::Both, lookup)?;
        let confirmer = app.confirmer()?;
        Ok(Self { app, confirmer })
    }

    /// Opens the connections before the first run.
    pub async fn connect(&self) {
        self.app.connect().await;
    }

    /// Works on what is due; `deadline_ms` is when Lambda ends the invocation.
    ///
    /// # Errors
    /// [`RunError`]; what fails for one order is counted, and stops no other.
    pub async fn run(&self, event: Event, deadline_ms: u64) -> Result<Summary, RunError> {
        if event.time.is_none() && event.confirm.is_none() && event.ask.is_none() {
            return Err(RunError::UnknownEvent);
        }
        let clock_ms = now_ms();
        let time_ms = event.time.map_or(clock_ms, Timestamp::as_millisecond);
        if let Some(time) = event.time
            && time_ms.saturating_sub(clock_ms) > AHEAD_MS
            && !self.app.settings.policy.allow_local
        {
            return Err(RunError::TimeAhead(time));
        }
        // So that what is wrong with them is an alarm, with or without orders.
        self.app.secrets.look(monotonic_ms()).await;
        let run = Run {
            deadline_ms: ambient::deadline_ms(deadline_ms, DEFAULT_LIMIT_MS),
            offset_ms: time_ms.saturating_sub(clock_ms).max(0),
        };
        let mut due = Vec::new();
        // Not by way of the index, which lags behind the table.
        if let Some(id) = event.confirm {
            let wish = order::Event::RepeatAsked;
            due.push(self.wish(&id, wish, RunError::NothingToTell, run).await?);
        }
        if let Some(id) = event.ask {
            let wish = order::Event::AskWished;
            due.push(self.wish(&id, wish, RunError::NothingToAsk, run).await?);
        }
        due.extend(self.due(run).await?);
        let counts = Counts::default();
        stream::iter(due)
            .for_each_concurrent(CONCURRENCY, |due| self.work_on(due, run, &counts))
            .await;
        let summary = counts.summary();
        info!(?summary, "reconciled");
        if summary.left > 0 {
            warn!(
                left = summary.left,
                "stopped for lack of time, {} orders are left for the next run", summary.left
            );
        }
        Ok(summary)
    }

    /// What is due in all shards, the longest overdue first, so that no shard waits for another; a shard that cannot be
    /// read is left to the next run, unless none can.
    async fn due(&self, run: Run) -> Result<Vec<Due>, StoreError> {
        let shards = (0..SHARDS).map(|shard| self.app.store.due(shard, run.now_ms(), SHARD_LIMIT));
        let mut due = Vec::new();
        let mut failures = Vec::new();
        for (shard, read) in join_all(shards).await.into_iter().enumerate() {
            match read {
                Ok(orders) => due.extend(orders),
                Err(error) => {
                    error!(shard, %error, "shard {shard} of what is due cannot be read");
                    failures.push(error);
                }
            }
        }
        if failures.len() == usize::from(SHARDS)
            && let Some(error) = failures.pop()
        {
            return Err(error);
        }
        due.sort_unstable_by_key(|order| order.due_at_ms);
        Ok(due)
    }

    /// Records what an operator wishes for one order, which is then due.
    async fn wish(
        &self,
        id: &OrderId,
        wish: order::Event,
        refused: fn(OrderId) -> RunError,
        run: Run,
    ) -> Result<Due, RunError> {
        let store = &self.app.store;
        let Some(order) = store.load(id).await? else {
            return Err(refused(id.clone()));
        };
        let wished = store
            .transition(order, &[wish], "operator", run.now_ms())
            .await?;
        if wished.applied != Applied::Changed {
            return Err(refused(id.clone()));
        }
        Ok(Due {
            key: id.to_string(),
            due_at_ms: run.now_ms(),
        })
    }
}

impl Counts {
    fn summary(self) -> Summary {
        Summary {
            asked: self.asked.into_inner(),
            settled: self.settled.into_inner(),
            confirmed: self.confirmed.into_inner(),
            failed: self.failed.into_inner(),
            left: self.left.into_inner(),
        }
    }
}
