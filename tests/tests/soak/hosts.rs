//! LeadsCalendar's two hosts, and what a run of the schedule does while one of them hangs: whoever is at the other is told
//! all the same, and whoever was not reached has used up no attempt.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sandbox::LeadsCalendar;
use sandbox::clock;
use sandbox::leadscalendar::{Confirmation, Mode};
use serde_json::{Value, json};

use crate::random::{Random, Stream};
use crate::world::World;

/// Orders played before one host hangs once more.
const ORDERS_AT_ONE_TIME: u64 = 500;
/// Orders played while both hosts are away before, so that there is much to tell to either.
const OWED: u64 = 40;
/// Orders told in vain at either host that are waited for.
const MUCH: usize = 12;
/// Fewer orders than this may leave too little to tell.
const ENOUGH: u64 = 150;
/// How long a host that hangs is waited for, in milliseconds.
const WAIT_MS: i64 = 5_000;
/// Attempts that a run may lose on it.
const LOST: usize = 3;

/// An order of which LeadsCalendar is to be told now.
struct Owed {
    order_id: String,
    is_second_host: bool,
    revision: i64,
    attempts: u64,
}

impl World {
    /// The first host and the second.
    pub fn hosts(&self) -> [&LeadsCalendar; 2] {
        [self.sandbox.leadscalendar(), &self.second_host]
    }

    pub fn host(&self, is_second: bool) -> &LeadsCalendar {
        self.hosts()[usize::from(is_second)]
    }

    /// Whether both hosts do as they are told here, and not by chance.
    pub fn are_hosts_ours(&self) -> bool {
        self.are_hosts_ours.load(Ordering::Relaxed)
    }

    /// Whether one hangs: nothing goes wrong with the table meanwhile, nor with the ports, so that what is seen comes of that.
    pub fn is_watched(&self) -> bool {
        self.is_watched.load(Ordering::Relaxed)
    }

    fn owed(&self) -> Vec<Owed> {
        let items = self.sandbox.dynamodb().items().unwrap();
        let now_ms = clock::now_ms();
        let due = items.iter().filter(|item| {
            let due_at_ms = item["confirmation"]["nextAttemptAtMs"].as_i64();
            crate::telling::is_owed(item) && due_at_ms.is_some_and(|due_at_ms| due_at_ms <= now_ms)
        });
        due.map(|item| self.owed_of(item)).collect()
    }

    fn owed_of(&self, item: &Value) -> Owed {
        let url = item["request"]["callbackUrl"].as_str().unwrap();
        Owed {
            order_id: item["orderId"].as_str().unwrap().to_owned(),
            is_second_host: url == self.host(true).callback_url(),
            revision: item["confirmation"]["revision"].as_i64().unwrap(),
            attempts: item["confirmation"]["attempts"].as_u64().unwrap(),
        }
    }
}

/// One host hangs now and then while orders come in.
pub async fn hang_now_and_then(world: Arc<World>) {
    let random = &mut Random::of(world.settings.seed, Stream::Hosts, 0);
    let orders = world.settings.orders;
    let times = (orders / ORDERS_AT_ONE_TIME).clamp(1, 4);
    for time in 0..times {
        // In the first half of each part, so that the last is over before all orders are.
        let played = orders * (5 * time + 2) / (5 * times);
        world.played(played.saturating_sub(OWED)).await;
        world.are_hosts_ours.store(true, Ordering::Relaxed);
        for host in world.hosts() {
            host.mode(Mode::Down, None);
        }
        world.inject("both hosts of LeadsCalendar down for a while");
        world.played(played).await;
        much_is_owed(&world).await;
        // Boxed, since it is a large future.
        Box::pin(one_hangs(&world, random)).await;
        for host in world.hosts() {
            host.mode(Mode::Up, None);
        }
        world.are_hosts_ours.store(false, Ordering::Relaxed);
    }
}

