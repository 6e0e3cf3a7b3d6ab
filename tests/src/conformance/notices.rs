//! Where notifications of the run's orders come in, for who has an address that Binance reaches.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::{Json, Router};
use reqwest::Url;
use serde_json::{Value, json};
use shared::signing::PublicKey;
use tokio::net::TcpListener;

use crate::web::Server;

/// What to do to see notifications.
pub(super) const HOW: &str = "needs --webhook-url and --webhook-port";

/// A notification, as it came.
#[derive(Clone, Debug)]
pub(super) struct Notice {
    headers: HeaderMap,
    raw: Bytes,
    pub(super) body: Value,
}

type Inbox = Arc<Mutex<Vec<Notice>>>;

/// Takes notifications, and says to each that it was.
pub struct Notices {
    url: String,
    inbox: Inbox,
    _server: Server,
}

impl Notices {
    /// Takes on `listener` what is sent to `url`; without one, to the listener's own address.
    ///
    /// # Errors
    /// A sentence.
    pub fn start(listener: TcpListener, url: Option<String>) -> Result<Self, String> {
        let inbox = Inbox::default();
        let router = Router::new().fallback(take).with_state(Arc::clone(&inbox));
        let named = url.as_deref().map(Url::parse).transpose();
        let named = named.map_err(|error| format!("--webhook-url: {error}"))?;
        let host = named.as_ref().and_then(Url::host_str).map(|host| {
            let port = named.as_ref().and_then(Url::port_or_known_default);
            format!("{host}:{}", port.unwrap_or(443))
        });
        let hosts: Vec<String> = host.into_iter().collect();
        let server =
            Server::admitting(listener, router, &hosts).map_err(|error| error.to_string())?;
        Ok(Self {
            url: url.unwrap_or_else(|| format!("{}/notified", server.url())),
            inbox,
            _server: server,
        })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The first one about this number, if it comes in time.
    pub(super) async fn of(&self, trade_no: &str, patience: Duration) -> Option<Notice> {
        let coming = async {
            loop {
                let inbox = self
                    .inbox
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clone();
                if let Some(notice) = inbox.into_iter().find(|notice| notice.is_about(trade_no)) {
                    return notice;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(patience, coming).await.ok()
    }
}

async fn take(State(inbox): State<Inbox>, headers: HeaderMap, raw: Bytes) -> Json<Value> {
    let body = serde_json::from_slice(&raw).unwrap_or_default();
    let notice = Notice { headers, raw, body };
    inbox
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(notice);
    Json(json!({"returnCode": "SUCCESS", "returnMessage": null}))
}

impl Notice {
    fn is_about(&self, trade_no: &str) -> bool {
        let data = self.body["data"].as_str().unwrap_or_default();
        let data: Value = serde_json::from_str(data).unwrap_or_default();
        data["merchantTradeNo"] == trade_no
    }

    pub(super) fn biz_status(&self) -> String {
        self.body["bizStatus"]
            .as_str()
            .unwrap_or("no bizStatus")
            .to_owned()
    }

    /// Whether the certificate that it names has signed it.
    pub(super) fn verifies(&self, keys: &[(String, String)]) -> bool {
        let header = |name: &str| {
            let value = self.headers.get(name)?;
            value.to_str().ok()
        };
        let verified = || {
            let serial = header("BinancePay-Certificate-SN")?;
            let (_, pem) = keys.iter().find(|(known, _)| known == serial)?;
            let (timestamp, nonce) = (header("BinancePay-Timestamp")?, header("BinancePay-Nonce")?);
            let signature = header("BinancePay-Signature")?;
            let key = PublicKey::from_pem(pem).ok()?;
            key.verify(timestamp, nonce, &self.raw, signature).ok()
        };
        verified().is_some()
    }
}
