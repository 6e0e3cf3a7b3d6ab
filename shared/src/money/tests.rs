//! What an amount and a currency accept, keep and refuse.

use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::{from_str, to_string};

use super::*;

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

#[test]
fn every_spelling_of_an_amount_is_read_exactly() {
    for (text, shown, decimals) in [
        ("25.17", "25.17", 2),
        ("1", "1", 0),
        ("1.00", "1.00", 0),
        ("0", "0", 0),
        ("0.00", "0.00", 0),
        ("0.88000000", "0.88000000", 2),
        ("1.00020004", "1.00020004", 8),
        ("1.0E-7", "0.00000010", 7),
        ("1E-8", "0.00000001", 8),
        ("0.000000010", "0.000000010", 8),
        ("1e+3", "1000", 0),
        ("1.25E1", "12.5", 1),
        ("2.5E3", "2500", 0),
        ("7E0", "7", 0),
        ("0.1", "0.1", 1),
        ("100", "100", 0),
        (
            "0.0000000000000000000000000001",
            "0.0000000000000000000000000001",
            28,
        ),
        (
            "79228162514264337593543950335",
            "79228162514264337593543950335",
            0,
        ),
        ("1E28", "10000000000000000000000000000", 0),
    ] {
        assert_eq!(amount(text).to_string(), shown, "{text}");
        assert_eq!(amount(text).decimals(), decimals, "{text}");
    }
}

#[test]
fn what_is_not_an_amount_is_refused() {
    use AmountError::{Negative, NotDecimal, TooLong};

    for (text, error) in [
        ("", NotDecimal),
        (" 1", NotDecimal),
        ("1 ", NotDecimal),
        ("1\n", NotDecimal),
        ("+1", NotDecimal),
        (".5", NotDecimal),
        ("5.", NotDecimal),
        ("5.E1", NotDecimal),
        (".", NotDecimal),
        ("1.2.3", NotDecimal),
        ("1,5", NotDecimal),
        ("1_000", NotDecimal),
        ("0x10", NotDecimal),
        ("NaN", NotDecimal),
        ("inf", NotDecimal),
        ("Infinity", NotDecimal),
        ("e5", NotDecimal),
        ("1e", NotDecimal),
        ("1e+", NotDecimal),
        ("1e+-5", NotDecimal),
        ("1e5e5", NotDecimal),
        ("1e1.5", NotDecimal),
        ("١", NotDecimal),
        ("-1", Negative),
        ("-0", Negative),
        ("-Infinity", Negative),
        ("1e29", TooLong),
        ("1e400", TooLong),
        ("1e-400", TooLong),
        ("1e-29", TooLong),
        ("1e2147483648", TooLong),
        ("1e-2147483648", TooLong),
        ("1e99999999999999999999999999", TooLong),
        ("79228162514264337593543950336", TooLong),
        ("0.00000000000000000000000000001", TooLong),
        ("1.23456789012345678901234567890", TooLong),
    ] {
        assert_eq!(text.parse::<Amount>(), Err(error), "{text}");
    }
}

#[test]
fn amounts_are_compared_by_value() {
    assert_eq!(amount("1.00"), amount("1"));
    assert_eq!(amount("1E-8"), amount("0.000000010"));
    assert!(amount("0.99999999") < amount("1"));
    assert!(amount("100") > amount("20.00"));
    assert_eq!(
        HashSet::from([amount("1.00"), amount("1"), amount("10E-1")]).len(),
        1
    );
    assert!(amount("0.00").is_zero());
    assert!(!amount("1E-8").is_zero());
}

#[test]
fn padding_adds_decimals_and_never_takes_one() {
    for (text, n, shown) in [
        ("1", 2, "1.00"),
        ("0", 2, "0.00"),
        ("0.5", 2, "0.50"),
        ("1.005", 2, "1.005"),
        ("1E-8", 2, "0.00000001"),
        (
            "79228162514264337593543950335",
            2,
            "79228162514264337593543950335",
        ),
    ] {
        assert_eq!(amount(text).with_decimals(n).to_string(), shown);
    }
}

