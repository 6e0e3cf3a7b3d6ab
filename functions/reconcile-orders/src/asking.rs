//! The lane that asks: each order is claimed, so that nobody else asks at the same time; then asked about.

use futures_util::future::join_all;
use shared::ambient::random;
use shared::app;
use shared::ask::{self, About, Asked, Question};
use shared::follow_up;
use shared::order::{self, Applied, Order, Work, is_due};
use shared::store::{StoreError, Stored};
use tokio::sync::{Mutex, Notify, mpsc};

use super::ReconcileOrders;
use super::queue::{Firsts, Lane, next};
use super::run::{Run, count};

/// Orders asked about at the same time.
const SLOTS: usize = 32;
/// No order is begun with less time left, in milliseconds: it is enough for the claim, a question and the record. What one
/// is cut off from nevertheless, another run makes up for once the claim is over.
const ORDER_MS: i64 = 5_000;
/// What is kept of it for the record, in milliseconds.
const RECORD_MS: i64 = 2_000;
/// What the questions about one order may take, in milliseconds; without an answer it is asked about again later.
const QUESTIONS_MS: i64 = 8_000;
/// How long an order is left alone by the next runs if this one dies over it, in milliseconds.
const CLAIM_MS: i64 = 120_000;

/// An order whose work was taken on.
pub(super) struct Claimed {
    /// As it was, with what was due.
    pub(super) before: Stored,
    /// As it is in the table now.
    pub(super) order: Stored,
    /// By when it was due.
    pub(super) at_ms: i64,
}

impl ReconcileOrders {
    /// Asks about what is due, until it is done or the time is up; what LeadsCalendar is to be told at once goes to `tell`.
    pub(super) async fn asking(&self, run: &Run, firsts: &Firsts, tell: mpsc::Sender<Stored>) {
        let (queue, due) = mpsc::channel(1);
        let due = Mutex::new(due);
        let mut slots = Vec::new();
        for _ in 0..SLOTS {
            slots.push(self.ask_while_due(run, &due, &tell));
        }
        let is_due = Notify::new();
        let lane = Lane::Asking(queue, &is_due);
        // Dropped when all is read, so that the slots come to their end.
        let reading = async move { self.read(run, &lane, firsts).await };
        let working = async { tokio::join!(reading, join_all(slots)) };
        // Most runs have nothing to ask, and open none.
        let opening = async {
            is_due.notified().await;
            self.app.binance.open().await;
        };
        app::while_opening(working, opening).await;
    }

    /// One slot: asks about one order after the other.
    async fn ask_while_due(
        &self,
        run: &Run,
        due: &Mutex<mpsc::Receiver<Stored>>,
        tell: &mpsc::Sender<Stored>,
    ) {
        while let Some(order) = next(due).await {
            // On the heap, and only while it is at work: a run with nothing to do would move all of them about.
            Box::pin(self.ask_and_pass_on(order, run, tell)).await;
        }
    }

    async fn ask_and_pass_on(&self, order: Stored, run: &Run, tell: &mpsc::Sender<Stored>) {
        if !run.has_time(ORDER_MS) {
            run.leave(order.due_at_ms().unwrap_or(i64::MAX));
            return;
        }
        let id = order.order_id.clone();
        match self.ask_in_turn(order, run).await {
            Ok(Some(asked)) if asked.is_told => {
                // Where there is no room it stays owed, and the next run tells it.
                let _ = tell.try_send(asked.order);
            }
            Ok(Some(_) | None) => {}
            Err(error) => run.failed(&id, &error),
        }
    }

    async fn ask_in_turn(&self, order: Stored, run: &Run) -> Result<Option<Asked>, StoreError> {
        if let Some(wait_ms) = run.rate.wait_ms() {
            self.put_off(order, wait_ms, run).await?;
            return Ok(None);
        }
        let Some(claimed) = self.claim(order, Work::Asking, run).await? else {
            return Ok(None);
        };
        let order = if is_due(claimed.before.alarm_at_ms, claimed.at_ms) {
            follow_up::raise_alarms(&self.app.store, claimed.order).await?
        } else {
            claimed.order
        };
        match about(&claimed.before, claimed.at_ms) {
            Some(about) => Ok(Some(self.ask(order, about, claimed.at_ms, run).await?)),
            None => Ok(None),
        }
    }

