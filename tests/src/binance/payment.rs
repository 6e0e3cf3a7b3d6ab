//! The money that was taken for an order.

use rust_decimal::Decimal;
use serde::Serialize;

use super::money::as_text;
use super::order::Order;
use crate::random::Source;

/// The money that was taken, which the admin API can make differ from the order.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the fields are Binance's, see its documentation of the notification"
)]
pub struct Payment {
    pub transaction_id: String,
    pub open_user_id: String,
    pub payer_id: u64,
    #[serde(serialize_with = "as_text")]
    pub amount: Decimal,
    pub currency: String,
    #[serde(serialize_with = "as_text")]
    pub commission: Decimal,
    pub transact_time: i64,
}

impl Payment {
    /// The money an order asks for.
    pub(crate) fn of(order: &Order, now_ms: i64, random: Source) -> Self {
        // A trade number may be another merchant's, too; an address is one order's.
        let mut draw = random.of("payment", &order.token);
        Self {
            transaction_id: format!("P_{}", draw.alnum(16).to_ascii_uppercase()),
            open_user_id: draw.hex(32),
            payer_id: 741_232_235,
            amount: order.total_fee,
            currency: order.currency.clone(),
            commission: Decimal::ZERO,
            transact_time: now_ms,
        }
    }
}
