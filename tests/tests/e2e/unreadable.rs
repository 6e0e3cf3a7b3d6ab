//! Bodies that Binance signed and that are not notifications as documented: refused with the reason, nothing written.

use crate::signed::{assert_fails, deliver, open, signed_body, told};
use crate::world::World;

/// An envelope with this `data`, itself JSON.
fn envelope(kind: &str, status: &str, data: &str) -> String {
    format!(r#"{{"bizType":"{kind}","data":{data},"bizId":1,"bizStatus":"{status}"}}"#)
}

#[tokio::test]
async fn signed_body_that_is_no_notification_is_refused_with_the_reason() {
    let world = World::start().await;
    let order = open(&world).await;
    let before = world.items();
    let paid = |fields: &str| {
        let data = format!(r#"{{"merchantTradeNo":"{}"{fields}}}"#, order.trade_no);
        let data = serde_json::to_string(&data).unwrap();
        envelope("PAY", "PAY_SUCCESS", &data)
    };
    let refund = paid("").replace(r#""PAY""#, r#""PAY_REFUND""#);
    let refund = refund.replace("PAY_SUCCESS", "REFUND_SUCCESS");
    let kind = "bizType or bizStatus is missing";
    let data = "data is not a JSON document in a string";
    let trade_no = "data.merchantTradeNo is missing";
    let money = "data.totalFee, currency or transactTime is missing or malformed";
    let refunded = "data.refundInfo.refundedAmount is missing";
    let whole = r#","totalFee":1.00020004,"currency":"USDT","transactTime":1"#;

    for (body, reason) in [
        (String::new(), kind),
        ("{".repeat(1024 * 1024), kind),
        ("[]".to_owned(), kind),
        ("null".to_owned(), kind),
        (r#"{"bizType":"PAY"}"#.to_owned(), kind),
        (
            r#"{"bizType":1,"bizStatus":"PAY_SUCCESS"}"#.to_owned(),
            kind,
        ),
        (
            r#"{"bizType":"PAY","bizStatus":"PAY_SUCCESS"}"#.to_owned(),
            data,
        ),
        (envelope("PAY", "PAY_SUCCESS", "null"), data),
        (envelope("PAY", "PAY_SUCCESS", r#""""#), trade_no),
        (envelope("PAY", "PAY_SUCCESS", r#""{""#), trade_no),
        (envelope("PAY", "PAY_CLOSED", r#""{}""#), trade_no),
        (paid(""), money),
        (
            paid(r#","totalFee":-1,"currency":"USDT","transactTime":1"#),
            money,
        ),
        (
            paid(r#","totalFee":"x","currency":"USDT","transactTime":1"#),
            money,
        ),
        (
            paid(r#","totalFee":1e400,"currency":"USDT","transactTime":1"#),
            money,
        ),
        (
            paid(r#","totalFee":1,"currency":"","transactTime":1"#),
            money,
        ),
        (paid(r#","totalFee":1,"currency":"USDT""#), money),
        (paid(whole).replace(r#","bizId":1"#, ""), "bizId is missing"),
        (
            paid(whole).replace(r#""bizId":1"#, r#""bizId":null"#),
            "bizId is missing",
        ),
        (refund, refunded),
    ] {
        let notification = signed_body(&world, body.clone()).await;

        let answer = deliver(&world, &notification).await;

        let shown: String = body.chars().take(200).collect();
        assert_eq!(answer.status, 400, "{shown}: {}", answer.text);
        assert_fails(
            &answer,
            400,
            &format!("the body is not a notification: {reason}"),
        );
    }
    assert_eq!(world.items(), before);
    assert_eq!(told(&world), []);
}
