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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use lambda_http::http::header::{CACHE_CONTROL, CONTENT_TYPE};

    fn order(at_ms: i64) -> Order {
        sample::order(OrderId::from_random([0xa5; 15]), at_ms)
    }

    fn asking(tags: &[&'static str]) -> HeaderMap {
        let tags = tags.iter().map(|tag| HeaderValue::from_static(tag));
        tags.map(|tag| (IF_NONE_MATCH, tag)).collect()
    }

    #[test]
    fn order_is_shown_with_a_tag_of_what_is_shown() {
        let (shown, again) = (
            found(&order(1_000), &HeaderMap::new()),
            found(&order(1_000), &HeaderMap::new()),
        );
        let tag = shown.headers()[ETAG].clone();
        assert_eq!(shown.status(), StatusCode::OK);
        let expected = http_api::json(StatusCode::OK, &FullView::of(&order(1_000)));
        assert_eq!(shown.body(), expected.body());
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (ETAG, tag.clone()),
        ];
        assert_eq!(*shown.headers(), HeaderMap::from_iter(headers));
        assert_eq!(again.headers()[ETAG], tag);
        let other = found(&order(2_000), &HeaderMap::new());
        assert_ne!(other.headers()[ETAG], tag);

        let known = HeaderMap::from_iter([(IF_NONE_MATCH, tag.clone())]);
        let unchanged = found(&order(1_000), &known);
        assert_eq!(unchanged.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(*unchanged.body(), Body::Empty);
        assert_eq!(*unchanged.headers(), HeaderMap::from_iter([(ETAG, tag)]));
        let changed = found(&order(2_000), &known);
        assert_eq!(changed.status(), StatusCode::OK);
    }

    #[test]
    fn tag_is_known_where_any_header_names_it_weakly_or_names_all() {
        for (tags, expected) in [
            (&[][..], false),
            (&[r#"W/"1""#], true),
            (&[r#""1""#], true),
            (&["*"], true),
            (&[" * "], true),
            (&[r#""0", W/"1""#], true),
            (&[r#""0""#, r#""1""#], true),
            (&[r#""0""#], false),
            (&[r#""0", "2""#], false),
            (&["1"], false),
            (&[r#"W/"11""#], false),
        ] {
            assert_eq!(is_known(&asking(tags), r#"W/"1""#), expected, "{tags:?}");
        }
    }
}
