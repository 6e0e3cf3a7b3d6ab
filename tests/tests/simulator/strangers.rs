//! Other merchants: validly signed notifications about orders that are not ours, under our trade number.

use std::time::Duration;

use sandbox::binance::{Impossible, Play, Status, StrangerOrder};
use sandbox::{Sandbox, web};
use serde_json::{Value, json};

use crate::merchant::{Callback, Request, admin, create, inner, query, sandbox};

/// The one stranger's order, as the admin API lists it.
async fn listed(sandbox: &Sandbox) -> Value {
    let browser = web::client(Duration::from_secs(5), false);
    let url = format!("{}/sandbox/stranger/orders", sandbox.binance().url());
    let orders: Vec<Value> = browser.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(orders.len(), 1, "{orders:?}");
    orders[0].clone()
}

#[tokio::test]
async fn a_strangers_payment_is_signed_like_ours_and_names_his_own_checkout() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    let (trade_no, data) = create(&sandbox, Some(&callback.url())).await;

    let path = format!("stranger/{trade_no}/pay");
    let wanted = json!({"amount": "0.01", "currency": "BNB"});
    let (status, delivery) = admin(&sandbox, &path, &wanted).await;

    assert_eq!(status, 200, "{delivery}");
    assert_eq!(delivery["merchantTradeNo"], trade_no);
    assert_eq!(delivery["stranger"], true);
    assert_eq!(delivery["acknowledged"], true);
    let his = sandbox.binance().strangers_orders().remove(0);
    assert_ne!(json!(his.prepay_id.to_string()), data["prepayId"]);
    let notification = callback.verified(&sandbox, 0).await.unwrap();
    assert_eq!(notification["bizStatus"], "PAY_SUCCESS");
    assert_eq!(notification["bizIdStr"], his.prepay_id.to_string());
    let payment = his.payment.as_ref().unwrap();
    let expected = json!({
        "merchantTradeNo": trade_no,
        "productType": "01",
        "productName": "Another merchant's",
        "transactTime": payment.transact_time,
        "tradeType": "WEB",
        "totalFee": 0.01,
        "currency": "BNB",
        "transactionId": payment.transaction_id,
        "openUserId": payment.open_user_id,
        "commission": 0,
        "paymentInfo": {
            "payerId": payment.payer_id,
            "payMethod": "funding",
            "paymentInstructions": [{"currency": "BNB", "amount": 0.01, "price": 1}],
            "channel": "DEFAULT",
        },
    });
    assert_eq!(inner(&notification), expected);
}

#[tokio::test]
async fn our_merchant_api_knows_no_strangers_order() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    let (trade_no, _) = create(&sandbox, Some(&callback.url())).await;
    let binance = sandbox.binance();
    let elsewhere = StrangerOrder {
        url: Some(callback.url()),
        ..StrangerOrder::default()
    };
    let under_ours = binance
        .stranger(&trade_no, StrangerOrder::default())
        .unwrap();
    let alone = binance.stranger("foreign1", elsewhere).unwrap();
    under_ours.pay().await.unwrap();
    alone.pay().await.unwrap();

    let ours = query(&sandbox, &trade_no).await;
    let prepay_id = under_ours.order().prepay_id.to_string();
    let refund = json!({"refundRequestId": "1", "prepayId": prepay_id, "refundAmount": "1"});
    let mut codes = Vec::new();
    for (path, asked) in [
        ("v2/order/query", json!({"prepayId": prepay_id})),
        ("v2/order/query", json!({"merchantTradeNo": "foreign1"})),
        ("order/close", json!({"merchantTradeNo": "foreign1"})),
        ("order/refund", refund),
    ] {
        let answer = Request::new(&sandbox, path, &asked).send().await;
        codes.push(answer["code"].clone());
    }

    assert_eq!(ours["data"]["status"], "INITIAL");
    assert_eq!(codes, ["400202", "400202", "400202", "400301"]);
    let known: Vec<_> = binance.orders();
    assert_eq!(known.len(), 1);
    assert_eq!(known[0].status, Status::Initial);
    assert_eq!(binance.order("foreign1").map(|order| order.status), None);
    // A number that a stranger has used is still ours to use.
    let mut order = crate::merchant::order(None);
    order["merchantTradeNo"] = json!("foreign1");
    let answer = Request::new(&sandbox, "v3/order", &order).send().await;
    assert_eq!(answer["code"], "000000");
}

