//! For unit tests: somebody else's server, whose answers are numbered, and which can be away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::aws::Clients;
use crate::config::{self, Aws, SecretSource};
use crate::secret_store::SecretStore;

/// A server on a free port.
pub(crate) struct Served {
    pub(crate) url: String,
    answers: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
    is_away: Arc<AtomicBool>,
}

impl Served {
    /// Answers each request with `body` of its number, from 1.
    pub(crate) async fn start(body: impl Fn(usize) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let served = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            answers: Arc::default(),
            requests: Arc::default(),
            is_away: Arc::default(),
        };
        let (answers, is_away) = (Arc::clone(&served.answers), Arc::clone(&served.is_away));
        let requests = Arc::clone(&served.requests);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let _ = stream.read(&mut [0; 4096]).await;
                requests.fetch_add(1, Ordering::SeqCst);
                let (status, body) = if is_away.load(Ordering::SeqCst) {
                    (500, String::new())
                } else {
                    (200, body(answers.fetch_add(1, Ordering::SeqCst) + 1))
                };
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 {status} \r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        served
    }

    /// How many requests were answered.
    pub(crate) fn answers(&self) -> usize {
        self.answers.load(Ordering::SeqCst)
    }

    /// How many requests came, answered or not.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// From now on, answers with HTTP status 500; or no longer.
    pub(crate) fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }
}

/// Secrets that never change.
pub(crate) fn secrets() -> SecretStore {
    let secrets = r#"{"binanceApiKey":"k","binanceApiSecret":"s","webhookSecrets":["whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]}"#;
    let caller_keys = r#"{"appApiKeys":["kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"]}"#;
    let source = SecretSource::Inline(
        Arc::new(config::Secrets::parse(&secrets.to_owned().into()).unwrap()),
        Arc::new(config::CallerKeys::parse(&caller_keys.to_owned().into()).unwrap()),
    );
    SecretStore::new(source, Clients::new(&aws(None)).secrets_manager)
}

/// An AWS account whose Secrets Manager is at `secrets_manager_url`.
pub(crate) fn aws(secrets_manager_url: Option<String>) -> Aws {
    Aws {
        region: "eu-central-1".to_owned(),
        access_key_id: "id".to_owned(),
        secret_access_key: "key".to_owned().into(),
        session_token: None,
        dynamodb_url: None,
        secrets_manager_url,
    }
}
