//! The name of a refund, made of its order and of the key that it was asked for under.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::order::id::{ID_DIGITS, is_hex};
use crate::order::{Namespace, OrderId};

/// How many hex digits of a [`RefundId`] follow the order's id.
const REFUND_DIGITS: usize = 16;

/// Binance's `refundRequestId` of one refund: the order's id, `r`, and 16 hex digits of the key that it was asked for under.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RefundId(String);

impl RefundId {
    /// The id that always belongs to this refund of an order in a table, as [`OrderId::derived`] does; so it is found again
    /// even where the table was lost.
    #[must_use]
    pub fn derived(namespace: &Namespace, order_id: &OrderId, idempotency_key: &str) -> Self {
        let tag = OrderId::derived(namespace, order_id.as_str(), idempotency_key);
        let digits = tag.as_str().get(..REFUND_DIGITS).unwrap_or_default();
        Self(format!("{order_id}r{digits}"))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RefundId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is no id of a refund of ours.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a refund id is an order id, r, and 16 lower-case hex digits")]
pub struct RefundIdError;

impl FromStr for RefundId {
    type Err = RefundIdError;

    fn from_str(text: &str) -> Result<Self, RefundIdError> {
        let (order_id, rest) = text.split_at_checked(ID_DIGITS).ok_or(RefundIdError)?;
        let digits = rest.strip_prefix('r').ok_or(RefundIdError)?;
        let is_of_order = order_id.parse::<OrderId>().is_ok();
        if is_of_order && digits.len() == REFUND_DIGITS && digits.bytes().all(is_hex) {
            Ok(Self(text.to_owned()))
        } else {
            Err(RefundIdError)
        }
    }
}

impl TryFrom<String> for RefundId {
    type Error = RefundIdError;

    fn try_from(text: String) -> Result<Self, RefundIdError> {
        text.parse()
    }
}

impl From<RefundId> for String {
    fn from(id: RefundId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refund_is_named_by_its_order_and_its_key_alone() {
        let namespace = Namespace::from_random([1; 32]);
        let order_id: OrderId = "880a499fd8c9fc1d21e4c331ea22fc".parse().unwrap();
        let id = RefundId::derived(&namespace, &order_id, "k-1");

        // Computed with OpenSSL: HMAC-SHA256 under 32 bytes of 01 over the order's id, a zero byte and the key.
        assert_eq!(
            id.as_str(),
            "880a499fd8c9fc1d21e4c331ea22fcr3bd22e278e11a79f"
        );
        assert_eq!(id, RefundId::derived(&namespace, &order_id, "k-1"));
        assert_ne!(id, RefundId::derived(&namespace, &order_id, "k-2"));
        let other = OrderId::from_random([7; 15]);
        assert_ne!(id, RefundId::derived(&namespace, &other, "k-1"));
        assert_eq!(id.to_string(), id.as_str());
        assert_eq!(id.as_str().parse(), Ok(id));
    }

    #[test]
    fn text_that_is_no_refund_id_is_refused() {
        let id = "880a499fd8c9fc1d21e4c331ea22fcr0123456789abcdef";
        assert!(id.parse::<RefundId>().is_ok());
        for text in [
            "",
            "r",
            &id[1..],
            &id[..46],
            &format!("{id}0"),
            &id.to_uppercase(),
            &id.replace('r', "s"),
            &id.replace("cdef", "cdeg"),
            &format!("ü{}", &id[2..]),
        ] {
            assert_eq!(text.parse::<RefundId>(), Err(RefundIdError), "{text}");
        }
    }
}
