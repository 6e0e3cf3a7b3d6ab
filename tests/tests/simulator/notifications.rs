//! Notifications and the checkout page: signed, verifiable, repeated until they are acknowledged.

use std::time::Duration;

use sandbox::binance::{Forgery, Play, Signature, Status};
use sandbox::web;
use serde_json::{Value, json};

use crate::merchant::{Callback, admin, create, sandbox, until};

#[tokio::test]
async fn paying_on_the_checkout_page_sends_a_verifiable_notification() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    let (trade_no, data) = create(&sandbox, Some(&callback.url())).await;
    let browser = web::client(Duration::from_secs(5), false);
    let page = browser
        .get(data["checkoutUrl"].as_str().unwrap())
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let (_, rest) = page.split_once("action=\"").unwrap();

    let pressed = browser
        .post(rest.split('"').next().unwrap())
        .send()
        .await
        .unwrap();
    until(|| callback.count() == 1).await;

    assert_eq!(pressed.status(), 303);
    let notification = callback.verified(&sandbox, 0).await.unwrap();
    assert_eq!(notification["bizType"], "PAY");
    assert_eq!(notification["bizStatus"], "PAY_SUCCESS");
    assert_eq!(notification["bizIdStr"], data["prepayId"]);
    assert_eq!(
        notification["bizId"].to_string(),
        data["prepayId"].as_str().unwrap()
    );
    let inner: Value = serde_json::from_str(notification["data"].as_str().unwrap()).unwrap();
    assert_eq!(inner["merchantTradeNo"], trade_no);
    assert_eq!(inner["totalFee"].to_string(), "1.00020004");
    assert_eq!(inner["passThroughInfo"], "0123");
    assert!(sandbox.binance().deliveries()[0].acknowledged);
}

#[tokio::test]
async fn a_notification_is_repeated_until_it_is_acknowledged() {
    let (sandbox, callback) = (sandbox().await, Callback::start(2).await);
    let (trade_no, _) = create(&sandbox, Some(&callback.url())).await;

    sandbox
        .binance()
        .pay_and_wait(&trade_no, Play::default())
        .await
        .unwrap();

    let deliveries = sandbox.binance().deliveries();
    let ends: Vec<_> = deliveries
        .iter()
        .map(|delivery| (delivery.attempt, delivery.acknowledged))
        .collect();
    assert_eq!(ends, [(1, false), (2, false), (3, true)]);
    let nonces: Vec<_> = deliveries
        .iter()
        .map(|delivery| &delivery.headers)
        .collect();
    assert!(nonces[0] != nonces[1] && nonces[1] != nonces[2]);
}

#[tokio::test]
async fn a_notification_is_given_up_after_six_identical_repeats() {
    let (sandbox, callback) = (sandbox().await, Callback::start(99).await);
    sandbox.binance().behave(|behaviour| {
        behaviour.first_repeat_ms = 1;
        behaviour.fresh_signatures = false;
    });
    let (trade_no, _) = create(&sandbox, Some(&callback.url())).await;

    sandbox
        .binance()
        .pay_and_wait(&trade_no, Play::default())
        .await
        .unwrap();

    let deliveries = sandbox.binance().deliveries();
    assert_eq!(deliveries.len(), 7);
    assert!(
        deliveries
            .iter()
            .all(|delivery| delivery.headers == deliveries[0].headers)
    );
}

#[tokio::test]
async fn wrong_money_duplicates_and_late_payments_can_be_played() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    let (trade_no, _) = create(&sandbox, Some(&callback.url())).await;
    assert_eq!(
        admin(&sandbox, &format!("orders/{trade_no}/expire"), &json!({}))
            .await
            .0,
        200
    );
    assert_eq!(
        admin(&sandbox, &format!("orders/{trade_no}/pay"), &json!({}))
            .await
            .0,
        409
    );

    let play = json!({"late": true, "amount": "0.5", "currency": "BNB", "times": 2});
    assert_eq!(
        admin(&sandbox, &format!("orders/{trade_no}/pay"), &play)
            .await
            .0,
        200
    );
    until(|| callback.count() == 2).await;

    let notification = callback.verified(&sandbox, 1).await.unwrap();
    let inner: Value = serde_json::from_str(notification["data"].as_str().unwrap()).unwrap();
    assert_eq!(
        (inner["totalFee"].to_string(), &inner["currency"]),
        ("0.5".to_owned(), &json!("BNB"))
    );
    assert_eq!(
        sandbox.binance().order(&trade_no).unwrap().status,
        Status::Paid
    );
}

#[tokio::test]
async fn closing_and_refunding_are_notified() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    let (closed, _) = create(&sandbox, Some(&callback.url())).await;
    let (refunded, _) = create(&sandbox, Some(&callback.url())).await;

    sandbox.binance().cancel(&closed, Play::default()).unwrap();
    until(|| callback.count() == 1).await;
    sandbox
        .binance()
        .pay_and_wait(&refunded, Play::default())
        .await
        .unwrap();
    let part = Play {
        amount: Some("0.4".to_owned()),
        ..Play::default()
    };
    sandbox.binance().refund(&refunded, part).unwrap();
    until(|| callback.count() == 3).await;

    let closing = callback.verified(&sandbox, 0).await.unwrap();
    assert_eq!(closing["bizStatus"], "PAY_CLOSED");
    assert!(!closing["data"].as_str().unwrap().contains("transactionId"));
    let refund = callback.verified(&sandbox, 2).await.unwrap();
    let inner: Value = serde_json::from_str(refund["data"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&refund["bizType"], &refund["bizStatus"]),
        (&json!("PAY_REFUND"), &json!("REFUND_SUCCESS"))
    );
    assert_eq!(inner["refundInfo"]["refundedAmount"], "0.40000000");
}

#[tokio::test]
async fn forged_notifications_do_not_verify() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    let (trade_no, _) = create(&sandbox, Some(&callback.url())).await;
    for (index, (signature, expected)) in [
        (Signature::Correct, None),
        (Signature::Forged, Some("signature")),
        (Signature::Altered, Some("signature")),
        (Signature::UnknownSerial, Some("serial")),
        (Signature::Missing, Some("header")),
    ]
    .into_iter()
    .enumerate()
    {
        let forgery = Forgery {
            merchant_trade_no: Some(trade_no.clone()),
            signature,
            ..Forgery::default()
        };
        sandbox.binance().notify(forgery).await.unwrap();
        assert_eq!(callback.verified(&sandbox, index).await.err(), expected);
    }
    assert_eq!(
        sandbox.binance().order(&trade_no).unwrap().status,
        Status::Initial
    );
}

#[tokio::test]
async fn a_rotated_certificate_signs_and_is_published() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    let serial = sandbox.binance().rotate_certificates(true);
    let (trade_no, _) = create(&sandbox, Some(&callback.url())).await;

    sandbox
        .binance()
        .pay_and_wait(&trade_no, Play::default())
        .await
        .unwrap();

    callback.verified(&sandbox, 0).await.unwrap();
    assert_eq!(
        callback.received.lock().unwrap()[0].0["binancepay-certificate-sn"],
        serial.as_str()
    );
}
