//! The index `reference`, and the table behind it, where they are not as this version would have them.

use sandbox::binance::Play;
use sandbox::dynamodb::StoreFault;
use serde_json::json;

use crate::find_by_reference::ids;
use crate::log::Log;
use crate::reconcile::summary;
use crate::signed::{open, pay_as, pay_silently};
use crate::table;
use crate::world::World;

#[tokio::test]
async fn item_that_cannot_be_read_hides_no_other_and_calls_the_operator() {
    let world = World::start().await;
    let first = world.named("r").await["orderId"].clone();
    let bad = world.named("r").await["orderId"].clone();
    let bad = bad.as_str().unwrap();
    let last = world.named("r").await["orderId"].clone();
    let mut item = table::get(&world, bad).await;
    item["status"] = json!({"S": "A_STATUS_OF_THE_NEXT_VERSION"});
    table::put(&world, item).await;
    let log = Log::start();

    let found = world.found("r").await;

    assert_eq!(
        (ids(&found), &found["more"]),
        (
            vec![last.as_str().unwrap(), first.as_str().unwrap()],
            &json!(false)
        )
    );
    let lines = log.lines();
    let mut alarms = lines.iter().filter(|line| line["level"] == "ERROR");
    let alarm = alarms.next().unwrap();
    assert_eq!(
        (&alarm["alarm"], &alarm["order.id"]),
        (&json!("item.unreadable"), &json!(bad))
    );
    assert_eq!(alarms.next(), None);
}

#[tokio::test]
async fn order_of_an_earlier_version_is_found_once_it_is_written_again() {
    let world = World::start().await;
    let created = world.named("r").await;
    let id = created["orderId"].as_str().unwrap();
    let mut item = table::get(&world, id).await;
    item.as_object_mut().unwrap().remove("reference").unwrap();
    table::put(&world, item).await;
    assert_eq!(ids(&world.found("r").await), Vec::<&str>::new());

    let trade_no = created["merchantTradeNo"].as_str().unwrap();
    pay_as(&world, trade_no, Play::default()).await;

    assert_eq!(ids(&world.found("r").await), [id]);
}

#[tokio::test]
async fn table_that_cannot_be_read_is_a_fault_and_no_empty_list() {
    let world = World::start().await;
    world.named("r").await;
    for (operation, fault, code) in [
        ("Query", StoreFault::ServerError, "TRY_AGAIN"),
        ("BatchGetItem", StoreFault::ServerError, "TRY_AGAIN"),
        ("Query", StoreFault::Denied, "NOT_SET_UP"),
        ("BatchGetItem", StoreFault::Denied, "NOT_SET_UP"),
    ] {
        let dynamodb = world.sandbox.dynamodb();
        dynamodb.fault(Some(operation), 9, fault);

        let answer = world.find("?reference=r").await;

        assert_eq!(
            (answer.status, answer.text_of("code")),
            (503, code.to_owned()),
            "{operation}"
        );
        dynamodb.clear_faults();
    }
}

#[tokio::test]
async fn table_without_the_index_does_all_else_and_each_run_calls_the_operator() {
    let world = World::start().await;
    let delete = json!({"Delete": {"IndexName": "reference"}});
    let update = json!({"GlobalSecondaryIndexUpdates": [delete]});
    table::ask(&world, "UpdateTable", update).await;
    world.named("r").await;
    let order = open(&world).await;
    pay_silently(&world, &order);
    let log = Log::start();

    let ran = world.reconcile_after(120).await;

    assert_eq!(ran, summary(2, 1, 1, 0));
    let lines = log.lines();
    let mut errors = lines.iter().filter(|line| line["level"] == "ERROR");
    let error = errors.next().unwrap();
    let message = "an operator must act: the table, or its index reference, cannot be read";
    assert_eq!(
        (&error["alarm"], &error["message"]),
        (&json!("store.unusable"), &json!(message))
    );
    assert_eq!(errors.next(), None);
    let answer = world.find("?reference=r").await;
    assert_eq!(
        (answer.status, answer.text_of("code")),
        (503, "NOT_SET_UP".to_owned())
    );
}
