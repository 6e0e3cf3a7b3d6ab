//! What is known of one attempt to open a checkout.

use serde::{Deserialize, Serialize};

use crate::money::{Amount, Currency};

/// What is known of one attempt to open a checkout. Facts are added, never taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// When it began.
    pub started_at_ms: i64,
    /// Where the payer can pay; absent while, or when, the answer did not reach us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkout: Option<Checkout>,
    /// What a payment must match; from Binance's answer to the create or the query call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Terms>,
    /// The payments reported for it: one, or something is wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payments: Vec<Payment>,
    /// How it ended without a payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
    /// The total that went back to the payer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunded: Option<Amount>,
}

/// Where and until when the payer can pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checkout {
    /// Hosted page.
    pub checkout_url: String,
    /// Image of the QR code.
    pub qrcode_link: String,
    /// Text to encode as a QR code.
    pub qr_content: String,
    /// Opens the Binance application.
    pub deeplink: String,
    /// Opens the application if installed, else the page.
    pub universal_url: String,
    /// When the checkout closes.
    pub expires_at_ms: i64,
}

/// What Binance said is to be paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Terms {
    /// Binance's id of the checkout.
    pub prepay_id: String,
    /// Amount, up to 8 decimal places.
    pub total_fee: Amount,
    /// Currency of `total_fee`.
    pub currency: Currency,
}

/// Money that Binance says has been received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// Binance's id of the checkout it was paid through.
    pub prepay_id: String,
    /// Binance's id of the transaction.
    pub transaction_id: Option<String>,
    /// What was paid.
    pub amount: Amount,
    /// Currency of `amount`.
    pub currency: Currency,
    /// When, by Binance's clock.
    pub paid_at_ms: i64,
}

impl Payment {
    pub(super) fn matches(&self, terms: &Terms) -> bool {
        self.prepay_id == terms.prepay_id
            && self.amount == terms.total_fee
            && self.currency == terms.currency
    }

    /// The same money, told by another message: a query may name another transaction id and time than a notification.
    pub(super) fn is_same_money(&self, other: &Self) -> bool {
        self.prepay_id == other.prepay_id
            && self.amount == other.amount
            && self.currency == other.currency
    }
}

/// How an attempt ended without a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum End {
    /// Binance's answer was lost: nobody has the checkout's address, and the number is never used again.
    Unknown,
    /// Binance refused it.
    Refused,
    /// Closed at Binance.
    Closed,
    /// Its time passed.
    Expired,
    /// Binance reports `ERROR`.
    Error,
    /// Nobody came back for it, and Binance knows of no payment.
    Abandoned,
}

impl Attempt {
    /// The payment that matches the terms.
    #[must_use]
    pub fn settled(&self) -> Option<&Payment> {
        let terms = self.terms.as_ref()?;
        self.payments.iter().find(|payment| payment.matches(terms))
    }

    /// The payment that matches came after the checkout's time.
    #[must_use]
    pub fn is_late(&self) -> bool {
        let expires_at_ms = self
            .checkout
            .as_ref()
            .map(|checkout| checkout.expires_at_ms);
        let paid_at_ms = self.settled().map(|payment| payment.paid_at_ms);
        expires_at_ms.is_some_and(|expires_at_ms| paid_at_ms > Some(expires_at_ms))
    }

    /// The first payment that does not match the terms.
    #[must_use]
    pub fn mismatch(&self) -> Option<&Payment> {
        let terms = self.terms.as_ref()?;
        self.payments.iter().find(|payment| !payment.matches(terms))
    }

    /// Money is reported that cannot be judged before Binance has been asked.
    #[must_use]
    pub fn is_unverified(&self) -> bool {
        let unjudged = self.terms.is_none() && !self.payments.is_empty();
        unjudged || (self.refunded.is_some() && self.payments.is_empty())
    }
}
