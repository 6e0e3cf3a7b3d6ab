//! For unit tests: somebody else's server, whose answers are numbered, and which can be away.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::aws::Clients;
use crate::config::{self, Aws, SecretSource};
use crate::secret_store::SecretStore;

/// A server on a free port.
pub(crate) struct Served {
    pub(crate) url: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    asked: AtomicUsize,
    answers: AtomicUsize,
    is_away: AtomicBool,
    is_hanging: AtomicBool,
}

impl Served {
    /// Answers each request with `body` of its number, from 1.
    pub(crate) async fn start(body: impl Fn(usize) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (state, body) = (Arc::<State>::default(), Arc::new(body));
        let served = Arc::clone(&state);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (state, body) = (Arc::clone(&served), Arc::clone(&body));
                tokio::spawn(async move { state.answer(stream, &*body).await });
            }
        });
        Self { url, state }
    }

    /// How many requests came.
    pub(crate) fn asked(&self) -> usize {
        self.state.asked.load(Ordering::SeqCst)
    }

    /// How many requests were answered.
    pub(crate) fn answers(&self) -> usize {
        self.state.answers.load(Ordering::SeqCst)
    }

    /// From now on, answers with HTTP status 500; or no longer.
    pub(crate) fn set_away(&self, is_away: bool) {
        self.state.is_away.store(is_away, Ordering::SeqCst);
    }

    /// From now on, takes a request and does not answer; or no longer.
    pub(crate) fn set_hanging(&self, is_hanging: bool) {
        self.state.is_hanging.store(is_hanging, Ordering::SeqCst);
    }
}

impl State {
    async fn answer(&self, mut stream: TcpStream, body: &(dyn Fn(usize) -> String + Sync)) {
        if !matches!(stream.read(&mut [0; 4096]).await, Ok(1..)) {
            return;
        }
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.is_hanging.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let (status, body) = if self.is_away.load(Ordering::SeqCst) {
            (500, String::new())
        } else {
            (200, body(self.answers.fetch_add(1, Ordering::SeqCst) + 1))
        };
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status} \r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        // Whoever asked may have gone.
        let _ = stream.write_all(answer.as_bytes()).await;
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
    SecretStore::new(
        source,
        Clients::new(&aws(None), None).unwrap().secrets_manager,
    )
}

/// A port that does not so much as take a connection: nobody accepts, and its queue is full.
pub(crate) struct Deaf {
    pub(crate) port: u16,
    _listener: TcpListener,
    _waiting: Vec<TcpStream>,
}

impl Deaf {
    pub(crate) async fn start(address: Ipv4Addr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((address, 0).into()).unwrap();
        let listener = socket.listen(1).unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut waiting = Vec::new();
        let patience = Duration::from_millis(100);
        while let Ok(connected) = timeout(patience, TcpStream::connect((address, port))).await {
            waiting.push(connected.unwrap());
        }
        Self {
            port,
            _listener: listener,
            _waiting: waiting,
        }
    }
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
