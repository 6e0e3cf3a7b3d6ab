//! A question that Binance refuses for the rate's sake is not repeated, and what is logged of a call names its order.

use sandbox::binance::{Fault, On};
use serde_json::Value;

use crate::log::Log;
use crate::reconcile::MINUTE;
use crate::signed::{binance_calls, open, pay_silently, refused};
use crate::world::World;

/// By then an open order has been due for asking.
const DUE_SECS: u32 = 6 * MINUTE;

#[tokio::test]
async fn question_that_is_limited_is_asked_once() {
    for fault in [
        Fault::Rate429 {
            retry_after: Some(1),
        },
        Fault::Rate429 { retry_after: None },
        refused("406108"),
    ] {
        let world = World::start().await;
        let order = open(&world).await;
        pay_silently(&world, &order);
        world.sandbox.binance().fault(On::Query, 9, fault);

        world.reconcile_after(DUE_SECS).await;

        assert_eq!(binance_calls(&world, "/order/query"), 1);
        assert_eq!(world.item(&order.id)["status"], "PENDING");
    }
}

#[tokio::test]
async fn line_of_every_call_about_an_order_names_order_and_number() {
    let log = Log::start();
    let world = World::start().await;
    let order = open(&world).await;
    pay_silently(&world, &order);
    world.sandbox.binance().fault(On::Query, 1, Fault::Http500);
    world.reconcile_after(DUE_SECS).await;

    let lines = log.lines();
    let of = |path: &str| -> Vec<&Value> {
        let is_of = |line: &&Value| line["path"].as_str().is_some_and(|at| at.ends_with(path));
        lines.iter().filter(is_of).collect()
    };
    // Created; asked, without an answer and with one.
    assert_eq!([of("/v3/order").len(), of("/order/query").len()], [1, 2]);
    for line in [of("/v3/order"), of("/order/query")].concat() {
        assert_eq!(line["trade_no"], order.trade_no, "{line}");
        assert_eq!(line["order.id"], order.id, "{line}");
        assert!(line["duration_ms"].as_i64().is_some(), "{line}");
    }
}
