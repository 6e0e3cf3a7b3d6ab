//! What is between two ends: a payment or a refund under way; and what a payment costs.

use sandbox::binance::{Impossible, Play, Status};
use serde_json::{Value, json};

use crate::merchant::{Callback, Request, admin, create, inner, query, sandbox};

#[tokio::test]
async fn an_order_whose_payment_is_under_way_neither_closes_nor_expires() {
    let sandbox = sandbox().await;
    let (trade_no, _) = create(&sandbox, None).await;
    let pending = format!("orders/{trade_no}/pending");

    assert_eq!(admin(&sandbox, &pending, &json!({})).await.0, 200);
    sandbox.binance().advance(7200);
    let asked = json!({"merchantTradeNo": trade_no});
    let closing = Request::new(&sandbox, "order/close", &asked).send().await;
    let canceling = sandbox.binance().cancel(&trade_no, Play::default());
    let expiring = sandbox.binance().expire(&trade_no);

    let refused = json!({
        "status": "FAIL",
        "code": "400204",
        "errorMessage": "The order status does not support closing.",
    });
    assert_eq!(closing, refused);
    let because = || Impossible::Because("the order is PENDING".to_owned());
    assert_eq!(canceling.unwrap_err(), because());
    assert_eq!(expiring.unwrap_err(), because());
    let data = query(&sandbox, &trade_no).await["data"].clone();
    assert_eq!(data["status"], "PENDING");
    assert_eq!(data.get("transactionId"), None);

    sandbox
        .binance()
        .pay(&trade_no, Play::in_silence())
        .unwrap();
    assert_eq!(query(&sandbox, &trade_no).await["data"]["status"], "PAID");
    let (status, _) = admin(&sandbox, &pending, &json!({})).await;
    assert_eq!(status, 409);
}

#[tokio::test]
async fn a_payment_that_came_to_nothing_leaves_the_order_to_its_time() {
    let sandbox = sandbox().await;
    let (trade_no, _) = create(&sandbox, None).await;
    let (failed, _) = create(&sandbox, None).await;
    let binance = sandbox.binance();
    binance.under_way(&trade_no, true).unwrap();
    binance.under_way(&failed, true).unwrap();
    binance.advance(7200);

    binance.fail(&failed).unwrap();
    binance.under_way(&trade_no, false).unwrap();

    assert_eq!(binance.order(&failed).unwrap().status, Status::Error);
    assert_eq!(binance.order(&trade_no).unwrap().status, Status::Expired);
}

#[tokio::test]
async fn a_query_says_refunding_while_a_refund_is_under_way() {
    let sandbox = sandbox().await;
    let (trade_no, _) = create(&sandbox, None).await;
    let refunding = format!("orders/{trade_no}/refunding");
    let because = json!({"error": "the order is INITIAL"});
    assert_eq!(
        admin(&sandbox, &refunding, &json!({})).await,
        (409, because)
    );
    let binance = sandbox.binance();
    binance.pay(&trade_no, Play::in_silence()).unwrap();
    binance.refund(&trade_no, Play::in_silence()).unwrap();

    assert_eq!(admin(&sandbox, &refunding, &json!({})).await.0, 200);
    let during = query(&sandbox, &trade_no).await;
    let off = admin(&sandbox, &refunding, &json!({"on": false})).await;
    let after = query(&sandbox, &trade_no).await;

    assert_eq!(off.0, 200);
    assert_eq!(during["data"]["status"], "REFUNDING");
    assert_eq!(after["data"]["status"], "FULL_REFUNDED");
    let misspelt = admin(&sandbox, &refunding, &json!({"no": true})).await;
    assert_eq!(misspelt.0, 400);
    assert!(misspelt.1["error"].as_str().unwrap().contains("`no`"));
}

#[tokio::test]
async fn a_commission_is_a_number_in_the_notification_and_text_in_the_answer() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    for (index, (commission, number, text)) in [
        (Value::Null, "0", "0"),
        (json!("0.01"), "0.01", "0.01"),
        (json!("0.00000012"), "1.2E-7", "1.2E-7"),
    ]
    .into_iter()
    .enumerate()
    {
        let (trade_no, _) = create(&sandbox, Some(&callback.url())).await;
        assert_eq!(
            query(&sandbox, &trade_no).await["data"].get("commission"),
            None
        );
        let play = Play {
            commission: commission.as_str().map(str::to_owned),
            ..Play::default()
        };

        sandbox
            .binance()
            .pay_and_wait(&trade_no, play)
            .await
            .unwrap();

        let notification = callback.verified(&sandbox, index).await.unwrap();
        let data = notification["data"].as_str().unwrap();
        let written = format!(r#","commission":{number},"#);
        assert!(data.contains(&written), "{data}");
        assert!(inner(&notification)["commission"].is_number());
        let answer = query(&sandbox, &trade_no).await;
        assert_eq!(answer["data"]["commission"], text);
    }
}
