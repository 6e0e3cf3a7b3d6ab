//! Notifications that are accepted, in every shape that Binance gives them.

use lambda_http::http::Method;
use sandbox::binance::{Bend, BendOn, Forgery};
use serde_json::{Map, Value, json};

use crate::signed::{
    Opened, SUCCESS, about, assert_acknowledged, assert_at_rest, binance_calls, cancel, deliver,
    history, open, pay, pay_silently, signed, signed_body, store_calls, telling, told,
};
use crate::world::World;

#[tokio::test]
async fn payment_is_recorded_and_acknowledged_with_exactly_success() {
    let world = World::start().await;
    let order = open(&world).await;
    pay_silently(&world, &order);
    let notification = signed(&world, about(&order)).await;

    let answer = deliver(&world, &notification).await;

    assert_acknowledged(&answer);
    let item = world.item(&order.id);
    let payment = world.sandbox.binance().order(&order.trade_no).unwrap();
    let payment = payment.payment.unwrap();
    assert_eq!(history(&item), ["CREATED", "PENDING", "PAID"]);
    assert_eq!(item["history"][2]["cause"], "PAY PAY_SUCCESS");
    assert_eq!(
        item["attempts"][0]["payment"],
        json!({
            "prepayId": order.prepay_id,
            "transactionId": payment.transaction_id,
            "amount": "1.00020004",
            "currency": "USDT",
            "paidAtMs": payment.transact_time,
            "commission": "0",
        })
    );
    assert_eq!(
        (&item["paidAttempt"], &item["late"]),
        (&json!(1), &json!(false))
    );
    let expected = [telling(&order.id, 1, "order.paid", "PAID")];
    assert_eq!(told(&world), expected);
}

#[tokio::test]
async fn closed_checkout_cancels_the_order() {
    let world = World::start().await;
    let order = open(&world).await;

    cancel(&world, &order.trade_no).await;

    let delivery = world.sandbox.binance().deliveries().pop().unwrap();
    assert_eq!(delivery.answer.as_deref(), Some(SUCCESS));
    let item = world.item(&order.id);
    assert_eq!(history(&item), ["CREATED", "PENDING", "CANCELED"]);
    assert_eq!(item["history"][2]["cause"], "PAY PAY_CLOSED");
    assert_at_rest(&item);
    let expected = [telling(&order.id, 1, "order.canceled", "CANCELED")];
    assert_eq!(told(&world), expected);
}

#[tokio::test]
async fn header_names_are_found_without_regard_to_case() {
    let title = |name: &str| name.replace("BinancePay", "Binancepay").replace("SN", "Sn");
    let spellings: [fn(&str) -> String; 3] = [str::to_owned, str::to_lowercase, title];
    let world = World::start().await;
    for spelling in spellings {
        let order = open(&world).await;
        pay_silently(&world, &order);
        let notification = signed(&world, about(&order)).await;
        let headers: Map<String, Value> = notification
            .headers
            .into_iter()
            .map(|(name, value)| (spelling(&name), value.into()))
            .collect();

        // API Gateway's event itself: over HTTP the names would lose their case on the way.
        let uri = "/binance-callback".parse().unwrap();
        let body = notification.body.as_bytes();
        let event = world.functions.event(&Method::POST, &uri, headers, body);
        let answer = world.functions.invoke(event).await;

        assert_eq!(
            answer.status(),
            200,
            "{}",
            spelling("BinancePay-Certificate-SN")
        );
        assert_eq!(answer.body().as_ref(), SUCCESS.as_bytes());
        assert_eq!(world.item(&order.id)["status"], "PAID");
    }
}

#[tokio::test]
async fn title_case_headers_of_an_http_client_are_accepted() {
    let world = World::start().await;
    world
        .sandbox
        .binance()
        .behave(|behaviour| behaviour.title_case = true);
    let order = open(&world).await;

    pay(&world, &order).await;

    assert_eq!(world.item(&order.id)["status"], "PAID");
}

#[tokio::test]
async fn base64_body_is_decoded_before_it_is_verified() {
    let world = World::start().await;
    let order = open(&world).await;
    let base64 = &world.functions.base64;
    base64.store(true, std::sync::atomic::Ordering::Relaxed);

    pay(&world, &order).await;

    assert_eq!(world.item(&order.id)["status"], "PAID");
}

