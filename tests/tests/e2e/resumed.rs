//! An order that failed and is resumed under its key: what was told of the failure is older than what is answered now.

use std::time::Duration;

use sandbox::binance::{Fault, On};
use sandbox::leadscalendar::Mode;

use crate::idempotency::{assert_first, create};
use crate::reconcile::{MINUTE, summary};
use crate::signed::{history, telling, told};
use crate::world::World;

/// An order without a checkout, of which LeadsCalendar has not accepted that it failed.
async fn failed_and_untold() -> World {
    let world = World::start().await;
    world.sandbox.binance().fault(On::Create, 3, Fault::Http500);
    let failed = create(&world, "k", &world.four_fields()).await;
    assert_eq!(failed.status, 500, "{}", failed.text);
    world.sandbox.leadscalendar().mode(Mode::Down, Some(1));
    assert_eq!(world.reconcile_after(6 * MINUTE).await, summary(1, 1, 0, 1));
    assert_eq!(history(&world.items()[0]), ["CREATED", "FAILED"]);
    world
}

#[tokio::test]
async fn failure_told_while_the_order_is_resumed_is_seen_to_be_the_older() {
    let world = failed_and_untold().await;
    let slow = Mode::Slow { ms: 900 };
    world.sandbox.leadscalendar().mode(slow, Some(1));
    world.sandbox.binance().advance(2 * MINUTE);

    let (_, created) = tokio::join!(world.reconcile(), async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        create(&world, "k", &world.four_fields()).await
    });

    assert_first(&created);
    let view = created.json();
    let id = created.text_of("orderId");
    let failure = telling(&id, 1, "order.failed", "FAILED");
    assert_eq!(told(&world), [failure.clone(), failure]);
    for one in world.sandbox.leadscalendar().confirmations() {
        let told = &one.body["data"]["revision"];
        assert!(view["revision"].as_i64() > told.as_i64(), "{view} {told}");
    }
    assert_eq!(
        history(&world.item(&id)),
        ["CREATED", "FAILED", "CREATED", "PENDING"]
    );
}

#[tokio::test]
async fn failure_that_is_no_longer_true_is_told_to_nobody() {
    let world = failed_and_untold().await;
    let before = told(&world).len();

    let created = create(&world, "k", &world.four_fields()).await;

    assert_first(&created);
    let item = world.item(&created.text_of("orderId"));
    let confirmation = &item["confirmation"];
    assert_eq!(confirmation["revision"], confirmation["confirmedRevision"]);
    assert_eq!(confirmation.get("nextAttemptAtMs"), None);
    world.reconcile_after(10 * MINUTE).await;
    assert_eq!(told(&world).len(), before);
}

#[tokio::test]
async fn checkout_that_failed_at_binance_is_closed_before_the_next_is_opened() {
    let world = World::start().await;
    let id = create(&world, "k", &world.four_fields())
        .await
        .text_of("orderId");
    let [failed, next] = [1, 2].map(|attempt| format!("{id}0{attempt}"));
    world.sandbox.binance().fail(&failed).unwrap();
    world.reconcile_after(5 * MINUTE).await;
    assert_eq!(history(&world.item(&id)), ["CREATED", "PENDING", "FAILED"]);
    let before = world.sandbox.binance().calls().len();

    assert_first(&create(&world, "k", &world.four_fields()).await);

    let calls = world.sandbox.binance().calls().split_off(before);
    let calls: Vec<_> = calls
        .iter()
        .map(|call| (call.path.rsplit('/').next(), call.trade_no.as_ref()))
        .collect();
    let expected = [(Some("close"), Some(&failed)), (Some("order"), Some(&next))];
    assert_eq!(calls, expected);
}
