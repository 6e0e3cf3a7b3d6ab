//! What follows for its number from the end of a call that opened no checkout. Pure.

use shared::binance::{BinanceError, CallError};

/// What the end of the call says of the attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unopened {
    /// Binance has seen its number before.
    Taken,
    /// Whether there is a checkout is not known: the number is never used again.
    Unknown,
    /// It may be refused only for the end that was asked for.
    End,
    /// It was not carried out, for this reason: the number may be used again.
    Released(&'static str),
    /// Binance refused it.
    Refused,
}

/// What this end of the call says; `asks_for_end`, if Binance was asked to end the checkout with the order.
#[must_use]
pub fn unopened(error: &BinanceError, asks_for_end: bool) -> Unopened {
    match error {
        BinanceError::Call(CallError::Refused(answer) | CallError::Unknown(answer))
            if answer.says_taken() =>
        {
            Unopened::Taken
        }
        BinanceError::Call(CallError::Unknown(_)) => Unopened::Unknown,
        BinanceError::Call(CallError::Refused(answer))
            if answer.may_refuse_end() && asks_for_end =>
        {
            Unopened::End
        }
        // Who redirects has not carried it out, and whether Binance would is not known.
        BinanceError::Call(CallError::Access(answer)) if answer.redirect_to.is_some() => {
            Unopened::Released("redirected")
        }
        BinanceError::Call(CallError::Refused(_) | CallError::Access(_)) => Unopened::Refused,
        BinanceError::Call(CallError::NotDone(_)) | BinanceError::Secrets(_) => {
            Unopened::Released("not done")
        }
    }
}
