//! The functions under `cargo lambda watch`: started, waited for, and ended with everything they started.

use std::collections::VecDeque;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::net::TcpListener;
use tokio::process::Child;

use super::cargo_lambda;
use crate::clock;
use crate::gateway::log::LogReader;
use crate::gateway::{Backend, Failure, Gateway, Play, http_event};
use crate::web;

/// How long cargo-lambda gets to end its children by itself.
const GRACE: Duration = Duration::from_secs(8);
/// What cargo says of a function that does not compile, and cargo-lambda of one that ended: neither answers any more.
const BROKEN: [&str; 2] = ["could not compile", "command exited"];
/// Lines of output that are kept while they are not shown.
const KEPT_LINES: usize = 200;

/// The running cargo-lambda.
pub(crate) struct Functions {
    child: Child,
    pid: u32,
    gateway: Arc<Gateway>,
    output: Output,
}

#[derive(Clone, Default)]
struct Output {
    kept: Arc<Mutex<VecDeque<String>>>,
    shown: Arc<AtomicBool>,
    broken: Arc<AtomicBool>,
    /// Writes the functions' lines into the journal.
    reader: Option<LogReader>,
}

impl Functions {
    /// Starts cargo-lambda in a process group of its own, so that Ctrl-C reaches us first and we can end all of it; `gateway`
    /// is where the HTTP API listens in front of it.
    pub(crate) async fn start(
        gateway: TcpListener,
        settings: Vec<(String, String)>,
        play: Play,
    ) -> Result<Self, String> {
        let addressless = |error: io::Error| error.to_string();
        // Free at this moment; cargo-lambda opens it itself.
        let behind = web::listen_hidden()
            .await?
            .local_addr()
            .map_err(addressless)?;
        let backend = Backend::cargo_lambda(format!("http://{behind}"));
        let mut child = cargo_lambda::watch_at(behind)?
            .envs(settings)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                format!(
                    "cargo lambda cannot be started: {error}; `sandbox dev` and `sandbox demo` need cargo, cargo-lambda and \
                     the source tree, `sandbox up` none of them"
                )
            })?;
        let output = Output {
            reader: play.journal.clone().map(LogReader::new),
            ..Output::default()
        };
        if let Some(stream) = child.stdout.take() {
            output.follow(stream);
        }
        if let Some(stream) = child.stderr.take() {
            output.follow(stream);
        }
        let pid = child.id().ok_or("cargo lambda ended at once")?;
        Ok(Self {
            child,
            pid,
            gateway: Arc::new(Gateway::start(gateway, backend, play)?),
            output,
        })
    }

    /// The HTTP API.
    pub(crate) fn gateway(&self) -> &Arc<Gateway> {
        &self.gateway
    }

    /// Lets the output go to the terminal from now on; until then it is only kept, since the requests that wake the
    /// functions are refused, which looks like a failure.
    pub(crate) async fn show_output(&self) {
        // What they have written until now may still be on its way.
        tokio::time::sleep(Duration::from_millis(200)).await;
        self.output.show(true);
    }

    /// A problem with what the functions said last, unless that was shown.
    pub(crate) fn explain(&self, problem: &str) -> String {
        if self.output.shown.load(Ordering::Relaxed) {
            return problem.to_owned();
        }
        let lines: Vec<String> = self.output.kept().iter().cloned().collect();
        format!(
            "{problem}\n\nThe functions' last words:\n{}",
            lines.join("\n")
        )
    }

    /// Waits until all functions answer, most of them by a refusal, which makes cargo-lambda compile and start them.
    /// `scheduled` is the event for reconcile-orders.
    pub(crate) async fn ready(&mut self, scheduled: &Value) -> Result<(), String> {
        let gateway = &self.gateway;
        let asked = |method, path| http_event(method, path, &Map::new(), Some("{}"));
        let [create, notify, get, close, refund] = [
            ("create-order", asked("POST", "/orders"), 401),
            ("binance-callback", asked("POST", "/binance-callback"), 400),
            ("get-order", asked("GET", "/orders/none"), 401),
            ("close-order", asked("POST", "/orders/none/close"), 401),
            ("refund-order", asked("POST", "/orders/none/refunds"), 401),
        ]
        .map(async |(function, event, expected)| {
            let answer = answers(gateway, function, &event).await?;
            let is_right = answer["statusCode"] == expected;
            is_right
                .then_some(())
                .ok_or_else(|| format!("{function} answers {answer}"))
        });
        let reconcile = answers(gateway, "reconcile-orders", scheduled);
        let answering =
            async { tokio::try_join!(create, notify, get, close, refund, reconcile).map(|_| ()) };
        tokio::select! {
            answered = answering => answered,
            problem = impatience(self.output.clone()) => Err(problem),
            ended = self.child.wait() => Err(last_words(ended)),
        }
    }

    /// Resolves when cargo-lambda ends by itself.
    pub(crate) async fn ended(&mut self) -> String {
        last_words(self.child.wait().await)
    }

    /// Ends cargo-lambda and everything it started. It gives each function a group of its own, so these are counted
    /// before, and whatever is left of them afterwards is killed.
    pub(crate) async fn end(mut self) {
        let descendants = cargo_lambda::descendants(self.pid);
        self.output.show(false);
        cargo_lambda::signal("TERM", &[self.pid]).await;
        let _ = tokio::time::timeout(GRACE, self.child.wait()).await;
        let mut left: Vec<u32> = descendants
            .into_iter()
            .filter(|pid| cargo_lambda::parent(*pid).is_some())
            .collect();
        if self.child.id().is_some() {
            left.push(self.pid);
        }
        cargo_lambda::signal("KILL", &left).await;
        let _ = tokio::time::timeout(GRACE, self.child.wait()).await;
    }
}

