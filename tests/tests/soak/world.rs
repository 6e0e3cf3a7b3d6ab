//! The sandbox with the functions in it, and what the soak itself remembers of what it did.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sandbox::binance::{Behaviour, PlayedBend};
use sandbox::{LeadsCalendar, Options, Sandbox, clock, web};
use serde_json::Value;
use tokio::sync::RwLock;

use crate::fleet::Fleet;
use crate::random::{Random, Stream};
use crate::secrets::SecretsLog;
use crate::secrets_manager::SecretsManager;
use sandbox::gateway::Functions;

/// How much is played.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub orders: u64,
    pub seed: u64,
    pub clients: u64,
}

/// Everything, on free ports of this machine.
pub struct World {
    pub settings: Settings,
    pub sandbox: Sandbox,
    /// LeadsCalendar under another address, which a part of the orders names.
    pub second_host: LeadsCalendar,
    pub are_hosts_ours: AtomicBool,
    pub is_watched: AtomicBool,
    pub secrets_manager: SecretsManager,
    pub secrets_log: SecretsLog,
    pub fleet: Fleet,
    /// Runs of the schedule share it, and one that is watched is alone.
    pub runs: RwLock<()>,
    /// Time is moved only while no `create-order` runs: its claim is measured by the real clock.
    pub at_rest: RwLock<()>,
    pub began_ms: i64,
    /// Where notifications are received.
    pub callback_url: String,
    /// No more faults.
    pub is_calm: AtomicBool,
    /// Orders whose client and payer are done.
    pub completed: AtomicU64,
    /// Notifications that are being received, and when the last one was.
    pub receiving: AtomicU64,
    pub received_at_ms: AtomicU64,
    pub callback_random: Mutex<Random>,
    memory: Mutex<Memory>,
}

/// What the soak did and was told.
#[derive(Default)]
pub struct Memory {
    /// What was injected other than by the stand-ins, which count for themselves.
    pub injected: BTreeMap<&'static str, u64>,
    /// What came of it.
    pub seen: BTreeMap<&'static str, usize>,
    /// Instances that started without secrets, and when the last was asked.
    pub cold: Vec<Arc<Functions>>,
    pub cold_at_ms: i64,
    /// Every answer of `POST /orders`, by the order's number.
    pub told: HashMap<u64, Vec<Told>>,
    /// Trade numbers that some client was told.
    pub known: HashSet<String>,
    /// What was bent.
    pub bends: Vec<PlayedBend>,
    /// Every order that was read.
    pub read: Vec<Value>,
    /// The numbers of orders whose client comes back at the end.
    pub later: Vec<u64>,
    /// Checkouts that nobody was told of, and that were paid on purpose.
    pub hidden: HashSet<String>,
    /// Checkouts paid after their end.
    pub late: HashSet<String>,
    /// What was seen to be wrong while it happened: the order's number or id, and the sentence.
    pub wrong: Vec<(String, String)>,
    /// Notifications as they came, to be replayed.
    pub notifications: VecDeque<Notification>,
}

/// A notification on the wire.
#[derive(Clone)]
pub struct Notification {
    pub headers: serde_json::Map<String, Value>,
    pub body: Vec<u8>,
}

/// What a client was told of its order.
#[derive(Clone, Debug)]
pub struct Told {
    pub at_ms: i64,
    /// Nothing if the answer was lost on its way.
    pub status: Option<u16>,
    pub is_replayed: bool,
    pub body: Value,
}

impl Told {
    pub fn text(&self, field: &str) -> Option<&str> {
        self.body.get(field)?.as_str()
    }
}

impl World {
    /// `url` is where the functions will be served.
    pub async fn start(settings: Settings, url: &str) -> Arc<Self> {
        let options = Options {
            behaviour: Behaviour {
                first_repeat_ms: 40,
                delivery_timeout_ms: 4_000,
                closed_on_expiry: settings.seed % 2 == 1,
                closed_notices: settings.seed % 5 != 3,
                biz_id_str: settings.seed % 4 != 2,
                fresh_signatures: settings.seed % 3 != 2,
                ..Behaviour::default()
            },
            ..Options::default()
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        let callback_url = format!("{url}/binance-callback");
        let listener = web::listen(0, "none").await.unwrap();
        let webhook_secrets = sandbox.webhook_secrets().to_vec();
        let second_host = LeadsCalendar::start(listener, webhook_secrets).unwrap();
        let secrets_manager = SecretsManager::start().await;
        let mut functions = sandbox.settings(&callback_url);
        functions.extend(secrets_manager.settings());
        let fleet = Fleet::new(functions, sandbox.clock()).await;
        Arc::new(Self {
            settings,
            sandbox,
            second_host,
            are_hosts_ours: AtomicBool::new(false),
            is_watched: AtomicBool::new(false),
            secrets_manager,
            secrets_log: SecretsLog::start(),
            fleet,
            runs: RwLock::new(()),
            at_rest: RwLock::new(()),
            began_ms: clock::now_ms(),
            callback_url,
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

    pub fn see(&self, what: &'static str, times: usize) {
        *self.memory().seen.entry(what).or_default() += times;
    }

    /// Something is wrong with the order of this number or id, whatever it ends as.
    pub fn wrong(&self, order: impl Into<String>, what: impl Into<String>) {
        self.memory().wrong.push((order.into(), what.into()));
    }

    /// Waits until so many orders are played.
    pub async fn played(&self, orders: u64) {
        while self.completed.load(Ordering::Relaxed) < orders {
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Seconds since the start.
    pub fn elapsed_secs(&self) -> i64 {
        (clock::now_ms() - self.began_ms) / 1_000
    }

    pub fn functions(&self, random: &mut Random) -> Arc<Functions> {
        self.fleet.one(random)
    }

    /// The order as the table holds it now.
    pub fn item(&self, order_id: &str) -> Option<Value> {
        self.sandbox.dynamodb().item(order_id).unwrap()
    }
}
