//! `refund-order` dies right after each of its outgoing calls in turn; then the same request, or `reconcile-orders`, comes;
//! and that dies, too. Nothing goes back twice, and what was recorded goes back once.

use std::sync::atomic::Ordering;

use sandbox::binance::{Fault, On};
use serde_json::json;

use crate::crash::CALLS;
use crate::giving_back::{
    assert_refund, at_binance, deaf, kinds, paid, paid_unheard, refunds_of, runs_at,
};
use crate::mortal::{Mortal, post};
use crate::reconcile::MINUTE;
use crate::signed::{Opened, assert_at_rest};
use crate::world::World;

const PAID: [&str; 2] = ["order.paid", "PAID"];
const PART: [&str; 2] = ["order.refunded", "PARTIALLY_REFUNDED"];

/// `refund-order` dies after so many calls; whether it lived to answer.
async fn dies_refunding(world: &World, order: &Opened, calls: usize) -> bool {
    let mortal = Mortal::after(calls, world).await;
    mortal.functions.limit_ms.store(20_000, Ordering::Relaxed);
    let path = format!("/orders/{}/refunds", order.id);
    let headers = [
        ("x-mbx-apikey", world.sandbox.refund_api_key()),
        ("content-type", "application/json"),
        ("idempotency-key", "k"),
    ];
    let body = json!({"amount": "0.4"}).to_string();
    let event = post(&mortal.functions, &path, &headers, &body);
    mortal.live(mortal.functions.invoke(event)).await.is_some()
}

/// It went back once, and LeadsCalendar knows.
async fn assert_once(world: &World, order: &Opened, case: &str) {
    assert_eq!(at_binance(world), ["0.4"], "{case}");
    let refunds = refunds_of(world, order).await;
    assert_eq!(refunds, [["SUCCEEDED", "0.4"]], "{case}");
    assert_eq!(kinds(world), [PAID, PART], "{case}");
    let item = world.item(&order.id);
    assert_eq!(item["status"], "PARTIALLY_REFUNDED", "{case}");
    assert_at_rest(&item);
}

#[tokio::test]
async fn refund_that_died_and_is_asked_for_again_goes_back_once() {
    for calls in 0..CALLS {
        let world = World::start().await;
        let order = paid(&world).await;
        let lived = Box::pin(dies_refunding(&world, &order, calls)).await;

        let body = json!({"amount": "0.4"});
        let again = world.refund(&order.id, "k", &body).await;
        assert_eq!(again.status, 201, "after {calls} calls: {}", again.text);
        runs_at(&world, &[MINUTE, 5 * MINUTE]).await;

        let case = format!("after {calls} calls");
        assert_once(&world, &order, &case).await;
        let again = world.refund(&order.id, "k", &body).await;
        assert_refund(&again, &order, ["SUCCEEDED", "0.4"], None);
        if lived {
            // Read and make the namespace; the order; ask, record, send, record, ask, record; and one to spare. The
            // notification may come in between.
            assert!((10..14).contains(&calls), "{calls}");
            return;
        }
    }
    panic!("it never lived");
}

#[tokio::test]
async fn refund_that_died_goes_back_once_it_stands_in_the_table_and_never_before() {
    for calls in 0..CALLS {
        let world = deaf().await;
        let order = paid_unheard(&world).await;
        let lived = Box::pin(dies_refunding(&world, &order, calls)).await;

        let is_recorded = world.item(&order.id).get("refunds").is_some();
        runs_at(&world, &[MINUTE, 5 * MINUTE]).await;

        let case = format!("after {calls} calls");
        if is_recorded {
            assert_once(&world, &order, &case).await;
        } else {
            assert!(at_binance(&world).is_empty(), "{case}");
            assert_eq!(kinds(&world), [PAID], "{case}");
        }
        if lived {
            return;
        }
    }
    panic!("it never lived");
}

#[tokio::test]
async fn run_that_dies_over_a_refund_it_sends_again_leaves_it_to_a_later_one() {
    // Before that it has not yet found the order.
    for calls in 16..CALLS + 10 {
        let world = deaf().await;
        let order = paid_unheard(&world).await;
        let binance = world.sandbox.binance();
        binance.fault(On::Refund, 1, Fault::LostRequest);
        let body = json!({"amount": "0.4"});
        let answer = world.refund(&order.id, "k", &body).await;
        assert_refund(&answer, &order, ["PENDING", "0.4"], None);
        binance.advance(MINUTE);
        let mortal = Mortal::after(calls, &world).await;

        let running = mortal.functions.reconcile(world.schedule());
        let lived = mortal.live(running).await.is_some();
        runs_at(&world, &[3 * MINUTE, 5 * MINUTE, 19 * MINUTE]).await;

        let case = format!("after {calls} calls");
        assert_once(&world, &order, &case).await;
        if lived {
            assert!(calls > 20, "{calls}");
            return;
        }
    }
    panic!("it never lived");
}
