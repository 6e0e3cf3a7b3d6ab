//! Orders that end without money: when that was, and whether it is told.

use sandbox::binance::{Forgery, Play, Status};
use serde_json::{Value, json};

use crate::merchant::{Callback, Request, admin, create, inner, sandbox, until};

/// `data` of the `PAY_CLOSED` of an order.
fn closed(trade_no: &str, close_time: i64) -> Value {
    json!({
        "merchantTradeNo": trade_no,
        "productType": "02",
        "productName": "A month",
        "transactTime": close_time,
        "tradeType": "WEB",
        "totalFee": 1.000_200_04,
        "currency": "USDT",
        "commission": 0,
    })
}

#[tokio::test]
async fn pay_closed_tells_the_time_of_closing() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    let binance = sandbox.binance();
    binance.behave(|behaviour| behaviour.closed_on_expiry = true);
    for (index, way) in ["close", "cancel", "expire", "advance"]
        .into_iter()
        .enumerate()
    {
        let (trade_no, _) = create(&sandbox, Some(&callback.url())).await;
        let before_ms = binance.now_ms();
        match way {
            "close" => {
                let asked = json!({"merchantTradeNo": trade_no});
                let answer = Request::new(&sandbox, "order/close", &asked).send().await;
                let accepted = json!({"status": "SUCCESS", "code": "000000", "data": true});
                assert_eq!(answer, accepted);
            }
            "advance" => binance.advance(7200),
            event => {
                let path = format!("orders/{trade_no}/{event}");
                assert_eq!(admin(&sandbox, &path, &json!({})).await.0, 200);
            }
        }
        until(|| callback.count() == index + 1).await;

        let order = binance.order(&trade_no).unwrap();
        let close_time = order.close_time.unwrap();
        let earliest = if way == "advance" {
            order.create_time + 3_600_000
        } else {
            before_ms
        };
        assert!(
            (earliest..=binance.now_ms()).contains(&close_time),
            "{way}: {order:?}"
        );
        let notification = callback.verified(&sandbox, index).await.unwrap();
        assert_eq!(inner(&notification), closed(&trade_no, close_time), "{way}");
    }
}

#[tokio::test]
async fn a_made_up_payment_of_an_unpaid_order_is_not_in_the_future() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    let (trade_no, _) = create(&sandbox, Some(&callback.url())).await;

    let forgery = Forgery {
        merchant_trade_no: Some(trade_no.clone()),
        ..Forgery::default()
    };
    sandbox.binance().notify(forgery).await.unwrap();

    let told = inner(&callback.verified(&sandbox, 0).await.unwrap());
    let created = sandbox.binance().order(&trade_no).unwrap().create_time;
    let time = told["transactTime"].as_i64().unwrap();
    assert!((created..=sandbox.binance().now_ms()).contains(&time));
}

#[tokio::test]
async fn pay_closed_can_be_switched_off() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    let switched_off = json!({"closedNotices": false, "closedOnExpiry": true});
    assert_eq!(admin(&sandbox, "behaviour", &switched_off).await.0, 200);
    let (canceled, _) = create(&sandbox, Some(&callback.url())).await;
    let (expired, _) = create(&sandbox, Some(&callback.url())).await;
    let (paid, _) = create(&sandbox, Some(&callback.url())).await;

    let binance = sandbox.binance();
    binance.cancel(&canceled, Play::default()).unwrap();
    binance.expire(&expired).unwrap();
    binance.pay_and_wait(&paid, Play::default()).await.unwrap();

    let told: Vec<_> = binance
        .deliveries()
        .into_iter()
        .map(|delivery| delivery.biz_status)
        .collect();
    assert_eq!(told, ["PAY_SUCCESS"]);
    assert_eq!(binance.order(&canceled).unwrap().status, Status::Canceled);
    assert_eq!(binance.order(&expired).unwrap().status, Status::Expired);
}
