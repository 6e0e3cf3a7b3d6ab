//! The running cargo-lambda: started, waited for, its output kept in a nameless file, and ended whatever happens.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sandbox::program::cargo_lambda;

use crate::ender::ender;

/// `cargo lambda watch`, and the ender that stands ready.
pub struct CargoLambda {
    child: Mutex<Child>,
    pid: u32,
    _ender: ChildStdin,
    log: File,
}

impl CargoLambda {
    /// Starts it with the functions' settings; it compiles a function when that is asked for first.
    pub fn start(port: u16, settings: Vec<(String, String)>) -> Result<Self, String> {
        let explain = |error: io::Error| format!("cargo lambda cannot be started: {error}");
        let log = nameless_file().map_err(explain)?;
        let mut command = cargo_lambda::watch(port)?.into_std();
        command
            .envs(settings)
            .env("CARGO_TARGET_DIR", target())
            .stdout(log.try_clone().map_err(explain)?)
            .stderr(log.try_clone().map_err(explain)?);
        let child = command.spawn().map_err(explain)?;
        let pid = child.id();
        Ok(Self {
            child: Mutex::new(child),
            pid,
            _ender: ender(pid).map_err(explain)?,
            log,
        })
    }

    /// Everything that it, cargo and the functions have written.
    pub fn log(&self) -> String {
        let length = self.log.metadata().map_or(0, |data| data.len());
        let mut bytes = vec![0; usize::try_from(length).unwrap()];
        self.log.read_exact_at(&mut bytes, 0).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Why there is no use in waiting for an answer, if there is none.
    pub fn trouble(&self) -> Option<String> {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(Some(status)) = child.try_wait() {
            return Some(format!("cargo lambda ended by itself: {status}"));
        }
        self.log()
            .contains("could not compile")
            .then(|| "the functions do not compile".to_owned())
    }

    /// The process of a function.
    pub fn function(&self, name: &str) -> Option<u32> {
        let program = bin(name);
        let is_it = |pid: &u32| {
            std::fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe == program)
        };
        cargo_lambda::descendants(self.pid).into_iter().find(is_it)
    }

    /// Ends it, its functions too, and waits until it has ended.
    pub fn end(self) {
        signal("TERM", &format!("-{}", self.pid));
        let mut child = self.child.into_inner().unwrap();
        child.wait().unwrap();
    }
}

/// Where cargo put the built programs.
pub fn bin(name: &str) -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_sandbox")).with_file_name(name)
}

/// The target folder of this very build, whatever made cargo choose it.
pub fn target() -> PathBuf {
    let profile = bin("").canonicalize().unwrap();
    profile.parent().unwrap().to_owned()
}

/// Sends a signal to a process, or to a group if there is a minus before its number.
pub fn signal(name: &str, target: &str) {
    let mut kill = Command::new("sh");
    kill.args(["-c", "kill -s \"$0\" -- \"$1\"", name, target]);
    assert!(kill.status().unwrap().success(), "no process {target}");
}

/// A file outside the workspace that nobody else sees and that is gone with its last user.
fn nameless_file() -> io::Result<File> {
    let name = format!("built-{}.log", sandbox::random::hex(16));
    let path = std::env::temp_dir().join(name);
    let file = OpenOptions::new()
        .read(true)
        .append(true)
        .create_new(true)
        .open(&path)?;
    std::fs::remove_file(path)?;
    Ok(file)
}

/// How long the functions may take to compile, where nobody has compiled them before.
pub const PATIENCE: Duration = Duration::from_mins(30);
