//! `POST /binance-callback`: takes a notification of Binance Pay, records what it says, and tells LeadsCalendar.
//!
//! Binance is answered `SUCCESS` only when what it said is durable; whatever fails before that is answered `FAIL`, and
//! Binance repeats it. What fails after that, `reconcile-orders` makes up for.

mod acknowledgement;
mod doubt;

#[cfg(test)]
#[path = "../../../shared/src/sample.rs"]
mod sample;

use std::time::Duration;

use acknowledgement::NotAcknowledged;
use lambda_http::http::Method;
use lambda_http::{Body, Request as Event, Response};
use shared::ambient::{OrderClock, monotonic_ms, now_ms};
use shared::app::{self, App, StartError};
use shared::ask::{self, About, Question, RateLimit};
use shared::certificates::Certificates;
use shared::config::Needs;
use shared::confirmation::Confirmer;
use shared::follow_up;
use shared::http_api::Invocation;
use shared::log;
#[cfg(test)]
use shared::order;
use shared::order::{Checked, Doubt, Event as Change, Hint, Kind, State};
use shared::pace::Pace;
use shared::store::{StoreError, Stored};
use shared::webhook;
use tracing::{error, info, warn};

pub use doubt::afterwards;

/// What an invocation may take, as in `template.yaml`, in milliseconds.
const LIMIT_MS: i64 = 25_000;

/// The longest body that is looked at, in bytes. Binance's notifications have some hundred; whoever sends more makes us
/// hash it before we know that he is nobody.
const MAX_BODY: usize = 64 * 1024;

/// Time limit for telling LeadsCalendar.
const CONFIRMATION_TIMEOUT: Duration = Duration::from_secs(5);

/// What asking Binance about a notification may take, in milliseconds.
const ASKING_MS: i64 = 3_000;

/// Binance is asked about a payment without an order at most this often, in milliseconds: another merchant can cause it.
const ASK_UNKNOWN_EVERY_MS: i64 = 1_000;

/// What is kept of the invocation's time for writes and the confirmation, in milliseconds.
const RESERVE_MS: i64 = 14_000;

/// The function.
#[derive(Debug)]
pub struct BinanceCallback {
    /// The parts it has in common with the others.
    pub app: App,
    certificates: Certificates,
    confirmer: Confirmer,
    /// How often a payment without an order may be asked about.
    ask_unknown: Pace,
}

