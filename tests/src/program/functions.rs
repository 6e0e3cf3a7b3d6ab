//! The functions under `cargo lambda watch`: started, waited for, and ended with everything they started.

use std::collections::VecDeque;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Child;

use super::cargo_lambda;
use crate::{clock, web};

/// The first compilation takes minutes on a small machine.
const PATIENCE: Duration = Duration::from_mins(30);
/// How long cargo-lambda gets to end its children by itself.
const GRACE: Duration = Duration::from_secs(8);
/// Lines of output that are kept while they are not shown.
const KEPT_LINES: usize = 200;

/// The running cargo-lambda.
pub(crate) struct Functions {
    child: Child,
    pid: u32,
    port: u16,
    output: Output,
}

#[derive(Clone, Default)]
struct Output {
    kept: Arc<Mutex<VecDeque<String>>>,
    shown: Arc<AtomicBool>,
    broken: Arc<AtomicBool>,
}

impl Functions {
    /// Starts cargo-lambda in a process group of its own, so that Ctrl-C reaches us first and we can end all of it.
    pub(crate) fn start(port: u16, settings: Vec<(String, String)>) -> Result<Self, String> {
        let mut child = cargo_lambda::watch(port)?
            .envs(settings)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("cargo lambda cannot be started: {error}"))?;
        let output = Output::default();
        output.show(true);
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
            port,
            output,
        })
    }

    /// The address of the HTTP API.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Whether the output goes to the terminal or is only kept.
    pub(crate) fn show_output(&self, show: bool) {
        self.output.show(show);
    }

    /// The last lines that were kept.
    pub(crate) fn kept_output(&self) -> String {
        let lines: Vec<String> = self.output.kept().iter().cloned().collect();
        lines.join("\n")
    }

    /// Waits until both functions answer a request that they have to refuse, which makes cargo-lambda compile them.
    pub(crate) async fn ready(&mut self) -> Result<(), String> {
        let url = self.url();
        let waiting = async {
            answers(&format!("{url}/orders"), &[401], &self.output).await?;
            answers(
                &format!("{url}/binance-callback"),
                &[400, 401],
                &self.output,
            )
            .await
        };
        tokio::select! {
            waited = waiting => waited,
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
                if line.contains("could not compile") {
                    output.broken.store(true, Ordering::Relaxed);
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

/// Asks until there is an answer with one of these statuses, and says every few seconds that it still waits.
async fn answers(url: &str, expected: &[u16], output: &Output) -> Result<(), String> {
    let client = web::client(PATIENCE, false);
    let started_ms = clock::now_ms();
    let asking = async {
        loop {
            let sent = client
                .post(url)
                .header("content-type", "application/json")
                .body("{}")
                .send()
                .await;
            match sent {
                Ok(answer) if expected.contains(&answer.status().as_u16()) => return Ok(()),
                Ok(answer) => {
                    let (status, text) = (answer.status(), answer.text().await.unwrap_or_default());
                    return Err(format!("{url} answers {status}: {text}"));
                }
                // Not listening yet, or the connection was lost in a restart.
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
    };
    tokio::pin!(asking);
    loop {
        tokio::select! {
            asked = &mut asking => return asked,
            () = tokio::time::sleep(Duration::from_secs(5)) => {
                if output.broken.load(Ordering::Relaxed) {
                    return Err("the functions do not compile; the reasons are above".to_owned());
                }
                eprintln!("  … {} s, waiting for {url} (the first compilation takes minutes)", (clock::now_ms() - started_ms) / 1000);
            }
        }
    }
}
