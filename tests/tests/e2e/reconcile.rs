//! `reconcile-orders`: what others left behind is made up for, in the sandbox's time, which can be moved.

use sandbox::binance::{Fault, On, Play, Status};
use serde_json::{Value, json};

use crate::world::World;

pub const MINUTE: u32 = 60;
pub const HOUR: u32 = 60 * MINUTE;

impl World {
    /// What the schedule sends, at the sandbox's time.
    pub fn schedule(&self) -> Value {
        let now = jiff::Timestamp::from_millisecond(self.sandbox.binance().now_ms()).unwrap();
        json!({ "time": now.to_string() })
    }

    /// One run of the schedule, at the sandbox's time; what its summary says of its work.
    pub async fn reconcile(&self) -> Value {
        let mut summary = self.functions.reconcile(self.schedule()).await.unwrap();
        for seen in ["oldestDueSec", "untold", "oldestUntoldSec", "exhausted"] {
            assert!(summary[seen].is_u64(), "{summary}");
            summary.as_object_mut().unwrap().remove(seen);
        }
        summary
    }

    /// Moves the time on, then runs the schedule.
    pub async fn reconcile_after(&self, seconds: u32) -> Value {
        self.sandbox.binance().advance(seconds);
        self.reconcile().await
    }

    /// A `PENDING` order: its id and trade number.
    pub async fn pending(&self) -> (String, String) {
        let created = self.create(&self.four_fields()).await;
        assert_eq!(created.status, 201, "{}", created.text);
        (
            created.text_of("orderId"),
            created.text_of("merchantTradeNo"),
        )
    }
}

pub fn summary(asked: u32, settled: u32, confirmed: u32, failed: u32) -> Value {
    json!({ "asked": asked, "settled": settled, "confirmed": confirmed, "failed": failed, "left": 0 })
}

/// What an operator is answered whose wish for one order was granted.
pub fn granted() -> Value {
    json!({ "done": 1, "left": false })
}

/// The trade numbers that Binance was asked about, in that order.
pub fn asked_about(world: &World) -> Vec<String> {
    let calls = world.sandbox.binance().calls().into_iter();
    calls
        .filter(|call| call.path.ends_with("/query"))
        .filter_map(|call| call.trade_no)
        .collect()
}

#[tokio::test]
async fn payment_whose_notification_never_came_is_found_and_confirmed() {
    let world = World::start().await;
    let (order_id, trade_no) = world.pending().await;
    world
        .sandbox
        .binance()
        .pay(&trade_no, Play::in_silence())
        .unwrap();

    assert_eq!(world.reconcile_after(MINUTE).await, summary(0, 0, 0, 0));
    assert_eq!(world.reconcile_after(MINUTE).await, summary(1, 1, 1, 0));

    let item = world.item(&order_id);
    assert_eq!(
        (&item["status"], &item["late"]),
        (&json!("PAID"), &json!(false))
    );
    assert_eq!(item["confirmation"].get("nextAttemptAtMs"), None);
    assert_eq!(world.sandbox.leadscalendar().confirmations().len(), 1);
    assert_eq!(world.reconcile_after(HOUR).await, summary(0, 0, 0, 0));
}

#[tokio::test]
async fn order_that_was_closed_without_a_notification_is_canceled() {
    let world = World::start().await;
    let (order_id, trade_no) = world.pending().await;
    world
        .sandbox
        .binance()
        .cancel(&trade_no, Play::in_silence())
        .unwrap();

    assert_eq!(world.reconcile_after(5 * MINUTE).await, summary(1, 1, 1, 0));
    assert_eq!(world.item(&order_id)["status"], "CANCELED");
}

#[tokio::test]
async fn order_that_binance_reports_as_an_error_fails() {
    let world = World::start().await;
    let (order_id, trade_no) = world.pending().await;
    world.sandbox.binance().fail(&trade_no).unwrap();

    assert_eq!(world.reconcile_after(5 * MINUTE).await, summary(1, 1, 1, 0));
    assert_eq!(world.item(&order_id)["status"], "FAILED");
}

#[tokio::test]
async fn wrong_amount_that_only_a_query_shows_is_disputed() {
    let world = World::start().await;
    let (order_id, trade_no) = world.pending().await;
    let wrong = Play {
        amount: Some("0.5".to_owned()),
        ..Play::in_silence()
    };
    world.sandbox.binance().pay(&trade_no, wrong).unwrap();

    assert_eq!(world.reconcile_after(5 * MINUTE).await, summary(1, 1, 1, 0));
    assert_eq!(world.item(&order_id)["status"], "DISPUTED");
}

#[tokio::test]
async fn refunded_order_whose_notifications_never_came_is_paid_and_refunded() {
    let world = World::start().await;
    let (order_id, trade_no) = world.pending().await;
    world
        .sandbox
        .binance()
        .pay(&trade_no, Play::in_silence())
        .unwrap();
    world
        .sandbox
        .binance()
        .refund(&trade_no, Play::in_silence())
        .unwrap();

    assert_eq!(world.reconcile_after(5 * MINUTE).await, summary(1, 1, 1, 0));
    assert_eq!(world.item(&order_id)["status"], "REFUNDED");
}

