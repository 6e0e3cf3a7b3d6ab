//! Connections that are kept: how long, and what is made up for when one of them ends.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncWrite};

use super::*;

const LIMIT: Duration = Duration::from_secs(5);

/// What a server does with a request that it does not answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Then {
    /// Reads it and hangs up.
    Ends,
    /// Hangs up with the request unread, which resets the connection.
    Resets,
    Hangs,
}

/// A server that answers some requests of each connection.
pub(super) struct Keeping {
    port: u16,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

impl Keeping {
    /// `answers` of the connection's number, from 0, are how many of its requests are answered.
    pub(super) async fn start(
        tls: Option<ServerConfig>,
        then: Then,
        answers: impl Fn(usize) -> usize + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let keeping = Self {
            port: listener.local_addr().unwrap().port(),
            connections: Arc::default(),
            requests: Arc::default(),
        };
        let (connections, requests) = (
            Arc::clone(&keeping.connections),
            Arc::clone(&keeping.requests),
        );
        tokio::spawn(async move {
            let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let answers = answers(connections.fetch_add(1, Ordering::SeqCst));
                let (tls, requests) = (tls.clone(), Arc::clone(&requests));
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, answers, then, &requests).await,
                        Some(tls) => {
                            let stream = tls.accept(stream).await.unwrap();
                            serve(stream, answers, then, &requests).await;
                        }
                    }
                });
            }
        });
        keeping
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// How many connections and requests came.
    pub(super) fn seen(&self) -> (usize, usize) {
        let [connections, requests] =
            [&self.connections, &self.requests].map(|count| count.load(Ordering::SeqCst));
        (connections, requests)
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answers: usize,
    then: Then,
    requests: &AtomicUsize,
) {
    for number in 0.. {
        let unread = number == answers && matches!(then, Then::Resets);
        let mut head = vec![0; if unread { 1 } else { 4_096 }];
        // Who has heard enough hangs up.
        if stream.read(&mut head).await.unwrap_or(0) == 0 {
            return;
        }
        requests.fetch_add(1, Ordering::SeqCst);
        if number == answers {
            match then {
                Then::Ends | Then::Resets => return,
                Then::Hangs => tokio::time::sleep(LIMIT * 2).await,
            }
        }
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        stream.write_all(answer).await.unwrap();
        stream.flush().await.unwrap();
    }
}

/// Whether a call was answered that may arrive twice.
async fn told(client: &HttpClient, url: &str) -> bool {
    let sent = client.send_again(LIMIT, |client| client.post(url)).await;
    ended(sent).await
}

/// Whether a call was answered that must not.
async fn opened(client: &HttpClient, url: &str) -> bool {
    ended(client.send(LIMIT, |client| client.post(url)).await).await
}

/// Reads the answer to its end, so that its connection is kept.
async fn ended(sent: Result<Response, reqwest::Error>) -> bool {
    match sent {
        Ok(response) => response.bytes().await.unwrap() == "{}",
        Err(error) => {
            assert_eq!(reason(&error), "the connection broke before the answer");
            false
        }
    }
}

#[tokio::test]
async fn kept_connection_that_ends_under_the_request_is_made_up_for_on_a_fresh_one() {
    for then in [Then::Ends, Then::Resets] {
        let server = Keeping::start(None, then, |_| 1).await;
        let client = binance_client(None).unwrap();
        assert!(told(&client, &server.url()).await);

        assert!(told(&client, &server.url()).await, "{then:?}");

        assert_eq!(server.seen(), (2, 3), "{then:?}");
    }
}

#[tokio::test]
async fn kept_connection_that_ends_without_the_farewell_of_tls_is_made_up_for_too() {
    let (config, roots) = certificate(&["localhost"], [2020, 2999]);
    let server = Keeping::start(Some(config), Then::Ends, |_| 1).await;
    let client = HttpClient::new(Parts {
        tls: tls(roots).unwrap(),
        guard: None,
        max_age_ms: None,
    });
    let (client, url) = (
        client.unwrap(),
        format!("https://localhost:{}/", server.port),
    );
    assert!(told(&client, &url).await);

    assert!(told(&client, &url).await);

    assert_eq!(server.seen(), (2, 3));
}

#[tokio::test]
async fn it_is_made_up_for_only_once() {
    let server = Keeping::start(None, Then::Ends, |connection| usize::from(connection == 0)).await;
    let client = binance_client(None).unwrap();
    assert!(told(&client, &server.url()).await);

    assert!(!told(&client, &server.url()).await);

    assert_eq!(server.seen(), (2, 3));
}

#[tokio::test]
async fn fresh_connection_that_ends_is_not_made_up_for() {
    let server = Keeping::start(None, Then::Ends, |_| 0).await;

    assert!(!told(&binance_client(None).unwrap(), &server.url()).await);

    assert_eq!(server.seen(), (1, 1));
}

#[tokio::test]
async fn what_must_not_arrive_twice_is_sent_once() {
    let server = Keeping::start(None, Then::Ends, |_| 1).await;
    let client = binance_client(None).unwrap();
    assert!(opened(&client, &server.url()).await);

    assert!(!opened(&client, &server.url()).await);

    assert_eq!(server.seen(), (1, 2));
}

#[tokio::test]
async fn kept_connection_that_hangs_is_not_made_up_for() {
    let server = Keeping::start(None, Then::Hangs, |_| 1).await;
    let client = binance_client(None).unwrap();
    assert!(told(&client, &server.url()).await);

    let limit = Duration::from_millis(200);
    let url = server.url();
    let sent = client.send_again(limit, |client| client.post(&url)).await;

    assert_eq!(reason(&sent.unwrap_err()), "no answer in time");
    assert_eq!(server.seen(), (1, 2));
}

/// Calls by the client as of `at_ms` after it was made.
async fn call(client: &HttpClient, at_ms: i64, server: &Keeping) {
    let since_ms = client.current.lock().unwrap().since_ms;
    let client = client.at(since_ms + at_ms);
    assert!(ended(client.post(server.url()).send().await).await);
}

#[tokio::test]
async fn connection_to_an_address_that_others_chose_is_at_most_a_minute_old() {
    let server = Keeping::start(None, Then::Ends, |_| 99).await;
    let client = confirmation_client(true, None).unwrap();
    for at_ms in [0, 30_000, 59_999] {
        call(&client, at_ms, &server).await;
        assert_eq!(server.seen().0, 1);
    }

    call(&client, 60_000, &server).await;

    assert_eq!(server.seen().0, 2);
    call(&client, 59_999, &server).await;
    assert_eq!(server.seen().0, 2);
}

#[tokio::test]
async fn connection_to_binance_is_kept_while_it_is_used() {
    let server = Keeping::start(None, Then::Ends, |_| 99).await;
    let client = binance_client(None).unwrap();
    for at_ms in [0, 60_000, 3_600_000] {
        call(&client, at_ms, &server).await;
    }
    assert_eq!(server.seen().0, 1);
}

#[tokio::test]
async fn renewed_client_takes_over_no_connection() {
    let server = Keeping::start(None, Then::Ends, |_| 99).await;
    let client = binance_client(None).unwrap();
    let clone = client.clone();
    assert!(told(&clone, &server.url()).await);

    client.renew();

    assert!(told(&clone, &server.url()).await);
    assert_eq!(server.seen(), (2, 2));
}
