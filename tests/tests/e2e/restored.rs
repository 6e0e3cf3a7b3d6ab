//! A table that was restored from a backup, or lost: what Binance has from before belongs to no order of today.

use std::time::Duration;

use sandbox::binance::{Fault, On, Play};
use serde_json::json;

use crate::idempotency::{assert_first, create};
use crate::log::Log;
use crate::reconcile::MINUTE;
use crate::signed::{binance_calls, history, open, pay, telling, told};
use crate::table;
use crate::world::World;

#[tokio::test]
async fn payment_made_before_the_order_existed_does_not_pay_it() {
    let world = World::start().await;
    let first = create(&world, "k", &world.four_fields()).await;
    assert_first(&first);
    let (id, number) = (first.text_of("orderId"), first.text_of("merchantTradeNo"));
    let binance = world.sandbox.binance();
    binance.pay(&number, Play::in_silence()).unwrap();
    table::delete(&world, &id).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    // The same key, another price, and Binance does not answer properly.
    let mut dearer = world.four_fields();
    dearer["price"] = json!("500.00");
    binance.fault(On::Create, 3, Fault::Http500);
    assert_eq!(create(&world, "k", &dearer).await.status, 500);

    let log = Log::start();
    world.reconcile_after(6 * MINUTE).await;

    let item = world.item(&id);
    assert_eq!(history(&item), ["CREATED", "FAILED"]);
    for attempt in item["attempts"].as_array().unwrap() {
        assert_eq!((attempt.get("payment"), attempt.get("terms")), (None, None));
    }
    assert_eq!(told(&world), [telling(&id, 1, "order.failed", "FAILED")]);
    let lines = log.lines();
    let alarms: Vec<_> = lines
        .iter()
        .filter(|line| line["level"] == "ERROR")
        .map(|line| (&line["alarm"], &line["order.id"]))
        .collect();
    assert_eq!(alarms, [(&json!("order.unknown"), &json!(id))]);
}

#[tokio::test]
async fn revisions_grow_across_a_restore() {
    let world = World::start().await;
    let first = create(&world, "k", &world.four_fields()).await;
    assert_first(&first);
    let id = first.text_of("orderId");
    let backup = table::get(&world, &id).await;
    let number = first.text_of("merchantTradeNo");
    let play = Play::default();
    crate::signed::pay_as(&world, &number, play).await;
    let told_before = world.get(&id, &[]).await.json()["revision"].as_i64();
    table::put(&world, backup).await;
    assert_eq!(world.get(&id, &[]).await.text_of("status"), "PENDING");
    tokio::time::sleep(Duration::from_millis(2_100)).await;

    world.reconcile_after(2 * MINUTE).await;

    let view = world.get(&id, &[]).await.json();
    assert_eq!(view["status"], "PAID");
    assert!(view["revision"].as_i64() > told_before, "{view}");
}

#[tokio::test]
async fn refund_that_the_restored_table_has_forgotten_is_found_by_its_key_and_not_sent_again() {
    let world = World::start().await;
    let order = open(&world).await;
    pay(&world, &order).await;
    let backup = table::get(&world, &order.id).await;
    for (key, body) in [("part", json!({"amount": "0.4"})), ("rest", json!({}))] {
        let given_back = world.refund(&order.id, key, &body).await;
        assert_eq!(given_back.status, 201, "{}", given_back.text);
    }
    table::put(&world, backup).await;
    let sent = binance_calls(&world, "/order/refund");

    for (key, body, amount) in [
        ("rest", json!({}), "0.60020004"),
        ("part", json!({"amount": "0.4"}), "0.4"),
    ] {
        let again = world.refund(&order.id, key, &body).await;
        assert_eq!(again.status, 201, "{}", again.text);
        assert_eq!(
            (again.text_of("status"), again.text_of("amount")),
            ("SUCCEEDED".to_owned(), amount.to_owned())
        );
    }
    assert_eq!(binance_calls(&world, "/order/refund"), sent);
    assert_eq!(world.item(&order.id)["status"], "REFUNDED");
    // What nobody has asked for is not found.
    let other = world.refund(&order.id, "other", &json!({})).await;
    assert_eq!(other.text_of("code"), "AMOUNT_TOO_HIGH");
}
