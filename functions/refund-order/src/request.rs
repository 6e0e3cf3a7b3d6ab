//! Reading `POST /orders/{orderId}/refunds`.

use lambda_http::Body;
use lambda_http::http::HeaderMap;
use serde_json::value::RawValue;
use shared::input::{self, Fields, string, text};
use shared::money::Amount;
use shared::order::Wanted;
use shared::problem::Problem;

/// Decimal places of an amount.
const AMOUNT_DECIMALS: u32 = 8;
/// The longest reason, in characters.
const MAX_REASON: usize = 256;

/// The refund that is asked for, and the key that it is to be found again by.
///
/// # Errors
/// [`Problem`].
pub(crate) fn read(headers: &HeaderMap, body: &Body) -> Result<(String, Wanted), Problem> {
    let key = input::idempotency_key(headers)?.ok_or_else(Problem::key_required)?;
    let body = input::json(headers, body.as_ref())?;
    let mut fields = Fields::parse(body, "a refund")?;
    let wanted = Wanted {
        amount: fields.optional("amount", amount),
        reason: fields.optional("reason", |raw| text(raw, MAX_REASON)),
        merchant_trade_no: fields.optional("merchantTradeNo", trade_no),
    };
    let found = fields.finish();
    if found.errors.is_empty() {
        Ok((key, wanted))
    } else {
        Err(Problem::fields(found.errors))
    }
}

fn amount(raw: &RawValue) -> Result<Amount, String> {
    let amount = Amount::from_json(raw).map_err(|error| error.to_string())?;
    let amount = amount.normalized();
    if amount.is_zero() {
        Err("must be greater than 0".to_owned())
    } else if amount.decimals() > AMOUNT_DECIMALS {
        Err(format!("must have at most {AMOUNT_DECIMALS} decimals"))
    } else {
        Ok(amount)
    }
}

/// As the views show it; whether it is one of the order's is seen later.
fn trade_no(raw: &RawValue) -> Result<String, String> {
    let named = string(raw)?.parse::<shared::order::TradeNo>();
    named
        .map(|trade_no| trade_no.to_string())
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_http::http::HeaderValue;
    use lambda_http::http::header::CONTENT_TYPE;
    use serde_json::{Value, json};
    use shared::problem::FieldError;

    fn read_body(body: &Value) -> Result<(String, Wanted), Problem> {
        let headers = HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (
                "idempotency-key".parse().unwrap(),
                HeaderValue::from_static("back-1"),
            ),
        ]);
        read(&headers, &Body::Text(body.to_string()))
    }

    #[test]
    fn everything_is_given_back_where_nothing_is_said() {
        let nothing = Ok(("back-1".to_owned(), Wanted::default()));
        let nulls = json!({"amount": null, "reason": null, "merchantTradeNo": null});
        for body in [json!({}), nulls] {
            assert_eq!(read_body(&body), nothing);
        }
    }

    #[test]
    fn every_field_is_read_in_its_shortest_form() {
        let trade_no = format!("{}02", "a5".repeat(15));
        for (amount, expected) in [("1.50", "1.5"), ("0.00000001", "0.00000001"), ("1e1", "10")] {
            let reason = "x".repeat(256);
            let body = json!({"amount": amount, "reason": reason, "merchantTradeNo": trade_no});
            let (key, wanted) = read_body(&body).unwrap();
            assert_eq!(key, "back-1");
            assert_eq!(
                wanted.amount.map(|amount| amount.to_string()).as_deref(),
                Some(expected)
            );
            assert_eq!(wanted.reason, Some(reason));
            assert_eq!(wanted.merchant_trade_no, Some(trade_no.clone()));
        }
    }

    #[test]
    fn broken_rule_is_named_with_its_field() {
        let text = "must be 1 to 256 characters long and have something visible";
        let trade_no = "a trade number is an order id and an attempt from 01 to 99";
        for (field, value, rule) in [
            ("amount", json!("0"), "must be greater than 0"),
            ("amount", json!("1e-9"), "must have at most 8 decimals"),
            ("amount", json!("-1"), "must not be negative"),
            ("reason", json!(""), text),
            ("reason", json!("x".repeat(257)), text),
            ("merchantTradeNo", json!("a5".repeat(15)), trade_no),
            ("merchantTradeNo", json!(1), "must be a string"),
            ("price", json!(1), "is not a field of a refund"),
        ] {
            let wrong = FieldError {
                pointer: format!("/{field}"),
                detail: rule.to_owned(),
            };
            let ended = read_body(&json!({field: value}));
            assert_eq!(ended, Err(Problem::fields(vec![wrong])), "{field} {value}");
        }
    }

    #[test]
    fn refund_without_a_key_is_refused_before_its_body_is_read() {
        let ended = read(&HeaderMap::new(), &Body::Text("no".to_owned()));
        assert_eq!(ended, Err(Problem::key_required()));
    }
}
