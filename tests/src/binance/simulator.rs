//! The simulator's memory: it forgets no trade number, no nonce, no call and no delivery.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::task::JoinSet;

use super::Credentials;
use super::bend::PlayedBend;
use super::certificates::Certificate;
use super::deliveries::Delivery;
use super::faults::WaitingFault;
use super::notifications::RefundInfoAs;
use super::order::{Order, Status};
use crate::{clock, web};

/// What the documentation leaves open, to be played either way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent questions that the documentation leaves open"
)]
pub struct Behaviour {
    /// How often a notification is repeated that was not acknowledged.
    pub repeats: u32,
    /// Milliseconds until the first repeat; each further wait is twice as long.
    pub first_repeat_ms: u64,
    /// Milliseconds a delivery waits for its answer.
    pub delivery_timeout_ms: u64,
    /// Whether a repeat has its own timestamp, nonce and signature.
    pub fresh_signatures: bool,
    /// Whether notification headers are sent as `Binancepay-Nonce` rather than in lower case.
    pub title_case: bool,
    /// Whether an order that expires sends `PAY_CLOSED`.
    pub closed_on_expiry: bool,
    /// Whether `PAY_CLOSED` is sent at all; it can be switched off on the merchant page.
    pub closed_notices: bool,
    /// How `PAY_REFUND` carries `refundInfo`.
    pub refund_info: RefundInfoAs,
    /// Whether a notification carries `bizIdStr`; old ones did not.
    pub biz_id_str: bool,
    /// The HTTP status of the refusals: 200 or one of 4xx.
    pub refusal_http: u16,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            repeats: 6,
            first_repeat_ms: 2000,
            delivery_timeout_ms: 10_000,
            fresh_signatures: true,
            title_case: false,
            closed_on_expiry: false,
            closed_notices: true,
            refund_info: RefundInfoAs::Object,
            biz_id_str: true,
            refusal_http: 200,
        }
    }
}

/// A call of the merchant API; `answer` stays empty while, or when, none was sent.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// When it arrived, by the real clock, in milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// The path called.
    pub path: String,
    /// The order it is about.
    pub trade_no: Option<String>,
    /// The nonce it was signed with.
    pub nonce: Option<String>,
    /// `turned away` at the gate, `refused`, `not taken` because of a fault, `taken`.
    pub verdict: &'static str,
    /// The words of a refusal.
    pub reason: Option<String>,
    /// The fault that was played.
    pub fault: Option<Value>,
    /// The code answered, or that would have been.
    pub code: Option<String>,
    /// The HTTP status sent.
    pub http_status: Option<u16>,
    /// The body sent.
    pub answer: Option<String>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) offset_ms: i64,
    pub(crate) orders: Vec<Order>,
    by_trade_no: HashMap<String, usize>,
    /// Other merchants' orders under numbers of ours, which the merchant API knows nothing of.
    pub(crate) strangers: Vec<Order>,
    /// Numbers that may not be used again: those of orders, and those sent in calls whose end the caller cannot know.
    pub(crate) used_trade_nos: HashSet<String>,
    pub(crate) nonces: HashSet<String>,
    pub(crate) calls: Vec<Call>,
    pub(crate) deliveries: Vec<Delivery>,
    pub(crate) faults: Vec<WaitingFault>,
    pub(crate) bends: Vec<PlayedBend>,
    /// The published ones; the last one signs.
    pub(crate) certificates: Vec<Arc<Certificate>>,
    pub(crate) behaviour: Behaviour,
}

impl State {
    /// The simulator's own time, which `advance` moves.
    pub(crate) fn now_ms(&self) -> i64 {
        clock::now_ms().saturating_add(self.offset_ms)
    }

    pub(crate) fn add(&mut self, order: Order) {
        self.used_trade_nos.insert(order.merchant_trade_no.clone());
        self.by_trade_no
            .insert(order.merchant_trade_no.clone(), self.orders.len());
        self.orders.push(order);
    }

    pub(crate) fn order(&mut self, trade_no: &str) -> Option<&mut Order> {
        self.by_trade_no
            .get(trade_no)
            .map(|index| &mut self.orders[*index])
    }

    pub(crate) fn prepaid(&mut self, prepay_id: &str) -> Option<&mut Order> {
        self.orders
            .iter_mut()
            .find(|order| order.prepay_id.to_string() == prepay_id)
    }
}

/// The simulator, shared by its routes, its handle and its deliveries.
pub(crate) struct Simulator {
    pub(crate) credentials: Credentials,
    pub(crate) base_url: String,
    /// Where the merchant's callback is, if that is known before his first order.
    pub(crate) callback_url: Option<String>,
    /// Lower-case and title-case headers.
    pub(crate) clients: [reqwest::Client; 2],
    state: Mutex<State>,
    tasks: Mutex<JoinSet<()>>,
}

impl Simulator {
    pub(crate) fn new(
        credentials: Credentials,
        behaviour: Behaviour,
        base_url: String,
        callback_url: Option<String>,
    ) -> Self {
        let certificates = vec![Certificate::first()];
        // Each delivery sets its own time limit; this one only bounds it.
        let client = |title_case| web::client(Duration::from_mins(2), title_case);
        Self {
            credentials,
            base_url,
            callback_url,
            clients: [client(false), client(true)],
            state: Mutex::new(State {
                certificates,
                behaviour,
                ..State::default()
            }),
            tasks: Mutex::default(),
        }
    }

    /// The memory, with every order expired whose time has come.
    pub(crate) fn state(self: &Arc<Self>) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now_ms = state.now_ms();
        let closed_on_expiry = state.behaviour.closed_on_expiry;
        for order in &mut state.orders {
            if order.status == Status::Initial && order.expire_time <= now_ms {
                order.end(Status::Expired, now_ms);
                if closed_on_expiry {
                    let order = order.clone();
                    self.spawn(Self::notify_closed(Arc::clone(self), order));
                }
            }
        }
        state
    }

    /// Runs a delivery in the background until it ends or the simulator is stopped.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    pub(crate) fn stop(&self) {
        self.tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .abort_all();
    }
}
