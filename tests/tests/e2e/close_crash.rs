//! `close-order` dies right after each of its outgoing calls in turn; then the same request, or `reconcile-orders`, comes.

use sandbox::binance::{Play, Status};
use serde_json::json;

use crate::crash::CALLS;
use crate::mortal::{Mortal, post};
use crate::reconcile::{HOUR, MINUTE};
use crate::signed::{Opened, open, told};
use crate::world::World;

/// `close-order` dies after so many calls; whether it lived to answer.
async fn dies_closing(world: &World, order: &Opened, calls: usize) -> bool {
    let mortal = Mortal::after(calls, world).await;
    let path = format!("/orders/{}/close", order.id);
    let headers = [("x-mbx-apikey", world.sandbox.app_api_key())];
    let event = post(&mortal.functions, &path, &headers, "");
    mortal.live(mortal.functions.invoke(event)).await.is_some()
}

async fn runs(world: &World, minutes: u32) {
    for _ in 0..minutes {
        world.reconcile_after(MINUTE).await;
    }
}

#[tokio::test]
async fn close_that_died_is_carried_out_once_its_wish_stands_in_the_table() {
    for calls in 0..CALLS {
        let world = World::start().await;
        world
            .sandbox
            .binance()
            .behave(|behaviour| behaviour.closed_notices = false);
        let order = open(&world).await;
        let lived = Box::pin(dies_closing(&world, &order, calls)).await;

        let is_wished = world.item(&order.id).get("closing").is_some();
        runs(&world, 3).await;
        let status = world.item(&order.id)["status"].clone();
        let expected = if is_wished { "CANCELED" } else { "PENDING" };
        assert_eq!(status, expected, "after {calls} calls");
        if is_wished {
            let stands = world.sandbox.binance().order(&order.trade_no).unwrap();
            assert_eq!(stands.status, Status::Canceled, "after {calls} calls");
            assert_eq!(told(&world).len(), 1, "after {calls} calls");
        }
        if lived {
            assert!(calls >= 4, "{calls}");
            return;
        }
    }
    panic!("it never lived");
}

#[tokio::test]
async fn close_that_died_and_is_asked_for_again_ends_as_if_it_had_not() {
    for calls in 0..CALLS {
        let world = World::start().await;
        let order = open(&world).await;
        let lived = Box::pin(dies_closing(&world, &order, calls)).await;

        let again = world.close(&order.id).await;
        assert_eq!(again.status, 200, "{}", again.text);
        assert_eq!(again.text_of("status"), "CANCELED", "after {calls} calls");
        if lived {
            return;
        }
    }
    panic!("it never lived");
}

#[tokio::test]
async fn payment_that_a_close_which_died_left_behind_is_found() {
    for calls in 0..CALLS {
        let world = World::start().await;
        let order = open(&world).await;
        let lived = Box::pin(dies_closing(&world, &order, calls)).await;
        let paid = Play {
            late: true,
            ..Play::in_silence()
        };
        world.sandbox.binance().pay(&order.trade_no, paid).unwrap();

        runs(&world, 3).await;
        world.reconcile_after(HOUR).await;
        let seen = world.shown(&order.id).await;
        assert_eq!(seen["status"], "PAID", "after {calls} calls: {seen}");
        let was_over = seen["history"]
            .as_array()
            .unwrap()
            .iter()
            .any(|change| change["status"] == "CANCELED");
        assert_eq!(seen["late"], json!(was_over), "after {calls} calls: {seen}");
        if lived {
            return;
        }
    }
    panic!("it never lived");
}
