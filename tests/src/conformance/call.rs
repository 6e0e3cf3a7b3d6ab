//! A call of Binance: signed as the functions sign, or wrong in one way on purpose; and what is answered.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_lc_rs::hmac;
use axum::http::Method;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use shared::ambient::{now_ms, random};
use shared::http_client::{self, HttpClient, Received};
use shared::signing::{self, Nonce};

/// The hosts that are this machine, where a simulator listens whose time can be moved.
pub const LOCAL_HOSTS: [&str; 2] = ["127.0.0.1", "localhost"];

const LIMIT: Duration = Duration::from_secs(10);
const ANSWER_BYTES: usize = 256 * 1024;
/// How often a right call is made whose time is refused: an answer that is long in coming is no wrong clock.
const TRIES: u32 = 3;

/// Who asks: the merchant's key, and the secret that signs.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Goes into the header `BinancePay-Certificate-SN`.
    pub api_key: SecretString,
    /// Signs.
    pub api_secret: SecretString,
}

/// In what way a call is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OtherWay {
    /// Signed by another secret.
    Secret,
    /// The signature's digits are lower-case.
    LowerCase,
    /// What is signed lacks its last line feed.
    NoLineFeed,
    /// Another key in the header.
    Key(String),
    /// Signed so many milliseconds from now.
    OffBy(i64),
    /// The time is in seconds.
    Seconds,
    /// Another nonce.
    Nonce(String),
    Get,
    NoContentType,
    TextContentType,
}

/// What was answered.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) http: u16,
    /// Binance's code; `HTTP n` where the answer has none.
    pub(super) code: String,
    /// Binance's words, without our key or secret in them.
    pub(super) words: String,
    pub(super) data: Value,
}

impl Seen {
    pub(super) fn is_taken(&self) -> bool {
        self.code == "000000"
    }

    /// `taken`, or the code.
    pub(super) fn outcome(&self) -> &str {
        if self.is_taken() { "taken" } else { &self.code }
    }

    /// A text of `data`.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.data[name].as_str()
    }
}

/// What makes the calls.
pub(super) struct Caller {
    http: HttpClient,
    base_url: String,
    keys: Keys,
    /// The HTTP statuses of all refusals.
    pub(super) refused_with: BTreeSet<u16>,
}

/// The parts of a request that are made out by hand.
struct Head {
    timestamp: String,
    nonce: String,
    key: String,
    signature: String,
}

impl Caller {
    pub(super) fn new(base_url: &str, keys: Keys) -> Result<Self, String> {
        Ok(Self {
            http: http_client::binance_client(None).map_err(|error| error.to_string())?,
            base_url: base_url.to_owned(),
            keys,
            refused_with: BTreeSet::new(),
        })
    }

    /// Whether a simulator is asked.
    pub(super) fn is_local(&self) -> bool {
        let url = Url::parse(&self.base_url).ok();
        let host = url.as_ref().and_then(Url::host_str);
        host.is_some_and(|host| LOCAL_HOSTS.contains(&host))
    }

    /// A call as it should be; one whose time is refused is signed anew.
    pub(super) async fn call(&mut self, path: &str, body: &Value) -> Result<Seen, String> {
        self.call_as(path, body.to_string().as_bytes(), super::RIGHT)
            .await
    }

    /// A call of these bytes, in another way than it should be.
    pub(super) async fn call_as(
        &mut self,
        path: &str,
        body: &[u8],
        way: Option<OtherWay>,
    ) -> Result<Seen, String> {
        let is_near = |way: &OtherWay| matches!(way, OtherWay::OffBy(-400..=400));
        let tries = if way.as_ref().is_none_or(is_near) {
            TRIES
        } else {
            1
        };
        let mut seen = self.once(path, body, way.as_ref()).await?;
        for _ in 1..tries {
            if seen.code != "400003" {
                break;
            }
            seen = self.once(path, body, way.as_ref()).await?;
        }
        Ok(seen)
    }

    async fn once(
        &mut self,
        path: &str,
        body: &[u8],
        way: Option<&OtherWay>,
    ) -> Result<Seen, String> {
        let url = format!("{}/binancepay/openapi/{path}", self.base_url);
        let sent = self
            .http
            .send(LIMIT, |client| self.request(client, &url, body, way))
            .await;
        let response = sent
            .map_err(|error| format!("{path} was not answered: {}", http_client::reason(&error)))?;
        let received = Received::read(response, ANSWER_BYTES, LIMIT, now_ms()).await;
        let seen = self.read(&received);
        if seen.http == 429 {
            return Err("Binance limits the rate: try again later".to_owned());
        }
        if !seen.is_taken() && !seen.code.starts_with("HTTP") {
            self.refused_with.insert(seen.http);
        }
        Ok(seen)
    }

