//! A server that puts its answers into HTTP of the test's own making: in front of the simulator, or as LeadsCalendar.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use sandbox::web;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What is sent for a body, and what then becomes of the connection.
pub struct Wrapped {
    pub bytes: Vec<u8>,
    pub then: Then,
}

/// What becomes of a connection after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Stays,
    Ends,
}

type Wrap = Arc<dyn Fn(&[u8]) -> Wrapped + Send + Sync>;

/// A running server; it ends when dropped.
pub struct Odd {
    pub url: String,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    /// Whose answers are wrapped; `{}` is, where there is nobody.
    upstream: Mutex<Option<String>>,
    wrap: Mutex<Wrap>,
    /// A connection is closed as its second request arrives.
    races: AtomicBool,
    requests: Mutex<Vec<Request>>,
    http: reqwest::Client,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: HeaderMap,
    body: Vec<u8>,
}

impl Odd {
    pub async fn start() -> Self {
        let listener = web::listen(0, "none").await.unwrap();
        let shared = Arc::new(Shared {
            upstream: Mutex::default(),
            wrap: Mutex::new(Arc::new(|body| Wrapped {
                bytes: text("HTTP/1.1 200 OK\r\ncontent-length: {n}\r\n\r\n{body}", body),
                then: Then::Stays,
            })),
            races: AtomicBool::new(false),
            requests: Mutex::default(),
            http: web::client(Duration::from_secs(10), false),
        });
        Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            shared: Arc::clone(&shared),
            accepting: tokio::spawn(accept(listener, shared)),
        }
    }

    /// From now on it is in front of `url`, or of nobody.
    pub fn forward_to(&self, url: Option<String>) {
        *self.shared.upstream.lock().unwrap() = url;
    }

    /// From now on it answers like this.
    pub fn answer(&self, wrap: impl Fn(&[u8]) -> Wrapped + Send + Sync + 'static) {
        *self.shared.wrap.lock().unwrap() = Arc::new(wrap);
    }

    /// From now on each connection is closed as its second request arrives.
    pub fn race(&self) {
        self.shared.races.store(true, Ordering::SeqCst);
    }

    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }
}

impl Drop for Odd {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// `pattern` with the length of `body` for `{n}` and the body itself for `{body}`.
pub fn text(pattern: &str, body: &[u8]) -> Vec<u8> {
    let pattern = pattern.replace("{n}", &body.len().to_string());
    match pattern.split_once("{body}") {
        Some((before, after)) => [before.as_bytes(), body, after.as_bytes()].concat(),
        None => pattern.into_bytes(),
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, Arc::clone(&shared)));
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let mut is_kept = false;
    while let Some(request) = read(&mut stream).await {
        shared.requests.lock().unwrap().push(request.clone());
        if is_kept && shared.races.load(Ordering::SeqCst) {
            return;
        }
        is_kept = true;
        let upstream = shared.upstream.lock().unwrap().clone();
        let body = match upstream {
            Some(url) => forward(&shared.http, &url, request).await,
            None => b"{}".to_vec(),
        };
        let wrap = Arc::clone(&shared.wrap.lock().unwrap());
        let wrapped = wrap(&body);
        // Who has heard enough goes away.
        if stream.write_all(&wrapped.bytes).await.is_err() || wrapped.then == Then::Ends {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.trim_end().lines();
    let mut first = lines.next().unwrap().split(' ');
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(": ").unwrap();
        let name = HeaderName::try_from(name).unwrap();
        (name, HeaderValue::from_str(value).unwrap())
    });
    let mut request = Request {
        method: first.next().unwrap().to_owned(),
        path: first.next().unwrap().to_owned(),
        headers: headers.collect(),
        body: Vec::new(),
    };
    if let Some(length) = request.headers.get("content-length") {
        request.body = vec![0; length.to_str().unwrap().parse().unwrap()];
        stream.read_exact(&mut request.body).await.ok()?;
    }
    Some(request)
}

async fn forward(http: &reqwest::Client, url: &str, request: Request) -> Vec<u8> {
    let mut headers = request.headers;
    headers.remove("host");
    headers.remove("content-length");
    let method = request.method.parse().unwrap();
    let forwarded = http
        .request(method, format!("{url}{}", request.path))
        .headers(headers)
        .body(request.body);
    let answer = forwarded.send().await.unwrap();
    answer.bytes().await.unwrap().to_vec()
}
