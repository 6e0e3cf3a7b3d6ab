//! For unit tests: servers that speak TLS, or nothing of the kind, and clients that trust them.

use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd,
};
use reqwest::Response;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{GuardedResolver, HttpClient, MAX_AGE_MS, Parts, binance_client, tls};

/// As [`confirmation_client`](super::confirmation_client) in the sandbox, with roots of the test's own.
pub(crate) fn trusting(roots: RootCertStore) -> HttpClient {
    let parts = Parts {
        tls: tls(roots).unwrap(),
        guard: Some(GuardedResolver { allow_local: true }),
        max_age_ms: Some(MAX_AGE_MS),
    };
    HttpClient::new(parts).unwrap()
}

/// A certificate of these names for these years that vouches for itself, in a server's hand and in a client's.
pub(crate) fn certificate(names: &[&str], years: [i32; 2]) -> (ServerConfig, RootCertStore) {
    let key = KeyPair::generate().unwrap();
    let certificate = parameters(names, years).self_signed(&key).unwrap();
    let roots = roots(&certificate);
    (config(&[certificate], &key), roots)
}

/// A certificate whose issuer's issuer is in a client's hand; whether the issuer's is in the server's.
pub(crate) fn chain(is_sent: bool) -> (ServerConfig, RootCertStore) {
    let authority = |name: &str| {
        let mut authority = parameters(&[], [2020, 2999]);
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.distinguished_name.push(DnType::CommonName, name);
        authority
    };
    let [root_key, middle_key, key] = std::array::from_fn(|_| KeyPair::generate().unwrap());
    let root = authority("root").self_signed(&root_key).unwrap();
    let root_issuer = Issuer::new(authority("root"), root_key);
    let middle = authority("middle").signed_by(&middle_key, &root_issuer);
    let middle_issuer = Issuer::new(authority("middle"), middle_key);
    let own = parameters(&["localhost"], [2020, 2999]).signed_by(&key, &middle_issuer);
    let mut sent = vec![own.unwrap()];
    sent.extend(is_sent.then(|| middle.unwrap()));
    (config(&sent, &key), roots(&root))
}

fn parameters(names: &[&str], [from, until]: [i32; 2]) -> CertificateParams {
    let names: Vec<String> = names.iter().copied().map(str::to_owned).collect();
    let mut parameters = CertificateParams::new(names).unwrap();
    parameters.not_before = date_time_ymd(from, 1, 1);
    parameters.not_after = date_time_ymd(until, 1, 1);
    parameters
}

fn roots(certificate: &Certificate) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.der().clone()).unwrap();
    roots
}

fn config(chain: &[Certificate], key: &KeyPair) -> ServerConfig {
    let chain = chain.iter().map(|link| link.der().clone()).collect();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap()
}

/// A server's port. To its only caller it speaks TLS as `config` says, answers `answer`, and hangs up without a farewell.
pub(crate) async fn https(config: ServerConfig, answer: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let accepted = TlsAcceptor::from(Arc::new(config)).accept(stream).await;
        // A client that refuses the certificate ends it here.
        let Ok(mut stream) = accepted else { return };
        let mut head = [0; 2_048];
        let _ = stream.read(&mut head).await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
    });
    port
}

/// The same without TLS, whatever the caller says first.
pub(crate) async fn tcp(answer: Vec<u8>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0; 2_048];
        let _ = stream.read(&mut head).await.unwrap();
        stream.write_all(&answer).await.unwrap();
    });
    port
}

/// The answer to a call.
pub(crate) async fn post(url: &str) -> Response {
    let client = binance_client(None).unwrap();
    let limit = Duration::from_secs(5);
    client.send(limit, |client| client.post(url)).await.unwrap()
}
