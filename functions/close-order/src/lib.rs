//! `POST /orders/{orderId}/close`: ends an order that nobody is to pay any more, and answers with the order as it truly stands.
//!
//! The wish is recorded first. From then on the order's key opens nothing, and whoever records a checkout for it closes that
//! at once; so whatever is lost afterwards, `reconcile-orders` carries the wish out.

#[cfg(test)]
#[path = "../../../shared/src/sample/asked.rs"]
mod asked;
#[cfg(test)]
#[path = "../../../shared/src/sample.rs"]
mod sample;

use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Request as Event, Response};
use shared::ambient::monotonic_ms;
use shared::app::{self, App, StartError};
use shared::ask::{self, About, Question, RateLimit};
use shared::close::close;
use shared::config::Needs;
use shared::follow_up;
use shared::http_api::{self, Invocation};
use shared::log::{self, OUTCOME};
use shared::order::{self, Order, Status, View};
use shared::problem::Problem;
use shared::store::{StoreError, Stored};
use tracing::info;

/// What an invocation may take, as in `template.yaml`, in milliseconds.
const LIMIT_MS: i64 = 28_000;

/// What is kept of it for the last write and the answer, in milliseconds.
const RESERVE_MS: i64 = 6_000;

/// The function.
#[derive(Debug)]
pub struct CloseOrder {
    /// The parts it has in common with the others.
    pub app: App,
}

impl CloseOrder {
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
        app::in_init(self.app.connect()).await;
    }

    /// Answers one request.
    pub async fn handle(&self, event: Event) -> Response<Body> {
        let invocation = Invocation::of(&event, LIMIT_MS, &self.app.settings);
        let work = self
            .app
            .beside(self.end(&event, &invocation), self.app.reopen());
        match invocation.within(work).await {
            Ok(order) => answer(&order),
            Err(problem) => http_api::problem(problem, &invocation),
        }
    }

    async fn end(&self, event: &Event, invocation: &Invocation) -> Result<Stored, Problem> {
        if event.method() != Method::POST {
            return Err(Problem::method_not_allowed("POST"));
        }
        http_api::authenticate(
            event.headers(),
            &*self.app.secrets.caller_keys(monotonic_ms()).await?,
        )?;
        let id = http_api::order_id(event, "/close").ok_or_else(Problem::no_such_order)?;
        let order = self.app.store.load(&id).await?;
        let order = order.ok_or_else(Problem::no_such_order)?;
        log::about(&order.order_id, &order.trade_no());
        let work = Box::pin(self.close(order, invocation));
        let closed = invocation.within(async { Ok::<_, Problem>(work.await?) });
        closed.await.map_err(|problem| problem.for_order(&id))
    }

    /// Records the wish, tells Binance to close what anybody could pay, and asks how that ended.
    async fn close(&self, order: Stored, invocation: &Invocation) -> Result<Stored, StoreError> {
        let (store, binance) = (&self.app.store, &self.app.binance);
        let clock = invocation.clock;
        let cause = "close requested";
        let wished = [order::Event::CloseWished];
        let wished = store
            .transition(order, &wished, cause, clock.now_ms())
            .await?;
        let order = follow_up::report(store, wished, cause).await?;

        let deadline_ms = invocation.deadline_ms.saturating_sub(RESERVE_MS);
        let open = to_close(&order);
        for number in &open {
            close(binance, &order.trade_no_of(*number), deadline_ms).await;
        }
        let Some(decides) = open.last().copied() else {
            return Ok(order);
        };
        // That Binance accepts, or refuses, to close it says nothing of how it ends.
        let question = Question {
            about: About::Number(decides),
            began_ms: clock.now_ms(),
            deadline_ms,
            clock,
            rate: &RateLimit::default(),
        };
        Ok(ask::ask(store, binance, order, question).await?.order)
    }
}

/// The attempts whose checkout somebody may have the address of, while the order is being closed; the newest decides.
#[must_use]
pub fn to_close(order: &Order) -> Vec<u8> {
    let is_open = matches!(order.status, Status::Pending | Status::Failed);
    let is_closing = order.closing.is_some() && is_open;
    let numbered = order.attempts.iter().zip(1_u8..).filter(|_| is_closing);
    let opened = numbered.filter(|(attempt, _)| attempt.checkout.is_some());
    opened.map(|(_, number)| number).collect()
}

fn answer(order: &Order) -> Response<Body> {
    let (order_id, status) = (order.order_id.as_str(), order.status);
    info!(target: OUTCOME, { order.id = order_id }, "order {order_id} asked to be closed is {status:?}");
    http_api::json(StatusCode::OK, &View::of(order))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asked::{KEY, request};
    use lambda_http::http::HeaderMap;
    use lambda_http::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
    use shared::order::{Attempt, Checkout, Closing, OrderId};

    /// An order whose first and third attempt had a checkout.
    fn order(status: Status, is_closing: bool) -> Order {
        let mut order = sample::order(OrderId::from_random([0xa5; 15]), 1_000);
        let attempt = |is_opened: bool| Attempt {
            checkout: is_opened.then(Checkout::default),
            ..Attempt::default()
        };
        order.attempts = vec![attempt(true), attempt(false), attempt(true)];
        order.status = status;
        order.closing = is_closing.then_some(Closing {
            requested_at_ms: 2_000,
            attempt: Some(3),
        });
        order
    }

    #[test]
    fn every_checkout_of_an_order_that_is_being_closed_and_not_over_is_closed() {
        for status in [
            Status::Created,
            Status::Pending,
            Status::Paid,
            Status::Canceled,
            Status::Expired,
            Status::Failed,
            Status::Disputed,
            Status::PartiallyRefunded,
            Status::Refunded,
        ] {
            let is_open = matches!(status, Status::Pending | Status::Failed);
            let expected = if is_open { vec![1, 3] } else { vec![] };
            assert_eq!(to_close(&order(status, true)), expected, "{status:?}");
            assert_eq!(to_close(&order(status, false)), [0; 0], "{status:?}");
        }
        let mut unopened = order(Status::Failed, true);
        unopened.attempts.truncate(2);
        unopened.attempts.remove(0);
        assert_eq!(to_close(&unopened), [0; 0]);
    }

    #[test]
    fn order_is_answered_as_it_stands() {
        let order = order(Status::Pending, true);

        let response = answer(&order);

        assert_eq!(response.status(), StatusCode::OK);
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        assert_eq!(*response.headers(), HeaderMap::from_iter(headers));
        let expected = http_api::json(StatusCode::OK, &View::of(&order));
        assert_eq!(response.body(), expected.body());
    }

    #[tokio::test]
    async fn what_cannot_be_closed_is_refused_before_the_table_is_read() {
        let function = CloseOrder::new(sample::lookup).unwrap();
        for (method, key, expected) in [
            (Method::GET, KEY, Problem::method_not_allowed("POST")),
            (Method::POST, "k", Problem::invalid_api_key()),
            (Method::POST, KEY, Problem::no_such_order()),
        ] {
            let event = request(method, "/orders/a5/close", key);
            let invocation = Invocation::of(&event, LIMIT_MS, &function.app.settings);
            let ended = function.end(&event, &invocation).await;
            assert_eq!(ended.err(), Some(expected));
        }
    }
}
