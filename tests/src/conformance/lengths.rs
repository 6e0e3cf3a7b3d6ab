//! How long a text of an order may be, in characters: the most that is taken, and one more.

use serde_json::{Value, json};

use super::Run;
use super::orders::{order, with};

impl Run<'_> {
    pub(super) async fn lengths(&mut self) -> Result<(), String> {
        self.say("texts as long as they may be, and longer");
        for (most, over, longest, field) in [
            (
                "length.description",
                "length.description-over",
                256,
                "description",
            ),
            (
                "length.return-url",
                "length.return-url-over",
                256,
                "returnUrl",
            ),
            (
                "length.cancel-url",
                "length.cancel-url-over",
                256,
                "cancelUrl",
            ),
            (
                "length.pass-through",
                "length.pass-through-over",
                512,
                "passThroughInfo",
            ),
        ] {
            for (id, length) in [(most, longest), (over, longest + 1)] {
                let order = with(json!({field: filled(field, length)}));
                self.try_order(id, &order).await?;
            }
        }
        // One that is taken would be called when its order is closed.
        let over = with(json!({"webhookUrl": filled("webhookUrl", 257)}));
        self.try_order("length.webhook-url-over", &over).await?;
        for (id, name) in [
            ("length.goods-name", "g".repeat(256)),
            ("length.goods-name-over", "g".repeat(257)),
            ("goods.quote", "A \"month\"".to_owned()),
            ("goods.emoji", "A month 🎁".to_owned()),
        ] {
            let mut order = order();
            order["goodsDetails"][0]["goodsName"] = json!(name);
            self.try_order(id, &order).await?;
        }
        Ok(())
    }
}

fn filled(field: &str, length: usize) -> Value {
    let begin = if field.ends_with("Url") {
        "https://example.com/"
    } else {
        ""
    };
    json!(format!("{begin}{}", "x".repeat(length - begin.len())))
}
