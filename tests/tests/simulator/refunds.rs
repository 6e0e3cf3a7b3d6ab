//! Refunds: by hand nobody is told of them, by the merchant API somebody is.

use sandbox::binance::{Order, Play, RefundInfoAs};
use serde_json::{Value, json};

use crate::merchant::{
    Callback, admin, asked, inner, paid, query, refund as refund_by_api, sandbox, until,
};

/// `refundInfo` after 0.4 of 1.00020004 was given back.
fn refund_info(order: &Order) -> Value {
    json!({
        "refundRequestId": order.refunds[0].refund_request_id,
        "prepayId": order.prepay_id.to_string(),
        "orderAmount": "1.00020004",
        "refundedAmount": "0.40000000",
        "refundAmount": "0.40000000",
        "remainingAttempts": 9,
        "payerOpenId": order.payment.as_ref().unwrap().open_user_id,
        "duplicateRequest": "N",
    })
}

#[tokio::test]
async fn a_refund_on_the_merchant_page_is_told_only_when_that_was_asked_for() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    let order = paid(&sandbox, Some(&callback.url())).await;
    let refund = format!("orders/{}/refund", order.merchant_trade_no);

    let (status, silent) = admin(&sandbox, &refund, &json!({"amount": "0.4"})).await;
    assert_eq!(
        (status, &silent["status"]),
        (200, &json!("REFUNDED")),
        "{silent}"
    );
    let told = json!({"amount": "0.1", "notify": true});
    assert_eq!(admin(&sandbox, &refund, &told).await.0, 200);
    until(|| callback.count() == 1).await;
    let (status, rest) = admin(&sandbox, &refund, &json!({})).await;
    assert_eq!((status, &rest["status"]), (200, &json!("FULL_REFUNDED")));

    let notification = callback.verified(&sandbox, 0).await.unwrap();
    assert_eq!(
        inner(&notification)["refundInfo"]["refundedAmount"],
        "0.50000000"
    );
    assert_eq!(sandbox.binance().deliveries().len(), 1);
    let answer = query(&sandbox, &order.merchant_trade_no).await;
    assert_eq!(answer["data"]["status"], "FULL_REFUNDED");
}

#[tokio::test]
async fn a_refund_through_the_merchant_api_is_told_where_it_says_and_nowhere_else() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    let own = Callback::start(0).await;
    let order = paid(&sandbox, Some(&callback.url())).await;
    let mut told = asked(&order, "second", "0.1");
    told["webhookUrl"] = json!(own.url());

    let answer = refund_by_api(&sandbox, &asked(&order, "first", "0.4")).await;
    refund_by_api(&sandbox, &told).await;
    until(|| own.count() == 1).await;

    assert_eq!(answer["data"]["refundedAmount"], "0.4");
    let second = inner(&own.verified(&sandbox, 0).await.unwrap());
    assert_eq!(second["refundInfo"]["refundRequestId"], "second");
    assert_eq!(second["refundInfo"]["refundedAmount"], "0.50000000");
    assert_eq!(callback.count(), 0);
    assert_eq!(sandbox.binance().deliveries().len(), 1);
}

#[tokio::test]
async fn refund_info_is_an_object_a_string_or_absent() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    for (index, form) in [
        RefundInfoAs::Object,
        RefundInfoAs::String,
        RefundInfoAs::Absent,
    ]
    .into_iter()
    .enumerate()
    {
        let behaviour = admin(&sandbox, "behaviour", &json!({"refundInfo": form})).await;
        assert_eq!(behaviour.1["refundInfo"], json!(form), "{behaviour:?}");
        let order = paid(&sandbox, Some(&callback.url())).await;
        let part = Play {
            amount: Some("0.4".to_owned()),
            ..Play::default()
        };

        let order = sandbox
            .binance()
            .refund(&order.merchant_trade_no, part)
            .unwrap();
        until(|| callback.count() == index + 1).await;

        let notification = callback.verified(&sandbox, index).await.unwrap();
        let told = inner(&notification).get("refundInfo").cloned();
        let expected = refund_info(&order);
        match form {
            RefundInfoAs::Object => assert_eq!(told, Some(expected)),
            RefundInfoAs::String => {
                let text = told.as_ref().and_then(Value::as_str).unwrap();
                assert_eq!(serde_json::from_str::<Value>(text).unwrap(), expected);
            }
            RefundInfoAs::Absent => assert_eq!(told, None),
        }
    }
}
