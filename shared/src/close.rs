//! Telling Binance to close a checkout. That it accepts says nothing of how the checkout ends, and neither does it if it
//! refuses: only a question tells.

use tracing::{error, warn};

use crate::binance::Binance;
use crate::order::TradeNo;

/// Whether Binance accepts to close a checkout.
pub async fn close(binance: &Binance, trade_no: &TradeNo, deadline_ms: i64) -> bool {
    match binance.close(trade_no, deadline_ms).await {
        Ok(()) => true,
        Err(error) => {
            if let Some(alarm) = error.alarm() {
                error!(alarm, %trade_no, %error, "an operator must act: the checkout of {trade_no} cannot be closed");
            } else {
                warn!(%trade_no, %error, "the checkout of {trade_no} cannot be closed");
            }
            false
        }
    }
}
