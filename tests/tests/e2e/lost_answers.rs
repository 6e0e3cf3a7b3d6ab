//! Binance's answer does not come: that trade number is never used again, and the next attempt takes the next one.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use sandbox::binance::{Bend, BendOn, Fault, On, Play, Status};
use serde_json::{Value, json};

use crate::binance_failures::refusal;
use crate::log::Log;
use crate::problem::{binances, problem};
use crate::signed::binance_calls;
use crate::world::World;

/// Faults after which nobody but Binance knows whether the order was taken; the flag says whether it was.
fn lost() -> [(Fault, bool); 9] {
    [
        (Fault::LostAnswer, true),
        (Fault::LostRequest, false),
        (Fault::SlowThenLost { ms: 50 }, true),
        (Fault::BrokenAnswer, true),
        (Fault::Http500, false),
        (Fault::Http500Taken, true),
        (refusal("400000"), false),
        (refusal("50001"), false),
        (refusal("100001001"), false),
    ]
}

/// The trade numbers of the calls, which all are different.
fn numbers(world: &World) -> Vec<String> {
    let calls = world.sandbox.binance().calls();
    let numbers: Vec<String> = calls
        .into_iter()
        .map(|call| call.trade_no.unwrap())
        .collect();
    let different: BTreeSet<_> = numbers.iter().collect();
    assert_eq!(different.len(), numbers.len(), "{numbers:?}");
    numbers
}

fn ends(item: &Value) -> Vec<&Value> {
    let attempts = item["attempts"].as_array().unwrap();
    attempts.iter().map(|attempt| &attempt["end"]).collect()
}

async fn assert_made_up_for(fault: Fault, is_taken: bool) {
    let world = World::start().await;
    let case = format!("{fault:?}");
    world.sandbox.binance().fault(On::Create, 1, fault);

    let created = world.create(&world.four_fields()).await;

    assert_eq!(created.status, 201, "{case}: {}", created.text);
    let order_id = created.text_of("orderId");
    let second = format!("{order_id}02");
    assert_eq!(created.text_of("merchantTradeNo"), second, "{case}");
    assert_eq!(numbers(&world), [format!("{order_id}01"), second.clone()]);
    let item = world.item(&order_id);
    assert_eq!(item["status"], "PENDING", "{case}");
    assert_eq!(ends(&item), [&json!("unknown"), &Value::Null], "{case}");
    assert_eq!(item["attempts"][0].get("checkout"), None, "{case}");
    let order = world.sandbox.binance().order(&second).unwrap();
    assert_eq!(created.text_of("prepayId"), order.prepay_id.to_string());
    assert_eq!(created.text_of("checkoutUrl"), order.checkout_url);
    let orders = world.sandbox.binance().orders().len();
    assert_eq!(orders, 1 + usize::from(is_taken), "{case}");
}

#[tokio::test]
async fn lost_answer_is_made_up_for_by_a_new_attempt() {
    let worlds = lost().map(|(fault, is_taken)| tokio::spawn(assert_made_up_for(fault, is_taken)));
    for world in worlds {
        world.await.unwrap();
    }
}

#[tokio::test]
async fn order_behind_a_lost_answer_is_never_confused_with_the_one_that_is_paid() {
    let world = World::start().await;
    let fault = Fault::LostAnswer;
    world.sandbox.binance().fault(On::Create, 1, fault);
    let created = world.create(&world.four_fields()).await;
    let order_id = created.text_of("orderId");

    let trade_no = created.text_of("merchantTradeNo");
    let paying = world
        .sandbox
        .binance()
        .pay_and_wait(&trade_no, Play::default());
    let paid = paying.await.unwrap();

    let item = world.item(&order_id);
    assert_eq!(item["status"], "PAID");
    assert_eq!(
        (&item["paidAttempt"], &item["late"]),
        (&json!(2), &json!(false))
    );
    let payment = &item["attempts"][1]["payment"];
    assert_eq!(payment["prepayId"], paid.prepay_id.to_string());
    let hidden = world.sandbox.binance().order(&format!("{order_id}01"));
    assert_eq!(hidden.unwrap().status, Status::Initial);
    assert_eq!(world.sandbox.binance().orders().len(), 2);
    assert_eq!(world.items().len(), 1);
}

