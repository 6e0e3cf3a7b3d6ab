//! What is due, read page by page.

use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use shared::order::Work;
use shared::store::{BATCH, Due, DuePage, Start, StoreError, Stored, Waiting};
use tokio::sync::{Mutex, Notify, OnceCell, mpsc};
use tracing::error;

use super::ReconcileOrders;
use super::hosts::{Hosts, Slot};
use super::run::Run;
use super::telling::{Tell, hand_on};

/// Orders of one shard that are held at the same time.
const PAGE: u8 = BATCH;
/// No page is read with less time left, in milliseconds.
const PAGE_MS: i64 = 5_000;
/// Whose host has no place waits so often, each time for so long, before its shard is read on. Reading takes the processor
/// from the very work that would free a place.
const WAITS: usize = 4;
pub(super) const WAIT: Duration = Duration::from_millis(250);
/// How long an item that cannot be read is put aside, in milliseconds: a newer version of this program may have written it,
/// and be back soon.
const PUT_ASIDE_MS: i64 = 60 * 60_000;

/// Who works on what is due. The other ends of the channels wait for the reader, so that sending does not fail.
pub(super) enum Lane<'a> {
    /// Whoever asks; it hears as soon as anything is due.
    Asking(mpsc::Sender<Stored>, &'a Notify),
    /// Whoever tells, with a slot of its host for each order.
    Telling(&'a Hosts, mpsc::Sender<(Tell, Slot)>),
}

impl Lane<'_> {
    fn work(&self) -> Work {
        match self {
            Self::Asking(..) => Work::Asking,
            Self::Telling(..) => Work::Telling,
        }
    }

    /// Whether it should be loaded, while `held` wait for a place.
    fn takes(&self, waiting: &Waiting, held: &[Stored]) -> bool {
        match self {
            Self::Asking(..) => true,
            Self::Telling(hosts, _) => {
                // Of a host that much is held for, no more is.
                let held = if held.len() < PAGE.into() { &[] } else { held };
                let held = held.iter().map(|order| order.request.callback_url.as_str());
                hosts.may_take(&waiting.callback_url, held)
            }
        }
    }

    /// Gives those back whose host has no place for the moment.
    async fn take(&self, orders: Vec<Stored>) -> Vec<Stored> {
        match self {
            Self::Asking(queue, _) => {
                for order in orders {
                    let _ = queue.send(order).await;
                }
                Vec::new()
            }
            Self::Telling(hosts, queue) => hand_on(orders, Tell::Due, hosts, queue).await,
        }
    }
}

/// What comes next for one of several slots; none when there will be nothing more.
pub(super) async fn next<T>(queue: &Mutex<mpsc::Receiver<T>>) -> Option<T> {
    queue.lock().await.recv().await
}

/// The first part of each shard of a run, read by whichever lane comes first to it: mostly there is no other part, and nothing
/// in it.
#[derive(Debug)]
pub(super) struct Firsts(Vec<(u8, OnceCell<DuePage>)>);

impl Firsts {
    pub(super) fn of(run: &Run) -> Self {
        let first = |shard: &u8| (*shard, OnceCell::new());
        Self(run.shards.iter().map(first).collect())
    }
}

/// A part of a shard.
struct Page {
    /// What there is to do, the longest overdue first.
    orders: Vec<Stored>,
    /// Since when the last order of this part is due, whether it is to be worked on or not.
    read_to_ms: Option<i64>,
    /// Where the next part begins.
    next: Option<Start>,
}

impl ReconcileOrders {
    /// Hands each order of the run's shards for which there is such work to `lane`, of each shard the longest overdue
    /// first. Whatever is not taken on is passed by, so that nothing can hold up what comes after it.
    ///
    /// The shards are read beside each other and beside what is done with their orders: whoever waits for his turn at the
    /// table must be polled, or it would be nobody's turn.
    pub(super) async fn read(&self, run: &Run, lane: &Lane<'_>, firsts: &Firsts) {
        // Not by `join_all`, which polls so few of them all whenever one is woken, or anything else of the run.
        let mut shards = FuturesUnordered::new();
        for (shard, first) in &firsts.0 {
            shards.push(self.read_shard(run, *shard, lane, first));
        }
        while shards.next().await.is_some() {}
    }

    async fn read_shard(&self, run: &Run, shard: u8, lane: &Lane<'_>, first: &OnceCell<DuePage>) {
        let (mut start, mut read_to_ms) = (None, i64::MAX);
        let mut held = Vec::new();
        loop {
            let due = |start| self.app.store.due(shard, run.due_by_ms, PAGE, start);
            let due = match start {
                None => first.get_or_try_init(|| due(None)).await.cloned(),
                Some(_) => due(start).await,
            };
            let page = match due {
                Ok(due) => self.page(run, lane, &held, due).await,
                Err(error) => Err(error),
            };
            let page = match page {
                Ok(page) => page,
                Err(error) => return run.unread(shard, error),
            };
            held.extend(page.orders);
            held = lane.take(held).await;
            for _ in 0..WAITS {
                if held.is_empty() {
                    break;
                }
                tokio::time::sleep(WAIT).await;
                held = lane.take(held).await;
            }
            read_to_ms = page.read_to_ms.unwrap_or(read_to_ms);
            start = page.next;
            // The first page is always read, so that a run without time says what it leaves.
            if start.is_none() || !run.has_time(PAGE_MS) {
                break;
            }
        }
        if start.is_some() {
            run.leave(read_to_ms);
        }
        while !held.is_empty() && run.has_time(PAGE_MS) {
            tokio::time::sleep(WAIT).await;
            held = lane.take(held).await;
        }
        for order in held {
            run.leave(order.due_at_ms().unwrap_or(i64::MAX));
        }
    }

