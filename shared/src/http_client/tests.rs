use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

mod kept;

/// A certificate of these names for these years that vouches for itself, in a server's hand and in a client's.
pub(super) fn certificate(names: &[&str], years: [i32; 2]) -> (ServerConfig, RootCertStore) {
    let key = KeyPair::generate().unwrap();
    let mut parameters =
        CertificateParams::new(names.iter().copied().map(str::to_owned).collect::<Vec<_>>())
            .unwrap();
    let [from, until] = years.map(|year| date_time_ymd(year, 1, 1));
    (parameters.not_before, parameters.not_after) = (from, until);
    let certificate = parameters.self_signed(&key).unwrap().der().clone();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    (config, roots)
}

/// A server's port. To its only caller it speaks TLS as `config` says, answers `answer`, and hangs up without a farewell.
pub(super) async fn https(config: ServerConfig, answer: &'static str) -> u16 {
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
pub(super) async fn tcp(answer: Vec<u8>) -> u16 {
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
pub(super) async fn post(url: &str) -> Response {
    let client = binance_client().unwrap();
    let limit = Duration::from_secs(5);
    client.send(limit, |client| client.post(url)).await.unwrap()
}

#[tokio::test]
async fn answer_that_ends_without_the_farewell_of_tls_is_read() {
    let (config, roots) = certificate(&["localhost"], [2020, 2999]);
    let port = https(config, "HTTP/1.1 200 OK\r\n\r\n{\"a\":1}").await;
    let client = client(tls(roots).unwrap()).build().unwrap();

    let url = format!("https://localhost:{port}/");
    let response = client.post(url).send().await.unwrap();
    let received = Received::read(response, 100, Duration::from_secs(5), 0).await;

    let expected = Received {
        status: 200,
        retry_after_secs: None,
        redirect_to: None,
        body: br#"{"a":1}"#.to_vec(),
        cut: Some("the connection broke within the answer"),
    };
    assert_eq!(received, expected);
}
