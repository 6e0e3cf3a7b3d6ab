//! Time that is moved in the sandbox is moved for every function, and for orders that are made afterwards.

use std::sync::Arc;
use std::time::Duration;

use sandbox::gateway::{self, Play};
use sandbox::{clock, web};
use serde_json::Value;

use crate::reconcile::{HOUR, MINUTE};
use crate::secrets_manager::SecretsManager;
use crate::signed::{assert_confirmed, open, opened, pay, told};
use crate::world::World;

const DAY: u32 = 24 * HOUR;

/// How far a moment of an order is from `expected_ms`, in milliseconds.
fn off_ms(order: &Value, name: &str, expected_ms: i64) -> i64 {
    let at: jiff::Timestamp = order[name].as_str().unwrap().parse().unwrap();
    (at.as_millisecond() - expected_ms).abs()
}

#[tokio::test]
async fn order_that_is_made_after_time_was_moved_by_a_month_is_paid_and_confirmed() {
    let world = World::start().await;
    let binance = world.sandbox.binance();
    binance.advance(30 * DAY);

    let created = world.create(&world.four_fields()).await;

    assert_eq!(created.status, 201, "{}", created.text);
    let (order, now_ms) = (created.json(), binance.now_ms());
    assert_eq!(order["status"], "PENDING");
    assert!(off_ms(&order, "createdAt", now_ms) < 5_000, "{order}");
    let end_ms = now_ms + 3_600_000;
    assert!(off_ms(&order, "expiresAt", end_ms) < 5_000, "{order}");

    // It is not overdue.
    let ran = world.reconcile().await;
    assert_eq!(ran["asked"], 0, "{ran}");

    let order = opened(&created);
    pay(&world, &order).await;

    assert_confirmed(&world.item(&order.id));
    let shown = world.shown(&order.id).await;
    assert_eq!(shown["status"], "PAID");
    assert_eq!(shown["late"], false);
    // The stand-in verifies with `standardwebhooks`, which refuses a time that is five minutes off.
    let expected = ("order.paid", "PAID");
    let told = told(&world);
    let (_, kind, status) = told.last().unwrap();
    assert_eq!((kind.as_str(), status.as_str()), expected);
}

#[tokio::test]
async fn slot_that_is_held_for_a_minute_after_time_was_moved_ends_a_minute_later() {
    let world = World::start().await;
    let binance = world.sandbox.binance();
    binance.advance(30 * DAY);
    let mut asked = world.four_fields();
    asked["expiresIn"] = 120.into();

    let created = world.create(&asked).await;

    let end_ms = binance.now_ms() + 120_000;
    assert!(off_ms(&created.json(), "expiresAt", end_ms) < 5_000);
    let trade_no = created.text_of("merchantTradeNo");
    let at_binance_ms = binance.order(&trade_no).unwrap().expire_time;
    assert!((at_binance_ms - end_ms).abs() < 5_000, "{at_binance_ms}");
    world.reconcile_after(4 * MINUTE).await;
    let shown = world.shown(&created.text_of("orderId")).await;
    assert_eq!(shown["status"], "EXPIRED");
}

#[tokio::test]
async fn close_and_refund_happen_at_the_moved_time() {
    let world = World::start().await;
    let binance = world.sandbox.binance();
    let (closed, paid) = (open(&world).await, open(&world).await);
    pay(&world, &paid).await;
    binance.advance(HOUR / 2);

    world.close(&closed.id).await;
    let refund = world.refund(&paid.id, "k", &serde_json::json!({})).await;

    assert_eq!(refund.status, 201, "{}", refund.text);
    for order in [&closed, &paid] {
        let shown = world.shown(&order.id).await;
        let last = shown["history"].as_array().unwrap().last().unwrap().clone();
        assert!(off_ms(&last, "at", binance.now_ms()) < 5_000, "{last}");
    }
}

#[tokio::test]
async fn time_of_the_gateway_that_is_far_ahead_counts_for_nothing_without_the_local_switch() {
    let manager = SecretsManager::start().await;
    let world = World::start().await;
    let mut settings = world.sandbox.settings("");
    settings.extend(manager.settings_abroad("app.example.com"));
    let mut asked = world.four_fields();
    asked["callbackUrl"] = "https://app.example.com/paid".into();
    for (ahead_ms, counts_ms) in [(240_000, 240_000), (-240_000, 0), (30 * 86_400_000, 0)] {
        let before = world.items().len();
        let listener = web::listen(0, "none").await.unwrap();
        let play = Play {
            clock: Arc::new(move || clock::now_ms() + ahead_ms),
            ..Play::default()
        };
        let gateway = gateway::start_in_process(&settings, listener, play).unwrap();

        // Nobody can reach Binance, but before that the order is recorded.
        let expected_ms = clock::now_ms() + counts_ms;
        let answer = web::client(Duration::from_secs(20), false)
            .post(format!("{}/orders", gateway.url()))
            .header("x-mbx-apikey", world.sandbox.app_api_key())
            .json(&asked)
            .send()
            .await
            .unwrap();

        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, 500, "{text}");
        assert!(text.contains("BINANCE_UNAVAILABLE"), "{text}");
        let items = world.items();
        assert_eq!(items.len(), before + 1);
        let created_at_ms = items.iter().filter_map(|item| item["createdAtMs"].as_i64());
        let off_ms = created_at_ms.map(|at_ms| (at_ms - expected_ms).abs()).min();
        assert!(off_ms < Some(10_000), "{ahead_ms}: {items:?}");
    }
}
