//! Money without an order: a payment for a number of our form that the table does not have, and an answer about money that is
//! older than the order.

use aws_sdk_dynamodb::types::AttributeValue;
use sandbox::binance::{Bend, BendOn, Fault, On};
use serde_json::{Value, json};

use crate::alarms::raised;
use crate::log::Log;
use crate::signed::{
    Opened, Signed, about, assert_acknowledged, assert_fails, binance_calls, deliver, open,
    pay_silently, refused, signed, signed_body, store_calls, told,
};
use crate::world::World;

const QUERY: &str = "/order/query";
const UNKNOWN: &str = "order.unknown";
const CANNOT_ASK: &str = "no such order, and Binance cannot be asked about it just now";

/// An order that Binance has and the table has lost, and the notification that it was paid.
async fn lost(world: &World, is_paid: bool) -> (Opened, Signed) {
    let order = open(world).await;
    if is_paid {
        pay_silently(world, &order);
    }
    let payment = signed(world, about(&order)).await;
    let request = world.sandbox.dynamodb().client().delete_item();
    let request = request
        .table_name("orders")
        .key("orderId", AttributeValue::S(order.id.clone()));
    request.send().await.unwrap();
    (order, payment)
}

/// A payment of any number.
async fn payment_of(world: &World, trade_no: &str) -> Signed {
    let data = json!({"merchantTradeNo": trade_no, "totalFee": 1.5, "currency": "USDT"});
    let body = json!({
        "bizType": "PAY",
        "data": data.to_string(),
        "bizIdStr": "111",
        "bizId": 111,
        "bizStatus": "PAY_SUCCESS",
    });
    signed_body(world, body.to_string()).await
}

/// Nothing was written and nobody told.
#[track_caller]
fn assert_unwritten(world: &World, items: &[Value], puts: usize) {
    assert_eq!(world.items(), items);
    assert_eq!(store_calls(world, "PutItem"), puts);
    assert_eq!(told(world), []);
}

/// The one line that a person is to read, or nobody.
#[track_caller]
fn assert_logged(log: &Log, level: &str, trade_no: &str) {
    let lines = log.lines();
    let is_told = |line: &&Value| line["trade_no"] == trade_no && line["level"] != "INFO";
    let line = lines.iter().find(is_told);
    let line = line.unwrap_or_else(|| panic!("nothing about {trade_no} in {lines:#?}"));
    assert_eq!(line["level"], level, "{line}");
    let errors = lines.iter().filter(|line| line["level"] == "ERROR").count();
    assert_eq!(errors, usize::from(level == "ERROR"), "{lines:#?}");
}

#[tokio::test]
async fn payment_that_binance_confirms_and_the_table_does_not_know_raises_an_alarm() {
    let world = World::start().await;
    let (order, payment) = lost(&world, true).await;
    let (items, puts) = (world.items(), store_calls(&world, "PutItem"));
    let log = Log::start();

    assert_acknowledged(&deliver(&world, &payment).await);

    assert_eq!(raised(&log), [UNKNOWN]);
    assert_logged(&log, "ERROR", &order.trade_no);
    assert_eq!(binance_calls(&world, QUERY), 1);
    assert_unwritten(&world, &items, puts);
}

#[tokio::test]
async fn payment_that_binance_does_not_confirm_is_acknowledged_and_no_alarm() {
    for is_known in [true, false] {
        let world = World::start().await;
        let (trade_no, payment) = if is_known {
            let (order, payment) = lost(&world, false).await;
            (order.trade_no, payment)
        } else {
            let trade_no = "755f2a5bdc42444991b08124eda15638";
            (trade_no.to_owned(), payment_of(&world, trade_no).await)
        };
        let (items, puts) = (world.items(), store_calls(&world, "PutItem"));
        let log = Log::start();

        assert_acknowledged(&deliver(&world, &payment).await);

        assert_logged(&log, "WARN", &trade_no);
        assert_eq!(binance_calls(&world, QUERY), 1);
        assert_unwritten(&world, &items, puts);
    }
}

