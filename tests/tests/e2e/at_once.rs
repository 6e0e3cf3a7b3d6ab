//! Requests at once with one `Idempotency-Key`: one of them makes the order, the others wait or get the same one.

use std::sync::atomic::Ordering;

use sandbox::binance::{Fault, On};
use serde_json::json;

use crate::idempotency::{assert_replay, create};
use crate::problem::{ours, problem};
use crate::world::{Answer, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_at_once_with_one_key_are_one_order() {
    let world = World::start().await;
    world.functions.limit_ms.store(14_000, Ordering::Relaxed);
    for round in 0..24 {
        let key = format!("round-{round}");
        let before = world.sandbox.binance().calls().len();
        if round % 4 == 0 {
            let slow = Fault::Slow { ms: 60 };
            world.sandbox.binance().fault(On::Create, 1, slow);
        }
        let asked = world.four_fields();
        let one = || create(&world, &key, &asked);
        let answers = if round % 2 == 0 {
            Vec::from(<[Answer; 2]>::from(tokio::join!(one(), one())))
        } else {
            Vec::from(<[Answer; 8]>::from(tokio::join!(
                one(),
                one(),
                one(),
                one(),
                one(),
                one(),
                one(),
                one()
            )))
        };

        let is_first = |answer: &&Answer| {
            answer.status == 201 && answer.header("idempotent-replayed").is_none()
        };
        let firsts: Vec<_> = answers.iter().filter(is_first).collect();
        assert_eq!(firsts.len(), 1, "{answers:#?}");
        for answer in answers.iter().filter(|answer| !is_first(answer)) {
            if answer.status == 201 {
                assert_replay(answer, firsts[0]);
            } else {
                let detail = "the first request with this Idempotency-Key is still under way";
                assert_eq!(problem(answer, 409), ours("REQUEST_IN_PROGRESS", detail));
                let secs: u64 = answer.header("retry-after").unwrap().parse().unwrap();
                assert!((1..=14).contains(&secs), "{secs}");
            }
        }
        let calls = world.sandbox.binance().calls().split_off(before);
        assert_eq!(calls.len(), 1, "{calls:#?}");
        assert_replay(&one().await, firsts[0]);
    }
    assert_eq!(world.sandbox.binance().orders().len(), 24);
    assert_eq!(world.items().len(), 24);
}

#[tokio::test]
async fn requests_at_once_with_one_key_and_other_contents_are_one_order_too() {
    let world = World::start().await;
    let slow = Fault::Slow { ms: 100 };
    world.sandbox.binance().fault(On::Create, 1, slow);
    let one = world.four_fields();
    let mut two = one.clone();
    two["price"] = json!(2);

    let answers = tokio::join!(create(&world, "k", &one), create(&world, "k", &two));

    let mut statuses = [answers.0.status, answers.1.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422]);
    assert_eq!(world.sandbox.binance().orders().len(), 1);
}
