//! What LeadsCalendar receives: the whole request, verified by a third-party library.

use axum::http::{HeaderName, Method};
use axum::response::{IntoResponse as _, Response};
use sandbox::leadscalendar::Mode;
use sandbox::sandbox::webhook_secret;
use sandbox::{Options, clock};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::create_order::rfc3339;
use crate::get_order::paid_view;
use crate::inbox::Inbox;
use crate::signed::{about, assert_acknowledged, deliver, open, pay, pay_as, signed, told};
use crate::world::World;

/// What an item holds of a confirmation that was accepted at the first attempt.
fn accepted_at_once(item: &Value) -> Value {
    let paid_at_ms = &item["history"][2]["atMs"];
    let revision = &item["confirmation"]["revision"];
    assert!(revision.as_i64().unwrap() >= paid_at_ms.as_i64().unwrap() / 1000);
    json!({
        "revision": revision,
        "confirmedRevision": revision,
        "told": {"revision": revision, "type": "order.paid", "atMs": paid_at_ms},
        "attempts": 1,
    })
}

fn ok() -> Response {
    "thanks".into_response()
}

/// An order with every field, whose confirmations go to `inbox`; the answer to `POST /orders`.
async fn created(world: &World, inbox: &Inbox) -> Value {
    let mut request = world.four_fields();
    request["callbackUrl"] = inbox.callback_url().into();
    request["reference"] = "lead-7 „ü“".into();
    request["description"] = "Ten leads".into();
    request["terminalType"] = "WAP".into();
    let created = world.create(&request).await;
    assert_eq!(created.status, 201, "{}", created.text);
    created.json()
}

#[tokio::test]
async fn confirmation_is_the_order_as_it_is_without_its_history() {
    let world = World::start().await;
    let inbox = Inbox::start(ok).await;
    let order = created(&world, &inbox).await;
    let trade_no = order["merchantTradeNo"].as_str().unwrap();
    pay_as(&world, trade_no, sandbox::binance::Play::default()).await;

    let [received] = inbox.received().try_into().unwrap();
    let body: Value = serde_json::from_slice(&received.body).unwrap();

    let item = world.item(order["orderId"].as_str().unwrap());
    let paid = world.sandbox.binance().order(trade_no).unwrap();
    let revision = &item["confirmation"]["revision"];
    let data = paid_view(&order, &paid.payment.unwrap(), revision);
    let paid_at = rfc3339(&item["history"][2]["atMs"]);
    let expected = json!({"type": "order.paid", "timestamp": paid_at, "data": data});
    assert_eq!(body, expected);
    assert_eq!(data["callbackUrl"], inbox.callback_url());
    assert_eq!(data["reference"], "lead-7 „ü“");
    assert_eq!(data["price"], "1.00");
}

#[tokio::test]
async fn confirmation_is_a_post_with_these_headers_and_no_others() {
    let world = World::start().await;
    let inbox = Inbox::start(ok).await;
    let order = created(&world, &inbox).await;
    let before_secs = clock::now_ms() / 1000;
    let trade_no = order["merchantTradeNo"].as_str().unwrap();
    pay_as(&world, trade_no, sandbox::binance::Play::default()).await;
    let after_secs = clock::now_ms() / 1000;

    let [received] = inbox.received().try_into().unwrap();

    assert_eq!(received.method, Method::POST);
    assert_eq!(received.uri, "/leads/paid?tenant=7&x=%20");
    let mut names: Vec<_> = received.headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    let expected = [
        "accept",
        "content-length",
        "content-type",
        "host",
        "user-agent",
        "webhook-id",
        "webhook-signature",
        "webhook-timestamp",
    ];
    assert_eq!(names, expected);
    assert_eq!(received.header("content-type"), "application/json");
    let user_agent = concat!("leadscalendar-payments/", env!("CARGO_PKG_VERSION"));
    assert_eq!(received.header("user-agent"), user_agent);
    let order_id = order["orderId"].as_str().unwrap();
    let revision = &world.item(order_id)["confirmation"]["revision"];
    assert_eq!(
        received.header("webhook-id"),
        format!("{order_id}_{revision}")
    );
    let timestamp_secs: i64 = received.header("webhook-timestamp").parse().unwrap();
    assert!((before_secs..=after_secs).contains(&timestamp_secs));
    assert!(received.header("webhook-signature").starts_with("v1,"));
}

