//! Refunds that Binance refuses: a problem with its code, a failed refund that frees its amount, and a new key to try anew.

use std::sync::atomic::Ordering;

use sandbox::binance::{Fault, On};
use serde_json::{Value, json};

use crate::alarms::raised;
use crate::giving_back::{
    ALL, assert_refund, at_binance, binances, kinds, paid, problem_of, refunds_of, sent_and_asked,
    sums,
};
use crate::log::Log;
use crate::reconcile::{HOUR, MINUTE, summary};
use crate::signed::{Opened, assert_at_rest, refused};
use crate::world::World;

const DAY: u32 = 24 * HOUR;
const AGAIN: &str = "Binance did not carry the refund out";

/// The refund that failed, as the order shows it; whose `refundable` it has not touched.
async fn assert_failed(world: &World, order: &Opened, code: Option<&str>) {
    let shown = world.shown(&order.id).await;
    let refund = &shown["refunds"][0];
    assert_eq!(
        [&refund["status"], &refund["amount"], &refund["code"]],
        [&json!("FAILED"), &json!("0.4"), &json!(code)]
    );
    assert!(refund["endedAt"].is_string(), "{refund}");
    let expected = ["PAID", "0", ALL].map(Value::from);
    assert_eq!(sums(world, order).await, expected);
    assert_at_rest(&world.item(&order.id));
}

#[tokio::test]
async fn refusal_is_answered_with_its_code_recorded_and_told_to_nobody() {
    for code in [
        "400001", "400100", "400102", "400202", "400301", "400302", "400303", "400999", "123456",
    ] {
        let world = World::start().await;
        let order = paid(&world).await;
        world.sandbox.binance().fault(On::Refund, 1, refused(code));
        let body = json!({"amount": "0.4"});
        let log = Log::start();

        let answer = world.refund(&order.id, "k", &body).await;

        let expected = binances(422, &order, code, "Binance: Refused.");
        assert_eq!(problem_of(&answer), expected);
        assert_failed(&world, &order, Some(code)).await;
        assert_eq!(sent_and_asked(&world), [1, 0], "{code}");
        assert_eq!(raised(&log), Vec::<String>::new(), "{code}");
        assert_eq!(world.reconcile_after(MINUTE).await, summary(0, 0, 0, 0));
        assert_eq!(kinds(&world), [["order.paid", "PAID"]]);

        // The same key is that refund; its end is final.
        for _ in 0..2 {
            let again = world.refund(&order.id, "k", &body).await;
            assert_eq!(problem_of(&again), binances(422, &order, code, AGAIN));
        }
        let other = world.refund(&order.id, "k", &json!({})).await;
        assert_eq!(other.text_of("code"), "IDEMPOTENCY_KEY_REUSED");
        assert_eq!(sent_and_asked(&world), [1, 0], "{code}");
        // A new key tries anew, for all of it.
        let anew = world.refund(&order.id, "l", &json!({})).await;
        assert_refund(&anew, &order, ["SUCCEEDED", ALL], None);
        assert_eq!(at_binance(&world), [ALL]);
    }
}

#[tokio::test]
async fn balance_that_is_too_low_calls_the_operator_and_is_topped_up_for_another_key() {
    let world = World::start().await;
    let order = paid(&world).await;
    let binance = world.sandbox.binance();
    binance.behave(|behaviour| behaviour.balance = Some("0.39".parse().unwrap()));
    let body = json!({"amount": "0.4"});
    let log = Log::start();

    let answer = world.refund(&order.id, "k", &body).await;

    let detail = "Binance: The account's remaining amount is not enough.";
    assert_eq!(problem_of(&answer), binances(409, &order, "400304", detail));
    assert_failed(&world, &order, Some("400304")).await;
    assert_eq!(raised(&log), ["refund.balance"]);
    let line = log
        .lines()
        .into_iter()
        .find(|line| line["level"] == "ERROR");
    let line = line.unwrap();
    assert_eq!(
        [&line["order.id"], &line["trade_no"]],
        [&order.id, &order.trade_no]
    );
    let again = world.refund(&order.id, "k", &body).await;
    assert_eq!(problem_of(&again), binances(409, &order, "400304", AGAIN));
    world.reconcile_after(MINUTE).await;
    assert_eq!(raised(&log), ["refund.balance"]);

    binance.behave(|behaviour| behaviour.balance = Some("0.4".parse().unwrap()));
    let again = world.refund(&order.id, "k", &body).await;
    assert_eq!(again.status, 409);
    let anew = world.refund(&order.id, "l", &body).await;
    assert_refund(&anew, &order, ["SUCCEEDED", "0.4"], None);
}

