//! Bodies that Binance signed and that are not notifications as documented: refused with the reason, nothing written.

use crate::log::Log;
use crate::signed::{
    about, assert_acknowledged, assert_fails, deliver, open, pay_silently, signed, signed_body,
    told,
};
use crate::world::World;

/// The longest body that is looked at, in bytes.
const LONGEST: usize = 64 * 1024;

const TRADE_NO: &str = "data.merchantTradeNo is missing";

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
        (String::new(), TRADE_NO),
        ("{".repeat(LONGEST), TRADE_NO),
        ("[]".to_owned(), TRADE_NO),
        ("null".to_owned(), TRADE_NO),
        ("{}".to_owned(), TRADE_NO),
        (r#"{"bizType":"PAY"}"#.to_owned(), TRADE_NO),
        (
            r#"{"bizType":[],"bizStatus":"PAY_SUCCESS"}"#.to_owned(),
            TRADE_NO,
        ),
        (envelope("PAY", "PAY_SUCCESS", "null"), TRADE_NO),
        (envelope("PAY", "PAY_SUCCESS", "[1]"), TRADE_NO),
        (envelope("PAY", "PAY_SUCCESS", r#""""#), TRADE_NO),
        (envelope("PAY", "PAY_SUCCESS", r#""{""#), TRADE_NO),
        (envelope("PAY", "PAY_CLOSED", r#""{}""#), TRADE_NO),
        (
            envelope("PAY_REFUND", "REFUND_SUCCESS", r#""{}""#),
            TRADE_NO,
        ),
        (
            envelope("PAY", "PAY_SUCCESS", r#""{\"merchantTradeNo\":\"\"}""#),
            TRADE_NO,
        ),
    ] {
        assert_refused(&world, body, reason).await;
    }
}

#[tokio::test]
async fn body_that_is_too_long_is_refused_though_it_is_signed() {
    let world = World::start().await;
    let order = open(&world).await;
    pay_silently(&world, &order);
    let notification = signed(&world, about(&order)).await;
    let padded = format!("{}{}", notification.body, " ".repeat(LONGEST));
    let notification = signed_body(&world, padded).await;
    let log = Log::start();

    let answer = deliver(&world, &notification).await;

    assert_fails(
        &answer,
        400,
        "the body is longer than a notification can be",
    );
    assert_eq!(world.item(&order.id)["status"], "PENDING");
    let lines = log.lines();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert_eq!(lines[0]["level"], "WARN", "{lines:#?}");
}

/// Bodies about `trade_no` of which nothing else can be read, and one of a kind that there is not.
fn nearly_unreadable(trade_no: &str) -> [String; 6] {
    let data = format!(r#""{{\"merchantTradeNo\":\"{trade_no}\"}}""#);
    [
        envelope("PAY", "PAY_FAIL", &data),
        envelope("PAY", "", &data),
        envelope("pay", "pay_success", &data),
        envelope("PAY", "PAY_SUCCESS", &data.replace('}', "")),
        envelope("PAY_REFUND", "REFUND_SUCCESS", &format!("[{data}]")),
        format!(r#"{{"data":{data}}}"#),
    ]
}

#[tokio::test]
async fn signed_body_of_which_only_our_trade_number_can_be_read_is_asked_about_and_acknowledged() {
    let world = World::start().await;
    for kind in 0..nearly_unreadable("").len() {
        let order = open(&world).await;
        pay_silently(&world, &order);
        let body = nearly_unreadable(&order.trade_no)[kind].clone();
        let notification = signed_body(&world, &body).await;

        assert_acknowledged(&deliver(&world, &notification).await);

        assert_eq!(world.item(&order.id)["status"], "PAID", "{body}");
    }
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
