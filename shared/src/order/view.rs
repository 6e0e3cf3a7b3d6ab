//! The order as LeadsCalendar sees it, in answers and in confirmations.

use jiff::Timestamp;
use serde::Serialize;

use super::{Attempt, Change, Checkout, Order, Payment, Request, Status, Terms, TransactionType};
use crate::money::{Amount, Currency};

/// The JSON of an order; amounts are decimal strings, times RFC 3339 in UTC.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View<'a> {
    order_id: &'a str,
    status: Status,
    transaction_type: TransactionType,
    fiat: &'a Currency,
    price: Amount,
    currency: Option<&'a Currency>,
    total_fee: Option<Amount>,
    merchant_trade_no: String,
    prepay_id: Option<&'a str>,
    checkout_url: Option<&'a str>,
    qrcode_link: Option<&'a str>,
    qr_content: Option<&'a str>,
    deeplink: Option<&'a str>,
    universal_url: Option<&'a str>,
    callback_url: &'a str,
    reference: Option<&'a str>,
    created_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    afterwards: Option<Afterwards<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Vec<ChangeView<'a>>>,
}

/// What became of the order after it was created.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Afterwards<'a> {
    paid_at: Option<Timestamp>,
    transaction_id: Option<&'a str>,
    refunded_amount: Option<Amount>,
    late: bool,
    confirmation: ConfirmationView<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ConfirmationView<'a> {
    revision: u32,
    confirmed_revision: u32,
    attempts: u32,
    next_attempt_at: Option<Timestamp>,
    last_error: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct ChangeView<'a> {
    at: Option<Timestamp>,
    status: Status,
    cause: &'a str,
}

impl<'a> View<'a> {
    /// The answer to `POST /orders`.
    #[must_use]
    pub fn created(order: &'a Order) -> Self {
        let Request {
            transaction_type,
            fiat,
            price,
            callback_url,
            reference,
            ..
        } = &order.request;
        let shown = order.paid_attempt.unwrap_or(order.current_attempt());
        let attempt = order.attempt(shown);
        let terms: Option<&Terms> = attempt.and_then(|attempt| attempt.terms.as_ref());
        let checkout: Option<&Checkout> =
            attempt.and_then(|attempt: &Attempt| attempt.checkout.as_ref());
        View {
            order_id: order.order_id.as_str(),
            status: order.status,
            transaction_type: *transaction_type,
            fiat,
            price: *price,
            currency: terms.map(|terms| &terms.currency),
            total_fee: terms.map(|terms| terms.total_fee),
            merchant_trade_no: order.trade_no_of(shown).to_string(),
            prepay_id: terms.map(|terms| terms.prepay_id.as_str()),
            checkout_url: checkout.map(|checkout| checkout.checkout_url.as_str()),
            qrcode_link: checkout.map(|checkout| checkout.qrcode_link.as_str()),
            qr_content: checkout.map(|checkout| checkout.qr_content.as_str()),
            deeplink: checkout.map(|checkout| checkout.deeplink.as_str()),
            universal_url: checkout.map(|checkout| checkout.universal_url.as_str()),
            callback_url,
            reference: reference.as_deref(),
            created_at: rfc3339(order.created_at_ms),
            expires_at: checkout.and_then(|checkout| rfc3339(checkout.expires_at_ms)),
            afterwards: None,
            history: None,
        }
    }

    /// The `data` of a confirmation.
    #[must_use]
    pub fn confirmed(order: &'a Order) -> Self {
        let payment: Option<&Payment> = order.payment();
        let confirmation = &order.confirmation;
        let afterwards = Afterwards {
            paid_at: payment.and_then(|payment| rfc3339(payment.paid_at_ms)),
            transaction_id: payment.and_then(|payment| payment.transaction_id.as_deref()),
            refunded_amount: order.refunded(),
            late: order.late,
            confirmation: ConfirmationView {
                revision: confirmation.revision,
                confirmed_revision: confirmation.confirmed_revision,
                attempts: confirmation.attempts,
                next_attempt_at: confirmation.next_attempt_at_ms.and_then(rfc3339),
                last_error: confirmation.last_error.as_deref(),
            },
        };
        View {
            afterwards: Some(afterwards),
            ..Self::created(order)
        }
    }

    /// The answer to `GET /orders/{orderId}`.
    #[must_use]
    pub fn full(order: &'a Order) -> Self {
        let change = |change: &'a Change| ChangeView {
            at: rfc3339(change.at_ms),
            status: change.status,
            cause: &change.cause,
        };
        View {
            history: Some(order.history.iter().map(change).collect()),
            ..Self::confirmed(order)
        }
    }
}

impl Order {
    /// The `type` of the confirmation that tells the current state; none while the order waits for its payer.
    #[must_use]
    pub fn confirmation_type(&self) -> Option<&'static str> {
        match self.status {
            Status::Created | Status::Pending => None,
            Status::Paid => Some("order.paid"),
            Status::Canceled => Some("order.canceled"),
            Status::Expired => Some("order.expired"),
            Status::Failed => Some("order.failed"),
            Status::Disputed => Some("order.disputed"),
            Status::PartiallyRefunded | Status::Refunded => Some("order.refunded"),
        }
    }
}

fn rfc3339(ms: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(ms).ok()
}
