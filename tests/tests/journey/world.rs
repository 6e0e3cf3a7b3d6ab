//! The sandbox with the functions in it, the booking site before it, and what everybody saw.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rust_decimal::Decimal;
use sandbox::binance::{Behaviour, Later, TooNear};
use sandbox::{Options, Sandbox, clock};
use serde_json::Value;
use tokio::sync::RwLock;

use crate::fleet::Fleet;
use crate::random::{Random, Stream};
use crate::secrets_manager::SecretsManager;
use crate::site::Site;

/// What is played in one world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The whole journey.
    Bookings,
    /// A close, and a payment at every moment of it.
    Races,
}

/// How much of what is played in one world.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub kind: Kind,
    pub seed: u64,
    pub bookings: u64,
    pub guests: u64,
}

/// Everything, on free ports of this machine.
pub struct World {
    pub settings: Settings,
    pub sandbox: Sandbox,
    /// Where the functions read their secrets.
    _secrets_manager: SecretsManager,
    pub fleet: Fleet,
    pub site: Site,
    /// Time is moved only while no checkout is being opened: a claim is measured by the real clock.
    pub at_rest: RwLock<()>,
    pub began_ms: i64,
    /// No more faults.
    pub is_calm: AtomicBool,
    /// Bookings whose guest has gone.
    pub completed: AtomicU64,
    /// Notifications that are being received, and when the last one was.
    pub receiving: AtomicU64,
    pub received_at_ms: AtomicU64,
    pub callback_random: Mutex<Random>,
    memory: Mutex<Memory>,
}

/// What was done and seen.
#[derive(Default)]
pub struct Memory {
    pub injected: BTreeMap<&'static str, u64>,
    /// What was seen to be wrong while it happened.
    pub wrong: Vec<String>,
    /// Every view of each order that reached the site, newer or not.
    pub views: HashMap<String, Vec<Value>>,
    /// Trade numbers whose address somebody was told.
    pub known: HashSet<String>,
    /// What guests paid, by trade number.
    pub purse: BTreeMap<String, Decimal>,
    /// Confirmations as they came, to be replayed.
    pub messages: VecDeque<Value>,
}

impl World {
    /// `api` is where notifications are received, `messages` where the site is told.
    pub async fn start(settings: Settings, api: &str, messages: &str) -> Arc<Self> {
        let options = Options {
            behaviour: behaviour(settings.seed),
            ..Options::default()
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        let secrets_manager = SecretsManager::start().await;
        let mut functions = sandbox.settings(&format!("{api}/binance-callback"));
        functions.extend(secrets_manager.settings());
        let slots = match settings.kind {
            Kind::Bookings => settings.bookings * 3 / 5 + 1,
            Kind::Races => settings.bookings,
        };
        Arc::new(Self {
            site: Site::new(slots, format!("{messages}/payments")),
            settings,
            fleet: Fleet::new(functions, sandbox.clock()).await,
            sandbox,
            _secrets_manager: secrets_manager,
            at_rest: RwLock::new(()),
            began_ms: clock::now_ms(),
            is_calm: AtomicBool::new(false),
            completed: AtomicU64::new(0),
            receiving: AtomicU64::new(0),
            received_at_ms: AtomicU64::new(0),
            callback_random: Mutex::new(Random::of(settings.seed, Stream::Callback, 0)),
            memory: Mutex::default(),
        })
    }

    pub fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn is_calm(&self) -> bool {
        self.is_calm.load(Ordering::Relaxed)
    }

    pub fn inject(&self, what: &'static str) {
        *self.memory().injected.entry(what).or_default() += 1;
    }

    pub fn wrong(&self, what: impl Into<String>) {
        self.memory().wrong.push(what.into());
    }

    /// The time, as it was moved.
    pub fn now_ms(&self) -> i64 {
        self.sandbox.binance().now_ms()
    }

    pub fn random(&self, stream: Stream, number: u64) -> Random {
        Random::of(self.settings.seed, stream, number)
    }
}

/// What the documentation leaves open, another in each world.
fn behaviour(seed: u64) -> Behaviour {
    let too_near = TooNear {
        nearer_than_secs: 900,
        code: "400102".to_owned(),
    };
    Behaviour {
        first_repeat_ms: 40,
        delivery_timeout_ms: 4_000,
        closed_on_expiry: seed % 2 == 1,
        closed_notices: seed % 3 != 2,
        fresh_signatures: seed % 3 != 1,
        ignore_expire_time: seed % 6 == 1,
        refuse_expire_time: (seed % 6 == 2).then_some(too_near),
        closes_later: (seed % 5 == 4).then_some(Later {
            after_ms: Some(400),
        }),
        close_again_code: if seed % 4 == 3 { "400202" } else { "400204" }.to_owned(),
        judge_refunds_again: seed % 4 == 1,
        ..Behaviour::default()
    }
}
