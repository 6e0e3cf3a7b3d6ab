//! What is written down of a call, and how the schedule is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde_json::json;

use super::{Answers, World, answer};
use crate::gateway::{Backend, Gateway, Play};
use crate::journal::{Kind, Party};
use crate::{clock, web};

#[tokio::test]
async fn calls_of_leadscalendar_are_written_down_with_their_answers_and_without_the_key() {
    let world = World::start().await;
    let order = json!({"orderId": "a"}).to_string();
    world.answers(Answers::Json(json!({"statusCode": 201, "body": order})));
    let request = world
        .ask("POST", "/orders")
        .header("x-mbx-apikey", "secret-key");
    answer(
        request
            .header("content-type", "application/json")
            .body("{}"),
    )
    .await;
    answer(world.ask("GET", "/orders/a?b=c")).await;
    answer(world.ask("POST", "/binance-callback")).await;

    let entries = world.journal.since(0);
    let told: Vec<_> = entries
        .iter()
        .map(|entry| {
            assert_eq!(entry.kind, Kind::Api);
            let (title, order_id) = (entry.title.as_str(), entry.order_id.as_deref());
            (entry.from, title, order_id, entry.ok)
        })
        .collect();
    assert_eq!(
        told,
        [
            // The answer told which order it made.
            (Party::LeadsCalendar, "POST /orders", Some("a"), None),
            (Party::Functions, "201", Some("a"), Some(true)),
            (Party::LeadsCalendar, "GET /orders/a?b=c", Some("a"), None),
            (Party::Functions, "201", Some("a"), Some(true)),
        ]
    );
    let asked = &entries[0].raw;
    assert_eq!(
        (&asked["method"], &asked["body"]),
        (&json!("POST"), &json!("{}"))
    );
    assert_eq!(asked["headers"]["x-mbx-apikey"], "secr…");
    assert_eq!(entries[1].raw["body"], order);
    assert!(
        entries
            .iter()
            .all(|entry| !entry.raw.to_string().contains("secret-key"))
    );
}

#[tokio::test]
async fn schedule_is_kept_and_moved_time_is_at_once_a_run() {
    let ahead_ms = Arc::new(AtomicI64::new(0));
    let moved = Arc::clone(&ahead_ms);
    let mut world = World::start().await;
    let backend = Backend::cargo_lambda(world.behind.url());
    let play = Play {
        clock: Arc::new(move || clock::now_ms() + moved.load(Ordering::Relaxed)),
        ..Play::default()
    };
    let listener = web::listen(0, "none").await.unwrap();
    world.gateway = Gateway::start(listener, backend, play).unwrap();
    world.answers(Answers::Json(json!({})));

    let runs = || world.functions.asked.lock().unwrap().len();
    let moving = async {
        while runs() < 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        ahead_ms.store(3_600_000, Ordering::Relaxed);
        while runs() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let failed = |problem: &str| panic!("{problem}");
    tokio::select! {
        () = world.gateway.keep_schedule(Duration::from_mins(10), failed) => {}
        waited = tokio::time::timeout(Duration::from_secs(4), moving) => waited.unwrap(),
    }

    let (function, event) = world.last();
    assert_eq!(function, "reconcile-orders");
    let time: jiff::Timestamp = event["time"].as_str().unwrap().parse().unwrap();
    assert!(
        time.as_millisecond() > clock::now_ms() + 3_590_000,
        "{event}"
    );
}