#[tokio::test]
async fn old_notification_without_biz_id_str_is_accepted() {
    let world = World::start().await;
    world
        .sandbox
        .binance()
        .behave(|behaviour| behaviour.biz_id_str = false);
    let order = open(&world).await;

    pay(&world, &order).await;

    let delivery = world.sandbox.binance().deliveries().pop().unwrap();
    assert!(!delivery.body.contains("bizIdStr"), "{}", delivery.body);
    assert_eq!(world.item(&order.id)["status"], "PAID");
}

#[tokio::test]
async fn biz_id_beyond_64_bits_is_read_digit_for_digit() {
    let world = World::start().await;
    for biz_id_str in [true, false] {
        world
            .sandbox
            .binance()
            .behave(|behaviour| behaviour.biz_id_str = biz_id_str);
        let id = "29383937493038367292";
        let bend = Bend::set(BendOn::Create, "/data/prepayId", &format!("\"{id}\""));
        world.sandbox.binance().bend(bend.once());
        let order = open(&world).await;
        let forgery = Forgery {
            biz_id: Some(id.to_owned()),
            ..about(&order)
        };
        let notification = signed(&world, forgery).await;

        assert_acknowledged(&deliver(&world, &notification).await);

        let shown = world.shown(&order.id).await;
        assert_eq!(
            (&shown["status"], &shown["prepayId"]),
            (&json!("PAID"), &json!(id))
        );
        assert_eq!(binance_calls(&world, "/order/query"), 0);
    }
}

/// A payment's notification with the total written in another way.
async fn with_total(world: &World, order: &Opened, total: &str) -> crate::signed::Signed {
    let plain = signed(world, about(order)).await.body;
    let body = plain.replace(
        r#"\"totalFee\":1.00020004"#,
        &format!(r#"\"totalFee\":{total}"#),
    );
    signed_body(world, body).await
}

#[tokio::test]
async fn total_is_compared_by_value_in_every_notation() {
    let world = World::start().await;
    for total in [
        "1.00020004",
        "1.000200040000",
        "1.00020004E0",
        "100020004E-8",
        "1.00020004e+0",
        "0.100020004E1",
        r#"\"1.00020004\""#,
    ] {
        let order = open(&world).await;
        let notification = with_total(&world, &order, total).await;
        assert!(notification.body.contains(total), "{}", notification.body);

        assert_acknowledged(&deliver(&world, &notification).await);

        assert_eq!(world.item(&order.id)["status"], "PAID", "{total}");
    }
}

#[tokio::test]
async fn amount_that_a_float_would_round_is_not_taken_for_the_total() {
    let world = World::start().await;
    for total in ["1.000200040000000001", "1.0002000399999999999"] {
        let order = open(&world).await;
        let notification = with_total(&world, &order, total).await;
        let before = world.shown(&order.id).await;
        let asked = binance_calls(&world, "/order/query");

        assert_acknowledged(&deliver(&world, &notification).await);

        assert_eq!(world.shown(&order.id).await, before, "{total}");
        assert_eq!(binance_calls(&world, "/order/query"), asked + 1);
    }
}

#[tokio::test]
async fn notification_of_nothing_of_ours_is_acknowledged_and_writes_nothing() {
    let world = World::start().await;
    let order = open(&world).await;
    let (before, puts) = (world.items(), store_calls(&world, "PutItem"));
    let body = |kind: &str, status: &str, data: &Value| {
        json!({"bizType": kind, "data": data, "bizIdStr": "1", "bizId": 1, "bizStatus": status})
            .to_string()
    };
    let paid = |trade_no: &str| {
        let data = json!({
            "merchantTradeNo": trade_no,
            "transactTime": 1,
            "totalFee": 1.5,
            "currency": "USDT",
        });
        body("PAY", "PAY_SUCCESS", &Value::from(data.to_string()))
    };
    let ours = Value::from(json!({"merchantTradeNo": order.trade_no}).to_string());
    let never_possible = format!("{}00", order.id);
    for body in [
        body("PAYOUT", "SUCCESS", &ours),
        body(
            "MERCHANT_QR_CODE",
            "MERCHANT_QR_CODE_SCANED",
            &json!({"referId": "1"}),
        ),
        body("BALANCE", "BALANCE_SUCCESS", &Value::Null),
        body("PAY_REFUND", "REFUND_REJECTED", &ours),
        paid("9825382937292"),
        paid(&order.id),
        paid(&never_possible),
    ] {
        let notification = signed_body(&world, &body).await;

        let answer = deliver(&world, &notification).await;

        assert_eq!(
            (answer.status, answer.text.as_str()),
            (200, SUCCESS),
            "{body}"
        );
    }
    assert_eq!(world.items(), before);
    assert_eq!(store_calls(&world, "PutItem"), puts);
    assert_eq!(told(&world), []);
}
