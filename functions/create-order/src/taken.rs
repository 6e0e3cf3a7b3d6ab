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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    /// Nobody can pay it any more: the next one is taken.
    Over,
    /// Binance means its refusal.
    Refused,
    /// It is not known yet: the repeat of the request asks again.
    AskedAgain,
    /// There is money, and nobody knows whose.
    PaidBefore,
}

impl Number {
    /// By what Binance answered about it, if it did: how its checkout stands, if there is one, which is closed if it was
    /// untouched. `is_first`, if only this sending can have made it; `is_counted`, if it is of this order.
    fn of(fact: Option<&Fact>, is_first: bool, is_counted: bool) -> Self {
        match fact.map(Fact::state) {
            None | Some(Some(State::UnderWay | State::Refunding)) => Self::AskedAgain,
            Some(Some(State::Paid(_))) => Self::PaidBefore,
            // The only sending there was made an order and was refused: Binance means the refusal.
            Some(Some(State::Untouched)) if is_first && is_counted => Self::Refused,
            // It has none: the number is refused for what it is.
            Some(None) if is_first => Self::Refused,
            Some(
                None | Some(State::Untouched | State::Closed | State::Expired | State::Errored),
            ) => Self::Over,
        }
    }
}

/// Whether no other sending than the one that ended so can have reached Binance.
fn is_first(attempt: Option<&Attempt>, error: &BinanceError) -> bool {
    let is_refused = matches!(error, BinanceError::Call(CallError::Refused(_)));
    let was_sent_before = |attempt: &Attempt| attempt.given_up_from_ms.is_some();
    is_refused && !attempt.is_some_and(was_sent_before)
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
        let is_first = is_first(order.attempt(attempt), &error);
        let ask::Asked { order, answers, .. } = self.ask(order, attempt, opening).await?;
        let fact = answers.into_iter().find_map(|(_, fact)| fact);
        if fact.is_some() && order.is_paid() {
            return Ok(Next::Stands(order));
        }
        let is_counted = order
            .attempt(attempt)
            .is_some_and(|attempt| attempt.terms.is_some());
        let state = fact.as_ref().and_then(Fact::state);
        let is_untouched = state == Some(&State::Untouched);
        let deadline_ms = opening.answers_by_ms();
        let number = if is_untouched
            && !close(&self.app.binance, &order.trade_no_of(attempt), deadline_ms).await
        {
            Number::AskedAgain
        } else {
            Number::of(fact.as_ref(), is_first, is_counted)
        };
        match number {
            Number::Over => Ok(Next::Number(order)),
            Number::PaidBefore => {
                let cause = "paid before it was ordered";
                self.end(order, attempt, End::PaidUnknown, cause, opening)
                    .await?;
                Ok(Next::Tell(Problem::paid_unknown()))
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use shared::binance::{Answer, reading};
    use shared::order::{OrderId, TradeNo};

    /// What Binance answers about a number whose order stands so, or that it has no order of it.
    fn fact(status: Option<&str>) -> Fact {
        let body = match status {
            Some(status) => format!(
                r#"{{"status":"SUCCESS","code":"000000","data":{{"status":"{status}","prepayId":"1","orderAmount":"1","currency":"USDT"}}}}"#
            ),
            None => r#"{"status":"FAIL","code":"400202","errorMessage":"no"}"#.to_owned(),
        };
        let trade_no = TradeNo {
            order_id: OrderId::from_random([0xa5; 15]),
            attempt: 1,
        };
        reading::found(200, body.as_bytes(), &trade_no).unwrap()
    }

    #[test]
    fn what_binance_has_under_a_number_decides_what_becomes_of_it() {
        use Number::{AskedAgain, Over, PaidBefore, Refused};
        // As the only sending of this order, of another, and as one of several.
        for (status, of_ours, of_another, of_several) in [
            (Some("PENDING"), AskedAgain, AskedAgain, AskedAgain),
            (Some("REFUNDING"), AskedAgain, AskedAgain, AskedAgain),
            (Some("PAID"), PaidBefore, PaidBefore, PaidBefore),
            (Some("REFUNDED"), PaidBefore, PaidBefore, PaidBefore),
            (Some("INITIAL"), Refused, Over, Over),
            (Some("CANCELED"), Over, Over, Over),
            (Some("EXPIRED"), Over, Over, Over),
            (Some("ERROR"), Over, Over, Over),
            (None, Refused, Refused, Over),
        ] {
            let fact = fact(status);
            let of = |is_first, is_counted| Number::of(Some(&fact), is_first, is_counted);
            assert_eq!(of(true, true), of_ours, "{status:?}");
            assert_eq!(of(true, false), of_another, "{status:?}");
            assert_eq!(of(false, true), of_several, "{status:?}");
            assert_eq!(of(false, false), of_several, "{status:?}");
        }
        for is_first in [false, true] {
            assert_eq!(Number::of(None, is_first, true), AskedAgain);
        }
    }

    #[test]
    fn sending_is_the_first_if_it_was_refused_and_none_was_given_up() {
        let never = Attempt::default();
        let given_up = Attempt {
            given_up_from_ms: Some(1_000),
            ..Attempt::default()
        };
        let refused = CallError::Refused(Answer::default()).into();
        let unknown = CallError::Unknown(Answer::default()).into();
        for (attempt, error, expected) in [
            (Some(&never), &refused, true),
            (None, &refused, true),
            (Some(&given_up), &refused, false),
            (Some(&never), &unknown, false),
            (Some(&given_up), &unknown, false),
        ] {
            assert_eq!(is_first(attempt, error), expected, "{attempt:?} {error}");
        }
    }
}
