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
