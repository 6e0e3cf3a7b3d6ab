//! Each field of what Binance says of a refund missing, null, of another type, twice: the refund ends as without the change,
//! at once or when it is asked about again, and is never sent twice.

use sandbox::binance::{Bend, BendOn, Change, Play};
use serde_json::{Value, json};

use crate::bent_notifications::{changes, is_same};
use crate::giving_back::{
    acknowledged, assert_refund, deaf, paid, paid_unheard, pends, refunds_of, sent_and_asked,
};
use crate::log::Log;
use crate::reconcile::MINUTE;
use crate::signed::{Opened, told_of};
use crate::world::World;

/// Some of the changes: of those that are alike, one. An amount that can be read is what Binance says, so that is none.
fn some_changes() -> Vec<Change> {
    let values = ["null", r#""x""#, "{}", "-1"];
    let mut changes: Vec<Change> = values.map(|json| Change::Set(json.to_owned())).into();
    changes.extend([Change::Remove, Change::Quote]);
    changes
}

/// A part is asked for while the answers are bent, and sent once; the order, the status answered, and the alarms raised, each
/// with the field that it names.
async fn refund_with(world: &World, bends: &[Bend]) -> (Opened, String, Vec<[Value; 2]>) {
    let order = paid_unheard(world).await;
    let [sent, asked] = sent_and_asked(world);
    let case = format!("{bends:?}");
    let binance = world.sandbox.binance();
    for bend in bends {
        binance.bend(bend.clone());
    }
    let log = Log::start();

    let body = json!({"amount": "0.4"});
    let answer = world.refund(&order.id, "k", &body).await;

    let played = binance.bends();
    assert!(played.iter().all(|bend| bend.played == 1), "{case}");
    binance.clear_bends();
    let status = answer.json()["status"].as_str().unwrap().to_owned();
    assert_refund(&answer, &order, [&status, "0.4"], None);
    assert_eq!(sent_and_asked(world), [sent + 1, asked + 1], "{case}");
    let errors = log.lines().into_iter();
    let errors = errors.filter(|line| line["level"] == "ERROR");
    let named = errors.map(|line| ["alarm", "field"].map(|name| line[name].clone()));
    (order, status, named.collect())
}

/// Each of `orders` has given its part back, once, and LeadsCalendar knows, after some time.
async fn assert_given_back(world: &World, orders: &[Opened]) {
    world.reconcile_after(MINUTE).await;
    world.reconcile_after(4 * MINUTE).await;
    world.reconcile_after(15 * MINUTE).await;
    for order in orders {
        assert_eq!(refunds_of(world, order).await, [["SUCCEEDED", "0.4"]]);
        let shown = world.shown(&order.id).await;
        assert_eq!(
            [&shown["refundedAmount"], &shown["refundable"]],
            ["0.4", "0.60020004"]
        );
        let told = told_of(world, order).into_iter();
        let kinds: Vec<_> = told.map(|(_, kind, _)| kind).collect();
        assert_eq!(kinds, ["order.paid", "order.refunded"]);
    }
    let refunds = world.sandbox.binance().refunds();
    assert_eq!(refunds.len(), orders.len());
}

#[tokio::test]
async fn field_that_decides_nothing_of_a_refund_may_be_anything() {
    for on in [BendOn::Refund, BendOn::RefundQuery] {
        let world = deaf().await;
        let mut orders = Vec::new();
        for change in changes() {
            // All at once; an amount that can be read is what Binance says.
            let amounts = ["/data/refundAmount", "/data/refundedAmount"];
            let is_amount = change == Change::Set("1".to_owned());
            let others = [
                "/data/refundId",
                "/data/prepayId",
                "/data/orderAmount",
                "/data/remainingAttempts",
                "/data/payerOpenId",
            ];
            let amounts = amounts.iter().filter(|_| !is_amount);
            let paths = others.iter().chain(amounts);
            let bends: Vec<_> = paths
                .map(|path| Bend::new(on, path, change.clone()))
                .collect();
            let (order, status, alarms) = refund_with(&world, &bends).await;
            let expected = ("SUCCEEDED", vec![]);
            assert_eq!((status.as_str(), alarms), expected, "{bends:?}");
            orders.push(order);
        }
        assert_given_back(&world, &orders).await;
    }
}

#[tokio::test]
async fn answer_that_names_another_refund_or_cannot_be_read_is_asked_about() {
    let world = deaf().await;
    let mut orders = Vec::new();
    let mut alarmed = 0;
    for path in ["/data/refundRequestId", "/data", "/code", "/status"] {
        for change in some_changes() {
            let bend = Bend::new(BendOn::Refund, path, change);
            let (order, status, alarms) = refund_with(&world, &[bend]).await;
            // The question, whose answer can be read, tells.
            assert_eq!(status, "SUCCEEDED");
            alarmed += alarms.len();
            orders.push(order);
        }
    }
    for body in ["", "<html>", "[]", "null", "{", "{}"] {
        let (order, status, _) = refund_with(&world, &[Bend::body(BendOn::Refund, body)]).await;
        assert_eq!(status, "SUCCEEDED", "{body}");
        orders.push(order);
    }
    assert!(alarmed > 2, "{alarmed}");
    assert_given_back(&world, &orders).await;
}

#[tokio::test]
async fn status_or_id_that_cannot_be_read_leaves_the_refund_undecided_and_calls_the_operator() {
    let world = deaf().await;
    let mut orders = Vec::new();
    for field in ["refundStatus", "refundRequestId"] {
        let maybe = Change::Set("\"REFUND_MAYBE\"".to_owned());
        for change in changes().into_iter().chain([maybe]) {
            let is_left_out = [Change::Remove, Change::Set("null".to_owned())].contains(&change);
            let is_silent = field == "refundRequestId" && is_left_out;
            let is_read = is_same(&change) || is_silent;
            let bend = Bend::new(BendOn::RefundQuery, &format!("/data/{field}"), change);
            let case = format!("{bend:?}");
            let (order, status, alarms) = refund_with(&world, &[bend]).await;
            let unreadable = ["binance.unreadable", field].map(Value::from);
            let expected = if is_read {
                ("SUCCEEDED", vec![])
            } else {
                ("PENDING", vec![unreadable])
            };
            assert_eq!((status.as_str(), alarms), expected, "{case}");
            orders.push(order);
        }
    }
    assert_given_back(&world, &orders).await;
}

#[tokio::test]
async fn notification_of_a_refund_may_lack_any_field_and_the_refund_ends_all_the_same() {
    let world = World::start().await;
    let mut orders = Vec::new();
    for path in [
        "/data/refundInfo",
        "/data/refundInfo/refundRequestId",
        "/data/refundInfo/prepayId",
        "/data/refundInfo/refundedAmount",
        "/data/refundInfo/refundAmount",
        "/data/currency",
    ] {
        for change in some_changes() {
            let order = paid(&world).await;
            pends(&world);
            let body = json!({"amount": "0.4"});
            let answer = world.refund(&order.id, "k", &body).await;
            let id = assert_refund(&answer, &order, ["PENDING", "0.4"], None);
            let binance = world.sandbox.binance();
            binance.bend(Bend::new(BendOn::Notification, path, change));
            let before = binance.deliveries().len();
            binance.succeed_refund(&id, Play::default()).unwrap();
            acknowledged(&world, before + 1).await;
            binance.clear_bends();
            orders.push(order);
        }
    }
    assert_given_back(&world, &orders).await;
}
