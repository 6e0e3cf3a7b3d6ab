//! `GET /orders/{orderId}`: an order as it stands, cheap to ask for again and again.

use lambda_http::http::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use lambda_http::http::{HeaderMap, Method, StatusCode};
use lambda_http::{Body, Request as Event, RequestExt as _, Response};
use sha2::{Digest as _, Sha256};
use shared::ambient::monotonic_ms;
use shared::app::{self, App, StartError};
use shared::config::Needs;
use shared::http_api::{self, Invocation};
use shared::order::{FullView, Order, OrderId};
use shared::problem::Problem;
use shared::store::Stored;

/// What an invocation may take, as in `template.yaml`, in milliseconds.
const LIMIT_MS: i64 = 10_000;

/// The function.
#[derive(Debug)]
pub struct GetOrder {
    /// The parts it has in common with the others.
    pub app: App,
}

impl GetOrder {
    /// Builds the function from the settings that `lookup` finds.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn new(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, StartError> {
        Ok(Self {
            app: App::new(Needs::CallerKeys, lookup)?,
        })
    }

    /// Opens the connections before the first request.
    pub async fn connect(&self) {
        app::in_init(self.app.connect_aws()).await;
    }

    /// Answers one request.
    pub async fn handle(&self, event: Event) -> Response<Body> {
        let invocation = Invocation::of(&event, LIMIT_MS);
        let mut response = match invocation.within(self.find(&event)).await {
            Ok(order) => {
                http_api::shown(&order.order_id);
                found(&order, event.headers())
            }
            Err(problem) => http_api::problem(problem, &invocation),
        };
        if event.method() == Method::HEAD {
            *response.body_mut() = Body::Empty;
        }
        response
    }

    async fn find(&self, event: &Event) -> Result<Stored, Problem> {
        if !matches!(*event.method(), Method::GET | Method::HEAD) {
            return Err(Problem::method_not_allowed("GET, HEAD"));
        }
        http_api::authenticate(
            event.headers(),
            &*self.app.secrets.caller_keys(monotonic_ms()).await?,
        )?;
        let id = order_id(event).ok_or_else(Problem::no_such_order)?;
        self.app
            .store
            .load(&id)
            .await?
            .ok_or_else(Problem::no_such_order)
    }
}

/// The id in the address: what API Gateway took for `{orderId}`, since behind a named stage the path begins with the stage;
/// without API Gateway, what follows `/orders/`.
fn order_id(event: &Event) -> Option<OrderId> {
    let parameters = event.path_parameters_ref();
    let id = parameters
        .and_then(|parameters| parameters.first("orderId"))
        .or_else(|| event.uri().path().strip_prefix("/orders/"))?;
    id.strip_suffix('/').unwrap_or(id).parse().ok()
}

/// The order, or only that it is still the one the caller has.
fn found(order: &Order, headers: &HeaderMap) -> Response<Body> {
    let shown = http_api::json(StatusCode::OK, &FullView::of(order));
    // Of what is shown, and not of the item, which changes whenever somebody works on the order.
    let digest = Sha256::digest(shown.body().as_ref());
    let tag = digest
        .first_chunk()
        .map_or(0, |bytes| u64::from_be_bytes(*bytes));
    let etag = format!("W/\"{tag:016x}\"");
    let mut response = if is_known(headers, &etag) {
        let mut response = Response::new(Body::Empty);
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        shown
    };
    if let Ok(etag) = HeaderValue::try_from(etag) {
        response.headers_mut().insert(ETAG, etag);
    }
    response
}

/// Whether `If-None-Match` names `etag`, compared weakly (RFC 9110, 13.1.2).
fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let named = headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok());
    named
        .flat_map(|value| value.split(','))
        .any(|tag| tag.trim() == "*" || opaque(tag) == opaque(etag))
}