#[tokio::test]
async fn order_nobody_came_back_for_is_closed_after_binance_was_asked_about_every_attempt() {
    let world = World::start().await;
    world
        .sandbox
        .binance()
        .fault(On::Create, 9, Fault::LostAnswer);
    let failed = world.create(&world.four_fields()).await;
    assert_eq!(failed.status, 500);
    let item = &world.items()[0];
    let attempts = item["attempts"].as_array().unwrap().len();
    assert_eq!((&item["status"], attempts), (&json!("CREATED"), 3));

    assert_eq!(world.reconcile_after(5 * MINUTE).await, summary(1, 1, 1, 0));

    let item = &world.items()[0];
    assert_eq!(item["status"], "FAILED");
    let order_id = item["orderId"].as_str().unwrap();
    let mut asked = asked_about(&world);
    // All at once, so in any order.
    asked.sort();
    assert_eq!(
        asked,
        [1, 2, 3].map(|attempt| format!("{order_id}{attempt:02}"))
    );
    assert_eq!(
        world.sandbox.leadscalendar().confirmations()[0].body["type"],
        "order.failed"
    );
}

#[tokio::test]
async fn payment_of_an_attempt_whose_answer_was_lost_is_found() {
    let world = World::start().await;
    world
        .sandbox
        .binance()
        .fault(On::Create, 9, Fault::LostAnswer);
    assert_eq!(world.create(&world.four_fields()).await.status, 500);
    let order_id = world.items()[0]["orderId"].as_str().unwrap().to_owned();
    world
        .sandbox
        .binance()
        .pay(&format!("{order_id}02"), Play::in_silence())
        .unwrap();

    assert_eq!(world.reconcile_after(5 * MINUTE).await, summary(1, 1, 1, 0));

    let item = world.item(&order_id);
    assert_eq!(
        (&item["status"], &item["late"], &item["paidAttempt"]),
        (&json!("PAID"), &json!(true), &json!(2))
    );
}

#[tokio::test]
async fn order_is_left_as_it_is_while_binance_is_away_and_asked_about_again() {
    let world = World::start().await;
    let (order_id, trade_no) = world.pending().await;
    world
        .sandbox
        .binance()
        .pay(&trade_no, Play::in_silence())
        .unwrap();
    // For longer than a question is repeated.
    world.sandbox.binance().fault(On::Query, 9, Fault::Http500);

    assert_eq!(world.reconcile_after(2 * MINUTE).await, summary(1, 0, 0, 1));
    assert_eq!(world.item(&order_id)["status"], "PENDING");
    world.sandbox.binance().clear_faults();
    assert_eq!(world.reconcile_after(4 * MINUTE).await, summary(0, 0, 0, 0));
    assert_eq!(world.reconcile_after(2 * MINUTE).await, summary(1, 1, 1, 0));
}

#[tokio::test]
async fn run_without_time_leaves_the_orders_and_says_so() {
    let world = World::start().await;
    let (_, trade_no) = world.pending().await;
    world
        .sandbox
        .binance()
        .pay(&trade_no, Play::in_silence())
        .unwrap();
    world.sandbox.binance().advance(5 * MINUTE);

    let summary = world
        .functions
        .reconcile_within(world.schedule(), 1_000)
        .await
        .unwrap();
    let oldest = summary["oldestDueSec"].as_u64().unwrap();
    assert!((180..190).contains(&oldest), "{summary}");
    let expected = json!({
        "asked": 0, "settled": 0, "confirmed": 0, "failed": 0, "left": 1,
        "oldestDueSec": oldest, "untold": 0, "oldestUntoldSec": 0, "exhausted": 0,
    });
    assert_eq!(summary, expected);
    assert_eq!(world.reconcile().await["settled"], 1);
}

#[tokio::test]
async fn runs_at_the_same_time_do_no_work_twice() {
    let world = World::start().await;
    for _ in 0..10 {
        let (_, trade_no) = world.pending().await;
        world
            .sandbox
            .binance()
            .pay(&trade_no, Play::in_silence())
            .unwrap();
    }
    world.sandbox.binance().advance(5 * MINUTE);

    let (one, two, three) = tokio::join!(world.reconcile(), world.reconcile(), world.reconcile());

    let total = |field: &str| {
        [&one, &two, &three]
            .iter()
            .map(|summary| summary[field].as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!(
        (
            total("asked"),
            total("settled"),
            total("confirmed"),
            total("failed")
        ),
        (10, 10, 10, 0)
    );
    assert_eq!(world.sandbox.leadscalendar().confirmations().len(), 10);
    assert!(
        world
            .sandbox
            .binance()
            .orders()
            .iter()
            .all(|order| order.status == Status::Paid)
    );
}
