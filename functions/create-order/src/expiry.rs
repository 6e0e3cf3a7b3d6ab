//! A checkout that is to end with its order: how near that may be, Binance does not document.

use shared::follow_up;
use shared::order::{Applied, End, Event, Order};
use shared::problem::Problem;
use shared::store::Stored;

use super::checkout::Next;
use super::{CreateOrder, Opening};

impl CreateOrder {
    /// Binance refuses the order, and perhaps only because it was asked to end it with ours: it is tried once more under the
    /// next number without, and what that is answered counts. We close it ourselves then.
    pub(super) async fn without_end(
        &self,
        order: Stored,
        attempt: u8,
        opening: &Opening,
        code: &str,
    ) -> Result<Next, Problem> {
        let events = [
            Event::NotOpened {
                attempt,
                end: End::Refused,
            },
            Event::ResumedWithoutEnd(opening.claim.clone()),
        ];
        let (store, cause) = (
            &self.app.store,
            format!("refused with orderExpireTime: {code}"),
        );
        let at_ms = opening.clock.now_ms();
        let resumed = store.transition(order, &events, &cause, at_ms).await?;
        let is_taken = resumed.applied == Applied::Changed;
        let order = follow_up::report(store, resumed, &cause).await?;
        Ok(if is_taken {
            Next::Taken(order)
        } else {
            Next::Stands(order)
        })
    }
}

/// Whether Binance was asked to end the attempt's checkout with the order.
pub(super) fn asks_for_end(order: &Order, attempt: u8) -> bool {
    let attempt = order.attempt(attempt);
    attempt.is_some_and(|attempt| attempt.asked_end_ms.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use shared::order::OrderId;

    #[test]
    fn end_is_asked_for_where_the_attempt_has_one() {
        let mut order = sample::order(OrderId::from_random([0xa5; 15]), 1_000);
        assert!(!asks_for_end(&order, 1));
        order.attempts.push(order.attempts[0].clone());
        order.attempts[1].asked_end_ms = Some(61_000);
        for (attempt, expected) in [(0, false), (1, false), (2, true), (3, false)] {
            assert_eq!(asks_for_end(&order, attempt), expected, "{attempt}");
        }
    }
}