/// Waits until much was told in vain to either host, but not for long.
async fn much_is_owed(world: &World) {
    for _ in 0..50 {
        let items = world.sandbox.dynamodb().items().unwrap();
        let mut in_vain = [0, 0];
        for item in items {
            let confirmation = &item["confirmation"];
            if confirmation["untoldSinceMs"].is_i64() && confirmation["attempts"] != 0 {
                in_vain[usize::from(world.owed_of(&item).is_second_host)] += 1;
            }
        }
        if in_vain.iter().all(|in_vain| *in_vain >= MUCH) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// An operator has all told that is owed, and one of the hosts hangs.
async fn one_hangs(world: &World, random: &mut Random) {
    let _alone = world.runs.write().await;
    world.is_watched.store(true, Ordering::Relaxed);
    // What was in hand when the watching began is over.
    for server in [
        world.host(false).server(),
        world.host(true).server(),
        world.sandbox.dynamodb().server(),
    ] {
        server.come_back();
    }
    world.sandbox.dynamodb().clear_faults();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let functions = world.functions(random);
    let wished_at_ms = clock::now_ms();
    let wished = functions.reconcile(json!({"confirm": "owed"})).await;
    // Telling an order costs some times what making it due does.
    let is_slow = clock::now_ms() - wished_at_ms > WAIT_MS / 4;
    let is_second = random.chance(500);
    world.inject("one host of LeadsCalendar hangs");
    world.host(!is_second).mode(Mode::Up, None);
    world.host(is_second).mode(Mode::Hang, None);
    let owed = world.owed();
    let began_ms = clock::now_ms();
    let time = jiff::Timestamp::from_millisecond(began_ms).unwrap();
    let ran = functions.reconcile(json!({"time": time.to_string()})).await;
    for ended in [wished, ran] {
        if let Err(error) = ended {
            world.wrong("", format!("unconfirmed: while a host hangs: {error}"));
        }
    }
    world.is_watched.store(false, Ordering::Relaxed);
    let (hanging, healthy): (Vec<Owed>, Vec<Owed>) = owed
        .into_iter()
        .partition(|order| order.is_second_host == is_second);
    let arrived = arrived(world.host(is_second), began_ms);
    let first_ms = hanging
        .iter()
        .filter_map(|order| Some(arrived.get(&order.order_id)?.at_ms))
        .min();
    if let Some(first_ms) = first_ms {
        the_other_is_told(world, &healthy, (began_ms, first_ms + WAIT_MS), is_slow);
    }
    who_is_not_reached_loses_nothing(world, &hanging, &arrived);
    if world.settings.orders >= ENOUGH && (first_ms.is_none() || healthy.is_empty()) {
        let sentence = "unconfirmed: too little was owed to see what a hanging host does";
        world.wrong("", sentence);
    }
}

/// The first confirmation of each order that came to `host` since `from_ms`.
fn arrived(host: &LeadsCalendar, from_ms: i64) -> BTreeMap<String, Confirmation> {
    let mut first = BTreeMap::new();
    for one in host.confirmations() {
        if one.at_ms >= from_ms {
            let order_id = one.body["data"]["orderId"].as_str().unwrap_or_default();
            first.entry(order_id.to_owned()).or_insert(one);
        }
    }
    first
}

/// Whoever is told after the first attempt on the hanging host is over may have waited for it.
fn the_other_is_told(
    world: &World,
    healthy: &[Owed],
    (began_ms, over_ms): (i64, i64),
    is_slow: bool,
) {
    let host = healthy.first().map(|order| order.is_second_host);
    let arrived = host.map_or_else(BTreeMap::new, |host| arrived(world.host(host), began_ms));
    let is_in_time = |order: &&Owed| {
        let one = arrived.get(&order.order_id);
        one.is_some_and(|one| one.at_ms < over_ms)
    };
    let (told, all) = (healthy.iter().filter(is_in_time).count(), healthy.len());
    world.see("orders told while the other host hung", told);
    // Now and then somebody else has an order in hand; and a slow machine tells only some by then.
    let is_enough = if is_slow {
        told > 0
    } else {
        told * 4 >= all * 3
    };
    if !is_enough {
        let in_ms = over_ms - began_ms;
        let last_ms = arrived.values().map(|one| one.at_ms - began_ms).max();
        let sentence = format!(
            "unconfirmed: {told} of {all} told while the other host hung, within {in_ms} ms; the last at {last_ms:?} ms"
        );
        world.wrong("", sentence);
    }
}

fn who_is_not_reached_loses_nothing(
    world: &World,
    hanging: &[Owed],
    arrived: &BTreeMap<String, Confirmation>,
) {
    let is_same = |order: &Owed, one: &Confirmation| one.body["data"]["revision"] == order.revision;
    let (reached, rested): (Vec<&Owed>, Vec<&Owed>) = hanging.iter().partition(|order| {
        let one = arrived.get(&order.order_id);
        one.is_some_and(|one| is_same(order, one))
    });
    world.see("orders told in vain while their host hung", reached.len());
    world.see("orders left alone while their host hung", rested.len());
    if reached.len() > LOST {
        let sentence = format!("unconfirmed: {} told to a host that hangs", reached.len());
        world.wrong("", sentence);
    }
    for (order, most) in reached
        .iter()
        .map(|order| (order, 1))
        .chain(rested.iter().map(|order| (order, 0)))
    {
        let item = world.item(&order.order_id).unwrap();
        let now = world.owed_of(&item);
        if now.revision == order.revision && now.attempts > order.attempts + most {
            let sentence = format!(
                "unconfirmed: {} attempts became {}, and its host, which hung, received {most}",
                order.attempts, now.attempts
            );
            world.wrong(&order.order_id, sentence);
        }
    }
}
