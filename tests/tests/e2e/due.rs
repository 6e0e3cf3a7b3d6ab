//! What is due: in each shard the longest overdue first, and nothing that one failure could hold up.

use std::collections::{BTreeMap, BTreeSet};

use sandbox::binance::{Fault, On, Play};
use sandbox::dynamodb::StoreFault;
use serde_json::{Value, json};

use crate::log::Log;
use crate::reconcile::{HOUR, MINUTE, asked_about, summary};
use crate::table;
use crate::unverified::refused_query;
use crate::world::World;

/// Orders that reconcile-orders asks about at the same time.
const CONCURRENCY: usize = 32;

/// So many orders, paid without a notification; each number has its own id, the same in every run of the test.
async fn paid_in_silence(world: &World, orders: usize) -> Vec<String> {
    table::put_namespace(world).await;
    let mut trade_nos = Vec::new();
    for number in 0..orders {
        let key = format!("due-{number}");
        let headers = [("idempotency-key", key.as_str())];
        let created = world.create_with(&world.four_fields(), &headers).await;
        let trade_no = created.text_of("merchantTradeNo");
        world
            .sandbox
            .binance()
            .pay(&trade_no, Play::in_silence())
            .unwrap();
        trade_nos.push(trade_no);
    }
    let shards: BTreeSet<String> = world
        .items()
        .iter()
        .map(|item| item["dueShard"].to_string())
        .collect();
    assert_eq!(shards.len(), 8, "{shards:?}");
    trade_nos
}

fn count(world: &World, status: &str) -> usize {
    let items = world.items();
    items.iter().filter(|item| item["status"] == status).count()
}

#[tokio::test]
async fn longest_overdue_orders_of_each_shard_come_first_and_no_shard_waits_for_another() {
    let world = World::start().await;
    let trade_nos = paid_in_silence(&world, 128).await;
    let shard = |trade_no: &str| world.item(&trade_no[..30])["dueShard"].to_string();
    let mut shards: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for trade_no in &trade_nos {
        shards.entry(shard(trade_no)).or_default().push(trade_no);
    }
    world.sandbox.binance().advance(10 * MINUTE);
    world.reconcile().await;

    let asked = asked_about(&world);
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    for trade_no in &asked[..CONCURRENCY] {
        let shard = shard_of(&shards, trade_no);
        let rank = shards[&shard].iter().position(|known| *known == trade_no);
        assert!(rank.unwrap() < CONCURRENCY / 4, "{rank:?} of shard {shard}");
        *first.entry(shard).or_default() += 1;
    }
    assert_eq!(first.len(), 8, "{first:?}");
    assert_eq!(count(&world, "PAID"), 128);
}

/// The shard that has this trade number among those of its orders.
fn shard_of(shards: &BTreeMap<String, Vec<&String>>, trade_no: &str) -> String {
    let found = shards
        .iter()
        .find(|(_, orders)| orders.iter().any(|order| *order == trade_no));
    found.unwrap().0.clone()
}

