//! What an answer of Binance says, by its HTTP status and its body: as the client reads it, and without a call. Pure.

use serde_json::value::RawValue;

use super::call::{QUERY_ORDER, QUERY_REFUND};
use super::wire::{self, Created};
use super::{BinanceError, outcome};
use crate::json::Unreadable;
use crate::order::{Fact, RefundFact, RefundId, TradeNo};

/// The answer to create order.
///
/// # Errors
/// [`BinanceError`].
pub fn created(http_status: u16, body: &[u8]) -> Result<Created, BinanceError> {
    answer(http_status, body, |data| Ok(Created::read(data)))
}

/// The answer to query order about `trade_no`.
///
/// # Errors
/// [`BinanceError`].
pub fn found(http_status: u16, body: &[u8], trade_no: &TradeNo) -> Result<Fact, BinanceError> {
    let ended = answer(http_status, body, |data| wire::found(data, trade_no));
    QUERY_ORDER.or_not_found(ended, Fact::not_found)
}

/// The answer to close order.
///
/// # Errors
/// [`BinanceError`].
pub fn closed(http_status: u16, body: &[u8]) -> Result<(), BinanceError> {
    answer(http_status, body, |_| Ok(()))
}

/// The answer to refund order.
///
/// # Errors
/// [`BinanceError`].
pub fn accepted(http_status: u16, body: &[u8], id: &RefundId) -> Result<RefundFact, BinanceError> {
    answer(http_status, body, |data| wire::accepted(data, id))
}

/// The answer to query refund.
///
/// # Errors
/// [`BinanceError`].
pub fn refunded(http_status: u16, body: &[u8], id: &RefundId) -> Result<RefundFact, BinanceError> {
    let ended = answer(http_status, body, |data| wire::refunded(data, id));
    QUERY_REFUND.or_not_found(ended, RefundFact::not_found)
}

fn answer<T>(
    http_status: u16,
    body: &[u8],
    read: impl Fn(Option<&RawValue>) -> Result<T, Unreadable>,
) -> Result<T, BinanceError> {
    Ok(outcome::read(http_status, None, body)?.read(read)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binance::CallError;
    use crate::order::OrderId;

    fn says(code: &str) -> Vec<u8> {
        format!(r#"{{"status":"FAIL","code":"{code}","errorMessage":"no"}}"#).into_bytes()
    }

    #[test]
    fn only_what_is_not_known_is_an_answer_that_looks_like_a_refusal() {
        let trade_no = TradeNo {
            order_id: OrderId::from_random([0xa5; 15]),
            attempt: 1,
        };
        let unknown = found(200, &says("400202"), &trade_no);
        assert_eq!(unknown.unwrap(), Fact::not_found());
        for code in ["400201", "400001"] {
            let refused = found(200, &says(code), &trade_no);
            let is_refused = matches!(refused, Err(BinanceError::Call(CallError::Refused(_))));
            assert!(is_refused, "{code}");
        }
    }

    #[test]
    fn close_is_done_by_a_success_alone() {
        assert!(closed(200, br#"{"status":"SUCCESS","code":"000000","data":true}"#).is_ok());
        assert!(closed(200, &says("400202")).is_err());
        assert!(created(200, &says("400202")).is_err());
    }
}
