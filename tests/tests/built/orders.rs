//! What is refused, and how it is said; and an order looked at again.

use sandbox::binance::{Forgery, Play, Signature};
use serde_json::{Value, json};

use crate::world::{Answer, World, play};

/// The members that a caller reads.
fn problem(answer: &Answer) -> Value {
    let json = answer.json();
    assert_eq!(json["msg"], json["detail"]);
    let type_ = answer.header("content-type");
    assert_eq!(type_, Some("application/problem+json"));
    json!([
        answer.status,
        json["code"],
        json["source"],
        json["recommendation"].is_string()
    ])
}

#[test]
fn wrong_key_is_refused_with_401() {
    play(async |world: &World| {
        let body = world.four_fields().to_string();
        let headers = [
            ("x-mbx-apikey", "guessed"),
            ("content-type", "application/json"),
        ];
        let answer = world.send("POST", "/orders", &headers, body).await;
        let expected = json!([401, "INVALID_API_KEY", "gateway", true]);
        assert_eq!(problem(&answer), expected);
    });
}

#[test]
fn missing_price_is_refused_with_400_by_name() {
    play(async |world: &World| {
        let mut body = world.four_fields();
        body.as_object_mut().unwrap().remove("price");
        let answer = world.create(&body, &[]).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
        assert_eq!(answer.json()["errors"][0]["pointer"], "/price");
        assert_eq!(problem(&answer)[3], true);
    });
}

#[test]
fn wrong_method_is_refused_with_405() {
    play(async |world: &World| {
        for (method, path, allowed) in [
            ("DELETE", "/orders", Some("GET, POST")),
            (
                "POST",
                "/orders/000000000000000000000000000000",
                Some("GET, HEAD"),
            ),
            ("GET", "/binance-callback", Some("POST")),
        ] {
            let key = [("x-mbx-apikey", world.sandbox.app_api_key())];
            let answer = world.send(method, path, &key, "").await;
            assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text);
            assert_eq!(answer.header("allow"), allowed, "{method} {path}");
        }
    });
}

#[test]
fn order_is_seen_by_its_id_and_by_nobody_without_a_key() {
    play(async |world: &World| {
        let (order_id, trade_no) = world.open().await;

        let seen = world.get(&order_id).await;
        assert_eq!(seen.status, 200, "{}", seen.text);
        assert_eq!(seen.json()["merchantTradeNo"], trade_no);
        assert_eq!(seen.json()["history"].as_array().unwrap().len(), 2);

        let path = format!("/orders/{order_id}");
        let unseen = world.send("GET", &path, &[], "").await;
        assert_eq!(problem(&unseen)[0], 401);
        let unknown = world.get("000000000000000000000000000000").await;
        let expected = json!([404, "ORDER_NOT_FOUND", "gateway", true]);
        assert_eq!(problem(&unknown), expected);
    });
}

#[test]
fn forged_notification_is_refused_with_401_and_changes_nothing() {
    play(async |world: &World| {
        let (order_id, trade_no) = world.open().await;
        let binance = world.sandbox.binance();
        let silently = Play::in_silence();
        binance.pay(&trade_no, silently).unwrap();
        let before = world.item(&order_id);
        for signature in [
            Signature::Forged,
            Signature::Altered,
            Signature::UnknownSerial,
        ] {
            let forgery = Forgery {
                merchant_trade_no: Some(trade_no.clone()),
                signature,
                ..Forgery::default()
            };
            let delivery = binance.notify(forgery).await.unwrap();
            assert_eq!(delivery.http_status, Some(401), "{signature:?}");
        }
        assert_eq!(world.item(&order_id), before);
    });
}
