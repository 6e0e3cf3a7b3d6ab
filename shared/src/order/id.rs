//! The two names of an order: `OrderId` is ours, `TradeNo` is what Binance knows one attempt by.

use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// Length of an [`OrderId`] in hex digits; with the two digits of the attempt it fills Binance's limit of 32.
pub(super) const ID_DIGITS: usize = 30;

/// What makes the ids of a table its own: nobody else can compute them, and no other stack, nor this one after its table
/// was lost, makes the same. Made once, kept in the table, and a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Namespace([u8; 32]);

impl Namespace {
    /// The namespace of 32 random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to be kept.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Namespace(..)")
    }
}

/// The order's id: 30 lower-case hex digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrderId(String);

impl OrderId {
    /// An id from 15 random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 15]) -> Self {
        Self::from_bytes(&bytes)
    }

    /// The id that always belongs to this `client` and `idempotency_key` in a table: HMAC-SHA256 over both with the table's
    /// namespace as the key, truncated to 15 bytes.
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        clippy::expect_used,
        reason = "HMAC takes a key of any length"
    )]
    pub fn derived(namespace: &Namespace, client: &str, idempotency_key: &str) -> Self {
        let mac = Hmac::<Sha256>::new_from_slice(&namespace.0).expect("a key of any length");
        let tag = mac
            .chain_update(client.as_bytes())
            .chain_update([0])
            .chain_update(idempotency_key.as_bytes())
            .finalize()
            .into_bytes();
        Self::from_bytes(tag.get(..ID_DIGITS / 2).unwrap_or_default())
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        Self(
            bytes
                .iter()
                .fold(String::with_capacity(ID_DIGITS), |mut hex, byte| {
                    // Writing to a `String` cannot fail.
                    let _ = write!(hex, "{byte:02x}");
                    hex
                }),
        )
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition of the index `due` this order falls into, 0–7: the id's last digit modulo 8.
    #[must_use]
    pub fn due_shard(&self) -> u8 {
        let last = self
            .0
            .chars()
            .next_back()
            .and_then(|digit| digit.to_digit(8 * 2))
            .unwrap_or_default();
        u8::try_from(last % 8).unwrap_or_default()
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not 30 lower-case hex digits.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("an order id is 30 lower-case hex digits")]
pub struct OrderIdError;

impl FromStr for OrderId {
    type Err = OrderIdError;

    fn from_str(text: &str) -> Result<Self, OrderIdError> {
        if text.len() == ID_DIGITS && text.bytes().all(is_hex) {
            Ok(Self(text.to_owned()))
        } else {
            Err(OrderIdError)
        }
    }
}

impl TryFrom<String> for OrderId {
    type Error = OrderIdError;

    fn try_from(text: String) -> Result<Self, OrderIdError> {
        text.parse()
    }
}

impl From<OrderId> for String {
    fn from(id: OrderId) -> Self {
        id.0
    }
}

pub(super) fn is_hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

/// Binance's `merchantTradeNo` of one attempt: the order id and the attempt's two digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TradeNo {
    /// The order.
    pub order_id: OrderId,
    /// The attempt to open a checkout, 1–99.
    pub attempt: u8,
}

impl fmt::Display for TradeNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:02}", self.order_id, self.attempt)
    }
}

/// The text is no trade number of ours.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a trade number is an order id and an attempt from 01 to 99")]
pub struct TradeNoError;

impl FromStr for TradeNo {
    type Err = TradeNoError;

    fn from_str(text: &str) -> Result<Self, TradeNoError> {
        let (id, attempt) = text.split_at_checked(ID_DIGITS).ok_or(TradeNoError)?;
        let order_id = id.parse().map_err(|_| TradeNoError)?;
        let two_digits = attempt.len() == 2 && attempt.bytes().all(|byte| byte.is_ascii_digit());
        match attempt.parse() {
            Ok(attempt) if two_digits && attempt > 0 => Ok(Self { order_id, attempt }),
            _ => Err(TradeNoError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_is_derived_from_namespace_client_and_key_alone() {
        let ours = Namespace::from_random([1; 32]);
        let derived = |client, key| OrderId::derived(&ours, client, key);
        let id = derived("LeadsCalendar", "k-1");

        // Computed with OpenSSL: HMAC-SHA256 under 32 bytes of 01.
        assert_eq!(id.as_str(), "880a499fd8c9fc1d21e4c331ea22fc");
        assert_eq!(id, derived("LeadsCalendar", "k-1"));
        assert_ne!(id, derived("LeadsCalendar", "k-2"));
        assert_ne!(derived("a", "bc"), derived("ab", "c"));
        let other = Namespace::from_random([2; 32]);
        assert_ne!(id, OrderId::derived(&other, "LeadsCalendar", "k-1"));
        assert_eq!(id.as_str().parse(), Ok(id.clone()));
    }

    #[test]
    fn namespace_is_never_shown() {
        let namespace = Namespace::from_random([0xab; 32]);
        assert_eq!(format!("{namespace:?}"), "Namespace(..)");
    }

    #[test]
    fn ids_that_are_not_ours_are_refused() {
        for text in [
            "",
            "0",
            &"0".repeat(29),
            &"0".repeat(31),
            &"A".repeat(30),
            &"g".repeat(30),
            &"é".repeat(15),
        ] {
            assert_eq!(text.parse::<OrderId>(), Err(OrderIdError), "{text}");
        }
    }

    #[test]
    fn trade_number_is_the_id_and_two_digits_and_reads_back() {
        let order_id = OrderId::from_random([0xab; 15]);
        for attempt in 1..=99 {
            let trade_no = TradeNo {
                order_id: order_id.clone(),
                attempt,
            };
            let text = trade_no.to_string();

            assert_eq!(text.len(), 32);
            assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            assert_eq!(text.parse(), Ok(trade_no));
        }
    }

    #[test]
    fn trade_numbers_that_are_not_ours_are_refused() {
        let id = "ab".repeat(15);
        for text in [
            String::new(),
            id.clone(),
            format!("{id}00"),
            format!("{id}1"),
            format!("{id}+1"),
            format!("{id}100"),
            "é".repeat(16),
        ] {
            assert_eq!(text.parse::<TradeNo>(), Err(TradeNoError), "{text}");
        }
    }

    #[test]
    fn namespace_is_kept_as_it_was_made() {
        let bytes = [0xab; 32];
        assert_eq!(Namespace::from_random(bytes).as_bytes(), &bytes);
    }

    #[test]
    fn shard_is_the_last_digit_modulo_eight() {
        for digit in 0..16 {
            let id = OrderId::from_random([0xf0 | digit; 15]);
            assert_eq!(id.due_shard(), digit % 8, "{id}");
        }
    }

    #[test]
    fn all_eight_shards_are_used() {
        let shards: std::collections::BTreeSet<u8> = (0..=255)
            .map(|byte| OrderId::from_random([byte; 15]).due_shard())
            .collect();

        assert_eq!(shards, (0..8).collect());
    }
}
