//! The order as LeadsCalendar sees it: one view, in every answer and every message about it.

use std::fmt::{self, Display};

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::payment::Payment;
use super::{
    Attempt, Change, Checkout, Order, Refund, RefundStatus, Request, Status, Terms, TransactionType,
};
use crate::money::{Amount, Currency};

/// The JSON of an order; amounts are decimal strings in their shortest form, times RFC 3339 in UTC with three decimals.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View<'a> {
    order_id: &'a str,
    revision: i64,
    status: Status,
    livemode: bool,
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
    created_at: Time,
    expires_at: Time,
    paid_at: Option<Time>,
    transaction_id: Option<&'a str>,
    commission: Option<Amount>,
    late: bool,
    close_requested_at: Option<Time>,
    payments: Vec<PaymentView<'a>>,
    refunded_amount: Option<Amount>,
    refundable: Option<Amount>,
    refunds: Vec<RefundView<'a>>,
}

/// A payment that Binance confirmed.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct PaymentView<'a> {
    merchant_trade_no: String,
    transaction_id: Option<&'a str>,
    amount: Amount,
    currency: &'a Currency,
    paid_at: Time,
    refunded_amount: Option<Amount>,
}

/// A refund that was asked for here.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundView<'a> {
    refund_request_id: &'a str,
    merchant_trade_no: String,
    status: RefundStatus,
    amount: Amount,
    currency: &'a Currency,
    reason: Option<&'a str>,
    code: Option<&'a str>,
    created_at: Time,
    ended_at: Option<Time>,
}

/// The answer to `GET /orders/{orderId}`: the view, how the order came there, and what LeadsCalendar was told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FullView<'a> {
    #[serde(flatten)]
    view: View<'a>,
    history: Vec<ChangeView<'a>>,
    confirmation: ConfirmationView<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ConfirmationView<'a> {
    confirmed_revision: i64,
    attempts: u32,
    next_attempt_at: Option<Time>,
    last_error: Option<&'a str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangeView<'a> {
    at: Time,
    status: Status,
    cause: &'a str,
}

/// A time in milliseconds since the Unix epoch, shown by RFC 3339 in UTC, always with three decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub i64);

impl Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Times that no calendar holds were not made by a clock.
        let time = Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH);
        write!(f, "{time:.3}")
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'a> View<'a> {
    /// The view of `order`.
    #[must_use]
    pub fn of(order: &'a Order) -> Self {
        let Request {
            transaction_type,
            fiat,
            price,
            callback_url,
            reference,
            ..
        } = &order.request;
        let attempt = order.attempt(order.shown_attempt());
        let terms: Option<&Terms> = attempt.and_then(|attempt| attempt.terms.as_ref());
        let checkout: Option<&Checkout> =
            attempt.and_then(|attempt: &Attempt| attempt.checkout.as_ref());
        // An order that is over, or being closed, names no way to pay.
        let is_open = order.status == Status::Pending && order.closing.is_none();
        let ways = checkout.filter(|_| is_open);
        let way = |of: fn(&Checkout) -> &Option<String>| ways.and_then(|ways| of(ways).as_deref());
        let paid: Option<&Payment> = order.payment();
        let closing = order.closing.as_ref();
        View {
            order_id: order.order_id.as_str(),
            revision: order.confirmation.revision,
            status: order.status,
            livemode: order.livemode,
            transaction_type: *transaction_type,
            fiat,
            price: *price,
            currency: terms.map(|terms| &terms.currency),
            total_fee: terms.map(|terms| terms.total_fee.normalized()),
            merchant_trade_no: order.trade_no_of(order.shown_attempt()).to_string(),
            prepay_id: terms.map(|terms| terms.prepay_id.as_str()),
            checkout_url: way(|ways| &ways.checkout_url),
            qrcode_link: way(|ways| &ways.qrcode_link),
            qr_content: way(|ways| &ways.qr_content),
            deeplink: way(|ways| &ways.deeplink),
            universal_url: way(|ways| &ways.universal_url),
            callback_url,
            reference: reference.as_deref(),
            created_at: Time(order.created_at_ms),
            expires_at: Time(order.expires_at_ms()),
            paid_at: paid.map(|payment| Time(payment.paid_at_ms)),
            transaction_id: paid.and_then(|payment| payment.transaction_id.as_deref()),
            commission: paid.and_then(|payment| payment.commission.map(Amount::normalized)),
            late: order.late,
            close_requested_at: closing.map(|closing| Time(closing.requested_at_ms)),
            payments: order.payment_views(),
            refunded_amount: order.refunded().map(Amount::normalized),
            refundable: order.refundable().map(Amount::normalized),
            refunds: order
                .refunds
                .iter()
                .map(|refund| RefundView::of(order, refund))
                .collect(),
        }
    }
}

impl<'a> RefundView<'a> {
    /// The view of `refund`, which is of `order`.
    #[must_use]
    pub fn of(order: &Order, refund: &'a Refund) -> Self {
        Self {
            refund_request_id: refund.refund_request_id.as_str(),
            merchant_trade_no: order.trade_no_of(refund.attempt).to_string(),
            status: refund.status,
            amount: refund.amount.normalized(),
            currency: &refund.currency,
            reason: refund.wanted.reason.as_deref(),
            code: refund.code.as_deref(),
            created_at: Time(refund.created_at_ms),
            ended_at: refund.ended_at_ms.map(Time),
        }
    }
}

impl<'a> FullView<'a> {
    /// The full view of `order`.
    #[must_use]
    pub fn of(order: &'a Order) -> Self {
        let change = |change: &'a Change| ChangeView {
            at: Time(change.at_ms),
            status: change.status,
            cause: &change.cause,
        };
        let confirmation = &order.confirmation;
        Self {
            view: View::of(order),
            history: order.history.iter().map(change).collect(),
            confirmation: ConfirmationView {
                confirmed_revision: confirmation.confirmed_revision,
                attempts: confirmation.attempts,
                next_attempt_at: confirmation.next_attempt_at_ms.map(Time),
                last_error: confirmation.last_error.as_deref(),
            },
        }
    }
}

impl Order {
    fn payment_views(&self) -> Vec<PaymentView<'_>> {
        self.payments()
            .map(|(attempt, payment)| PaymentView {
                merchant_trade_no: self.trade_no_of(attempt).to_string(),
                transaction_id: payment.transaction_id.as_deref(),
                amount: payment.amount.normalized(),
                currency: &payment.currency,
                paid_at: Time(payment.paid_at_ms),
                refunded_amount: payment.refunded_amount().map(Amount::normalized),
            })
            .collect()
    }
}
