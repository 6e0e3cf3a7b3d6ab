//! Query order v2.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::Run;
use super::call::Seen;
use super::fiat::amount;
use super::orders::{NOBODYS, PASSED, number, order, trade_no};

impl Run<'_> {
    pub(super) async fn querying(&mut self) -> Result<(), String> {
        self.say("queries");
        let order = order();
        let created = self.create(&order).await?;
        let named = json!({"merchantTradeNo": order["merchantTradeNo"]});
        let prepay_id = created.text("prepayId").unwrap_or_default();
        let seen = self.query_made(&named).await?;
        let status = seen.text("status").unwrap_or_else(|| seen.outcome());
        self.report.saw_of("query.open", status, "");
        self.fields(&created, &seen);

        for (id, named) in [
            ("query.by-prepay-id", json!({"prepayId": prepay_id})),
            (
                "query.both",
                json!({"prepayId": prepay_id, "merchantTradeNo": trade_no()}),
            ),
        ] {
            let found = self.query(&named).await?;
            let is_same =
                found.is_taken() && found.data["merchantTradeNo"] == order["merchantTradeNo"];
            let same = if is_same {
                "the same order"
            } else {
                found.outcome()
            };
            self.report.saw_of(id, same, "");
        }
        for (id, named) in [
            ("query.unknown", json!({"merchantTradeNo": trade_no()})),
            ("query.unknown-prepay-id", json!({"prepayId": NOBODYS})),
            ("query.nothing", json!({})),
        ] {
            let seen = self.query(&named).await?;
            self.report.saw(id, &seen);
        }
        self.close(number(&order)).await?;
        Ok(())
    }

    fn fields(&mut self, created: &Seen, queried: &Seen) {
        let told = queried.text("orderAmount");
        let read = told.and_then(|text| {
            let plain = text.parse::<Decimal>();
            plain.or_else(|_| Decimal::from_scientific(text)).ok()
        });
        let equal = match (told, read == amount(&created.data)) {
            (Some(_), true) => "a string, equal to totalFee",
            (Some(_), false) => "a string, and another amount",
            (None, _) => "no string",
        };
        let amount = queried.data["orderAmount"].to_string();
        self.report.saw_of("query.amount", equal, &amount);
        let passed = match queried.text("passThroughInfo") {
            Some(PASSED) => "as sent",
            Some(_) => "changed",
            None => "none",
        };
        self.report.saw_of("query.pass-through", passed, "");
        let fiat = ["fiatCurrency", "fiatAmount"].map(|name| &queried.data[name]);
        let fiat = if fiat == [&Value::Null; 2] {
            "none"
        } else {
            "there"
        };
        self.report.saw_of("query.fiat", fiat, "");
    }
}
