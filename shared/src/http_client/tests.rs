use rustls::ServerConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::stand_in::{certificate, https};
use super::*;

mod addresses;
mod kept;
mod opened;

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
