//! Every minute: asks Binance about orders whose notification never came, and repeats confirmations that were not
//! accepted. Whatever another function left behind when it died between two steps is made up for here.

mod ask;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::ambient::{self, now_ms};
use shared::app::{App, StartError};
use shared::confirmation::Confirmer;
use shared::follow_up;
use shared::order::{self, Applied, Order, OrderId};
use shared::store::StoreError;
use tracing::{error, info, warn};

/// Partitions of the index `due`.
const SHARDS: u8 = 8;
/// Orders of one shard that one run takes on, at the most.
const SHARD_LIMIT: usize = 500;
/// Orders worked on at the same time.
const CONCURRENCY: usize = 16;
/// What one order may take: questions to Binance, a confirmation, the writes; no order is begun with less time left. The
/// writes of alarms are rare and not counted: what they were cut off from, the next run makes up for.
const ORDER_MS: i64 = 36_000;
/// Without Lambda's word for it, a run is given this long, in milliseconds.
const DEFAULT_LIMIT_MS: i64 = 50_000;
/// How long an order is left alone by the next runs if this one dies over it, in milliseconds.
const CLAIM_MS: i64 = 120_000;
/// Time limit for telling LeadsCalendar.
const CONFIRMATION_TIMEOUT: Duration = Duration::from_secs(15);

/// The function.
#[derive(Debug)]
pub struct ReconcileOrders {
    app: App,
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
    /// Whoever misspelt a wish must not be told that all is well.
    #[error("the event has neither the time of the schedule nor an order to confirm")]
    UnknownEvent,
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
        let app = App::new(lookup)?;
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
        if event.time.is_none() && event.confirm.is_none() {
            return Err(RunError::UnknownEvent);
        }
        let clock_ms = now_ms();
        let time_ms = event.time.map_or(clock_ms, Timestamp::as_millisecond);
        let run = Run {
            deadline_ms: ambient::deadline_ms(deadline_ms, DEFAULT_LIMIT_MS),
            offset_ms: time_ms.saturating_sub(clock_ms).max(0),
        };
        let mut due = Vec::new();
        // Not by way of the index, which lags behind the table.
        if let Some(id) = event.confirm {
            self.repeat(&id, run).await?;
            due.push(id);
        }
        due.extend(self.due(run).await?);
        let counts = Counts::default();
        stream::iter(due)
            .for_each_concurrent(CONCURRENCY, |id| self.work_on(id, run, &counts))
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
    async fn due(&self, run: Run) -> Result<Vec<OrderId>, StoreError> {
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
        Ok(due.into_iter().map(|order| order.order_id).collect())
    }

    async fn repeat(&self, id: &OrderId, run: Run) -> Result<(), RunError> {
        let Some(order) = self.app.store.load(id).await? else {
            return Err(RunError::NothingToTell(id.clone()));
        };
        let asked = self
            .app
            .store
            .transition(
                order,
                &[order::Event::RepeatAsked],
                "operator",
                run.now_ms(),
            )
            .await?;
        if asked.applied == Applied::Changed {
            Ok(())
        } else {
            Err(RunError::NothingToTell(id.clone()))
        }
    }

    async fn work_on(&self, id: OrderId, run: Run, counts: &Counts) {
        if now_ms().saturating_add(ORDER_MS) > run.deadline_ms {
            counts.left.fetch_add(1, Ordering::Relaxed);
            return;
        }
        if let Err(error) = self.reconcile(&id, run, counts).await {
            counts.failed.fetch_add(1, Ordering::Relaxed);
            error!(order.id = %id, %error, "order {id} could not be reconciled");
        }
    }

    /// Claims the order's work, so that nobody else does it at the same time, and does it.
    async fn reconcile(&self, id: &OrderId, run: Run, counts: &Counts) -> Result<(), StoreError> {
        let Some(order) = self.app.store.load(id).await? else {
            return Ok(());
        };
        let at_ms = run.now_ms();
        let is_due = |due_at_ms: Option<i64>| due_at_ms.is_some_and(|due_at_ms| due_at_ms <= at_ms);
        let is_ask_due = is_due(order.ask_at_ms);
        let is_confirmation_due = is_due(order.confirmation.next_attempt_at_ms);
        let is_alarm_due = is_due(order.alarm_at_ms);
        let version = order.version;
        let claim = order::Event::Claimed {
            until_ms: at_ms.saturating_add(CLAIM_MS),
        };
        let claimed = self
            .app
            .store
            .transition(order, &[claim], "claim", at_ms)
            .await?;
        if claimed.applied != Applied::Changed || claimed.before.version != version {
            return Ok(());
        }

        let mut order = claimed.order;
        if is_alarm_due {
            order = follow_up::raise_alarms(&self.app.store, order).await?;
        }
        let mut is_told_at_once = false;
        if is_ask_due {
            counts.asked.fetch_add(1, Ordering::Relaxed);
            let revision = order.confirmation.revision;
            let status = order.status;
            order = self.ask(order, run, counts).await?;
            is_told_at_once = order.confirmation.revision != revision;
            if order.status != status {
                counts.settled.fetch_add(1, Ordering::Relaxed);
            }
        }
        if is_confirmation_due || is_told_at_once {
            self.confirm(order, run, counts).await?;
        }
        Ok(())
    }

    async fn confirm(&self, order: Order, run: Run, counts: &Counts) -> Result<(), StoreError> {
        if follow_up::confirm(
            &self.app.store,
            &self.confirmer,
            order,
            CONFIRMATION_TIMEOUT,
            run.offset_ms,
        )
        .await?
        {
            counts.confirmed.fetch_add(1, Ordering::Relaxed);
        } else {
            counts.failed.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
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
