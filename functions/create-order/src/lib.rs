//! `POST /orders`: records an order, opens its checkout at Binance Pay, and answers with the order.
//!
//! The order is recorded before Binance hears of it, and each attempt to open a checkout has its own trade number; so
//! whatever is lost between two steps, no payment can arrive for an unknown order, and none can be made twice.

mod answer;
mod checkout;
mod expiry;
mod opening;
mod request;
mod taken;
mod unopened;

#[cfg(test)]
#[path = "../../../shared/src/sample/asked.rs"]
mod asked;
#[cfg(test)]
#[path = "../../../shared/src/sample.rs"]
mod sample;

use answer::{Answered, created};
use lambda_http::http::Method;
use lambda_http::{Body, Request as Event, Response};
use opening::Opening;
use shared::ambient::{monotonic_ms, random};
use shared::app::{self, App, StartError};
use shared::config::Needs;
use shared::follow_up;
use shared::http_api::{self, Invocation};
use shared::input;
use shared::log;
use shared::order::{self, Applied, Claim, Order, OrderId, Refusal, Request};
use shared::problem::Problem;
use shared::store::{Recorded, Stored};
use tracing::error;

pub use unopened::{Unopened, unopened};

/// The one client there is; an idempotency key belongs to it, and not to the API key it happens to use during a rotation.
const CLIENT: &str = "LeadsCalendar";

/// What an invocation may take, as in `template.yaml`, in milliseconds.
const LIMIT_MS: i64 = 28_000;

/// The function.
#[derive(Debug)]
pub struct CreateOrder {
    /// The parts it has in common with the others.
    pub app: App,
}

/// What becomes of an order that was there before.
enum Resumed {
    /// A checkout is opened for it.
    Open(Stored),
    /// None is: it is answered as it stands.
    Stands(Stored),
}

impl CreateOrder {
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
            .beside(self.create(&event, &invocation), self.app.reopen());
        match invocation.within(work).await {
            Ok(answered) => created(&answered),
            Err(problem) => http_api::problem(problem, &invocation),
        }
    }

    async fn create(&self, event: &Event, invocation: &Invocation) -> Result<Answered, Problem> {
        if event.method() != Method::POST {
            return Err(Problem::method_not_allowed("GET, POST"));
        }
        http_api::authenticate(
            event.headers(),
            &*self.app.secrets.caller_keys(monotonic_ms()).await?,
        )?;
        let key = input::idempotency_key(event.headers())?;
        let asked = request::read(event.headers(), event.body(), &self.app.settings)?;

        let id = match &key {
            Some(key) => OrderId::derived(self.app.namespace().await?, CLIENT, key),
            None => OrderId::from_random(random()),
        };
        let opening = Opening::in_time_of(invocation);
        let request = asked.for_order(&id);
        let recorded = if asked.outside.is_empty() {
            let (livemode, request) = (self.app.settings.is_live(), request.clone());
            let order = Order::new(
                id.clone(),
                livemode,
                request,
                opening.claim.clone(),
                opening.clock.now_ms(),
            );
            let order = order.held_for(asked.expires_in_secs);
            self.app.store.record(order).await?
        } else {
            // What today's settings do not allow can only be a repeat, and only a key makes it one.
            let repeated = match key {
                Some(_) => self.app.store.load(&id).await?,
                None => None,
            };
            Recorded::Exists(repeated.ok_or_else(|| Problem::fields(asked.outside))?)
        };
        let (Recorded::New(order) | Recorded::Exists(order)) = &recorded;
        log::about(&order.order_id, &order.trade_no());
        let work = Box::pin(self.answer(&request, recorded, opening));
        let answered = invocation.within(work).await;
        answered.map_err(|problem| problem.for_order(&id))
    }

    /// Answers `request` for the order that is in the table now, or was there before it.
    async fn answer(
        &self,
        request: &Request,
        recorded: Recorded,
        opening: Opening,
    ) -> Result<Answered, Problem> {
        match recorded {
            Recorded::New(order) => self.open_checkout(order, &opening).await,
            Recorded::Exists(existing) if is_opened_again(&existing, request)? => {
                let event = taking_over(&existing, &opening.claim, opening.clock.now_ms());
                match self.resume(existing, event, &opening).await? {
                    Resumed::Open(order) => self.open_checkout(order, &opening).await,
                    Resumed::Stands(order) => Ok(Answered::again(order)),
                }
            }
            Recorded::Exists(order) => Ok(Answered::again(order)),
        }
    }

    /// Takes over an order that has no checkout, unless somebody is opening one right now, or the order is not to be opened
    /// any more.
    async fn resume(
        &self,
        order: Stored,
        event: order::Event,
        opening: &Opening,
    ) -> Result<Resumed, Problem> {
        let at_ms = opening.clock.now_ms();
        let (store, is_time_up) = (
            &self.app.store,
            matches!(event, order::Event::TimeUp { .. }),
        );
        let cause = if is_time_up { "time up" } else { "resumed" };
        let resumed = store.transition(order, &[event], cause, at_ms).await?;
        match resumed.applied {
            Applied::Changed if !is_time_up => {
                log::about(&resumed.order.order_id, &resumed.order.trade_no());
                Ok(Resumed::Open(resumed.order))
            }
            // Somebody closed it, or it was paid, in between.
            Applied::Changed
            | Applied::Unchanged
            | Applied::Refused(
                Refusal::NotResumable | Refusal::NoSuchAttempt | Refusal::NotRefundable(_),
            ) => Ok(Resumed::Stands(
                follow_up::report(store, resumed, cause).await?,
            )),
            Applied::Refused(Refusal::AttemptsUsedUp) => Err(Problem::attempts_used_up()),
            Applied::Refused(Refusal::PaidUnknown) => {
                let (id, trade_no) = (resumed.order.order_id.as_str(), resumed.order.trade_no());
                error!(
                    alarm = "order.unknown",
                    order.id = id,
                    %trade_no,
                    "order {id} is asked for again, and Binance has money under {trade_no} that was there before it"
                );
                Err(Problem::paid_unknown())
            }
            Applied::Refused(Refusal::InProgress) => {
                let held = resumed.order.claim.as_ref();
                let until_ms = held.map_or(at_ms, |held| held.until_ms);
                let wait_ms = until_ms.saturating_sub(at_ms).max(0).unsigned_abs();
                Err(Problem::in_progress(wait_ms.div_ceil(1_000)))
            }
        }
    }
}

