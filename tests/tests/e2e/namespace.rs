//! What makes the ids behind `Idempotency-Key`s a table's own: made once, the same for everybody, and told to nobody.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sandbox::dynamodb::StoreFault;
use serde_json::{Value, json};

use crate::idempotency::{assert_first, assert_replay, create};
use crate::log::Log;
use crate::mortal::post;
use crate::problem::{ours, problem};
use crate::signed::store_calls;
use crate::table;
use crate::world::{Answer, World};
use sandbox::gateway::Functions;

/// Another instance of the functions, at the same table.
fn another_instance(world: &World) -> Functions {
    let callback_url = format!("{}/binance-callback", world.url);
    Functions::new(&world.sandbox.settings(&callback_url))
}

/// The request of every test here, made to one instance.
async fn create_at(functions: &Functions, world: &World, key: &str) -> Answer {
    let headers = [
        ("x-mbx-apikey", world.sandbox.app_api_key()),
        ("content-type", "application/json"),
        ("idempotency-key", key),
    ];
    let event = post(
        functions,
        "/orders",
        &headers,
        &world.four_fields().to_string(),
    );
    let (parts, body) = functions.invoke(event).await.into_parts();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        text: String::from_utf8(body.as_ref().to_vec()).unwrap(),
    }
}

/// The bytes in the table.
async fn value(world: &World) -> Vec<u8> {
    let item = table::get(world, "namespace").await;
    let names: Vec<&String> = item.as_object().unwrap().keys().collect();
    assert_eq!(names, ["namespace", "orderId"]);
    let value = STANDARD.decode(item["namespace"]["B"].as_str().unwrap());
    value.unwrap()
}

#[tokio::test]
async fn key_names_the_same_order_at_every_instance_of_one_table() {
    let world = World::start().await;
    let first = create(&world, "k", &world.four_fields()).await;
    assert_first(&first);
    let made = value(&world).await;
    assert_eq!(made.len(), 32);

    let again = create_at(&another_instance(&world), &world, "k").await;

    assert_replay(&again, &first);
    assert_eq!(world.items().len(), 1);
    assert_eq!(value(&world).await, made);
}

#[tokio::test]
async fn key_names_another_order_in_another_table() {
    let (one, other) = (World::start().await, World::start().await);
    let mut ids = Vec::new();
    for world in [&one, &other] {
        let created = create(world, "k", &world.four_fields()).await;
        assert_first(&created);
        ids.push(created.text_of("orderId"));
    }
    assert_ne!(ids[0], ids[1]);
    assert_ne!(value(&one).await, value(&other).await);

    // Nor after the same table was lost.
    let lost = ids.remove(0);
    for key in [lost.as_str(), "namespace"] {
        table::delete(&one, key).await;
    }
    let created = create_at(&another_instance(&one), &one, "k").await;
    assert_first(&created);
    assert_ne!(created.text_of("orderId"), lost);
}

#[tokio::test]
async fn instances_that_begin_at_once_agree() {
    for _ in 0..8 {
        let world = World::start().await;
        let instances = [another_instance(&world), another_instance(&world)];
        let [one, two] = &instances;

        let (first, second) =
            tokio::join!(create_at(one, &world, "a"), create_at(two, &world, "b"));

        assert_first(&first);
        assert_first(&second);
        // Each knows what the other made.
        assert_replay(&create_at(two, &world, "a").await, &first);
        assert_replay(&create_at(one, &world, "b").await, &second);
        assert_eq!(world.items().len(), 2);
    }
}

#[tokio::test]
async fn value_is_shown_to_nobody() {
    let log = Log::start();
    let world = World::start().await;
    let created = create(&world, "k", &world.four_fields()).await;
    assert_first(&created);
    let id = created.text_of("orderId");
    let mut shown = log.text() + &created.text + &world.get(&id, &[]).await.text;
    let item = world.get("namespace", &[]).await;
    assert_eq!(item.text_of("code"), "ORDER_NOT_FOUND");
    shown += &item.text;
    let bytes = value(&world).await;

    // An item that cannot be read is named, and its value is not.
    table::put(
        &world,
        json!({"orderId": {"S": "namespace"}, "namespace": {"S": STANDARD.encode(&bytes)}}),
    )
    .await;
    let refused = create_at(&another_instance(&world), &world, "k").await;
    let detail = "the service is not set up";
    assert_eq!(problem(&refused, 503), ours("NOT_SET_UP", detail));
    let lines = log.lines();
    let errors: Vec<&Value> = lines
        .iter()
        .filter(|line| line["level"] == "ERROR")
        .map(|line| &line["cause"])
        .collect();
    assert_eq!(errors, ["the item `namespace` of the table cannot be read"]);
    shown += &(log.text() + &refused.text);

    let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    });
    let list = serde_json::to_string(&bytes).unwrap();
    for spelling in [STANDARD.encode(&bytes), hex.to_uppercase(), hex, list] {
        assert!(!shown.contains(&spelling), "{spelling} is in {shown}");
    }
}

#[tokio::test]
async fn without_a_key_it_is_not_needed() {
    let world = World::start().await;
    let fault = StoreFault::ServerError;
    world.sandbox.dynamodb().fault(Some("GetItem"), 99, fault);

    let created = world.create(&world.four_fields()).await;

    assert_first(&created);
    assert_eq!(store_calls(&world, "GetItem"), 0);
    let there = world.sandbox.dynamodb().item("namespace").unwrap();
    assert_eq!(there, None);
}

#[tokio::test]
async fn what_could_not_be_read_is_read_by_the_next_request() {
    let world = World::start().await;
    let fault = StoreFault::ServerError;
    world.sandbox.dynamodb().fault(Some("GetItem"), 99, fault);
    let refused = create(&world, "k", &world.four_fields()).await;
    assert_eq!(problem(&refused, 503)["code"], "TRY_AGAIN");
    assert_eq!(world.items(), Vec::<Value>::new());
    world.sandbox.dynamodb().clear_faults();

    let created = create(&world, "k", &world.four_fields()).await;

    assert_first(&created);
    let reads = store_calls(&world, "GetItem");
    assert_replay(&create(&world, "k", &world.four_fields()).await, &created);
    assert_eq!(store_calls(&world, "GetItem"), reads, "it is read once");
}
