//! `POST /orders/{orderId}/refunds`: gives money back to the payer, never twice, and answers with the refund.
//!
//! A refund has its name from its key, and is recorded before Binance hears of it. While it is not known how it ended, no other
//! is begun; `reconcile-orders` asks until it is.

mod answer;
mod request;

#[cfg(test)]
#[path = "../../../shared/src/sample/asked.rs"]
mod asked;
#[cfg(test)]
#[path = "../../../shared/src/sample.rs"]
mod sample;

use answer::{Answered, answer, refused, replayed};
use lambda_http::http::Method;
use lambda_http::{Body, Request as Event, Response};
use shared::ambient::{OrderClock, monotonic_ms};
use shared::app::{self, App, StartError};
use shared::ask::{self, About, Question, RateLimit};
use shared::config::Needs;
use shared::follow_up;
use shared::http_api::{self, Invocation};
use shared::log;
use shared::order::{self, Applied, OrderId, RefundId, Refusal, Sent, State, Wanted};
use shared::problem::Problem;
use shared::refunds;
use shared::store::Stored;

/// What an invocation may take, as in `template.yaml`, in milliseconds.
const LIMIT_MS: i64 = 28_000;

/// What is kept of it for the last writes and the answer, in milliseconds.
const RESERVE_MS: i64 = 6_000;

/// The function.
#[derive(Debug)]
pub struct RefundOrder {
    /// The parts it has in common with the others.
    pub app: App,
}

/// Until when Binance may answer, by the clock, and what the order is measured by.
#[derive(Clone, Copy)]
struct Until {
    deadline_ms: i64,
    clock: OrderClock,
}