#[tokio::test]
async fn a_stranger_closes_and_refunds_under_our_number() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    let (trade_no, _) = create(&sandbox, Some(&callback.url())).await;
    let ours = sandbox
        .binance()
        .pay(&trade_no, Play::in_silence())
        .unwrap();
    let stranger = sandbox
        .binance()
        .stranger(&trade_no, StrangerOrder::default())
        .unwrap();
    let closing = sandbox
        .binance()
        .stranger(&trade_no, StrangerOrder::default())
        .unwrap();

    closing.close().await.unwrap();
    let early = stranger.refund(None).await.unwrap_err();
    stranger.pay().await.unwrap();
    let again = stranger.pay().await.unwrap_err();
    stranger.refund(Some("0.4")).await.unwrap();

    assert_eq!(early, Impossible::Because("Order not found.".to_owned()));
    assert_eq!(again, Impossible::Because("the order is PAID".to_owned()));
    let told = callback.verified(&sandbox, 0).await.unwrap();
    assert_eq!(told["bizStatus"], "PAY_CLOSED");
    assert_eq!(told["bizIdStr"], closing.order().prepay_id.to_string());
    assert_eq!(
        inner(&told)["transactTime"],
        closing.order().close_time.unwrap()
    );
    let told = callback.verified(&sandbox, 2).await.unwrap();
    let his = stranger.order();
    assert_eq!(told["bizIdStr"], his.prepay_id.to_string());
    let expected = json!({
        "refundRequestId": his.refunds[0].refund_request_id,
        "prepayId": his.prepay_id.to_string(),
        "orderAmount": "1.00020004",
        "refundedAmount": "0.40000000",
        "refundAmount": "0.40000000",
        "remainingAttempts": 9,
        "payerOpenId": his.payment.unwrap().open_user_id,
        "duplicateRequest": "N",
    });
    assert_eq!(inner(&told)["refundInfo"], expected);
    assert_eq!(
        sandbox.binance().order(&trade_no).unwrap().status,
        ours.status
    );
}

#[tokio::test]
async fn a_strangers_refund_takes_his_newest_payment_or_makes_one_in_silence() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    let (trade_no, _) = create(&sandbox, Some(&callback.url())).await;
    let refund = format!("stranger/{trade_no}/refund");

    let (status, delivery) = admin(&sandbox, &refund, &json!({"amount": "50"})).await;
    assert_eq!((status, callback.count()), (200, 1), "{delivery}");
    let made = listed(&sandbox).await;
    assert_eq!(
        (&made["status"], &made["totalFee"]),
        (&json!("FULL_REFUNDED"), &json!("50"))
    );

    sandbox
        .binance()
        .stranger(&trade_no, StrangerOrder::default())
        .unwrap()
        .pay()
        .await
        .unwrap();
    let (status, _) = admin(&sandbox, &refund, &json!({"amount": "0.4"})).await;
    assert_eq!(status, 200);
    let his = sandbox.binance().strangers_orders();
    assert_eq!(his.len(), 2);
    assert_eq!(his[1].status, Status::Refunded);

    let told: Vec<_> = sandbox
        .binance()
        .deliveries()
        .into_iter()
        .map(|delivery| delivery.biz_status)
        .collect();
    assert_eq!(told, ["REFUND_SUCCESS", "PAY_SUCCESS", "REFUND_SUCCESS"]);
}

#[tokio::test]
async fn a_stranger_who_cannot_be_played_is_refused_in_words() {
    let sandbox = sandbox().await;
    for (path, wanted, status, problem) in [
        ("foreign1/pay", json!({}), 400, "url is missing"),
        (
            "foreign1/pay",
            json!({"amount": "1,0"}),
            400,
            "amount: \"1,0\" is no amount",
        ),
        ("foreign1/pay", json!({"amonut": "1"}), 400, "`amonut`"),
        (
            "foreign1/repay",
            json!({}),
            404,
            "known: pay, close, refund",
        ),
    ] {
        let (answered, answer) = admin(&sandbox, &format!("stranger/{path}"), &wanted).await;
        assert_eq!(answered, status, "{answer}");
        let words = answer["error"].as_str().unwrap();
        assert!(words.contains(problem), "{words}");
    }
    assert!(sandbox.binance().strangers_orders().is_empty());
}
