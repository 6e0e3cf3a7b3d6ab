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

#[tokio::test]
async fn clock_that_is_off_calls_the_operator_once_it_was_signed_anew() {
    // By what a call is refused, and whether a person must set the clock right.
    for (refused, calls, must_act) in [(On::Certificates, 1, false), (On::Certificates, 9, true)] {
        let world = World::start().await;
        let log = Log::start();
        let binance = world.sandbox.binance();
        binance.fault(refused, calls, crate::binance_failures::refusal("400003"));

        world.reconcile().await;

        let lines = log.lines().into_iter();
        let told: Vec<Value> = lines
            .filter(|line| line["alarm"] == "binance.clock")
            .collect();
        assert_eq!(told.len(), usize::from(must_act), "{told:?}");
        for line in told {
            // As an interval, since an answer tells its time to the second only.
            let offset = line["offset"].as_str().unwrap();
            assert!(offset.starts_with("between "), "{offset}");
        }
        assert_eq!(says(&log, "WARN", "Binance could not be called"), must_act);
    }
}

#[tokio::test]
async fn invocation_that_fails_says_so_by_who_must_act() {
    let wish = json!({ "ask": "000000000000000000000000000000" });
    for (fault, level, alarm) in [
        (None, "WARN", Value::Null),
        (Some(AWAY.0), AWAY.1, Value::Null),
        (Some(DENIED.0), DENIED.1, json!("store.unusable")),
    ] {
        let world = World::start().await;
        let log = Log::start();
        if let Some(fault) = fault {
            world.sandbox.dynamodb().fault(Some("GetItem"), 200, fault);
        }

        let failed = world.functions.reconcile(wish.clone()).await;

        let error = failed.unwrap_err();
        let words = format!("the invocation failed: {error}");
        let lines = log.lines().into_iter();
        let told = lines.filter(|line| line["message"].as_str().unwrap().ends_with(&words));
        let told: Vec<_> = told
            .map(|line| (line["level"].clone(), line["alarm"].clone()))
            .collect();
        assert_eq!(told, [(json!(level), alarm)]);
    }
}
