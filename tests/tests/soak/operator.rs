//! The schedule, the time that is moved, and the end, when everything that is due is done.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sandbox::binance::{Call, Forgery, Status};
use sandbox::clock;
use serde_json::json;

use crate::client;
use crate::evidence::ID_DIGITS;
use crate::fleet::killed_after;
use crate::payer;
use crate::random::{Random, Stream};
use crate::secrets;
use crate::world::World;

const MINUTE: u32 = 60;
const HOUR: u32 = 60 * MINUTE;
const DAY: u32 = 24 * HOUR;
/// Longer than the wait before the simulator's last repeat of a notification.
const QUIET_MS: u64 = 1_500;

/// Runs the schedule at the real time until it is stopped.
pub async fn schedule(world: Arc<World>) {
    let random = &mut Random::of(world.settings.seed, Stream::Schedule, 0);
    loop {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let _shared = world.runs.read().await;
        let now_ms = clock::now_ms();
        reconcile(&world, now_ms, 200, random).await;
    }
}

/// Moves the time so many times while orders come in.
pub async fn move_time_now_and_then(world: Arc<World>, times: u64) {
    let random = &mut Random::of(world.settings.seed, Stream::Operator, 0);
    for time in 1..=times {
        let played = world.settings.orders * time / (times + 1);
        world.played(played).await;
        let _shared = world.runs.read().await;
        if time % 2 == 1 {
            table_is_away(&world, random).await;
        }
        let _resting = world.at_rest.write().await;
        pay_hidden_checkouts(&world, 40, random);
        let minutes = random.weighted(&[(3, 6), (3, 21), (2, 62), (1, 300)]);
        world.inject("time moved while orders come in");
        world.sandbox.binance().advance(minutes * MINUTE);
        let now_ms = world.sandbox.binance().now_ms();
        if !reconcile(&world, now_ms, 600, random).await {
            reconcile(&world, now_ms, 300, random).await;
        }
    }
}

/// Longer than the SDK tries again, so that every function has to give up.
async fn table_is_away(world: &World, random: &mut Random) {
    world.inject("table away for seconds");
    let table = world.sandbox.dynamodb().server();
    table.go_away();
    let ms = random.between(2_000, 3_000);
    tokio::time::sleep(Duration::from_millis(ms)).await;
    table.come_back();
}

/// One run at `time_ms`, which is killed so often in a thousand; whether it came to its end with nothing left.
async fn reconcile(world: &World, time_ms: i64, killed: u64, random: &mut Random) -> bool {
    let polls = (random.chance(killed) && !world.is_calm()).then(|| random.between(1, 250));
    let time = jiff::Timestamp::from_millisecond(time_ms).unwrap();
    let event = json!({ "time": time.to_string() });
    let functions = world.functions(random);
    // Boxed, since it is a large future.
    let run = Box::pin(functions.reconcile_within(event, 90_000));
    match killed_after(polls, run).await {
        None => {
            world.inject("reconcile-orders killed");
            false
        }
        // Away from its table, it says so; the next run does the work. Without its secrets its log says so.
        Some(Err(_)) => false,
        Some(Ok(summary)) => summary["left"] == 0,
    }
}

/// Now and then somebody pays a checkout whose address was lost on its way to us.
fn pay_hidden_checkouts(world: &World, per_mille: u64, random: &mut Random) {
    for order in world.sandbox.binance().orders() {
        let trade_no = order.merchant_trade_no;
        let is_hidden = !world.memory().known.contains(&trade_no);
        if order.status == Status::Initial && is_hidden && random.chance(per_mille) {
            payer::pay_hidden(world, &trade_no, random);
        }
    }
}

