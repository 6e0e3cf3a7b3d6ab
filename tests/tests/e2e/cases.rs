//! Notifications as they came elsewhere, spelt in ways that nobody documented, and the courses of events around them.

use sandbox::binance::{Bend, BendOn, Play};
use serde_json::{Value, json};

use crate::alarms::raised;
use crate::log::Log;
use crate::reconcile::{HOUR, MINUTE};
use crate::signed::{
    Opened, about, assert_acknowledged, assert_at_rest, binance_calls, deliver, history, open, pay,
    pay_silently, signed, signed_body, store_calls, telling, told, told_of,
};
use crate::world::World;

const QUERY: &str = "/order/query";

const BIZ_ID_STR_IS_EMPTY: &str = include_str!("../../notifications/biz-id-str-is-empty.json");
const TRANSACT_TIME_IS_A_STRING: &str =
    include_str!("../../notifications/transact-time-is-a-string.json");
const UNUSED_KIND: &str = include_str!("../../notifications/unused-kind-without-status.json");
const REFUND_INFO_IS_A_STRING: &str =
    include_str!("../../notifications/refund-info-is-a-string.json");
const REFUNDED_AMOUNT_IS_MISSING: &str =
    include_str!("../../notifications/refunded-amount-is-missing.json");
const REFUND_OF_ZERO: &str = include_str!("../../notifications/refund-of-zero.json");

/// The notification with its names filled in, signed.
async fn filled_in(world: &World, order: &Opened, case: &str) -> crate::signed::Signed {
    let now_ms = world.sandbox.binance().now_ms();
    let body = case
        .trim_end()
        .replace("{TRADE_NO}", &order.trade_no)
        .replace("{PREPAY_ID}", &order.prepay_id)
        .replace("{NOW_MS}", &now_ms.to_string())
        .replace("{NOW_S}", &(now_ms / 1_000).to_string());
    signed_body(world, body).await
}

