//! A number that Binance has seen before (`400201`): what became of it decides what follows.

use shared::binance::{BinanceError, CallError};
use shared::order::{Attempt, Claim, End, State};
use shared::problem::Problem;
use shared::store::Stored;

use super::CreateOrder;
use super::checkout::Next;

impl CreateOrder {
    /// Binance has seen the number before: an earlier sending arrived, or the table was restored to before the order. What
    /// became of it decides; of money that cannot be this order's nobody knows whose it is.
    pub(super) async fn taken(
        &self,
        order: Stored,
        attempt: u8,
        error: BinanceError,
        claim: &Claim,
        deadline_ms: i64,
    ) -> Result<Next, Problem> {
        let is_refused = matches!(error, BinanceError::Call(CallError::Refused(_)));
        let was_sent_before = |attempt: &Attempt| attempt.given_up_from_ms.is_some();
        let is_first = is_refused && !order.attempt(attempt).is_some_and(was_sent_before);
        let asked = self.ask(order, attempt, deadline_ms).await?;
        let Some(fact) = asked.fact().cloned() else {
            self.release(asked.order, claim, "number taken").await?;
            return Ok(Next::Tell(error.as_fault().into()));
        };
        let order = asked.order;
        let is_counted = order
            .attempt(attempt)
            .is_some_and(|attempt| attempt.terms.is_some());
        match fact.state() {
            _ if order.is_paid() => Ok(Next::Paid(order)),
            Some(State::Paid(_)) => {
                let cause = "paid before it was ordered";
                self.end(order, attempt, End::PaidUnknown, cause).await?;
                Ok(Next::Tell(Problem::paid_unknown()))
            }
            Some(State::Untouched)
                if !self.close(&order.trade_no_of(attempt), deadline_ms).await =>
            {
                self.release(order, claim, "number taken").await?;
                Ok(Next::Tell(error.as_fault().into()))
            }
            // The only sending there was made an order and was refused: Binance means the refusal.
            Some(State::Untouched) if is_first && is_counted => {
                self.end(order, attempt, End::Refused, "refused: 400201")
                    .await?;
                Ok(Next::Tell(error.into()))
            }
            Some(State::Untouched | State::Closed | State::Expired | State::Errored) => {
                Ok(Next::Number(order))
            }
            Some(State::UnderWay | State::Refunding) => {
                self.release(order, claim, "number taken").await?;
                Ok(Next::Tell(error.as_fault().into()))
            }
            // It has none: the number is refused for what it is.
            None if is_first => {
                self.end(order, attempt, End::Refused, "refused: 400201")
                    .await?;
                Ok(Next::Tell(error.into()))
            }
            None => Ok(Next::Number(order)),
        }
    }
}