    /// Takes on what is due of an order; none if somebody else has.
    pub(super) async fn claim(
        &self,
        order: Stored,
        work: Work,
        run: &Run,
    ) -> Result<Option<Claimed>, StoreError> {
        let at_ms = run.now_ms();
        let claim = order::Event::Claimed {
            work,
            until_ms: at_ms.saturating_add(CLAIM_MS),
            by: u32::from_ne_bytes(random()),
        };
        let store = &self.app.store;
        let claimed = store.transition(order, &[claim], "claim", at_ms).await?;
        Ok((claimed.applied == Applied::Changed).then_some(Claimed {
            before: claimed.before,
            order: claimed.order,
            at_ms,
        }))
    }

    /// Asks about an order whose work was taken on at `began_ms`, by the run's time.
    pub(super) async fn ask(
        &self,
        order: Stored,
        about: About,
        began_ms: i64,
        run: &Run,
    ) -> Result<Asked, StoreError> {
        // Somebody else may have reached the limit since; then it is put off.
        let is_asked = run.rate.wait_ms().is_none();
        if is_asked {
            count(&run.counts.asked);
        }
        let status = order.status;
        let question = Question {
            about,
            began_ms,
            deadline_ms: run.within_ms(QUESTIONS_MS, RECORD_MS),
            clock: run.clock,
            rate: &run.rate,
        };
        let asked = ask::ask(&self.app.store, &self.app.binance, order, question).await?;
        if is_asked && !asked.is_answered() {
            count(&run.counts.failed);
        }
        if asked.order.status != status {
            count(&run.counts.settled);
        }
        match asked.unknown_refund.clone() {
            Some(id) => self.send_refund_again(id, asked, run).await,
            None => Ok(asked),
        }
    }

    /// Asks at another time, since Binance limits the rate: the next run begins with those that somebody waits for.
    async fn put_off(&self, order: Stored, wait_ms: i64, run: &Run) -> Result<(), StoreError> {
        let put_off = order::Event::PutOff {
            wait_ms,
            is_taken_on: false,
        };
        let (store, at_ms) = (&self.app.store, run.now_ms());
        let is_alarm_due = is_due(order.alarm_at_ms, at_ms);
        let order = store
            .transition(order, &[put_off], "rate limit", at_ms)
            .await?
            .order;
        if is_alarm_due {
            follow_up::raise_alarms(store, order).await?;
        }
        Ok(())
    }
}

/// What is to be asked of an order, as it was before it was taken on.
#[must_use]
pub fn about(order: &Order, at_ms: i64) -> Option<About> {
    let report = is_due(order.report.as_ref().map(|report| report.at_ms), at_ms);
    if is_due(order.ask_at_ms, at_ms) {
        Some(About::Every { report })
    } else if report {
        Some(About::ReportedAgain)
    } else {
        is_due(order.refund_ask_at_ms, at_ms).then_some(About::Refund { is_answered: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use shared::order::{Kind, OrderId, Report};

    #[test]
    fn all_is_asked_of_an_order_else_what_was_reported_else_the_refund() {
        let refund = Some(About::Refund { is_answered: false });
        let [every, and_report] = [false, true].map(|report| Some(About::Every { report }));
        for (ask, report, refund_ask, expected) in [
            (Some(5_000), None, None, every),
            (Some(5_000), Some(5_001), Some(5_000), every),
            (Some(4_999), Some(5_000), Some(5_000), and_report),
            (
                Some(5_001),
                Some(5_000),
                Some(5_000),
                Some(About::ReportedAgain),
            ),
            (None, Some(1), None, Some(About::ReportedAgain)),
            (Some(5_001), Some(5_001), Some(5_000), refund),
            (None, None, Some(5_000), refund),
            (None, None, Some(5_001), None),
            (None, None, None, None),
        ] {
            let mut order = sample::order(OrderId::from_random([0xa5; 15]), 1_000);
            order.ask_at_ms = ask;
            order.refund_ask_at_ms = refund_ask;
            order.report = report.map(|at_ms| Report {
                attempt: 1,
                kind: Kind::Paid,
                is_ours: true,
                revision: 1,
                at_ms,
                is_asked: false,
                unanswered: 0,
            });
            assert_eq!(
                about(&order, 5_000),
                expected,
                "{ask:?} {report:?} {refund_ask:?}"
            );
        }
    }
}
