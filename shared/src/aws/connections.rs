//! The connections to AWS: given up at a word, and by themselves once a call had no answer.
//!
//! A kept connection may be dead without anybody knowing, and one address of several may be silent. What the SDK repeats
//! then finds neither: it opens a connection, and begins with another address of the name.

mod names;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::dns::SharedDnsResolver;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use reqwest::{Client, Request};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use url::Url;

use crate::http_client::{self, ClientError};

pub(super) use names::Names;
use names::Rotated;

/// Time limit for opening a connection; where a name has several addresses, each gets its part. Each attempt has a limit of
/// its own, below this, so that it is what ends the waiting for an address that is silent.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(6);

/// The connections of every client that was built with them. A clone shares them.
#[derive(Clone, Debug)]
pub struct Connections {
    parts: Arc<Parts>,
    current: Arc<Mutex<Current>>,
}

/// What each client is built of, and calls.
#[derive(Debug)]
struct Parts {
    names: SharedDnsResolver,
    tls: ClientConfig,
    /// Two, as each service has one: parsed once, and not at each call.
    urls: Mutex<Vec<Url>>,
}

#[derive(Debug)]
struct Current {
    client: Client,
    /// How many clients there were before.
    number: usize,
    /// How many of those had no answer: with which address of a name it begins.
    start: usize,
}

impl Connections {
    /// Opens none yet.
    pub(super) fn new(
        names: SharedDnsResolver,
        local_root: Option<&CertificateDer<'static>>,
    ) -> Result<Self, ClientError> {
        let roots = http_client::and_local(amazons_roots(), local_root)?;
        let tls = http_client::tls(roots)?;
        let parts = Parts {
            names,
            tls,
            urls: Mutex::default(),
        };
        let current = Current {
            client: parts.client(0)?,
            number: 0,
            start: 0,
        };
        Ok(Self {
            parts: Arc::new(parts),
            current: Arc::new(Mutex::new(current)),
        })
    }

    /// Takes over no connection from before: whoever was frozen does not know which of them still live.
    pub fn renew(&self) {
        self.current().renew(&self.parts);
    }

    /// The same, and begins with another address, unless that was done since the client of this number was in use.
    fn renew_after(&self, number: usize) {
        let mut current = self.current();
        if current.number == number {
            current.start = current.start.wrapping_add(1);
            current.renew(&self.parts);
        }
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Current {
    fn renew(&mut self, parts: &Parts) {
        // What the first was built of builds another.
        if let Ok(client) = parts.client(self.start) {
            self.number = self.number.wrapping_add(1);
            self.client = client;
        }
    }
}

impl Parts {
    fn client(&self, start: usize) -> Result<Client, ClientError> {
        let names = Rotated {
            names: self.names.clone(),
            by: start,
        };
        let built = http_client::plain(self.tls.clone())
            .connect_timeout(CONNECT_TIMEOUT)
            .dns_resolver(names)
            .build();
        Ok(built?)
    }

    fn url(&self, text: &str) -> Result<Url, url::ParseError> {
        let mut known = self.urls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(url) = known.iter().find(|url| url.as_str() == text) {
            return Ok(url.clone());
        }
        let url = Url::parse(text)?;
        known.push(url.clone());
        Ok(url)
    }
}

impl HttpClient for Connections {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let current = self.current();
        SharedHttpConnector::new(Watched {
            client: current.client.clone(),
            number: current.number,
            connections: self.clone(),
        })
    }
}

/// A client whose calls are watched.
#[derive(Debug)]
struct Watched {
    client: Client,
    number: usize,
    connections: Connections,
}

impl HttpConnector for Watched {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.client.clone();
        let url = self.connections.parts.url(request.uri());
        let mut watch = Watch {
            connections: self.connections.clone(),
            number: self.number,
            is_answered: false,
        };
        HttpConnectorFuture::new(async move {
            let answer = answer(&client, url, request).await;
            watch.ended(answer.is_ok());
            answer
        })
    }
}

/// The whole answer, which is never long.
async fn answer(
    client: &Client,
    url: Result<Url, url::ParseError>,
    request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(unfit)?;
    let (parts, body) = request.into_parts();
    // What these services are sent is in memory.
    let body = body.bytes().map(<[u8]>::to_vec);
    let body = body.ok_or_else(|| unfit("a body that streams"))?;
    let mut request = Request::new(parts.method, url.map_err(unfit)?);
    *request.headers_mut() = parts.headers;
    *request.body_mut() = Some(body.into());

    let mut response = client.execute(request).await.map_err(broken)?;
    let mut answer = http::Response::new(());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = std::mem::take(response.headers_mut());
    let body = response.bytes().await.map_err(broken)?;
    answer.map(|()| body.into()).try_into().map_err(unfit)
}

/// What the SDK does not repeat.
fn unfit(error: impl Into<BoxError>) -> ConnectorError {
    ConnectorError::user(error.into())
}

/// What the SDK repeats.
fn broken(error: reqwest::Error) -> ConnectorError {
    let is_timeout = error.is_timeout();
    // The log says already which call it is of.
    let error = Box::new(error.without_url());
    if is_timeout {
        ConnectorError::timeout(error)
    } else {
        ConnectorError::io(error)
    }
}

/// Gives the connections up unless there was an answer; what ran out of time is dropped.
struct Watch {
    connections: Connections,
    number: usize,
    is_answered: bool,
}

impl Watch {
    fn ended(&mut self, is_answered: bool) {
        self.is_answered = is_answered;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.is_answered {
            self.connections.renew_after(self.number);
        }
    }
}

/// What the roots of Amazon Trust Services are named, and the Starfield one that cross-signs them
/// (<https://www.amazontrust.com/repository/>).
const AMAZONS: [&[u8]; 5] = [
    b"Amazon Root CA 1",
    b"Amazon Root CA 2",
    b"Amazon Root CA 3",
    b"Amazon Root CA 4",
    b"Starfield Services Root Certificate Authority - G2",
];

/// Those among the public roots: nothing is parsed. A subject ends with its common name.
fn amazons_roots() -> RootCertStore {
    let roots = webpki_roots::TLS_SERVER_ROOTS.iter();
    let is_amazons = |subject: &[u8]| AMAZONS.iter().any(|name| subject.ends_with(name));
    RootCertStore {
        roots: roots
            .filter(|root| is_amazons(&root.subject))
            .cloned()
            .collect(),
    }
}

#[cfg(test)]
mod tests;
