//! Amounts and currencies: exact decimals, never a float, whatever spelling they arrive in.
//!
//! Binance writes one amount as `"25.17"`, `0.88000000`, `1.0E-7` or `"1E-8"`, so it is always the *text* that is read,
//! be it a JSON number or a JSON string.

use std::{fmt, str::FromStr};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thiserror::Error;

/// An amount of money: a decimal of zero or more, held exactly.
///
/// Compared by value (`1.00 == 1`), shown in plain notation with the decimals it was given (`1.00`). At most 28 decimals,
/// and at most 2⁹⁶ − 1 (so any 28 digits) when the point is left out. As a stored value it is a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Amount(Decimal);

/// Why a text is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AmountError {
    /// Neither plain nor scientific notation.
    #[error("must be a decimal number such as 25.17 or 1")]
    NotDecimal,
    /// Written with a minus sign.
    #[error("must not be negative")]
    Negative,
    /// More digits than can be held without rounding.
    #[error("must have at most 28 digits and at most 28 decimals")]
    TooLong,
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// Reads a JSON number, or a JSON string that holds a decimal.
    ///
    /// # Errors
    /// [`AmountError`], also for every other kind of JSON value.
    pub fn from_json(raw: &RawValue) -> Result<Self, AmountError> {
        let text = raw.get();
        if text.starts_with('"') {
            let inner: String = serde_json::from_str(text).map_err(|_| AmountError::NotDecimal)?;
            inner.parse()
        } else {
            text.parse()
        }
    }

    /// This amount without zeros at the end of its decimals, so that equal amounts look alike.
    #[must_use]
    pub fn normalized(self) -> Self {
        Self(self.0.normalize())
    }

    /// This amount as a JSON number, digit for digit as it is shown.
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        clippy::expect_used,
        reason = "digits, at most one point and digits on both sides of it are a JSON number"
    )]
    pub fn to_json_number(&self) -> Box<RawValue> {
        RawValue::from_string(self.to_string()).expect("a plain decimal is a JSON number")
    }

    /// Both together; none if no decimal can hold that.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let sum = self.0.checked_add(other.0)?;
        is_sum(sum, self.0, other.0).then_some(Self(sum))
    }

    /// What is left after `other`; none if that is more than there is, or if no decimal can hold what is left.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        let left = self.0.checked_sub(other.0)?;
        let is_left = !left.is_sign_negative() || left.is_zero();
        (is_left && is_sum(self.0, left, other.0)).then_some(Self(left))
    }

    /// Whether this is zero, in any spelling.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    /// How many decimals the value needs: 0 for `1.00`, 1 for `0.50`, 8 for `1E-8`.
    #[must_use]
    pub fn decimals(&self) -> u32 {
        self.0.normalize().scale()
    }

    /// The same value, shown with at least `n` decimals, as far as they can be held; never rounded.
    #[must_use]
    pub fn with_decimals(mut self, n: u32) -> Self {
        if n > self.0.scale() {
            self.0.rescale(n);
        }
        self
    }
}

/// Whether `sum` is exactly what two decimals make together: adding and taking away round what cannot be held.
fn is_sum(sum: Decimal, one: Decimal, other: Decimal) -> bool {
    sum.checked_sub(one) == Some(other) && sum.checked_sub(other) == Some(one)
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with('-') {
            return Err(AmountError::Negative);
        }
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let power = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let digits = format!("{whole}{fraction}");
        if mantissa.ends_with('.') || ![whole, &digits, power].into_iter().all(is_digits) {
            return Err(AmountError::NotDecimal);
        }

        exact(&digits, fraction.len(), exponent)
            .map(Self)
            .ok_or(AmountError::TooLong)
    }
}

/// `digits × 10^(exponent − decimals)`, or nothing if a digit of it would be lost.
fn exact(digits: &str, decimals: usize, exponent: &str) -> Option<Decimal> {
    let exponent: i32 = exponent.parse().ok()?;
    let scale = i32::try_from(decimals).ok()?.checked_sub(exponent)?;
    let zeros = 10_i128.checked_pow(scale.min(0).unsigned_abs())?;
    let digits = digits.parse::<i128>().ok()?.checked_mul(zeros)?;
    Decimal::try_from_i128_with_scale(digits, scale.max(0).unsigned_abs()).ok()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for Amount {
    type Error = AmountError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Amount> for String {
    fn from(amount: Amount) -> Self {
        amount.to_string()
    }
}

/// The code of a fiat or crypto currency, such as `USD`, `USDT` or `1INCH`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(String);

/// Why a text is not a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a currency must be 2 to 10 upper-case letters or digits, such as USDT")]
pub struct CurrencyError;

impl Currency {
    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Currency {
    type Err = CurrencyError;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        code.to_owned().try_into()
    }
}

impl TryFrom<String> for Currency {
    type Error = CurrencyError;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        let valid = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        if (2..=10).contains(&code.len()) && code.bytes().all(valid) {
            Ok(Self(code))
        } else {
            Err(CurrencyError)
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.0
    }
}

#[cfg(test)]
mod tests;