/// Whether `request`, which names an order that was there before, is to open a checkout for it.
///
/// # Errors
/// [`Problem`], if the order was asked for with other content.
fn is_opened_again(existing: &Order, request: &Request) -> Result<bool, Problem> {
    if existing.request == *request {
        Ok(existing.may_open())
    } else {
        Err(Problem::key_reused())
    }
}

/// What becomes of an order without a checkout when it is asked for again.
#[must_use]
pub fn taking_over(existing: &Order, claim: &Claim, at_ms: i64) -> order::Event {
    let claim = claim.clone();
    if existing.has_no_time(at_ms) {
        order::Event::TimeUp { by: claim.by }
    } else {
        order::Event::Resumed(claim)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asked::{KEY, request};

    #[tokio::test]
    async fn what_cannot_be_an_order_is_refused_before_the_table_is_read() {
        let function = CreateOrder::new(sample::lookup).unwrap();
        for (method, key, expected) in [
            (Method::PUT, KEY, Problem::method_not_allowed("GET, POST")),
            (Method::POST, "k", Problem::invalid_api_key()),
            (Method::POST, KEY, Problem::not_json()),
        ] {
            let event = request(method, "/orders", key);
            let invocation = Invocation::of(&event, LIMIT_MS, &function.app.settings);
            let ended = function.create(&event, &invocation).await;
            assert_eq!(ended.err(), Some(expected));
        }
    }

    #[test]
    fn repeat_opens_a_checkout_if_there_is_none_and_the_content_is_the_same() {
        let mut order = sample::order(OrderId::from_random([0xa5; 15]), 1_000);
        let request = order.request.clone();
        let other = Request {
            reference: None,
            ..request.clone()
        };
        assert_eq!(is_opened_again(&order, &request), Ok(true));
        let reused = Err(Problem::key_reused());
        assert_eq!(is_opened_again(&order, &other), reused);
        order.status = order::Status::Paid;
        assert_eq!(is_opened_again(&order, &request), Ok(false));
        assert_eq!(is_opened_again(&order, &other), reused);
    }

    #[test]
    fn order_that_is_asked_for_again_is_taken_over_while_there_is_time() {
        let order = sample::order(OrderId::from_random([0xa5; 15]), 1_000);
        let order = order.held_for(Some(60));
        let claim = Claim {
            by: "second".to_owned(),
            until_ms: 59_000,
        };
        let resumed = order::Event::Resumed(claim.clone());
        assert_eq!(taking_over(&order, &claim, 31_000), resumed);
        let by = "second".to_owned();
        let time_up = order::Event::TimeUp { by };
        assert_eq!(taking_over(&order, &claim, 31_001), time_up);
    }
}
