//! Sending a refund to Binance, and what the end of that says of it.

use crate::binance::{Binance, BinanceError, CallError};
use crate::order::{Order, Refund, Sent};

/// Sends a recorded refund once. What came of it is to be recorded, whatever it was; beside it, the error of a call
/// without success.
pub async fn send(
    binance: &Binance,
    order: &Order,
    refund: &Refund,
    webhook_url: &str,
    deadline_ms: i64,
) -> (Sent, Option<BinanceError>) {
    match binance
        .refund(order, refund, webhook_url, deadline_ms)
        .await
    {
        Ok(fact) => (Sent::Accepted(fact), None),
        Err(error) => (sent(&error), Some(error)),
    }
}

/// What an end of the call that is no success says of the refund.
#[must_use]
pub fn sent(error: &BinanceError) -> Sent {
    match error {
        BinanceError::Call(CallError::Refused(answer) | CallError::Access(answer)) => {
            Sent::Refused {
                code: answer.code.clone(),
                is_balance_low: answer.says_balance_too_low(),
            }
        }
        BinanceError::Call(CallError::NotDone(_)) | BinanceError::Secrets(_) => Sent::NotDone,
        BinanceError::Call(CallError::Unknown(_)) => Sent::Unknown,
    }
}