#[tokio::test]
async fn access_that_binance_denies_is_the_operators_and_the_refund_has_failed() {
    for (fault, status, code, recorded) in [
        (refused("400002"), 401, "400002", Some("400002")),
        (refused("400004"), 401, "400004", Some("400004")),
        (refused("400203"), 403, "400203", Some("400203")),
        (refused("400606"), 403, "400606", Some("400606")),
        (Fault::Html403, 403, "ACCESS_DENIED", None),
        (Fault::Geo451, 403, "LOCATION_RESTRICTED", None),
    ] {
        let world = World::start().await;
        let order = paid(&world).await;
        // Twice, in case it is repeated with secrets read again.
        world.sandbox.binance().fault(On::Refund, 2, fault);
        let body = json!({"amount": "0.4"});
        let log = Log::start();

        let answer = world.refund(&order.id, "k", &body).await;

        let (said, problem) = problem_of(&answer);
        assert_eq!((said, &problem["code"]), (status, &json!(code)));
        assert_eq!(
            [&problem["source"], &problem["orderId"]],
            ["binance", order.id.as_str()]
        );
        assert_eq!(raised(&log), ["binance.access"], "{code}");
        world.sandbox.binance().clear_faults();
        assert_failed(&world, &order, recorded).await;
        let again = world.refund(&order.id, "k", &body).await;
        let code = recorded.unwrap_or("REFUND_FAILED");
        assert_eq!(problem_of(&again), binances(422, &order, code, AGAIN));
        let anew = world.refund(&order.id, "l", &body).await;
        assert_refund(&anew, &order, ["SUCCEEDED", "0.4"], None);
    }
}

#[tokio::test]
async fn fault_of_binance_before_the_record_leaves_nothing_and_the_key_unused() {
    for (fault, status, code) in [
        (Fault::Http500, 500, "400000"),
        (Fault::LostRequest, 500, "BINANCE_UNAVAILABLE"),
        (
            Fault::Rate429 {
                retry_after: Some(60),
            },
            429,
            "RATE_LIMITED",
        ),
        (Fault::Html403, 403, "ACCESS_DENIED"),
        (refused("400000"), 500, "400000"),
    ] {
        let world = World::start().await;
        let order = paid(&world).await;
        let item = world.item(&order.id);
        world.sandbox.binance().fault(On::Query, 9, fault);
        // Too little time for another try.
        world.functions.limit_ms.store(7_500, Ordering::Relaxed);

        let answer = world.refund(&order.id, "k", &json!({})).await;

        let (said, problem) = problem_of(&answer);
        assert_eq!((said, &problem["code"]), (status, &json!(code)));
        assert_eq!(problem["orderId"], order.id.as_str());
        assert_eq!(world.item(&order.id), item);
        assert_eq!(sent_and_asked(&world), [0, 0], "{code}");
        world.sandbox.binance().clear_faults();
        world.functions.limit_ms.store(20_000, Ordering::Relaxed);
        let answer = world.refund(&order.id, "k", &json!({})).await;
        assert_refund(&answer, &order, ["SUCCEEDED", ALL], None);
        assert_eq!(answer.header("idempotent-replayed"), None);
    }
}

#[tokio::test]
async fn refusal_after_a_sending_that_was_certainly_not_carried_out_is_final_and_told() {
    let world = World::start().await;
    let order = paid(&world).await;
    let limited = Fault::Rate429 {
        retry_after: Some(60),
    };
    let binance = world.sandbox.binance();
    binance.fault(On::Refund, 1, limited);
    let body = json!({"amount": "0.4"});
    let answer = world.refund(&order.id, "k", &body).await;
    assert_refund(&answer, &order, ["PENDING", "0.4"], None);
    assert_eq!(sent_and_asked(&world), [1, 0]);
    binance.fault(On::Refund, 1, refused("400303"));
    let log = Log::start();

    assert_eq!(world.reconcile_after(MINUTE).await, summary(1, 0, 1, 0));

    assert_failed(&world, &order, Some("400303")).await;
    let failed = ["order.refund_failed", "PAID"];
    assert_eq!(kinds(&world), [["order.paid", "PAID"], failed]);
    let warned = log.lines().into_iter().filter(|line| {
        let message = line["message"].as_str().unwrap_or_default();
        message.starts_with("a refund of order") && line["level"] == "WARN"
    });
    assert_eq!(warned.count(), 1);
    let again = world.refund(&order.id, "k", &body).await;
    assert_eq!(problem_of(&again), binances(422, &order, "400303", AGAIN));
}

#[tokio::test]
async fn refund_that_reconcile_orders_may_not_send_calls_the_operator() {
    let world = World::start().await;
    let order = paid(&world).await;
    let binance = world.sandbox.binance();
    binance.fault(On::Refund, 1, Fault::LostRequest);
    let body = json!({"amount": "0.4"});
    let answer = world.refund(&order.id, "k", &body).await;
    assert_refund(&answer, &order, ["PENDING", "0.4"], None);
    binance.fault(On::Refund, 1, refused("400203"));
    let log = Log::start();

    world.reconcile_after(MINUTE).await;

    // An earlier sending may have arrived for all that is known: undecided.
    assert_eq!(raised(&log), ["binance.access"]);
    let message = log
        .lines()
        .into_iter()
        .find(|line| line["level"] == "ERROR");
    let message = message.unwrap()["message"].to_string();
    assert!(message.contains("a refund of order"), "{message}");
    assert_eq!(refunds_of(&world, &order).await, [["PENDING", "0.4"]]);
    world.reconcile_after(4 * MINUTE).await;
    world.reconcile_after(15 * MINUTE).await;
    assert_eq!(refunds_of(&world, &order).await, [["SUCCEEDED", "0.4"]]);
    assert_eq!(at_binance(&world), ["0.4"]);
    assert_eq!(world.reconcile_after(DAY).await["failed"], 0);
}
