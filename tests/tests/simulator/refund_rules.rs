//! The rules of refund: what is asked for, how often, how much, and twice.

use sandbox::binance::{Impossible, Play};
use serde_json::{Value, json};

use crate::merchant::{Request, admin, asked, create, paid, query, refund, sandbox};

#[tokio::test]
async fn every_broken_rule_of_refund_is_refused() {
    let sandbox = sandbox().await;
    let order = paid(&sandbox, None).await;
    for (field, value, code) in [
        ("refundRequestId", Value::Null, "400100"),
        ("refundRequestId", json!(""), "400100"),
        ("refundRequestId", json!(7), "400001"),
        ("refundRequestId", json!("x".repeat(65)), "400101"),
        ("refundRequestId", json!("a\nb"), "400103"),
        ("prepayId", Value::Null, "400100"),
        ("prepayId", json!(order.prepay_id), "400001"),
        ("prepayId", json!("1".repeat(20)), "400101"),
        ("prepayId", json!("29383x"), "400301"),
        ("prepayId", json!("1"), "400301"),
        ("refundAmount", Value::Null, "400100"),
        ("refundAmount", json!("0"), "400102"),
        ("refundAmount", json!("-1"), "400102"),
        ("refundAmount", json!("0.000000001"), "400102"),
        ("refundAmount", json!("1,0"), "400102"),
        ("refundAmount", json!("1E-2"), "400102"),
        ("refundAmount", json!(true), "400102"),
        ("refundReason", json!("x".repeat(257)), "400101"),
        ("refundReason", json!(7), "400001"),
        ("webhookUrl", json!("ftp://example.com"), "400102"),
        (
            "webhookUrl",
            json!(format!("https://{}", "x".repeat(249))),
            "400101",
        ),
        ("merchantTradeNo", json!(order.merchant_trade_no), "400001"),
    ] {
        let mut broken = asked(&order, "1", "0.1");
        broken[field] = value;
        let answer = refund(&sandbox, &broken).await;
        assert_eq!(answer["code"], code, "{field}: {answer}");
    }
    assert!(sandbox.binance().refunds().is_empty());

    let mut longest = asked(&order, &"x".repeat(64), "0.12345678");
    longest["refundReason"] = json!("é".repeat(256));
    longest["webhookUrl"] = json!(format!("http://127.0.0.1:1/{}", "x".repeat(237)));
    assert_eq!(refund(&sandbox, &longest).await["code"], "000000");
}

#[tokio::test]
async fn a_refund_is_answered_as_documented() {
    let sandbox = sandbox().await;
    let order = paid(&sandbox, None).await;

    let answer = refund(&sandbox, &asked(&order, "first", "0.40")).await;

    let made = &sandbox.binance().refunds()[0].refund;
    let expected = json!({
        "refundId": made.refund_id.parse::<u64>().unwrap(),
        "refundRequestId": "first",
        "prepayId": order.prepay_id.to_string(),
        "orderAmount": "1.00020004",
        "refundedAmount": "0.4",
        "refundAmount": "0.4",
        "remainingAttempts": 9,
        "payerOpenId": order.payment.unwrap().open_user_id,
        "duplicateRequest": "N",
    });
    assert_eq!(answer["data"], expected);
    let data = query(&sandbox, &order.merchant_trade_no).await["data"].clone();
    assert_eq!(data["status"], "REFUNDED");
}

#[tokio::test]
async fn no_more_goes_back_than_is_left_and_nothing_of_what_was_never_paid() {
    let sandbox = sandbox().await;
    let order = paid(&sandbox, None).await;
    let (unpaid, _) = create(&sandbox, None).await;
    let unpaid = sandbox.binance().order(&unpaid).unwrap();

    let of_unpaid = refund(&sandbox, &asked(&unpaid, "unpaid", "0.1")).await;
    let above = refund(&sandbox, &asked(&order, "above", "1.00020005")).await;
    refund(&sandbox, &asked(&order, "part", "0.4")).await;
    let rest_and_more = refund(&sandbox, &asked(&order, "more", "0.60020005")).await;
    let rest = refund(&sandbox, &asked(&order, "rest", "0.60020004")).await;
    let nothing_left = refund(&sandbox, &asked(&order, "late", "0.00000001")).await;

    assert_eq!(of_unpaid["code"], "400202");
    assert_eq!(above["code"], "400303");
    assert_eq!(rest_and_more["code"], "400303");
    assert_eq!(rest["data"]["refundedAmount"], "1.00020004");
    assert_eq!(nothing_left["code"], "400303");
    let data = query(&sandbox, &order.merchant_trade_no).await["data"].clone();
    assert_eq!(data["status"], "FULL_REFUNDED");
}

