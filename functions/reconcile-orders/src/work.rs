//! The work on one order: claimed, so that nobody else does it at the same time; then asked about, and told.

use std::sync::atomic::Ordering;
use std::time::Duration;

use shared::ambient::{now_ms, random};
use shared::ask::{self, About, Asked, Question};
use shared::follow_up;
use shared::order::{self, Applied, OrderId};
use shared::store::{Due, StoreError, Stored};
use tracing::error;

use super::{Counts, ReconcileOrders, Run};

/// What one order may take: questions to Binance, a confirmation, the writes; no order is begun with less time left. The
/// writes of alarms are rare and not counted: what they were cut off from, the next run makes up for.
const ORDER_MS: i64 = 28_000;
/// What the questions about one order may take, in milliseconds; without an answer it is asked about again later.
const QUESTIONS_MS: i64 = 8_000;
/// How long an item that cannot be read is put aside, in milliseconds: a newer version of this program may have written it,
/// and be back soon.
const PUT_ASIDE_MS: i64 = 60 * 60_000;
/// How long an order is left alone by the next runs if this one dies over it, in milliseconds.
const CLAIM_MS: i64 = 120_000;
/// Time limit for telling LeadsCalendar.
const CONFIRMATION_TIMEOUT: Duration = Duration::from_secs(5);

impl ReconcileOrders {
    /// Works on one order, unless there is no time left; what fails is counted.
    pub(super) async fn work_on(&self, due: Due, run: Run, counts: &Counts) {
        if now_ms().saturating_add(ORDER_MS) > run.deadline_ms {
            counts.left.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let worked = match due.key.parse::<OrderId>() {
            Ok(id) => self.reconcile(&id, run, counts).await,
            Err(_) => Err(StoreError::Key),
        };
        let Err(error) = worked else { return };
        let id = &due.key;
        if error.is_of_item() {
            let aside = self
                .app
                .store
                .put_aside(&due, run.now_ms().saturating_add(PUT_ASIDE_MS));
            let aside = aside.await;
            error!(
                alarm = "item.unreadable",
                order.id = id,
                %error,
                ?aside,
                "item {id} of the table cannot be read and is put aside for an hour"
            );
        } else {
            counts.failed.fetch_add(1, Ordering::Relaxed);
            error!(order.id = id, %error, "order {id} could not be reconciled");
        }
    }

    /// Claims the order's work, so that nobody else does it at the same time, and does it.
    async fn reconcile(&self, id: &OrderId, run: Run, counts: &Counts) -> Result<(), StoreError> {
        let Some(order) = self.app.store.load(id).await? else {
            return Ok(());
        };
        let at_ms = run.now_ms();
        let is_due = |due_at_ms: Option<i64>| due_at_ms.is_some_and(|due_at_ms| due_at_ms <= at_ms);
        let report = is_due(order.report.as_ref().map(|report| report.at_ms));
        let about = if is_due(order.ask_at_ms) {
            Some(About::Every { report })
        } else {
            report.then_some(About::ReportedAgain)
        };
        let is_confirmation_due = is_due(order.confirmation.next_attempt_at_ms);
        let is_alarm_due = is_due(order.alarm_at_ms);
        let version = order.version;
        let claim = order::Event::Claimed {
            until_ms: at_ms.saturating_add(CLAIM_MS),
            by: u32::from_ne_bytes(random()),
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
        if let Some(about) = about {
            let asked = self.ask(order, about, at_ms, run, counts).await?;
            (order, is_told_at_once) = (asked.order, asked.is_told);
        }
        if order.confirmation.is_owed() && (is_confirmation_due || is_told_at_once) {
            self.confirm(order, run, counts).await?;
        }
        Ok(())
    }

    async fn ask(
        &self,
        order: Stored,
        about: About,
        began_ms: i64,
        run: Run,
        counts: &Counts,
    ) -> Result<Asked, StoreError> {
        counts.asked.fetch_add(1, Ordering::Relaxed);
        let status = order.status;
        let question = Question {
            about,
            began_ms,
            deadline_ms: run.deadline_ms.min(now_ms().saturating_add(QUESTIONS_MS)),
            offset_ms: run.offset_ms,
        };
        let asked = ask::ask(&self.app.store, &self.app.binance, order, question).await?;
        if !asked.is_answered() {
            counts.failed.fetch_add(1, Ordering::Relaxed);
        }
        if asked.order.status != status {
            counts.settled.fetch_add(1, Ordering::Relaxed);
        }
        Ok(asked)
    }

    async fn confirm(&self, order: Stored, run: Run, counts: &Counts) -> Result<(), StoreError> {
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
