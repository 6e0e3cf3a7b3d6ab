//! The door of every port: it lets in the programs of this machine and the sandbox's own pages, and no page of anybody
//! else that runs in the browser here, be it under a name that it has made to mean this machine.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};

use crate::admin::Refused;

/// The names of this machine for itself.
const NAMES: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// Puts the door before all that `router` serves on `port`.
pub(crate) fn before(router: Router, port: u16) -> Router {
    router.layer(middleware::from_fn_with_state(port, pass))
}

async fn pass(State(port): State<u16>, request: Request, next: Next) -> Response {
    match refusal(request.headers(), port) {
        Some(problem) => Refused(StatusCode::FORBIDDEN, problem).into_response(),
        None => next.run(request).await,
    }
}

/// Why a request is not let in; nothing if it is.
fn refusal(headers: &HeaderMap, port: u16) -> Option<String> {
    let own = |authority: &str| {
        let (name, its_port) = match authority.rsplit_once(':') {
            Some((name, digits)) if !digits.ends_with(']') => (name, digits.parse().ok()),
            _ => (authority, Some(80)),
        };
        its_port == Some(port) && NAMES.iter().any(|own| own.eq_ignore_ascii_case(name))
    };
    if !matches!(texts(headers, header::HOST)[..], [host] if own(host)) {
        return Some(format!("Host must be 127.0.0.1:{port} or localhost:{port}"));
    }
    let origins = texts(headers, header::ORIGIN);
    let is_own = |origin: &&str| origin.strip_prefix("http://").is_some_and(own);
    (!origins.iter().all(is_own)).then(|| {
        "a page of another origin has no business here: Origin must be this address, or missing"
            .to_owned()
    })
}

/// What a header says each time that it is there.
fn texts(headers: &HeaderMap, name: HeaderName) -> Vec<&str> {
    let values = headers.get_all(name).into_iter();
    values
        .map(|value| value.to_str().unwrap_or_default())
        .collect()
}