#[test]
fn stored_amount_is_a_string_and_only_a_string() {
    assert_eq!(to_string(&amount("1.00")).unwrap(), r#""1.00""#);
    assert_eq!(from_str::<Amount>(r#""1.00""#).unwrap().to_string(), "1.00");
    let refused = from_str::<Amount>("1.00").unwrap_err();
    assert!(
        refused.to_string().contains("expected a string"),
        "{refused}"
    );
    let refused = from_str::<Amount>(r#""-1.00""#).unwrap_err();
    assert!(
        refused.to_string().contains("must not be negative"),
        "{refused}"
    );
}

fn of_json(json: &str) -> Result<Amount, AmountError> {
    Amount::from_json(&RawValue::from_string(json.to_owned()).unwrap())
}

#[test]
fn amount_on_the_wire_is_a_number_or_a_string() {
    for (json, shown) in [
        ("1.0E-7", "0.00000010"),
        ("0.88000000", "0.88000000"),
        (r#""1E-8""#, "0.00000001"),
        (r#""2\u0035.17""#, "25.17"),
        (
            "0.1000000000000000055511151231",
            "0.1000000000000000055511151231",
        ),
    ] {
        let read = of_json(json).map(|amount| amount.to_string());
        assert_eq!(read, Ok(shown.to_owned()), "{json}");
    }
}

#[test]
fn wrong_amount_on_the_wire_is_refused_with_the_rule() {
    for (json, rule) in [
        ("-1", AmountError::Negative),
        ("1e400", AmountError::TooLong),
        ("null", AmountError::NotDecimal),
        ("true", AmountError::NotDecimal),
        ("[1]", AmountError::NotDecimal),
        (r#"{"a":1}"#, AmountError::NotDecimal),
        (r#""""#, AmountError::NotDecimal),
        (r#""1 USD""#, AmountError::NotDecimal),
        (r#""\"1\"""#, AmountError::NotDecimal),
    ] {
        assert_eq!(of_json(json), Err(rule), "{json}");
    }
}

/// The most that an amount can be.
const MOST: &str = "79228162514264337593543950335";

#[test]
fn sum_and_difference_are_exact_or_none() {
    assert_eq!(Amount::ZERO, amount("0"));
    for (one, other, sum, difference) in [
        ("0", "0", Some("0"), Some("0")),
        ("1.00020004", "0.5", Some("1.50020004"), Some("0.50020004")),
        ("1.0", "1.00", Some("2.00"), Some("0.00")),
        ("0.5", "0.50000001", Some("1.00000001"), None),
        ("1E-8", "0", Some("1E-8"), Some("1E-8")),
        ("0", "1E-8", Some("1E-8"), None),
        (MOST, "0", Some(MOST), Some(MOST)),
        (MOST, MOST, None, Some("0")),
        (MOST, "1", None, Some("79228162514264337593543950334")),
        // What no decimal holds is not rounded.
        (MOST, "0.5", None, None),
        ("7922816251426433759354395033.5", "1E-28", None, None),
        ("9", "1E-28", None, None),
    ] {
        let (one, other) = (amount(one), amount(other));
        assert_eq!(one.checked_add(other), sum.map(amount), "{one} + {other}");
        assert_eq!(
            one.checked_sub(other),
            difference.map(amount),
            "{one} - {other}"
        );
    }
}

#[test]
fn currency_is_a_short_upper_case_code() {
    for code in ["USD", "USDT", "BNB", "1INCH", "ID", "ABCDEFGHIJ"] {
        let currency: Currency = code.parse().unwrap();
        assert_eq!(currency.as_str(), code);
        assert_eq!(currency.to_string(), code);
        assert_eq!(to_string(&currency).unwrap(), format!("\"{code}\""));
        assert_eq!(
            from_str::<Currency>(&format!("\"{code}\"")).unwrap(),
            currency
        );
    }
    for code in [
        "",
        "U",
        "usd",
        "USDt",
        "ABCDEFGHIJK",
        "US D",
        "US-D",
        "ÜSD",
        "USD\n",
    ] {
        assert_eq!(code.parse::<Currency>(), Err(CurrencyError), "{code}");
    }
    let refused = from_str::<Currency>(r#""usd""#).unwrap_err().to_string();
    assert!(refused.contains(&CurrencyError.to_string()), "{refused}");
}

proptest! {
    #[test]
    fn what_was_added_can_be_taken_away_again(
        one in 0..=(1_i128 << 96) - 1, other in 0..=(1_i128 << 96) - 1, scales in (0..=28_u32, 0..=28_u32),
    ) {
        let amount = |digits, scale| Amount(Decimal::try_from_i128_with_scale(digits, scale).unwrap());
        let (one, other) = (amount(one, scales.0), amount(other, scales.1));
        if let Some(sum) = one.checked_add(other) {
            prop_assert_eq!(sum.checked_sub(other), Some(one));
            prop_assert_eq!(sum.checked_sub(one), Some(other));
        }
        if let Some(left) = one.checked_sub(other) {
            prop_assert_eq!(left.checked_add(other), Some(one));
        }
    }

    #[test]
    fn shown_amount_is_read_back_digit_for_digit(digits in 0..=(1_i128 << 96) - 1, scale in 0..=28_u32) {
        let shown = Decimal::try_from_i128_with_scale(digits, scale).unwrap().to_string();
        let read = amount(&shown);
        prop_assert_eq!(read.to_string(), shown.clone());
        let number = read.to_json_number();
        prop_assert_eq!(number.get(), &shown);
        prop_assert_eq!(Amount::from_json(&number), Ok(read));
        prop_assert_eq!(from_str::<Amount>(&to_string(&read).unwrap()).unwrap(), read);
        prop_assert_eq!(amount(&format!("{digits}E-{scale}")).to_string(), shown);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,40}|[-+0-9.eE]{0,40}") {
        if let Ok(amount) = text.parse::<Amount>() {
            prop_assert_eq!(amount.to_string().parse(), Ok(amount));
        }
    }
}