#[tokio::test]
async fn shard_that_cannot_be_read_is_left_to_the_next_run() {
    let world = World::start().await;
    paid_in_silence(&world, 32).await;
    let ids = |items: Vec<Value>, is_it: &dyn Fn(&Value) -> bool| -> BTreeSet<String> {
        let those = items.iter().filter(|item| is_it(item));
        those.map(|item| item["orderId"].to_string()).collect()
    };
    let away = ids(world.items(), &|item| item["dueShard"] == 3);
    let dynamodb = world.sandbox.dynamodb();
    dynamodb.fault_within("Query", r#"":shard":{"N":"3"}"#, StoreFault::ServerError);

    world.reconcile_after(10 * MINUTE).await;
    assert_eq!(ids(world.items(), &|item| item["status"] != "PAID"), away);
    dynamodb.clear_faults();
    world.reconcile().await;

    assert_eq!(count(&world, "PAID"), 32);
}

#[tokio::test]
async fn run_that_can_read_no_shard_says_so() {
    let world = World::start().await;
    let dynamodb = world.sandbox.dynamodb();
    dynamodb.fault(Some("Query"), 100, StoreFault::ServerError);

    let failed = world.functions.reconcile(world.schedule()).await;

    let reason = failed.unwrap_err();
    assert!(
        reason.contains("the table of orders cannot be used"),
        "{reason}"
    );
}

#[tokio::test]
async fn item_that_is_not_an_order_is_put_aside_for_an_hour_and_holds_nobody_up() {
    let world = World::start().await;
    let trade_nos = paid_in_silence(&world, 16).await;
    let order_id = &trade_nos[0][..30];
    let mut strange = Vec::new();
    for shard in 0..8 {
        strange.push((format!("no order of ours {shard}"), shard));
        // A key as ours are, and nothing behind it.
        let key = format!("{}{shard}", &order_id[..29]);
        if world.sandbox.dynamodb().item(&key).unwrap().is_none() {
            strange.push((key, shard));
        }
    }
    for (key, shard) in &strange {
        let item = json!({
            "orderId": {"S": key},
            "dueShard": {"N": shard.to_string()},
            "dueAt": {"N": "1"},
            "colour": {"S": "blue"},
        });
        table::put(&world, item).await;
    }
    let log = Log::start();

    let ran = world.reconcile_after(10 * MINUTE).await;

    assert_eq!(count(&world, "PAID"), 16);
    assert_eq!(ran, summary(16, 16, 16, 0));
    let lines = log.lines();
    let alarms = lines
        .iter()
        .filter(|line| line["alarm"] == "item.unreadable" && line["level"] == "ERROR");
    let named: BTreeSet<&str> = alarms
        .map(|line| line["order.id"].as_str().unwrap())
        .collect();
    let keys: BTreeSet<&str> = strange.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(named, keys);
    let in_an_hour_ms = world.sandbox.binance().now_ms() + i64::from(HOUR) * 1000;
    for (key, shard) in &strange {
        let item = world.item(key);
        let due_at_ms = item["dueAt"].as_i64().unwrap();
        assert!((in_an_hour_ms - 60_000..=in_an_hour_ms).contains(&due_at_ms));
        let expected =
            json!({"orderId": key, "dueShard": shard, "dueAt": due_at_ms, "colour": "blue"});
        assert_eq!(item, expected);
    }
    // They are looked at again, and not before.
    world.reconcile_after(50 * MINUTE).await;
    assert_eq!(log.lines().len(), lines.len() + 1, "{}", log.text());
}

#[tokio::test]
async fn checkout_that_binance_does_not_know_is_not_taken_for_expired_before_a_day_has_passed() {
    let unknown = |world: &World, times| {
        let fault = refused_query("400202");
        world.sandbox.binance().fault(On::Query, times, fault);
    };
    let world = World::start().await;
    let (order_id, trade_no) = world.pending().await;
    world
        .sandbox
        .binance()
        .pay(&trade_no, Play::in_silence())
        .unwrap();

    unknown(&world, 2);
    for hours in [1, 23] {
        assert_eq!(
            world.reconcile_after(hours * HOUR).await,
            summary(1, 0, 0, 0)
        );
        assert_eq!(world.item(&order_id)["status"], "PENDING");
    }
    assert_eq!(world.reconcile_after(HOUR).await, summary(1, 1, 1, 0));
    assert_eq!(world.item(&order_id)["status"], "PAID");

    let world = World::start().await;
    let (order_id, _) = world.pending().await;
    unknown(&world, 2);
    assert_eq!(
        world.reconcile_after(24 * HOUR + 59 * MINUTE).await,
        summary(1, 0, 0, 0)
    );
    assert_eq!(world.reconcile_after(HOUR).await, summary(1, 1, 1, 0));
    assert_eq!(world.item(&order_id)["status"], "EXPIRED");
}

#[tokio::test]
async fn all_attempts_of_an_order_are_asked_about_side_by_side() {
    let world = World::start().await;
    let lost = Fault::LostAnswer;
    world.sandbox.binance().fault(On::Create, 12, lost);
    for _ in 0..4 {
        let headers = [("idempotency-key", "k")];
        let failed = world.create_with(&world.four_fields(), &headers).await;
        assert_eq!(failed.status, 500);
    }
    let slow = Fault::Slow { ms: 900 };
    world.sandbox.binance().fault(On::Query, 12, slow);

    assert_eq!(world.reconcile_after(5 * MINUTE).await, summary(1, 1, 1, 0));

    assert_eq!(asked_about(&world).len(), 12);
    assert_eq!(world.items()[0]["status"], "FAILED");
}

#[tokio::test]
async fn shard_with_more_than_a_page_is_read_to_its_end() {
    let world = World::start().await;
    let (order_id, _) = world.pending().await;
    let item = table::get(&world, &order_id).await;
    // In the same shard, and more than DynamoDB gives in one page.
    for number in 0..120 {
        let mut other = item.clone();
        other["orderId"]["S"] = json!(format!("{number:030x}"));
        table::put(&world, other).await;
    }

    let ran = world.reconcile_after(3 * MINUTE).await;

    assert_eq!((&ran["asked"], &ran["left"]), (&json!(121), &json!(0)));
}
