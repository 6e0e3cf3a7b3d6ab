//! Death between any two steps: the function's future is dropped right after each of its outgoing calls in turn, its
//! answer never seen; then the next request, delivery or reconcile run comes. Nothing is lost and nothing doubled.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sandbox::binance::{Delivery, Fault, Forgery, On, Play};
use serde_json::json;

use crate::mortal::{Mortal, post};
use crate::signed::{assert_at_rest, pay_as};
use crate::world::{Answer, World};
use sandbox::gateway::Functions;

/// More calls than any of the functions makes.
pub const CALLS: usize = 40;
const HOUR: u32 = 3_600;

/// `create-order` dies after so many calls; whether it lived to answer.
async fn dies_creating(world: &World, calls: usize, key: &str) -> bool {
    let mortal = Mortal::after(calls, world).await;
    let headers = [
        ("x-mbx-apikey", world.sandbox.app_api_key()),
        ("content-type", "application/json"),
        ("idempotency-key", key),
    ];
    let event = post(
        &mortal.functions,
        "/orders",
        &headers,
        &world.four_fields().to_string(),
    );
    mortal.live(mortal.functions.invoke(event)).await.is_some()
}

/// Repeats the request as a client does: as long as it is told to.
async fn create_again(world: &World, key: &str) -> Answer {
    loop {
        let answer = world
            .create_with(&world.four_fields(), &[("idempotency-key", key)])
            .await;
        if answer.status != 409 {
            return answer;
        }
        assert!(answer.header("retry-after").is_some());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn no_number_was_used_twice(world: &World) {
    let numbers: Vec<_> = world
        .sandbox
        .binance()
        .orders()
        .into_iter()
        .map(|order| order.merchant_trade_no)
        .collect();
    assert_eq!(
        numbers.iter().collect::<BTreeSet<_>>().len(),
        numbers.len(),
        "{numbers:?}"
    );
    let refused = world
        .sandbox
        .binance()
        .calls()
        .into_iter()
        .filter(|call| call.code.as_deref() == Some("400201"));
    assert_eq!(refused.count(), 0);
}

fn told_once(world: &World, kind: &str) {
    let confirmations = world.sandbox.leadscalendar().confirmations();
    let ids: BTreeSet<_> = confirmations
        .iter()
        .map(|one| one.webhook_id.clone())
        .collect();
    assert_eq!(ids.len(), 1, "{confirmations:?}");
    assert!(
        confirmations
            .iter()
            .all(|one| one.body["type"] == kind && one.objection.is_none()),
        "{confirmations:?}"
    );
}

#[tokio::test]
async fn create_order_that_died_is_taken_over_by_the_same_request() {
    for calls in 0..CALLS {
        let world = World::start().await;
        let lived = dies_creating(&world, calls, "k").await;
        let answer = create_again(&world, "k").await;
        assert_eq!(answer.status, 201, "after {calls} calls: {}", answer.text);

        let trade_no = answer.text_of("merchantTradeNo");
        pay_as(&world, &trade_no, Play::default()).await;
        assert_eq!(world.items().len(), 1);
        assert_eq!(world.items()[0]["status"], "PAID");
        no_number_was_used_twice(&world);
        told_once(&world, "order.paid");
        if lived {
            assert_eq!(
                calls, 6,
                "read and make the namespace, record, create, record the answer, and one to spare"
            );
            return;
        }
    }
    panic!("it never lived");
}

#[tokio::test]
async fn create_order_that_died_and_was_forgotten_is_closed() {
    for calls in 3..6 {
        let world = World::start().await;
        let lived = dies_creating(&world, calls, "k").await;
        assert!(!lived);
        world.sandbox.binance().advance(2 * HOUR);
        world.reconcile().await;

        let item = &world.items()[0];
        let expected = if calls == 5 { "EXPIRED" } else { "FAILED" };
        assert_eq!(item["status"], expected, "after {calls} calls");
        assert_at_rest(item);
        told_once(
            &world,
            if calls == 5 {
                "order.expired"
            } else {
                "order.failed"
            },
        );
    }
}

#[tokio::test]
async fn checkout_of_a_create_order_that_died_is_never_paid_unnoticed() {
    for calls in 4..6 {
        let world = World::start().await;
        assert!(!dies_creating(&world, calls, "k").await);
        let hidden = world.sandbox.binance().orders().remove(0).merchant_trade_no;
        pay_as(&world, &hidden, Play::default()).await;

        let item = &world.items()[0];
        assert_eq!(item["status"], "PAID", "after {calls} calls");
        told_once(&world, "order.paid");
    }
}

/// A notification as Binance signs it, without anybody receiving it.
pub async fn signed(world: &World, trade_no: &str) -> Delivery {
    let nowhere = Some("http://127.0.0.1:1/".to_owned());
    let forgery = Forgery {
        merchant_trade_no: Some(trade_no.to_owned()),
        url: nowhere,
        ..Forgery::default()
    };
    world.sandbox.binance().notify(forgery).await.unwrap()
}

pub fn delivered(functions: &Functions, delivery: &Delivery) -> lambda_http::Request {
    // Time enough to ask Binance.
    functions.limit_ms.store(20_000, Ordering::Relaxed);
    let headers: Vec<(&str, &str)> = delivery
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    post(functions, "/binance-callback", &headers, &delivery.body)
}

/// An order whose confirmations pass the tollgate, and which is paid without a notification.
async fn paid_in_silence(world: &World, mortal: &Mortal, lost_answer: bool) -> String {
    let mut fields = world.four_fields();
    fields["callbackUrl"] = json!(mortal.leadscalendar);
    if lost_answer {
        world
            .sandbox
            .binance()
            .fault(On::Create, 3, Fault::LostAnswer);
    }
    world.create(&fields).await;
    let trade_no = world.sandbox.binance().orders().remove(0).merchant_trade_no;
    let play = Play::in_silence();
    world.sandbox.binance().pay(&trade_no, play).unwrap();
    trade_no
}

async fn notification_dies_everywhere(lost_answer: bool) -> usize {
    for calls in 0..CALLS {
        let world = World::start().await;
        let mortal = Mortal::after(calls, &world).await;
        let trade_no = paid_in_silence(&world, &mortal, lost_answer).await;
        let delivery = signed(&world, &trade_no).await;

        let event = delivered(&mortal.functions, &delivery);
        let lived = mortal.live(mortal.functions.invoke(event)).await;
        if lived.is_none() {
            // Binance repeats what was not acknowledged.
            let repeat = world
                .functions
                .invoke(delivered(&world.functions, &delivery))
                .await;
            assert_eq!(repeat.status(), 200, "after {calls} calls");
        }
        // Whoever died over the confirmation leaves it to the schedule.
        world.reconcile_after(60).await;

        let item = &world.items()[0];
        assert_eq!(
            (&item["status"], &item["late"]),
            (&json!("PAID"), &json!(lost_answer)),
            "after {calls} calls"
        );
        assert_at_rest(item);
        told_once(&world, "order.paid");
        if let Some(answer) = lived {
            assert_eq!(answer.status(), 200);
            return calls;
        }
    }
    panic!("it never lived");
}

#[tokio::test]
async fn notification_over_which_binance_callback_died_is_made_up_for() {
    // Certificates, load, record, confirm, record, and one to spare.
    assert_eq!(notification_dies_everywhere(false).await, 6);
}

#[tokio::test]
async fn notification_of_a_lost_checkout_over_which_binance_callback_died_is_made_up_for() {
    // As above, with the record of the report, and the question to Binance.
    assert_eq!(notification_dies_everywhere(true).await, 8);
}

#[tokio::test]
async fn order_over_which_reconcile_orders_died_is_taken_up_by_a_later_run() {
    for calls in 0..CALLS {
        let world = World::start().await;
        let mortal = Mortal::after(calls, &world).await;
        paid_in_silence(&world, &mortal, false).await;
        world.sandbox.binance().advance(300);

        let lived = mortal
            .live(mortal.functions.reconcile(world.schedule()))
            .await;
        // The first run after the claim has passed.
        world.reconcile_after(180).await;

        let item = &world.items()[0];
        assert_eq!(
            (&item["status"], &item["late"]),
            (&json!("PAID"), &json!(false)),
            "after {calls} calls"
        );
        assert_at_rest(item);
        told_once(&world, "order.paid");
        if lived.is_some() {
            assert_eq!(
                calls,
                8 + 2 + 1 + 1 + 5 + 4 + 1,
                "eight shards; for each lane what there is to do; the order; a look at Binance; claim, ask, \
                    record, confirm, record; four looks at the table; and one to spare"
            );
            return;
        }
    }
    panic!("it never lived");
}
