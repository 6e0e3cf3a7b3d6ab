//! The rules of create order: each one that is broken is refused by its own code.

use serde_json::{Value, json};

use crate::merchant::{Request, order, sandbox};

#[tokio::test]
async fn every_broken_rule_of_create_order_is_refused() {
    let sandbox = sandbox().await;
    let long = "x".repeat(257);
    for (field, value, code) in [
        ("/merchantTradeNo", json!("with-dash"), "400103"),
        ("/merchantTradeNo", json!("1".repeat(33)), "400101"),
        ("/merchantTradeNo", json!(7), "400001"),
        ("/fiatAmount", json!("1,00"), "400102"),
        ("/fiatAmount", json!("0"), "400102"),
        ("/fiatAmount", json!("0.000000001"), "400102"),
        ("/fiatAmount", json!(true), "400102"),
        ("/fiatAmount", Value::Null, "400100"),
        ("/fiatCurrency", json!("usd"), "400102"),
        ("/env/terminalType", json!("TV"), "400102"),
        ("/env", Value::Null, "400100"),
        ("/description", json!(""), "400100"),
        ("/description", Value::Null, "400100"),
        ("/goodsDetails", json!([]), "400100"),
        ("/goodsDetails/0/goodsType", json!("03"), "400102"),
        ("/goodsDetails/0/goodsCategory", json!("Y000"), "400102"),
        ("/goodsDetails/0/goodsName", json!("a \"month\""), "400103"),
        (
            "/goodsDetails/0/goodsName",
            json!("a month \u{1F600}"),
            "400103",
        ),
        ("/goodsDetails/0/referenceGoodsId", Value::Null, "400100"),
        ("/returnUrl", json!(long), "400101"),
        ("/webhookUrl", json!("ftp://example.com"), "400102"),
        ("/passThroughInfo", json!("x".repeat(513)), "400101"),
        ("/orderExpireTime", json!(1_700_000_000_000_i64), "400102"),
        ("/orderAmount", json!("1"), "400100"),
        ("/callbackUrl", json!("https://example.com"), "400001"),
        ("/env/device", json!("x"), "400001"),
    ] {
        let mut broken = order(None);
        let (parent, name) = field.rsplit_once('/').unwrap();
        broken.pointer_mut(parent).unwrap()[name] = value;
        let answer = Request::new(&sandbox, "v3/order", &broken).send().await;
        assert_eq!(answer["code"], code, "{field}: {answer}");
    }
    assert!(sandbox.binance().orders().is_empty());
}
