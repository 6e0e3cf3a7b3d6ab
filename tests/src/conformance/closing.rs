//! Close order, and what tells of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::Run;
use super::notices::Notice;
use super::orders::{self, number, order, trade_no};

/// How often a query is repeated until it says what is expected, a second apart.
const LOOKS: u32 = 15;

impl Run<'_> {
    pub(super) async fn closing(&mut self) -> Result<(), String> {
        self.say("closes");
        let unknown = json!({"merchantTradeNo": trade_no()});
        let unknown = self.caller.call("order/close", &unknown).await?;
        self.report.saw("close.unknown", &unknown);

        let order = order();
        let created = self.create(&order).await?;
        let trade_no = number(&order);
        let closed = self.close(trade_no).await?;
        self.report.saw("close.open", &closed);
        let status = self.status_after(trade_no, "CANCELED").await?;
        self.report.saw_of("close.status", &status, "");
        let again = self.close(trade_no).await?;
        self.report.saw("close.again", &again);
        self.told(trade_no, created.text("prepayId").unwrap_or_default())
            .await?;

        let other = orders::order();
        let created = self.create(&other).await?;
        let named = json!({"merchantTradeNo": null, "prepayId": created.data["prepayId"]});
        let closed = self.caller.call("order/close", &named).await?;
        self.report.saw("close.by-prepay-id", &closed);
        if closed.is_taken() {
            self.target.made.over(number(&other));
        }
        Ok(())
    }

    /// What the query says, once that is `expected`; or in the end.
    pub(super) async fn status_after(
        &mut self,
        number: &str,
        expected: &str,
    ) -> Result<String, String> {
        let looks = if self.caller.is_local() { 2 } else { LOOKS };
        for look in 1.. {
            let seen = self.query(&json!({"merchantTradeNo": number})).await?;
            let status = seen.text("status").unwrap_or_else(|| seen.outcome());
            if status == expected || look >= looks {
                return Ok(status.to_owned());
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Ok("unknown".to_owned())
    }

    /// The notification of the close.
    async fn told(&mut self, number: &str, prepay_id: &str) -> Result<(), String> {
        let Some(notices) = &self.target.notices else {
            for id in ["notice.closed", "notice.signature", "notice.biz-id"] {
                self.report.not_seen(id, super::notices::HOW);
            }
            return Ok(());
        };
        self.say("waiting for the notification of a close");
        let Some(notice) = notices.of(number, self.patience(4)).await else {
            self.report.saw_of(
                "notice.closed",
                "nothing",
                "is PAY_CLOSED switched off on the merchant page?",
            );
            return Ok(());
        };
        self.report
            .saw_of("notice.closed", &notice.biz_status(), "");
        let keys = self.keys().await?;
        let verifies = if notice.verifies(&keys) {
            "verifies by its certificate"
        } else {
            "does not verify"
        };
        self.report.saw_of("notice.signature", verifies, "");
        self.report
            .saw_of("notice.biz-id", biz_ids(&notice, prepay_id), "");
        Ok(())
    }

    /// How long a notification is waited for; of a simulator so many seconds.
    pub(super) fn patience(&self, local_secs: u64) -> Duration {
        Duration::from_secs(if self.caller.is_local() {
            local_secs
        } else {
            90
        })
    }
}

fn biz_ids(notice: &Notice, prepay_id: &str) -> &'static str {
    let number = notice.body["bizId"].to_string();
    match (number == prepay_id, &notice.body["bizIdStr"]) {
        (true, Value::String(text)) if text == prepay_id => "both the prepayId",
        (true, Value::Null) => "bizId alone",
        _ => "something else",
    }
}
