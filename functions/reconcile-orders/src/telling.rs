//! The lane that tells LeadsCalendar: what is due, and what the other lane has just found.

use std::time::Duration;

use futures_util::future::join_all;
use shared::follow_up::{self, Told};
use shared::order::{Order, Work};
use shared::store::{StoreError, Stored};
use tokio::sync::{Mutex, mpsc};

use super::hosts::{Hosts, Place, Slot};
use super::queue::{Firsts, Lane, WAIT, next};
use super::run::{Run, count};
use super::{FOUND, ReconcileOrders};

/// Confirmations under way at the same time, to all hosts.
const SLOTS: usize = 96;
/// Time limit of a confirmation.
const TIMEOUT: Duration = Duration::from_secs(5);
/// What telling one order may take, in milliseconds: the claim, the confirmation, the record; none is begun with less time
/// left.
const ORDER_MS: i64 = 6_000;
/// How long what the other lane has found may wait for a slot, in milliseconds; afterwards another run may tell it.
const FOUND_MS: i64 = 10_000;
/// How soon it is looked again for what was passed over.
const AGAIN: Duration = Duration::from_secs(1);

/// Hands orders on to the slots as `tell`; gives those back whose host has no place for the moment.
pub(super) async fn hand_on(
    orders: Vec<Stored>,
    tell: fn(Stored) -> Tell,
    hosts: &Hosts,
    queue: &mpsc::Sender<(Tell, Slot)>,
) -> Vec<Stored> {
    let mut held = Vec::new();
    for order in orders {
        match hosts.place(&order.request.callback_url).await {
            // The slots wait for this end.
            Place::Free(slot) => drop(queue.send((tell(order), slot)).await),
            Place::Taken => held.push(order),
            Place::Resting => {}
        }
    }
    held
}

/// Hands on what the other lane has found; what its host is not ready for in time, or is too much of it, the next run tells.
async fn take_found(
    run: &Run,
    mut found: mpsc::Receiver<Stored>,
    hosts: &Hosts,
    queue: mpsc::Sender<(Tell, Slot)>,
) {
    let mut held = Vec::new();
    while let Some(order) = found.recv().await {
        held.push(order);
        held = hand_on(held, Tell::Found, hosts, &queue).await;
        held.truncate(FOUND);
    }
    while !held.is_empty() && run.has_time(ORDER_MS) {
        tokio::time::sleep(WAIT).await;
        held = hand_on(held, Tell::Found, hosts, &queue).await;
    }
}

/// Whether an order that was found is kept from the other runs for long enough that it can be told.
fn is_ours(order: &Order, now_ms: i64) -> bool {
    let left_ms = order.confirmation.next_attempt_at_ms.unwrap_or_default();
    now_ms.saturating_add(FOUND_MS) < left_ms
}

/// An order to be told.
pub(super) enum Tell {
    /// It was found a moment ago, and is ours to be told at once.
    Found(Stored),
    /// It is due, and must be claimed.
    Due(Stored),
}

impl ReconcileOrders {
    /// Tells what is due and what comes by way of `found`, until it is done or the time is up. No host waits for another.
    pub(super) async fn telling(&self, run: &Run, firsts: &Firsts, found: mpsc::Receiver<Stored>) {
        let hosts = &Hosts::default();
        let (queue, tell) = mpsc::channel(1);
        let tell = Mutex::new(tell);
        let mut slots = Vec::new();
        for _ in 0..SLOTS {
            slots.push(self.tell_while_due(run, &tell));
        }
        tokio::join!(
            take_found(run, found, hosts, queue.clone()),
            self.read_due(run, firsts, hosts, queue),
            join_all(slots),
        );
    }

    /// One slot: tells one order after the other.
    async fn tell_while_due(&self, run: &Run, tell: &Mutex<mpsc::Receiver<(Tell, Slot)>>) {
        while let Some((tell, slot)) = next(tell).await {
            // On the heap, and only while it is at work: a run with nothing to do would move all of them about.
            Box::pin(self.tell_in_turn(tell, slot, run)).await;
        }
    }

    /// Reads what is due, and once more if orders were passed over because their host was not ready for them.
    async fn read_due(
        &self,
        run: &Run,
        firsts: &Firsts,
        hosts: &Hosts,
        queue: mpsc::Sender<(Tell, Slot)>,
    ) {
        let lane = Lane::Telling(hosts, queue);
        self.read(run, &lane, firsts).await;
        while hosts.take_passed_over() && run.has_time(ORDER_MS) {
            tokio::time::sleep(AGAIN).await;
            self.read(run, &lane, &Firsts::of(run)).await;
        }
    }

    async fn tell_in_turn(&self, tell: Tell, slot: Slot, run: &Run) {
        let (Tell::Found(order) | Tell::Due(order)) = &tell;
        let id = order.order_id.clone();
        match self.tell_once(tell, run).await {
            Ok(Some(told)) => slot.ended(told),
            Ok(None) => {}
            Err(error) => run.failed(&id, &error),
        }
    }

    /// Makes one attempt, if the order is still to be told and there is time; what came of it.
    async fn tell_once(&self, tell: Tell, run: &Run) -> Result<Option<Told>, StoreError> {
        let has_time = run.has_time(ORDER_MS);
        let order = match tell {
            Tell::Found(order) => {
                let now_ms = run.now_ms();
                Some(order).filter(|order| has_time && is_ours(order, now_ms))
            }
            Tell::Due(order) if has_time => {
                let claimed = self.claim(order, Work::Telling, run).await?;
                claimed.map(|claimed| claimed.order)
            }
            Tell::Due(order) => {
                run.leave(order.due_at_ms().unwrap_or(i64::MAX));
                None
            }
        };
        match order.filter(|order| order.confirmation.is_owed()) {
            Some(order) => Ok(Some(self.tell(order, run).await?)),
            None => Ok(None),
        }
    }

