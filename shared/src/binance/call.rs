//! The calls of the merchant API that are made.

use super::{BinanceError, CallError};

/// A call of the merchant API.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    /// In the log.
    pub(super) name: &'static str,
    pub(super) path: &'static str,
    /// It changes nothing at Binance, so that it may be made again whatever became of it.
    pub(super) is_reading: bool,
    /// One try is all it gets: a stranger may have caused it.
    pub(super) is_single: bool,
    /// That Binance refuses to know what it was asked about is told by no code that is documented.
    pub(super) refusal_is_answer: bool,
}

impl Call {
    /// Whether what ended like this is an answer all the same: that Binance does not know what it was asked about.
    pub(super) fn is_answered_by(self, error: &CallError) -> bool {
        match error {
            CallError::Refused(answer) => {
                self.is_reading
                    && (self.refusal_is_answer || answer.code.as_deref() == Some(NOT_FOUND))
            }
            CallError::Access(_) | CallError::NotDone(_) | CallError::Unknown(_) => false,
        }
    }

    /// How it ended, where that Binance does not know what it was asked about is `not_found`.
    pub(super) fn or_not_found<T>(
        self,
        ended: Result<T, BinanceError>,
        not_found: fn() -> T,
    ) -> Result<T, BinanceError> {
        match ended {
            Err(BinanceError::Call(error)) if self.is_answered_by(&error) => Ok(not_found()),
            ended => ended,
        }
    }

    /// Whether it may be made again after it ended like this. Where the rate is limited, a question
    /// is not asked again at once: what rate there is belongs to the sales.
    pub(super) fn repeats(self, error: &CallError) -> bool {
        !self.is_single
            && match error {
                CallError::NotDone(answer) => !(self.is_reading && answer.is_rate_limit()),
                CallError::Unknown(answer) => {
                    self.is_reading && !answer.is_rate_limit() && !answer.is_unreadable_in_part()
                }
                CallError::Refused(_) | CallError::Access(_) => false,
            }
    }
}

/// Binance's code for a trade number that it does not know.
const NOT_FOUND: &str = "400202";

pub(super) const CREATE_ORDER: Call = Call {
    name: "create order",
    path: "/binancepay/openapi/v3/order",
    is_reading: false,
    is_single: false,
    refusal_is_answer: false,
};
pub(super) const QUERY_ORDER: Call = Call {
    name: "query order",
    path: "/binancepay/openapi/v2/order/query",
    is_reading: true,
    is_single: false,
    refusal_is_answer: false,
};
pub(super) const CLOSE_ORDER: Call = Call {
    name: "close order",
    path: "/binancepay/openapi/order/close",
    is_reading: false,
    is_single: false,
    refusal_is_answer: false,
};
pub(super) const REFUND_ORDER: Call = Call {
    name: "refund order",
    path: "/binancepay/openapi/order/refund",
    is_reading: false,
    is_single: false,
    refusal_is_answer: false,
};
pub(super) const QUERY_REFUND: Call = Call {
    name: "query refund",
    path: "/binancepay/openapi/order/refund/query",
    is_reading: true,
    is_single: false,
    refusal_is_answer: true,
};
pub(super) const CERTIFICATES: Call = Call {
    name: "certificates",
    path: "/binancepay/openapi/certificates",
    is_reading: true,
    is_single: true,
    refusal_is_answer: false,
};

#[cfg(test)]
mod tests;
