//! An address of LeadsCalendar that keeps each request as it came, and answers what a test wants.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use sandbox::web::{self, Server};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

/// A running inbox; it ends when dropped.
pub struct Inbox {
    received: Arc<Mutex<Vec<Received>>>,
    server: Server,
}

impl Inbox {
    pub async fn start(answer: fn() -> Response) -> Self {
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let kept = Arc::clone(&received);
        let keep = move |method, uri, headers, body| {
            kept.lock().unwrap().push(Received {
                method,
                uri,
                headers,
                body,
            });
            std::future::ready(answer())
        };
        let listener = web::listen(0, "none").await.unwrap();
        let server = Server::start(listener, Router::new().fallback(keep)).unwrap();
        Self { received, server }
    }

    /// An address here, with a path and a query to be kept.
    pub fn callback_url(&self) -> String {
        format!("{}/leads/paid?tenant=7&x=%20", self.server.url())
    }

    /// How many connections were opened to it.
    pub fn connections(&self) -> usize {
        self.server.connections()
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}
