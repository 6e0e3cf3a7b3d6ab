//! The answer with an order: the one that was made just now, or the one that was there before.

use lambda_http::http::StatusCode;
use lambda_http::http::header::{HeaderValue, LOCATION};
use lambda_http::{Body, Response};
use shared::http_api;
use shared::log::OUTCOME;
use shared::metrics::{self, Metric};
use shared::order::View;
use shared::store::Stored;
use tracing::info;

/// An order that can be answered with.
pub(super) struct Answered {
    order: Stored,
    /// It was there before this request.
    is_replay: bool,
}

impl Answered {
    /// By the request that the order was made for, or a checkout opened.
    pub(super) fn first(order: Stored) -> Self {
        Self {
            order,
            is_replay: false,
        }
    }

    /// By a repeat of it.
    pub(super) fn again(order: Stored) -> Self {
        Self {
            order,
            is_replay: true,
        }
    }
}

/// The answer with the order; its line in the log, and what is measured of it.
pub(super) fn created(answered: &Answered) -> Response<Body> {
    let order = &answered.order;
    let (order_id, trade_no) = (order.order_id.as_str(), order.trade_no().to_string());
    metrics::count(if answered.is_replay {
        Metric::Replayed
    } else {
        Metric::Created
    });
    info!(
        target: OUTCOME,
        trade_no,
        order.id = order_id,
        "order {order_id} answered"
    );
    let mut response = http_api::json(StatusCode::CREATED, &View::of(order));
    if let Ok(location) = HeaderValue::try_from(format!("/orders/{order_id}")) {
        response.headers_mut().insert(LOCATION, location);
    }
    if answered.is_replay {
        response
            .headers_mut()
            .insert("Idempotent-Replayed", HeaderValue::from_static("true"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use shared::order::OrderId;

    #[test]
    fn order_is_answered_with_its_address_and_a_repeat_says_that_it_is_one() {
        let order = sample::order(OrderId::from_random([0xa5; 15]), 1_000);
        let body = serde_json::to_string(&View::of(&order)).unwrap();
        let location = format!("/orders/{}", order.order_id);
        let stored = Stored::new(order).unwrap().0;
        let headers = [
            ("cache-control", "no-store"),
            ("content-type", "application/json"),
            ("location", &location),
        ];
        let repeated = [headers.as_slice(), &[("idempotent-replayed", "true")]].concat();
        for (answered, expected) in [
            (Answered::first(stored.clone()), headers.to_vec()),
            (Answered::again(stored), repeated),
        ] {
            let answer = created(&answered);

            assert_eq!(answer.status(), StatusCode::CREATED);
            assert_eq!(*answer.body(), Body::Text(body.clone()));
            let named = answer.headers().iter();
            let mut named: Vec<_> = named
                .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
                .collect();
            named.sort_unstable();
            let mut expected = expected;
            expected.sort_unstable();
            assert_eq!(named, expected);
        }
    }
}