    /// Makes one attempt to tell an order that was taken on.
    pub(super) async fn tell(&self, order: Stored, run: &Run) -> Result<Told, StoreError> {
        let (store, confirmer) = (&self.app.store, &self.confirmer);
        let told = follow_up::confirm(store, confirmer, order, TIMEOUT, run.clock).await?;
        count(match told {
            Told::Accepted => &run.counts.confirmed,
            Told::Unaccepted | Told::TimedOut => &run.counts.failed,
        });
        Ok(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use shared::ambient::{OrderClock, now_ms};
    use shared::order::OrderId;

    fn order(byte: u8) -> Stored {
        let order = sample::order(OrderId::from_random([byte; 15]), 1_000);
        Stored::new(order).unwrap().0
    }

    /// What was handed on: whether it was found, the first two digits of its id, and its slot.
    fn handed_on(tell: &mut mpsc::Receiver<(Tell, Slot)>) -> Vec<(bool, String, Slot)> {
        let mut all = Vec::new();
        while let Ok((tell, slot)) = tell.try_recv() {
            let is_found = matches!(tell, Tell::Found(_));
            let (Tell::Found(order) | Tell::Due(order)) = tell;
            all.push((is_found, order.order_id.as_str()[..2].to_owned(), slot));
        }
        all
    }

    fn ids(handed_on: &[(bool, String, Slot)]) -> Vec<(bool, &str)> {
        let ids = handed_on.iter();
        ids.map(|(is_found, id, _)| (*is_found, id.as_str()))
            .collect()
    }

    /// All slots that the host has until it answers.
    async fn slots(hosts: &Hosts) -> Vec<Slot> {
        let mut slots = Vec::new();
        while let Place::Free(slot) = hosts.place(&order(0).request.callback_url).await {
            slots.push(slot);
        }
        slots
    }

    fn run(left_ms: i64) -> Run {
        Run::new(OrderClock::default(), Vec::new(), now_ms() + left_ms)
    }

    #[tokio::test]
    async fn order_without_a_place_is_given_back_unless_its_host_rests() {
        let hosts = Hosts::default();
        let (queue, mut tell) = mpsc::channel(8);
        let orders = (1..=4).map(order).collect();

        let held = hand_on(orders, Tell::Due, &hosts, &queue).await;

        let sent = handed_on(&mut tell);
        let expected = [(false, "01"), (false, "02"), (false, "03")];
        assert_eq!(ids(&sent), expected);
        let ids: Vec<&str> = held.iter().map(|order| order.order_id.as_str()).collect();
        assert_eq!(ids, ["04".repeat(15)]);
        for (_, _, slot) in sent {
            slot.ended(Told::TimedOut);
        }
        let held = hand_on(held, Tell::Due, &hosts, &queue).await;
        assert_eq!((held.len(), handed_on(&mut tell).len()), (0, 0));
    }

    #[tokio::test]
    async fn what_is_found_is_told_when_its_host_has_a_place() {
        let hosts = Hosts::default();
        let taken = slots(&hosts).await;
        let (found, orders) = mpsc::channel(2);
        let (queue, mut tell) = mpsc::channel(8);
        for byte in [1, 2] {
            found.try_send(order(byte)).unwrap();
        }
        drop(found);
        let later = async {
            tokio::time::sleep(WAIT.saturating_mul(2)).await;
            drop(taken);
        };
        let run = run(60_000);
        let taking = async { tokio::join!(take_found(&run, orders, &hosts, queue), later) };

        tokio::time::timeout(Duration::from_secs(4), taking)
            .await
            .unwrap();

        let sent = handed_on(&mut tell);
        assert_eq!(ids(&sent), [(true, "01"), (true, "02")]);
    }

    #[tokio::test]
    async fn what_is_found_without_time_is_left_to_the_next_run() {
        let hosts = Hosts::default();
        let _taken = slots(&hosts).await;
        let (found, orders) = mpsc::channel(1);
        let (queue, mut tell) = mpsc::channel(8);
        found.try_send(order(1)).unwrap();
        drop(found);
        let run = run(ORDER_MS - 1);

        let taking = take_found(&run, orders, &hosts, queue);
        let taken = tokio::time::timeout(Duration::from_secs(4), taking).await;

        assert_eq!((taken, handed_on(&mut tell).len()), (Ok(()), 0));
    }

    #[tokio::test]
    async fn nobody_is_claimed_or_told_without_time_for_it() {
        let function = ReconcileOrders::new(sample::lookup).unwrap();
        let run = run(ORDER_MS - 1);
        let owed = |next_attempt_at_ms| {
            let mut order = sample::order(OrderId::from_random([1; 15]), 1_000);
            order.confirmation.revision += 1;
            order.confirmation.next_attempt_at_ms = Some(next_attempt_at_ms);
            Stored::new(order).unwrap().0
        };
        for tell in [Tell::Found(owed(i64::MAX)), Tell::Due(owed(1_000))] {
            let told = function.tell_once(tell, &run).await;
            assert!(matches!(told, Ok(None)), "{told:?}");
        }
    }

    #[test]
    fn found_order_is_told_only_while_no_other_run_does() {
        let mut order = sample::order(OrderId::from_random([0xa5; 15]), 1_000);
        assert!(!is_ours(&order, 1_000));
        order.confirmation.next_attempt_at_ms = Some(30_000);
        for (now_ms, expected) in [
            (1_000, true),
            (19_999, true),
            (20_000, false),
            (30_000, false),
        ] {
            assert_eq!(is_ours(&order, now_ms), expected, "{now_ms}");
        }
    }
}