impl Output {
    fn show(&self, show: bool) {
        self.shown.store(show, Ordering::Relaxed);
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, VecDeque<String>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn follow(&self, stream: impl AsyncRead + Unpin + Send + 'static) {
        let output = self.clone();
        tokio::spawn(async move {
            let mut lines = BufReader::new(stream).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                if BROKEN.iter().any(|sign| line.contains(sign)) {
                    output.broken.store(true, Ordering::Relaxed);
                }
                if let Some(reader) = &output.reader {
                    reader.read(&line);
                }
                if output.shown.load(Ordering::Relaxed) {
                    eprintln!("{line}");
                }
                let mut kept = output.kept();
                kept.push_back(line);
                if kept.len() > KEPT_LINES {
                    kept.pop_front();
                }
            }
        });
    }
}

fn last_words(ended: io::Result<ExitStatus>) -> String {
    match ended {
        Ok(status) => format!("cargo lambda ended by itself: {status}"),
        Err(error) => format!("cargo lambda is lost: {error}"),
    }
}

/// Invokes the function until it is there; its answer.
async fn answers(gateway: &Gateway, function: &str, event: &Value) -> Result<Value, String> {
    loop {
        match gateway.invoke(function, event.clone()).await {
            Ok(answer) => return Ok(answer),
            // Not listening yet, or the connection was lost in a restart.
            Err(Failure::Unreachable(_)) => tokio::time::sleep(Duration::from_millis(200)).await,
            Err(failure @ Failure::Function(_)) => return Err(format!("{function}: {failure}")),
        }
    }
}

/// Says every few seconds that it still waits; resolves when that is in vain.
async fn impatience(output: Output) -> String {
    let started_ms = clock::now_ms();
    loop {
        tokio::time::sleep(Duration::from_secs(5)).await;
        if output.broken.load(Ordering::Relaxed) {
            return "a function does not compile, or does not start".to_owned();
        }
        let secs = (clock::now_ms() - started_ms) / 1000;
        eprintln!("  … {secs} s, waiting for the functions (the first compilation takes minutes)");
    }
}
