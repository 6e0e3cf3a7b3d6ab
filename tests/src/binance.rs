//! The Binance Pay simulator: the merchant API on a port of its own, and a handle to watch and steer it.
//!
//! It is stricter than the real service and remembers everything. Its time is the real one plus what it was advanced
//! by; signatures are judged by the real time alone.

mod admin;
mod answer;
mod behaviour;
mod bend;
mod bends;
mod certificates;
mod checkout;
mod deliveries;
mod endpoints;
mod faults;
mod forgery;
mod front;
mod gate;
mod links;
mod merchant_api;
mod money;
mod notifications;
mod operations;
mod order;
mod payment;
mod play;
mod recorded;
mod refund;
mod refunds;
mod rules;
mod simulator;
mod splice;
mod stranger;

use std::io;
use std::sync::Arc;

use axum::Router;
use serde_json::Value;
use tokio::net::TcpListener;

pub(crate) use admin::ROUTES;
pub use answer::Envelope;
pub use behaviour::{Behaviour, Later, Pending, TooNear};
pub use bend::{Bend, BendOn, Change, KNOWN as KNOWN_BENDS, PlayedBend};
pub use certificates::PublicCertificate;
pub use deliveries::Delivery;
pub use faults::{At, Fault, KNOWN as KNOWN_FAULTS, On, WaitingFault};
pub use forgery::{Forgery, Signature};
pub use front::Front;
pub use notifications::RefundInfoAs;
pub use order::{Closing, Order, Status};
pub use payment::Payment;
pub use play::{Impossible, Play};
pub use refund::{Refund, RefundStatus};
pub use refunds::{Account, OrdersRefund};
pub use simulator::Call;
pub use stranger::{Stranger, StrangerOrder};

use crate::gateway::Clock;
use crate::journal::Journal;
use crate::random::Source;
use crate::web::{self, Server};
use simulator::Simulator;

/// The merchant's key and secret.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Goes into the header `BinancePay-Certificate-SN`: 64 lower-case letters and digits.
    pub api_key: String,
    /// The key of the HMAC.
    pub api_secret: String,
}

/// A running simulator; it ends when dropped.
pub struct Binance {
    simulator: Arc<Simulator>,
    server: Server,
}

impl Binance {
    /// Serves the merchant API, the checkout, the admin API and `more` on `listener`; `journal` gets every call and every
    /// notification.
    ///
    /// # Errors
    /// When the system does not tell the listener's address.
    pub fn start(
        listener: TcpListener,
        credentials: Credentials,
        behaviour: Behaviour,
        front: Front,
        journal: Journal,
        more: Router,
    ) -> io::Result<Self> {
        let own_url = format!("http://{}", web::from_here(listener.local_addr()?));
        let base_url = front.public_url.unwrap_or(own_url);
        let callback_url = front.callback_url;
        let simulator = Simulator::new(credentials, behaviour, base_url, callback_url, journal);
        let simulator = Arc::new(simulator);
        let own = admin::router().merge(checkout::router());
        let own = own.fallback(merchant_api::call);
        let router = own.with_state(Arc::clone(&simulator)).merge(more);
        let server = Server::admitting(listener, router, &front.allow_hosts)?;
        Ok(Self { simulator, server })
    }

    /// Ids come from `random` from now on.
    pub(crate) fn draw_from(&self, random: Source) {
        self.simulator.state().random = random;
    }

    /// The base URL, as in `BINANCE_BASE_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The port itself, to refuse connections for a while.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Every order, oldest first.
    #[must_use]
    pub fn orders(&self) -> Vec<Order> {
        self.simulator.state().orders.clone()
    }

    /// The order of a trade number.
    #[must_use]
    pub fn order(&self, trade_no: &str) -> Option<Order> {
        self.simulator.state().order(trade_no).cloned()
    }

