//! Refund order, of what has no money to give back.

use serde_json::json;

use super::Run;
use super::orders::{NOBODYS, number, order, trade_no};

/// What a key without access to refunds is answered.
const NO_ACCESS: &str = "400606";

impl Run<'_> {
    pub(super) async fn refunding(&mut self) -> Result<(), String> {
        self.say("refunds of what was never paid");
        let order = order();
        let created = self.create(&order).await?;
        let unpaid = created.text("prepayId").unwrap_or_default();
        for (id, prepay_id) in [("refund.unpaid", unpaid), ("refund.unknown", NOBODYS)] {
            let refund = json!({"refundRequestId": trade_no(), "prepayId": prepay_id, "refundAmount": "0.5"});
            self.try_refund(id, "order/refund", &refund).await?;
        }
        let unknown = json!({"refundRequestId": trade_no()});
        self.try_refund("refund.query-unknown", "order/refund/query", &unknown)
            .await?;
        self.close(number(&order)).await?;
        Ok(())
    }

    async fn try_refund(
        &mut self,
        id: &'static str,
        path: &str,
        body: &serde_json::Value,
    ) -> Result<(), String> {
        let seen = self.caller.call(path, body).await?;
        if seen.code == NO_ACCESS {
            self.report
                .not_seen(id, "the key has no access to Refund (400606)");
        } else {
            self.report.saw(id, &seen);
        }
        Ok(())
    }
}
