//! The door of every port: it lets in the programs of this machine and the sandbox's own pages, and no page of anybody
//! else that runs in the browser here, be it under a name that it has made to mean this machine. Other names are let in
//! only when whoever starts the sandbox lists them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};

use crate::admin::Refused;

/// The names of this machine for itself.
const NAMES: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// Whom a port lets in: this machine's own names at this port, and the names that were listed.
struct Door {
    port: u16,
    /// `name`, at this port, or `name:port`, as behind a proxy that has another one.
    admitted: Vec<String>,
}

/// Puts the door before all that `router` serves on `port`; `admitted` are the names of others that are let in.
pub(crate) fn before(router: Router, port: u16, admitted: &[String]) -> Router {
    let admitted = admitted.to_vec();
    let door = Arc::new(Door { port, admitted });
    router.layer(middleware::from_fn_with_state(door, pass))
}

async fn pass(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    match door.refusal(request.headers()) {
        Some(problem) => Refused(StatusCode::FORBIDDEN, problem).into_response(),
        None => next.run(request).await,
    }
}

impl Door {
    /// Why a request is not let in; nothing if it is.
    fn refusal(&self, headers: &HeaderMap) -> Option<String> {
        let port = self.port;
        if !matches!(texts(headers, header::HOST)[..], [host] if self.knows(host, 80)) {
            return Some(format!(
                "Host must be 127.0.0.1:{port} or localhost:{port}, or one that --allow-host lists"
            ));
        }
        let is_own = |origin: &&str| match origin.split_once("://") {
            Some(("http", authority)) => self.knows(authority, 80),
            // A proxy that speaks TLS stands only before a name that was listed.
            Some(("https", authority)) => self.lists(authority, 443),
            _ => false,
        };
        let all_own = texts(headers, header::ORIGIN).iter().all(is_own);
        (!all_own).then(|| {
            "a page of another origin has no business here: Origin must be this address, or missing"
                .to_owned()
        })
    }

    /// Whether an authority is this port by a name of this machine, or is listed.
    fn knows(&self, authority: &str, usual_port: u16) -> bool {
        let (name, port) = parts(authority, usual_port);
        let is_own = NAMES.iter().any(|own| own.eq_ignore_ascii_case(name));
        (is_own && port == Some(self.port)) || self.lists(authority, usual_port)
    }

    fn lists(&self, authority: &str, usual_port: u16) -> bool {
        let (name, port) = parts(authority, usual_port);
        self.admitted.iter().any(|admitted| {
            let (its_name, its_port) = parts(admitted, self.port);
            its_name.eq_ignore_ascii_case(name) && its_port.is_some() && its_port == port
        })
    }
}

/// The name and the port of an authority; no port when what stands there is none.
fn parts(authority: &str, usual_port: u16) -> (&str, Option<u16>) {
    match authority.rsplit_once(':') {
        Some((name, digits)) if !digits.ends_with(']') => (name, digits.parse().ok()),
        _ => (authority, Some(usual_port)),
    }
}

/// What a header says each time that it is there.
fn texts(headers: &HeaderMap, name: HeaderName) -> Vec<&str> {
    let values = headers.get_all(name).into_iter();
    values
        .map(|value| value.to_str().unwrap_or_default())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lets_in(admitted: &[&str], host: &str, origin: Option<&str>) -> bool {
        let admitted = admitted.iter().map(|&name| name.to_owned()).collect();
        let door = Door {
            port: 9100,
            admitted,
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        door.refusal(&headers).is_none()
    }

    #[test]
    fn a_name_of_others_is_let_in_only_when_it_is_listed() {
        assert!(lets_in(&[], "localhost:9100", None));
        assert!(!lets_in(&[], "payments:9100", None));
        assert!(lets_in(&["payments"], "Payments:9100", None));
        assert!(lets_in(&["payments"], "localhost:9100", None));
        assert!(!lets_in(&["payments"], "payments.example:9100", None));
    }

    #[test]
    fn a_listed_name_is_let_in_at_the_own_port_unless_another_is_listed_with_it() {
        assert!(!lets_in(&["payments"], "payments", None));
        assert!(!lets_in(&["payments"], "payments:9200", None));
        assert!(lets_in(&["payments:80"], "payments", None));
        assert!(!lets_in(&["payments:80"], "payments:9100", None));
        assert!(!lets_in(&["payments:x"], "payments:x", None));
    }

    #[test]
    fn a_page_is_let_in_from_a_listed_name_only_and_by_tls_only_there() {
        let admitted = &["staging.example:443"];
        for (origin, expected) in [
            ("https://staging.example", true),
            ("https://staging.example:444", false),
            ("https://other.example", false),
            ("http://localhost:9100", true),
            ("https://localhost:9100", false),
            ("null", false),
        ] {
            let found = lets_in(admitted, "localhost:9100", Some(origin));
            assert_eq!(found, expected, "{origin}");
        }
    }
}
