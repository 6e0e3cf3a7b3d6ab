//! The answer with a refund: the one that was sent just now, or the one that the key named already.

use lambda_http::http::{HeaderValue, StatusCode};
use lambda_http::{Body, Response};
use shared::binance::BinanceError;
use shared::http_api;
use shared::log::OUTCOME;
use shared::order::{Order, Refund, RefundId, RefundStatus, RefundView, Wanted};
use shared::problem::Problem;
use shared::store::Stored;
use tracing::info;

/// A refund that can be answered with.
pub(super) struct Answered {
    pub(super) order: Stored,
    pub(super) id: RefundId,
    /// It was there before this request.
    pub(super) is_replay: bool,
}

/// The refund that the key names already, by its state now.
///
/// # Errors
/// [`Problem`], if it is another, or failed.
pub(super) fn replayed(order: Stored, id: RefundId, wanted: &Wanted) -> Result<Answered, Problem> {
    let is_same = order
        .refund(&id)
        .is_some_and(|refund| refund.wanted == *wanted);
    if !is_same {
        return Err(Problem::refund_key_reused());
    }
    refused(&order, &id, None)?;
    Ok(Answered {
        order,
        id,
        is_replay: true,
    })
}

/// The problem of a refund that failed; `error` is how its call ended, if that was just now.
///
/// # Errors
/// [`Problem`].
pub(super) fn refused(
    order: &Order,
    id: &RefundId,
    error: Option<BinanceError>,
) -> Result<(), Problem> {
    let failed = |refund: &&Refund| refund.status == RefundStatus::Failed;
    match (order.refund(id).filter(failed), error) {
        (Some(refund), Some(error)) => Err(Problem::refund_refused(refund, error)),
        (Some(refund), None) => Err(Problem::refund_failed(refund)),
        (None, _) => Ok(()),
    }
}

/// The answer with the refund.
///
/// # Errors
/// [`Problem`], if there is none.
pub(super) fn answer(answered: &Answered) -> Result<Response<Body>, Problem> {
    let order = &answered.order;
    let refund = order
        .refund(&answered.id)
        .ok_or_else(Problem::no_such_order)?;
    let (order_id, status) = (order.order_id.as_str(), refund.status);
    info!(target: OUTCOME, { order.id = order_id }, "refund of order {order_id} is {status:?}");
    let mut response = http_api::json(StatusCode::CREATED, &RefundView::of(order, refund));
    if answered.is_replay {
        response
            .headers_mut()
            .insert("Idempotent-Replayed", HeaderValue::from_static("true"));
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use lambda_http::http::HeaderMap;
    use lambda_http::http::header::{CACHE_CONTROL, CONTENT_TYPE};
    use serde_json::{from_value, json};
    use shared::binance::{Answer, CallError};
    use shared::order::OrderId;

    fn id(last: char) -> RefundId {
        let id = format!("{}r000000000000000{last}", "a5".repeat(15));
        id.parse().unwrap()
    }

    fn wanted(amount: &str) -> Wanted {
        Wanted {
            amount: Some(amount.parse().unwrap()),
            ..Wanted::default()
        }
    }

    /// An order with one refund, of this status.
    fn order(status: RefundStatus) -> Order {
        let mut order = sample::order(OrderId::from_random([0xa5; 15]), 1_000);
        let refund = json!({
            "refundRequestId": id('1').as_str(), "attempt": 1, "amount": "1", "currency": "USDT", "status": status,
            "code": "400301", "wanted": {"amount": "1"}, "createdAtMs": 2_000, "sentAtMs": 2_000, "mayHaveArrived": true,
        });
        order.refunds = vec![from_value(refund).unwrap()];
        order
    }

    fn stored(status: RefundStatus) -> Stored {
        Stored::new(order(status)).unwrap().0
    }

    #[test]
    fn key_names_the_refund_that_it_was_used_for() {
        for status in [RefundStatus::Pending, RefundStatus::Succeeded] {
            let answered = replayed(stored(status), id('1'), &wanted("1"))
                .unwrap_or_else(|error| panic!("{error:?}"));
            assert_eq!((answered.id, answered.is_replay), (id('1'), true));
            assert_eq!(*answered.order, order(status));
            for (id, wanted) in [(id('1'), wanted("2")), (id('2'), wanted("1"))] {
                let ended = replayed(stored(status), id, &wanted).err();
                assert_eq!(ended, Some(Problem::refund_key_reused()));
            }
        }
        let ended = replayed(stored(RefundStatus::Failed), id('1'), &wanted("1")).err();
        let refund = &order(RefundStatus::Failed).refunds[0];
        assert_eq!(ended, Some(Problem::refund_failed(refund)));
    }

    #[test]
    fn refund_that_failed_is_a_problem_in_the_words_of_its_call_if_that_was_just_now() {
        let error = BinanceError::Call(CallError::Refused(Answer {
            code: Some("400301".to_owned()),
            message: "too much".to_owned(),
            ..Answer::default()
        }));
        let failed = order(RefundStatus::Failed);
        let refund = &failed.refunds[0];
        let just_now = Problem::refund_refused(refund, error.clone());
        assert_eq!(just_now.detail, "Binance: too much");
        let expected = Err(Problem::refund_failed(refund));
        assert_eq!(refused(&failed, &id('1'), None), expected);
        let told = refused(&failed, &id('1'), Some(error.clone()));
        assert_eq!(told, Err(just_now));
        assert_eq!(refused(&failed, &id('2'), Some(error.clone())), Ok(()));
        for status in [RefundStatus::Pending, RefundStatus::Succeeded] {
            for error in [None, Some(error.clone())] {
                assert_eq!(refused(&order(status), &id('1'), error), Ok(()));
            }
        }
    }

    #[test]
    fn refund_is_answered_as_it_stands_and_a_repeat_says_that_it_is_one() {
        let order = order(RefundStatus::Pending);
        let body = http_api::json(
            StatusCode::CREATED,
            &RefundView::of(&order, &order.refunds[0]),
        );
        for is_replay in [false, true] {
            let answered = |id| Answered {
                order: stored(RefundStatus::Pending),
                id,
                is_replay,
            };

            let response = answer(&answered(id('1'))).unwrap();

            assert_eq!(response.status(), StatusCode::CREATED);
            assert_eq!(response.body(), body.body());
            let mut headers = HeaderMap::from_iter([
                (CONTENT_TYPE, HeaderValue::from_static("application/json")),
                (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            ]);
            if is_replay {
                headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
            }
            assert_eq!(*response.headers(), headers);
            let absent = answer(&answered(id('2'))).err();
            assert_eq!(absent, Some(Problem::no_such_order()));
        }
    }
}
