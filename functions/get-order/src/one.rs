//! The order of an id, cheap to ask for again and again.

use lambda_http::http::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use lambda_http::http::{HeaderMap, StatusCode};
use lambda_http::{Body, Response};
use sha2::{Digest as _, Sha256};
use shared::http_api;
use shared::order::{FullView, Order, OrderId};
use shared::problem::Problem;
use shared::store::Store;

/// Answers with the order of this id.
///
/// # Errors
/// [`Problem`].
pub(super) async fn find(
    store: &Store,
    id: &OrderId,
    headers: &HeaderMap,
) -> Result<Response<Body>, Problem> {
    let order = store.load(id).await?.ok_or_else(Problem::no_such_order)?;
    http_api::shown(&order.order_id);
    Ok(found(&order, headers))
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
