//! A client as LeadsCalendar is one: with a key it repeats its request as it is told to, without one it does not.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use serde_json::Value;

use crate::random::{Random, Stream};
use crate::script::Script;
use crate::world::{Told, World};

/// Requests of one client for one order before it comes back much later.
const MOST_REQUESTS: u32 = 20;

/// Orders, and plays what becomes of the order.
pub async fn play(world: &Arc<World>, number: u64) {
    let seed = world.settings.seed;
    let script = Script::of(seed, number);
    let random = &mut Random::of(seed, Stream::Client, number);
    let told = if script.is_twin {
        world.inject("two requests with one key at once");
        world.slow_twins(random);
        let twin_random = &mut Random::of(seed, Stream::Twin, number);
        let (told, twin) = tokio::join!(
            insist(world, &script, random),
            insist(world, &script, twin_random)
        );
        told.or(twin)
    } else {
        insist(world, &script, random).await
    };
    let Some(told) = told.filter(|told| told.status == Some(201)) else {
        return;
    };
    must_be_there(world, number, &told);
    if script.has_other_content {
        use_key_for_other_content(world, &script, random).await;
    }
    if told.text("status") == Some("PENDING")
        && let Some(trade_no) = told.text("merchantTradeNo")
    {
        crate::payer::play(world, &script, trade_no).await;
    }
    if script.looks_again {
        look_again(world, &script, &told, random).await;
    }
}

/// The last answer, unless the client went away before.
async fn insist(world: &Arc<World>, script: &Script, random: &mut Random) -> Option<Told> {
    let fields = fields(world, script, &script.price);
    let mut tries_again = script.tries_again;
    for _ in 0..MOST_REQUESTS {
        world.faults_before_request(random);
        let told = world
            .create(script.number, script.key.as_deref(), &fields, random)
            .await;
        match told.status {
            None | Some(409 | 429 | 500 | 503) => {
                if !script.is_patient {
                    return None;
                }
            }
            Some(201) => return Some(told),
            Some(_) if tries_again && script.is_patient => tries_again = false,
            Some(_) => return Some(told),
        }
        let wait_ms = random.between(60, 400);
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
    }
    // A payment that came before its terms is verified by the schedule, a minute later by the real clock.
    world.memory().later.push(script.number);
    None
}

/// A client comes back when everything is well again; now it must be answered.
pub async fn come_back(world: &Arc<World>, number: u64) {
    let script = Script::of(world.settings.seed, number);
    let random = &mut Random::of(world.settings.seed, Stream::Client, number);
    let fields = fields(world, &script, &script.price);
    world.inject("client comes back at the end");
    let told = world
        .create(number, script.key.as_deref(), &fields, random)
        .await;
    if told.status != Some(201) {
        let sentence = format!("lost: {:?} with nothing wrong any more", told.status);
        world.wrong(script.reference(), sentence);
    }
}

/// Whoever is told of an order finds it in the table.
fn must_be_there(world: &World, number: u64, told: &Told) {
    let order_id = told.text("orderId").unwrap_or_default();
    if world.item(order_id).is_none() {
        let sentence = format!("lost: 201 for {order_id}, which is not in the table");
        world.wrong(format!("soak {number}"), sentence);
    }
}

async fn use_key_for_other_content(world: &Arc<World>, script: &Script, random: &mut Random) {
    world.inject("key used for other content");
    let other = fields(world, script, "77.77").to_string();
    for _ in 0..MOST_REQUESTS {
        let answer = world
            .request(
                Method::POST,
                "/orders",
                script.key.as_deref(),
                other.as_bytes(),
                random,
            )
            .await;
        match answer {
            Some((422, ..)) => return,
            None | Some((500 | 503, ..)) => {}
            Some((status, _, body)) => {
                let sentence = format!("doubled: {status} for the key with other content: {body}");
                return world.wrong(script.reference(), sentence);
            }
        }
    }
}

/// Reads the order, and repeats the request although it was answered.
async fn look_again(world: &Arc<World>, script: &Script, told: &Told, random: &mut Random) {
    let order_id = told.text("orderId").unwrap_or_default();
    let path = format!("/orders/{order_id}");
    let read = world.request(Method::GET, &path, None, &[], random).await;
    match read {
        Some((200, _, body)) if body["orderId"] == *order_id => world.memory().read.push(body),
        None | Some((500 | 503, ..)) => {}
        Some((status, _, body)) => {
            let sentence = format!("lost: {status} to GET {path}: {body}");
            world.wrong(script.reference(), sentence);
        }
    }
    if script.is_patient {
        insist(world, script, random).await;
    }
}

fn fields(world: &World, script: &Script, price: &str) -> Value {
    script.fields(price, &world.host(script.is_second_host).callback_url())
}
