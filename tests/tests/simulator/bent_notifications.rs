//! Bends of notifications: they reach into the strings that hold JSON, and are signed as they are.

use sandbox::binance::{Bend, BendOn, Change, Forgery, Play, RefundInfoAs};
use serde_json::{Value, json};

use crate::bends::played;
use crate::merchant::{Callback, admin, create, inner, sandbox, until};

#[tokio::test]
async fn a_bent_notification_is_signed_as_it_is_and_its_inner_strings_are_reached() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    let binance = sandbox.binance();
    let (trade_no, data) = create(&sandbox, Some(&callback.url())).await;
    let on = BendOn::Notification;
    binance.bend(Bend::set(on, "/bizIdStr", r#""""#));
    binance.bend(Bend::set(on, "/data/totalFee", "1.0002").once());
    binance.bend(Bend::new(on, "/data/transactTime", Change::Quote));
    binance.bend(Bend::remove(on, "/data/refundInfo/refundedAmount"));
    binance.behave(|behaviour| behaviour.refund_info = RefundInfoAs::String);

    let paid = binance.pay_and_wait(&trade_no, Play::default()).await;
    let time = paid.unwrap().payment.unwrap().transact_time;
    binance.refund(&trade_no, Play::default()).unwrap();
    until(|| callback.count() == 2).await;

    let payment = callback.verified(&sandbox, 0).await.unwrap();
    assert_eq!(payment["bizIdStr"], "");
    assert_eq!(
        payment["bizId"].to_string(),
        data["prepayId"].as_str().unwrap()
    );
    let text = payment["data"].as_str().unwrap();
    assert!(text.contains(r#""totalFee":1.0002,"#), "{text}");
    assert!(text.contains(r#""amount":1.00020004,"#), "{text}");
    assert_eq!(inner(&payment)["transactTime"], time.to_string());
    let refund = inner(&callback.verified(&sandbox, 1).await.unwrap());
    assert_eq!(refund["totalFee"].to_string(), "1.00020004");
    let info: Value = serde_json::from_str(refund["refundInfo"].as_str().unwrap()).unwrap();
    assert_eq!(info.get("refundedAmount"), None);
    assert_eq!(info["refundAmount"], "1.00020004");
    assert_eq!(played(&sandbox), [2, 1, 2, 1]);
}

#[tokio::test]
async fn a_repeat_brings_what_was_bent_before() {
    let (sandbox, callback) = (sandbox().await, Callback::start(2).await);
    let (trade_no, _) = create(&sandbox, Some(&callback.url())).await;
    let bend = Bend::set(BendOn::Notification, "/bizStatus", "7");
    sandbox.binance().bend(bend.once());

    let twice = Play {
        times: 2,
        ..Play::default()
    };
    sandbox
        .binance()
        .pay_and_wait(&trade_no, twice)
        .await
        .unwrap();

    let mut told = Vec::new();
    for index in 0..callback.count() {
        let notification = callback.verified(&sandbox, index).await.unwrap();
        told.push(notification["bizStatus"].clone());
    }
    assert_eq!(told, [json!(7), json!(7), json!(7), json!("PAY_SUCCESS")]);
}

#[tokio::test]
async fn a_made_up_notification_is_bent_unless_its_body_was_given() {
    let sandbox = sandbox().await;
    let bend = Bend::remove(BendOn::Notification, "/bizStatus");
    sandbox.binance().bend(bend);
    let url = sandbox.leadscalendar().return_url();

    let made_up = json!({"url": url, "bizId": "29383937493038367292", "data": {"a": 1}});
    let (_, signed) = admin(&sandbox, "sign", &made_up).await;
    let body = r#"{"bizStatus":"PAY_SUCCESS"}"#;
    let given = Forgery {
        url: Some(url),
        body: Some(body.to_owned()),
        ..Forgery::default()
    };
    let given = sandbox.binance().notify(given).await.unwrap();

    let expected = r#"{"bizType":"PAY","data":"{\"a\":1}","bizIdStr":"29383937493038367292","bizId":29383937493038367292}"#;
    assert_eq!(signed["body"], expected);
    assert_eq!(given.body, body);
}
