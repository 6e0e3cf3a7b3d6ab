//! Asking Binance about an order: every attempt that may have been taken, and what follows from the answers.

use std::sync::atomic::Ordering;

use futures_util::stream::{self, StreamExt as _};
use shared::ambient::now_ms;
use shared::binance::SHORTEST_CALL_MS;
use shared::follow_up;
use shared::order::{Attempt, End, Event, Fact, Order, Status, TradeNo};
use shared::store::StoreError;
use tracing::warn;

use super::{Counts, ReconcileOrders, Run};

/// What Binance may take to close a checkout after its time, in milliseconds.
const EXPIRY_GRACE_MS: i64 = 60_000;

/// How long after its time a checkout may still be found that Binance does not know, in milliseconds. It told us of it
/// once, so it is rather our keys that are another merchant's now.
const UNKNOWN_GRACE_MS: i64 = 24 * 60 * 60_000;

/// What the questions about one order may take, in milliseconds; without an answer it is asked about again later.
const QUESTIONS_MS: i64 = 8_000;

/// Questions about one order at the same time; it can have 99 attempts.
const CONCURRENCY: usize = 8;

impl ReconcileOrders {
    /// Asks about every attempt, applies what is known, and gives up an order that nobody can pay.
    pub(super) async fn ask(
        &self,
        order: Order,
        run: Run,
        counts: &Counts,
    ) -> Result<Order, StoreError> {
        let deadline_ms = run.deadline_ms.min(now_ms().saturating_add(QUESTIONS_MS));
        let mut questions = Vec::new();
        for (attempt, number) in order.attempts.iter().zip(1_u8..) {
            // What Binance refused it does not have; unless it reports money for it.
            if attempt.end == Some(End::Refused) && !attempt.is_unverified() {
                continue;
            }
            let trade_no = order.trade_no_of(number);
            questions.push(self.ask_about(attempt, trade_no, run, deadline_ms));
        }
        let answers: Vec<_> = stream::iter(questions)
            .buffered(CONCURRENCY)
            .collect()
            .await;

        let is_answered = answers.iter().all(Option::is_some);
        let mut events: Vec<_> = answers.into_iter().flatten().flatten().collect();
        if !is_answered {
            counts.failed.fetch_add(1, Ordering::Relaxed);
        } else if order.status == Status::Created {
            // Nobody came back for it, and nobody has the address of a checkout.
            events.push(Event::Abandoned);
        }
        events.push(Event::Asked);
        let store = &self.app.store;
        let asked = store
            .transition(order, &events, "query", run.now_ms())
            .await?;
        follow_up::report(store, asked, "query").await
    }

    /// What became known of one attempt; none if Binance did not answer.
    async fn ask_about(
        &self,
        attempt: &Attempt,
        trade_no: TradeNo,
        run: Run,
        deadline_ms: i64,
    ) -> Option<Vec<Event>> {
        if now_ms().saturating_add(SHORTEST_CALL_MS) > deadline_ms {
            warn!(%trade_no, "no time was left to ask Binance about {trade_no}");
            return None;
        }
        let known = match self.app.binance.query(&trade_no, deadline_ms).await {
            Ok(known) => known,
            Err(error) => {
                warn!(%trade_no, %error, "Binance could not be asked about {trade_no}");
                return None;
            }
        };
        let over_for_ms = attempt
            .checkout
            .as_ref()
            .map(|checkout| run.now_ms().saturating_sub(checkout.expires_at_ms));
        let is_over = match &known {
            Some(known) => known.is_untouched && over_for_ms >= Some(EXPIRY_GRACE_MS),
            None => over_for_ms >= Some(UNKNOWN_GRACE_MS),
        };
        if known.is_none() && over_for_ms.is_some() {
            warn!(%trade_no, "Binance does not know {trade_no}, whose checkout it opened");
        }
        let mut facts = known.map(|known| known.facts).unwrap_or_default();
        if is_over {
            facts.push(Fact::Expired);
        }
        let learned = |fact| Event::Learned {
            attempt: trade_no.attempt,
            fact,
        };
        Some(facts.into_iter().map(learned).collect())
    }
}
