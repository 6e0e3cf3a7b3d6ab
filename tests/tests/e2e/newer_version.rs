//! Items that a newer version of this program has written, before it was rolled back or while both are running.

use sandbox::binance::Play;
use sandbox::leadscalendar::Mode;
use serde_json::{Value, json};

use crate::log::Log;
use crate::reconcile::{HOUR, MINUTE};
use crate::signed::{open, pay, pay_silently};
use crate::table;
use crate::world::World;

/// What a newer version might keep, in DynamoDB's JSON and in plain JSON.
fn unknown() -> (Value, Value) {
    (
        json!({"M": {"since": {"N": "2"}, "tags": {"L": [{"S": "a"}, {"NULL": true}]}}}),
        json!({"since": 2, "tags": ["a", null]}),
    )
}

/// Where it is put: into the item itself, and into each map that this version writes.
const PLACES: [&str; 7] = [
    "",
    "/request",
    "/attempts/0",
    "/attempts/0/checkout",
    "/attempts/0/terms",
    "/confirmation",
    "/steps",
];

/// A place in an item in DynamoDB's JSON.
fn within<'a>(item: &'a mut Value, place: &str) -> &'a mut Value {
    let names = place.split('/').skip(1);
    names.fold(item, |value, name| match name.parse::<usize>() {
        Ok(index) => &mut value["L"][index]["M"],
        Err(_) if value[name].get("M").is_some() => &mut value[name]["M"],
        Err(_) => &mut value[name],
    })
}

#[track_caller]
fn assert_carried(item: &Value) {
    for place in PLACES {
        let kept = item.pointer(&format!("{place}/ofTomorrow"));
        assert_eq!(kept, Some(&unknown().1), "{place:?} in {item}");
    }
}

#[tokio::test]
async fn what_this_version_does_not_know_survives_its_writes() {
    let world = World::start().await;
    let order = open(&world).await;
    let mut item = table::get(&world, &order.id).await;
    for place in PLACES {
        within(&mut item, place)["ofTomorrow"] = unknown().0;
    }
    table::put(&world, item).await;
    assert_carried(&world.item(&order.id));

    // Asked about and nothing learned; paid; told; refunded; told again.
    for (step, status) in ["PENDING", "PAID", "REFUNDED"].into_iter().enumerate() {
        let version = world.item(&order.id)["version"].as_u64();
        match step {
            0 => drop(world.reconcile_after(2 * MINUTE).await),
            1 => pay(&world, &order).await,
            _ => {
                let by_hand = Play::in_silence();
                let binance = world.sandbox.binance();
                binance.refund(&order.trade_no, by_hand).unwrap();
                world.reconcile_after(25 * HOUR).await;
            }
        }
        let item = world.item(&order.id);
        assert_eq!(item["status"], status);
        assert!(item["version"].as_u64() > version, "{item}");
        assert_carried(&item);
    }
}

#[tokio::test]
async fn view_shows_nothing_of_what_this_version_does_not_know() {
    let world = World::start().await;
    let order = open(&world).await;
    let before = world.get(&order.id, &[]).await;
    let mut item = table::get(&world, &order.id).await;
    for place in PLACES {
        within(&mut item, place)["ofTomorrow"] = unknown().0;
    }
    table::put(&world, item).await;

    assert_eq!(world.get(&order.id, &[]).await.json(), before.json());
}

#[tokio::test]
async fn items_that_cannot_be_read_hold_up_nobody_however_many_they_are() {
    let world = World::start().await;
    let order = open(&world).await;
    pay_silently(&world, &order);
    let shard = world.item(&order.id)["dueShard"].to_string();
    let last = order.id.chars().last().unwrap();
    // Many pages of them.
    for number in 0..500 {
        let item = json!({
            "orderId": {"S": format!("{number:029x}{last}")},
            "version": {"N": "1"},
            "status": {"S": "A_STATUS_OF_THE_NEXT_VERSION"},
            "dueShard": {"N": shard},
            "dueAt": {"N": "1"},
        });
        table::put(&world, item).await;
    }
    let log = Log::start();

    let first = world.reconcile_after(2 * MINUTE).await;
    let second = world.reconcile_after(MINUTE).await;

    assert_eq!([&first["failed"], &second["failed"]], [0, 0]);
    let settled = [&first, &second].map(|ran| ran["settled"].as_u64().unwrap());
    assert_eq!(settled.iter().sum::<u64>(), 1);
    assert_eq!(world.item(&order.id)["status"], "PAID");
    let lines = log.lines();
    let alarms = lines
        .iter()
        .filter(|line| line["alarm"] == "item.unreadable" && line["level"] == "ERROR");
    assert_eq!(alarms.count(), 500);
}

#[tokio::test]
async fn item_that_cannot_be_read_and_is_due_to_be_told_only_is_put_aside_too() {
    let world = World::start().await;
    world.sandbox.leadscalendar().mode(Mode::Down, None);
    let order = open(&world).await;
    pay(&world, &order).await;
    let mut item = table::get(&world, &order.id).await;
    item["status"] = json!({"S": "A_STATUS_OF_THE_NEXT_VERSION"});
    table::put(&world, item).await;
    let log = Log::start();

    world.reconcile_after(2 * MINUTE).await;
    world.reconcile_after(MINUTE).await;

    let lines = log.lines();
    let alarms = lines
        .iter()
        .filter(|line| line["alarm"] == "item.unreadable");
    assert_eq!(alarms.count(), 1, "an hour's rest");
}
