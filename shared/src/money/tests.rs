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

#[derive(Debug, Deserialize)]
struct Wire {
    #[serde(deserialize_with = "json")]
    fee: Amount,
    #[serde(default, deserialize_with = "json_option")]
    fiat: Option<Amount>,
}

#[test]
fn amount_on_the_wire_is_a_number_or_a_string() {
    for (body, fee, fiat) in [
        (r#"{"fee":1.0E-7}"#, "0.00000010", None),
        (r#"{"fee":0.88000000,"fiat":null}"#, "0.88000000", None),
        (r#"{"fee":"1E-8","fiat":1}"#, "0.00000001", Some("1")),
        (
            r#"{"fee":"2\u0035.17","fiat":"1.00"}"#,
            "25.17",
            Some("1.00"),
        ),
        (
            r#"{"fee":0.1000000000000000055511151231}"#,
            "0.1000000000000000055511151231",
            None,
        ),
    ] {
        let wire: Wire = from_str(body).unwrap();
        assert_eq!(wire.fee.to_string(), fee, "{body}");
        assert_eq!(
            wire.fiat.map(|fiat| fiat.to_string()).as_deref(),
            fiat,
            "{body}"
        );
    }
}

#[test]
fn wrong_amount_on_the_wire_is_refused_with_the_rule() {
    for (body, rule) in [
        (r#"{"fee":-1}"#, AmountError::Negative),
        (r#"{"fee":1e400}"#, AmountError::TooLong),
        (r#"{"fee":null}"#, AmountError::NotDecimal),
        (r#"{"fee":true}"#, AmountError::NotDecimal),
        (r#"{"fee":[1]}"#, AmountError::NotDecimal),
        (r#"{"fee":"1 USD"}"#, AmountError::NotDecimal),
        (r#"{"fee":"\"1\""}"#, AmountError::NotDecimal),
        (r#"{"fee":1,"fiat":""}"#, AmountError::NotDecimal),
    ] {
        let refused = from_str::<Wire>(body).unwrap_err().to_string();
        assert!(refused.contains(&rule.to_string()), "{body}: {refused}");
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
