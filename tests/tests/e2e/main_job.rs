//! The main job, from `POST /orders` to the accepted confirmation.

use sandbox::binance::Play;

use crate::signed::{assert_at_rest, assert_confirmed, pay_as};
use crate::world::World;

#[tokio::test]
async fn paid_order_is_confirmed_to_leadscalendar() {
    let world = World::start().await;

    let created = world.create(&world.four_fields()).await;
    assert_eq!(created.status, 201, "{}", created.text);
    let order = created.json();
    assert_eq!(order["status"], "PENDING");
    assert_eq!(order["price"], "1.00");
    assert_eq!(order["totalFee"], "1.00020004");
    assert_eq!(order["currency"], "USDT");
    let order_id = created.text_of("orderId");
    assert_eq!(
        created.header("location"),
        Some(format!("/orders/{order_id}").as_str())
    );
    assert_eq!(created.text_of("merchantTradeNo"), format!("{order_id}01"));

    let trade_no = created.text_of("merchantTradeNo");
    pay_as(&world, &trade_no, Play::default()).await;

    let item = world.item(&order_id);
    assert_eq!(item["status"], "PAID");
    assert_confirmed(&item);
    assert_at_rest(&item);
    let confirmations = world.sandbox.leadscalendar().confirmations();
    assert_eq!(confirmations.len(), 1);
    assert_eq!(confirmations[0].body["type"], "order.paid");
    assert_eq!(
        confirmations[0].objection, None,
        "the third-party library accepts it"
    );
}
