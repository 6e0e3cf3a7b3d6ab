//! `POST /orders`: records an order, opens its checkout at Binance Pay, and answers with the order.
//!
//! The order is recorded before Binance hears of it, and each attempt to open a checkout has its own trade number; so
//! whatever is lost between two steps, no payment can arrive for an unknown order, and none can be made twice.

mod request;

use std::time::Duration;

use lambda_http::http::header::{HeaderValue, LOCATION};
use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Request as Event, Response};
use shared::ambient::{now_ms, random};
use shared::app::{App, StartError};
use shared::binance::{BinanceError, CallError, SHORTEST_CALL_MS};
use shared::follow_up;
use shared::http_api::{self, Invocation};
use shared::order::{self, Applied, Claim, Fact, Order, OrderId, Refusal, Status, View};
use shared::problem::Problem;
use shared::store::Recorded;
use tracing::info;

/// The one client there is; an idempotency key belongs to it, and not to the API key it happens to use during a rotation.
const CLIENT: &str = "LeadsCalendar";

/// What is kept of the invocation's time for the last write and the answer, in milliseconds.
const RESERVE_MS: i64 = 6_000;

/// Trade numbers that one request may use up.
const TRIES: u32 = 3;

/// The wait before the second trade number; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The function.
#[derive(Debug)]
pub struct CreateOrder {
    app: App,
}

/// An order that can be answered with.
struct Answered {
    order: Order,
    /// It was there before this request.
    is_replay: bool,
}

