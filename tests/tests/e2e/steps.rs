//! When Binance is asked about an order whose state nobody tells: at each step of its status, and at no other time.

use sandbox::binance::{Bend, BendOn, Fault, On, Play};
use serde_json::{Value, json};

use crate::binance_failures::refusal;
use crate::log::Log;
use crate::reconcile::{HOUR, MINUTE, summary};
use crate::signed::{Opened, cancel, history, open, pay, pay_as, pay_silently, telling, told};
use crate::world::World;

const DAY: u32 = 24 * HOUR;

/// Binance says of every order that it stands so.
fn stands(world: &World, status: &str) {
    let json = format!("\"{status}\"");
    world
        .sandbox
        .binance()
        .bend(Bend::set(BendOn::Query, "/data/status", &json));
}

/// Runs `reconcile-orders` once a minute; the minutes, from `from` on, at which Binance was asked.
///
/// By the sandbox's clock, which goes on while it runs: on a busy machine hundreds of runs take minutes.
async fn asked_at(world: &World, from: u32, to: u32) -> Vec<u32> {
    let clock = world.sandbox.clock();
    let began_ms = clock();
    let mut asked = Vec::new();
    for _ in from..=to {
        if world.reconcile_after(MINUTE).await["asked"] != 0 {
            let minutes = u32::try_from((clock() - began_ms) / 60_000).unwrap();
            asked.push(from + minutes - 1);
        }
    }
    asked
}

/// Asked at each of `steps`, in seconds from now, and not a minute before; and at none other within the year.
async fn assert_asked_at(world: &World, id: &str, steps: &[u32]) {
    let mut at = 0;
    for step in steps {
        let before = world.reconcile_after(step - at - MINUTE).await;
        assert_eq!(before, summary(0, 0, 0, 0), "a minute before {step} s");
        let ran = world.reconcile_after(MINUTE).await;
        assert_eq!(ran, summary(1, 0, 0, 0), "{step} s");
        at = *step;
    }
    assert_eq!(world.item(id).get("dueAt"), None, "{}", world.item(id));
    let ran = world.reconcile_after(365 * DAY).await;
    assert_eq!(ran, summary(0, 0, 0, 0));
}

#[tokio::test]
async fn unpaid_order_is_asked_about_while_it_can_be_paid_and_expires_a_minute_after_binances_end()
{
    let world = World::start().await;
    let order = open(&world).await;
    // Binance takes its time to say so.
    stands(&world, "INITIAL");

    assert_eq!(asked_at(&world, 1, 60).await, [2, 5, 10, 20, 40, 60]);
    assert_eq!(world.item(&order.id)["status"], "PENDING");
    assert_eq!(told(&world), []);
    assert_eq!(world.reconcile_after(MINUTE).await, summary(1, 1, 1, 0));

    let item = world.item(&order.id);
    assert_eq!(history(&item), ["CREATED", "PENDING", "EXPIRED"]);
    assert_asked_at(&world, &order.id, &[HOUR, DAY, 7 * DAY]).await;
    let expected = telling(&order.id, 1, "order.expired", "EXPIRED");
    assert_eq!(told(&world), [expected]);
}

#[tokio::test]
async fn order_that_binance_calls_expired_at_its_end_expires_then() {
    let world = World::start().await;
    let order = open(&world).await;
    world.reconcile_after(40 * MINUTE).await;

    assert_eq!(
        world.reconcile_after(20 * MINUTE).await,
        summary(1, 1, 1, 0)
    );

    let expected = telling(&order.id, 1, "order.expired", "EXPIRED");
    assert_eq!(told(&world), [expected]);
}

#[tokio::test]
async fn payment_that_stays_under_way_is_asked_about_until_an_operator_must_look() {
    let world = World::start().await;
    let order = open(&world).await;
    let binance = world.sandbox.binance();
    binance.under_way(&order.trade_no, true).unwrap();
    let log = Log::start();

    let mut expected: Vec<u32> = vec![2, 5, 10, 20, 40];
    expected.extend(60..=71);
    expected.extend((76..=131).step_by(5));
    expected.extend([191, 251]);
    assert_eq!(asked_at(&world, 1, 251).await, expected);
    for _ in 5..=24 {
        assert_eq!(world.reconcile_after(HOUR).await, summary(1, 0, 0, 0));
    }
    let errors = |log: &Log| -> Vec<Value> {
        let mut lines = log.lines();
        lines.retain(|line| line["level"] == "ERROR");
        lines
    };
    assert_eq!(errors(&log), Vec::<Value>::new());
    for _ in 0..3 {
        assert_eq!(world.reconcile_after(HOUR).await, summary(1, 0, 0, 0));
    }
    let [stuck] = errors(&log).try_into().unwrap();
    assert_eq!(
        [&stuck["alarm"], &stuck["order.id"], &stuck["trade_no"]],
        ["order.stuck", order.id.as_str(), order.trade_no.as_str()]
    );
    assert_eq!(world.item(&order.id)["status"], "PENDING");

    binance.under_way(&order.trade_no, false).unwrap();
    pay_silently_late(&world, &order);
    assert_eq!(world.reconcile_after(HOUR).await, summary(1, 1, 1, 0));
    assert_eq!(told(&world), [telling(&order.id, 1, "order.paid", "PAID")]);
}

fn pay_silently_late(world: &World, order: &Opened) {
    let late = Play {
        late: true,
        ..Play::in_silence()
    };
    world.sandbox.binance().pay(&order.trade_no, late).unwrap();
}