#[tokio::test]
async fn the_last_of_ten_attempts_ignores_the_amount_and_takes_everything_left() {
    let sandbox = sandbox().await;
    let order = paid(&sandbox, None).await;
    for attempt in 1..=9 {
        let part = asked(&order, &attempt.to_string(), "0.1");
        let answer = refund(&sandbox, &part).await;
        assert_eq!(answer["data"]["remainingAttempts"], 10 - attempt);
    }

    let last = asked(&order, "10", "0.05");
    let answer = refund(&sandbox, &last).await["data"].clone();
    let more = refund(&sandbox, &asked(&order, "11", "0.1")).await;

    assert_eq!(answer["refundAmount"], "0.10020004");
    assert_eq!(answer["refundedAmount"], "1.00020004");
    assert_eq!(answer["remainingAttempts"], 0);
    assert_eq!(more["code"], "400302");
    let repeated = refund(&sandbox, &last).await["data"].clone();
    assert_eq!(repeated["refundAmount"], "0.10020004");
    assert_eq!(repeated["duplicateRequest"], "Y");
}

#[tokio::test]
async fn a_repeat_is_answered_as_the_first_was_and_gives_nothing_back() {
    let sandbox = sandbox().await;
    let order = paid(&sandbox, None).await;
    let other = paid(&sandbox, None).await;

    let mut first = refund(&sandbox, &asked(&order, "same", "0.7")).await;
    refund(&sandbox, &asked(&order, "later", "0.3")).await;
    let again = refund(&sandbox, &asked(&order, "same", "0.70")).await;
    let of_another_amount = refund(&sandbox, &asked(&order, "same", "0.1")).await;
    let of_another_order = refund(&sandbox, &asked(&other, "same", "0.7")).await;

    first["data"]["duplicateRequest"] = json!("Y");
    assert_eq!(again, first);
    assert_eq!(of_another_amount["code"], "400001");
    assert_eq!(of_another_order["code"], "400001");
    let books = sandbox.binance().books();
    assert_eq!(books[0].given_back.to_string(), "1");
    assert_eq!(books[1].given_back.to_string(), "0");
}

#[tokio::test]
async fn a_repeat_may_be_judged_by_what_is_left_by_attempts_and_by_balance() {
    let sandbox = sandbox().await;
    let order = paid(&sandbox, None).await;
    let judge = json!({"judgeRefundsAgain": true});
    assert_eq!(admin(&sandbox, "behaviour", &judge).await.0, 200);
    let small = asked(&order, "small", "0.1");
    let large = asked(&order, "large", "0.7");

    refund(&sandbox, &small).await;
    refund(&sandbox, &large).await;
    let possible = refund(&sandbox, &small).await;
    let too_much = refund(&sandbox, &large).await;
    admin(&sandbox, "behaviour", &json!({"balance": "0.05"})).await;
    let too_poor = refund(&sandbox, &small).await;
    admin(&sandbox, "behaviour", &json!({"balance": null})).await;
    for attempt in 3..=10 {
        let part = asked(&order, &attempt.to_string(), "0.01");
        assert_eq!(refund(&sandbox, &part).await["code"], "000000");
    }
    let too_often = refund(&sandbox, &small).await;

    assert_eq!(possible["data"]["duplicateRequest"], "Y");
    assert_eq!(too_much["code"], "400303");
    assert_eq!(too_poor["code"], "400304");
    assert_eq!(too_often["code"], "400302");
    assert_eq!(sandbox.binance().refunds().len(), 10);
}

#[tokio::test]
async fn refunds_draw_on_the_balance_until_it_is_too_low() {
    let sandbox = sandbox().await;
    let order = paid(&sandbox, None).await;
    let balance = async |amount: Value| {
        let (_, behaviour) = admin(&sandbox, "behaviour", &json!({"balance": amount})).await;
        behaviour["balance"].clone()
    };
    assert_eq!(balance(json!("0.50")).await, "0.5");

    let part = refund(&sandbox, &asked(&order, "1", "0.4")).await;
    let too_poor = refund(&sandbox, &asked(&order, "2", "0.2")).await;
    let by_hand = sandbox
        .binance()
        .refund(&order.merchant_trade_no, Play::in_silence());

    assert_eq!(part["code"], "000000");
    assert_eq!(too_poor["code"], "400304");
    assert!(matches!(by_hand, Err(Impossible::Because(_))));
    let (_, left) = admin(&sandbox, "behaviour", &json!({})).await;
    assert_eq!(left["balance"], "0.1");
    assert_eq!(balance(Value::Null).await, Value::Null);
    // Topped up, the same is asked for again: a refusal has used up nothing.
    let topped_up = refund(&sandbox, &asked(&order, "2", "0.2")).await;
    assert_eq!(topped_up["data"]["remainingAttempts"], 8);
    for wrong in [json!("1,5"), json!("-1"), json!(true)] {
        let wrong = json!({"balance": wrong});
        assert_eq!(admin(&sandbox, "behaviour", &wrong).await.0, 400);
    }
}

#[tokio::test]
async fn a_refund_of_a_strange_order_is_of_no_order_of_ours() {
    let sandbox = sandbox().await;
    let asked =
        json!({"refundRequestId": "1", "prepayId": "1234567890123456789", "refundAmount": 1});
    let answer = Request::new(&sandbox, "order/refund", &asked).send().await;
    let expected = json!({"status": "FAIL", "code": "400301", "errorMessage": "Invalid prepayId."});
    assert_eq!(answer, expected);
}
