//! HTTP both ways: an accept loop that can hang up without an answer and refuse connections, and a plain client.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, Method, header};
use axum::response::{IntoResponse, Response};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::{door, random};

/// A mark on a response: close the connection instead of sending it.
#[derive(Clone, Copy)]
pub(crate) struct HangUp;

/// The response that never leaves: the connection is closed in its place.
#[must_use]
pub fn hang_up() -> Response {
    (axum::Extension(HangUp), ()).into_response()
}

/// A running HTTP server; it ends with its connections when dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    listening: watch::Sender<bool>,
    accepted: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Serves `router` on `listener`, behind the door.
    ///
    /// # Errors
    /// When the system does not tell the listener's address.
    pub fn start(listener: TcpListener, router: Router) -> io::Result<Self> {
        Self::admitting(listener, router, &[])
    }

    /// The same, with a door that lets in requests for these names, too.
    ///
    /// # Errors
    /// When the system does not tell the listener's address.
    pub fn admitting(listener: TcpListener, router: Router, hosts: &[String]) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let router = door::before(router, address.port(), hosts);
        let (listening, wanted) = watch::channel(true);
        let accepted = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&accepted);
        let accepting = tokio::spawn(accept(listener, address, router, wanted, counted));
        Ok(Self {
            address,
            listening,
            accepted,
            accepting,
        })
    }

    /// `http://` and the address from this machine, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", from_here(self.address))
    }

    /// How many connections have been opened.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Closes the port and every connection, so that connecting is refused, until [`Server::come_back`].
    pub fn go_away(&self) {
        self.listening.send_replace(false);
    }

    /// Opens the same port again after [`Server::go_away`].
    pub fn come_back(&self) {
        self.listening.send_replace(true);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
    mut wanted: watch::Receiver<bool>,
    counted: Arc<AtomicUsize>,
) {
    let mut listener = Some(listener);
    // Dropped with this future, which ends every connection.
    let mut connections = JoinSet::new();
    loop {
        if !*wanted.borrow_and_update() {
            listener = None;
            connections.abort_all();
        } else if listener.is_none() {
            listener = TcpListener::bind(address).await.ok();
        }
        let Some(open) = &listener else {
            let pause = tokio::time::sleep(Duration::from_millis(20));
            tokio::select! { changed = wanted.changed() => if changed.is_err() { return }, () = pause => {} }
            continue;
        };
        tokio::select! {
            changed = wanted.changed() => if changed.is_err() { return },
            accepted = open.accept() => if let Ok((stream, _)) = accepted {
                counted.fetch_add(1, Ordering::Relaxed);
                connections.spawn(serve(stream, router.clone()));
            },
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(stream: TcpStream, router: Router) {
    // A small answer must not wait for the other side's acknowledgement.
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(router);
    let service = service_fn(move |request| {
        let answer = hyper::service::Service::call(&service, request);
        async move {
            let Ok(response) = answer.await;
            match response.extensions().get::<HangUp>() {
                None => Ok(response),
                Some(HangUp) => Err(io::Error::other("hung up on purpose")),
            }
        }
    });
    // The other side going away, or being hung up on, is no news here.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// How this machine reaches what listens on an address: by the loopback one where it listens on all.
pub(crate) fn from_here(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

/// Listens on a port of the loopback address; port 0 is a free one.
///
/// # Errors
/// A sentence naming the port and the setting that changes it.
pub async fn listen(port: u16, setting: &str) -> Result<TcpListener, String> {
    listen_at(Ipv4Addr::LOCALHOST.into(), port, setting).await
}

/// The same at another address of this machine.
///
/// # Errors
/// A sentence naming the port and the setting that changes it.
pub async fn listen_at(at: IpAddr, port: u16, setting: &str) -> Result<TcpListener, String> {
    let bound = TcpListener::bind((at, port)).await;
    bound.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("port {port} is in use: choose another one with {setting}")
        }
        _ => format!("port {port} ({setting}) of {at} cannot be opened: {error}"),
    })
}

/// Listens on a free port of an address that nobody guesses, for what has no door of its own; on a system that has one
/// loopback address only, of that.
///
/// # Errors
/// A sentence.
pub(crate) async fn listen_hidden() -> Result<TcpListener, String> {
    let address = Ipv4Addr::from_bits(0x7f00_0000 | (random::bits_31() >> 7));
    match TcpListener::bind((address, 0)).await {
        Ok(listener) => Ok(listener),
        Err(_) => listen(0, "free").await,
    }
}

/// Sends a request on, and gives what is answered to it.
pub(crate) async fn forward(
    client: &reqwest::Client,
    method: Method,
    url: &str,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Response, reqwest::Error> {
    let mut request = client.request(method, url).body(body);
    for (name, value) in headers {
        if !is_of_the_connection(name) {
            request = request.header(name, value);
        }
    }
    let answer = request.send().await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut response = Response::new(Body::from(answer.bytes().await?));
    *response.status_mut() = status;
    response.headers_mut().extend(
        headers
            .into_iter()
            .filter(|(name, _)| !name.as_ref().is_some_and(is_of_the_connection)),
    );
    Ok(response)
}

fn is_of_the_connection(name: &HeaderName) -> bool {
    [
        header::HOST,
        header::CONNECTION,
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
    ]
    .contains(name)
}

/// An HTTP client that follows no redirect, uses no proxy and trusts nobody: plain HTTP to this machine is all it does.
///
/// # Panics
/// When the TLS library cannot be set up, which its tests rule out.
#[must_use]
pub fn client(timeout: Duration, title_case: bool) -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider knows today's protocol versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(timeout);
    let builder = if title_case {
        builder.http1_title_case_headers()
    } else {
        builder
    };
    builder
        .build()
        .expect("a client without certificates can always be built")
}
