//! The port of the HTTP API: the door, and behind it cargo-lambda, which has none.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, Method, Uri};

use super::functions::PATIENCE;
use crate::web;

/// Passes everything on to `upstream`; while nobody listens there, it hangs up.
pub(super) fn router(upstream: String) -> Router {
    let upstream = Arc::new((web::client(PATIENCE, false), upstream));
    let pass = async move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
        let (client, url) = &*upstream;
        let url = format!("{url}{uri}");
        let answer = web::forward(client, method, &url, &headers, body).await;
        answer.unwrap_or_else(|_| web::hang_up())
    };
    Router::new()
        .fallback(pass)
        .layer(DefaultBodyLimit::disable())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::web::Server;

    /// A gateway, and behind it somebody who says what has arrived.
    async fn gateway() -> (Server, Server) {
        let said = async |method: Method, uri: Uri, headers: HeaderMap, body: String| {
            let key = headers.get("x-mbx-apikey").map(|key| key.to_str().unwrap());
            format!("{method} {uri} {key:?} {body}")
        };
        let listener = web::listen(0, "none").await.unwrap();
        let behind = Server::start(listener, Router::new().fallback(said)).unwrap();
        let listener = web::listen(0, "none").await.unwrap();
        let gateway = Server::start(listener, router(behind.url())).unwrap();
        (gateway, behind)
    }

    fn ask(gateway: &Server) -> reqwest::RequestBuilder {
        web::client(Duration::from_secs(5), false)
            .post(format!("{}/orders/a%2Fb?c=d&e", gateway.url()))
            .header("x-mbx-apikey", "k")
            .body("text")
    }

    #[tokio::test]
    async fn what_is_asked_arrives_as_it_is() {
        let (gateway, _behind) = gateway().await;
        let answer = ask(&gateway).send().await.unwrap().text().await.unwrap();
        assert_eq!(answer, "POST /orders/a%2Fb?c=d&e Some(\"k\") text");
    }

    #[tokio::test]
    async fn a_page_of_another_origin_is_not_let_through() {
        let (gateway, _behind) = gateway().await;
        for (name, value) in [("origin", "http://site.example"), ("host", "site.example")] {
            let answer = ask(&gateway).header(name, value).send().await.unwrap();
            assert_eq!(answer.status(), 403, "{name}");
        }
    }

    #[tokio::test]
    async fn while_nobody_listens_behind_it_it_hangs_up() {
        let (gateway, behind) = gateway().await;
        behind.go_away();
        let hung_up = async {
            while ask(&gateway).send().await.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(5), hung_up).await;
        assert_eq!(waited, Ok(()));
    }
}