#[tokio::test]
async fn two_active_secrets_sign_both_so_that_either_verifies() {
    let secrets = [webhook_secret("first"), webhook_secret("second")];
    let options = Options {
        webhook_secrets: secrets.to_vec(),
        ..Options::default()
    };
    let world = World::with(options, &[]).await;
    let inbox = Inbox::start(ok).await;
    let order = created(&world, &inbox).await;
    let trade_no = order["merchantTradeNo"].as_str().unwrap();
    pay_as(&world, trade_no, sandbox::binance::Play::default()).await;

    let [received] = inbox.received().try_into().unwrap();

    assert_eq!(received.header("webhook-signature").split(' ').count(), 2);
    for secret in &secrets {
        let webhook = Webhook::new(secret).unwrap();
        webhook.verify(&received.body, &received.headers).unwrap();
    }
    let other = Webhook::new(&webhook_secret("third")).unwrap();
    other.verify(&received.body, &received.headers).unwrap_err();
    let own = Webhook::new(&secrets[0]).unwrap();
    let altered = String::from_utf8_lossy(&received.body).replace("1.00", "2.00");
    own.verify(altered.as_bytes(), &received.headers)
        .unwrap_err();
}

#[tokio::test]
async fn secrets_are_rotated_without_a_confirmation_that_is_not_accepted() {
    let (old, new) = (webhook_secret("old"), webhook_secret("new"));
    let options = Options {
        webhook_secrets: vec![new.clone(), old.clone()],
        ..Options::default()
    };
    let world = World::with(options, &[]).await;
    for known_to_leadscalendar in [vec![old.clone()], vec![old, new.clone()], vec![new]] {
        world
            .sandbox
            .leadscalendar()
            .secrets(known_to_leadscalendar);
        let order = open(&world).await;
        pay(&world, &order).await;
        let confirmation = &world.item(&order.id)["confirmation"];
        assert_eq!(confirmation["confirmedRevision"], confirmation["revision"]);
    }
    assert_eq!(told(&world).len(), 3);
}

#[tokio::test]
async fn long_answer_is_no_problem() {
    fn megabyte() -> Response {
        "x".repeat(1024 * 1024).into_response()
    }
    fn created_megabyte() -> Response {
        (axum::http::StatusCode::CREATED, "x".repeat(1024 * 1024)).into_response()
    }
    fn no_content() -> Response {
        axum::http::StatusCode::NO_CONTENT.into_response()
    }
    let world = World::start().await;
    for answer in [megabyte, created_megabyte, no_content] {
        let inbox = Inbox::start(answer).await;
        let order = created(&world, &inbox).await;
        let trade_no = order["merchantTradeNo"].as_str().unwrap();

        pay_as(&world, trade_no, sandbox::binance::Play::default()).await;

        let item = world.item(order["orderId"].as_str().unwrap());
        assert_eq!(inbox.received().len(), 1);
        assert_eq!(item["confirmation"], accepted_at_once(&item));
    }
}

#[tokio::test]
async fn repeated_notification_does_not_repeat_a_confirmation_that_is_owed() {
    let world = World::start().await;
    let order = open(&world).await;
    world.sandbox.leadscalendar().mode(Mode::Down, Some(1));
    pay(&world, &order).await;
    let owed = world.item(&order.id);
    let notification = signed(&world, about(&order)).await;

    assert_acknowledged(&deliver(&world, &notification).await);

    assert_eq!(world.item(&order.id), owed);
    assert_eq!(told(&world).len(), 1);
}

#[tokio::test]
async fn connection_is_kept_over_an_answer_of_four_kib() {
    fn of<const LENGTH: usize>() -> Response {
        "x".repeat(LENGTH).into_response()
    }
    let world = World::start().await;
    let answers: [(fn() -> Response, usize); 2] = [(of::<4_000>, 1), (of::<100_000>, 2)];
    for (answer, connections) in answers {
        let inbox = Inbox::start(answer).await;
        for _ in 0..2 {
            let order = created(&world, &inbox).await;
            let trade_no = order["merchantTradeNo"].as_str().unwrap();
            pay_as(&world, trade_no, sandbox::binance::Play::default()).await;
        }
        assert_eq!(inbox.received().len(), 2);
        assert_eq!(inbox.connections(), connections);
    }
}
