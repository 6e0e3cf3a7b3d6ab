//! Why a call of Binance has no answer, and who must act.

use super::{Answer, CallError};
use crate::secret_store::SecretError;

/// A call has no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BinanceError {
    /// The call ended in one of four ways.
    #[error(transparent)]
    Call(#[from] CallError),
    /// There is nothing to sign with; nothing was sent.
    #[error(transparent)]
    Secrets(#[from] SecretError),
}

impl BinanceError {
    /// What Binance answered; none if it was not called.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Call(error) => Some(error.answer()),
            Self::Secrets(_) => None,
        }
    }

    /// The alarm by which an operator hears that he must act, see [`CallError::alarm`].
    #[must_use]
    pub fn alarm(&self) -> Option<&'static str> {
        match self {
            Self::Call(error) => error.alarm(),
            Self::Secrets(error) => error.alarm(),
        }
    }

    /// Binance refuses the time that we signed.
    #[must_use]
    pub fn is_clock(&self) -> bool {
        self.answer().is_some_and(Answer::is_clock)
    }

    /// The answer came and cannot be read: by one of its fields, or `if_whole`, of which nothing can be read.
    #[must_use]
    pub fn is_unreadable(&self, if_whole: bool) -> bool {
        match self {
            Self::Call(CallError::Unknown(answer)) => {
                answer.is_unreadable_in_part() || (if_whole && answer.unreadable.is_some())
            }
            Self::Call(CallError::Refused(_) | CallError::Access(_) | CallError::NotDone(_))
            | Self::Secrets(_) => false,
        }
    }

    /// Binance limits the rate; what it answered.
    #[must_use]
    pub fn rate_limit(&self) -> Option<&Answer> {
        match self {
            Self::Call(CallError::NotDone(answer)) => {
                Some(answer).filter(|said| said.is_rate_limit())
            }
            Self::Call(CallError::Refused(_) | CallError::Access(_) | CallError::Unknown(_))
            | Self::Secrets(_) => None,
        }
    }

    /// The same, taken for a fault of Binance's and not of the caller's.
    #[must_use]
    pub fn as_fault(&self) -> Self {
        match self {
            Self::Call(CallError::Refused(answer)) => {
                Self::Call(CallError::Unknown(answer.clone()))
            }
            Self::Call(CallError::Access(_) | CallError::NotDone(_) | CallError::Unknown(_))
            | Self::Secrets(_) => self.clone(),
        }
    }
}
