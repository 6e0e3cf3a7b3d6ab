//! What an operator wishes: done for itself, and answered within half a minute.

use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::stream::{self, StreamExt as _};
use serde::Serialize;
use shared::ambient::now_ms;
use shared::follow_up::Told;
use shared::order::{self, Applied, OrderId, Untold, Work};
use shared::store::{BATCH, Stored};
use tracing::{error, info, warn};

use super::event::Wish;
use super::run::Run;
use super::{ReconcileOrders, RunError, asking};

/// How long a wish may take, in milliseconds.
const LIMIT_MS: i64 = 28_000;
/// No page is read with less time left, in milliseconds.
const PAGE_MS: i64 = 8_000;
/// Orders made due at the same time.
const SLOTS: usize = 8;

/// What became of a wish.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Wished {
    /// The orders for which it was done.
    pub done: u32,
    /// Something is left of it: wish again.
    pub left: bool,
}

impl Wished {
    fn one(is_done: bool) -> Self {
        Self {
            done: is_done.into(),
            left: !is_done,
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            done: self.done.saturating_add(other.done),
            left: self.left || other.left,
        }
    }
}

/// When a wish must be answered, if the invocation ends at `deadline_ms`.
pub(super) fn deadline_ms(deadline_ms: i64) -> i64 {
    deadline_ms.min(now_ms().saturating_add(LIMIT_MS))
}

impl ReconcileOrders {
    /// Does what an operator wishes, and nothing else.
    pub(super) async fn grant(&self, wishes: Vec<Wish>, run: &Run) -> Result<Wished, RunError> {
        let mut all = Wished::default();
        for wish in wishes {
            let one = match wish {
                Wish::ConfirmOwed => self.confirm_owed(run).await?,
                Wish::Confirm(id) => Wished::one(self.confirm_one(id, run).await?),
                Wish::Ask(id) => Wished::one(self.ask_one(id, run).await?),
            };
            all = all.and(one);
        }
        Ok(all)
    }

    /// Tells LeadsCalendar of one order, from the start of the schedule; whether it accepted.
    async fn confirm_one(&self, id: OrderId, run: &Run) -> Result<bool, RunError> {
        let wish = order::Event::RepeatAsked;
        let order = self.wish(&id, wish, RunError::NothingToTell, run).await?;
        match self.claim(order, Work::Telling, run).await? {
            Some(claimed) => Ok(self.tell(claimed.order, run).await? == Told::Accepted),
            None => Ok(false),
        }
    }

    /// Asks Binance about one order, and tells what that has changed; whether Binance answered.
    async fn ask_one(&self, id: OrderId, run: &Run) -> Result<bool, RunError> {
        let wish = order::Event::AskWished;
        let order = self.wish(&id, wish, RunError::NothingToAsk, run).await?;
        let Some(claimed) = self.claim(order, Work::Asking, run).await? else {
            return Ok(false);
        };
        let Some(about) = asking::about(&claimed.before, claimed.at_ms) else {
            return Ok(false);
        };
        let asked = self.ask(claimed.order, about, claimed.at_ms, run).await?;
        let is_answered = asked.is_answered();
        if asked.is_told {
            self.tell(asked.order, run).await?;
        }
        Ok(is_answered)
    }

    /// Records a wish for one order. Not by way of an index, which lags behind the table.
    async fn wish(
        &self,
        id: &OrderId,
        wish: order::Event,
        refused: fn(OrderId) -> RunError,
        run: &Run,
    ) -> Result<Stored, RunError> {
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
        Ok(wished.order)
    }

    /// Makes due at once, from the first step, whatever LeadsCalendar was told in vain; the runs of the next minutes tell it.
    async fn confirm_owed(&self, run: &Run) -> Result<Wished, RunError> {
        let done = AtomicU32::new(0);
        let mut left = false;
        for untold in [Untold::Repeating, Untold::Exhausted] {
            let mut start = None;
            loop {
                if !run.has_time(PAGE_MS) {
                    left = true;
                    break;
                }
                let page = self.app.store.untold(untold, BATCH, start).await?;
                let keys: Vec<&str> = page.keys.iter().map(String::as_str).collect();
                let orders = self.app.store.load_all(&keys).await?;
                stream::iter(orders)
                    .for_each_concurrent(SLOTS, |(key, order)| {
                        self.make_due(key, order, run, &done)
                    })
                    .await;
                start = page.next;
                if start.is_none() {
                    break;
                }
            }
        }
        let done = done.into_inner();
        info!(done, left, "{done} orders told in vain are made due");
        Ok(Wished { done, left })
    }

    async fn make_due(
        &self,
        key: String,
        order: Result<Stored, shared::store::StoreError>,
        run: &Run,
        done: &AtomicU32,
    ) {
        let wish = [order::Event::UntoldWished];
        let store = &self.app.store;
        let wished = match order {
            Ok(order) => {
                store
                    .transition(order, &wish, "operator", run.now_ms())
                    .await
            }
            Err(error) => Err(error),
        };
        match wished {
            Ok(wished) if wished.applied == Applied::Changed => {
                done.fetch_add(1, Ordering::Relaxed);
            }
            Ok(_) => {}
            Err(error) if let Some(alarm) = error.alarm() => {
                error!(alarm, order.id = key, %error, "an operator must act: order {key} cannot be made due");
            }
            Err(error) => warn!(order.id = key, %error, "order {key} cannot be made due"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wish_for_one_order_is_done_or_left() {
        let (done, left) = (Wished::one(true), Wished::one(false));
        assert_eq!([done.done, left.done], [1, 0]);
        assert_eq!([done.left, left.left], [false, true]);
    }

    #[test]
    fn of_several_wishes_something_is_left_if_it_is_of_one() {
        let (done, left) = (Wished::one(true), Wished::one(false));
        for (both, expected) in [
            (done.and(done), (2, false)),
            (done.and(left), (1, true)),
            (left.and(done), (1, true)),
            (left.and(left), (0, true)),
        ] {
            assert_eq!((both.done, both.left), expected);
        }
    }

    #[test]
    fn wish_is_answered_before_its_invocation_ends_and_within_half_a_minute() {
        let soon_ms = now_ms() + 5_000;
        assert_eq!(deadline_ms(soon_ms), soon_ms);
        let left_ms = deadline_ms(i64::MAX) - now_ms();
        assert!((27_000..=28_000).contains(&left_ms), "{left_ms}");
    }
}
