//! A notification is a hint: it changes an order by itself where it agrees with what Binance has told us, and is asked about
//! everywhere else.

use sandbox::binance::{Bend, BendOn, Fault, Forgery, On};
use serde_json::{Value, json};

use crate::alarms::raised;
use crate::log::Log;
use crate::reconcile::{HOUR, MINUTE, asked_about};
use crate::signed::{
    Opened, about, assert_acknowledged, assert_at_rest, binance_calls, deliver, open, pay,
    pay_silently, refused, signed, store_calls, told,
};
use crate::world::World;

const QUERY: &str = "/order/query";

/// Calls of DynamoDB, reads and writes, and of Binance.
fn calls(world: &World) -> [usize; 3] {
    [
        store_calls(world, "GetItem"),
        store_calls(world, "PutItem"),
        world.sandbox.binance().calls().len(),
    ]
}

#[tokio::test]
async fn settling_an_order_costs_one_read_and_two_writes_and_no_call_of_binance() {
    let world = World::start().await;
    // The first one fetches the certificates.
    let first = open(&world).await;
    pay(&world, &first).await;
    let [reads, writes, binance] = calls(&world);

    let order = open(&world).await;
    assert_eq!(calls(&world), [reads, writes + 2, binance + 1]);
    pay(&world, &order).await;

    assert_eq!(calls(&world), [reads + 1, writes + 4, binance + 1]);
    let item = world.item(&order.id);
    assert_eq!(item["status"], "PAID");
    assert_at_rest(&item);
}