    /// Every call of the merchant API, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.simulator.state().calls.clone()
    }

    /// Every attempt to deliver a notification, oldest first.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.simulator.state().deliveries.clone()
    }

    /// The payer pays; the notification goes out in the background.
    ///
    /// # Errors
    /// See [`Impossible`].
    pub fn pay(&self, trade_no: &str, play: Play) -> Result<Order, Impossible> {
        self.simulator.pay(trade_no, play)
    }

    /// The payer pays; returns when the notification was acknowledged or given up.
    ///
    /// # Errors
    /// See [`Impossible`].
    pub async fn pay_and_wait(&self, trade_no: &str, play: Play) -> Result<Order, Impossible> {
        self.simulator.pay_and_wait(trade_no, play).await
    }

    /// The order is closed before anybody paid; `PAY_CLOSED` goes out in the background.
    ///
    /// # Errors
    /// See [`Impossible`].
    pub fn cancel(&self, trade_no: &str, play: Play) -> Result<Order, Impossible> {
        self.simulator.cancel(trade_no, play)
    }

    /// Carries out a close that was accepted and waits; `PAY_CLOSED` goes out in the background.
    ///
    /// # Errors
    /// See [`Impossible`].
    pub fn carry_out_close(&self, trade_no: &str) -> Result<Order, Impossible> {
        self.simulator.carry_out_close(trade_no)
    }

    /// The order's time passes at once.
    ///
    /// # Errors
    /// See [`Impossible`].
    pub fn expire(&self, trade_no: &str) -> Result<Order, Impossible> {
        self.simulator.expire(trade_no)
    }

    /// The order ends in `ERROR`.
    ///
    /// # Errors
    /// See [`Impossible`].
    pub fn fail(&self, trade_no: &str) -> Result<Order, Impossible> {
        self.simulator.fail(trade_no)
    }

    /// A payment is under way, or no longer: until it ends the query says `PENDING`, and the order neither closes nor expires.
    ///
    /// # Errors
    /// See [`Impossible`].
    pub fn under_way(&self, trade_no: &str, on: bool) -> Result<Order, Impossible> {
        self.simulator.under_way(trade_no, on)
    }

    /// The query says `REFUNDING`, or no longer, of an order that was paid.
    ///
    /// # Errors
    /// See [`Impossible`].
    pub fn refunding(&self, trade_no: &str, on: bool) -> Result<Order, Impossible> {
        self.simulator.refunding(trade_no, on)
    }

    /// Money is given back on the merchant page, of which Binance tells nobody; a notification goes out in the background
    /// if `play` has one sent.
    ///
    /// # Errors
    /// See [`Impossible`].
    pub fn refund(&self, trade_no: &str, play: Play) -> Result<Order, Impossible> {
        self.simulator.refund(trade_no, play)
    }

    /// Sends any notification, well or badly signed, and gives what was answered.
    ///
    /// # Errors
    /// See [`Impossible`].
    pub async fn notify(&self, forgery: Forgery) -> Result<Delivery, Impossible> {
        self.simulator.forge(forgery).await
    }

    /// Plays `fault` for the next `times` calls of the kind `on`.
    pub fn fault(&self, on: On, times: u32, fault: Fault) {
        let times = Some(times);
        let waiting = WaitingFault { on, times, fault };
        self.simulator.state().faults.push(waiting);
    }

    /// The same, as JSON: `{"on":"create","fault":"slow","times":2,"ms":300}`.
    ///
    /// # Errors
    /// A sentence naming what is wrong and all that is known.
    pub fn fault_json(&self, json: Value) -> Result<(), String> {
        let fault = WaitingFault::read(json)?;
        self.simulator.state().faults.push(fault);
        Ok(())
    }

    /// The faults that still wait for their calls.
    #[must_use]
    pub fn faults(&self) -> Vec<WaitingFault> {
        self.simulator.state().faults.clone()
    }

    /// Forgets the waiting faults.
    pub fn clear_faults(&self) {
        self.simulator.state().faults.clear();
    }

    /// Changes what the documentation leaves open.
    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.simulator.state().behaviour);
    }

    /// Makes a new certificate, which signs from now on, and gives its serial.
    #[must_use]
    pub fn rotate_certificates(&self, keep_old: bool) -> String {
        self.simulator.rotate(keep_old)
    }

    /// Moves the simulator's time on; orders whose time has come expire.
    pub fn advance(&self, seconds: u32) {
        self.simulator.advance(seconds);
    }

    /// The simulator's time in milliseconds since the Unix epoch.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.simulator.state().now_ms()
    }

    /// The same, for whoever keeps it beside the simulator.
    pub(crate) fn clock(&self) -> Clock {
        let simulator = Arc::clone(&self.simulator);
        Arc::new(move || simulator.state().now_ms())
    }
}

impl Drop for Binance {
    fn drop(&mut self) {
        self.simulator.stop();
    }
}
