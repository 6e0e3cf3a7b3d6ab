//! Money that came in for an attempt, and what of it went back.

use serde::{Deserialize, Serialize};

use super::Terms;
use crate::money::{Amount, Currency};

/// Money that Binance says has been received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// Binance's id of the checkout it was paid through.
    pub prepay_id: String,
    /// Binance's id of the transaction; a query and a notification may name two of one payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// What was paid.
    pub amount: Amount,
    /// Currency of `amount`.
    pub currency: Currency,
    /// When, by Binance's clock; when we learned of it, where Binance did not say.
    pub paid_at_ms: i64,
    /// What Binance kept of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commission: Option<Amount>,
    /// What went back to the payer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunded: Option<Refunded>,
    /// How many more refunds of it Binance allows, as it last said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining_refunds: Option<u32>,
}

/// What went back of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Refunded {
    /// At least so much.
    Total(Amount),
    /// A part; a query does not tell how much.
    Part,
}

impl Payment {
    pub(super) fn matches(&self, terms: &Terms) -> bool {
        terms.are_met_by(&self.prepay_id, self.amount, &self.currency)
    }

    /// The same money, told by another message.
    pub(super) fn is_same_money(&self, other: &Self) -> bool {
        self.prepay_id == other.prepay_id
            && self.amount == other.amount
            && self.currency == other.currency
    }

    /// The total that went back; none if a part did of which Binance does not tell how much.
    pub(super) fn refunded_amount(&self) -> Option<Amount> {
        match self.refunded {
            None => Some(Amount::ZERO),
            Some(Refunded::Total(total)) => Some(total),
            Some(Refunded::Part) => None,
        }
    }

    /// What is left of it without `gone`.
    pub(super) fn less(&self, gone: Amount) -> Amount {
        self.amount.checked_sub(gone).unwrap_or(Amount::ZERO)
    }

    /// Whether nothing of it is left.
    pub(super) fn is_gone(&self) -> bool {
        self.refunded_amount()
            .is_some_and(|total| total >= self.amount)
    }

    /// Takes over the sums of an answer about a refund; whether that is news. More than was paid cannot have gone back.
    pub(super) fn take_sums(&mut self, gone: Option<Amount>, remaining: Option<u32>) -> bool {
        let is_another = remaining.is_some() && remaining != self.remaining_refunds;
        self.remaining_refunds = remaining.or(self.remaining_refunds);
        let gone = gone.filter(|gone| *gone <= self.amount);
        gone.is_some_and(|gone| self.refund(Refunded::Total(gone.normalized()))) || is_another
    }

    /// Takes over what went back, which only grows; whether that is news.
    pub(super) fn refund(&mut self, told: Refunded) -> bool {
        let is_news = match (self.refunded, told) {
            (_, Refunded::Total(total)) if total.is_zero() => false,
            (Some(Refunded::Total(known)), Refunded::Total(total)) => known < total,
            (None | Some(Refunded::Part), Refunded::Total(_)) | (None, Refunded::Part) => true,
            (Some(_), Refunded::Part) => false,
        };
        if is_news {
            self.refunded = Some(told);
        }
        is_news
    }
}
