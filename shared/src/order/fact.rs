//! Facts: what Binance answered to our own call, or a hint that agrees with such an answer; only facts enter an order.
//!
//! There are two ways to a fact, and no third compiles outside of this crate: the client of Binance makes them of answers
//! (and [`reading`](crate::binance::reading), which is its reading without a call), and
//! [`Hint::check`](super::Hint::check) of hints.
//!
//! ```compile_fail,E0308
//! # use shared::order::{Event, Hint};
//! fn believe(hint: Hint) -> Event {
//!     Event::Learned { attempt: hint.trade_no().attempt, fact: hint }
//! }
//! ```
//! ```compile_fail,E0624
//! # use shared::order::Fact;
//! fn make_up() -> Fact {
//!     Fact::not_found()
//! }
//! ```

use super::payment::{Payment, Refunded};
use super::{Attempt, Checkout, RefundId, Terms};
use crate::money::{Amount, Currency};

/// What Binance itself told us of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact(pub(super) Known);

/// What a fact says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Binance opened the checkout.
    Opened { terms: Terms, checkout: Checkout },
    /// Binance's answer to a query.
    Found(Found),
    /// Binance knows no order of this number.
    NotFound,
    /// Money was received as agreed.
    Paid(Money),
    /// Closed; when, if it says so.
    Closed { at_ms: Option<i64> },
    /// So much went back in all.
    Refunded {
        total: Amount,
        /// By this refund, which was of so much, if it says so.
        by: Option<(RefundId, Amount)>,
    },
}

/// What Binance answers to a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) terms: Terms,
    /// When Binance made the order.
    pub(crate) created_at_ms: Option<i64>,
    pub(crate) state: State,
}

/// How a checkout stands at Binance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody has begun to pay.
    Untouched,
    /// A payment is under way.
    UnderWay,
    /// Money was received; and some of it may have gone back.
    Paid(Money),
    /// Money is on its way back: how much, is told later.
    Refunding,
    /// Closed.
    Closed,
    /// Its time passed.
    Expired,
    /// The transaction failed.
    Errored,
}

/// Money, as a message tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    /// Binance's id of the checkout.
    pub prepay_id: String,
    /// What was paid.
    pub amount: Amount,
    /// Currency of `amount`.
    pub currency: Currency,
    /// Binance's id of the transaction.
    pub transaction_id: Option<String>,
    /// When, in milliseconds since the Unix epoch; not yet known to be plausible.
    pub paid_at_ms: Option<i64>,
    /// What Binance kept of it.
    pub commission: Option<Amount>,
    /// What went back.
    pub refunded: Option<Refunded>,
}

impl Money {
    /// The payment, whose time is `now_ms` where Binance's cannot be meant.
    pub(super) fn into_payment(self, attempt: &Attempt, now_ms: i64) -> Payment {
        Payment {
            paid_at_ms: self
                .paid_at_ms
                .filter(|at_ms| attempt.is_plausible(*at_ms, now_ms))
                .unwrap_or(now_ms),
            prepay_id: self.prepay_id,
            transaction_id: self.transaction_id,
            amount: self.amount,
            currency: self.currency,
            commission: self.commission,
            refunded: self.refunded,
            remaining_refunds: None,
        }
    }

    pub(super) fn is_of(&self, terms: &Terms) -> bool {
        terms.are_met_by(&self.prepay_id, self.amount, &self.currency)
    }
}

/// A time is not believed that lies further than this before an attempt or ahead of the clock, in milliseconds.
const PLAUSIBLE_MS: i64 = 24 * 60 * 60_000;

impl Attempt {
    /// Whether a time that Binance tells of this attempt can be meant: seconds instead of milliseconds, for one, cannot.
    pub(super) fn is_plausible(&self, at_ms: i64, now_ms: i64) -> bool {
        at_ms >= self.started_at_ms.saturating_sub(PLAUSIBLE_MS)
            && at_ms <= now_ms.saturating_add(PLAUSIBLE_MS)
    }
}

impl Fact {
    /// Of an answer to create order.
    pub(crate) fn opened(terms: Terms, checkout: Checkout) -> Self {
        Self(Known::Opened { terms, checkout })
    }

    /// Of an answer to query order.
    pub(crate) fn found(found: Found) -> Self {
        Self(Known::Found(found))
    }

    /// Of the answer to query order that there is no such order.
    pub(crate) fn not_found() -> Self {
        Self(Known::NotFound)
    }

    /// How the checkout stands, if this is the answer to a query that found it.
    #[must_use]
    pub fn state(&self) -> Option<&State> {
        match &self.0 {
            Known::Found(found) => Some(&found.state),
            Known::Opened { .. }
            | Known::NotFound
            | Known::Paid(_)
            | Known::Closed { .. }
            | Known::Refunded { .. } => None,
        }
    }
}
