//! Asking Binance about an order: every attempt that may have been taken, and what follows from the answers.

use std::sync::atomic::Ordering;

use shared::ambient::now_ms;
use shared::follow_up;
use shared::order::{Attempt, End, Event, Fact, Order, Status, TradeNo};
use shared::store::StoreError;
use tracing::warn;

use super::{Counts, ReconcileOrders, Run};

/// What Binance may take to close a checkout after its time, in milliseconds.
const EXPIRY_GRACE_MS: i64 = 60_000;

/// What one question may take with its repeats, in milliseconds; an order without an answer is asked about again later.
const QUERY_MS: i64 = 8_000;

impl ReconcileOrders {
    /// Asks about every attempt, applies what is known, and gives up an order that nobody can pay.
    pub(super) async fn ask(
        &self,
        order: Order,
        run: Run,
        counts: &Counts,
    ) -> Result<Order, StoreError> {
        let mut events = Vec::new();
        let mut is_answered = true;
        for (attempt, number) in order.attempts.iter().zip(1_u8..) {
            if attempt.end == Some(End::Refused) {
                continue;
            }
            let trade_no = TradeNo {
                order_id: order.order_id.clone(),
                attempt: number,
            };
            match self
                .app
                .binance
                .query(
                    &trade_no,
                    run.deadline_ms.min(now_ms().saturating_add(QUERY_MS)),
                )
                .await
            {
                Ok(known) => {
                    let is_untouched = known.as_ref().is_none_or(|known| known.is_untouched);
                    let mut facts = known.map(|known| known.facts).unwrap_or_default();
                    if is_untouched && is_over(attempt, run) {
                        facts.push(Fact::Expired);
                    }
                    events.extend(facts.into_iter().map(|fact| Event::Learned {
                        attempt: number,
                        fact,
                    }));
                }
                Err(error) => {
                    warn!(%trade_no, %error, "Binance could not be asked about {trade_no}");
                    is_answered = false;
                }
            }
        }
        if !is_answered {
            counts.failed.fetch_add(1, Ordering::Relaxed);
        } else if order.status == Status::Created {
            // Nobody came back for it, and nobody has the address of a checkout.
            events.push(Event::Abandoned);
        }
        events.push(Event::Asked);
        let asked = self
            .app
            .store
            .transition(order, &events, "query", run.now_ms())
            .await?;
        follow_up::report(&asked, "query");
        Ok(asked.order)
    }
}

/// The checkout's time has passed, and Binance has had the time to notice.
fn is_over(attempt: &Attempt, run: Run) -> bool {
    let expires_at_ms = attempt
        .checkout
        .as_ref()
        .map(|checkout| checkout.expires_at_ms);
    expires_at_ms
        .is_some_and(|expires_at_ms| expires_at_ms.saturating_add(EXPIRY_GRACE_MS) <= run.now_ms())
}