#[tokio::test]
async fn order_that_is_over_is_asked_about_for_a_week_and_found_paid_late() {
    let world = World::start().await;
    let order = open(&world).await;
    cancel(&world, &order.trade_no).await;
    world
        .until("the confirmation", |world| !told(world).is_empty())
        .await;
    assert_asked_at(&world, &order.id, &[HOUR, DAY, 7 * DAY]).await;

    for step in [HOUR, DAY, 7 * DAY] {
        let world = World::start().await;
        let order = open(&world).await;
        cancel(&world, &order.trade_no).await;
        world.reconcile_after(step - MINUTE).await;
        pay_silently_late(&world, &order);
        assert_eq!(world.reconcile_after(MINUTE).await, summary(1, 1, 1, 0));
        let view = world.get(&order.id, &[]).await.json();
        assert_eq!(
            (&view["status"], &view["late"]),
            (&json!("PAID"), &json!(true))
        );
    }
}

#[tokio::test]
async fn failed_order_is_asked_about_unless_binance_refused_it() {
    let world = World::start().await;
    world.sandbox.binance().fault(On::Create, 3, Fault::Http500);
    let failed = world.create(&world.four_fields()).await;
    world.reconcile_after(6 * MINUTE).await;
    let id = failed.text_of("orderId");
    assert_eq!(world.item(&id)["status"], "FAILED");
    assert_asked_at(&world, &id, &[HOUR, DAY, 7 * DAY]).await;

    let world = World::start().await;
    world
        .sandbox
        .binance()
        .fault(On::Create, 1, refusal("400100"));
    let refused = world.create(&world.four_fields()).await;
    assert_asked_at(&world, &refused.text_of("orderId"), &[]).await;
}

#[tokio::test]
async fn paid_order_is_asked_about_for_a_month_and_a_refund_by_hand_is_found() {
    let world = World::start().await;
    let order = open(&world).await;
    pay(&world, &order).await;
    assert_asked_at(&world, &order.id, &[DAY, 7 * DAY, 30 * DAY]).await;

    for step in [DAY, 7 * DAY, 30 * DAY] {
        let world = World::start().await;
        let order = open(&world).await;
        pay(&world, &order).await;
        world.reconcile_after(step - MINUTE).await;
        let by_hand = Play::in_silence();
        world
            .sandbox
            .binance()
            .refund(&order.trade_no, by_hand)
            .unwrap();
        assert_eq!(world.reconcile_after(MINUTE).await, summary(1, 1, 1, 0));
        let expected = [
            telling(&order.id, 1, "order.paid", "PAID"),
            telling(&order.id, 2, "order.refunded", "REFUNDED"),
        ];
        assert_eq!(told(&world), expected);
        assert_asked_at(&world, &order.id, &[]).await;
    }
}

#[tokio::test]
async fn disputed_order_is_asked_about_until_the_operator_has_refunded_it() {
    let world = World::start().await;
    let order = open(&world).await;
    let wrong = Play {
        amount: Some("0.5".to_owned()),
        ..Play::default()
    };
    pay_as(&world, &order.trade_no, wrong).await;
    assert_eq!(world.item(&order.id)["status"], "DISPUTED");
    assert_asked_at(
        &world,
        &order.id,
        &[5 * MINUTE, HOUR, DAY, 7 * DAY, 30 * DAY],
    )
    .await;
}

#[tokio::test]
async fn part_that_was_refunded_before_the_payment_was_known_is_told_with_it() {
    let world = World::start().await;
    let order = open(&world).await;
    pay_silently(&world, &order);
    let part = Play {
        amount: Some("0.4".to_owned()),
        ..Play::in_silence()
    };
    let binance = world.sandbox.binance();
    binance.refund(&order.trade_no, part).unwrap();

    assert_eq!(world.reconcile_after(2 * MINUTE).await, summary(1, 1, 1, 0));

    let expected = [telling(
        &order.id,
        1,
        "order.refunded",
        "PARTIALLY_REFUNDED",
    )];
    assert_eq!(told(&world), expected);
    let [confirmation] = world
        .sandbox
        .leadscalendar()
        .confirmations()
        .try_into()
        .unwrap();
    let view = &confirmation.body["data"];
    let transaction = binance.order(&order.trade_no).unwrap().payment.unwrap();
    assert_eq!(
        [
            &view["refundedAmount"],
            &view["refundable"],
            &view["payments"]
        ],
        [
            &Value::Null,
            &Value::Null,
            &json!([{
                "merchantTradeNo": order.trade_no,
                "transactionId": transaction.transaction_id,
                "amount": "1.00020004",
                "currency": "USDT",
                "paidAt": crate::create_order::rfc3339(&json!(transaction.transact_time)),
                "refundedAmount": null,
            }])
        ]
    );
    assert_eq!(
        history(&world.item(&order.id)),
        ["CREATED", "PENDING", "PARTIALLY_REFUNDED"]
    );
}

#[tokio::test]
async fn refund_that_is_under_way_is_asked_about_again_before_anything_is_told() {
    let world = World::start().await;
    let order = open(&world).await;
    pay_silently(&world, &order);
    let binance = world.sandbox.binance();
    binance.refund(&order.trade_no, Play::in_silence()).unwrap();
    binance.refunding(&order.trade_no, true).unwrap();

    assert_eq!(world.reconcile_after(2 * MINUTE).await, summary(1, 0, 0, 0));
    assert_eq!(asked_at(&world, 1, 4).await, Vec::<u32>::new());
    binance.refunding(&order.trade_no, false).unwrap();
    assert_eq!(told(&world), []);
    assert_eq!(world.item(&order.id)["status"], "PENDING");

    assert_eq!(world.reconcile_after(MINUTE).await, summary(1, 1, 1, 0));
    let expected = telling(&order.id, 1, "order.refunded", "REFUNDED");
    assert_eq!(told(&world), [expected]);
}
