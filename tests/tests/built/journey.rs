//! What becomes of an order after its checkout: it is found, closed, given back; by every route of the API.

use sandbox::binance::Play;
use serde_json::json;

use crate::world::{Answer, World, play};

async fn post(world: &World, path: &str, key: &str, body: &'static str) -> Answer {
    let headers = [
        ("x-mbx-apikey", key),
        ("content-type", "application/json"),
        ("idempotency-key", "refund-1"),
    ];
    world.send("POST", path, &headers, body).await
}

#[test]
fn order_is_found_by_its_reference_and_closed() {
    play(async |world: &World| {
        let mut asked = world.four_fields();
        asked["reference"] = json!("built journey");
        asked["expiresIn"] = json!(600);
        let created = world.create(&asked, &[]).await.json();
        let order_id = created["orderId"].as_str().unwrap();
        let key = world.sandbox.app_api_key();

        let path = "/orders?reference=built+journey";
        let found = world.send("GET", path, &[("x-mbx-apikey", key)], "").await;
        assert_eq!(found.json()["orders"][0]["orderId"], order_id);
        let closed = post(world, &format!("/orders/{order_id}/close"), key, "").await;
        assert_eq!(closed.json()["status"], "CANCELED", "{}", closed.text);
    });
}

#[test]
fn money_is_given_back_by_the_key_for_refunds_alone() {
    play(async |world: &World| {
        let (order_id, trade_no) = world.open().await;
        let binance = world.sandbox.binance();
        binance
            .pay_and_wait(&trade_no, Play::default())
            .await
            .unwrap();
        let path = format!("/orders/{order_id}/refunds");

        let refused = post(world, &path, world.sandbox.app_api_key(), "{}").await;
        assert_eq!(refused.json()["code"], "REFUND_NOT_ALLOWED");
        let refunded = post(world, &path, world.sandbox.refund_api_key(), "{}").await;
        assert_eq!(refunded.status, 201, "{}", refunded.text);
        assert_eq!(world.item(&order_id)["status"], "REFUNDED");
    });
}
