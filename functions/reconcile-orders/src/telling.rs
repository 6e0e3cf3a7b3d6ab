//! The lane that tells LeadsCalendar: what is due, and what the other lane has just found.

use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt as _};
use shared::follow_up::{self, Told};
use shared::order::Work;
use shared::store::{StoreError, Stored};
use tokio::sync::mpsc;

use super::ReconcileOrders;
use super::hosts::{Hosts, Slot};
use super::run::{Run, count};

/// Confirmations under way at the same time, to all hosts.
pub(super) const SLOTS: usize = 96;
/// Time limit of a confirmation.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);
/// What telling one order may take: the claim, the confirmation, the record; none is begun with less time left.
const ORDER_MS: i64 = 10_000;
/// How long what the other lane has found may wait for a slot, in milliseconds; afterwards another run may tell it.
const FOUND_MS: i64 = 10_000;
/// How soon it is looked again for what was passed over.
const AGAIN: Duration = Duration::from_secs(1);

/// An order to be told.
enum Tell {
    /// It was found a moment ago, and is ours to be told at once.
    Found(Stored),
    /// It is due, and must be claimed.
    Due(Stored),
}

impl Tell {
    fn order(&self) -> &Stored {
        match self {
            Self::Found(order) | Self::Due(order) => order,
        }
    }
}

impl ReconcileOrders {
    /// Tells what is due and what comes by way of `found`, until it is done or the time is up. No host waits for another.
    pub(super) async fn telling(&self, run: &Run, mut found: mpsc::Receiver<Stored>) {
        let hosts = &Hosts::default();
        let found = stream::poll_fn(move |context| found.poll_recv(context)).map(Tell::Found);
        let due = self.due(run, hosts).map(Tell::Due);
        stream::select(found, due)
            .filter_map(|tell| async move {
                let slot = hosts.slot(&tell.order().request.callback_url).await?;
                Some((tell, slot))
            })
            .for_each_concurrent(SLOTS, |(tell, slot)| async move {
                let stored = tell.order().clone();
                if let Err(error) = self.tell_in_turn(tell, &slot, run).await {
                    run.failed(&stored, &error);
                }
            })
            .await;
    }

    /// What is due, and once more what was passed over because its host was not ready for it.
    fn due<'a>(&'a self, run: &'a Run, hosts: &'a Hosts) -> impl Stream<Item = Stored> + Send + 'a {
        let once = move |is_first: bool| async move {
            if !is_first {
                if !hosts.take_passed_over() || !run.has_time(ORDER_MS) {
                    return None;
                }
                tokio::time::sleep(AGAIN).await;
            }
            Some((self.queue(run, Work::Telling), false))
        };
        stream::unfold(true, once).flatten()
    }

    async fn tell_in_turn(&self, tell: Tell, slot: &Slot, run: &Run) -> Result<(), StoreError> {
        let has_time = run.has_time(ORDER_MS);
        let order = match tell {
            Tell::Found(order) => {
                let left_ms = order.confirmation.next_attempt_at_ms.unwrap_or_default();
                let is_ours = run.now_ms().saturating_add(FOUND_MS) < left_ms;
                Some(order).filter(|_| has_time && is_ours)
            }
            Tell::Due(order) if has_time => {
                let claimed = self.claim(order, Work::Telling, run).await?;
                claimed.map(|claimed| claimed.order)
            }
            Tell::Due(order) => {
                run.leave(order.due_at_ms().unwrap_or_default());
                None
            }
        };
        if let Some(order) = order
            && order.confirmation.is_owed()
        {
            slot.ended(self.tell(order, run).await?);
        }
        Ok(())
    }

    /// Makes one attempt to tell an order that was taken on.
    pub(super) async fn tell(&self, order: Stored, run: &Run) -> Result<Told, StoreError> {
        let (store, confirmer) = (&self.app.store, &self.confirmer);
        let told = follow_up::confirm(store, confirmer, order, TIMEOUT, run.offset_ms).await?;
        count(match told {
            Told::Accepted => &run.counts.confirmed,
            Told::Unaccepted | Told::TimedOut => &run.counts.failed,
        });
        Ok(told)
    }
}
