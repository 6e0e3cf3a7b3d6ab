//! The schedule, an operator's wishes, the outages of the site, the time that is moved, and the end.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use rust_decimal::Decimal;
use sandbox::binance::{Play, Status};
use sandbox::clock;
use serde_json::{Value, json};

use crate::fleet::killed_after;
use crate::guest::by_hand;
use crate::random::{Random, Stream};
use crate::world::{Kind, World};

const MINUTE: u32 = 60;
const HOUR: u32 = 60 * MINUTE;
const DAY: u32 = 24 * HOUR;
/// So few bookings are played in a hurry.
const FEW: u64 = 150;
/// Longer than the wait before the simulator's last repeat of a notification.
const QUIET_MS: u64 = 1_500;

/// Runs the schedule, and the site's rounds, at the real time until it is stopped.
pub async fn schedule(world: Arc<World>) {
    let random = &mut world.random(Stream::Schedule, 0);
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        world.round();
        if random.chance(400) {
            reconcile(&world, clock::now_ms(), 200, random).await;
        }
        if random.chance(60) {
            wish(&world, random).await;
        }
    }
}

/// The site is away for a while, now and then, and begins anew from its books.
pub async fn site_goes_away(world: Arc<World>) {
    let random = &mut world.random(Stream::Hosts, 0);
    loop {
        tokio::time::sleep(Duration::from_millis(random.between(1_500, 4_000))).await;
        outage(&world, random).await;
    }
}

async fn outage(world: &Arc<World>, random: &mut Random) {
    let Some(door) = world.site.door.get().and_then(Weak::upgrade) else {
        return;
    };
    world.inject("the site away, and begun anew from its books");
    door.go_away();
    world.site.die();
    tokio::time::sleep(Duration::from_millis(random.between(50, 700))).await;
    door.come_back();
    start(world, random).await;
}

/// Step 6: what has an order is looked at, and all is gone on with.
async fn start(world: &Arc<World>, random: &mut Random) {
    let open: Vec<(String, String)> = {
        let books = world.site.books();
        let open = books.bookings.values().filter(|booking| booking.is_open());
        open.filter_map(|one| Some((one.id.clone(), one.order_id()?.to_owned())))
            .collect()
    };
    for (id, order_id) in open {
        world.look(&id, &order_id, random).await;
    }
    world.round();
}

/// An operator has something asked about, or told again.
async fn wish(world: &Arc<World>, random: &mut Random) {
    let ids: Vec<String> = {
        let books = world.site.books();
        let ids = books.bookings.values().filter_map(|one| one.order_id());
        ids.map(str::to_owned).collect()
    };
    let last = u64::try_from(ids.len()).unwrap().saturating_sub(1);
    let Some(id) = ids.get(usize::try_from(random.between(0, last)).unwrap()) else {
        return;
    };
    let event = random.weighted(&[
        (3, json!({"ask": id})),
        (3, json!({"confirm": id})),
        (1, json!({"confirm": "owed"})),
    ]);
    world.inject("an operator's wish");
    let functions = world.fleet.one(random);
    // It fails while the table is away.
    let _ = Box::pin(functions.reconcile_within(event, 20_000)).await;
}

/// One run at `time_ms`, which is killed so often in a thousand; whether nothing is left.
async fn reconcile(world: &World, time_ms: i64, killed: u64, random: &mut Random) -> bool {
    let polls = (random.chance(killed) && !world.is_calm()).then(|| random.between(1, 250));
    let time = jiff::Timestamp::from_millisecond(time_ms).unwrap();
    let event = json!({ "time": time.to_string() });
    let functions = world.fleet.one(random);
    // Boxed, since it is a large future.
    let run = Box::pin(functions.reconcile_within(event, 90_000));
    match killed_after(polls, run).await {
        None => {
            world.inject("reconcile-orders killed");
            false
        }
        Some(ran) => ran.is_ok_and(|summary: Value| summary["left"] == 0),
    }
}

/// Time passes with faults: holds end, payers come around their ends, closes are carried out late.
pub async fn stormy_hours(world: &Arc<World>) {
    let random = &mut world.random(Stream::Operator, 0);
    let steps = match world.settings.kind {
        Kind::Bookings if world.settings.bookings < FEW => 6,
        Kind::Bookings => 12,
        Kind::Races => 4,
    };
    for _ in 0..steps {
        {
            let _resting = world.at_rest.write().await;
            let minutes = random.weighted(&[(4, 1), (3, 3), (2, 8), (1, 20)]);
            world.sandbox.binance().advance(minutes * MINUTE);
        }
        payers_come(world, random);
        some_try_again(world, random);
        world.faults_before_close(random);
        world.faults_before_payment(random);
        reconcile(world, world.now_ms(), 250, random).await;
        world.round();
        tokio::time::sleep(Duration::from_millis(250)).await;
        if random.chance(200) {
            outage(world, random).await;
        }
    }
}