#[tokio::test]
async fn third_lost_answer_in_a_row_is_told_and_the_same_key_goes_on_with_the_next_number() {
    let world = World::start().await;
    let fault = Fault::LostAnswer;
    world.sandbox.binance().fault(On::Create, 3, fault);
    let key = [("idempotency-key", "lost")];

    let answer = world.create_with(&world.four_fields(), &key).await;

    let detail = "Binance: the connection broke before the answer";
    assert_eq!(
        problem(&answer, 500),
        binances("BINANCE_UNAVAILABLE", detail)
    );
    assert_eq!(answer.header("retry-after"), Some("120"));
    let item = world.items().remove(0);
    assert_eq!(item["status"], "CREATED");
    assert_eq!(ends(&item), [&json!("unknown"); 3]);
    assert_eq!(item.get("claim"), None);

    let created = world.create_with(&world.four_fields(), &key).await;

    assert_eq!(created.status, 201, "{}", created.text);
    assert_eq!(created.header("idempotent-replayed"), None);
    let order_id = created.text_of("orderId");
    let expected: Vec<String> = (1..=4)
        .map(|number| format!("{order_id}0{number}"))
        .collect();
    assert_eq!(numbers(&world), expected);
    assert_eq!(created.text_of("merchantTradeNo"), expected[3]);
    assert_eq!(world.items().len(), 1);
}

#[tokio::test]
async fn answer_that_comes_too_late_uses_up_its_number_too() {
    let world = World::start().await;
    // A second for Binance, and none for another attempt.
    world.functions.limit_ms.store(7_000, Ordering::Relaxed);
    let fault = Fault::Slow { ms: 10_000 };
    world.sandbox.binance().fault(On::Create, 1, fault);
    let key = [("idempotency-key", "slow")];

    let answer = world.create_with(&world.four_fields(), &key).await;

    let expected = binances("BINANCE_UNAVAILABLE", "Binance: no answer in time");
    assert_eq!(problem(&answer, 500), expected);
    assert_eq!(ends(&world.items()[0]), [&json!("unknown")]);

    let created = world.create_with(&world.four_fields(), &key).await;

    assert_eq!(created.status, 201, "{}", created.text);
    let order_id = created.text_of("orderId");
    let second = format!("{order_id}02");
    assert_eq!(created.text_of("merchantTradeNo"), second);
    assert_eq!(numbers(&world), [format!("{order_id}01"), second]);
}

#[tokio::test]
async fn number_that_turns_out_to_be_taken_when_it_is_repeated_is_left_behind() {
    let world = World::start().await;
    let busy = Fault::Rate429 { retry_after: None };
    world.sandbox.binance().fault(On::Create, 1, busy);
    let taken = refusal("400201");
    world.sandbox.binance().fault(On::Create, 1, taken);

    let created = world.create(&world.four_fields()).await;

    assert_eq!(created.status, 201, "{}", created.text);
    let order_id = created.text_of("orderId");
    assert_eq!(created.text_of("merchantTradeNo"), format!("{order_id}02"));
    assert_eq!(
        ends(&world.item(&order_id)),
        [&json!("unknown"), &Value::Null]
    );
}

#[tokio::test]
async fn number_is_used_once_when_the_connection_was_refused_at_first() {
    let world = World::start().await;
    let log = Log::start();
    world.sandbox.binance().server().go_away();

    let back = async {
        let is_refused = |_: &World| log.text().contains("no connection");
        world.until("a refused connection", is_refused).await;
        world.sandbox.binance().server().come_back();
    };
    let asked = world.four_fields();
    let (created, ()) = tokio::join!(world.create(&asked), back);

    assert_eq!(created.status, 201, "{}", created.text);
    let order_id = created.text_of("orderId");
    assert_eq!(numbers(&world), [format!("{order_id}01")]);
    assert_eq!(ends(&world.item(&order_id)), [&Value::Null]);
}

#[tokio::test]
async fn after_an_answer_of_which_nothing_can_be_read_one_more_number_is_tried_and_never_a_third() {
    let world = World::start().await;
    let binance = world.sandbox.binance();
    binance.bend(Bend::body(BendOn::Create, "[]"));

    let answer = world.create(&world.four_fields()).await;

    assert_eq!(answer.status, 500, "{}", answer.text);
    assert_eq!(world.items()[0]["attempts"].as_array().unwrap().len(), 2);
    assert_eq!(binance_calls(&world, "/v3/order"), 2);
}
