//! The functions under `cargo lambda watch`: started, waited for, and ended with everything they started.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

use super::arguments::workspace;
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

/// What cargo tells a program it runs of the program's own package. Build scripts look at these variables, so that cargo
/// would compile half of the functions' dependencies again if they were passed on.
fn of_this_package() -> impl Iterator<Item = OsString> {
    let names = std::env::vars_os().map(|(name, _)| name);
    names.filter(|name| {
        let name = name.to_string_lossy();
        name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
    })
}

impl Functions {
    /// Starts cargo-lambda in a process group of its own, so that Ctrl-C reaches us first and we can end all of it.
    pub(crate) fn start(port: u16, settings: Vec<(String, String)>) -> Result<Self, String> {
        let workspace = workspace();
        let venv = workspace.join(".venv").join("bin");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(venv).chain(std::env::split_paths(&path));
        let path = std::env::join_paths(folders).map_err(|error| error.to_string())?;
        let mut command = Command::new("cargo");
        for name in of_this_package() {
            command.env_remove(name);
        }
        let mut child = command
            // Restarting on changes watches the whole folder, the sandbox's own files too, and never comes to rest.
            .args([
                "lambda",
                "watch",
                "--ignore-changes",
                "--disable-cors",
                "--invoke-address",
                "127.0.0.1",
                "--invoke-port",
            ])
            .arg(port.to_string())
            .current_dir(workspace)
            .env("PATH", path)
            .envs(settings)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
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
        let descendants = descendants(self.pid);
        self.output.show(false);
        signal("TERM", &[self.pid]).await;
        let _ = tokio::time::timeout(GRACE, self.child.wait()).await;
        let mut left: Vec<u32> = descendants
            .into_iter()
            .filter(|pid| parent(*pid).is_some())
            .collect();
        if self.child.id().is_some() {
            left.push(self.pid);
        }
        signal("KILL", &left).await;
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

/// Sends a signal to the process groups led by these processes, and to the processes themselves.
async fn signal(name: &str, pids: &[u32]) {
    for pid in pids {
        for target in [format!("-{pid}"), pid.to_string()] {
            // Silent: the process may have ended, or lead no group.
            let mut kill = Command::new("sh");
            kill.args(["-c", "kill -s \"$0\" -- \"$1\" 2>/dev/null", name, &target]);
            let _ = kill.status().await;
        }
    }
}

/// The processes that stem from this one, on systems with a `/proc`; elsewhere cargo-lambda's own care has to do.
fn descendants(ancestor: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let parents: Vec<(u32, u32)> = pids.filter_map(|pid| Some((pid, parent(pid)?))).collect();
    let mut found = vec![ancestor];
    let mut next = 0;
    while let Some(pid) = found.get(next).copied() {
        found.extend(
            parents
                .iter()
                .filter(|(_, parent)| *parent == pid)
                .map(|(child, _)| child),
        );
        next += 1;
    }
    found.split_off(1)
}

/// The parent of a process that is there and no zombie.
fn parent(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before it stands in parentheses and may hold spaces.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    if state == "Z" {
        None
    } else {
        fields.next()?.parse().ok()
    }
}
