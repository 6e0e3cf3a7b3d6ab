//! `orderExpireTime`: kept, ignored or refused.

use sandbox::{Sandbox, clock};
use serde_json::{Value, json};

use crate::merchant::{Request, admin, order, sandbox, status};

/// The number of an order that shall live so long, and what creating it is answered.
async fn living(sandbox: &Sandbox, secs: i64) -> (String, Value) {
    let mut order = order(None);
    order["orderExpireTime"] = json!(clock::now_ms() + secs * 1000);
    let trade_no = order["merchantTradeNo"].as_str().unwrap().to_owned();
    let answer = Request::new(sandbox, "v3/order", &order).send().await;
    (trade_no, answer)
}

#[tokio::test]
async fn an_order_lives_as_long_as_it_says() {
    let sandbox = sandbox().await;
    let binance = sandbox.binance();
    binance.advance(86_400);

    let (trade_no, answer) = living(&sandbox, 60).await;

    let life_ms = answer["data"]["expireTime"].as_i64().unwrap() - binance.now_ms();
    assert!((55_000..=60_000).contains(&life_ms), "{life_ms}");
    assert_eq!(status(&sandbox, &trade_no).await, "INITIAL");
    binance.advance(60);
    assert_eq!(status(&sandbox, &trade_no).await, "EXPIRED");
}

#[tokio::test]
async fn an_order_lives_for_an_hour_where_its_end_is_ignored() {
    let sandbox = sandbox().await;
    let ignore = json!({"ignoreExpireTime": true});
    assert_eq!(admin(&sandbox, "behaviour", &ignore).await.0, 200);

    let (trade_no, answer) = living(&sandbox, 60).await;

    let order = sandbox.binance().order(&trade_no).unwrap();
    assert_eq!(answer["data"]["expireTime"], order.expire_time);
    assert_eq!(order.expire_time, order.create_time + 3_600_000);
    sandbox.binance().advance(3590);
    assert_eq!(status(&sandbox, &trade_no).await, "INITIAL");
}

#[tokio::test]
async fn an_end_that_is_too_near_is_refused_by_the_code_that_is_set() {
    let sandbox = sandbox().await;
    for code in ["400001", "400100", "400101", "400102"] {
        let refuse = json!({"refuseExpireTime": {"nearerThanSecs": 600, "code": code}});
        let (_, behaviour) = admin(&sandbox, "behaviour", &refuse).await;
        assert_eq!(behaviour["refuseExpireTime"], refuse["refuseExpireTime"]);

        assert_eq!(living(&sandbox, 599).await.1["code"], code);
        assert_eq!(living(&sandbox, 630).await.1["code"], "000000");
    }
    let without = Request::new(&sandbox, "v3/order", &order(None))
        .send()
        .await;
    assert_eq!(without["code"], "000000");
    let (_, behaviour) = admin(
        &sandbox,
        "behaviour",
        &json!({"refuseExpireTime": {"nearerThanSecs": 60}}),
    )
    .await;
    assert_eq!(behaviour["refuseExpireTime"]["code"], "400102");
}
