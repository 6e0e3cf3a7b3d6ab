//! The calls of the merchant API: who gets past the gate, and what is answered.

use serde_json::{Value, json};

use crate::merchant::{Request, admin, create, order, sandbox};

#[tokio::test]
async fn a_good_order_is_answered_in_binances_shape() {
    let sandbox = sandbox().await;
    sandbox
        .binance()
        .behave(|behaviour| behaviour.binance_links = true);
    let (trade_no, data) = create(&sandbox, None).await;

    let order = sandbox.binance().order(&trade_no).unwrap();
    assert_eq!(data["totalFee"], "1.00020004");
    assert_eq!(data["currency"], "USDT");
    assert_eq!(data["fiatAmount"], "1");
    let prepay_id: u64 = data["prepayId"].as_str().unwrap().parse().unwrap();
    assert_eq!(prepay_id, order.prepay_id);
    let secs = order.create_time / 1000 - 1_577_836_800;
    assert_eq!(prepay_id >> 31, u64::try_from(secs).unwrap());
    assert_eq!(data["expireTime"], order.create_time + 3_600_000);
    let token = data["checkoutUrl"]
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap();
    assert!(
        data["universalUrl"]
            .as_str()
            .unwrap()
            .contains(&format!("linkToken={token}&_dp="))
    );
    assert!(!data["universalUrl"].as_str().unwrap().ends_with('='));
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table, a row for each mistake")]
async fn every_mistake_at_the_gate_is_refused_by_its_own_code() {
    let sandbox = sandbox().await;
    let request = || Request::new(&sandbox, "v3/order", &order(None));
    let late = (sandbox::clock::now_ms() - 1500).to_string();
    let stranger = "a".repeat(64);
    let lower = {
        let mut lower = request();
        lower.signature = Some(lower.sign().to_lowercase());
        lower
    };
    let seconds = late[..10].to_owned();
    for (spoilt, code) in [
        (
            Request {
                key: "short".to_owned(),
                ..request()
            },
            "400005",
        ),
        (
            Request {
                key: stranger,
                ..request()
            },
            "400004",
        ),
        (
            Request {
                timestamp: late,
                ..request()
            },
            "400003",
        ),
        (
            Request {
                timestamp: seconds,
                ..request()
            },
            "400003",
        ),
        (
            Request {
                nonce: "0".repeat(31),
                ..request()
            },
            "400001",
        ),
        (
            Request {
                nonce: "-".repeat(32),
                ..request()
            },
            "400001",
        ),
        (
            Request {
                secret: "wrong".to_owned(),
                ..request()
            },
            "400002",
        ),
        (lower, "400002"),
        (
            Request {
                content_type: None,
                ..request()
            },
            "100001001",
        ),
        (
            Request {
                content_type: Some("text/plain"),
                ..request()
            },
            "400007",
        ),
        (
            Request {
                body: String::new(),
                ..request()
            },
            "100001001",
        ),
        (
            Request {
                body: "[]".to_owned(),
                ..request()
            },
            "400008",
        ),
        (
            Request {
                body: "{".to_owned(),
                ..request()
            },
            "400008",
        ),
    ] {
        let answer = spoilt.send().await;
        assert_eq!(answer["code"], code, "{answer}");
    }
    assert!(sandbox.binance().orders().is_empty());
    assert!(
        sandbox
            .binance()
            .calls()
            .iter()
            .all(|call| call.verdict == "turned away")
    );
}

#[tokio::test]
async fn a_nonce_and_a_trade_number_are_good_for_once() {
    let sandbox = sandbox().await;
    let order = order(None);
    let nonce = "n".repeat(32);

    let first = Request {
        nonce: nonce.clone(),
        ..Request::new(&sandbox, "v3/order", &order)
    };
    assert_eq!(first.send().await["code"], "000000");
    let same_nonce = Request {
        nonce,
        ..Request::new(&sandbox, "certificates", &json!({}))
    };
    assert_eq!(same_nonce.send().await["code"], "400001");
    let same_number = Request::new(&sandbox, "v3/order", &order).send().await;

    let expected = json!({"status": "FAIL", "code": "400201", "errorMessage": "merchantTradeNo is invalid or duplicated"});
    assert_eq!(same_number, expected);
}

#[tokio::test]
async fn a_query_tells_small_amounts_in_scientific_notation() {
    let sandbox = sandbox().await;
    let mut small = order(None);
    for (name, value) in [("fiatAmount", Value::Null), ("fiatCurrency", Value::Null)] {
        small[name] = value;
    }
    small["currency"] = json!("USDT");
    small["orderAmount"] = json!("0.00000001");
    assert_eq!(
        Request::new(&sandbox, "v3/order", &small).send().await["code"],
        "000000"
    );
    let trade_no = small["merchantTradeNo"].as_str().unwrap();
    let query = json!({"merchantTradeNo": trade_no});

    let unpaid = Request::new(&sandbox, "v2/order/query", &query)
        .send()
        .await;
    sandbox
        .binance()
        .pay(trade_no, sandbox::binance::Play::default())
        .unwrap();
    let paid = Request::new(&sandbox, "v2/order/query", &query)
        .send()
        .await;
    let unknown = Request::new(
        &sandbox,
        "v2/order/query",
        &json!({"merchantTradeNo": "none"}),
    )
    .send()
    .await;

    assert_eq!(unpaid["data"]["status"], "INITIAL");
    assert_eq!(unpaid["data"]["orderAmount"], "1E-8");
    assert_eq!(unpaid["data"].get("transactionId"), None);
    assert_eq!(paid["data"]["status"], "PAID");
    assert_eq!(paid["data"]["paymentInfo"]["payerId"], "741232235");
    assert_eq!(
        paid["data"]["paymentInfo"]["paymentInstructions"][0]["amount"],
        "0.000000010"
    );
    assert_eq!(
        unknown,
        json!({"status": "FAIL", "code": "400202", "errorMessage": "Order not found."})
    );
}

#[tokio::test]
async fn an_order_expires_when_the_simulators_time_has_come() {
    let sandbox = sandbox().await;
    let (trade_no, _) = create(&sandbox, None).await;

    sandbox.binance().advance(3599);
    assert_eq!(
        sandbox.binance().order(&trade_no).unwrap().status,
        sandbox::binance::Status::Initial
    );
    sandbox.binance().advance(1);

    assert_eq!(
        sandbox.binance().order(&trade_no).unwrap().status,
        sandbox::binance::Status::Expired
    );
    let closing = Request::new(
        &sandbox,
        "order/close",
        &json!({"merchantTradeNo": trade_no}),
    )
    .send()
    .await;
    assert_eq!(closing["code"], "400204");
}

#[tokio::test]
async fn time_is_moved_by_seconds_or_by_a_length_with_its_unit() {
    let sandbox = sandbox().await;

    let (status, _) = admin(&sandbox, "advance", &json!({"seconds": 60})).await;
    assert_eq!(status, 200);
    let (_, moved) = admin(&sandbox, "advance", &json!({"by": "1h"})).await;
    assert_eq!(moved["offsetMs"], 3_660_000);

    for (wrong, rule) in [
        (json!({"by": "1 hour"}), "as in 90s or 1h"),
        (json!({"hours": 1}), "expected `seconds` or `by`"),
        (json!({"by": "1h", "seconds": 1}), "say either"),
        (json!({}), "say either"),
    ] {
        let (status, answer) = admin(&sandbox, "advance", &wrong).await;
        assert_eq!(status, 400, "{answer}");
        assert!(answer["error"].as_str().unwrap().contains(rule), "{answer}");
    }
}

#[tokio::test]
async fn a_wrong_path_meets_the_front() {
    let sandbox = sandbox().await;

    let response = Request::new(&sandbox, "v4/order", &order(None))
        .try_send()
        .await
        .unwrap();

    assert_eq!(response.status(), 403);
    assert!(
        response
            .text()
            .await
            .unwrap()
            .contains("The request could not be satisfied")
    );
}
