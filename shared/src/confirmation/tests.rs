use rustls::RootCertStore;

use super::*;
use crate::http_client::stand_in::{certificate, https, tcp, trusting};
use crate::order::{OrderId, Status};
use crate::{sample, served};

/// An order of whose end LeadsCalendar is to be told at `url`.
fn expired(url: String) -> Order {
    let mut order = sample::order(OrderId::from_random([0xa5; 15]), 0);
    order.status = Status::Expired;
    order.request.callback_url = url;
    order
}

fn confirmer(http: HttpClient) -> Confirmer {
    let policy = Policy {
        hosts: "localhost,app.example.com".parse().unwrap(),
        allow_local: true,
    };
    Confirmer::new(http, policy, Arc::new(served::secrets()))
}

/// What comes of telling LeadsCalendar at `url`, and with which status.
async fn told(http: HttpClient, url: String) -> (Event, Option<u16>) {
    let confirmer = confirmer(http);
    let limit = Duration::from_secs(5);
    confirmer.confirm(&expired(url), limit).await
}

/// Why LeadsCalendar did not accept.
async fn reason(http: HttpClient, url: String) -> String {
    let told = told(http, url).await;
    let (Event::Unconfirmed { answer, .. }, None) = told else {
        panic!("{told:?}");
    };
    answer.reason
}

#[tokio::test]
async fn each_fault_of_the_way_is_told_by_its_name() {
    let here: &[&str] = &["localhost"];
    let now = [2020, 2999];
    for (names, years, is_trusted, expected) in [
        (here, [2020, 2021], true, "the certificate has expired"),
        (here, [2998, 2999], true, "the certificate is not valid yet"),
        (
            &["example.com"],
            now,
            true,
            "the certificate is of another name",
        ),
        (&[], now, true, "the certificate names no host"),
        (
            here,
            now,
            false,
            "the certificate is of an unknown issuer, or its intermediate was not sent",
        ),
    ] {
        let (config, own) = certificate(names, years);
        let port = https(config, "").await;
        let roots = if is_trusted {
            own
        } else {
            RootCertStore::empty()
        };
        let reason = reason(trusting(roots), format!("https://localhost:{port}/paid")).await;
        assert_eq!(reason, format!("no connection: {expected}"));
    }

    // A server that has none of our ciphers says so in an alert.
    let handshake_failure = vec![0x15, 3, 3, 0, 2, 2, 40];
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    for (port, expected) in [
        (tcp(handshake_failure).await, "TLS was not agreed"),
        (closed, "it was refused"),
    ] {
        let roots = RootCertStore::empty();
        let reason = reason(trusting(roots), format!("https://localhost:{port}/paid")).await;
        assert_eq!(reason, format!("no connection: {expected}"));
    }
}

#[tokio::test]
async fn confirmation_is_accepted_over_tls_at_its_status() {
    let (config, roots) = certificate(&["localhost"], [2020, 2999]);
    let answer = "HTTP/1.1 202 Accepted\r\ncontent-length: 99\r\n\r\n{";
    let url = format!("https://localhost:{}/paid", https(config, answer).await);

    let told = told(trusting(roots), url).await;

    assert!(
        matches!(told, (Event::Confirmed { .. }, Some(202))),
        "{told:?}"
    );
}

#[tokio::test]
async fn answer_that_is_no_success_says_how_long_to_wait_and_whether_to_stop() {
    let here = ["localhost"];
    for (head, retry_after_ms, is_gone, reason) in [
        (
            "503 a\r\nretry-after: 7",
            Some(7_000),
            false,
            "HTTP status 503",
        ),
        ("410 a", None, true, "HTTP status 410"),
        ("404 a", None, false, "HTTP status 404"),
        (
            "307 a\r\nlocation: https://b.example.com/c",
            None,
            false,
            "HTTP status 307, a redirect to b.example.com",
        ),
    ] {
        let (config, roots) = certificate(&here, [2020, 2999]);
        let answer = format!("HTTP/1.1 {head}\r\ncontent-length: 0\r\n\r\n");
        let port = https(config, answer.leak()).await;

        let told = told(trusting(roots), format!("https://localhost:{port}/paid")).await;

        let status = head.get(..3).and_then(|status| status.parse().ok());
        let (Event::Unconfirmed { answer, .. }, answered) = told else {
            panic!("{told:?}");
        };
        let expected = Unaccepted {
            reason: reason.to_owned(),
            retry_after_ms,
            status,
            is_gone,
            is_timeout: false,
        };
        assert_eq!((answer, answered), (expected, status));
    }
}

#[tokio::test]
async fn no_answer_in_time_is_told_as_such() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/paid", listener.local_addr().unwrap());
    let policy = Policy {
        hosts: "127.0.0.1".parse().unwrap(),
        allow_local: true,
    };
    let http = http_client::confirmation_client(true, None).unwrap();
    let confirmer = Confirmer::new(http, policy, Arc::new(served::secrets()));

    let limit = Duration::from_millis(200);
    let told = confirmer.confirm(&expired(url), limit).await;

    let (Event::Unconfirmed { answer, .. }, None) = told else {
        panic!("{told:?}");
    };
    assert!(answer.is_timeout && !answer.is_gone, "{answer:?}");
}

#[tokio::test]
async fn connection_is_opened_to_what_may_be_called_alone() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    for (hosts, allow_local, is_opened) in [
        (host.as_str(), true, true),
        (&host, false, false),
        ("*.example.com,127.0.0.1:1", true, false),
    ] {
        let policy = Policy {
            hosts: hosts.parse().unwrap(),
            allow_local,
        };
        let http = http_client::confirmation_client(allow_local, None).unwrap();
        let confirmer = Confirmer::new(http, policy, Arc::new(served::secrets()));

        confirmer.open_named().await;

        let waiting = Duration::from_millis(100);
        let accepted = tokio::time::timeout(waiting, listener.accept()).await;
        assert_eq!(accepted.is_ok(), is_opened, "{hosts} {allow_local}");
    }
}

#[test]
fn four_kib_of_an_answer_are_read() {
    assert_eq!(ANSWER_BYTES, 4_096);
}
