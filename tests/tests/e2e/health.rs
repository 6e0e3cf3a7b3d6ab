//! A service that cannot work says so in each run, and by who must act.

use sandbox::binance::{Fault, On};
use sandbox::dynamodb::StoreFault;
use sandbox::leadscalendar::Mode;
use serde_json::{Value, json};

use crate::log::Log;
use crate::reconcile::{HOUR, MINUTE};
use crate::signed::{open, pay, pay_silently};
use crate::world::World;

/// Whether there is a line of this level whose message has these words in it.
fn says(log: &Log, level: &str, words: &str) -> bool {
    let is_it = |line: &Value| {
        let message = line["message"].as_str().unwrap_or_default();
        line["level"] == level && message.contains(words)
    };
    log.lines().iter().any(is_it)
}

/// What a table does that mends itself, and what an operator must mend, with the level of the lines about it.
const AWAY: (StoreFault, &str) = (StoreFault::ServerError, "WARN");
const DENIED: (StoreFault, &str) = (StoreFault::Denied, "ERROR");

#[tokio::test]
async fn run_that_cannot_read_the_table_or_its_indexes_says_so_by_who_must_act() {
    for (fault, level) in [AWAY, DENIED] {
        let world = World::start().await;
        let log = Log::start();
        world.sandbox.dynamodb().fault(Some("Query"), 200, fault);

        let failed = world.functions.reconcile(world.schedule()).await;

        assert!(failed.is_err(), "{failed:?}");
        for words in ["shard 0 of what is due", "the table, or its index untold"] {
            assert!(says(&log, level, words), "{level} {words}");
        }
    }
}

#[tokio::test]
async fn order_that_cannot_be_written_is_told_by_who_must_act_and_stays_due() {
    for (fault, level) in [AWAY, DENIED] {
        let world = World::start().await;
        let order = open(&world).await;
        pay_silently(&world, &order);
        world.sandbox.binance().advance(3 * MINUTE);
        let log = Log::start();
        world.sandbox.dynamodb().fault(Some("PutItem"), 20, fault);

        assert_eq!(world.reconcile().await["failed"], 1);
        let words = format!("order {} could not be reconciled", order.id);
        assert!(says(&log, level, &words), "{level}");

        world.sandbox.dynamodb().clear_faults();
        assert_eq!(world.reconcile().await["settled"], 1);
    }
}

#[tokio::test]
async fn untold_order_that_cannot_be_made_due_is_told_by_who_must_act() {
    for (fault, level) in [AWAY, DENIED] {
        let world = World::start().await;
        world.sandbox.leadscalendar().mode(Mode::Down, None);
        let order = open(&world).await;
        pay(&world, &order).await;
        let log = Log::start();
        world.sandbox.dynamodb().fault(Some("PutItem"), 20, fault);

        let mut wish = world.schedule();
        wish["confirm"] = json!("owed");
        let granted = world.functions.reconcile(wish).await;

        assert_eq!(granted, Ok(json!({ "done": 0, "left": false })));
        let words = format!("order {} cannot be made due", order.id);
        assert!(says(&log, level, &words), "{level}");
    }
}

#[tokio::test]
async fn binance_that_is_away_when_a_run_looks_at_it_mends_itself() {
    let world = World::start().await;
    let log = Log::start();
    world
        .sandbox
        .binance()
        .fault(On::Certificates, 9, Fault::Http500);

    world.reconcile_after(HOUR).await;

    assert!(says(&log, "WARN", "Binance could not be called"));
    assert!(!says(&log, "ERROR", ""));
}
