use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::ambient::now_ms;
use crate::aws::Clients;
use crate::config::{Aws, SecretSource, SecretStore};
use crate::http_client;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// The key of Binance's own sample.
const PEM: &str = "-----BEGIN PUBLIC KEY-----\\nMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCVAMXVTMIuttHcP1kvSk9V39S7\\n\
    BqDbY+LC9JfwMzyoubo3fdsqBf4EmB1PfBUigcOL5YBqMKGEE6xmVw6SXCTH4JwX\\n\
    dqJ4IRiXf76YMt6PB0dMzu/qCmhaGFGkqT6vJM0hHyEbtS/P3FR9ZU+eaOvynLWb\\n\
    FvXTzIoctZM1IvDrCwIDAQAB\\n-----END PUBLIC KEY-----";

/// A Binance that serves one certificate, under a serial that counts its answers: `serial-1`, `serial-2` …
#[derive(Default)]
struct Served {
    answers: AtomicUsize,
    is_away: AtomicBool,
}

async fn serve() -> (Certificates, Arc<Served>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let served = Arc::new(Served::default());
    let serving = Arc::clone(&served);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            let answer = if serving.is_away.load(Ordering::SeqCst) {
                "HTTP/1.1 500 \r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_owned()
            } else {
                let number = serving.answers.fetch_add(1, Ordering::SeqCst) + 1;
                let list = format!(r#"[{{"certSerial":"serial-{number}","certPublic":"{PEM}"}}]"#);
                let body = format!(r#"{{"status":"SUCCESS","code":"000000","data":{list}}}"#);
                let length = body.len();
                format!(
                    "HTTP/1.1 200 \r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
                )
            };
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });

    let aws = Aws {
        region: "eu-central-1".to_owned(),
        access_key_id: "id".to_owned(),
        secret_access_key: "key".to_owned().into(),
        session_token: None,
        dynamodb_url: None,
        secrets_manager_url: None,
    };
    let json = r#"{"binanceApiKey":"k","binanceApiSecret":"s","appApiKeys":["a"],"webhookSecrets":["whsec_AAAA"]}"#;
    let source = SecretSource::Inline(json.to_owned().into());
    let secrets = Arc::new(SecretStore::new(
        &source,
        Clients::new(&aws).secrets_manager,
    ));
    let binance = Binance::new(http_client::binance_client().unwrap(), base_url, secrets);
    (Certificates::new(binance), served)
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
    assert_eq!(ask(&certificates, "serial-1", 1).await, "key");
    assert_eq!(
        ask(&certificates, "serial-2", MINUTE_MS - 1).await,
        "unknown"
    );
    assert_eq!(served.answers.load(Ordering::SeqCst), 1);

    assert_eq!(ask(&certificates, "serial-2", MINUTE_MS).await, "key");
    assert_eq!(ask(&certificates, "serial-1", MINUTE_MS).await, "unknown");
    assert_eq!(served.answers.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn list_is_fetched_anew_after_an_hour_and_a_withdrawn_serial_is_then_unknown() {
    let (certificates, served) = serve().await;
    assert_eq!(ask(&certificates, "serial-1", 0).await, "key");

    assert_eq!(ask(&certificates, "serial-1", HOUR_MS - 1).await, "key");
    assert_eq!(served.answers.load(Ordering::SeqCst), 1);
    assert_eq!(ask(&certificates, "serial-1", HOUR_MS).await, "unknown");
    assert_eq!(served.answers.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn old_list_stays_in_use_while_binance_is_away() {
    let (certificates, served) = serve().await;
    assert_eq!(ask(&certificates, "serial-1", 0).await, "key");
    served.is_away.store(true, Ordering::SeqCst);

    assert_eq!(ask(&certificates, "serial-1", HOUR_MS).await, "key");
    assert_eq!(ask(&certificates, "serial-2", HOUR_MS).await, "unknown");
    assert_eq!(
        ask(&certificates, "serial-2", HOUR_MS + 5_000).await,
        "unavailable"
    );
    assert_eq!(ask(&certificates, "serial-1", HOUR_MS + 5_000).await, "key");
}

#[tokio::test]
async fn list_that_could_not_be_had_is_asked_for_again_after_five_seconds() {
    let (certificates, served) = serve().await;
    served.is_away.store(true, Ordering::SeqCst);
    assert_eq!(ask(&certificates, "serial-1", 0).await, "unavailable");
    served.is_away.store(false, Ordering::SeqCst);

    assert_eq!(ask(&certificates, "serial-1", 4_999).await, "away");
    assert_eq!(ask(&certificates, "serial-1", 5_000).await, "key");
}
