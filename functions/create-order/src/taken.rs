//! A number that Binance has seen before (`400201`): what became of it decides what follows.

use shared::ask;
use shared::binance::{BinanceError, CallError};
use shared::close::close;
use shared::order::{Attempt, End, Fact, State};
use shared::problem::Problem;
use shared::store::Stored;

use super::checkout::Next;
use super::{CreateOrder, Opening};

/// What is to become of the number.
enum Number {
    /// Nobody can pay it any more: the next one is taken.
    Over,
    /// Binance means its refusal.
    Refused,
    /// It is not known yet: the repeat of the request asks again.
    AskedAgain,
}

impl CreateOrder {
    /// Binance has seen the number before: an earlier sending arrived, or the table was restored to before the order. What
    /// became of it decides; of money that cannot be this order's nobody knows whose it is.
    pub(super) async fn taken(
        &self,
        order: Stored,
        attempt: u8,
        error: BinanceError,
        opening: &Opening,
    ) -> Result<Next, Problem> {
        let is_refused = matches!(error, BinanceError::Call(CallError::Refused(_)));
        let was_sent_before = |attempt: &Attempt| attempt.given_up_from_ms.is_some();
        let is_first = is_refused && !order.attempt(attempt).is_some_and(was_sent_before);
        let ask::Asked { order, answers, .. } = self.ask(order, attempt, opening).await?;
        let fact = answers.into_iter().find_map(|(_, fact)| fact);
        if fact.is_some() && order.is_paid() {
            return Ok(Next::Stands(order));
        }
        let is_counted = order
            .attempt(attempt)
            .is_some_and(|attempt| attempt.terms.is_some());
        let next = match fact.as_ref().map(Fact::state) {
            None | Some(Some(State::UnderWay | State::Refunding)) => Number::AskedAgain,
            Some(Some(State::Paid(_))) => {
                let cause = "paid before it was ordered";
                self.end(order, attempt, End::PaidUnknown, cause, opening)
                    .await?;
                return Ok(Next::Tell(Problem::paid_unknown()));
            }
            Some(Some(State::Untouched)) => {
                let deadline_ms = opening.answers_by_ms();
                if !close(&self.app.binance, &order.trade_no_of(attempt), deadline_ms).await {
                    Number::AskedAgain
                } else if is_first && is_counted {
                    // The only sending there was made an order and was refused: Binance means the refusal.
                    Number::Refused
                } else {
                    Number::Over
                }
            }
            // It has none: the number is refused for what it is.
            Some(None) if is_first => Number::Refused,
            Some(None | Some(State::Closed | State::Expired | State::Errored)) => Number::Over,
        };
        match next {
            Number::Over => Ok(Next::Number(order)),
            Number::Refused => {
                self.end(order, attempt, End::Refused, "refused: 400201", opening)
                    .await?;
                Ok(Next::Tell(error.into()))
            }
            Number::AskedAgain => {
                self.release(order, opening, "number taken").await?;
                Ok(Next::Tell(error.as_fault().into()))
            }
        }
    }
}
