//! Opening the checkout of an order: under which number, and what follows from each end of the call.
//!
//! If Binance's answer is lost, that attempt's number is never used again: nobody has the address of its checkout, so nobody
//! can pay it, and the next attempt takes the next number.

use std::time::Duration;

use shared::ambient::now_ms;
use shared::ask::{self, About, Question, RateLimit};
use shared::binance::{Answer, BinanceError, CallError, Created, SHORTEST_CALL_MS};
use shared::close::close;
use shared::follow_up;
use shared::json::Unreadable;
use shared::order::{End, Event, Order, Status};
use shared::problem::Problem;
use shared::store::Stored;
use tracing::warn;

use super::expiry::asks_for_end;
use super::unopened::{Unopened, unopened};
use super::{Answered, CreateOrder, Opening, Resumed};

/// Trade numbers that one request may use up.
const TRIES: u32 = 3;

/// The wait before the second trade number; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// What to do about an attempt that opened no checkout.
pub(super) enum Next {
    /// Try the next number.
    Number(Stored),
    /// Its number is taken already: try it at once.
    Taken(Stored),
    /// The order is paid already, or not to be opened any more: it is answered as it stands.
    Stands(Stored),
    /// Tell the caller.
    Tell(Problem),
}

impl CreateOrder {
    /// Opens the checkout of the order's current attempt, which `claim` holds.
    pub(super) async fn open_checkout(
        &self,
        mut order: Stored,
        opening: &Opening,
    ) -> Result<Answered, Problem> {
        let deadline_ms = opening.answers_by_ms();
        self.close_failed(&order, deadline_ms).await;
        let mut wait = FIRST_WAIT;
        let mut tries = 1;
        loop {
            let attempt = order.current_attempt();
            let opened = self
                .app
                .binance
                .open_checkout(&order, &self.app.settings.callback_url, deadline_ms)
                .await;
            let error = match opened {
                Ok(created) => return self.opened(order, attempt, created, opening).await,
                Err(error) => error,
            };
            // After an answer of which nothing can be read one more number is tried, and never a third.
            let is_given_up = error.is_unreadable(tries > 1);
            let next = if is_given_up {
                self.unreadable(order, attempt, error.clone(), opening)
                    .await
            } else {
                self.not_opened(order, attempt, error.clone(), opening)
                    .await
            };
            order = match next? {
                Next::Number(order) => order,
                Next::Taken(next) => {
                    order = next;
                    continue;
                }
                Next::Stands(order) => return Ok(Answered::first(order)),
                Next::Tell(problem) => return Err(problem),
            };
            if !may_try_again(tries, wait, deadline_ms.saturating_sub(now_ms())) {
                self.end(order, attempt, End::Unknown, "answer lost", opening)
                    .await?;
                return Err(error.as_fault().into());
            }
            tokio::time::sleep(wait).await;
            (tries, wait) = (tries + 1, wait.saturating_mul(2));
            let resumed = Event::Resumed(opening.claim.clone());
            order = match self.resume(order, resumed, opening).await? {
                Resumed::Open(order) => order,
                Resumed::Stands(order) => return Ok(Answered::first(order)),
            };
        }
    }

    /// Binance says that it opened the checkout. Where it does not say what is to be paid, it is asked; a checkout that
    /// nobody can be sent to, or of which that is not known, is closed, and the request ends there.
    async fn opened(
        &self,
        mut order: Stored,
        attempt: u8,
        created: Created,
        opening: &Opening,
    ) -> Result<Answered, Problem> {
        let mut fact = created.fact(None);
        if fact.is_none() {
            order = self.ask(order, attempt, opening).await?.order;
            let known = order
                .attempt(attempt)
                .and_then(|attempt| attempt.terms.as_ref());
            fact = created.fact(known);
        }
        let Some(fact) = fact else {
            let field = created.unreadable().unwrap_or(Unreadable("data"));
            let answer = Answer::unreadable_success(field);
            let error = BinanceError::Call(CallError::Unknown(answer));
            return Err(self.abandon(order, attempt, error, opening).await?);
        };
        let learned = Event::Learned { attempt, fact };
        let order = self
            .record(order, learned, "checkout opened", opening)
            .await?;
        if order.closing.is_some() || order.ended.is_some() {
            // It was closed, or its time was up, while Binance opened it: nobody is given the address.
            close(
                &self.app.binance,
                &order.trade_no_of(attempt),
                opening.answers_by_ms(),
            )
            .await;
            return Ok(Answered::first(order));
        }
        // Only an invocation that outlived its claim finds that another one has gone on without it.
        if order.current_attempt() != attempt || order.status == Status::Failed {
            return Err(Problem::in_progress(1));
        }
        if order.expires_in_secs.is_some() && !asks_for_end(&order, attempt) {
            let (id, trade_no) = (order.order_id.as_str(), order.trade_no_of(attempt));
            warn!(order.id = id, %trade_no, "Binance opened {trade_no} only without orderExpireTime: it is closed at the order's end");
        }
        Ok(Answered::first(order))
    }

