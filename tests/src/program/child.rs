//! The command of `sandbox up -- COMMAND`: started with the sandbox's addresses, ended with it.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::{Child, Command};

use super::cargo_lambda;

/// How long it gets to end by itself when the sandbox is interrupted.
const GRACE: Duration = Duration::from_secs(5);

/// Runs the command until it ends, or is interrupted; the exit status is as a shell tells it.
pub(crate) async fn run(
    command: &[String],
    environment: Vec<(String, String)>,
    interrupted: impl Future<Output = ()>,
) -> Result<u8, String> {
    let [program, arguments @ ..] = command else {
        return Err("there is no command".to_owned());
    };
    let mut child = Command::new(program)
        .args(arguments)
        .envs(environment)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("{program} cannot be started: {error}"))?;
    let ended = tokio::select! {
        ended = child.wait() => ended,
        () = interrupted => return Ok(end(child).await),
    };
    ended.map(status).map_err(|error| error.to_string())
}

/// Asks it to end, and sees to it.
async fn end(mut child: Child) -> u8 {
    if let Some(pid) = child.id() {
        cargo_lambda::signal("TERM", &[pid]).await;
    }
    match tokio::time::timeout(GRACE, child.wait()).await {
        Ok(Ok(ended)) => status(ended),
        // Dropping it kills it.
        Ok(Err(_)) | Err(_) => 128 + 9,
    }
}

/// What a shell makes of it: the exit status, or 128 and the signal.
fn status(ended: ExitStatus) -> u8 {
    let signal = || ended.signal().map(|signal| 128 + signal);
    let code = ended.code().or_else(signal);
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
