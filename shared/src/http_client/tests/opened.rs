//! Connections that are opened before there is anything to send.

use futures_util::FutureExt as _;

use super::kept::{Keeping, Then};
use super::*;
use crate::http_client::opened::is_over;

const LIMIT: Duration = Duration::from_secs(5);

#[tokio::test]
async fn request_finds_the_connection_that_was_opened_for_its_host() {
    let (config, roots) = certificate(&["localhost"], [2020, 2999]);
    let far = Keeping::start(Some(config), Then::Hangs, |_| 9).await;
    let other = Keeping::start(None, Then::Hangs, |_| 9).await;
    let client = stand_in::trusting(roots);
    let url = far.url().replace("http://127.0.0.1", "https://localhost");

    client.open(&url, LIMIT).await.unwrap();
    client.open(&url, LIMIT).await.unwrap();

    assert_eq!(far.seen(), (1, 0));
    for (url, seen) in [(other.url(), (1, 0)), (url.clone(), (1, 1)), (url, (1, 2))] {
        client.send(LIMIT, |client| client.get(&url)).await.unwrap();
        assert_eq!(far.seen(), seen);
    }
    assert_eq!(other.seen(), (1, 1));
}

#[tokio::test]
async fn request_waits_for_the_end_of_an_opening_and_connects_where_that_failed_or_was_dropped() {
    let server = Keeping::start(None, Then::Hangs, |_| 9).await;
    let client = binance_client(None).unwrap();
    let url = server.url();
    let request = || client.send(LIMIT, |client| client.get(&url));

    let (opened, sent) = tokio::join!(client.open(&url, LIMIT), request());

    assert!(opened.is_ok() && sent.is_ok());
    assert_eq!(server.seen(), (1, 1));
    let refused = format!("http://127.0.0.1:{}/", {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    });
    assert!(client.open(&refused, LIMIT).await.unwrap_err().is_connect());
    client.renew();
    assert!(client.open(&url, LIMIT).now_or_never().is_none());
    assert!(request().await.is_ok());
}

#[test]
fn connection_that_waited_for_too_long_is_not_used() {
    assert!([0, 14_999].iter().all(|now_ms| !is_over(0, *now_ms)));
    assert!(is_over(-1, 14_999));
}