    /// What there is to do of a part that was read.
    async fn page(
        &self,
        run: &Run,
        lane: &Lane<'_>,
        held: &[Stored],
        page: DuePage,
    ) -> Result<Page, StoreError> {
        let (store, work) = (&self.app.store, lane.work());
        if let Lane::Asking(_, is_due) = lane
            && !page.due.is_empty()
        {
            is_due.notify_one();
        }
        let keys: Vec<&str> = page.due.iter().map(|due| due.key.as_str()).collect();
        // What is the other lane's is not loaded: in a backlog, that would cost more than the work.
        let mut waiting = store.with_work(&keys, work, run.due_by_ms).await?;
        waiting.retain(|waiting| lane.takes(waiting, held));
        let keys: Vec<&str> = waiting.iter().map(|waiting| waiting.key.as_str()).collect();
        let mut loaded = store.load_all(&keys).await?;
        let mut orders = Vec::new();
        for due in &page.due {
            match loaded.remove(&due.key) {
                // What was done since then the claim leaves as it is.
                Some(Ok(order)) => orders.push(order),
                Some(Err(error)) => self.put_aside(run, due, &error).await,
                // The other lane's.
                None => {}
            }
        }
        Ok(Page {
            orders,
            read_to_ms: page.due.last().map(|due| due.due_at_ms),
            next: page.next,
        })
    }

    /// Leaves an item that cannot be read for an hour.
    async fn put_aside(&self, run: &Run, due: &Due, error: &StoreError) {
        let until_ms = run.now_ms().saturating_add(PUT_ASIDE_MS);
        let aside = self.app.store.put_aside(due, until_ms).await;
        let id = &due.key;
        error!(
            alarm = "item.unreadable",
            order.id = id,
            %error,
            ?aside,
            "item {id} of the table cannot be read and is put aside for an hour"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use shared::order::OrderId;

    const URL: &str = "https://app.example.com/paid";

    fn order(byte: u8) -> Stored {
        let order = sample::order(OrderId::from_random([byte; 15]), 1_000);
        assert_eq!(order.request.callback_url, URL);
        Stored::new(order).unwrap().0
    }

    fn waiting(callback_url: &str) -> Waiting {
        Waiting {
            key: "a5".repeat(15),
            callback_url: callback_url.to_owned(),
        }
    }

    #[test]
    fn no_more_is_loaded_of_a_host_that_much_is_held_for() {
        let held: Vec<Stored> = (0..PAGE).map(order).collect();
        let [_, less @ ..] = held.as_slice() else {
            panic!("a page is not empty")
        };
        let (hosts, is_due) = (Hosts::default(), Notify::new());
        let telling = Lane::Telling(&hosts, mpsc::channel(1).0);
        assert!(telling.takes(&waiting(URL), &[]));
        assert!(telling.takes(&waiting(URL), less));
        assert!(!telling.takes(&waiting(URL), &held));
        assert!(telling.takes(&waiting("https://b.example/paid"), &held));
        let asking = Lane::Asking(mpsc::channel(1).0, &is_due);
        assert!(asking.takes(&waiting(URL), &held));
    }

    #[tokio::test]
    async fn orders_are_handed_to_whoever_works_on_them_but_for_those_without_a_place() {
        let (queue, asked) = mpsc::channel(4);
        let asked = Mutex::new(asked);
        let is_due = Notify::new();
        let lane = Lane::Asking(queue, &is_due);
        assert!(lane.take(vec![order(1), order(2)]).await.is_empty());
        drop(lane);
        for expected in [Some("01"), Some("02"), None] {
            let id = next(&asked).await.map(|order| order.order_id.to_string());
            assert_eq!(id, expected.map(|byte| byte.repeat(15)));
        }

        let (queue, _told) = mpsc::channel(4);
        let hosts = Hosts::default();
        let lane = Lane::Telling(&hosts, queue);
        let held = lane.take((1..=4).map(order).collect()).await;
        let held: Vec<&str> = held.iter().map(|order| order.order_id.as_str()).collect();
        assert_eq!(held, ["04".repeat(15)]);
    }

    #[test]
    fn what_cannot_be_read_is_put_aside_for_an_hour() {
        assert_eq!(PUT_ASIDE_MS, 3_600_000);
    }
}
