//! Bodies that Binance signed and that are not notifications as documented: refused with the reason, nothing written.

use crate::log::Log;
use crate::signed::{assert_fails, deliver, open, signed_body, told};
use crate::world::World;

const KIND: &str = "bizType or bizStatus is missing";
const DATA: &str = "data is not a JSON document in a string";
const TRADE_NO: &str = "data.merchantTradeNo is missing";
const MONEY: &str = "data.totalFee, currency or transactTime is missing or malformed";
const BIZ_ID: &str = "bizId is missing";
const REFUNDED: &str = "data.refundInfo.refundedAmount is missing";

/// An envelope with this `data`, itself JSON.
fn envelope(kind: &str, status: &str, data: &str) -> String {
    format!(r#"{{"bizType":"{kind}","data":{data},"bizId":1,"bizStatus":"{status}"}}"#)
}

async fn assert_refused(world: &World, body: String, reason: &str) {
    let before = world.items();
    let shown: String = body.chars().take(200).collect();
    let notification = signed_body(world, body).await;

    let answer = deliver(world, &notification).await;

    assert_eq!(answer.status, 400, "{shown}: {}", answer.text);
    let message = format!("the body is not a notification: {reason}");
    assert_fails(&answer, 400, &message);
    assert_eq!(world.items(), before);
    assert_eq!(told(world), []);
}

#[tokio::test]
async fn signed_body_that_is_no_notification_is_refused_with_the_reason() {
    let world = World::start().await;
    for (body, reason) in [
        (String::new(), KIND),
        ("{".repeat(1024 * 1024), KIND),
        ("[]".to_owned(), KIND),
        ("null".to_owned(), KIND),
        (r#"{"bizType":"PAY"}"#.to_owned(), KIND),
        (
            r#"{"bizType":1,"bizStatus":"PAY_SUCCESS"}"#.to_owned(),
            KIND,
        ),
        (
            r#"{"bizType":"PAY","bizStatus":"PAY_SUCCESS"}"#.to_owned(),
            DATA,
        ),
        (envelope("PAY", "PAY_SUCCESS", "null"), DATA),
        (envelope("PAY", "PAY_SUCCESS", r#""""#), TRADE_NO),
        (envelope("PAY", "PAY_SUCCESS", r#""{""#), TRADE_NO),
        (envelope("PAY", "PAY_CLOSED", r#""{}""#), TRADE_NO),
    ] {
        assert_refused(&world, body, reason).await;
    }
}

#[tokio::test]
async fn signed_payment_or_refund_without_its_amount_is_refused_with_the_reason() {
    let world = World::start().await;
    let order = open(&world).await;
    let about = |kind: &str, status: &str, fields: &str| {
        let data = format!(r#"{{"merchantTradeNo":"{}"{fields}}}"#, order.trade_no);
        envelope(kind, status, &serde_json::to_string(&data).unwrap())
    };
    let whole = r#","totalFee":1.00020004,"currency":"USDT","transactTime":1"#;
    for fields in [
        String::new(),
        whole.replace("1.00020004", "-1"),
        whole.replace("1.00020004", r#""x""#),
        whole.replace("1.00020004", "1e400"),
        whole.replace("USDT", ""),
        whole.replace(r#","transactTime":1"#, ""),
    ] {
        let body = about("PAY", "PAY_SUCCESS", &fields);
        assert_refused(&world, body, MONEY).await;
    }
    for id in ["", r#","bizId":null"#, r#","bizId":"""#, r#","bizId":-1"#] {
        let body = about("PAY", "PAY_SUCCESS", whole).replace(r#","bizId":1"#, id);
        assert_refused(&world, body, BIZ_ID).await;
    }
    let refund = about("PAY_REFUND", "REFUND_SUCCESS", whole);
    assert_refused(&world, refund, REFUNDED).await;
}

#[tokio::test]
async fn signed_body_that_cannot_be_read_raises_the_alarm_and_a_forged_one_does_not() {
    let world = World::start().await;
    let notification = signed_body(&world, "[]".to_owned()).await;
    let mut forged = notification.clone();
    forged.body = "{}".into();
    let log = Log::start();

    deliver(&world, &notification).await;
    deliver(&world, &forged).await;

    let levels: Vec<_> = log
        .lines()
        .into_iter()
        .filter(|line| !line["cause"].is_null())
        .map(|line| line["level"].clone())
        .collect();
    assert_eq!(levels, ["ERROR", "WARN"]);
}
