use std::sync::Arc;

use super::*;
use crate::ambient::now_ms;
use crate::http_client;
use crate::served::{self, Served};

const SECOND_MS: i64 = 1_000;
const HOUR_MS: i64 = 3_600 * SECOND_MS;

mod at_once;

/// The key of Binance's own sample.
const PEM: &str = "-----BEGIN PUBLIC KEY-----\\nMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCVAMXVTMIuttHcP1kvSk9V39S7\\n\
    BqDbY+LC9JfwMzyoubo3fdsqBf4EmB1PfBUigcOL5YBqMKGEE6xmVw6SXCTH4JwX\\n\
    dqJ4IRiXf76YMt6PB0dMzu/qCmhaGFGkqT6vJM0hHyEbtS/P3FR9ZU+eaOvynLWb\\n\
    FvXTzIoctZM1IvDrCwIDAQAB\\n-----END PUBLIC KEY-----";

/// One certificate, under a serial that counts the answers: `serial-1`, `serial-2` …
fn one(number: usize) -> String {
    format!(r#"[{{"certSerial":"serial-{number}","certPublic":"{PEM}"}}]"#)
}

/// A Binance that serves [`one`].
async fn serve() -> (Certificates, Served) {
    let served = Served::start(|number| {
        let list = one(number);
        format!(r#"{{"status":"SUCCESS","code":"000000","data":{list}}}"#)
    })
    .await;
    (certificates(&served.url), served)
}

fn certificates(url: &str) -> Certificates {
    let binance = Binance::new(
        http_client::binance_client(None).unwrap(),
        url.to_owned(),
        Arc::new(served::secrets()),
    );
    Certificates::new(binance)
}

/// How asking for `serial` at `at_ms` ends, in a word.
async fn ask(certificates: &Certificates, serial: &str, at_ms: i64) -> &'static str {
    match certificates.key(serial, at_ms, now_ms() + 1_000).await {
        Ok(_) => "key",
        Err(CertificateError::UnknownSerial) => "unknown",
        Err(CertificateError::Unavailable(_)) => "unavailable",
        Err(CertificateError::Away) => "away",
    }
}

#[tokio::test]
async fn unknown_serial_fetches_the_list_at_most_once_a_minute() {
    let (certificates, served) = serve().await;

    assert_eq!(ask(&certificates, "serial-2", 0).await, "unknown");
    assert_eq!(ask(&certificates, "serial-1", 1_000).await, "key");
    assert_eq!(ask(&certificates, "serial-2", 59_000).await, "unknown");
    assert_eq!(served.answers(), 1);

    assert_eq!(ask(&certificates, "serial-2", 61_000).await, "key");
    assert_eq!(ask(&certificates, "serial-1", 61_000).await, "unknown");
    assert_eq!(served.answers(), 2);
}

#[tokio::test]
async fn list_is_fetched_anew_after_an_hour_and_a_withdrawn_serial_is_then_unknown() {
    let (certificates, served) = serve().await;
    assert_eq!(ask(&certificates, "serial-1", 0).await, "key");

    let almost_ms = HOUR_MS - SECOND_MS;
    assert_eq!(ask(&certificates, "serial-1", almost_ms).await, "key");
    assert_eq!(served.answers(), 1);
    let later_ms = HOUR_MS + SECOND_MS;
    assert_eq!(ask(&certificates, "serial-1", later_ms).await, "unknown");
    assert_eq!(served.answers(), 2);
}

#[tokio::test]
async fn old_list_stays_in_use_while_binance_is_away_and_is_asked_for_once_a_minute() {
    let (certificates, served) = serve().await;
    assert_eq!(ask(&certificates, "serial-1", 0).await, "key");
    served.set_away(true);

    let later_ms = HOUR_MS + SECOND_MS;
    assert_eq!(ask(&certificates, "serial-1", later_ms).await, "key");
    assert_eq!(served.asked(), 2);
    for after_ms in [0, 5_000, 59_000] {
        let at_ms = later_ms + after_ms;
        assert_eq!(ask(&certificates, "serial-2", at_ms).await, "unknown");
        assert_eq!(ask(&certificates, "serial-1", at_ms).await, "key");
    }
    assert_eq!(served.asked(), 2);
    let at_ms = later_ms + 61_000;
    assert_eq!(ask(&certificates, "serial-2", at_ms).await, "unknown");
    assert_eq!(served.asked(), 3);
}

#[tokio::test]
async fn list_that_could_not_be_had_is_asked_for_again_after_five_seconds() {
    let (certificates, served) = serve().await;
    served.set_away(true);
    assert_eq!(ask(&certificates, "serial-1", 0).await, "unavailable");
    served.set_away(false);

    assert_eq!(ask(&certificates, "serial-1", 4_900).await, "away");
    assert_eq!(ask(&certificates, "serial-1", 6_000).await, "key");
}

#[tokio::test]
async fn clock_that_ran_ahead_and_was_put_right_stops_nothing() {
    let (certificates, served) = serve().await;
    served.set_away(true);
    assert_eq!(ask(&certificates, "serial-1", HOUR_MS).await, "unavailable");
    served.set_away(false);

    assert_eq!(ask(&certificates, "serial-1", 10_000).await, "key");

    // Nor does it keep the list that was had then.
    let (certificates, served) = serve().await;
    assert_eq!(ask(&certificates, "serial-1", HOUR_MS).await, "key");
    assert_eq!(ask(&certificates, "serial-1", 10_000).await, "unknown");
    assert_eq!(served.answers(), 2);
}

#[tokio::test]
async fn list_that_was_fetched_before_is_there_for_the_first_notification() {
    let (certificates, served) = serve().await;
    certificates.fetch(0).await;
    assert_eq!(served.answers(), 1);

    assert_eq!(ask(&certificates, "serial-1", 1_000).await, "key");
    assert_eq!(ask(&certificates, "serial-2", 1_000).await, "unknown");
    assert_eq!(served.answers(), 1);
}

#[tokio::test]
async fn fetch_is_one_try_whatever_binance_answers() {
    for body in [
        r#"{"status":"FAIL","code":"406108"}"#,
        r#"{"status":"FAIL","code":"400003"}"#,
        r#"{"status":"FAIL","code":"400002"}"#,
        r#"{"status":"FAIL","code":"400000"}"#,
        "<html>",
    ] {
        let served = Served::start(move |_| body.to_owned()).await;
        let certificates = certificates(&served.url);
        let began_ms = now_ms();
        let ended = certificates.key("serial-1", 0, began_ms + 10_000).await;
        assert!(
            matches!(ended, Err(CertificateError::Unavailable(_))),
            "{body}: {ended:?}"
        );
        assert_eq!(served.asked(), 1, "{body}");
    }
}

#[tokio::test]
async fn entry_that_cannot_be_read_is_left_out_alone() {
    for bad in [
        "null",
        "7",
        "{}",
        r#"{"certSerial":"serial-2","certPublic":null}"#,
        r#"{"certSerial":null,"certPublic":"x"}"#,
        r#"{"certSerial":"serial-2","certPublic":"x"}"#,
        r#"{"certSerial":["serial-2"],"certPublic":{}}"#,
    ] {
        let answered = one(1).replacen('[', &format!("[{bad},"), 1);
        let served = Served::start(move |_| {
            format!(r#"{{"status":"SUCCESS","code":"000000","data":{answered}}}"#)
        })
        .await;
        let certificates = certificates(&served.url);
        assert_eq!(ask(&certificates, "serial-1", 0).await, "key", "{bad}");
        assert_eq!(ask(&certificates, "serial-2", 0).await, "unknown", "{bad}");
    }
}

#[tokio::test]
async fn list_that_cannot_be_read_or_holds_nothing_takes_no_key_away() {
    for list in [
        "[]",
        "[null]",
        r#"[{"certSerial":"serial-1","certPublic":"x"}]"#,
        "7",
        "{}",
    ] {
        let served = Served::start(move |number| {
            let list = if number == 1 { one(1) } else { list.to_owned() };
            format!(r#"{{"status":"SUCCESS","code":"000000","data":{list}}}"#)
        })
        .await;
        let certificates = certificates(&served.url);
        assert_eq!(ask(&certificates, "serial-1", 0).await, "key");
        let later_ms = HOUR_MS + SECOND_MS;
        for (serial, expected) in [("serial-1", "key"), ("serial-2", "unknown")] {
            let ended = ask(&certificates, serial, later_ms).await;
            assert_eq!(ended, expected, "{list}");
        }
        assert_eq!(served.answers(), 2);
    }
}
