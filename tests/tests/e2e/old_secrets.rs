//! Secrets that are to be read again: a Secrets Manager that is slow, away or hanging, and a secret that was spoilt, cost
//! nobody anything while the known ones are in use.

use std::time::Duration;

use sandbox::clock;

use crate::log::Log;
use crate::reconcile::MINUTE;
use crate::secrets::{lines, right, right_keys, text};
use crate::secrets_manager::{Content, READ_AT_MS, SecretsManager, Way};
use crate::signed::{open, pay_silently};
use crate::world::World;

/// Lets the functions read their secrets as if it had been five minutes ago.
async fn age(world: &World) {
    for app in [
        &world.functions.create_order.app,
        &world.functions.reconcile_orders.app,
    ] {
        app.secrets.secrets(READ_AT_MS).await.unwrap();
    }
}

#[tokio::test]
async fn old_secrets_are_read_again() {
    let manager = SecretsManager::start().await;
    let world = manager.world().await;
    age(&world).await;
    open(&world).await;
    world.reconcile().await;

    assert_eq!(manager.asked().len(), 4);
}

#[tokio::test]
async fn secrets_manager_that_hangs_or_is_away_costs_a_request_nothing_while_secrets_are_known() {
    for way in [
        Way::Never,
        Way::After(Duration::from_secs(2)),
        Way::Away,
        Way::Fails(500, "InternalServiceError"),
        Way::Fails(400, "ThrottlingException"),
    ] {
        let manager = SecretsManager::start().await;
        let world = manager.world().await;
        age(&world).await;
        manager.answer(way);
        let began_ms = clock::now_ms();

        for _ in 0..3 {
            open(&world).await;
        }

        assert!(clock::now_ms() - began_ms < 2_000, "{way:?}");
        // One that refuses connections hears of no reading.
        let heard = if matches!(way, Way::Away) { 2 } else { 3 };
        assert_eq!(manager.asked().len(), heard, "{way:?}");
    }
}

#[tokio::test]
async fn secrets_that_were_spoilt_are_told_to_the_operator_while_the_known_ones_stay_in_use() {
    let spoilt = Content::Text("hush".to_owned());
    let secrets = vec![text(&right().await), spoilt];
    let manager = SecretsManager::with(secrets, right_keys().await).await;
    let world = manager.world().await;
    let app = &world.functions.create_order.app;
    app.secrets.secrets(READ_AT_MS).await.unwrap();
    let log = Log::start();

    open(&world).await;

    let errors = lines(&log, "ERROR");
    assert_eq!(errors.len(), 1, "{}", log.text());
    assert!(errors[0].contains("the known ones stay in use: SECRETS_ID"));
    assert!(!log.text().contains("hush"), "{}", log.text());
}

#[tokio::test]
async fn secrets_manager_that_hangs_does_not_hold_up_a_run() {
    let manager = SecretsManager::start().await;
    let world = manager.world().await;
    let mut orders = Vec::new();
    for _ in 0..16 {
        orders.push(open(&world).await);
    }
    for order in &orders {
        pay_silently(&world, order);
    }
    world.sandbox.binance().advance(6 * MINUTE);
    // As if they had been read five minutes ago.
    let secrets = &world.functions.reconcile_orders.app.secrets;
    secrets.secrets(READ_AT_MS).await.unwrap();
    manager.answer(Way::Never);
    let asked = manager.asked().len();
    let began_ms = clock::now_ms();

    world.reconcile().await;

    let took_ms = clock::now_ms() - began_ms;
    assert!(took_ms < 5_000, "{took_ms} ms");
    assert_eq!(manager.asked().len(), asked + 1);
    for order in &orders {
        assert_eq!(world.item(&order.id)["status"], "PAID");
    }
}
