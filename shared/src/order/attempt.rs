//! What is known of one attempt to open a checkout.

use serde::{Deserialize, Serialize};

use super::payment::Payment;
use crate::money::{Amount, Currency};

/// How long a checkout is open where Binance does not say until when, and was not asked for another end, in milliseconds:
/// its default.
const DEFAULT_LIFE_MS: i64 = 60 * 60_000;

/// What is known of one attempt to open a checkout: facts, which are added and never taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// When it began.
    pub started_at_ms: i64,
    /// Since when its number may be known to Binance, if another invocation began with it and gave it up before Binance took
    /// it, as far as that one knew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_up_from_ms: Option<i64>,
    /// When Binance is asked to end its checkout; absent if that is left to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_end_ms: Option<i64>,
    /// Where the payer can pay; absent while, or when, the answer did not reach us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkout: Option<Checkout>,
    /// What a payment must match; from Binance's answer to the create or the query call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Terms>,
    /// The money that Binance says has been received for it; a checkout is paid once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<Payment>,
    /// How it ended without a payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
}

/// Where and until when the payer can pay; each way to pay may be absent, one is enough.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checkout {
    /// Hosted page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkout_url: Option<String>,
    /// Image of the QR code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qrcode_link: Option<String>,
    /// Text to encode as a QR code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qr_content: Option<String>,
    /// Opens the Binance application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deeplink: Option<String>,
    /// Opens the application if installed, else the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub universal_url: Option<String>,
    /// When the checkout closes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at_ms: Option<i64>,
}

impl Checkout {
    /// Whether a payer can be sent anywhere.
    #[must_use]
    pub fn has_way_to_pay(&self) -> bool {
        let ways = [
            &self.checkout_url,
            &self.qrcode_link,
            &self.qr_content,
            &self.deeplink,
            &self.universal_url,
        ];
        ways.into_iter().any(Option::is_some)
    }
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

impl Terms {
    /// Whether this is the money that they ask for.
    pub(super) fn are_met_by(&self, prepay_id: &str, amount: Amount, currency: &Currency) -> bool {
        self.prepay_id == prepay_id && self.total_fee == amount && self.currency == *currency
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
    /// Closed at Binance before its time had passed.
    Closed,
    /// Its time passed.
    Expired,
    /// Binance reports `ERROR`.
    Error,
    /// Nobody came back for it, and Binance knows of no payment.
    Abandoned,
    /// Binance had an order of this number before us, and it was paid: whose money it is, we cannot know.
    PaidUnknown,
}

impl Attempt {
    /// The payment, if it is what the terms say.
    #[must_use]
    pub fn settled(&self) -> Option<&Payment> {
        let terms = self.terms.as_ref()?;
        self.payment
            .as_ref()
            .filter(|payment| payment.matches(terms))
    }

    /// The payment, if it is not what the terms say.
    #[must_use]
    pub fn mismatch(&self) -> Option<&Payment> {
        let terms = self.terms.as_ref()?;
        self.payment
            .as_ref()
            .filter(|payment| !payment.matches(terms))
    }

    /// Since when Binance can have made an order of its number.
    #[must_use]
    pub fn sent_from_ms(&self) -> i64 {
        self.given_up_from_ms.unwrap_or(self.started_at_ms)
    }

    /// When the checkout closes at Binance; where it did not say, what it was asked for, or its default.
    #[must_use]
    pub fn expires_at_ms(&self) -> i64 {
        let told = self
            .checkout
            .as_ref()
            .and_then(|checkout| checkout.expires_at_ms);
        let default_ms = self.started_at_ms.saturating_add(DEFAULT_LIFE_MS);
        told.or(self.asked_end_ms).unwrap_or(default_ms)
    }

    /// The payment that counts came after `expires_at_ms`, or after another end was recorded.
    #[must_use]
    pub fn is_late(&self, expires_at_ms: i64) -> bool {
        // Of a lost answer nobody knew how it ended.
        if self.end.is_some_and(|end| end != End::Unknown) {
            return true;
        }
        let paid_at_ms = self.settled().map(|payment| payment.paid_at_ms);
        paid_at_ms > Some(expires_at_ms)
    }
}
