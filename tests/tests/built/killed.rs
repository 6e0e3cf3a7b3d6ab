//! A function that dies in the middle of a request, as a process does when its machine takes it away.

use std::collections::HashSet;
use std::time::Duration;

use sandbox::binance::{Fault, On, Play};
use serde_json::json;

use crate::cargo_lambda::signal;
use crate::world::{Answer, World, play_alone};

const KEY: [(&str, &str); 1] = [("idempotency-key", "subscription-7-november")];

#[test]
fn request_whose_function_was_killed_ends_well_when_repeated_with_its_key() {
    play_alone(async |world: World| {
        kill_while_binance_is_slow(&world).await;
        let world = world.restarted().await;

        let created = repeated_as_told(&world).await;
        assert_eq!(created.status, 201, "{}", created.text);
        let order = created.json();
        assert_eq!(order["status"], "PENDING");
        let order_id = order["orderId"].as_str().unwrap();
        let trade_no = order["merchantTradeNo"].as_str().unwrap();
        assert_eq!(trade_no, format!("{order_id}02"));

        let all = world.sandbox.binance().calls();
        let used = all.iter().filter_map(|call| call.trade_no.as_deref());
        let used: Vec<&str> = used.collect();
        let first = format!("{order_id}01");
        assert_eq!(used, [first.as_str(), trade_no]);
        let nonces: HashSet<_> = all.iter().map(|call| &call.nonce).collect();
        assert_eq!(nonces.len(), all.len());

        let binance = world.sandbox.binance();
        binance
            .pay_and_wait(trade_no, Play::default())
            .await
            .unwrap();
        let mut items = world.sandbox.dynamodb().items().unwrap();
        items.retain(|item| item["orderId"] != "namespace");
        let [item] = &items[..] else {
            panic!("not one order: {items:?}");
        };
        assert_eq!(item["status"], "PAID");
        let again = world.create(&world.four_fields(), &KEY).await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(again.json()["orderId"], json!(order_id));
        world
    });
}

/// The request reaches Binance, which takes its time; nobody gets an answer.
async fn kill_while_binance_is_slow(world: &World) {
    let binance = world.sandbox.binance();
    binance.fault(On::Create, 1, Fault::Slow { ms: 60_000 });
    let body = world.four_fields();
    let request = world.create(&body, &KEY);
    let asked = world.until("the call of Binance", |world| {
        !world.sandbox.binance().orders().is_empty()
    });
    tokio::select! {
        answer = request => panic!("answered {answer:?}"),
        () = asked => {}
    }
    let pid = world.functions.function("create-order");
    let pid = pid.expect("create-order runs");
    signal("KILL", &pid.to_string());
    let is_gone = |world: &World| world.functions.function("create-order").is_none();
    world.until("its death", is_gone).await;
}

/// Repeats the request for as long as the first one may still be under way.
async fn repeated_as_told(world: &World) -> Answer {
    loop {
        let answer = world.create(&world.four_fields(), &KEY).await;
        if answer.status != 409 {
            return answer;
        }
        let secs: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=28).contains(&secs), "Retry-After {secs}");
        tokio::time::sleep(Duration::from_secs(secs)).await;
    }
}
