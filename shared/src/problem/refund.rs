//! The problems of a refund, one constructor each.

use http::StatusCode;

use super::{FieldError, Problem, Source};
use crate::binance::BinanceError;
use crate::order::{NotRefundable, Refund};

/// When a refund that is under way may be decided: the first question about it, in seconds.
const UNDECIDED_RETRY_SECS: u64 = 60;

const REFUND_KEY: &str =
    "Use a key that was issued for refunds; the operator says whether there is one.";
const SEND_KEY: &str =
    "Send an Idempotency-Key, made of your own refund's id and never used twice.";
const OTHER_REFUND_KEY: &str = "Use another Idempotency-Key for another refund.";
const WAIT_FOR_OTHER: &str = "Wait as long as Retry-After says for the other refund to be decided, then repeat it unchanged.";
const GET_ORDER: &str = "Get the order, and ask for a refund only of what its payments say.";
const ALL_OR_NOTHING: &str =
    "Ask for everything that is left, without amount, or refund by hand on Binance's page.";
const BY_HAND: &str =
    "Refund what is left in another way; Binance allows no more refunds of this payment.";
const NAME_AMOUNT: &str = "A part went back by hand, and Binance does not say how much: name the amount that is to go back.";
const TOP_UP: &str = "The operator must top up the merchant's balance at Binance; then ask again under another Idempotency-Key.";
const TRY_ANEW: &str =
    "Nothing went back. Read code and msg; to try anew, use another Idempotency-Key.";

impl Problem {
    /// The caller's key may not refund, or refunds are off.
    #[must_use]
    pub fn refund_not_allowed() -> Self {
        let detail = "X-MBX-APIKEY holds a key that may not refund";
        Self::gateway(
            StatusCode::FORBIDDEN,
            "REFUND_NOT_ALLOWED",
            detail,
            REFUND_KEY,
        )
    }

    /// A refund needs a key to be found again by.
    #[must_use]
    pub fn key_required() -> Self {
        Self {
            recommendation: SEND_KEY,
            ..Self::malformed("Idempotency-Key is required for a refund")
        }
    }

    /// The key was used for another refund of the order.
    #[must_use]
    pub fn refund_key_reused() -> Self {
        Self {
            recommendation: OTHER_REFUND_KEY,
            ..Self::key_reused()
        }
    }

    /// The refund is not even sent.
    #[must_use]
    pub fn not_refundable(reason: NotRefundable) -> Self {
        let unprocessable = |code, detail: &str, recommendation| {
            Self::gateway(
                StatusCode::UNPROCESSABLE_ENTITY,
                code,
                detail,
                recommendation,
            )
        };
        let named = |detail: &str| {
            Self::fields(vec![FieldError {
                pointer: "/merchantTradeNo".to_owned(),
                detail: detail.to_owned(),
            }])
        };
        match reason {
            NotRefundable::NotPaid => {
                let detail = "the order is not paid";
                Self::gateway(StatusCode::CONFLICT, "NOT_PAID", detail, GET_ORDER)
            }
            NotRefundable::SeveralPayments => {
                named("is required, since the order has several payments")
            }
            NotRefundable::NoSuchPayment => named("is not of a payment of this order"),
            NotRefundable::UnderWay => {
                let detail = "another refund of the order is not decided yet";
                Self::gateway(
                    StatusCode::CONFLICT,
                    "REFUND_IN_PROGRESS",
                    detail,
                    WAIT_FOR_OTHER,
                )
                .retry_after(UNDECIDED_RETRY_SECS)
            }
            NotRefundable::TooHigh { left } => {
                let left = left.normalized();
                let detail = format!("at most {left} of the payment can be refunded");
                Self {
                    refundable: Some(left),
                    ..unprocessable("AMOUNT_TOO_HIGH", &detail, GET_ORDER)
                }
            }
            NotRefundable::TakesAll => unprocessable(
                "REFUND_TAKES_ALL",
                "only everything that is left can be refunded, since Binance may ignore the amount of the payment's last refund",
                ALL_OR_NOTHING,
            ),
            NotRefundable::UsedUp => unprocessable(
                "REFUNDS_USED_UP",
                "the refunds that Binance allows of this payment are used up",
                BY_HAND,
            ),
            NotRefundable::AmountUnknown => unprocessable(
                "AMOUNT_UNKNOWN",
                "what is left of the payment is unknown, so amount is required",
                NAME_AMOUNT,
            ),
        }
    }

