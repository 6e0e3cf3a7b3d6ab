//! Each field of Binance's answer to a question missing, null, of another type, twice: the order is paid as without the
//! change, or nothing is learned and a person is told which field cannot be read.

use sandbox::binance::{Bend, BendOn, Change};
use serde_json::{Value, json};

use crate::bent_notifications::{changes, is_same};
use crate::log::Log;
use crate::signed::{Opened, binance_calls, history, open, pay_silently, told_of};
use crate::world::World;

/// A paid order of which no notification came, asked about once; the alarms raised.
async fn asked_with(world: &World, bend: Bend) -> (Opened, Vec<Value>) {
    let order = open(world).await;
    pay_silently(world, &order);
    let binance = world.sandbox.binance();
    let case = format!("{bend:?}");
    binance.bend(bend);
    let asked = binance_calls(world, "/order/query");
    let log = Log::start();

    let ran = world.functions.reconcile(json!({"ask": order.id})).await;

    assert!(ran.is_ok(), "{case}");
    assert_eq!(binance_calls(world, "/order/query"), asked + 1, "{case}");
    assert_eq!(binance.bends()[0].played, 1, "{case}");
    binance.clear_bends();
    let errors = log.lines().into_iter();
    let errors = errors.filter(|line| line["level"] == "ERROR");
    (order, errors.collect())
}

/// The order is paid, once, with the money that Binance has, and nobody is alarmed.
async fn assert_paid(world: &World, (order, alarms): (Opened, Vec<Value>), case: &str) {
    assert_eq!(alarms, Vec::<Value>::new(), "{case}");
    let shown = world.shown(&order.id).await;
    assert_eq!(
        (&shown["status"], &shown["late"]),
        (&json!("PAID"), &json!(false)),
        "{case}"
    );
    assert_eq!(shown["payments"].as_array().unwrap().len(), 1, "{case}");
    let payment = &shown["payments"][0];
    assert_eq!(
        (
            &payment["amount"],
            &payment["currency"],
            &payment["refundedAmount"]
        ),
        (&json!("1.00020004"), &json!("USDT"), &json!("0")),
        "{case}"
    );
    assert_eq!(told_of(world, &order).len(), 1, "{case}");
}

/// Nothing was learned, and one line tells of which order which field cannot be read.
fn assert_unreadable(
    world: &World,
    (order, alarms): &(Opened, Vec<Value>),
    field: &str,
    case: &str,
) {
    let item = world.item(&order.id);
    assert_eq!(history(&item), ["CREATED", "PENDING"], "{case}");
    assert_eq!(item["attempts"][0].get("payment"), None, "{case}");
    assert_eq!(told_of(world, order), [], "{case}");
    let named: Vec<_> = alarms
        .iter()
        .map(|line| {
            [
                &line["alarm"],
                &line["trade_no"],
                &line["call"],
                &line["field"],
            ]
        })
        .collect();
    let expected = [
        json!("binance.unreadable"),
        json!(order.trade_no),
        json!("query order"),
        json!(field),
    ];
    assert_eq!(named, [expected.each_ref()], "{case}");
}

#[tokio::test]
async fn field_that_decides_nothing_may_be_anything() {
    let world = World::start().await;
    for path in [
        "/data/merchantId",
        "/data/transactionId",
        "/data/openUserId",
        "/data/passThroughInfo",
        "/data/commission",
        "/data/transactTime",
        "/data/createTime",
        "/data/paymentInfo",
        "/data/paymentInfo/paymentInstructions/0/amount",
        "/data/somethingNew",
        "/errorMessage",
    ] {
        for change in changes() {
            let is_new = path.ends_with("New") || path == "/errorMessage";
            if is_new && !matches!(change, Change::Set(_)) {
                continue;
            }
            let case = format!("{path} {change:?}");
            let asked = asked_with(&world, Bend::new(BendOn::Query, path, change)).await;
            assert_paid(&world, asked, &case).await;
        }
    }
}

