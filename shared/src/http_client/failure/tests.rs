use std::time::Duration;

use reqwest::dns::{Name, Resolve, Resolving};
use reqwest::{Client, ClientBuilder};
use rustls::RootCertStore;

use super::*;
use crate::http_client::stand_in::{certificate, chain, https, tcp};
use crate::http_client::{binance_client, client, confirmation_client, tls};

/// The reason and whether the request may have arrived, of a call that fails.
async fn failed(client: &Client, url: &str) -> (&'static str, bool) {
    let error = client.get(url).send().await.unwrap_err();
    (reason(&error), may_have_arrived(&error))
}

fn builder(roots: RootCertStore) -> ClientBuilder {
    client(tls(roots).unwrap())
}

fn trusting(roots: RootCertStore) -> Client {
    builder(roots).build().unwrap()
}

#[tokio::test]
async fn each_fault_of_a_certificate_has_its_name() {
    let here: &[&str] = &["localhost"];
    let other_name = "the certificate is of another name";
    let unknown = "the certificate is of an unknown issuer, or its intermediate was not sent";
    for (names, years, is_trusted, expected) in [
        (here, [2020, 2021], true, "the certificate has expired"),
        (here, [2998, 2999], true, "the certificate is not valid yet"),
        (&["example.com"], [2020, 2999], true, other_name),
        (&[], [2020, 2999], true, "the certificate names no host"),
        (here, [2020, 2999], false, unknown),
    ] {
        let (config, own) = certificate(names, years);
        let port = https(config, "").await;

        let client = trusting(if is_trusted {
            own
        } else {
            RootCertStore::empty()
        });
        let failed = failed(&client, &format!("https://localhost:{port}/")).await;

        assert_eq!(failed, (&*format!("no connection: {expected}"), false));
    }
}

#[tokio::test]
async fn certificate_that_comes_without_its_intermediate_has_its_name() {
    for (is_sent, expected) in [
        (
            false,
            "no connection: the certificate is of an unknown issuer, or its intermediate was not sent",
        ),
        // It is agreed then, and the stand-in has nothing to say.
        (true, "the connection broke before the answer"),
    ] {
        let (config, roots) = chain(is_sent);
        let url = format!("https://localhost:{}/", https(config, "").await);
        let failed = failed(&trusting(roots), &url).await;
        assert_eq!(failed.0, expected);
    }
}

#[tokio::test]
async fn other_side_that_hangs_up_instead_of_tls_has_its_name() {
    let url = format!("https://localhost:{}/", tcp(Vec::new()).await);
    let failed = failed(&trusting(RootCertStore::empty()), &url).await;
    let expected = "no connection: it ended before TLS was agreed";
    assert_eq!(failed, (expected, false));
}

#[tokio::test]
async fn name_that_nobody_can_look_up_has_its_name() {
    // Too long a label: no name server is asked.
    let url = format!("http://{}.example/", "a".repeat(64));
    for client in [
        binance_client(None).unwrap(),
        confirmation_client(false, None).unwrap(),
    ] {
        let failed = failed(&client.at(0), &url).await;
        assert_eq!(failed, ("no connection: the name was not found", false));
    }
}

#[tokio::test]
async fn other_side_that_refuses_tls_or_does_not_speak_it_has_its_name() {
    let handshake_failure = vec![0x15, 3, 3, 0, 2, 2, 40];
    let plain = b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec();
    for answer in [handshake_failure, plain] {
        let url = format!("https://localhost:{}/", tcp(answer).await);
        let failed = failed(&trusting(RootCertStore::empty()), &url).await;
        assert_eq!(failed, ("no connection: TLS was not agreed", false));
    }
}

#[tokio::test]
async fn refused_connection_silence_and_a_connection_that_breaks_are_told_apart() {
    let patient = trusting(RootCertStore::empty());
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let broken = tcp(b"HTTP/1.1 200 OK\r\nx-a".to_vec()).await;
    for (port, expected) in [
        (closed, ("no connection: it was refused", false)),
        (broken, ("the connection broke before the answer", true)),
    ] {
        let url = format!("http://127.0.0.1:{port}/");
        assert_eq!(failed(&patient, &url).await, expected);
    }

    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let builder = builder(RootCertStore::empty());
    let impatient = builder.timeout(Duration::from_millis(200)).build().unwrap();
    let expected = ("no answer in time", true);
    assert_eq!(failed(&impatient, &url).await, expected);
}

#[tokio::test]
async fn connection_that_takes_too_long_was_not_made() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", silent.local_addr().unwrap());
    let builder = builder(RootCertStore::empty());
    let impatient = builder
        .connect_timeout(Duration::from_millis(50))
        .build()
        .unwrap();
    let failed = failed(&impatient, &url).await;
    assert_eq!(failed, ("no connection in time", false));
}

#[tokio::test]
async fn name_without_address_and_address_that_may_not_be_called_are_told_apart() {
    struct Nowhere;
    impl Resolve for Nowhere {
        fn resolve(&self, _: Name) -> Resolving {
            Box::pin(async { Err("no such host".into()) })
        }
    }
    let builder = builder(RootCertStore::empty());
    let lost = builder.dns_resolver(Nowhere).build().unwrap();
    let expected = ("no connection: the name was not found", false);
    assert_eq!(failed(&lost, "http://app.example.com/").await, expected);

    let guarded = confirmation_client(false, None).unwrap().at(0);
    let expected = ("no connection: an address that may not be called", false);
    assert_eq!(failed(&guarded, "http://localhost/").await, expected);
}