    /// Binance refused a refund, as it now answers; `error` is how the call ended, which tells why and who must act.
    #[must_use]
    pub fn refund_refused(refund: &Refund, error: BinanceError) -> Self {
        let problem = Self::from(error);
        // Who may not call Binance is told so in the words of every call.
        if problem.alarm.is_some() {
            return problem;
        }
        Self {
            detail: problem.detail,
            cause: problem.cause,
            ..Self::refund_failed(refund)
        }
    }

    /// A refund that failed.
    #[must_use]
    pub fn refund_failed(refund: &Refund) -> Self {
        let (status, recommendation) = if refund.is_balance_low {
            (StatusCode::CONFLICT, TOP_UP)
        } else {
            (StatusCode::UNPROCESSABLE_ENTITY, TRY_ANEW)
        };
        let code = refund.code.as_deref().unwrap_or("REFUND_FAILED");
        let detail = "Binance did not carry the refund out";
        Self {
            source: Source::Binance,
            ..Self::gateway(status, code, detail, recommendation)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binance::{Answer, CallError};
    use crate::order::{RefundId, RefundStatus};

    #[test]
    fn what_the_caller_can_do_is_said_with_what_is_left() {
        for (problem, code, recommendation) in [
            (Problem::key_required(), "INVALID_REQUEST", SEND_KEY),
            (
                Problem::refund_key_reused(),
                "IDEMPOTENCY_KEY_REUSED",
                OTHER_REFUND_KEY,
            ),
        ] {
            let said = (problem.code.as_str(), problem.recommendation);
            assert_eq!(said, (code, recommendation));
        }
        let left = "1.50".parse().unwrap();
        let problem = Problem::not_refundable(NotRefundable::TooHigh { left });
        assert_eq!(problem.refundable, Some("1.5".parse().unwrap()));
    }

    #[test]
    fn refund_that_binance_refused_is_told_in_its_words() {
        let mut refund: Refund = serde_json::from_value(serde_json::json!({
            "refundRequestId": format!("{}r0123456789abcdef", "a5".repeat(15)), "attempt": 1, "amount": "1",
            "currency": "USDT", "status": "FAILED", "code": "400304", "wanted": {}, "createdAtMs": 1, "sentAtMs": 1,
            "mayHaveArrived": true,
        }))
        .unwrap();
        assert_eq!(refund.status, RefundStatus::Failed);
        assert!(
            refund
                .refund_request_id
                .as_str()
                .parse::<RefundId>()
                .is_ok()
        );
        let answer = Answer {
            http_status: Some(200),
            code: Some("400304".to_owned()),
            message: "too low".to_owned(),
            ..Answer::default()
        };
        let refused = CallError::Refused(answer.clone());
        let problem = Problem::refund_refused(&refund, refused.clone().into());
        assert_eq!(problem.source, Source::Binance);
        assert_eq!(problem.detail, "Binance: too low");
        assert_eq!(problem.cause, Some(refused.to_string()));
        assert_eq!(
            (problem.status.as_u16(), problem.code.as_str()),
            (422, "400304")
        );

        refund.is_balance_low = true;
        let problem = Problem::refund_failed(&refund);
        assert_eq!(
            (problem.status.as_u16(), problem.source),
            (409, Source::Binance)
        );
        // Who may not call Binance hears it in the words of every call.
        let problem = Problem::refund_refused(&refund, CallError::Access(answer).into());
        assert_eq!(problem.status.as_u16(), 403);
    }
}
