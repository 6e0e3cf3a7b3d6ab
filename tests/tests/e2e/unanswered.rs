//! Binance is asked about an order and does not answer, or not readably: no step is used up, and it is asked again later and
//! later.

use sandbox::binance::{Bend, BendOn, Fault, On};
use serde_json::json;

use crate::binance_failures::refusal;
use crate::log::Log;
use crate::reconcile::{HOUR, MINUTE, asked_about, summary};
use crate::signed::{open, pay, pay_silently};
use crate::world::World;

const DAY: u32 = 24 * HOUR;

#[tokio::test]
async fn asking_without_an_answer_uses_up_no_step_and_is_repeated_less_and_less_often() {
    let world = World::start().await;
    let order = open(&world).await;
    pay(&world, &order).await;
    let binance = world.sandbox.binance();
    binance.fault(On::Query, 99, Fault::Html403);

    assert_eq!(world.reconcile_after(DAY).await, summary(1, 0, 0, 1));
    for minutes in [5, 10, 20, 40, 60, 60] {
        let early = world.reconcile_after((minutes - 1) * MINUTE).await;
        assert_eq!(early, summary(0, 0, 0, 0), "{minutes}");
        let ran = world.reconcile_after(MINUTE).await;
        assert_eq!(ran, summary(1, 0, 0, 1), "{minutes}");
    }
    binance.clear_faults();
    assert_eq!(world.reconcile_after(HOUR).await, summary(1, 0, 0, 0));

    // Answered: the next one is the week's.
    let from_ms = world.item(&order.id)["steps"]["fromMs"].as_i64().unwrap();
    let week_ms = i64::from(7 * DAY) * 1000;
    assert_eq!(world.item(&order.id)["dueAt"], from_ms + week_ms);
}

#[tokio::test]
async fn answer_that_cannot_be_read_is_none_and_is_named_to_the_operator() {
    for (bend, field) in [
        (
            Bend::set(BendOn::Query, "/data/status", "\"WHAT\""),
            "status",
        ),
        (Bend::remove(BendOn::Query, "/data/status"), "status"),
        (Bend::set(BendOn::Query, "/data/prepayId", "{}"), "prepayId"),
        (
            Bend::remove(BendOn::Query, "/data/orderAmount"),
            "orderAmount",
        ),
        (
            Bend::set(BendOn::Query, "/data/currency", "null"),
            "currency",
        ),
        (
            Bend::set(BendOn::Query, "/data/merchantTradeNo", "\"another\""),
            "merchantTradeNo",
        ),
        (Bend::set(BendOn::Query, "/data", "[]"), "data"),
    ] {
        let world = World::start().await;
        let order = open(&world).await;
        pay_silently(&world, &order);
        world.sandbox.binance().bend(bend.clone().once());
        let log = Log::start();

        assert_eq!(world.reconcile_after(2 * MINUTE).await, summary(1, 0, 0, 1));

        // It is not asked twice what it answers so.
        assert_eq!(asked_about(&world).len(), 1);
        assert_eq!(world.item(&order.id)["status"], "PENDING");
        let mut errors = log.lines();
        errors.retain(|line| line["level"] == "ERROR");
        let expected = json!({
            "level": "ERROR",
            "message": format!("the answer to query order came, and {field} cannot be read"),
            "alarm": "binance.unreadable",
            "order.id": order.id,
            "trade_no": order.trade_no,
            "call": "query order",
            "field": field,
        });
        assert_eq!(errors, [expected], "{bend:?}");

        assert_eq!(world.reconcile_after(5 * MINUTE).await, summary(1, 1, 1, 0));
        assert_eq!(world.item(&order.id)["status"], "PAID");
    }
}

#[tokio::test]
async fn question_whose_answer_was_lost_is_asked_again_at_once() {
    for fault in [
        Fault::Http500,
        Fault::LostAnswer,
        Fault::LostRequest,
        Fault::BrokenAnswer,
    ] {
        let world = World::start().await;
        let order = open(&world).await;
        pay_silently(&world, &order);
        world.sandbox.binance().fault(On::Query, 1, fault.clone());

        let ran = world.reconcile_after(2 * MINUTE).await;

        assert_eq!(ran, summary(1, 1, 1, 0), "{fault:?}");
        assert_eq!(asked_about(&world).len(), 2, "{fault:?}");
    }
}

#[tokio::test]
async fn question_that_binance_denies_calls_the_operator() {
    let world = World::start().await;
    let order = open(&world).await;
    pay_silently(&world, &order);
    world
        .sandbox
        .binance()
        .fault(On::Query, 9, refusal("400004"));
    let log = Log::start();

    assert_eq!(world.reconcile_after(2 * MINUTE).await["failed"], 1);

    let lines = log.lines().into_iter();
    let errors: Vec<_> = lines.filter(|line| line["level"] == "ERROR").collect();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    let message = format!(
        "an operator must act: Binance cannot be asked about {}",
        order.trade_no
    );
    assert_eq!(errors[0]["message"], message);
    assert_eq!(errors[0]["order.id"], order.id);
}
