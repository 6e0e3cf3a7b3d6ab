//! Giving money back at Binance (refund order, query refund). That a refund is accepted says nothing of how it ends.

use serde_json::value::RawValue;

use super::call::{QUERY_REFUND, REFUND_ORDER};
use super::wire::{NamedRefund, RefundOrder, accepted, refunded};
use super::{Binance, BinanceError, not_serialised, serialise};
use crate::order::{Order, Refund, RefundFact, RefundId, TradeNo};

impl Binance {
    /// Sends a refund of `order`; how it ends is told to `webhook_url`.
    ///
    /// # Errors
    /// [`BinanceError`].
    pub async fn refund(
        &self,
        order: &Order,
        refund: &Refund,
        webhook_url: &str,
        deadline_ms: i64,
    ) -> Result<RefundFact, BinanceError> {
        let trade_no = order.trade_no_of(refund.attempt);
        let payment = order.attempt(refund.attempt);
        let payment = payment.and_then(|attempt| attempt.payment.as_ref());
        let prepay_id = payment.map_or("", |payment| payment.prepay_id.as_str());
        let body = serialise(&RefundOrder::new(refund, prepay_id, webhook_url))
            .map_err(|error| not_serialised(&error))?;
        let read = |data: Option<&RawValue>| accepted(data, &refund.refund_request_id);
        self.call(REFUND_ORDER, Some(&trade_no), &body, read, deadline_ms)
            .await
    }

    /// What Binance knows of a refund, which is of this number's payment. That it refuses to know it is an answer, whatever the code, which nobody has documented.
    ///
    /// # Errors
    /// [`BinanceError`].
    pub async fn query_refund(
        &self,
        trade_no: &TradeNo,
        id: &RefundId,
        deadline_ms: i64,
    ) -> Result<RefundFact, BinanceError> {
        let body = serialise(&NamedRefund::new(id)).map_err(|error| not_serialised(&error))?;
        let read = |data: Option<&RawValue>| refunded(data, id);
        let ended = self
            .call(QUERY_REFUND, Some(trade_no), &body, read, deadline_ms)
            .await;
        QUERY_REFUND.or_not_found(ended, RefundFact::not_found)
    }
}
