//! A refund that was recorded, and that Binance does not know: whoever was to send it may have died before.

use shared::ask::Asked;
use shared::binance::BinanceError;
use shared::follow_up;
use shared::order::{self, Applied, Order, RefundId};
use shared::refunds;
use shared::store::StoreError;
use tracing::{error, warn};

use super::ReconcileOrders;
use super::run::Run;

/// What the call may take, in milliseconds.
const CALL_MS: i64 = 8_000;
/// What is kept of it for the record, in milliseconds.
const RECORD_MS: i64 = 2_000;

impl ReconcileOrders {
    /// Sends it once more, under the same id, if it may still be; that it is sent stands in the table before.
    pub(super) async fn send_refund_again(
        &self,
        id: RefundId,
        asked: Asked,
        run: &Run,
    ) -> Result<Asked, StoreError> {
        let (store, at_ms) = (&self.app.store, run.now_ms());
        let refund = asked.order.undecided_refund().filter(|refund| {
            refund.refund_request_id == id && asked.order.is_refund_to_send(at_ms)
        });
        let Some(refund) = refund else {
            return Ok(asked);
        };
        let is_only = !refund.may_have_arrived;
        let sending = [order::Event::RefundSending { id: id.clone() }];
        let sending = store
            .transition(asked.order, &sending, "refund", at_ms)
            .await?;
        let order = sending.order;
        // Somebody may have decided it, or heard that it is accepted, in between.
        let is_ours = sending.applied == Applied::Changed;
        let Some(refund) = order.refund(&id).filter(|_| is_ours) else {
            return Ok(Asked { order, ..asked });
        };
        let sent_at_ms = refund.sent_at_ms;

        let webhook_url = &self.app.settings.callback_url;
        let deadline_ms = run.within_ms(CALL_MS, RECORD_MS);
        let sent = refunds::send(&self.app.binance, &order, refund, webhook_url, deadline_ms);
        let (sent, error) = sent.await;
        if let Some(error) = error {
            not_accepted(&order, &error);
        }
        let event = order::Event::RefundSent {
            id,
            sent,
            sent_at_ms,
            is_only,
            is_answered: false,
        };
        let sent = store
            .transition(order, &[event], "refund", run.now_ms())
            .await?;
        let is_told = asked.is_told || sent.is_told();
        Ok(Asked {
            order: follow_up::report(store, sent, "refund").await?,
            is_told,
            ..asked
        })
    }
}

fn not_accepted(order: &Order, error: &BinanceError) {
    let (id, trade_no) = (order.order_id.as_str(), order.trade_no());
    if let Some(alarm) = error.alarm() {
        error!(alarm, order.id = id, %trade_no, %error, "an operator must act: a refund of order {id} is not accepted");
    } else {
        warn!(order.id = id, %trade_no, %error, "a refund of order {id} is not accepted");
    }
}
