//! AWS Lambda: a built function, started as Lambda starts it and spoken to by the Runtime API, so that it can be given any
//! bytes as an event. What no client library would send, a stranger can.

mod runtime_api;

use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

pub use crate::gateway::http_event;
use crate::{dynamodb, web};
use runtime_api::RuntimeApi;

/// What Lambda gives a function to start in.
const INIT_LIMIT: Duration = Duration::from_secs(10);
/// The memory of a function, in MB, as in `template.yaml`; a processor comes with each 1 769.
const MEMORY_MB: &str = "256";

/// What became of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The function's answer.
    Answered(Value),
    /// The invocation failed; what the function said, with `errorType` and `errorMessage`.
    Failed(Value),
    /// The process ended over it.
    Ended(ExitStatus),
    /// Neither by the deadline, so the process was killed, as Lambda does.
    Overdue,
}

/// Why a function did not come as far as to ask for its first event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotStarted {
    /// The process ended.
    Ended(ExitStatus),
    /// It took more than Lambda's 10 s, and was killed.
    Overdue,
}

/// A built function: in the folder that `PROGRAMS` names, or where cargo put it beside `sandbox`.
#[must_use]
pub fn built(sandbox: &Path, name: &str) -> PathBuf {
    match std::env::var_os("PROGRAMS") {
        Some(folder) => program(Path::new(&folder), name),
        None => sandbox.with_file_name(name),
    }
}

/// A built program in a folder, as cargo leaves it there, or cargo-lambda.
#[must_use]
pub fn program(folder: &Path, name: &str) -> PathBuf {
    let program = folder.join(name);
    if program.is_dir() {
        program.join("bootstrap")
    } else {
        program
    }
}

/// A running function; it is killed when dropped.
pub struct Function {
    api: RuntimeApi,
    /// Held while an event is under way: a function has one at a time.
    child: tokio::sync::Mutex<Child>,
    pid: u32,
    log: Log,
    /// What reads the two streams, to their ends.
    readers: tokio::sync::Mutex<JoinSet<()>>,
}

/// The lines that the function has written, to either stream.
#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Function {
    /// Starts the built `program` with `settings`, and nothing else of this process's environment.
    ///
    /// # Errors
    /// When the program, or a port, cannot be had.
    pub async fn start(program: &Path, settings: &[(String, String)]) -> io::Result<Self> {
        let name = program.file_name().unwrap_or_default();
        let listener = web::listen(0, "none").await.map_err(io::Error::other)?;
        let api = RuntimeApi::start(listener, &name.to_string_lossy())?;
        let mut child = Command::new(program)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", api.authority())
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", MEMORY_MB)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
            .env("AWS_LAMBDA_LOG_LEVEL", "INFO")
            .env("AWS_REGION", dynamodb::REGION)
            .env("AWS_ACCESS_KEY_ID", dynamodb::ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", dynamodb::ACCESS_KEY)
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let log = Log::default();
        let mut readers = JoinSet::new();
        if let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) {
            readers.spawn(log.clone().collect(stdout));
            readers.spawn(log.clone().collect(stderr));
        }
        Ok(Self {
            pid: child.id().ok_or_else(|| io::Error::other("no process"))?,
            child: child.into(),
            api,
            log,
            readers: readers.into(),
        })
    }

    /// Waits until the function asks for its first event; how long that took it.
    ///
    /// # Errors
    /// [`NotStarted`].
    pub async fn initialised(&self) -> Result<Duration, NotStarted> {
        let mut child = self.child.lock().await;
        tokio::select! {
            biased;
            took = self.api.initialised() => Ok(took),
            ended = self.ended(&mut child) => Err(NotStarted::Ended(ended)),
            () = tokio::time::sleep(INIT_LIMIT) => {
                kill(&mut child).await;
                Err(NotStarted::Overdue)
            }
        }
    }

    /// Gives the function an event and `limit` to answer it in.
    pub async fn invoke(&self, event: impl Into<Bytes>, limit: Duration) -> Outcome {
        let mut child = self.child.lock().await;
        let answer = self.api.give(event.into(), limit);
        tokio::select! {
            // First, since a function may end after its answer; the next event shows that.
            biased;
            answer = answer => answer,
            ended = self.ended(&mut child) => Outcome::Ended(ended),
            () = tokio::time::sleep(limit) => {
                kill(&mut child).await;
                Outcome::Overdue
            }
        }
    }

    /// Asks the process to end, by SIGTERM, and waits until it has.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub async fn terminate(&self) -> io::Result<ExitStatus> {
        let asked = Command::new("kill")
            .arg(self.pid.to_string())
            .status()
            .await?;
        if !asked.success() {
            return Err(io::Error::other(
                "the process has ended before it was asked to",
            ));
        }
        Ok(self.ended(&mut *self.child.lock().await).await)
    }

    /// Waits until the process has ended, and everything that it wrote is in the log.
    async fn ended(&self, child: &mut Child) -> ExitStatus {
        let status = child.wait().await.expect("a child can be waited for");
        while self.readers.lock().await.join_next().await.is_some() {}
        status
    }

    /// The function's process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The lines that the function has written so far, on both streams.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.log.lines().clone()
    }

    /// What the function did against the Runtime API's rules.
    #[must_use]
    pub fn objections(&self) -> Vec<String> {
        self.api.objections()
    }
}

/// By its id, and waits for its end; it may have ended meanwhile.
async fn kill(child: &mut Child) {
    let _ = child.kill().await;
}

impl Log {
    fn lines(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn collect(self, stream: impl AsyncRead + Unpin) {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while matches!(stream.read_until(b'\n', &mut line).await, Ok(1..)) {
            let text = String::from_utf8_lossy(&line);
            self.lines().push(text.trim_end().to_owned());
            line.clear();
        }
    }
}
