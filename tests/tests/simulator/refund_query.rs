//! Query refund, and what the admin API tells of refunds.

use std::time::Duration;

use sandbox::binance::Play;
use sandbox::web;
use serde_json::{Value, json};

use crate::merchant::{Request, admin, asked, paid, query_refund, refund, sandbox};

#[tokio::test]
async fn a_refund_is_asked_about_by_its_id() {
    let sandbox = sandbox().await;
    let order = paid(&sandbox, None).await;
    let mut expected = refund(&sandbox, &asked(&order, "1", "0.4")).await;
    refund(&sandbox, &asked(&order, "2", "0.1")).await;

    let answer = query_refund(&sandbox, "1").await;

    let data = expected["data"].as_object_mut().unwrap();
    data.remove("duplicateRequest");
    data.insert("refundStatus".to_owned(), json!("REFUND_SUCCESS"));
    data.insert("refundedAmount".to_owned(), json!("0.5"));
    data.insert("remainingAttempts".to_owned(), json!(8));
    assert_eq!(answer, expected);
    let call = sandbox.binance().calls().pop().unwrap();
    assert_eq!(call.trade_no, Some(order.merchant_trade_no));
}

#[tokio::test]
async fn an_unknown_refund_is_refused_by_the_code_that_is_set() {
    let sandbox = sandbox().await;
    let order = paid(&sandbox, None).await;
    let mut refused = asked(&order, "refused", "50");
    refused["refundAmount"] = json!("50");
    assert_eq!(refund(&sandbox, &refused).await["code"], "400303");

    assert_eq!(query_refund(&sandbox, "refused").await["code"], "400202");
    for code in ["400301", "400202", "400000"] {
        let set = json!({"unknownRefundCode": code});
        assert_eq!(admin(&sandbox, "behaviour", &set).await.0, 200);
        let answer = query_refund(&sandbox, "none").await;
        assert_eq!(answer["status"], "FAIL");
        assert_eq!(answer["code"], code);
    }
}

#[tokio::test]
async fn every_broken_rule_of_query_refund_is_refused() {
    let sandbox = sandbox().await;
    for (broken, code) in [
        (json!({}), "400100"),
        (json!({"refundRequestId": null}), "400100"),
        (json!({"refundRequestId": 7}), "400001"),
        (json!({"refundRequestId": "x".repeat(65)}), "400101"),
        (json!({"refundRequestId": "1", "prepayId": "1"}), "400001"),
    ] {
        let request = Request::new(&sandbox, "order/refund/query", &broken);
        assert_eq!(request.send().await["code"], code, "{broken}");
    }
}

#[tokio::test]
async fn refunds_and_books_are_listed() {
    let sandbox = sandbox().await;
    let order = paid(&sandbox, None).await;
    let mut asked = asked(&order, "1", "0.4");
    asked["refundReason"] = json!("the slot is gone");
    refund(&sandbox, &asked).await;
    let by_hand = Play {
        amount: Some("0.1".to_owned()),
        ..Play::in_silence()
    };
    let binance = sandbox.binance();
    binance.refund(&order.merchant_trade_no, by_hand).unwrap();

    let [refunds, books] = [
        listed(&sandbox, "refunds").await,
        listed(&sandbox, "books").await,
    ];

    let made = &binance.refunds()[0].refund;
    let expected = json!({
        "merchantTradeNo": order.merchant_trade_no,
        "refundRequestId": "1",
        "refundId": made.refund_id,
        "amount": "0.4",
        "asked": "0.4",
        "status": "REFUND_SUCCESS",
        "byHand": false,
        "reason": "the slot is gone",
        "webhookUrl": null,
        "createTime": made.create_time,
        "endTime": made.create_time,
    });
    assert_eq!(refunds[0], expected);
    assert_eq!(refunds[1]["byHand"], true);
    let expected = json!([{
        "merchantTradeNo": order.merchant_trade_no,
        "currency": "USDT",
        "taken": "1.00020004",
        "givenBack": "0.5",
        "pending": "0",
    }]);
    assert_eq!(books, expected);
}

async fn listed(sandbox: &sandbox::Sandbox, what: &str) -> Value {
    let client = web::client(Duration::from_secs(5), false);
    let url = format!("{}/sandbox/{what}", sandbox.binance().url());
    client.get(url).send().await.unwrap().json().await.unwrap()
}
