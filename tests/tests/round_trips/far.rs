//! A party that is far away: each connection, its TLS handshake and each request takes a round trip of its own.
//!
//! All is plain HTTP on this machine, where connecting takes no time: so a request on a new connection is held until the two
//! round trips of opening it are over, counted from when it was opened, whether or not anybody waited for them.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sandbox::web;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

pub use crate::ways::{ROUND_TRIP, Ways, round_trips};

/// Connecting, and agreeing on TLS 1.3.
const OPENING: Duration = Duration::from_millis(80);

/// In front of somebody; it ends when dropped.
pub struct Far {
    pub url: String,
    accepting: JoinHandle<()>,
}

struct Way {
    upstream: String,
    /// How long an idle connection is kept.
    idle: Duration,
    http: reqwest::Client,
    ways: Ways,
}

impl Far {
    /// In front of `upstream`; closes what is idle for so long, and notes in `ways` each request's way, until its answer leaves.
    pub async fn new(upstream: String, idle: Duration, ways: &Ways) -> Self {
        let listener = web::listen(0, "none").await.unwrap();
        let way = Arc::new(Way {
            upstream,
            idle,
            http: web::client(Duration::from_secs(10), false),
            ways: Arc::clone(ways),
        });
        Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            accepting: tokio::spawn(accept(listener, way)),
        }
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, way: Arc<Way>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, Arc::clone(&way)));
    }
}

async fn serve(stream: TcpStream, way: Arc<Way>) {
    let open_at = Instant::now() + OPENING;
    let _ = stream.set_nodelay(true);
    let used_at = Arc::new(Mutex::new(Instant::now()));
    let service = service_fn(|request| {
        let (way, used_at) = (Arc::clone(&way), Arc::clone(&used_at));
        async move {
            let came_at = Instant::now();
            let answered_at = came_at.max(open_at) + ROUND_TRIP;
            way.ways.lock().unwrap().push((came_at, answered_at));
            let answer = way.forward(request).await;
            // What the party itself needs is within the round trip.
            sleep_until(answered_at).await;
            *used_at.lock().unwrap() = Instant::now();
            Ok::<_, Infallible>(answer)
        }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    loop {
        let idle_at = *used_at.lock().unwrap() + way.idle;
        tokio::select! {
            _ = connection.as_mut() => return,
            () = sleep_until(idle_at) => if *used_at.lock().unwrap() + way.idle <= Instant::now() {
                connection.as_mut().graceful_shutdown();
                let _ = connection.as_mut().await;
                return;
            },
        }
    }
}

impl Way {
    async fn forward(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(Body::new(body), usize::MAX)
            .await
            .unwrap();
        let url = format!("{}{}", self.upstream, parts.uri);
        let request = self.http.request(parts.method, url);
        let request = request.headers(passed_on(&parts.headers)).body(body);
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), passed_on(answer.headers()));
        let mut response = Response::new(Body::from(answer.bytes().await.unwrap()));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }
}

fn passed_on(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in ["host", "connection", "content-length", "transfer-encoding"] {
        headers.remove(name);
    }
    headers
}