    fn request(
        &self,
        client: &Client,
        url: &str,
        body: &[u8],
        way: Option<&OtherWay>,
    ) -> RequestBuilder {
        let head = self.head(body, way);
        let method = if way == Some(&OtherWay::Get) {
            Method::GET
        } else {
            Method::POST
        };
        let request = client
            .request(method, url)
            .header("BinancePay-Timestamp", head.timestamp)
            .header("BinancePay-Nonce", head.nonce)
            .header("BinancePay-Certificate-SN", head.key)
            .header("BinancePay-Signature", head.signature)
            .body(body.to_vec());
        match way {
            Some(OtherWay::NoContentType) => request,
            Some(OtherWay::TextContentType) => request.header(CONTENT_TYPE, "text/plain"),
            _ => request.header(CONTENT_TYPE, "application/json"),
        }
    }

    fn head(&self, body: &[u8], way: Option<&OtherWay>) -> Head {
        let (nonce, now_ms) = (Nonce::from_bytes(random()), now_ms());
        let key = self.keys.api_key.expose_secret().to_owned();
        let right = |secret: &SecretString, at_ms: i64| Head {
            timestamp: at_ms.to_string(),
            nonce: nonce.as_str().to_owned(),
            key: key.clone(),
            signature: signing::sign_request(secret, at_ms, &nonce, body),
        };
        let secret = &self.keys.api_secret;
        let ours = right(secret, now_ms);
        match way {
            Some(OtherWay::Secret) => right(&SecretString::from("0".repeat(64)), now_ms),
            Some(OtherWay::LowerCase) => Head {
                signature: ours.signature.to_lowercase(),
                ..ours
            },
            Some(OtherWay::NoLineFeed) => by_hand(secret, ours, body, ""),
            Some(OtherWay::Key(key)) => Head {
                key: key.clone(),
                ..ours
            },
            Some(OtherWay::OffBy(ms)) => right(secret, now_ms.saturating_add(*ms)),
            Some(OtherWay::Seconds) => {
                let timestamp = (now_ms / 1000).to_string();
                by_hand(secret, Head { timestamp, ..ours }, body, "\n")
            }
            Some(OtherWay::Nonce(nonce)) => {
                let nonce = nonce.clone();
                by_hand(secret, Head { nonce, ..ours }, body, "\n")
            }
            Some(OtherWay::Get | OtherWay::NoContentType | OtherWay::TextContentType) | None => {
                ours
            }
        }
    }

    fn read(&self, received: &Received) -> Seen {
        let json: Value = serde_json::from_slice(&received.body).unwrap_or_default();
        let code = match &json["code"] {
            Value::String(code) => code.clone(),
            Value::Number(code) => code.to_string(),
            _ => format!("HTTP {}", received.status),
        };
        let words = ["errorMessage", "msg", "errorData"].map(|name| json[name].as_str());
        let words = words.into_iter().flatten().next().unwrap_or_default();
        let words: String = words
            .chars()
            .filter(|letter| !letter.is_control())
            .collect();
        let secrets = [&self.keys.api_key, &self.keys.api_secret];
        let words = secrets.iter().fold(words, |words, secret| {
            words.replace(secret.expose_secret(), "…")
        });
        Seen {
            http: received.status,
            code,
            words: words.chars().take(200).collect(),
            data: json["data"].clone(),
        }
    }

    /// Moves the simulator's time.
    pub(super) async fn advance(&self, secs: u32) -> Result<(), String> {
        let url = format!("{}/sandbox/advance", self.base_url);
        let body = format!(r#"{{"seconds":{secs}}}"#);
        let moved = self
            .http
            .send(LIMIT, |client| client.post(&url).body(body.clone()));
        let moved = moved.await.map_err(|error| error.to_string())?;
        if moved.status().is_success() {
            Ok(())
        } else {
            Err(format!("{url} answers {}", moved.status()))
        }
    }
}

/// The same with a signature that the functions' code does not make.
fn by_hand(secret: &SecretString, head: Head, body: &[u8], end: &str) -> Head {
    let key = hmac::Key::new(hmac::HMAC_SHA512, secret.expose_secret().as_bytes());
    let begin = format!("{}\n{}\n", head.timestamp, head.nonce);
    let message = [begin.as_bytes(), body, end.as_bytes()].concat();
    let tag = hmac::sign(&key, &message);
    let digits = tag.as_ref().iter().map(|byte| format!("{byte:02X}"));
    Head {
        signature: digits.collect(),
        ..head
    }
}