impl CreateOrder {
    /// Builds the function from the settings that `lookup` finds.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn new(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, StartError> {
        Ok(Self {
            app: App::new(lookup)?,
        })
    }

    /// Opens the connections before the first request.
    pub async fn connect(&self) {
        self.app.connect().await;
    }

    /// Answers one request.
    pub async fn handle(&self, event: Event) -> Response<Body> {
        let invocation = Invocation::of(&event);
        match self.create(&event, &invocation).await {
            Ok(answered) => created(&answered),
            Err(problem) => http_api::problem(problem, &invocation),
        }
    }

    async fn create(&self, event: &Event, invocation: &Invocation) -> Result<Answered, Problem> {
        if event.method() != Method::POST {
            return Err(Problem::method_not_allowed("POST"));
        }
        http_api::authenticate(event.headers(), &*self.app.secrets.current(now_ms()).await?)?;
        let key = request::idempotency_key(event.headers())?;
        let asked = request::read(event.headers(), event.body(), &self.app.settings)?;

        let id = key.as_ref().map_or_else(
            || OrderId::from_random(random()),
            |key| OrderId::derived(CLIENT, key),
        );
        let claim = Claim {
            by: invocation.request_id.clone(),
            until_ms: invocation.deadline_ms,
        };
        let order = Order::new(id.clone(), asked.request, claim.clone(), now_ms());
        let recorded = if asked.outside.is_empty() {
            self.app.store.record(&order).await?
        } else {
            // What today's settings do not allow can only be a repeat, and only a key makes it one.
            let repeated = match key {
                Some(_) => self.app.store.load(&id).await?,
                None => None,
            };
            let existing = repeated.ok_or_else(|| Problem::fields(asked.outside))?;
            Recorded::Exists(Box::new(existing))
        };
        // Boxed, since a future that holds all of these futures in itself is large to move.
        let answered = Box::pin(self.answer(order, recorded, claim)).await;
        answered.map_err(|problem| problem.for_order(&id))
    }

    /// Answers for an order that is in the table: `order` as it was asked for, or what was there before it.
    async fn answer(
        &self,
        order: Order,
        recorded: Recorded,
        claim: Claim,
    ) -> Result<Answered, Problem> {
        match recorded {
            Recorded::New => self.open_checkout(order, claim).await,
            Recorded::Exists(existing) if existing.request != order.request => {
                Err(Problem::key_reused())
            }
            Recorded::Exists(existing) => match existing.status {
                Status::Created | Status::Failed => {
                    self.open_checkout(self.resume(*existing, &claim).await?, claim)
                        .await
                }
                Status::Pending
                | Status::Paid
                | Status::Canceled
                | Status::Expired
                | Status::Disputed
                | Status::PartiallyRefunded
                | Status::Refunded => Ok(Answered {
                    order: *existing,
                    is_replay: true,
                }),
            },
        }
    }

    /// Takes over an order that has no checkout, unless somebody is opening one right now.
    async fn resume(&self, order: Order, claim: &Claim) -> Result<Order, Problem> {
        let at_ms = now_ms();
        let resumed = self
            .app
            .store
            .transition(
                order,
                &[order::Event::Resumed(claim.clone())],
                "resumed",
                at_ms,
            )
            .await?;
        match resumed.applied {
            Applied::Changed => Ok(resumed.order),
            Applied::Refused(Refusal::AttemptsUsedUp) => Err(Problem::attempts_used_up()),
            Applied::Refused(
                Refusal::InProgress | Refusal::NotResumable | Refusal::NoSuchAttempt,
            )
            | Applied::Unchanged => {
                let until_ms = resumed.order.claim.map_or(at_ms, |held| held.until_ms);
                let wait_ms = until_ms.saturating_sub(at_ms).max(0).unsigned_abs();
                Err(Problem::in_progress(wait_ms.div_ceil(1_000)))
            }
        }
    }

    /// Opens the checkout of the order's current attempt. If Binance's answer is lost, that attempt's number is never used
    /// again: nobody has the address of its checkout, so nobody can pay it, and the next attempt takes the next number.
    async fn open_checkout(&self, mut order: Order, claim: Claim) -> Result<Answered, Problem> {
        let deadline_ms = claim.until_ms.saturating_sub(RESERVE_MS);
        let mut wait = FIRST_WAIT;
        let mut tries = 1;
        loop {
            let attempt = order.current_attempt();
            let error = match self
                .app
                .binance
                .open_checkout(&order, &self.app.settings.callback_url, deadline_ms)
                .await
            {
                Ok(opened) => {
                    let order = self
                        .learn(order, attempt, opened, "checkout opened")
                        .await?;
                    // Only an invocation that outlived its claim finds that another one has gone on without it.
                    if order.current_attempt() != attempt || order.status == Status::Failed {
                        return Err(Problem::in_progress(1));
                    }
                    return Ok(Answered {
                        order,
                        is_replay: false,
                    });
                }
                Err(error) => error,
            };
            let has_time = now_ms()
                .saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX))
                .saturating_add(SHORTEST_CALL_MS)
                <= deadline_ms;
            order = match &error {
                BinanceError::Call(CallError::Unknown(_)) if tries < TRIES && has_time => {
                    tokio::time::sleep(wait).await;
                    (tries, wait) = (tries + 1, wait.saturating_mul(2));
                    self.resume(order, &claim).await?
                }
                BinanceError::Call(CallError::Unknown(_)) => {
                    self.learn(order, attempt, Fact::Lost, "answer lost")
                        .await?;
                    return Err(error.into());
                }
                // Who redirects has not carried it out, and whether Binance would is not known.
                BinanceError::Call(CallError::Access(answer)) if answer.redirect_to.is_some() => {
                    self.release(order, claim).await?;
                    return Err(error.into());
                }
                BinanceError::Call(CallError::Refused(answer) | CallError::Access(answer)) => {
                    let code = answer.code.as_deref().unwrap_or("no code");
                    self.learn(order, attempt, Fact::Refused, &format!("refused: {code}"))
                        .await?;
                    return Err(error.into());
                }
                BinanceError::Call(CallError::NotDone(_)) | BinanceError::Secrets(_) => {
                    self.release(order, claim).await?;
                    return Err(error.into());
                }
            };
        }
    }

    /// Lets others go on with the order, under the same number.
    async fn release(&self, order: Order, claim: Claim) -> Result<(), Problem> {
        let released = order::Event::Released { by: claim.by };
        let store = &self.app.store;
        store
            .transition(order, &[released], "not done", now_ms())
            .await?;
        Ok(())
    }

    async fn learn(
        &self,
        order: Order,
        attempt: u8,
        fact: Fact,
        cause: &str,
    ) -> Result<Order, Problem> {
        let events = [order::Event::Learned { attempt, fact }];
        let store = &self.app.store;
        let learned = store.transition(order, &events, cause, now_ms()).await?;
        Ok(follow_up::report(store, learned, cause).await?)
    }
}

fn created(answered: &Answered) -> Response<Body> {
    let order = &answered.order;
    let (order_id, trade_no) = (order.order_id.as_str(), order.trade_no().to_string());
    info!(
        order.id = order_id,
        trade_no,
        replayed = answered.is_replay,
        "order {order_id} answered"
    );
    let mut response = http_api::json(StatusCode::CREATED, &View::created(order));
    if let Ok(location) = HeaderValue::try_from(format!("/orders/{order_id}")) {
        response.headers_mut().insert(LOCATION, location);
    }
    if answered.is_replay {
        response
            .headers_mut()
            .insert("Idempotent-Replayed", HeaderValue::from_static("true"));
    }
    response
}
