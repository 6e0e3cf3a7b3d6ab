//! Who runs the functions: this process, or cargo-lambda. Both take the same events and give the same answers.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use reqwest::Client;
use serde_json::Value;

use super::functions::Functions;
use crate::web;

/// How long cargo-lambda is waited for, which compiles a function before its first invocation.
const PATIENCE: Duration = Duration::from_mins(30);

/// Who runs the functions.
pub enum Backend {
    /// They are part of this process.
    InProcess(Arc<Functions>),
    /// `cargo lambda watch`.
    CargoLambda(CargoLambda),
}

/// Where `cargo lambda watch` takes invocations.
pub struct CargoLambda {
    url: String,
    client: Client,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The invocation failed; in the function's own words, or in those of who runs it.
    Function(String),
    /// Nobody runs the function.
    Unreachable(reqwest::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(problem) => f.write_str(problem),
            Self::Unreachable(error) => write!(f, "cargo-lambda cannot be reached: {error}"),
        }
    }
}

impl Backend {
    /// `cargo lambda watch` that listens at `url`.
    #[must_use]
    pub fn cargo_lambda(url: String) -> Self {
        Self::CargoLambda(CargoLambda {
            url,
            client: web::client(PATIENCE, false),
        })
    }

    /// Gives a function an event; `limit` is what Lambda gives it for the answer.
    pub(crate) async fn invoke(
        &self,
        function: &str,
        event: Value,
        limit: Duration,
    ) -> Result<Value, Failure> {
        match self {
            Self::InProcess(functions) => {
                let functions = Arc::clone(functions);
                let function = function.to_owned();
                // A task of its own, so that who no longer waits ends nothing, and a panic ends nobody else.
                let running =
                    tokio::spawn(async move { functions.run(&function, event, limit).await });
                let ran = running.await.unwrap_or_else(|ended| Err(ended.to_string()));
                ran.map_err(Failure::Function)
            }
            Self::CargoLambda(cargo_lambda) => cargo_lambda.invoke(function, &event).await,
        }
    }

    /// Whether every body is to be base64-encoded, which tests can wish.
    pub(crate) fn is_base64(&self) -> bool {
        match self {
            Self::InProcess(functions) => functions.base64.load(Ordering::Relaxed),
            Self::CargoLambda(_) => false,
        }
    }
}

impl CargoLambda {
    /// Passes a request of Lambda's own API on, and gives what is answered to it.
    pub(super) async fn pass_on(
        &self,
        function: &str,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Response, reqwest::Error> {
        let url = self.invocations(function);
        web::forward(&self.client, Method::POST, &url, headers, body).await
    }

    fn invocations(&self, function: &str) -> String {
        format!("{}/2015-03-31/functions/{function}/invocations", self.url)
    }

    async fn invoke(&self, function: &str, event: &Value) -> Result<Value, Failure> {
        let url = self.invocations(function);
        let sent = self.client.post(url).json(event).send().await;
        let answer = sent.map_err(Failure::Unreachable)?;
        let status = answer.status();
        let text = answer.text().await.map_err(Failure::Unreachable)?;
        if !status.is_success() {
            return Err(Failure::Function(format!("{status}: {text}")));
        }
        serde_json::from_str(&text).map_err(|error| Failure::Function(error.to_string()))
    }
}
