//! The soak: many clients at once, faults of every kind at random, time moved on; afterwards the simulator, the table and
//! LeadsCalendar are compared order by order, and a difference of one fails.
//!
//! `SOAK_ORDERS`, `SOAK_SEED` and `SOAK_CLIENTS` say how much, and what.

mod api;
mod bends;
mod client;
mod drawn;
mod evidence;
mod failed;
mod faults;
mod fleet;
mod hosts;
mod money;
mod notice;
mod operator;
mod payer;
mod random;
mod report;
mod requests;
mod script;
mod secrets;
#[path = "../e2e/secrets_manager.rs"]
#[expect(dead_code, reason = "the end-to-end suite spoils the secrets too")]
mod secrets_manager;
mod settings;
mod strange;
mod telling;
mod verdict;
mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sandbox::clock;
use sandbox::web::{self, Server};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use evidence::Evidence;
use failed::What;
use script::Script;
use verdict::Finding;
use world::{Settings, World};

/// Orders after which the time is moved.
const ORDERS_AT_ONE_TIME: u64 = 100;
/// One soak after the other, so that neither is slow because of the other.
static TURN: Mutex<()> = Mutex::const_new(());

impl Settings {
    /// Reads them; one that is missing or empty has its default.
    fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let number = |name: &str, least, default| settings::number(lookup, name, least, default);
        Ok(Self {
            orders: number("SOAK_ORDERS", 1, 150)?,
            seed: number("SOAK_SEED", 0, clock::now_ms().unsigned_abs() % 1_000_000)?,
            clients: number("SOAK_CLIENTS", 1, 64)?,
        })
    }
}

#[test]
fn a_setting_that_cannot_be_is_named() {
    let read = |name: &'static str, text: &'static str| {
        Settings::read(&move |wanted| (wanted == name).then(|| text.to_owned()))
    };
    assert_eq!(read("SOAK_ORDERS", "").unwrap().orders, 150);
    assert_eq!(read("SOAK_SEED", "0").unwrap().seed, 0);
    for (name, text) in [
        ("SOAK_ORDERS", "0"),
        ("SOAK_ORDERS", "2 000"),
        ("SOAK_SEED", "-1"),
        ("SOAK_CLIENTS", "0"),
    ] {
        let problem = read(name, text).unwrap_err();
        assert!(
            problem.starts_with(&format!("{name} must be ")),
            "{problem}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_doubled_wrongly_paid_or_unconfirmed() {
    #[expect(
        clippy::disallowed_methods,
        reason = "the named place where the soak reads its settings"
    )]
    let lookup = |name: &str| std::env::var(name).ok();
    let settings = Settings::read(&lookup).unwrap_or_else(|problem| panic!("{problem}"));
    assert_no_differences(settings).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_once_does_not_fail_again() {
    for failed in failed::failed(What::Orders) {
        let settings = Settings {
            orders: failed.count,
            seed: failed.seed,
            clients: 64,
        };
        assert_no_differences(settings).await;
    }
}

async fn assert_no_differences(settings: Settings) {
    let _turn = TURN.lock().await;
    println!("{settings:?}");
    let limit = Duration::from_secs(120 + settings.orders / 5);
    let soaked = tokio::time::timeout(limit, soak(settings)).await;
    let (evidence, secs) =
        soaked.unwrap_or_else(|_| panic!("the soak did not end within {limit:?}"));

    let findings = findings(settings, &evidence);
    report::tell(settings, &evidence, &findings);
    report::print(settings, &evidence, &findings, secs);
    assert!(
        findings.is_empty(),
        "{} differences, see above; {}",
        findings.len(),
        failed::line(What::Orders, settings.seed, settings.orders)
    );
}

/// Plays everything; what is remembered, and how many seconds it took.
async fn soak(settings: Settings) -> (Evidence, i64) {
    let listener = web::listen(0, "none").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let world = World::start(settings, &url).await;
    let _api = Server::start(listener, api::router(Arc::clone(&world))).unwrap();

    let mut background = JoinSet::new();
    background.spawn(operator::schedule(Arc::clone(&world)));
    background.spawn(secrets::hang_now_and_then(Arc::clone(&world)));
    background.spawn(say_how_far(Arc::clone(&world)));
    let mut clients = JoinSet::new();
    let next = Arc::new(AtomicU64::new(0));
    for _ in 0..settings.clients {
        clients.spawn(play_orders(Arc::clone(&world), Arc::clone(&next)));
    }
    let moves = (settings.orders / ORDERS_AT_ONE_TIME).clamp(1, 4);
    clients.spawn(operator::move_time_now_and_then(Arc::clone(&world), moves));
    clients.spawn(hosts::hang_now_and_then(Arc::clone(&world)));
    while let Some(ended) = clients.join_next().await {
        ended.unwrap();
    }
    background.shutdown().await;
    println!(
        "{:>5} s  all orders played, now what is due is done",
        world.elapsed_secs()
    );
    operator::finish(&world).await;
    secrets::must_have_stayed_in_use(&world);
    println!("{:>5} s  comparing", world.elapsed_secs());
    (Evidence::of(&world), world.elapsed_secs())
}

async fn play_orders(world: Arc<World>, next: Arc<AtomicU64>) {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= world.settings.orders {
            return;
        }
        client::play(&world, number).await;
        world.completed.fetch_add(1, Ordering::Relaxed);
    }
}

async fn say_how_far(world: Arc<World>) {
    loop {
        tokio::time::sleep(Duration::from_secs(3)).await;
        let completed = world.completed.load(Ordering::Relaxed);
        let orders = world.settings.orders;
        println!(
            "{:>5} s  {completed} of {orders} orders played",
            world.elapsed_secs()
        );
    }
}

fn findings(settings: Settings, evidence: &Evidence) -> Vec<Finding> {
    let seen = evidence.wrong.iter().map(|(order, sentence)| Finding {
        // Known by its id where it has one, so that its story is found.
        order_id: evidence
            .by_reference
            .get(order)
            .and_then(|orders| orders.first())
            .unwrap_or(order)
            .clone(),
        sentence: sentence.clone(),
    });
    let mut findings: Vec<Finding> = seen.collect();
    for case in evidence.cases.values() {
        findings.extend(verdict::judge(case, evidence));
    }
    for number in 0..settings.orders {
        let script = Script::of(settings.seed, number);
        findings.extend(requests::judge(&script, evidence));
    }
    findings
}