    /// Binance did not open the checkout, or it is not known whether it did.
    async fn not_opened(
        &self,
        order: Stored,
        attempt: u8,
        error: BinanceError,
        opening: &Opening,
    ) -> Result<Next, Problem> {
        let answer = error.answer();
        let code = answer.and_then(|answer| answer.code.clone());
        match unopened(&error, asks_for_end(&order, attempt)) {
            Unopened::Taken => self.taken(order, attempt, error, opening).await,
            Unopened::Unknown => Ok(Next::Number(order)),
            Unopened::End => {
                let code = code.unwrap_or_default();
                self.without_end(order, attempt, opening, &code).await
            }
            Unopened::Released(cause) => {
                self.release(order, opening, cause).await?;
                Ok(Next::Tell(error.into()))
            }
            Unopened::Refused => {
                let cause = format!("refused: {}", code.as_deref().unwrap_or("no code"));
                self.end(order, attempt, End::Refused, &cause, opening)
                    .await?;
                Ok(Next::Tell(error.into()))
            }
        }
    }

    /// Binance's answer cannot be read, and may have opened a checkout: what became of it is asked, and it is closed.
    async fn unreadable(
        &self,
        order: Stored,
        attempt: u8,
        error: BinanceError,
        opening: &Opening,
    ) -> Result<Next, Problem> {
        let order = self.ask(order, attempt, opening).await?.order;
        let problem = self.abandon(order, attempt, error, opening).await?;
        Ok(Next::Tell(problem))
    }

    /// A checkout that nobody can be sent to is closed, and the request ends there.
    async fn abandon(
        &self,
        order: Stored,
        attempt: u8,
        error: BinanceError,
        opening: &Opening,
    ) -> Result<Problem, Problem> {
        close(
            &self.app.binance,
            &order.trade_no_of(attempt),
            opening.answers_by_ms(),
        )
        .await;
        let cause = "answer not readable";
        self.end(order, attempt, End::Unknown, cause, opening)
            .await?;
        Ok(error.into())
    }

    /// Asks Binance about the number of an attempt.
    pub(super) async fn ask(
        &self,
        order: Stored,
        attempt: u8,
        opening: &Opening,
    ) -> Result<ask::Asked, Problem> {
        let question = Question {
            about: About::Number(attempt),
            began_ms: opening.clock.now_ms(),
            deadline_ms: opening.answers_by_ms(),
            clock: opening.clock,
            rate: &RateLimit::default(),
        };
        Ok(ask::ask(&self.app.store, &self.app.binance, order, question).await?)
    }

    /// A checkout that failed at Binance is closed before the next is opened, so that there are never two to be paid.
    async fn close_failed(&self, order: &Stored, deadline_ms: i64) {
        for number in failed(order) {
            close(&self.app.binance, &order.trade_no_of(number), deadline_ms).await;
        }
    }

    pub(super) async fn end(
        &self,
        order: Stored,
        attempt: u8,
        end: End,
        cause: &str,
        opening: &Opening,
    ) -> Result<Stored, Problem> {
        self.record(order, Event::NotOpened { attempt, end }, cause, opening)
            .await
    }

    pub(super) async fn release(
        &self,
        order: Stored,
        opening: &Opening,
        cause: &str,
    ) -> Result<Stored, Problem> {
        let by = opening.claim.by.clone();
        self.record(order, Event::Released { by }, cause, opening)
            .await
    }

    async fn record(
        &self,
        order: Stored,
        event: Event,
        cause: &str,
        opening: &Opening,
    ) -> Result<Stored, Problem> {
        let store = &self.app.store;
        let at_ms = opening.clock.now_ms();
        let recorded = store.transition(order, &[event], cause, at_ms).await?;
        Ok(follow_up::report(store, recorded, cause).await?)
    }
}

/// Whether one more number may be tried after `wait`, with `left_ms` until Binance must have answered.
fn may_try_again(tries: u32, wait: Duration, left_ms: i64) -> bool {
    let wait_ms = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
    tries < TRIES && wait_ms.saturating_add(SHORTEST_CALL_MS) <= left_ms
}

/// The attempts whose checkout failed at Binance.
fn failed(order: &Order) -> Vec<u8> {
    let numbered = order.attempts.iter().zip(1_u8..);
    let failed = numbered
        .filter(|(attempt, _)| attempt.checkout.is_some() && attempt.end == Some(End::Error));
    failed.map(|(_, number)| number).collect()
}

#[cfg(test)]
mod tests;
