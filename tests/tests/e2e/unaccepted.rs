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
    /// What was confirmed before.
    opened_revision: Value,
    before_ms: i64,
    after_ms: i64,
}

impl Owed {
    async fn after(world: &World) -> Self {
        let order = open(world).await;
        let before_ms = clock::now_ms();
        let opened_revision = world.item(&order.id)["confirmation"]["revision"].take();
        pay(world, &order).await;
        Self {
            item: world.item(&order.id),
            opened_revision,
            before_ms,
            after_ms: clock::now_ms(),
        }
    }

    /// What the item holds of the confirmation after one attempt.
    fn confirmation(&self, error: &str) -> Value {
        let revision = &self.item["confirmation"]["revision"];
        assert!(revision.as_i64() > self.opened_revision.as_i64());
        let paid_at_ms = &self.item["history"][2]["atMs"];
        json!({
            "revision": revision,
            "confirmedRevision": self.opened_revision,
            "told": {"revision": revision, "type": "order.paid", "atMs": paid_at_ms},
            "attempts": 1,
            "lastError": error,
            "untoldSinceMs": self.item["confirmation"]["untoldSinceMs"],
        })
    }

    /// One attempt was made for this reason, and the next is due in between `from_ms` and `to_ms` after it.
    #[track_caller]
    fn assert_next_in(&self, error: &str, from_ms: i64, to_ms: i64) {
        let confirmation = &self.item["confirmation"];
        let next_at_ms = confirmation["nextAttemptAtMs"].as_i64().unwrap();
        assert!(next_at_ms >= self.before_ms + from_ms, "{confirmation}");
        assert!(next_at_ms <= self.after_ms + to_ms, "{confirmation}");
        let mut expected = self.confirmation(error);
        expected["nextAttemptAtMs"] = json!(next_at_ms);
        assert_eq!(*confirmation, expected);
        assert_eq!(self.item["status"], "PAID");
        assert_eq!(self.item["dueAt"], next_at_ms);
        let since_ms = self.item["untoldSince"].as_i64().unwrap();
        assert!((self.before_ms..=self.after_ms).contains(&since_ms));
    }
}

#[tokio::test]
async fn leadscalendar_that_is_down_or_hangs_up_is_tried_again_in_a_minute() {
    let world = World::start().await;
    for (mode, error) in [
        (Mode::Down, "HTTP status 503"),
        (Mode::Drop, "the connection broke before the answer"),
    ] {
        world.sandbox.leadscalendar().mode(mode, None);

        let owed = Owed::after(&world).await;

        owed.assert_next_in(error, 48_000, 72_000);
    }
    // The connection that broke had been kept, so a fresh one was tried at once.
    assert_eq!(told(&world).len(), 3);
}

#[tokio::test]
async fn leadscalendar_that_refuses_connections_is_tried_again() {
    let world = World::start().await;
    world.sandbox.leadscalendar().server().go_away();

    let owed = Owed::after(&world).await;

    let error = "no connection: it was refused";
    owed.assert_next_in(error, 48_000, 72_000);
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
    owed.assert_next_in("no answer in time", 48_000, 72_000);
}

#[tokio::test]
async fn redirect_is_not_followed_and_not_accepted() {
    let world = World::start().await;
    world.sandbox.leadscalendar().mode(Mode::Redirect, None);

    let owed = Owed::after(&world).await;

    let server = world.sandbox.leadscalendar().server().url();
    let here = server.trim_start_matches("http://");
    let error = format!("HTTP status 307, a redirect to {here}");
    owed.assert_next_in(&error, 48_000, 72_000);
    // The stand-in would have objected to a redirect that was followed.
    assert_eq!(told(&world).len(), 1);
}

#[tokio::test]
async fn gone_ends_the_attempts() {
    let world = World::start().await;
    world.sandbox.leadscalendar().mode(Mode::Gone, None);

    let owed = Owed::after(&world).await;

    assert_eq!(
        owed.item["confirmation"],
        owed.confirmation("HTTP status 410")
    );
    assert_eq!(owed.item["status"], "PAID");
    // What is left to do is to ask Binance whether the money went back.
    let paid_at_ms = owed.item["history"][2]["atMs"].as_i64().unwrap();
    assert_eq!(owed.item["dueAt"], paid_at_ms + 24 * 60 * 60 * 1000);
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
    let is_told = |world: &World| {
        let item = world.item(&order.id);
        let confirmation = &item["confirmation"];
        item["status"] == "REFUNDED"
            && confirmation["confirmedRevision"] == confirmation["revision"]
    };
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
        (1, 48_000, 72_000),
        (80, 80_000, 80_000),
        (120, 120_000, 120_000),
        (121, 120_000, 120_000),
        (86_400, 120_000, 120_000),
        (u64::MAX, 48_000, 120_000),
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

    owed.assert_next_in("HTTP status 401", 48_000, 72_000);
}
