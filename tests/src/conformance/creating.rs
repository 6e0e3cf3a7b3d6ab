//! Create order v3: what is answered, what a number is good for, what is refused.

use serde_json::json;
use shared::ambient::now_ms;

use super::Run;
use super::call::Seen;
use super::gate::denied;
use super::orders::{in_usdt, life_ms, number, order, with};

/// 2020-01-01T00:00:00Z in seconds since the Unix epoch: the zero of the time in a prepay id.
const PREPAY_ZERO_SECS: i64 = 1_577_836_800;
/// Between the clocks, and between asking and making.
const NEAR_SECS: u64 = 60;
const WAYS: [&str; 5] = [
    "checkoutUrl",
    "qrcodeLink",
    "qrContent",
    "deeplink",
    "universalUrl",
];

impl Run<'_> {
    pub(super) async fn creating(&mut self) -> Result<(), String> {
        self.say("orders that are taken, and ones that are not");
        let first = order();
        let seen = self.create(&first).await?;
        if let Some(problem) = denied(&seen) {
            return Err(format!("create order: {problem}"));
        }
        self.report.saw("create.taken", &seen);
        self.answer(&seen);
        let trade_no = number(&first);
        self.life(trade_no, &seen).await?;

        let again = self.create(&first).await?;
        self.report.saw("create.number-again", &again);
        let other =
            with(json!({"merchantTradeNo": trade_no, "fiatAmount": 2, "description": "Another"}));
        let other = self.create(&other).await?;
        self.report.saw("create.number-other", &other);
        self.close(trade_no).await?;
        self.try_order("create.number-closed", &first).await?;
        self.wrong_orders().await
    }

    fn answer(&mut self, seen: &Seen) {
        let data = &seen.data;
        let prepay_id = seen.text("prepayId").unwrap_or_default();
        let made_secs = prepay_id
            .parse()
            .ok()
            .map(|id: i64| (id >> 31) + PREPAY_ZERO_SECS);
        let is_now = |secs: i64| secs.abs_diff(now_ms() / 1000) < NEAR_SECS;
        let form = match made_secs {
            Some(secs) if is_now(secs) => "digits, and the time in them",
            Some(_) => "digits, and another time in them",
            None => "no digits",
        };
        self.report.saw_of("create.prepay-id", form, "");
        let missing: Vec<&str> = WAYS
            .into_iter()
            .filter(|way| seen.text(way).is_none())
            .collect();
        match missing[..] {
            [] => self.report.saw_of("create.ways", "all five", ""),
            _ => self.report.saw_of(
                "create.ways",
                "not all",
                &format!("without {}", missing.join(", ")),
            ),
        }
        for (id, name) in [
            ("create.total-fee", "totalFee"),
            ("create.expire-time", "expireTime"),
        ] {
            let kind = match &data[name] {
                serde_json::Value::String(_) => "a string",
                serde_json::Value::Number(_) => "a number",
                serde_json::Value::Null => "none",
                _ => "another",
            };
            self.report.saw_of(id, kind, &data[name].to_string());
        }
        let currency = seen.text("currency").unwrap_or("none").to_owned();
        self.report.saw_of("create.currency", &currency, "");
    }

    async fn life(&mut self, trade_no: &str, created: &Seen) -> Result<(), String> {
        let queried = self
            .query_made(&json!({"merchantTradeNo": trade_no}))
            .await?;
        let life = life_ms(created, &queried);
        let life = life.map_or("unknown".to_owned(), |life_ms| format!("{life_ms} ms"));
        self.report.saw_of("create.life", &life, "");
        Ok(())
    }

    async fn wrong_orders(&mut self) -> Result<(), String> {
        for (id, order) in [
            (
                "create.number-dash",
                with(json!({"merchantTradeNo": "conformance-1"})),
            ),
            (
                "create.number-long",
                with(json!({"merchantTradeNo": "c".repeat(33)})),
            ),
            ("create.no-description", with(json!({"description": null}))),
            ("create.no-goods", with(json!({"goodsDetails": null}))),
            (
                "create.no-amount",
                with(json!({"fiatAmount": null, "fiatCurrency": null})),
            ),
            (
                "create.dollars",
                with(
                    json!({"fiatAmount": null, "fiatCurrency": null, "currency": "USD", "orderAmount": 1}),
                ),
            ),
            ("create.amount-number", in_usdt(&json!(1.5))),
            ("create.amount-text", in_usdt(&json!("1.5"))),
            ("create.amount-least", in_usdt(&json!("0.00000001"))),
            ("create.amount-fine", in_usdt(&json!("1.000000001"))),
        ] {
            self.try_order(id, &order).await?;
        }
        Ok(())
    }
}
