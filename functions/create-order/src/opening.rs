//! The invocation that may open a checkout: its hold on the order, and its time.

use shared::ambient::OrderClock;
use shared::http_api::Invocation;
use shared::order::Claim;

/// What is kept of the invocation's time for the last write and the answer, in milliseconds.
const RESERVE_MS: i64 = 6_000;

/// An invocation that may open a checkout.
pub(super) struct Opening {
    /// Its hold on the order, by the order's time.
    pub(super) claim: Claim,
    /// When it ends, by the clock.
    deadline_ms: i64,
    /// What the order is measured by.
    pub(super) clock: OrderClock,
}

impl Opening {
    pub(super) fn in_time_of(invocation: &Invocation) -> Self {
        let Invocation {
            deadline_ms, clock, ..
        } = *invocation;
        Self {
            claim: Claim {
                by: invocation.request_id.clone(),
                until_ms: clock.at_ms(deadline_ms),
            },
            deadline_ms,
            clock,
        }
    }

    /// When the last answer of Binance must be there, by the clock.
    pub(super) fn answers_by_ms(&self) -> i64 {
        self.deadline_ms.saturating_sub(RESERVE_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::settings;
    use lambda_http::Request;
    use shared::ambient::now_ms;

    #[test]
    fn order_is_held_by_its_own_time_and_binance_waited_for_by_the_clock() {
        let mut invocation = Invocation::of(&Request::default(), 28_000, &settings());
        invocation.deadline_ms = 1_800_000_000_000;
        invocation.clock = OrderClock::later(now_ms() + 86_400_000, true).unwrap();
        let until_ms = invocation.clock.at_ms(1_800_000_000_000);
        assert!(until_ms > 1_800_080_000_000, "{until_ms}");

        let opening = Opening::in_time_of(&invocation);

        let claim = Claim {
            by: invocation.request_id,
            until_ms,
        };
        assert_eq!(opening.claim, claim);
        assert_eq!(opening.answers_by_ms(), 1_799_999_994_000);
        assert_eq!(opening.clock, invocation.clock);
    }
}