#[tokio::test]
async fn time_may_be_written_in_any_notation_and_is_left_out_where_it_cannot_be_meant() {
    let world = World::start().await;
    let now_ms = world.sandbox.binance().now_ms();
    let far = now_ms + 100 * 24 * 60 * 60_000;
    for (json, is_meant) in [
        (format!("{now_ms}.0"), true),
        (format!("\"{now_ms}\""), true),
        (format!("{now_ms}E0"), true),
        (format!("\"{}\"", now_ms / 1_000), false),
        (far.to_string(), false),
        ("0".to_owned(), false),
    ] {
        let began_ms = sandbox::clock::now_ms();
        let bend = Bend::set(BendOn::Query, "/data/transactTime", &json);
        let asked = asked_with(&world, bend).await;
        let item = world.item(&asked.0.id);
        let paid_at_ms = item["attempts"][0]["payment"]["paidAtMs"].as_i64().unwrap();
        if is_meant {
            assert_eq!(paid_at_ms, now_ms, "{json}");
        } else {
            assert!(paid_at_ms >= began_ms, "{json}: {paid_at_ms}");
        }
        assert_paid(&world, asked, &json).await;
    }
}

#[tokio::test]
async fn field_that_decides_and_cannot_be_read_is_named_in_an_alarm_and_changes_nothing() {
    let world = World::start().await;
    for (path, field) in [
        ("/data", "data"),
        ("/data/prepayId", "prepayId"),
        ("/data/orderAmount", "orderAmount"),
        ("/data/currency", "currency"),
        ("/data/status", "status"),
        ("/data/merchantTradeNo", "merchantTradeNo"),
    ] {
        let other_currency = Change::Set(r#""BNB""#.to_owned());
        let more = (field == "currency").then_some(other_currency);
        for change in changes().into_iter().chain(more) {
            let readable: &[&str] = match field {
                // Another checkout, amount and currency: the payment is in dispute.
                "prepayId" => &["1", r#""x""#],
                "orderAmount" => &["1"],
                "currency" => &[r#""BNB""#],
                "merchantTradeNo" => &["null"],
                _ => &[],
            };
            let case = format!("{path} {change:?}");
            let is_readable = match &change {
                Change::Set(json) => readable.contains(&json.as_str()),
                Change::Remove => field == "merchantTradeNo",
                Change::Twice | Change::Quote => true,
                Change::Body(_) => false,
            };
            let is_said = is_same(&change);
            let asked = asked_with(&world, Bend::new(BendOn::Query, path, change)).await;
            if !is_readable {
                // Of data that is an object, the first field that it lacks is named.
                let is_object = field == "data" && case.contains('{');
                let field = if is_object { "prepayId" } else { field };
                assert_unreadable(&world, &asked, field, &case);
            } else if is_said || field == "merchantTradeNo" {
                assert_paid(&world, asked, &case).await;
            } else {
                assert_eq!(world.item(&asked.0.id)["status"], "DISPUTED", "{case}");
            }
        }
    }
}

#[tokio::test]
async fn answer_about_another_number_or_in_another_status_is_not_believed() {
    let world = World::start().await;
    for (path, json, field) in [
        (
            "/data/merchantTradeNo",
            r#""755f2a5bdc42444991b08124eda15638""#,
            "merchantTradeNo",
        ),
        ("/data/status", r#""PAYED""#, "status"),
        ("/code", r#""000001""#, "code"),
    ] {
        let asked = asked_with(&world, Bend::set(BendOn::Query, path, json)).await;
        assert_unreadable(&world, &asked, field, json);
    }
}

#[tokio::test]
async fn success_may_say_so_by_its_status_or_by_its_code() {
    let world = World::start().await;
    for (path, change) in [
        ("/status", Change::Remove),
        ("/status", Change::Set("null".to_owned())),
        ("/status", Change::Set("1".to_owned())),
        ("/status", Change::Set(r#""success""#.to_owned())),
        ("/status", Change::Twice),
        ("/code", Change::Remove),
        ("/code", Change::Set("null".to_owned())),
        ("/code", Change::Set("0".to_owned())),
        ("/code", Change::Twice),
    ] {
        let case = format!("{path} {change:?}");
        let asked = asked_with(&world, Bend::new(BendOn::Query, path, change)).await;
        assert_paid(&world, asked, &case).await;
    }
}

#[tokio::test]
async fn answer_may_be_long_and_not_endless() {
    let world = World::start().await;
    for (length, status) in [(200_000, "PAID"), (300_000, "PENDING")] {
        let long = format!("\"{}\"", "x".repeat(length));
        let order = open(&world).await;
        pay_silently(&world, &order);
        let bend = Bend::set(BendOn::Query, "/data/openUserId", &long);
        world.sandbox.binance().bend(bend);
        let ran = world.functions.reconcile(json!({"ask": order.id})).await;
        world.sandbox.binance().clear_bends();
        assert!(ran.is_ok(), "{length}");
        assert_eq!(world.item(&order.id)["status"], status, "{length}");
    }
}
