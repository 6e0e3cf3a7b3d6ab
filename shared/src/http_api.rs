//! What the functions behind the HTTP API do alike: whose invocation it is, until when, who calls, and the one log line
//! of a problem.

mod authentication;

use std::time::Instant;

use lambda_http::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use lambda_http::http::{HeaderValue, StatusCode};
use lambda_http::{Body, Request, RequestExt as _, Response};
use serde::Serialize;
use tracing::{error, info, warn};

use crate::ambient::{OrderClock, deadline_ms, instant_in, now_ms, random};
use crate::config::Settings;
use crate::event::{Malformed, TakenOn};
use crate::log::OUTCOME;
use crate::metrics;
use crate::order::OrderId;
use crate::problem::{Problem, Source};
use crate::signing::Nonce;

pub use authentication::{authenticate, authenticate_refund};

/// API Gateway waits for 30 s from when it took the request on, and init is among them: an answer is ready by then, in
/// milliseconds.
const GATEWAY_MS: i64 = 28_000;

/// A request that was taken on longer ago, in milliseconds, is one that somebody kept and plays again: nobody waits at
/// API Gateway.
const KEPT_MS: i64 = 20_000;

/// What handing over an answer may take, in milliseconds.
const HANDOVER_MS: i64 = 200;

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// One run of a function.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Lambda's id of it; in every problem.
    pub request_id: String,
    /// When its answer must be there by the clock, in milliseconds since the Unix epoch.
    pub deadline_ms: i64,
    /// What its orders are measured by: API Gateway's time, where that is later than ours.
    pub clock: OrderClock,
    /// When its work ends, so that the answer is handed over by then.
    ends_at: Instant,
    malformed: Option<Malformed>,
}

/// Why an invocation did not come to its own end.
#[derive(Debug, thiserror::Error)]
pub enum Unfinished {
    /// There is nothing to work on.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Somebody it waited for did not answer. What was begun is in the table.
    #[error("the time of the invocation is over")]
    Late,
}

impl Invocation {
    /// The invocation that `event` came with, of a function whose invocations take `limit_ms` at most. It is over when
    /// Lambda ends it, or before API Gateway no longer waits.
    #[must_use]
    pub fn of(event: &Request, limit_ms: i64, settings: &Settings) -> Self {
        Self::measured(event, limit_ms, settings.policy.allow_local)
    }

    fn measured(event: &Request, limit_ms: i64, allow_local: bool) -> Self {
        let context = event.lambda_context_ref();
        let told = context.map_or(0, |context| context.deadline);
        let now_ms = now_ms();
        let taken_on = event.extensions().get::<TakenOn>();
        // A stranger's word for the time counts for nothing where it is too far ahead.
        let clock = taken_on.and_then(|TakenOn(at_ms)| OrderClock::later(*at_ms, allow_local).ok());
        let given_up_at_ms = taken_on
            .filter(|TakenOn(at_ms)| now_ms.saturating_sub(*at_ms) <= KEPT_MS)
            .map_or(i64::MAX, |TakenOn(at_ms)| at_ms.saturating_add(GATEWAY_MS));
        let deadline_ms = deadline_ms(told, limit_ms).min(given_up_at_ms);
        let left_ms = deadline_ms.saturating_sub(now_ms);
        Self {
            // A claim is held under it, so it must be one of a kind even where Lambda gave none.
            request_id: context.map_or_else(
                || Nonce::from_bytes(random()).as_str().to_owned(),
                |context| context.request_id.clone(),
            ),
            deadline_ms,
            clock: clock.unwrap_or_default(),
            ends_at: instant_in(left_ms.saturating_sub(HANDOVER_MS)),
            malformed: event.extensions().get().copied(),
        }
    }

    /// What `work` comes to, unless there is nothing to work on, or it takes longer than there is time. Then it ends
    /// where it is, as if the process had died.
    ///
    /// # Errors
    /// Those of `work`, and [`Unfinished`].
    pub async fn within<T, E: From<Unfinished>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        if let Some(malformed) = self.malformed {
            return Err(Unfinished::Malformed(malformed).into());
        }
        tokio::time::timeout_at(self.ends_at.into(), work)
            .await
            .unwrap_or_else(|_| Err(Unfinished::Late.into()))
    }
}

impl From<Unfinished> for Problem {
    fn from(error: Unfinished) -> Self {
        match error {
            Unfinished::Malformed(_) => Self::malformed(error.to_string()),
            Unfinished::Late => Self::late(),
        }
    }
}

/// The order's id in the address, which ends with `after`.
///
/// It is what API Gateway took for `{orderId}`, since behind a named stage the path begins with the stage; without API
/// Gateway, what stands between `/orders/` and `after`.
#[must_use]
pub fn order_id(event: &Request, after: &str) -> Option<OrderId> {
    let slashless = |text: &str| text.strip_suffix('/').unwrap_or(text).to_owned();
    let parameters = event.path_parameters_ref();
    let id = match parameters.and_then(|parameters| parameters.first("orderId")) {
        Some(named) => slashless(named),
        None => slashless(event.uri().path())
            .strip_prefix("/orders/")?
            .strip_suffix(after)?
            .to_owned(),
    };
    id.parse().ok()
}

/// A JSON answer, of how things stand now: nobody may keep it for another time.
#[must_use]
pub fn json(status: StatusCode, value: &impl Serialize) -> Response<Body> {
    // Our own values always serialise; were one not to, an empty body is the least harm.
    let mut response = Response::new(Body::from(serde_json::to_string(value).unwrap_or_default()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, NO_STORE);
    response
}

/// Says that an order was shown, if there is something that was measured. Who polls is in the API's own log, and it would be a
/// line for each time.
pub fn shown(order_id: &OrderId) {
    if metrics::are_waiting() {
        let id = order_id.as_str();
        info!(target: OUTCOME, { order.id = id }, "order {id} shown");
    }
}

/// The answer to a problem, which is logged here and nowhere else: by who must act, whatever the status.
#[must_use]
pub fn problem(problem: Problem, invocation: &Invocation) -> Response<Body> {
    log(&problem);
    let mut response = problem
        .into_response(&invocation.request_id)
        .map(Body::from);
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}

fn log(problem: &Problem) {
    let status = problem.status.as_u16();
    let detail = problem.detail.as_str();
    let cause = problem.cause.as_deref();
    let order_id = problem.order_id.as_ref().map(OrderId::as_str);
    let (code, binance_code) = match problem.source {
        Source::Gateway => (Some(problem.code.as_str()), None),
        Source::Binance => (None, Some(problem.code.as_str())),
    };
    if let Some(alarm) = problem.alarm {
        error!(
            target: OUTCOME,
            alarm,
            status,
            code,
            binance.code = binance_code,
            order.id = order_id,
            cause,
            "an operator must act: {detail}"
        );
    } else if problem.source == Source::Gateway && problem.status.is_client_error() {
        info!(
            target: OUTCOME,
            status,
            code,
            order.id = order_id,
            "request refused: {detail}"
        );
    } else {
        // It mends itself, or the caller must mend what Binance refuses.
        warn!(
            target: OUTCOME,
            status,
            code,
            binance.code = binance_code,
            order.id = order_id,
            cause,
            "not done: {detail}"
        );
    }
}

#[cfg(test)]
mod tests;