#[tokio::test]
async fn payment_without_an_order_is_repeated_by_binance_until_it_can_be_asked_about() {
    let world = World::start().await;
    let (order, payment) = lost(&world, true).await;
    let binance = world.sandbox.binance();
    // An answer, and none of the four that say how a payment stands.
    binance.fault(On::Query, 1, refused("400001"));
    let log = Log::start();

    assert_fails(&deliver(&world, &payment).await, 500, CANNOT_ASK);
    // Once a second.
    assert_fails(&deliver(&world, &payment).await, 500, CANNOT_ASK);

    assert_eq!(binance_calls(&world, QUERY), 1);
    assert_eq!(raised(&log), Vec::<String>::new());
    tokio::time::sleep(std::time::Duration::from_millis(1_050)).await;
    binance.fault(On::Query, 99, Fault::Http500);
    assert_fails(&deliver(&world, &payment).await, 500, CANNOT_ASK);
    binance.clear_faults();
    tokio::time::sleep(std::time::Duration::from_millis(1_050)).await;
    assert_acknowledged(&deliver(&world, &payment).await);
    assert_eq!(raised(&log), [UNKNOWN]);
    let lines = log.lines();
    assert!(lines.iter().any(|line| line["trade_no"] == order.trade_no));
}

#[tokio::test]
async fn payment_for_an_attempt_that_was_never_made_is_asked_about() {
    for is_paid in [false, true] {
        let world = World::start().await;
        let order = open(&world).await;
        let never_made = format!("{}07", order.id);
        let payment = payment_of(&world, &never_made).await;
        if is_paid {
            let answer = json!({"status": "SUCCESS", "code": "000000", "data": {
                "merchantTradeNo": never_made,
                "prepayId": "111",
                "orderAmount": "1.5",
                "currency": "USDT",
                "status": "PAID",
                "createTime": world.sandbox.binance().now_ms(),
            }});
            let bend = Bend::body(BendOn::Query, &answer.to_string());
            world.sandbox.binance().bend(bend);
        }
        let (items, puts) = (world.items(), store_calls(&world, "PutItem"));
        let log = Log::start();

        assert_acknowledged(&deliver(&world, &payment).await);

        assert_logged(&log, if is_paid { "ERROR" } else { "WARN" }, &never_made);
        assert_unwritten(&world, &items, puts);
    }
}

#[tokio::test]
async fn close_or_refund_without_an_order_is_acknowledged_and_costs_no_question() {
    let world = World::start().await;
    let (_, payment) = lost(&world, true).await;
    for [kind, status] in [["PAY", "PAY_CLOSED"], ["PAY_REFUND", "REFUND_SUCCESS"]] {
        let body = payment.body.replace("PAY_SUCCESS", status);
        let body = body.replace(r#""bizType":"PAY""#, &format!(r#""bizType":"{kind}""#));
        let notification = signed_body(&world, body).await;

        assert_acknowledged(&deliver(&world, &notification).await);
    }
    assert_eq!(binance_calls(&world, QUERY), 0);
}

#[tokio::test]
async fn payment_made_before_its_attempt_began_is_money_without_an_order() {
    let world = World::start().await;
    let binance = world.sandbox.binance();
    binance.fault(On::Create, 1, Fault::LostAnswer);
    let second = open(&world).await;
    let first = Opened {
        trade_no: format!("{}01", second.id),
        ..second
    };
    pay_silently(&world, &first);
    let began_ms = world.item(&first.id)["attempts"][0]["startedAtMs"].as_i64();
    let too_early = (began_ms.unwrap() - 1_001).to_string();
    binance.bend(Bend::set(BendOn::Query, "/data/createTime", &too_early).once());
    let payment = signed(&world, about(&first)).await;
    let before = world.shown(&first.id).await;
    let log = Log::start();

    assert_acknowledged(&deliver(&world, &payment).await);

    assert_eq!(raised(&log), [UNKNOWN]);
    assert_eq!(world.shown(&first.id).await, before);
    assert_eq!(told(&world), []);
    // A second is what clocks may differ.
    let early = (began_ms.unwrap() - 1_000).to_string();
    binance.bend(Bend::set(BendOn::Query, "/data/createTime", &early));
    world.reconcile_after(60).await;
    assert_eq!(world.item(&first.id)["status"], "PAID");
}
