//! The simulator's memory: it forgets no trade number, no nonce, no call and no delivery.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;
use tokio::task::JoinSet;

use super::Credentials;
use super::answer::Refusal;
use super::behaviour::Behaviour;
use super::bend::PlayedBend;
use super::certificates::Certificate;
use super::deliveries::Delivery;
use super::faults::WaitingFault;
use super::order::{Order, Status};
use super::refund::{Refund, RefundStatus};
use crate::journal::Journal;
use crate::random::Source;
use crate::{clock, web};

/// A call of the merchant API; `answer` stays empty while, or when, none was sent.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// When it arrived, by the real clock, in milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// The path called.
    pub path: String,
    /// The order it is about.
    #[serde(rename = "merchantTradeNo")]
    pub trade_no: Option<String>,
    /// The nonce it was signed with.
    pub nonce: Option<String>,
    /// `turned away` at the gate, `refused`, `not taken` because of a fault, `taken`.
    pub verdict: &'static str,
    /// The words of a refusal.
    pub reason: Option<String>,
    /// The fault that was played.
    pub fault: Option<Value>,
    /// How it was steered when it was carried out.
    pub steered: Option<Value>,
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
    /// Where the ids of orders, payments and refunds come from.
    pub(crate) random: Source,
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

    /// The order of which the refund of this id is.
    pub(crate) fn refunded(&mut self, refund_request_id: &str) -> Option<&mut Order> {
        let is_it = |refund: &Refund| refund.refund_request_id == refund_request_id;
        self.orders
            .iter_mut()
            .find(|order| order.refunds.iter().any(is_it))
    }

    /// Whether the merchant's balance is enough for what goes back.
    pub(crate) fn afford(&self, amount: Decimal) -> Result<(), Refusal> {
        let balance = self.behaviour.balance;
        if balance.is_none_or(|balance| amount <= balance) {
            return Ok(());
        }
        Err(Refusal::new(
            "400304",
            "The account's remaining amount is not enough.",
        ))
    }

    /// Takes what goes back from the merchant's balance; what comes back again is negative.
    pub(crate) fn draw(&mut self, amount: Decimal) {
        if let Some(balance) = &mut self.behaviour.balance {
            *balance -= amount;
        }
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
    /// What passes is written down here.
    pub(crate) journal: Journal,
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
        journal: Journal,
    ) -> Self {
        let certificates = vec![Certificate::first()];
        // Each delivery sets its own time limit; this one only bounds it.
        let client = |title_case| web::client(Duration::from_mins(2), title_case);
        Self {
            credentials,
            base_url,
            callback_url,
            journal,
            clients: [client(false), client(true)],
            state: Mutex::new(State {
                certificates,
                behaviour,
                ..State::default()
            }),
            tasks: Mutex::default(),
        }
    }

    /// The memory, with every order ended, closed or given back whose time for that has come.
    pub(crate) fn state(self: &Arc<Self>) -> MutexGuard<'_, State> {
        let mut guard = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *guard;
        let now_ms = state.now_ms();
        let mut rejected = Decimal::ZERO;
        for order in &mut state.orders {
            if let Some(end) = order.pass_time(now_ms)
                && (end == Status::Canceled || state.behaviour.closed_on_expiry)
            {
                let order = order.clone();
                self.spawn(Self::notify_closed(Arc::clone(self), order));
            }
            for refund in order.end_due_refunds(now_ms) {
                if refund.status == RefundStatus::Fail {
                    rejected += refund.amount;
                }
                self.tell_refund(order, &refund);
            }
        }
        state.draw(-rejected);
        guard
    }

    /// Looks at the memory when something becomes due, even if nobody else does.
    pub(crate) fn look_again(self: &Arc<Self>, after_ms: Option<u64>) {
        let Some(ms) = after_ms else {
            return;
        };
        let simulator = Arc::clone(self);
        self.spawn(async move {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            drop(simulator.state());
        });
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

    /// Makes a new certificate, which signs from now on, and gives its serial.
    pub(super) fn rotate(self: &Arc<Self>, keep_old: bool) -> String {
        let certificate = Arc::new(Certificate::generate());
        let serial = certificate.serial.clone();
        let mut state = self.state();
        if !keep_old {
            state.certificates.clear();
        }
        state.certificates.push(certificate);
        serial
    }

    /// Moves the time on; orders whose time has come expire.
    pub(super) fn advance(self: &Arc<Self>, seconds: u32) {
        let mut state = self.state();
        state.offset_ms = state.offset_ms.saturating_add(i64::from(seconds) * 1000);
        drop(state);
        // Looking at the memory lets the orders expire.
        drop(self.state());
    }
}