impl RefundOrder {
    /// Builds the function from the settings that `lookup` finds.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn new(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, StartError> {
        Ok(Self {
            app: App::new(Needs::Both, lookup)?,
        })
    }

    /// Opens the connections before the first request.
    pub async fn connect(&self) {
        app::in_init(self.app.connect_for_keys()).await;
    }

    /// Answers one request.
    pub async fn handle(&self, event: Event) -> Response<Body> {
        let invocation = Invocation::of(&event, LIMIT_MS, &self.app.settings);
        let work = self
            .app
            .beside(self.give_back(&event, &invocation), self.app.reopen());
        let answered = invocation.within(work).await;
        match answered.and_then(|answered| answer(&answered)) {
            Ok(response) => response,
            Err(problem) => http_api::problem(problem, &invocation),
        }
    }

    async fn give_back(&self, event: &Event, invocation: &Invocation) -> Result<Answered, Problem> {
        if event.method() != Method::POST {
            return Err(Problem::method_not_allowed("POST"));
        }
        http_api::authenticate_refund(
            event.headers(),
            &*self.app.secrets.caller_keys(monotonic_ms()).await?,
        )?;
        let order_id = http_api::order_id(event, "/refunds").ok_or_else(Problem::no_such_order)?;
        let (key, wanted) = request::read(event.headers(), event.body())?;
        let id = RefundId::derived(self.app.namespace().await?, &order_id, &key);
        let work = Box::pin(self.refund(&order_id, id, wanted, invocation));
        let answered = invocation.within(work).await;
        answered.map_err(|problem| match problem.code.as_str() {
            "ORDER_NOT_FOUND" => problem,
            _ => problem.for_order(&order_id),
        })
    }

    /// Answers for the refund that the key names already; else asks about the payment, records the refund, sends it, and asks
    /// how it ended.
    async fn refund(
        &self,
        order_id: &OrderId,
        id: RefundId,
        wanted: Wanted,
        invocation: &Invocation,
    ) -> Result<Answered, Problem> {
        let order = self.app.store.load(order_id).await?;
        let order = order.ok_or_else(Problem::no_such_order)?;
        log::about(&order.order_id, &order.trade_no());
        if order.refund(&id).is_some() {
            return replayed(order, id, &wanted);
        }
        let attempt = order.refund_from(&wanted);
        let attempt = attempt.map_err(Problem::not_refundable)?;
        let by = Until {
            deadline_ms: invocation.deadline_ms.saturating_sub(RESERVE_MS),
            clock: invocation.clock,
        };
        let order = self.look(order, attempt, by).await?;
        let order = if order.has_unrecorded_refund(attempt) {
            let found = self.find(order, (&id, attempt), &wanted, by);
            found.await?
        } else {
            order
        };
        if order.refund(&id).is_some() {
            return replayed(order, id, &wanted);
        }

        let event = order::Event::RefundWanted {
            id: id.clone(),
            wanted: wanted.clone(),
            by: invocation.request_id.clone(),
        };
        let store = &self.app.store;
        let recorded = store
            .transition(order, &[event], "refund", by.clock.now_ms())
            .await?;
        let applied = recorded.applied;
        let order = follow_up::report(store, recorded, "refund").await?;
        match applied {
            Applied::Changed => self.send(order, id, by).await,
            Applied::Refused(Refusal::NotRefundable(reason)) => {
                Err(Problem::not_refundable(reason))
            }
            // Somebody else was faster with the same key.
            Applied::Unchanged | Applied::Refused(_) => replayed(order, id, &wanted),
        }
    }

    /// Asks about the payment, so that what went back by hand is known.
    async fn look(&self, order: Stored, attempt: u8, by: Until) -> Result<Stored, Problem> {
        let trade_no = order.trade_no_of(attempt);
        let fact = self.app.binance.query(&trade_no, by.deadline_ms).await?;
        if fact.state() == Some(&State::Refunding) {
            return Err(Problem::not_refundable(order::NotRefundable::UnderWay));
        }
        let learned = order::Event::Learned { attempt, fact };
        let store = &self.app.store;
        let learned = store
            .transition(order, &[learned], "query", by.clock.now_ms())
            .await?;
        Ok(follow_up::report(store, learned, "query").await?)
    }

    /// Looks whether the refund is what went back: then the table was restored to before it.
    async fn find(
        &self,
        order: Stored,
        (id, attempt): (&RefundId, u8),
        wanted: &Wanted,
        by: Until,
    ) -> Result<Stored, Problem> {
        let trade_no = order.trade_no_of(attempt);
        let fact = self.app.binance.query_refund(&trade_no, id, by.deadline_ms);
        let found = order::Event::RefundFound {
            id: id.clone(),
            attempt,
            wanted: wanted.clone(),
            fact: fact.await?,
        };
        self.record(order, found, by).await
    }

    /// Sends a refund that was recorded just now, and asks how it ended if that is not known yet.
    async fn send(&self, order: Stored, id: RefundId, by: Until) -> Result<Answered, Problem> {
        let (binance, webhook_url) = (&self.app.binance, &self.app.settings.callback_url);
        let Some(refund) = order.refund(&id) else {
            return Err(Problem::no_such_order());
        };
        let sent_at_ms = refund.sent_at_ms;
        let (sent, error) =
            refunds::send(binance, &order, refund, webhook_url, by.deadline_ms).await;
        let is_asked = matches!(sent, Sent::Accepted(_) | Sent::Unknown);
        let event = order::Event::RefundSent {
            id: id.clone(),
            sent,
            sent_at_ms,
            is_only: true,
            is_answered: true,
        };
        let order = self.record(order, event, by).await?;
        let order = if is_asked {
            self.ask(order, by).await?
        } else {
            order
        };
        refused(&order, &id, error)?;
        Ok(Answered {
            order,
            id,
            is_replay: false,
        })
    }

    /// Asks how a refund ended; without an answer `reconcile-orders` does.
    async fn ask(&self, order: Stored, by: Until) -> Result<Stored, Problem> {
        let question = Question {
            about: About::Refund { is_answered: true },
            began_ms: by.clock.now_ms(),
            deadline_ms: by.deadline_ms,
            clock: by.clock,
            rate: &RateLimit::default(),
        };
        Ok(
            ask::ask(&self.app.store, &self.app.binance, order, question)
                .await?
                .order,
        )
    }

    async fn record(
        &self,
        order: Stored,
        event: order::Event,
        by: Until,
    ) -> Result<Stored, Problem> {
        let store = &self.app.store;
        let recorded = store
            .transition(order, &[event], "refund", by.clock.now_ms())
            .await?;
        Ok(follow_up::report(store, recorded, "refund").await?)
    }
}

#[cfg(test)]
mod tests;
