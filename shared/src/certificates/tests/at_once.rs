//! Notifications at the same time: who waits for whose fetch.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::net::TcpListener;

use super::*;

/// A Binance that answers with [`one`] the first time, and then takes connections and says nothing.
async fn serve_once_and_hang() -> Certificates {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (certificates, _served) = serve().await;
    assert_eq!(ask(&certificates, "serial-1", 0).await, "key");
    let hanging = super::certificates(&url);
    *hanging.kept() = std::mem::take(&mut *certificates.kept());
    tokio::spawn(async move {
        let mut connections = Vec::new();
        loop {
            connections.push(listener.accept().await.unwrap());
        }
    });
    hanging
}

#[tokio::test]
async fn many_unknown_serials_at_once_are_one_fetch() {
    let (certificates, served) = serve().await;

    let asked = (0..20).map(|_| ask(&certificates, "serial-2", 0));
    let ended = join_all(asked).await;

    assert_eq!(ended, ["unknown"; 20]);
    assert_eq!(served.asked(), 1);
}

#[tokio::test]
async fn many_notifications_without_a_list_are_one_fetch_even_if_it_fails() {
    let (certificates, served) = serve().await;
    served.set_away(true);

    let asked = (0..20).map(|_| ask(&certificates, "serial-1", 0));
    let ended = join_all(asked).await;

    assert_eq!(ended[0], "unavailable");
    assert_eq!(ended[1..], ["away"; 19]);
    assert_eq!(served.asked(), 1);
}

#[tokio::test]
async fn known_key_waits_for_no_fetch_of_an_unknown_serial_and_the_unknown_ones_for_one_alone() {
    // Whether the list is fresh or not.
    for at_ms in [70_000, 2 * HOUR_MS] {
        let certificates = serve_once_and_hang().await;
        let began_ms = monotonic_ms();
        let strangers = join_all((0..20).map(|_| ask(&certificates, "serial-2", at_ms)));
        let known = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let asked = ask(&certificates, "serial-1", at_ms).await;
            (asked, monotonic_ms() - began_ms)
        };

        let (strangers, (known, known_ms)) = tokio::join!(strangers, known);

        assert_eq!(known, "key");
        assert!(known_ms < 500, "{known_ms}");
        assert_eq!(strangers, ["unknown"; 20]);
        // The one try ends with the deadline of its caller, a second away.
        let took_ms = monotonic_ms() - began_ms;
        assert!((900..1_900).contains(&took_ms), "{took_ms}");
    }
}

#[tokio::test]
async fn pause_is_counted_from_the_end_of_the_try() {
    let certificates = serve_once_and_hang().await;
    assert_eq!(ask(&certificates, "serial-2", 2 * HOUR_MS).await, "unknown");
    let began_ms = monotonic_ms();

    let almost_ms = 2 * HOUR_MS + 60_500;
    assert_eq!(ask(&certificates, "serial-2", almost_ms).await, "unknown");

    assert!(monotonic_ms() - began_ms < 500);
}
