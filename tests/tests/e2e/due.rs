//! What is due: the longest overdue first, whichever shard it is in, and nothing that one failure could hold up.

use std::collections::BTreeSet;
use std::time::Duration;

use sandbox::binance::{Fault, On, Play};
use sandbox::dynamodb::StoreFault;
use serde_json::{Value, json};

use crate::reconcile::{HOUR, MINUTE, asked_about, summary};
use crate::unverified::refused_query;
use crate::world::World;

/// Orders that reconcile-orders works on at the same time.
const CONCURRENCY: usize = 16;

/// So many orders, paid without a notification; each number has its own id, the same in every run of the test.
async fn paid_in_silence(world: &World, orders: usize) -> Vec<String> {
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
async fn longest_overdue_order_comes_first_whichever_shard_it_is_in() {
    let world = World::start().await;
    let trade_nos = paid_in_silence(&world, 48).await;

    world.reconcile_after(10 * MINUTE).await;

    for (turn, trade_no) in asked_about(&world).iter().enumerate() {
        let rank = trade_nos
            .iter()
            .position(|known| known == trade_no)
            .unwrap();
        assert!(rank <= turn + CONCURRENCY, "{rank} had turn {turn}");
    }
    assert_eq!(count(&world, "PAID"), 48);
}

#[tokio::test]
async fn shard_that_cannot_be_read_is_left_to_the_next_run() {
    let world = World::start().await;
    paid_in_silence(&world, 32).await;
    // The SDK tries three times: of eight shards at least five are away, and at least one is not.
    let dynamodb = world.sandbox.dynamodb();
    dynamodb.fault(Some("Query"), 21, StoreFault::ServerError);

    world.reconcile_after(10 * MINUTE).await;
    let found = count(&world, "PAID");
    assert!((1..32).contains(&found), "{found}");
    world.reconcile().await;

    assert_eq!(count(&world, "PAID"), 32);
}

#[tokio::test]
async fn run_that_can_read_no_shard_says_so() {
    let world = World::start().await;
    let dynamodb = world.sandbox.dynamodb();
    dynamodb.fault(Some("Query"), 24, StoreFault::ServerError);

    let failed = world.functions.reconcile(world.schedule()).await;

    let reason = failed.unwrap_err();
    assert!(
        reason.contains("the table of orders cannot be reached"),
        "{reason}"
    );
}

#[tokio::test]
async fn item_that_is_not_an_order_holds_nobody_up() {
    let world = World::start().await;
    let trade_nos = paid_in_silence(&world, 16).await;
    let order_id = &trade_nos[0][..30];
    let strange = |key: &str, shard: usize| {
        json!({
            "orderId": {"S": key},
            "dueShard": {"N": shard.to_string()},
            "dueAt": {"N": "1"},
        })
    };
    for shard in 0..8 {
        put(&world, strange(&format!("no order of ours {shard}"), shard)).await;
        // A key as ours are, and nothing behind it.
        let key = format!("{}{shard}", &order_id[..29]);
        if world.sandbox.dynamodb().item(&key).unwrap().is_none() {
            put(&world, strange(&key, shard)).await;
        }
    }

    world.reconcile_after(10 * MINUTE).await;

    assert_eq!(count(&world, "PAID"), 16);
}

/// Puts an item into the table, as somebody else would.
async fn put(world: &World, item: Value) {
    let settings = world.sandbox.settings("http://127.0.0.1/");
    let table = settings.iter().find(|(name, _)| name == "ORDERS_TABLE");
    let table = &table.unwrap().1;
    let request = sandbox::web::client(Duration::from_secs(5), false)
        .post(world.sandbox.dynamodb().url())
        .header("x-amz-target", "DynamoDB_20120810.PutItem")
        .header("content-type", "application/x-amz-json-1.0")
        .header("authorization", "AWS4-HMAC-SHA256 Credential=a/20261122/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=b")
        .header("x-amz-date", "20261122T000000Z")
        .body(json!({"TableName": table, "Item": item}).to_string());
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
}

#[tokio::test]
async fn checkout_that_binance_does_not_know_is_not_taken_for_expired_at_once() {
    let world = World::start().await;
    let (order_id, trade_no) = world.pending().await;
    world
        .sandbox
        .binance()
        .pay(&trade_no, Play::in_silence())
        .unwrap();
    let unknown = |times| {
        let fault = refused_query("400202");
        world.sandbox.binance().fault(On::Query, times, fault);
    };

    unknown(2);
    assert_eq!(
        world.reconcile_after(HOUR + MINUTE).await,
        summary(1, 0, 0, 0)
    );
    assert_eq!(world.reconcile_after(22 * HOUR).await, summary(1, 0, 0, 0));
    assert_eq!(world.item(&order_id)["status"], "PENDING");
    assert_eq!(world.reconcile_after(5 * MINUTE).await, summary(1, 1, 1, 0));
    assert_eq!(world.item(&order_id)["status"], "PAID");

    let (order_id, _) = world.pending().await;
    unknown(1);
    assert_eq!(world.reconcile_after(25 * HOUR).await, summary(1, 1, 1, 0));
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