/// What is told of `order` and is not so.
fn untrue(order: &Opened) -> [(&'static str, Forgery); 6] {
    let refund = |info: Value| Forgery {
        biz_type: Some("PAY_REFUND".to_owned()),
        biz_status: Some("REFUND_SUCCESS".to_owned()),
        data: Some(json!({
            "merchantTradeNo": order.trade_no,
            "totalFee": 1.000_200_04,
            "currency": "USDT",
            "refundInfo": info,
        })),
        ..about(order)
    };
    let payment = |data: Value| Forgery {
        data: Some(data),
        ..about(order)
    };
    let prepay_id = &order.prepay_id;
    [
        (
            "another amount",
            payment(json!({"merchantTradeNo": order.trade_no, "totalFee": 2, "currency": "USDT"})),
        ),
        (
            "another currency",
            payment(
                json!({"merchantTradeNo": order.trade_no, "totalFee": "1.00020004", "currency": "BNB"}),
            ),
        ),
        (
            "no amount",
            payment(json!({"merchantTradeNo": order.trade_no, "currency": "USDT"})),
        ),
        (
            "a refund without a payment",
            refund(json!({"prepayId": prepay_id, "refundedAmount": "1"})),
        ),
        (
            "a refund that does not name its checkout",
            refund(json!({"refundedAmount": "1"})),
        ),
        (
            "a refund without its total",
            refund(json!({"prepayId": prepay_id})),
        ),
    ]
}

#[tokio::test]
async fn hint_that_names_our_checkout_and_is_not_confirmed_raises_an_alarm_after_two_askings() {
    for case in 0..6 {
        let world = World::start().await;
        let order = open(&world).await;
        let (what, forgery) = untrue(&order)[case].clone();
        let notification = signed(&world, forgery).await;
        let before = world.shown(&order.id).await;

        assert_acknowledged(&deliver(&world, &notification).await);

        assert_eq!(asked_about(&world), [order.trade_no.as_str()], "{what}");
        assert_eq!(world.shown(&order.id).await, before, "{what}");
        let log = Log::start();

        assert_eq!(world.reconcile_after(MINUTE).await["asked"], 1, "{what}");

        assert_eq!(raised(&log), ["notification.unconfirmed"], "{what}");
        let lines = log.lines();
        let alarm = lines.iter().find(|line| !line["alarm"].is_null()).unwrap();
        assert_eq!(
            (&alarm["level"], &alarm["trade_no"]),
            (&json!("ERROR"), &json!(order.trade_no)),
            "{what}"
        );
        assert_eq!(world.shown(&order.id).await, before, "{what}");
        assert_eq!(world.item(&order.id).get("report"), None, "{what}");
        assert_eq!(
            world.reconcile_after(MINUTE / 2).await["asked"],
            0,
            "{what}"
        );
        assert_eq!(told(&world), []);
    }
}

#[tokio::test]
async fn payment_told_otherwise_than_agreed_is_paid_where_binance_confirms_it() {
    let world = World::start().await;
    for case in 0..3 {
        let order = open(&world).await;
        let (what, forgery) = untrue(&order)[case].clone();
        pay_silently(&world, &order);
        let notification = signed(&world, forgery).await;
        let asked = binance_calls(&world, QUERY);
        let log = Log::start();

        assert_acknowledged(&deliver(&world, &notification).await);

        assert_eq!(binance_calls(&world, QUERY), asked + 1, "{what}");
        let item = world.item(&order.id);
        assert_eq!(item["status"], "PAID", "{what}");
        assert_eq!(item["history"][2]["cause"], "query", "{what}");
        assert_at_rest(&item);
        assert!(!raised(&log).contains(&"notification.unconfirmed".to_owned()));
    }
}

#[tokio::test]
async fn report_that_binance_never_confirms_is_not_asked_about_for_ever() {
    let world = World::start().await;
    let order = open(&world).await;
    let data = json!({
        "merchantTradeNo": order.trade_no,
        "refundInfo": {"refundedAmount": "1.00020004"},
    });
    let forgery = Forgery {
        biz_type: Some("PAY_REFUND".to_owned()),
        biz_status: Some("REFUND_SUCCESS".to_owned()),
        data: Some(data),
        ..about(&order)
    };
    let refund = signed(&world, forgery).await;
    assert_acknowledged(&deliver(&world, &refund).await);

    let log = Log::start();
    let mut asked = Vec::new();
    for day in 1..=30 {
        if world.reconcile_after(24 * HOUR).await["asked"] == 1 {
            asked.push(day);
        }
    }

    // With the first step of `PENDING`, which ends it, and then at those of `EXPIRED`.
    assert_eq!(asked, [1, 2, 8]);
    // That the order expired meanwhile says nothing about a refund.
    assert_eq!(raised(&log), ["notification.unconfirmed"]);
    assert_eq!(world.item(&order.id)["status"], "EXPIRED");
}

#[tokio::test]
async fn question_keeps_the_notification_waiting_for_three_seconds_at_most() {
    let world = World::start().await;
    for fault in [Fault::Slow { ms: 9_000 }, Fault::Http500] {
        let order = open(&world).await;
        pay_silently(&world, &order);
        let forgery = Forgery {
            biz_id: Some("111111111111111111".to_owned()),
            ..about(&order)
        };
        let notification = signed(&world, forgery).await;
        world.sandbox.binance().fault(On::Query, 99, fault.clone());
        let began_ms = sandbox::clock::now_ms();

        assert_acknowledged(&deliver(&world, &notification).await);

        let took_ms = sandbox::clock::now_ms() - began_ms;
        assert!(took_ms < 4_000, "{fault:?} {took_ms}");
        let item = world.item(&order.id);
        assert_eq!(item["status"], "PENDING");
        assert_eq!(item["dueAt"], item["report"]["atMs"]);
        world.sandbox.binance().clear_faults();
    }
    world.reconcile_after(MINUTE).await;
    assert!(world.items().iter().all(|item| item["status"] == "PAID"));
}

#[tokio::test]
async fn second_asking_without_an_answer_is_made_up_for_less_and_less_often() {
    let world = World::start().await;
    let order = open(&world).await;
    pay(&world, &order).await;
    let forgery = Forgery {
        biz_id: Some("111111111111111111".to_owned()),
        ..about(&order)
    };
    let notification = signed(&world, forgery).await;
    assert_acknowledged(&deliver(&world, &notification).await);
    // An answer, and none that tells anything.
    let binance = world.sandbox.binance();
    binance.fault(On::Query, 999, refused("400001"));

    let mut asked = Vec::new();
    for minute in 1..=240 {
        if world.reconcile_after(MINUTE).await["asked"] == 1 {
            asked.push(minute);
        }
    }

    let waits: Vec<i32> = asked.windows(2).map(|two| two[1] - two[0]).collect();
    assert_eq!(asked[0], 1);
    // In minutes; what the runs took themselves can make one more of it.
    assert_eq!(waits.len(), 6, "{waits:?}");
    for (wait, expected) in waits.into_iter().zip([5, 10, 20, 40, 60, 60]) {
        assert!(
            (expected..=expected + 1).contains(&wait),
            "{wait} {expected}"
        );
    }
    binance.clear_faults();
    world.reconcile_after(HOUR).await;
    assert_eq!(world.item(&order.id).get("report"), None);
}

#[tokio::test]
async fn what_cannot_be_read_of_anothers_payment_is_no_alarm() {
    let world = World::start().await;
    let order = open(&world).await;
    let binance = world.sandbox.binance();
    binance.bend(Bend::set(BendOn::Notification, "/bizIdStr", r#""1""#));
    binance.bend(Bend::set(
        BendOn::Notification,
        "/data/totalFee",
        r#""much""#,
    ));
    let notification = signed(&world, about(&order)).await;
    let played: Vec<u32> = binance.bends().iter().map(|bend| bend.played).collect();
    assert_eq!(played, [1, 1]);
    let log = Log::start();

    assert_acknowledged(&deliver(&world, &notification).await);

    assert_eq!(asked_about(&world), [order.trade_no.as_str()]);
    let lines = log.lines();
    let is_error = |line: &Value| line["level"] == "ERROR";
    assert!(!lines.iter().any(is_error), "{lines:#?}");
}
