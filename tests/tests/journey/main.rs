//! The journey: a small booking site, written from `openapi.yaml` alone, sells slots while everything goes wrong at random;
//! what may never happen is looked for all the time, and in the end the books of guests, Binance and the site are compared.
//!
//! `SOAK_BOOKINGS`, `SOAK_RACES`, `SOAK_SEED` and `SOAK_CLIENTS` say how much, and what.

mod api;
mod booking;
mod books;
mod door;
#[path = "../soak/drawn.rs"]
mod drawn;
#[path = "../soak/failed.rs"]
mod failed;
#[path = "../soak/fleet.rs"]
mod fleet;
mod guest;
mod operator;
#[path = "../soak/random.rs"]
#[expect(dead_code, reason = "the soak draws for more")]
mod random;
mod refunding;
mod report;
mod script;
#[path = "../e2e/secrets_manager.rs"]
#[expect(dead_code, reason = "the end-to-end suite spoils the secrets too")]
mod secrets_manager;
#[path = "../soak/settings.rs"]
mod settings;
mod site;
mod storm;
mod verdict;
mod views;
mod watch;
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sandbox::clock;
use sandbox::web::{self, Server};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use failed::What;
use world::{Kind, Settings, World};

/// Bookings of one world; more are played in several, one after the other, each of which leaves other things open.
const MOST_BOOKINGS: u64 = 300;
/// The suites take turns, so that neither is slow because of the other.
static TURN: Mutex<()> = Mutex::const_new(());

#[tokio::test(flavor = "multi_thread")]
async fn every_guest_has_his_slot_or_his_money_and_no_slot_is_sold_twice() {
    play_all(Kind::Bookings, number("SOAK_BOOKINGS", 1, 80)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_close_that_races_a_payment_tells_the_truth() {
    play_all(Kind::Races, number("SOAK_RACES", 1, 50)).await;
}

fn number(name: &str, least: u64, default: u64) -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "the named place where the journey reads its settings"
    )]
    let lookup = |name: &str| std::env::var(name).ok();
    let read = settings::number(&lookup, name, least, default);
    read.unwrap_or_else(|problem| panic!("{problem}"))
}

async fn play_all(kind: Kind, bookings: u64) {
    let _turn = TURN.lock().await;
    let first = number("SOAK_SEED", 0, clock::now_ms().unsigned_abs() % 1_000_000);
    let mut injected = BTreeMap::new();
    let mut differences = 0;
    for (seed, bookings) in worlds(kind, first, bookings) {
        let settings = Settings {
            kind,
            seed,
            bookings,
            guests: number("SOAK_CLIENTS", 1, 40),
        };
        let limit = Duration::from_secs(120 + settings.bookings);
        let played = tokio::time::timeout(limit, play(settings)).await;
        let world = played.unwrap_or_else(|_| panic!("{settings:?} did not end within {limit:?}"));
        let (found, sums) = verdict::judge(&world);
        report::print(&world, &found, &sums);
        if !found.is_empty() {
            println!("{}", failed::line(kind.what(), seed, bookings));
        }
        differences += found.len();
        report::count(&world, &mut injected);
    }
    println!("\nInjected");
    for (what, times) in &injected {
        println!("{times:>8}  {what}");
    }
    println!("{kind:?}: {bookings} played, seed {first}, {differences} differences");
    assert_eq!(differences, 0, "differences, see above");
}

/// The seed of each world and how many bookings it has: those that failed once, then new ones.
fn worlds(kind: Kind, first: u64, bookings: u64) -> Vec<(u64, u64)> {
    let failed = failed::failed(kind.what()).into_iter();
    let mut worlds: Vec<_> = failed.map(|world| (world.seed, world.count)).collect();
    let (mut seed, mut left) = (first, bookings);
    while left > 0 {
        let some = left.min(MOST_BOOKINGS);
        worlds.push((seed, some));
        left -= some;
        seed += 1;
    }
    worlds
}

impl Kind {
    fn what(self) -> What {
        match self {
            Self::Bookings => What::Bookings,
            Self::Races => What::Races,
        }
    }
}

/// Plays one world to its end.
async fn play(settings: Settings) -> Arc<World> {
    let api = web::listen(0, "none").await.unwrap();
    let messages = web::listen(0, "none").await.unwrap();
    let url =
        |listener: &tokio::net::TcpListener| format!("http://{}", listener.local_addr().unwrap());
    let world = World::start(settings, &url(&api), &url(&messages)).await;
    let _api = Server::start(api, api::router(&world)).unwrap();
    let door = Arc::new(Server::start(messages, door::router(&world)).unwrap());
    world.site.door.set(Arc::downgrade(&door)).unwrap();

    let mut background = JoinSet::new();
    background.spawn(operator::schedule(Arc::clone(&world)));
    background.spawn(operator::site_goes_away(Arc::clone(&world)));
    let next = Arc::new(AtomicU64::new(0));
    let mut guests = JoinSet::new();
    for _ in 0..settings.guests {
        guests.spawn(come(Arc::clone(&world), Arc::clone(&next)));
    }
    while let Some(ended) = guests.join_next().await {
        ended.unwrap();
    }
    background.shutdown().await;
    if let Some(door) = world.site.door.get().and_then(std::sync::Weak::upgrade) {
        door.come_back();
    }
    world.say("all guests have been");
    operator::stormy_hours(&world).await;
    world.say("the storm is over");
    operator::finish(&world).await;
    world
}

async fn come(world: Arc<World>, next: Arc<AtomicU64>) {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= world.settings.bookings {
            return;
        }
        guest::play(&world, number).await;
        world.completed.fetch_add(1, Ordering::Relaxed);
    }
}

impl World {
    /// How far it is.
    pub fn say(&self, what: &str) {
        let secs = (clock::now_ms() - self.began_ms) / 1_000;
        println!("{secs:>5} s  {what}");
    }
}