/// Payments that are told in an odd way, and how often Binance is asked about each.
fn payments() -> Vec<(String, usize)> {
    let number = TRANSACT_TIME_IS_A_STRING.replace(r#"\"{NOW_MS}\""#, "{NOW_MS}.0");
    let null = TRANSACT_TIME_IS_A_STRING.replace(r#"\"{NOW_MS}\""#, "null");
    [
        (TRANSACT_TIME_IS_A_STRING, 0),
        (&number, 0),
        (&null, 0),
        (
            include_str!("../../notifications/no-transact-time-and-amounts-in-strings.json"),
            0,
        ),
        (
            include_str!("../../notifications/biz-id-str-is-a-number.json"),
            0,
        ),
        (BIZ_ID_STR_IS_EMPTY, 0),
        (
            include_str!("../../notifications/total-fee-is-rounded.json"),
            1,
        ),
        (
            include_str!("../../notifications/data-is-encoded-twice.json"),
            0,
        ),
        (include_str!("../../notifications/byte-order-mark.json"), 0),
        (
            include_str!("../../notifications/transact-time-in-seconds.json"),
            0,
        ),
        (
            include_str!("../../notifications/order-amount-for-total-fee.json"),
            0,
        ),
    ]
    .map(|(case, asked)| (case.to_owned(), asked))
    .to_vec()
}

#[tokio::test]
async fn payment_told_in_an_odd_way_is_paid_all_the_same() {
    let world = World::start().await;
    for (case, questions) in payments() {
        let order = open(&world).await;
        pay_silently(&world, &order);
        let (asked, began_ms) = (binance_calls(&world, QUERY), sandbox::clock::now_ms());
        let log = Log::start();

        let answer = deliver(&world, &filled_in(&world, &order, &case).await).await;

        assert_acknowledged(&answer);
        let item = world.item(&order.id);
        assert_eq!(history(&item), ["CREATED", "PENDING", "PAID"], "{case}");
        assert_eq!(binance_calls(&world, QUERY), asked + questions, "{case}");
        let paid_at_ms = item["attempts"][0]["payment"]["paidAtMs"].as_i64().unwrap();
        assert!(
            (paid_at_ms - began_ms).abs() < 10_000,
            "{paid_at_ms} {case}"
        );
        let shown = world.shown(&order.id).await;
        assert_eq!(shown["payments"].as_array().unwrap().len(), 1, "{case}");
        assert_eq!(shown["payments"][0]["amount"], "1.00020004", "{case}");
        let expected = [telling(&order.id, 1, "order.paid", "PAID")];
        assert_eq!(told_of(&world, &order), expected, "{case}");
        assert_no_error(&log);
    }
}

fn assert_no_error(log: &Log) {
    let lines = log.lines();
    assert!(
        lines.iter().all(|line| line["level"] != "ERROR"),
        "{lines:#?}"
    );
}

#[tokio::test]
async fn kind_that_is_not_used_is_acknowledged_whatever_its_status_is() {
    let world = World::start().await;
    let order = open(&world).await;
    let (before, puts) = (world.items(), store_calls(&world, "PutItem"));
    let log = Log::start();
    for status in [
        "",
        r#","bizStatus":null"#,
        r#","bizStatus":1"#,
        r#","bizStatus":{}"#,
    ] {
        let case = UNUSED_KIND.replace(r#""bizIdStr""#, &format!(r#""x":1{status},"bizIdStr""#));

        let answer = deliver(&world, &filled_in(&world, &order, &case).await).await;

        assert_acknowledged(&answer);
    }
    assert_eq!(world.items(), before);
    assert_eq!(store_calls(&world, "PutItem"), puts);
    assert_no_error(&log);
}

#[tokio::test]
async fn refund_whose_info_is_a_string_is_recorded_at_once() {
    let world = World::start().await;
    let order = open(&world).await;
    pay(&world, &order).await;

    let refund = filled_in(&world, &order, REFUND_INFO_IS_A_STRING).await;
    assert_acknowledged(&deliver(&world, &refund).await);

    assert_eq!(binance_calls(&world, QUERY), 0);
    assert_eq!(world.shown(&order.id).await["refundedAmount"], "1.00020004");
    let expected = [
        telling(&order.id, 1, "order.paid", "PAID"),
        telling(&order.id, 2, "order.refunded", "REFUNDED"),
    ];
    assert_eq!(told(&world), expected);
}

#[tokio::test]
async fn refund_whose_total_is_missing_is_asked_about() {
    let world = World::start().await;
    let order = open(&world).await;
    pay(&world, &order).await;
    let binance = world.sandbox.binance();
    binance.refund(&order.trade_no, Play::in_silence()).unwrap();

    let refund = filled_in(&world, &order, REFUNDED_AMOUNT_IS_MISSING).await;
    assert_acknowledged(&deliver(&world, &refund).await);

    assert_eq!(binance_calls(&world, QUERY), 1);
    assert_eq!(world.shown(&order.id).await["refundedAmount"], "1.00020004");
    assert_eq!(world.item(&order.id)["status"], "REFUNDED");
}

#[tokio::test]
async fn refund_of_nothing_is_none() {
    let world = World::start().await;
    let order = open(&world).await;
    pay(&world, &order).await;
    let paid = world.item(&order.id);

    let refund = filled_in(&world, &order, REFUND_OF_ZERO).await;
    assert_acknowledged(&deliver(&world, &refund).await);

    assert_eq!(world.item(&order.id), paid);
    assert_eq!(told(&world).len(), 1);
}

#[tokio::test]
async fn refund_on_the_merchant_page_is_learned_at_the_next_asking() {
    let world = World::start().await;
    let order = open(&world).await;
    pay(&world, &order).await;
    let binance = world.sandbox.binance();
    let part = Play {
        amount: Some("0.4".to_owned()),
        ..Play::in_silence()
    };

    binance.refund(&order.trade_no, part).unwrap();
    world.reconcile_after(24 * HOUR - MINUTE).await;
    assert_eq!(world.item(&order.id)["status"], "PAID");
    world.reconcile_after(MINUTE).await;

    let shown = world.shown(&order.id).await;
    assert_eq!(shown["status"], "PARTIALLY_REFUNDED");
    let sums = [&shown["refundedAmount"], &shown["refundable"]];
    assert_eq!(sums, [&Value::Null, &Value::Null], "Binance does not say");

    binance.refund(&order.trade_no, Play::in_silence()).unwrap();
    world.reconcile_after(24 * HOUR).await;

    let shown = world.shown(&order.id).await;
    assert_eq!(shown["refundedAmount"], "1.00020004");
    assert_eq!(shown["refundable"], "0");
    assert_at_rest(&world.item(&order.id));
    let expected = [
        telling(&order.id, 1, "order.paid", "PAID"),
        telling(&order.id, 2, "order.refunded", "PARTIALLY_REFUNDED"),
        telling(&order.id, 3, "order.refunded", "REFUNDED"),
    ];
    assert_eq!(told(&world), expected);
}

/// An order that expired and was paid all the same, of which nothing was told.
async fn paid_late(world: &World) -> Opened {
    let order = open(world).await;
    let binance = world.sandbox.binance();
    binance.expire(&order.trade_no).unwrap();
    world.reconcile_after(6 * MINUTE).await;
    assert_eq!(world.item(&order.id)["status"], "EXPIRED");
    let late = Play {
        late: true,
        ..Play::in_silence()
    };
    binance.pay(&order.trade_no, late).unwrap();
    order
}

#[tokio::test]
async fn late_payment_is_found_whatever_can_be_read_of_its_notification() {
    for bend in [
        None,
        Some(Bend::remove(BendOn::Notification, "/data/totalFee")),
        Some(Bend::set(BendOn::Notification, "/data", "7")),
    ] {
        let world = World::start().await;
        let order = paid_late(&world).await;
        let is_lost = bend.as_ref().is_some_and(|bend| bend.path == "/data");
        if let Some(bend) = bend {
            world.sandbox.binance().bend(bend);
        }

        let notification = signed(&world, about(&order)).await;
        let answer = deliver(&world, &notification).await;

        assert_eq!(answer.status, if is_lost { 400 } else { 200 });
        if is_lost {
            world.reconcile_after(HOUR).await;
        }
        let item = world.item(&order.id);
        assert_eq!(history(&item), ["CREATED", "PENDING", "EXPIRED", "PAID"]);
        assert_eq!(item["late"], json!(true));
    }
}

#[tokio::test]
async fn payment_told_in_two_spellings_is_one_payment() {
    let world = World::start().await;
    let order = open(&world).await;
    pay_silently(&world, &order);
    let log = Log::start();
    let odd = filled_in(&world, &order, BIZ_ID_STR_IS_EMPTY).await;
    let right = BIZ_ID_STR_IS_EMPTY.replace(r#""bizIdStr":"""#, r#""bizIdStr":"{PREPAY_ID}""#);
    let right = filled_in(&world, &order, &right).await;

    for notification in [&odd, &right, &odd] {
        assert_acknowledged(&deliver(&world, notification).await);
    }

    let shown = world.shown(&order.id).await;
    assert_eq!(shown["payments"].as_array().unwrap().len(), 1);
    assert_eq!(told(&world), [telling(&order.id, 1, "order.paid", "PAID")]);
    assert_eq!(raised(&log), Vec::<String>::new());
}