impl BinanceCallback {
    /// Builds the function from the settings that `lookup` finds.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn new(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, StartError> {
        let app = App::new(Needs::Secrets, lookup)?;
        let confirmer = app.confirmer()?;
        Ok(Self {
            certificates: Certificates::new(app.binance.clone()),
            confirmer,
            app,
            ask_unknown: Pace::new(ASK_UNKNOWN_EVERY_MS),
        })
    }

    /// Opens the connections, and fetches Binance's certificates, before the first notification.
    pub async fn connect(&self) {
        let connecting = async {
            tokio::join!(
                self.app.connect(),
                self.certificates.fetch(monotonic_ms()),
                self.confirmer.open_named(),
            );
        };
        app::in_init(connecting).await;
    }

    /// Answers one notification.
    pub async fn handle(&self, event: Event) -> Response<Body> {
        let invocation = Invocation::of(&event, LIMIT_MS, &self.app.settings);
        match invocation.within(self.receive(&event, &invocation)).await {
            Ok(()) => acknowledgement::acknowledged(),
            Err(reason) => acknowledgement::not_acknowledged(&reason),
        }
    }

    async fn receive(&self, event: &Event, invocation: &Invocation) -> Result<(), NotAcknowledged> {
        if event.method() != Method::POST {
            return Err(NotAcknowledged::Method);
        }
        if event.body().len() > MAX_BODY {
            return Err(NotAcknowledged::TooLarge);
        }
        let clock = invocation.clock;
        let deadline_ms = invocation.deadline_ms.saturating_sub(RESERVE_MS);
        let notification = webhook::receive(
            event.headers(),
            event.body().as_ref(),
            &self.certificates,
            monotonic_ms(),
            deadline_ms,
        )
        .await?;
        let Some(hint) = notification.hint else {
            info!(
                kind = notification.kind,
                "notification of no order of ours acknowledged"
            );
            return Ok(());
        };
        let taking = self.take(&hint, &notification.kind, deadline_ms, clock);
        // From here on it is no stranger's.
        self.app.beside(taking, self.confirmer.open_named()).await
    }

    /// Takes in what Binance says of one of our trade numbers.
    async fn take(
        &self,
        hint: &Hint,
        kind: &str,
        deadline_ms: i64,
        clock: OrderClock,
    ) -> Result<(), NotAcknowledged> {
        let order_id = &hint.trade_no().order_id;
        log::about(order_id, hint.trade_no());
        let order = self.app.store.load(order_id).await?;
        let Some(order) = order.filter(|order| order.attempt(hint.trade_no().attempt).is_some())
        else {
            return self.without_order(hint, deadline_ms).await;
        };
        match hint.check(&order) {
            Checked::Agrees(fact) => {
                let attempt = hint.trade_no().attempt;
                let learned = Change::Learned { attempt, fact };
                let url = order.request.callback_url.clone();
                let settling = async {
                    let (order, is_told) = self.record(order, learned, kind, clock).await?;
                    self.tell(hint, order, is_told, clock).await;
                    Ok(())
                };
                app::while_opening(Box::pin(settling), self.confirmer.open(&url)).await
            }
            Checked::Doubtful(doubt) => {
                let (order, is_told) = self.verify(order, hint, doubt, deadline_ms, clock).await?;
                self.tell(hint, order, is_told, clock).await;
                Ok(())
            }
            Checked::Idle => Ok(()),
        }
    }

    /// Tells LeadsCalendar at once, if it `is_told` and owed; what fails, `reconcile-orders` makes up for.
    async fn tell(&self, hint: &Hint, order: Stored, is_told: bool, clock: OrderClock) {
        if !(order.confirmation.is_owed() && is_told) {
            return;
        }
        let (store, confirmer) = (&self.app.store, &self.confirmer);
        let told = follow_up::confirm(store, confirmer, order, CONFIRMATION_TIMEOUT, clock);
        if let Err(error) = told.await {
            let trade_no = hint.trade_no();
            warn!(%trade_no, %error, "what became of the confirmation is not all recorded, and will be made up for");
        }
    }

    /// Records a change; whether LeadsCalendar is told of it.
    async fn record(
        &self,
        order: Stored,
        change: Change,
        kind: &str,
        clock: OrderClock,
    ) -> Result<(Stored, bool), StoreError> {
        let store = &self.app.store;
        let recorded = store
            .transition(order, &[change], kind, clock.now_ms())
            .await?;
        let is_told = recorded.is_told();
        Ok((follow_up::report(store, recorded, kind).await?, is_told))
    }

    /// Asks Binance about what does not agree with its answers: the order is due for it, whatever becomes of us, and what
    /// Binance answers counts alone.
    async fn verify(
        &self,
        order: Stored,
        hint: &Hint,
        doubt: Doubt,
        deadline_ms: i64,
        clock: OrderClock,
    ) -> Result<(Stored, bool), StoreError> {
        let (trade_no, attempt) = (hint.trade_no(), hint.trade_no().attempt);
        match hint.unreadable() {
            Some(field) if doubt.is_ours => error!(
                alarm = "binance.unreadable",
                %trade_no,
                call = "notification",
                field,
                "a notification about {trade_no} came, and {field} cannot be read"
            ),
            Some(_) | None => {
                let kind = hint.kind();
                warn!(%trade_no, ?kind, "a notification about {trade_no} is not what Binance told us: it is asked");
            }
        }
        let is_waiting = order.report.is_some();
        let reported = Change::Reported { attempt, doubt };
        let (order, is_told) = self.record(order, reported, "reported", clock).await?;
        if is_waiting {
            return Ok((order, is_told));
        }
        let question = Question {
            about: About::Reported(attempt),
            began_ms: clock.now_ms(),
            deadline_ms: deadline_ms.min(now_ms().saturating_add(ASKING_MS)),
            clock,
            rate: &RateLimit::default(),
        };
        let asked = ask::ask(&self.app.store, &self.app.binance, order, question).await?;
        let (order, is_told) = (asked.order, asked.is_told);
        let Some(change) = afterwards(hint, doubt, &order) else {
            return Ok((order, is_told));
        };
        let (order, is_also_told) = self.record(order, change, "reported", clock).await?;
        Ok((order, is_told || is_also_told))
    }

    /// A notification about an order, or an attempt, that the table does not have. A payment may be money that is lost, so
    /// Binance is asked; what it does not confirm is another merchant's.
    async fn without_order(&self, hint: &Hint, deadline_ms: i64) -> Result<(), NotAcknowledged> {
        let (trade_no, kind) = (hint.trade_no(), hint.kind());
        if matches!(kind, Kind::Closed | Kind::Refunded | Kind::Rejected) {
            warn!(%trade_no, ?kind, "notification of an order that is not in the table acknowledged");
            return Ok(());
        }
        if !self.ask_unknown.take(monotonic_ms()) {
            return Err(NotAcknowledged::TooMany);
        }
        let deadline_ms = deadline_ms.min(now_ms().saturating_add(ASKING_MS));
        let fact = self.app.binance.query(trade_no, deadline_ms).await?;
        match fact.state() {
            Some(State::Paid(_) | State::Refunding) => error!(
                alarm = "order.unknown",
                %trade_no,
                "Binance has money for {trade_no}, and no such order is in the table"
            ),
            Some(
                State::Untouched
                | State::UnderWay
                | State::Closed
                | State::Expired
                | State::Errored,
            )
            | None => warn!(
                %trade_no,
                "a payment is reported for {trade_no}, which is not in the table, and Binance has none of ours"
            ),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
