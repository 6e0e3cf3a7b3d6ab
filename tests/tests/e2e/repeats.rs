//! Confirmations that LeadsCalendar did not accept, over days.

use sandbox::binance::Play;
use sandbox::leadscalendar::Mode;
use serde_json::{Value, json};

use crate::reconcile::{HOUR, MINUTE, granted, summary};
use crate::signed::pay_as;
use crate::world::World;

#[tokio::test]
async fn confirmation_that_was_not_accepted_is_repeated_on_schedule_under_one_id() {
    let world = World::start().await;
    let (order_id, trade_no) = world.pending().await;
    world.sandbox.leadscalendar().mode(Mode::Down, Some(9));
    pay_as(&world, &trade_no, Play::default()).await;
    assert_eq!(
        world.item(&order_id)["confirmation"]["lastError"],
        "HTTP status 503"
    );

    // After a day Binance is asked as well: the money may have gone back by hand.
    for (seconds, asked) in [
        (2 * MINUTE, 0),
        (7 * MINUTE, 0),
        (37 * MINUTE, 0),
        (3 * HOUR, 0),
        (6 * HOUR, 0),
        (12 * HOUR, 0),
        (17 * HOUR, 1),
        (24 * HOUR, 0),
    ] {
        assert_eq!(
            world.reconcile_after(seconds).await,
            summary(asked, 0, 0, 1),
            "{seconds} s"
        );
    }
    assert_eq!(world.reconcile_after(29 * HOUR).await, summary(0, 0, 1, 0));

    let confirmations = world.sandbox.leadscalendar().confirmations();
    assert_eq!(confirmations.len(), 10);
    let ids: std::collections::BTreeSet<_> = confirmations
        .iter()
        .map(|one| one.webhook_id.clone())
        .collect();
    let confirmation = &world.item(&order_id)["confirmation"];
    let revision = &confirmation["revision"];
    assert_eq!(
        ids.into_iter().collect::<Vec<_>>(),
        [Some(format!("{order_id}_{revision}"))]
    );
    assert_eq!(confirmation["confirmedRevision"], *revision);
    assert_eq!(confirmation.get("nextAttemptAtMs"), None);
}

#[tokio::test]
async fn exhausted_confirmation_is_repeated_daily_and_an_operator_can_have_it_repeated_now() {
    let world = World::start().await;
    let (order_id, trade_no) = world.pending().await;
    world.sandbox.leadscalendar().mode(Mode::Down, None);
    pay_as(&world, &trade_no, Play::default()).await;
    // On the second and on the eighth day Binance is asked as well.
    for asked in [1, 0, 0, 0, 0, 1, 0, 0, 0] {
        assert_eq!(
            world.reconcile_after(29 * HOUR).await,
            summary(asked, 0, 0, 1)
        );
    }
    let untold = |item: &Value| {
        let confirmation = &item["confirmation"];
        let attempts = confirmation["attempts"].clone();
        (item["untoldState"].clone(), attempts)
    };
    let exhausted = (json!("exhausted"), json!(10));
    assert_eq!(untold(&world.item(&order_id)), exhausted);
    assert_eq!(world.reconcile_after(29 * HOUR).await, summary(0, 0, 0, 1));
    let exhausted = (json!("exhausted"), json!(11));
    assert_eq!(untold(&world.item(&order_id)), exhausted);

    world.sandbox.leadscalendar().mode(Mode::Up, None);
    let repeated = world
        .functions
        .reconcile(json!({ "confirm": order_id }))
        .await
        .unwrap();
    assert_eq!(repeated, granted());
    let unknown = world
        .functions
        .reconcile(json!({ "confirm": "0".repeat(30) }))
        .await;
    assert_eq!(
        unknown,
        Err(format!(
            "there is nothing to tell of order {}",
            "0".repeat(30)
        ))
    );
}

#[tokio::test]
async fn wish_that_cannot_be_granted_is_refused() {
    let world = World::start().await;
    let (pending, _) = world.pending().await;
    for (event, reason) in [
        (
            json!({ "confirm": pending }),
            format!("there is nothing to tell of order {pending}"),
        ),
        (
            json!({ "confirmm": pending }),
            "the event has neither the time of the schedule, nor shards, nor an order to confirm or to ask about, nor a check"
                .to_owned(),
        ),
        (
            json!({}),
            "the event has neither the time of the schedule, nor shards, nor an order to confirm or to ask about, nor a check"
                .to_owned(),
        ),
    ] {
        assert_eq!(world.functions.reconcile(event).await, Err(reason));
    }
    let confirmation = &world.item(&pending)["confirmation"];
    assert_eq!(confirmation["attempts"], 0, "{confirmation}");
}

#[tokio::test]
async fn gone_stops_the_repeats() {
    let world = World::start().await;
    let (order_id, trade_no) = world.pending().await;
    world.sandbox.leadscalendar().mode(Mode::Gone, None);
    pay_as(&world, &trade_no, Play::default()).await;

    let confirmation = &world.item(&order_id)["confirmation"];
    assert_eq!(confirmation.get("nextAttemptAtMs"), None);
    // A day later Binance is asked, and still LeadsCalendar is told nothing.
    assert_eq!(world.reconcile_after(29 * HOUR).await, summary(1, 0, 0, 0));
    assert_eq!(world.sandbox.leadscalendar().confirmations().len(), 1);
}
