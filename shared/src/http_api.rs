//! What the functions behind the HTTP API do alike: whose invocation it is, until when, who calls, and the one log line
//! of a problem.

use lambda_http::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use lambda_http::http::{HeaderMap, HeaderValue, StatusCode};
use lambda_http::{Body, Request, RequestExt as _, Response};
use serde::Serialize;
use tracing::{error, info, warn};

use crate::ambient::{deadline_ms, random};
use crate::config::CallerKeys;
use crate::order::OrderId;
use crate::problem::{Problem, Source};
use crate::signing::Nonce;

/// Without Lambda's word for it, an invocation is given this long, in milliseconds.
const DEFAULT_LIMIT_MS: i64 = 20_000;

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// One run of a function.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Lambda's id of it; in the log and in every problem.
    pub request_id: String,
    /// When Lambda ends it, in milliseconds since the Unix epoch.
    pub deadline_ms: i64,
}

impl Invocation {
    /// The invocation that `event` came with.
    #[must_use]
    pub fn of(event: &Request) -> Self {
        let context = event.lambda_context_ref();
        let told = context.map_or(0, |context| context.deadline);
        Self {
            // A claim is held under it, so it must be one of a kind even where Lambda gave none.
            request_id: context.map_or_else(
                || Nonce::from_bytes(random()).as_str().to_owned(),
                |context| context.request_id.clone(),
            ),
            deadline_ms: deadline_ms(told, DEFAULT_LIMIT_MS),
        }
    }
}

/// Lets in whoever holds a key that was issued to LeadsCalendar.
///
/// # Errors
/// [`Problem::invalid_api_key`].
pub fn authenticate(headers: &HeaderMap, keys: &CallerKeys) -> Result<(), Problem> {
    let key = headers
        .get("X-MBX-APIKEY")
        .and_then(|key| key.to_str().ok());
    if key.is_some_and(|key| keys.admit(key)) {
        Ok(())
    } else {
        Err(Problem::invalid_api_key())
    }
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

/// The answer to a problem, which is logged here and nowhere else: by who must act, whatever the status.
#[must_use]
pub fn problem(problem: Problem, invocation: &Invocation) -> Response<Body> {
    log(&problem, &invocation.request_id);
    let mut response = problem
        .into_response(&invocation.request_id)
        .map(Body::from);
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}

fn log(problem: &Problem, request_id: &str) {
    let status = problem.status.as_u16();
    let detail = problem.detail.as_str();
    let cause = problem.cause.as_deref().unwrap_or_default();
    let order_id = problem.order_id.as_ref().map(OrderId::as_str);
    let (code, binance_code) = match problem.source {
        Source::Gateway => (Some(problem.code.as_str()), None),
        Source::Binance => (None, Some(problem.code.as_str())),
    };
    match (problem.source, status) {
        (Source::Gateway, 400..=499) => info!(
            request_id,
            status,
            code,
            order.id = order_id,
            "request refused: {detail}"
        ),
        // It mends itself, or the caller must mend what Binance refuses.
        _ if !problem.must_act && (problem.retryable || matches!(status, 400 | 404)) => warn!(
            request_id,
            status,
            code,
            binance.code = binance_code,
            order.id = order_id,
            cause,
            "not done: {detail}"
        ),
        _ => error!(
            request_id,
            status,
            code,
            binance.code = binance_code,
            order.id = order_id,
            cause,
            "an operator must act: {detail}"
        ),
    }
}