/// Guests whose order failed ask for a new checkout.
fn some_try_again(world: &Arc<World>, random: &mut Random) {
    let ids: Vec<String> = world.site.books().bookings.keys().cloned().collect();
    for id in ids.iter().filter(|_| random.chance(150)) {
        let is_tried = world.site.books().try_again(id);
        if is_tried {
            world.inject("a new checkout after a failure");
            world.attend(id);
        }
    }
}

fn payers_come(world: &World, random: &mut Random) {
    for order in world.sandbox.binance().orders() {
        let trade_no = order.merchant_trade_no.as_str();
        let is_over = matches!(order.status, Status::Canceled | Status::Expired);
        let per_mille = if is_over { 8 } else { 50 };
        let is_unpaid = is_over || matches!(order.status, Status::Initial | Status::Pending);
        if is_unpaid && world.is_known(trade_no) && random.chance(per_mille) {
            let notify = random.chance(500);
            world.inject("paid while hours pass");
            world.pay(
                trade_no,
                Play {
                    late: true,
                    notify,
                    ..Play::default()
                },
            );
        }
    }
}

/// The storm is over: what was left behind is made up for by asking, telling, and the site's own rounds.
pub async fn finish(world: &Arc<World>) {
    let random = &mut world.random(Stream::Operator, 1);
    old_views_come_again(world, random);
    world.calm_down().await;
    world.end_what_is_under_way(random);
    notifications_have_come(world).await;
    world.site.die();
    start(world, random).await;
    let began_ms = world.now_ms();
    world.say("the last notification has come");
    pass(world, began_ms, 3 * HOUR, random).await;
    world.say("hours have passed");
    pass(world, began_ms, 2 * DAY, random).await;
    world.say("days have passed");
    days_later(world, random);
    pass(world, began_ms, 40 * DAY, random).await;
    pass(world, began_ms, 45 * DAY, random).await;
    old_views_come_again(world, random);
    settled(world).await;
}

/// Something old is heard of each order once more, which changes nothing.
fn old_views_come_again(world: &Arc<World>, random: &mut Random) {
    let mut all: Vec<(String, Vec<Value>)> = world.memory().views.clone().into_iter().collect();
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (_, views) in all {
        let last = u64::try_from(views.len()).unwrap() - 1;
        let old = usize::try_from(random.between(0, last)).unwrap();
        world.seen(&views[old]);
    }
}

/// When all seems to be over: paid all the same, or refunded by hand, and nobody is told. Whoever asks finds it.
fn days_later(world: &World, random: &mut Random) {
    for order in world.sandbox.binance().orders() {
        let trade_no = order.merchant_trade_no.as_str();
        let is_over = matches!(order.status, Status::Canceled | Status::Expired);
        if is_over && world.is_known(trade_no) && random.chance(60) {
            world.inject("paid in silence, days later");
            world.pay(
                trade_no,
                Play {
                    late: true,
                    ..Play::in_silence()
                },
            );
        }
    }
    let ids: Vec<String> = world.site.books().bookings.keys().cloned().collect();
    for id in ids.iter().filter(|_| random.chance(20)) {
        by_hand(world, id, Some(Decimal::from(7)), Play::in_silence());
    }
}

/// Lets time pass until so many seconds after `from_ms`, in steps that grow, each followed by all that is due then.
async fn pass(world: &Arc<World>, from_ms: i64, seconds: u32, random: &mut Random) {
    loop {
        let passed_ms = world.now_ms() - from_ms;
        let passed = u32::try_from(passed_ms / 1_000).unwrap();
        if passed >= seconds {
            return;
        }
        let step = (6 * MINUTE).max(passed / 3).min(seconds - passed + 1);
        world.sandbox.binance().advance(step);
        for _ in 0..20 {
            if reconcile(world, world.now_ms(), 0, random).await {
                break;
            }
        }
        settled(world).await;
    }
}

/// The site's round, until nothing more is to be done.
async fn settled(world: &Arc<World>) {
    world.round();
    for _ in 0..2_000 {
        if world.site.is_idle() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    world.wrong("the site's work does not end");
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
    world.wrong("notifications do not end");
}
