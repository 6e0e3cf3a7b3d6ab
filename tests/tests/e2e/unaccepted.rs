//! Confirmations that LeadsCalendar does not accept: Binance is acknowledged all the same, and the next attempt is planned.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use sandbox::clock;
use sandbox::leadscalendar::Mode;
use sandbox::sandbox::webhook_secret;
use serde_json::{Value, json};

use crate::inbox::Inbox;
use crate::signed::{open, pay, pay_as, telling, told};
use crate::world::World;

/// An order that was paid; its item, and the times between which its confirmation was not accepted.
struct Owed {
    item: Value,
    before_ms: i64,
    after_ms: i64,
}

impl Owed {
    async fn after(world: &World) -> Self {
        let order = open(world).await;
        let before_ms = clock::now_ms();
        pay(world, &order).await;
        Self {
            item: world.item(&order.id),
            before_ms,
            after_ms: clock::now_ms(),
        }
    }

    /// One attempt was made for this reason, and the next is due in between `from_ms` and `to_ms` after it.
    #[track_caller]
    fn assert_next_in(&self, error: &str, from_ms: i64, to_ms: i64) {
        let confirmation = &self.item["confirmation"];
        let next_at_ms = confirmation["nextAttemptAtMs"].as_i64().unwrap();
        assert!(next_at_ms >= self.before_ms + from_ms, "{confirmation}");
        assert!(next_at_ms <= self.after_ms + to_ms, "{confirmation}");
        assert_eq!(
            *confirmation,
            json!({
                "revision": 1,
                "confirmedRevision": 0,
                "attempts": 1,
                "nextAttemptAtMs": next_at_ms,
                "lastError": error,
            })
        );
        assert_eq!(self.item["status"], "PAID");
        assert_eq!(self.item["dueAt"], next_at_ms);
    }
}

#[tokio::test]
async fn leadscalendar_that_is_down_or_hangs_up_is_tried_again_in_five_seconds() {
    let world = World::start().await;
    for (mode, error) in [
        (Mode::Down, "HTTP status 503"),
        (Mode::Drop, "the connection broke before the answer"),
    ] {
        world.sandbox.leadscalendar().mode(mode, None);

        let owed = Owed::after(&world).await;

        owed.assert_next_in(error, 4_000, 6_000);
    }
    assert_eq!(told(&world).len(), 2);
}

#[tokio::test]
async fn leadscalendar_that_refuses_connections_is_tried_again() {
    let world = World::start().await;
    world.sandbox.leadscalendar().server().go_away();

    let owed = Owed::after(&world).await;

    let error = "no connection: it was refused";
    owed.assert_next_in(error, 4_000, 6_000);
}

#[tokio::test]
async fn leadscalendar_that_is_slow_delays_binance_by_five_seconds_at_most() {
    let world = World::start().await;
    world
        .sandbox
        .leadscalendar()
        .mode(Mode::Slow { ms: 60_000 }, None);

    let owed = Owed::after(&world).await;

    let delivery = world.sandbox.binance().deliveries().pop().unwrap();
    let waited_ms = delivery.elapsed_ms;
    assert!((5_000..6_500).contains(&waited_ms), "{waited_ms} ms");
    owed.assert_next_in("no answer in time", 4_000, 6_000);
}

#[tokio::test]
async fn redirect_is_not_followed_and_not_accepted() {
    let world = World::start().await;
    world.sandbox.leadscalendar().mode(Mode::Redirect, None);

    let owed = Owed::after(&world).await;

    let server = world.sandbox.leadscalendar().server().url();
    let here = server.trim_start_matches("http://");
    let error = format!("HTTP status 307, a redirect to {here}");
    owed.assert_next_in(&error, 4_000, 6_000);
    // The stand-in would have objected to a redirect that was followed.
    assert_eq!(told(&world).len(), 1);
}

#[tokio::test]
async fn gone_ends_the_attempts() {
    let world = World::start().await;
    world.sandbox.leadscalendar().mode(Mode::Gone, None);

    let owed = Owed::after(&world).await;

    let expected = json!({
        "revision": 1,
        "confirmedRevision": 0,
        "attempts": 1,
        "lastError": "HTTP status 410",
    });
    assert_eq!(owed.item["confirmation"], expected);
    assert_eq!(owed.item["status"], "PAID");
    assert_eq!(
        (owed.item.get("dueAt"), owed.item.get("dueShard")),
        (None, None)
    );
}

#[tokio::test]
async fn gone_for_one_revision_does_not_silence_the_next() {
    let world = World::start().await;
    world.sandbox.leadscalendar().mode(Mode::Gone, Some(1));
    let order = open(&world).await;
    pay(&world, &order).await;

    let play = sandbox::binance::Play::default();
    world
        .sandbox
        .binance()
        .refund(&order.trade_no, play)
        .unwrap();
    let is_told = |world: &World| world.item(&order.id)["confirmation"]["confirmedRevision"] == 2;
    world.until("the refund", is_told).await;

    let expected = [
        telling(&order.id, 1, "order.paid", "PAID"),
        telling(&order.id, 2, "order.refunded", "REFUNDED"),
    ];
    assert_eq!(told(&world), expected);
}

#[tokio::test]
async fn retry_after_is_obeyed_up_to_twice_the_step() {
    let world = World::start().await;
    for (secs, from_ms, to_ms) in [
        (1, 4_000, 6_000),
        (8, 8_000, 8_000),
        (10, 10_000, 10_000),
        (11, 10_000, 10_000),
        (86_400, 10_000, 10_000),
        (u64::MAX, 4_000, 10_000),
    ] {
        world
            .sandbox
            .leadscalendar()
            .mode(Mode::RetryAfter { secs }, None);

        let owed = Owed::after(&world).await;

        owed.assert_next_in("HTTP status 429", from_ms, to_ms);
    }
}

#[tokio::test]
async fn answer_of_a_failure_is_never_shown() {
    fn long_failure() -> Response {
        let body = "secret of LeadsCalendar ".repeat(50_000);
        (StatusCode::INTERNAL_SERVER_ERROR, body).into_response()
    }
    let world = World::start().await;
    let inbox = Inbox::start(long_failure).await;
    let mut request = world.four_fields();
    request["callbackUrl"] = inbox.callback_url().into();
    let created = world.create(&request).await;

    let trade_no = created.text_of("merchantTradeNo");
    pay_as(&world, &trade_no, sandbox::binance::Play::default()).await;

    let item = world.item(&created.text_of("orderId"));
    assert_eq!(inbox.received().len(), 1);
    assert_eq!(item["confirmation"]["lastError"], "HTTP status 500");
}

#[tokio::test]
async fn leadscalendar_that_does_not_know_the_secret_is_tried_again() {
    let world = World::start().await;
    let other = vec![webhook_secret("other")];
    world.sandbox.leadscalendar().secrets(other);

    let owed = Owed::after(&world).await;

    owed.assert_next_in("HTTP status 401", 4_000, 6_000);
}
