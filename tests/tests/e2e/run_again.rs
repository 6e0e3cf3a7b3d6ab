//! A request that ended in a failure of Binance's is run again under the same `Idempotency-Key`.

use std::net::TcpStream;
use std::sync::atomic::Ordering;

use aws_sdk_dynamodb::types::AttributeValue;
use sandbox::binance::{Fault, On};
use sandbox::dynamodb::TABLE;

use crate::binance_failures::refusal;
use crate::idempotency::{assert_first, assert_replay, create};
use crate::problem::{ours, problem};
use crate::world::World;

#[tokio::test]
async fn request_that_binance_refused_is_run_again_under_the_next_number() {
    let world = World::start().await;
    for (code, status) in [
        ("400100", 400),
        ("400203", 403),
        ("400202", 404),
        ("400004", 401),
    ] {
        // Credentials are tried once more with secrets read again.
        let times = if status == 401 { 2 } else { 1 };
        world
            .sandbox
            .binance()
            .fault(On::Create, times, refusal(code));
        let refused = create(&world, code, &world.four_fields()).await;
        assert_eq!(problem(&refused, status)["code"], code);

        let created = create(&world, code, &world.four_fields()).await;

        assert_first(&created);
        let order_id = created.text_of("orderId");
        let second = format!("{order_id}02");
        assert_eq!(created.text_of("merchantTradeNo"), second);
        assert!(world.sandbox.binance().order(&second).is_some());
        let item = world.item(&order_id);
        assert_eq!(item["attempts"][0]["end"], "refused");
        assert_eq!(item["status"], "PENDING");
        assert_replay(&create(&world, code, &world.four_fields()).await, &created);
    }
    assert_eq!(world.sandbox.binance().orders().len(), 4);
}

#[tokio::test]
async fn request_that_was_not_done_is_run_again_under_the_same_number() {
    let world = World::start().await;
    // With so little time nothing is repeated within the first request.
    world.functions.limit_ms.store(6_000, Ordering::Relaxed);
    for (key, fault, status) in [
        (
            "429",
            Fault::Rate429 {
                retry_after: Some(3),
            },
            429,
        ),
        ("406108", refusal("406108"), 429),
        ("400003", refusal("400003"), 500),
    ] {
        world.sandbox.binance().fault(On::Create, 1, fault);
        let refused = create(&world, key, &world.four_fields()).await;
        problem(&refused, status);

        let created = create(&world, key, &world.four_fields()).await;

        assert_first(&created);
        let order_id = created.text_of("orderId");
        assert_eq!(created.text_of("merchantTradeNo"), format!("{order_id}01"));
        assert_eq!(
            world.item(&order_id)["attempts"].as_array().unwrap().len(),
            1
        );
    }
    world.sandbox.binance().server().go_away();
    let away = create(&world, "away", &world.four_fields()).await;
    problem(&away, 500);
    world.sandbox.binance().server().come_back();
    let is_back = |world: &World| TcpStream::connect(&world.sandbox.binance().url()[7..]).is_ok();
    world.until("the simulator to be back", is_back).await;

    let created = create(&world, "away", &world.four_fields()).await;

    assert_first(&created);
    let order_id = created.text_of("orderId");
    assert_eq!(created.text_of("merchantTradeNo"), format!("{order_id}01"));
}

#[tokio::test]
async fn hundredth_attempt_is_refused() {
    let world = World::start().await;
    let fault = || refusal("400100");
    world.sandbox.binance().fault(On::Create, 1, fault());
    let asked = world.four_fields();
    assert_eq!(create(&world, "k", &asked).await.status, 400);
    repeat_first_attempt(&world, 98).await;

    world.sandbox.binance().fault(On::Create, 1, fault());
    assert_eq!(create(&world, "k", &asked).await.status, 400);
    let last = world.sandbox.binance().calls().pop().unwrap();
    let left = world.items().remove(0);
    let order_id = left["orderId"].as_str().unwrap();
    assert_eq!(last.trade_no, Some(format!("{order_id}99")));

    let answer = create(&world, "k", &asked).await;

    let detail = "the order of this Idempotency-Key has used up its 99 attempts";
    assert_eq!(problem(&answer, 422), ours("ATTEMPTS_USED_UP", detail));
    assert_eq!(world.sandbox.binance().calls().len(), 2);
    assert_eq!(world.items(), [left]);
}

/// Makes the one order in the table look as if its first attempt had been made `times` times.
pub async fn repeat_first_attempt(world: &World, times: usize) {
    let table = world.sandbox.dynamodb().client();
    let scan = table.scan().table_name(TABLE).send();
    let mut item = scan.await.unwrap().items.unwrap().remove(0);
    let Some(AttributeValue::L(attempts)) = item.get_mut("attempts") else {
        panic!("no attempts in {item:?}");
    };
    *attempts = vec![attempts[0].clone(); times];
    let put = table.put_item().table_name(TABLE).set_item(Some(item));
    put.send().await.unwrap();
}
