//! Notifications as the verdict reads them: strictly, each field as the documentation has it.

use rust_decimal::Decimal;
use sandbox::binance::{Delivery, Order};
use serde_json::Value;

use crate::evidence::ID_DIGITS;

/// What a notification says, as far as it was not bent.
pub struct Notice {
    /// `PAY_SUCCESS`, `PAY_CLOSED` or `REFUND_SUCCESS`.
    pub kind: String,
    pub trade_no: String,
    prepay_id: String,
    /// All that went back so far; of nothing but a refund that says so.
    pub refunded: Option<Decimal>,
}

impl Notice {
    /// Nothing, if it lacks anything that decides.
    pub fn read(body: &[u8]) -> Option<Self> {
        let envelope: Value = serde_json::from_slice(body).ok()?;
        let kind = envelope["bizStatus"].as_str()?;
        let biz_type = match kind {
            "PAY_SUCCESS" | "PAY_CLOSED" => "PAY",
            "REFUND_SUCCESS" => "PAY_REFUND",
            _ => return None,
        };
        let prepay_id = match &envelope["bizIdStr"] {
            Value::String(text) if !text.is_empty() => text.clone(),
            Value::Null | Value::String(_) => envelope["bizId"].as_u64()?.to_string(),
            _ => return None,
        };
        let data: Value = serde_json::from_str(envelope["data"].as_str()?).ok()?;
        if envelope["bizType"] != biz_type
            || data["currency"].as_str().is_none_or(str::is_empty)
            || !data["totalFee"].is_number()
        {
            return None;
        }
        Some(Self {
            kind: kind.to_owned(),
            trade_no: data["merchantTradeNo"].as_str()?.to_owned(),
            refunded: refunded(&data["refundInfo"], &prepay_id),
            prepay_id,
        })
    }

    /// Of our order at Binance, and not of another merchant's.
    pub fn is_of(&self, order: &Order) -> bool {
        order.merchant_trade_no == self.trade_no && order.prepay_id.to_string() == self.prepay_id
    }

    pub fn order_id(&self) -> &str {
        self.trade_no.get(..ID_DIGITS).unwrap_or(&self.trade_no)
    }

    /// The number of the attempt, from 1.
    pub fn attempt(&self) -> usize {
        let digits = self.trade_no.get(ID_DIGITS..).unwrap_or_default();
        digits.parse().unwrap_or(1)
    }

    /// Whether the attempt holds what it says of money.
    pub fn is_recorded(&self, attempt: &Value) -> bool {
        let payment = &attempt["payment"];
        match self.kind.as_str() {
            "PAY_SUCCESS" => payment.is_object(),
            "REFUND_SUCCESS" => match Back::of(payment) {
                Back::Nothing => false,
                Back::Part => true,
                Back::Total(total) => Some(total) >= self.refunded,
            },
            _ => true,
        }
    }
}

/// The total in `refundInfo`, be it an object or the same in a string, of the checkout.
fn refunded(info: &Value, prepay_id: &str) -> Option<Decimal> {
    let info = match info {
        Value::String(text) => serde_json::from_str(text).ok()?,
        _ => info.clone(),
    };
    let total = info["refundedAmount"].as_str()?.parse().ok()?;
    (info["prepayId"] == prepay_id).then_some(total)
}

/// The strictly readable notifications about an order of ours that were acknowledged, with the delivery of each.
pub fn acknowledged<'a>(
    deliveries: &'a [Delivery],
    order: &'a Order,
) -> impl Iterator<Item = (&'a Delivery, Notice)> {
    let own = deliveries
        .iter()
        .filter(|one| one.acknowledged && !one.stranger);
    own.filter_map(|one| Some((one, Notice::read(one.body.as_bytes())?)))
        .filter(|(_, notice)| notice.is_of(order))
}

/// What the table says went back of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Back {
    Nothing,
    Part,
    Total(Decimal),
}

impl Back {
    pub fn of(payment: &Value) -> Self {
        match &payment["refunded"] {
            Value::Null => Self::Nothing,
            Value::String(part) if part == "part" => Self::Part,
            refunded => Self::Total(amount(&refunded["total"])),
        }
    }
}

/// An amount as a decimal.
pub fn amount(value: &Value) -> Decimal {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    text.parse()
        .unwrap_or_else(|_| panic!("{value} is no amount"))
}
