//! Other merchants: one who gives his order our trade number and our address makes Binance sign notifications about it, and
//! nothing that LeadsCalendar sees changes by them.

use std::time::Duration;

use sandbox::binance::Play;
use serde_json::{Value, json};

use crate::alarms::raised;
use crate::log::Log;
use crate::reconcile::MINUTE;
use crate::signed::{Opened, SUCCESS, assert_at_rest, binance_calls, open, pay, store_calls, told};
use crate::world::World;

const QUERY: &str = "/order/query";

/// How an order of ours stands when the other merchant's notification comes.
#[derive(Clone, Copy, Debug)]
enum Standing {
    Pending,
    Paid,
    Expired,
}

const STANDINGS: [Standing; 3] = [Standing::Pending, Standing::Paid, Standing::Expired];

async fn standing(world: &World, standing: Standing) -> Opened {
    let order = open(world).await;
    match standing {
        Standing::Pending => {}
        Standing::Paid => pay(world, &order).await,
        Standing::Expired => {
            world.sandbox.binance().expire(&order.trade_no).unwrap();
            let ran = world.functions.reconcile(json!({"ask": order.id})).await;
            assert_eq!(ran, Ok(crate::reconcile::granted()));
        }
    }
    order
}

/// Another merchant's order under our number is paid, closed or refunded; what the callback answered.
async fn elsewhere(world: &World, trade_no: &str, event: &str, order: &Value) {
    let url = world.sandbox.binance().url();
    let request = sandbox::web::client(Duration::from_secs(10), false)
        .post(format!("{url}/sandbox/stranger/{trade_no}/{event}"))
        .json(order);
    let delivery: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&delivery["httpStatus"], &delivery["answer"]),
        (&json!(200), &json!(SUCCESS)),
        "{delivery}"
    );
}

/// The log speaks of another merchant, and of nothing that a person must look at.
fn assert_no_alarm(log: &Log) {
    assert_eq!(raised(log), Vec::<String>::new());
    let lines = log.lines();
    assert!(
        lines.iter().all(|line| line["level"] != "ERROR"),
        "{lines:#?}"
    );
}

#[tokio::test]
async fn another_merchants_order_under_our_number_changes_nothing_that_leadscalendar_sees() {
    for how in STANDINGS {
        for event in ["pay", "close", "refund"] {
            // One of another amount, and one that is like ours but for its id.
            for theirs in [json!({"amount": "0.01"}), json!({})] {
                let world = World::start().await;
                let order = standing(&world, how).await;
                let (before, confirmed) = (world.get(&order.id, &[]).await, told(&world));
                let asked = binance_calls(&world, QUERY);
                let log = Log::start();

                elsewhere(&world, &order.trade_no, event, &theirs).await;

                let case = format!("{how:?} {event} {theirs}");
                let known = [("if-none-match", before.header("etag").unwrap())];
                assert_eq!(world.get(&order.id, &known).await.status, 304, "{case}");
                assert_eq!(world.get(&order.id, &[]).await.text, before.text, "{case}");
                assert_eq!(binance_calls(&world, QUERY), asked + 1, "{case}");
                let is_forgotten = || world.item(&order.id).get("report").is_none();
                assert!(!is_forgotten(), "{case}");

                assert_eq!(world.reconcile_after(MINUTE).await["asked"], 1, "{case}");

                assert!(is_forgotten(), "{case}");
                assert_eq!(world.get(&order.id, &[]).await.text, before.text, "{case}");
                assert_eq!(told(&world), confirmed, "{case}");
                assert_no_alarm(&log);
                assert!(log.text().contains("another merchant's"), "{case}");
                assert_eq!(
                    world.reconcile_after(MINUTE / 2).await["asked"],
                    0,
                    "{case}"
                );
                if !matches!(how, Standing::Pending) {
                    // Its steps begin anew with the report.
                    let item = world.item(&order.id);
                    assert_at_rest(&item);
                    let last = item["history"].as_array().unwrap().last().unwrap();
                    let (from, changed) = (&item["steps"]["fromMs"], &last["atMs"]);
                    assert!(from.as_i64() > changed.as_i64(), "{case}");
                }
            }
        }
    }
}

#[tokio::test]
async fn flood_of_another_merchants_notifications_is_asked_about_twice() {
    let world = World::start().await;
    let order = standing(&world, Standing::Pending).await;
    elsewhere(&world, &order.trade_no, "pay", &json!({})).await;
    let (asked, puts) = (binance_calls(&world, QUERY), store_calls(&world, "PutItem"));

    for _ in 0..9 {
        elsewhere(&world, &order.trade_no, "close", &json!({})).await;
    }

    assert_eq!(binance_calls(&world, QUERY), asked);
    assert_eq!(store_calls(&world, "PutItem"), puts);
    assert_eq!(world.reconcile_after(MINUTE).await["asked"], 1);
    assert_eq!(world.reconcile_after(MINUTE / 2).await["asked"], 0);
}

#[tokio::test]
async fn payment_of_ours_beside_another_merchants_is_recorded_at_once() {
    let world = World::start().await;
    let order = standing(&world, Standing::Pending).await;
    elsewhere(&world, &order.trade_no, "close", &json!({})).await;

    pay(&world, &order).await;

    assert_eq!(world.item(&order.id)["status"], "PAID");
    assert_eq!(told(&world).len(), 1);
    let log = Log::start();
    assert_eq!(world.reconcile_after(MINUTE).await["asked"], 1);
    assert_at_rest(&world.item(&order.id));
    assert_no_alarm(&log);
}

#[tokio::test]
async fn another_merchants_refund_hides_none_of_ours() {
    let world = World::start().await;
    let order = standing(&world, Standing::Paid).await;
    elsewhere(&world, &order.trade_no, "refund", &json!({})).await;
    let binance = world.sandbox.binance();

    // Binance sends no notification of it.
    binance.refund(&order.trade_no, Play::in_silence()).unwrap();
    world.reconcile_after(MINUTE).await;

    assert_eq!(world.item(&order.id)["status"], "REFUNDED");
}
