//! What LeadsCalendar has not been told, seen from outside.

use sandbox::leadscalendar::Mode;
use serde_json::{Value, json};

use crate::log::Log;
use crate::reconcile::{HOUR, MINUTE};
use crate::signed::{open, pay, telling, told_of};
use crate::world::World;

/// One run, `seconds` later; its whole summary.
async fn seen_after(world: &World, seconds: u32) -> Value {
    world.sandbox.binance().advance(seconds);
    world.functions.reconcile(world.schedule()).await.unwrap()
}

/// The alarms that the lines of `log` raise, by name.
fn alarms(log: &Log) -> Vec<String> {
    let lines = log.lines().into_iter();
    lines
        .filter(|line| line["level"] == "ERROR")
        .filter_map(|line| Some(line.get("alarm")?.as_str()?.to_owned()))
        .collect()
}

#[tokio::test]
async fn leadscalendar_that_is_down_raises_an_alarm_after_ten_minutes_and_none_before() {
    let world = World::start().await;
    world.sandbox.leadscalendar().mode(Mode::Down, None);
    let order = open(&world).await;
    pay(&world, &order).await;
    let log = Log::start();

    let ran = seen_after(&world, 9 * MINUTE).await;
    assert_eq!((&ran["untold"], &ran["exhausted"]), (&json!(1), &json!(0)));
    let secs = ran["oldestUntoldSec"].as_u64().unwrap();
    assert!((540..560).contains(&secs), "{ran}");
    assert_eq!(alarms(&log), Vec::<String>::new());

    let ran = seen_after(&world, MINUTE).await;
    assert!(ran["oldestUntoldSec"].as_u64().unwrap() >= 600, "{ran}");
    assert_eq!(alarms(&log), ["confirmation.untold"]);

    world.sandbox.leadscalendar().mode(Mode::Up, None);
    let ran = seen_after(&world, 40 * MINUTE).await;
    assert_eq!((&ran["confirmed"], &ran["untold"]), (&json!(1), &json!(0)));
    assert_eq!(ran["oldestUntoldSec"], 0);
    assert_eq!(alarms(&log).len(), 1);
}

#[tokio::test]
async fn summary_is_logged_as_numbers() {
    let world = World::start().await;
    let log = Log::start();

    let ran = seen_after(&world, 0).await;

    let lines = log.lines();
    let line = lines.iter().find(|line| line["message"] == "reconciled");
    let line = line.unwrap();
    for (name, number) in ran.as_object().unwrap() {
        assert_eq!(&line[name], number, "{name}");
    }
}

#[tokio::test]
async fn operator_has_all_told_that_leadscalendar_has_not_accepted_exhausted_or_not() {
    let world = World::start().await;
    let leadscalendar = world.sandbox.leadscalendar();
    leadscalendar.mode(Mode::Gone, None);
    let gone = open(&world).await;
    pay(&world, &gone).await;
    leadscalendar.mode(Mode::Down, None);
    let down = open(&world).await;
    pay(&world, &down).await;
    seen_after(&world, 2 * MINUTE).await;
    seen_after(&world, HOUR).await;
    leadscalendar.mode(Mode::Up, None);
    let accepted = open(&world).await;
    pay(&world, &accepted).await;
    let told = leadscalendar.confirmations().len();
    let mut wish = world.schedule();
    wish["confirm"] = json!("owed");

    let granted = world.functions.reconcile(wish.clone()).await;
    assert_eq!(granted, Ok(json!({ "done": 2, "left": false })));
    let again = world.functions.reconcile(wish).await;
    let passed_over = json!({ "done": 0, "left": false });
    assert_eq!(again, Ok(passed_over), "both are due already");
    assert_eq!(
        leadscalendar.confirmations().len(),
        told,
        "a wish tells nobody"
    );

    let ran = seen_after(&world, 1).await;
    assert_eq!(ran["confirmed"], 2, "{ran}");
    for order in [gone, down] {
        let expected = telling(&order.id, 1, "order.paid", "PAID");
        assert_eq!(told_of(&world, &order).pop(), Some(expected));
    }
}
