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

#[cfg(test)]
mod tests {
    use super::*;
    use shared::binance::Answer;

    #[test]
    fn what_follows_for_the_number_is_told_by_the_end_of_the_call() {
        type End = fn(Answer) -> CallError;
        let (refused, access): (End, End) = (CallError::Refused, CallError::Access);
        let (not_done, unknown): (End, End) = (CallError::NotDone, CallError::Unknown);
        let not_sent = Unopened::Released("not done");
        for (end, code, without_end, with_end) in [
            (refused, "400201", Unopened::Taken, Unopened::Taken),
            (unknown, "400201", Unopened::Taken, Unopened::Taken),
            (unknown, "400001", Unopened::Unknown, Unopened::Unknown),
            (refused, "400001", Unopened::Refused, Unopened::End),
            (refused, "400102", Unopened::Refused, Unopened::End),
            (refused, "400202", Unopened::Refused, Unopened::Refused),
            (access, "400001", Unopened::Refused, Unopened::Refused),
            (access, "400201", Unopened::Refused, Unopened::Refused),
            (not_done, "400201", not_sent, not_sent),
            (not_done, "400003", not_sent, not_sent),
        ] {
            let error = BinanceError::Call(end(Answer {
                code: Some(code.to_owned()),
                ..Answer::default()
            }));
            assert_eq!(unopened(&error, false), without_end, "{error}");
            assert_eq!(unopened(&error, true), with_end, "{error}");
        }
    }

    #[test]
    fn number_that_was_redirected_may_be_used_again() {
        let error = BinanceError::Call(CallError::Access(Answer {
            redirect_to: Some("example.com".to_owned()),
            ..Answer::default()
        }));
        for asks_for_end in [false, true] {
            let expected = Unopened::Released("redirected");
            assert_eq!(unopened(&error, asks_for_end), expected);
        }
    }
}
