//! Amounts: how Binance reads them, converts them, and writes them in three different ways.

use std::fmt::Display;

use rust_decimal::Decimal;
use serde::Serializer;
use serde_json::value::RawValue;

/// The most decimals an amount may have.
const DECIMALS: u32 = 8;

/// One USDT costs a little less than a dollar, so that an order's `totalFee` is never the fiat amount by accident.
const RATES: [(&str, &str); 8] = [
    ("USD", "1.00020004"),
    ("EUR", "1.08431177"),
    ("GBP", "1.27150309"),
    ("HKD", "0.12781105"),
    ("JPY", "0.00671893"),
    ("BRL", "0.18350707"),
    ("TRY", "0.02914911"),
    ("AUD", "0.65290313"),
];

/// Reads a JSON number or a decimal string: above zero, at most 8 decimals, no sign.
pub(crate) fn read(json: &RawValue) -> Result<Decimal, &'static str> {
    let text = json.get();
    let (text, quoted) = match text.strip_prefix('"') {
        Some(rest) => (rest.trim_end_matches('"'), true),
        None => (text, false),
    };
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return Err("is neither a JSON number nor a decimal string");
    }
    let exponent = text.contains(['e', 'E']);
    let read = match (exponent, quoted) {
        (false, _) => Decimal::from_str_exact(text),
        (true, false) => Decimal::from_scientific(text),
        (true, true) => return Err("is neither a JSON number nor a decimal string"),
    };
    let amount = read
        .map_err(|_| "is neither a JSON number nor a decimal string")?
        .normalize();
    if amount <= Decimal::ZERO {
        return Err("must be at least 0.00000001");
    }
    if amount.scale() > DECIMALS {
        return Err("has more than 8 decimals");
    }
    Ok(amount)
}

/// The USDT for an amount of a fiat currency, rounded to 8 decimals; nothing for a currency without a rate.
pub(crate) fn convert(fiat: &str, amount: Decimal) -> Option<Decimal> {
    let (_, rate) = RATES.iter().find(|(currency, _)| *currency == fiat)?;
    let rate = Decimal::from_str_exact(rate).ok()?;
    Some(amount.checked_mul(rate)?.round_dp(DECIMALS).normalize())
}

/// The shortest plain form: `25.17`, `1`.
pub(crate) fn plain(amount: Decimal) -> String {
    amount.normalize().to_string()
}

/// As Java's `BigDecimal.toString` writes it in the query's answer: `1E-8`, `0.000001`, `25.17`.
pub(crate) fn big_decimal(amount: Decimal) -> String {
    let (digits, exponent) = parts(amount);
    if exponent >= -6 {
        return plain(amount);
    }
    match digits.split_at(1) {
        (first, "") => format!("{first}E{exponent}"),
        (first, rest) => format!("{first}.{rest}E{exponent}"),
    }
}

/// As Java writes a double, for the numbers of a notification: `1.0E-7`, `1.0`, `25.17`.
pub(crate) fn double(amount: Decimal) -> String {
    let (digits, exponent) = parts(amount);
    if exponent >= -3 {
        let text = plain(amount);
        return if text.contains('.') {
            text
        } else {
            format!("{text}.0")
        };
    }
    let (first, rest) = digits.split_at(1);
    format!(
        "{first}.{}E{exponent}",
        if rest.is_empty() { "0" } else { rest }
    )
}

/// A number as it stands in the text, which no float ever touched.
pub(crate) fn number(text: String) -> Box<RawValue> {
    RawValue::from_string(text).expect("a decimal is a JSON number")
}

/// Amounts, and ids beyond 2⁵³, must not become floats on the way.
pub(crate) fn as_text<T: Display, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// An amount in the body of an admin call: decimal text, or null.
pub(crate) mod text_or_null {
    use rust_decimal::Decimal;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    #[expect(clippy::ref_option, reason = "serde asks for this form")]
    pub(crate) fn serialize<S: Serializer>(
        amount: &Option<Decimal>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        amount.map(super::plain).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Decimal>, D::Error> {
        let text: Option<String> = Option::deserialize(deserializer)?;
        let amount = |text: String| {
            let amount = Decimal::from_str_exact(&text).ok();
            let amount = amount.filter(|amount| !amount.is_sign_negative());
            amount.ok_or_else(|| D::Error::custom(format!("{text:?} is no amount")))
        };
        text.map(amount).transpose()
    }
}

/// The significant digits, and the power of ten of the first of them.
fn parts(amount: Decimal) -> (String, i64) {
    let amount = amount.normalize();
    let digits = amount.mantissa().unsigned_abs().to_string();
    let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    (digits, length - 1 - i64::from(amount.scale()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_java_writes_them() {
        for (amount, expected_big, expected_double) in [
            ("0.00000001", "1E-8", "1.0E-8"),
            ("0.00000012", "1.2E-7", "1.2E-7"),
            ("0.000001", "0.000001", "1.0E-6"),
            ("0.001", "0.001", "0.001"),
            ("1.00", "1", "1.0"),
            ("25.170", "25.17", "25.17"),
            ("20000", "20000", "20000.0"),
        ] {
            let amount = Decimal::from_str_exact(amount).unwrap();
            assert_eq!(
                (big_decimal(amount), double(amount)),
                (expected_big.into(), expected_double.into())
            );
        }
    }

    #[test]
    fn an_amount_is_a_number_or_a_decimal_string() {
        for (json, expected) in [
            ("1", Ok("1")),
            ("1.00", Ok("1")),
            ("\"25.17\"", Ok("25.17")),
            ("1e-8", Ok("0.00000001")),
            (
                "\"1e-8\"",
                Err("is neither a JSON number nor a decimal string"),
            ),
            ("\"\"", Err("is neither a JSON number nor a decimal string")),
            (
                "\"+1\"",
                Err("is neither a JSON number nor a decimal string"),
            ),
            ("true", Err("is neither a JSON number nor a decimal string")),
            ("1e-9", Err("has more than 8 decimals")),
            ("0", Err("must be at least 0.00000001")),
            ("-1", Err("is neither a JSON number nor a decimal string")),
        ] {
            let read = read(&number(json.to_owned())).map(plain);
            assert_eq!(read, expected.map(str::to_owned), "{json}");
        }
    }

    #[test]
    fn a_dollar_is_not_exactly_one_usdt() {
        assert_eq!(
            convert("USD", Decimal::ONE).map(plain),
            Some("1.00020004".to_owned())
        );
        assert_eq!(convert("XXX", Decimal::ONE), None);
    }
}