/// The storm is over: what was left behind is made up for by asking, within the steps of each status.
pub async fn finish(world: &Arc<World>) {
    let random = &mut Random::of(world.settings.seed, Stream::Operator, 1);
    pay_hidden_checkouts(world, 150, random);
    world.calm_down().await;
    world.end_what_is_under_way(random);
    notifications_have_come(world).await;
    println!(
        "{:>5} s  the last notification has come",
        world.elapsed_secs()
    );
    let began_ms = world.sandbox.binance().now_ms();
    pass(world, began_ms, 3 * HOUR, random).await;
    Box::pin(secrets::must_be_known_again(world)).await;
    let later = std::mem::take(&mut world.memory().later);
    for number in later {
        client::come_back(world, number).await;
    }
    pass(world, began_ms, 2 * DAY, random).await;
    payer::days_later(world, random);
    pass(world, began_ms, 40 * DAY, random).await;
    if send_again_what_is_not_asked_about(world).await {
        let sent_ms = world.sandbox.binance().now_ms();
        pass(world, sent_ms, 2 * DAY, random).await;
    }
}

/// Lets time pass until so many seconds after `from_ms`, in steps that grow, each followed by all that is due then.
async fn pass(world: &World, from_ms: i64, seconds: u32, random: &mut Random) {
    loop {
        let passed_ms = world.sandbox.binance().now_ms() - from_ms;
        let passed = u32::try_from(passed_ms / 1_000).unwrap();
        if passed >= seconds {
            return;
        }
        let step = (6 * MINUTE).max(passed / 3);
        advance(world, step.min(seconds - passed + 1), random).await;
    }
}

async fn advance(world: &World, seconds: u32, random: &mut Random) {
    world.sandbox.binance().advance(seconds);
    for _ in 0..20 {
        if reconcile(world, world.sandbox.binance().now_ms(), 0, random).await {
            return;
        }
    }
}

/// Waits until the simulator has nothing more to deliver.
async fn notifications_have_come(world: &World) {
    for _ in 0..200 {
        let last_ms = world.received_at_ms.load(Ordering::Relaxed);
        let now_ms = u64::try_from(clock::now_ms()).unwrap();
        if world.receiving.load(Ordering::Relaxed) == 0 && now_ms > last_ms + QUIET_MS {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    world.wrong("", "notifications do not end");
}

/// An order of which nothing is left is not asked about again, so that only a notification tells of a payment beside that
/// one; Binance repeats it for days. Whether anything was sent.
async fn send_again_what_is_not_asked_about(world: &World) -> bool {
    let mut has_sent = false;
    for order in world.sandbox.binance().orders() {
        let trade_no = order.merchant_trade_no.as_str();
        let (id, attempt) = trade_no.split_at(ID_DIGITS);
        let Some(item) = world.item(id).filter(|_| order.payment.is_some()) else {
            continue;
        };
        let attempt = attempt.parse::<usize>().unwrap() - 1;
        let is_known = item["attempts"][attempt]["payment"].is_object();
        if item["status"] == "REFUNDED" && !is_known {
            send_again(world, trade_no).await;
            has_sent = true;
        }
    }
    has_sent
}

/// The trade numbers that the simulator paid on its own, by the fault `webhookFirst`.
pub fn paid_before_the_answer(calls: &[Call]) -> HashSet<String> {
    let is_fault = |call: &&Call| {
        call.fault
            .as_ref()
            .is_some_and(|fault| fault["fault"] == "webhookFirst")
    };
    let calls = calls.iter().filter(is_fault);
    calls.filter_map(|call| call.trade_no.clone()).collect()
}

async fn send_again(world: &World, trade_no: &str) {
    let forgery = Forgery {
        merchant_trade_no: Some(trade_no.to_owned()),
        ..Forgery::default()
    };
    world.inject("notification sent again at the end");
    let delivery = world.sandbox.binance().notify(forgery).await.unwrap();
    if !delivery.acknowledged {
        let sentence = format!(
            "unconfirmed: a notification is refused with nothing wrong: {:?}",
            delivery.answer
        );
        world.wrong(&trade_no[..ID_DIGITS], sentence);
    }
}
