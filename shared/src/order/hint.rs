//! Hints: a notification, before it is believed. Binance signs for all merchants with one key, and a trade number is unique
//! per merchant only, so that a signature says who speaks, and not about whose order.

use serde::{Deserialize, Serialize};

use super::fact::{Fact, Known, Money};
use super::{Order, RefundId, TradeNo};
use crate::money::{Amount, Currency};

/// A verified notification about a trade number of our form, before it is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    trade_no: TradeNo,
    prepay_id: Option<String>,
    says: Says,
}

/// What a notification says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// Money was received.
    Paid(Money),
    /// The checkout was closed, at this time if it says so.
    Closed {
        /// In milliseconds since the Unix epoch; not yet known to be plausible.
        at_ms: Option<i64>,
    },
    /// Money went back.
    Refunded {
        /// Binance's id of the checkout, as the refund names it.
        prepay_id: Option<String>,
        /// All that went back so far.
        total: Amount,
        /// Currency of `total`.
        currency: Currency,
        /// The refund of ours that it was, and how much it was of, if it says so.
        by: Option<(RefundId, Amount)>,
    },
    /// A refund was rejected; of the checkout that the refund names.
    Rejected {
        /// Binance's id of the checkout.
        prepay_id: Option<String>,
    },
    /// Something that cannot be read; the name of the field.
    Unreadable(Kind, &'static str),
}

/// What a notification is about, as far as it can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// A payment.
    Paid,
    /// A close.
    Closed,
    /// A refund.
    Refunded,
    /// A refund that was rejected.
    Rejected,
    /// That cannot be told.
    Unknown,
}

/// What comes of a hint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one for a moment, and a fact is what it usually is"
)]
pub enum Checked {
    /// It agrees with what Binance has told us.
    Agrees(Fact),
    /// Binance must be asked.
    Doubtful(Doubt),
    /// It says nothing that could change the order.
    Idle,
}

/// Why Binance must be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// What the hint is about.
    pub kind: Kind,
    /// It names the attempt's prepay id: whether another merchant can have caused it.
    pub is_ours: bool,
}

impl Hint {
    /// A hint about `trade_no` that names this prepay id.
    #[must_use]
    pub fn new(trade_no: TradeNo, prepay_id: Option<String>, says: Says) -> Self {
        Self {
            trade_no,
            prepay_id,
            says,
        }
    }

    /// Which attempt of which order.
    #[must_use]
    pub fn trade_no(&self) -> &TradeNo {
        &self.trade_no
    }

    /// What it is about.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match &self.says {
            Says::Paid(_) => Kind::Paid,
            Says::Closed { .. } => Kind::Closed,
            Says::Refunded { .. } => Kind::Refunded,
            Says::Rejected { .. } => Kind::Rejected,
            Says::Unreadable(kind, _) => *kind,
        }
    }

    /// The field that could not be read.
    #[must_use]
    pub fn unreadable(&self) -> Option<&'static str> {
        match &self.says {
            Says::Unreadable(_, field) => Some(field),
            Says::Paid(_) | Says::Closed { .. } | Says::Refunded { .. } | Says::Rejected { .. } => {
                None
            }
        }
    }

    /// Compares the hint with what Binance has told us in answer to our own calls: prepay id first, then the money.
    #[must_use]
    pub fn check(&self, order: &Order) -> Checked {
        let attempt = order.attempt(self.trade_no.attempt);
        let terms = attempt.and_then(|attempt| attempt.terms.as_ref());
        let named = match &self.says {
            Says::Refunded { prepay_id, .. } | Says::Rejected { prepay_id } => {
                prepay_id.as_ref().or(self.prepay_id.as_ref())
            }
            Says::Paid(_) | Says::Closed { .. } | Says::Unreadable(..) => self.prepay_id.as_ref(),
        };
        let is_ours = terms.is_some_and(|terms| named == Some(&terms.prepay_id));
        let doubt = Checked::Doubtful(Doubt {
            kind: self.kind(),
            is_ours,
        });
        // That nothing went back changes nothing, but tells of a refund that is waited for.
        if self.kind() == Kind::Rejected {
            return match order.undecided_refund() {
                Some(_) => doubt,
                None => Checked::Idle,
            };
        }
        let (Some(attempt), Some(terms), true) = (attempt, terms, is_ours) else {
            return doubt;
        };
        let payment = attempt.payment.as_ref();
        let known = match &self.says {
            // A second payment, and one in place of another that Binance told us of, only Binance's answer can make.
            Says::Paid(money)
                if money.is_of(terms)
                    && payment.is_none_or(|payment| payment.matches(terms))
                    && (payment.is_some() || order.payments().next().is_none()) =>
            {
                Known::Paid(money.clone())
            }
            Says::Closed { at_ms } => Known::Closed { at_ms: *at_ms },
            // Of nothing, nothing went back; so there need not be a payment.
            Says::Refunded {
                prepay_id: Some(_),
                total,
                currency,
                by,
            } if total.is_zero()
                || payment.is_some_and(|payment| {
                    payment.currency == *currency && *total <= payment.amount
                }) =>
            {
                Known::Refunded {
                    total: *total,
                    // Of a refund that the total does not hold it tells nothing.
                    by: by.clone().filter(|(_, amount)| amount <= total),
                }
            }
            Says::Paid(_)
            | Says::Refunded { .. }
            | Says::Rejected { .. }
            | Says::Unreadable(..) => return doubt,
        };
        Checked::Agrees(Fact(known))
    }
}
