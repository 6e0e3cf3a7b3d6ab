//! One run: until when, by which time, and what it has done.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use serde::Serialize;
use shared::ambient::{OrderClock, now_ms, random};
use shared::ask::RateLimit;
use shared::log::OUTCOME;
use shared::metrics::{self, Metric};
use shared::order::OrderId;
use shared::store::StoreError;
use tracing::{error, info, warn};

/// LeadsCalendar is given this long to accept what it is told before an operator is called, in seconds.
const UNTOLD_SECS: i64 = 10 * 60;

/// One run.
#[derive(Debug)]
pub(super) struct Run {
    deadline_ms: i64,
    /// What its orders are measured by.
    pub(super) clock: OrderClock,
    /// What is due by then is worked on.
    pub(super) due_by_ms: i64,
    /// The parts of the queue, in the order in which they are read.
    pub(super) shards: Vec<u8>,
    /// What Binance says of the rate.
    pub(super) rate: RateLimit,
    pub(super) counts: Counts,
    /// Since when the oldest is due that was left; far in the future while none was.
    left_since_ms: AtomicI64,
    /// Shards that could not be read, and why.
    unread: Mutex<Vec<StoreError>>,
}

/// What is counted while orders are worked on at the same time, in orders.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) asked: AtomicU32,
    pub(super) settled: AtomicU32,
    pub(super) confirmed: AtomicU32,
    pub(super) failed: AtomicU32,
    left: AtomicU32,
}

pub(super) fn count(counter: &AtomicU32) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// What the index `untold` says.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct UntoldOrders {
    /// Since when the longest is; in milliseconds since the Unix epoch.
    pub(super) since_ms: Option<i64>,
    pub(super) repeating: u32,
    pub(super) exhausted: u32,
}

/// What a run has done, in orders, and what it has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Binance was asked about them.
    pub asked: u32,
    /// Their status changed.
    pub settled: u32,
    /// LeadsCalendar accepted a confirmation.
    pub confirmed: u32,
    /// Something did not work; they stay due.
    pub failed: u32,
    /// Not begun, for lack of time; at least.
    pub left: u32,
    /// For how long the oldest of these has been due, in seconds; 0 if none was left.
    pub oldest_due_sec: i64,
    /// LeadsCalendar was told of them in vain, and is told again by the schedule; absent if that cannot be seen.
    pub untold: Option<u32>,
    /// Since when the oldest of these is, in seconds; 0 if there is none.
    pub oldest_untold_sec: Option<i64>,
    /// The schedule is used up, or LeadsCalendar wants to hear no more of them.
    pub exhausted: Option<u32>,
}

impl Run {
    /// A run that ends at `deadline_ms` by the clock. Runs that begin at the same time begin at different shards.
    pub(super) fn new(clock: OrderClock, mut shards: Vec<u8>, deadline_ms: i64) -> Self {
        let [first] = random::<1>();
        if let Some(first) = usize::from(first).checked_rem(shards.len()) {
            shards.rotate_left(first);
        }
        Self {
            deadline_ms,
            clock,
            due_by_ms: clock.now_ms(),
            shards,
            rate: RateLimit::default(),
            counts: Counts::default(),
            left_since_ms: AtomicI64::new(i64::MAX),
            unread: Mutex::default(),
        }
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Whether work that may take `need_ms` can still be begun.
    pub(super) fn has_time(&self, need_ms: i64) -> bool {
        now_ms().saturating_add(need_ms) <= self.deadline_ms
    }

    /// The earlier of `limit_ms` from now and the run's end but for `kept_ms`, by the clock.
    pub(super) fn within_ms(&self, limit_ms: i64, kept_ms: i64) -> i64 {
        let end_ms = self.deadline_ms.saturating_sub(kept_ms);
        end_ms.min(now_ms().saturating_add(limit_ms))
    }

    /// Work that is due since `due_at_ms` was not begun, for lack of time.
    pub(super) fn leave(&self, due_at_ms: i64) {
        count(&self.counts.left);
        self.left_since_ms.fetch_min(due_at_ms, Ordering::Relaxed);
    }

    /// Something did not work for one order.
    pub(super) fn failed(&self, id: &OrderId, error: &StoreError) {
        count(&self.counts.failed);
        let id = id.as_str();
        if let Some(alarm) = error.alarm() {
            error!(alarm, order.id = id, %error, "an operator must act: order {id} could not be reconciled");
        } else {
            warn!(order.id = id, %error, "order {id} could not be reconciled");
        }
    }

    /// A shard cannot be read, and is left to the next run.
    pub(super) fn unread(&self, shard: u8, error: StoreError) {
        if let Some(alarm) = error.alarm() {
            error!(alarm, shard, %error, "an operator must act: shard {shard} of what is due cannot be read");
        } else {
            warn!(shard, %error, "shard {shard} of what is due cannot be read");
        }
        if let Ok(mut unread) = self.unread.lock() {
            unread.push(error);
        }
    }

    /// What the run has done, and why it is a failure if nothing could be read at all.
    pub(super) fn summary(self, untold: Option<UntoldOrders>) -> (Summary, Option<StoreError>) {
        let now_ms = self.now_ms();
        let secs_since = |since_ms: i64| now_ms.saturating_sub(since_ms).max(0) / 1_000;
        let counts = self.counts;
        let summary = Summary {
            asked: counts.asked.into_inner(),
            settled: counts.settled.into_inner(),
            confirmed: counts.confirmed.into_inner(),
            failed: counts.failed.into_inner(),
            left: counts.left.into_inner(),
            oldest_due_sec: secs_since(self.left_since_ms.into_inner()),
            untold: untold.map(|untold| untold.repeating),
            oldest_untold_sec: untold.map(|untold| untold.since_ms.map_or(0, secs_since)),
            exhausted: untold.map(|untold| untold.exhausted),
        };
        let mut unread = self.unread.into_inner().unwrap_or_default();
        // Each lane reads each shard.
        let is_all = unread.len() >= self.shards.len().saturating_mul(2);
        (summary, unread.pop().filter(|_| is_all))
    }
}

impl Summary {
    /// The one line of the run, whose numbers are metrics; and what an operator must hear at once. How far behind it is a run
    /// that has read nothing does not know.
    pub(super) fn log(&self, has_read: bool) {
        let Self {
            asked,
            settled,
            confirmed,
            failed,
            left,
            oldest_due_sec,
            untold,
            oldest_untold_sec,
            exhausted,
        } = *self;
        // What it confirmed is counted where that is done.
        metrics::add(Metric::Asked, asked);
        metrics::add(Metric::Settled, settled);
        metrics::add(Metric::Untold, untold.unwrap_or_default());
        if has_read {
            metrics::greatest(Metric::OldestDueSec, oldest_due_sec);
        }
        if let Some(secs) = oldest_untold_sec {
            metrics::greatest(Metric::OldestUntoldSec, secs);
        }
        // What was measured takes the place of a member; none is for nothing, but whoever reads the line finds each number.
        info!(
            target: OUTCOME,
            asked,
            settled,
            confirmed,
            failed,
            left,
            untold,
            exhausted,
            "reconciled"
        );
        if left > 0 {
            warn!(
                left,
                "stopped for lack of time, at least {left} orders are left for the next run"
            );
        }
        if let (Some(untold), Some(secs)) = (untold, oldest_untold_sec)
            && secs >= UNTOLD_SECS
        {
            error!(
                alarm = "confirmation.untold",
                "LeadsCalendar has not accepted what it was told for {secs} seconds, of {untold} orders"
            );
        }
    }
}

#[cfg(test)]
mod tests;
