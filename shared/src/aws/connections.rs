//! The connections to AWS: given up at a word, and by themselves once a call had no answer.
//!
//! A kept connection may be dead without anybody knowing, and one address of several may be silent. What the SDK repeats
//! then finds neither: it opens a connection, and begins with another address of the name.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents, SharedHttpClient};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::dns::{
    DnsFuture, ResolveDns, ResolveDnsError, SharedDnsResolver,
};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

/// Amazon Root CA 1–4 and the Starfield root that cross-signs them, from <https://www.amazontrust.com/repository/>.
const ROOTS: &str = include_str!("amazon-trust-services.pem");

/// How long an idle connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// The connections of every client that was built with them. A clone shares them.
#[derive(Clone, Debug)]
pub struct Connections {
    names: SharedDnsResolver,
    current: Arc<Mutex<Current>>,
}

#[derive(Debug)]
struct Current {
    client: SharedHttpClient,
    /// How many clients there were before.
    number: usize,
    /// How many of those had no answer: with which address of a name it begins.
    start: usize,
}

impl Connections {
    /// Opens none yet.
    pub(super) fn new(names: SharedDnsResolver) -> Self {
        let current = Current {
            client: client(&names, 0),
            number: 0,
            start: 0,
        };
        Self {
            names,
            current: Arc::new(Mutex::new(current)),
        }
    }

    /// Takes over no connection from before: whoever was frozen does not know which of them still live.
    pub fn renew(&self) {
        self.current().renew(&self.names);
    }

    /// The same, and begins with another address, unless that was done since the client of this number was in use.
    fn renew_after(&self, number: usize) {
        let mut current = self.current();
        if current.number == number {
            current.start = current.start.wrapping_add(1);
            current.renew(&self.names);
        }
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Current {
    fn renew(&mut self, names: &SharedDnsResolver) {
        self.number = self.number.wrapping_add(1);
        self.client = client(names, self.start);
    }
}

impl HttpClient for Connections {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let current = self.current();
        SharedHttpConnector::new(Watched {
            connector: current.client.http_connector(settings, components),
            number: current.number,
            connections: self.clone(),
        })
    }
}

/// A connector whose calls are watched.
#[derive(Debug)]
struct Watched {
    connector: SharedHttpConnector,
    number: usize,
    connections: Connections,
}

impl HttpConnector for Watched {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let calling = self.connector.call(request);
        let mut watch = Watch {
            connections: self.connections.clone(),
            number: self.number,
            is_answered: false,
        };
        HttpConnectorFuture::new(async move {
            let answer = calling.await;
            watch.ended(answer.is_ok());
            answer
        })
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

fn client(names: &SharedDnsResolver, start: usize) -> SharedHttpClient {
    let tls = TlsContext::builder()
        .with_trust_store(TrustStore::empty().with_pem_certificate(ROOTS))
        .build();
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls.unwrap_or_default())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .build_with_resolver(Rotated {
            names: names.clone(),
            by: start,
        })
}

/// A name's addresses, not always beginning with the same one.
#[derive(Clone, Debug)]
struct Rotated {
    names: SharedDnsResolver,
    by: usize,
}

impl ResolveDns for Rotated {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            let mut addresses = self.names.resolve_dns(name).await?;
            // Name servers rotate them too, which could undo ours.
            addresses.sort_unstable();
            addresses.dedup();
            if let Some(by) = self.by.checked_rem(addresses.len()) {
                addresses.rotate_left(by);
            }
            Ok(addresses)
        })
    }
}

/// The system's resolver.
#[derive(Debug)]
pub(super) struct Names;

impl ResolveDns for Names {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            let found = tokio::net::lookup_host((name, 0)).await;
            let found = found.map_err(ResolveDnsError::new)?;
            Ok(found.map(|address| address.ip()).collect::<Vec<IpAddr>>())
        })
    }
}

#[cfg(test)]
mod tests;
