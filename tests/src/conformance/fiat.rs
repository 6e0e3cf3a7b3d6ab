//! What becomes of an amount of dollars.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::Run;
use super::orders::with;

impl Run<'_> {
    pub(super) async fn fiat(&mut self) -> Result<(), String> {
        self.say("what dollars are in USDT");
        let one = self
            .try_order("fiat.number", &with(json!({"fiatAmount": 1})))
            .await?;
        self.try_order("fiat.text", &with(json!({"fiatAmount": "1.00"})))
            .await?;
        let named = match (one.data.get("fiatCurrency"), one.data.get("fiatAmount")) {
            (Some(_), Some(_)) => "fiatCurrency and fiatAmount",
            (None, None) => "neither",
            _ => "one of them",
        };
        self.report
            .saw_of("fiat.named", named, &one.data["fiatAmount"].to_string());
        for (id, fields) in [
            ("fiat.unknown", json!({"fiatCurrency": "XXX"})),
            ("fiat.nothing", json!({"fiatAmount": 0})),
        ] {
            self.try_order(id, &with(fields)).await?;
        }
        let hundred = self.fee(json!(100)).await?;
        let cents = self.fee(json!(0.37)).await?;
        if let (Some(one), Some(hundred), Some(cents)) = (amount(&one.data), hundred, cents) {
            self.compare_fees(one, hundred, cents);
        }
        Ok(())
    }

    /// What so many dollars are.
    async fn fee(&mut self, dollars: Value) -> Result<Option<Decimal>, String> {
        let order = with(json!({"fiatAmount": dollars}));
        let seen = self.made_and_closed(&order).await?;
        Ok(amount(&seen.data))
    }

    fn compare_fees(&mut self, one: Decimal, hundred: Decimal, cents: Decimal) {
        let decimals = [one, hundred, cents].map(|fee| fee.normalize().scale());
        let most = decimals.into_iter().max().unwrap_or_default();
        let few = if most <= 8 { "8 at most" } else { "more" };
        self.report.saw_of("fiat.decimals", few, &most.to_string());
        let is_near = (Decimal::new(9, 1)..=Decimal::new(11, 1)).contains(&one);
        let near = if is_near {
            "0.9 to 1.1"
        } else {
            "less, or more"
        };
        self.report.saw_of("fiat.rate", near, &one.to_string());

        let rate = hundred / Decimal::ONE_HUNDRED;
        let is_same = (one - rate).abs() * Decimal::ONE_HUNDRED <= rate;
        let same = if is_same {
            "the same to 1 %"
        } else {
            "another rate"
        };
        self.report
            .saw_of("fiat.proportion", same, &hundred.to_string());
        let exact = rate * Decimal::new(37, 2);
        let unit = Decimal::new(1, most);
        let side = match cents - exact {
            _ if (cents - exact).abs() >= unit => "the rate has changed meanwhile",
            off if off.is_zero() => "exact",
            off if off.is_sign_positive() => "rounded up",
            _ => "rounded down",
        };
        let detail = format!(
            "{cents}, of {} to {most} decimals: {side}",
            exact.normalize()
        );
        self.report.saw_of("fiat.rounding", "", &detail);
    }
}

/// The totalFee of an answer.
pub(super) fn amount(data: &Value) -> Option<Decimal> {
    let text = match &data["totalFee"] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.parse().ok()
}
