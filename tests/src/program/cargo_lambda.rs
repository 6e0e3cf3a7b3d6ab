//! `cargo lambda watch` as a command, and the processes that stem from it.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use super::arguments::workspace;

/// What is said when cargo-lambda is not there.
const NOT_INSTALLED: &str = "cargo-lambda is neither in .venv/bin nor on the PATH: \
    `make demo`, `make dev` and `make test` install it first; \
    `sandbox up` needs neither it nor the source tree, which `dev` and `demo` do";

/// `cargo lambda watch` on this port of the loopback address, in a process group of its own.
///
/// # Errors
/// A sentence, when cargo-lambda is not installed.
pub fn watch(port: u16) -> Result<Command, String> {
    watch_at((Ipv4Addr::LOCALHOST, port).into())
}

/// The same on any address.
pub(super) fn watch_at(address: SocketAddr) -> Result<Command, String> {
    source_tree(workspace())?;
    let path = path()?;
    if !std::env::split_paths(&path).any(|folder| folder.join("cargo-lambda").is_file()) {
        return Err(NOT_INSTALLED.to_owned());
    }
    let mut command = Command::new("cargo");
    for name in of_this_package() {
        command.env_remove(name);
    }
    command
        // Restarting on changes watches the whole folder, the sandbox's own files too, and never comes to rest.
        .args(["lambda", "watch", "--ignore-changes", "--disable-cors"])
        .args(["--invoke-address", &address.ip().to_string()])
        .args(["--invoke-port", &address.port().to_string()])
        .current_dir(workspace())
        .env("PATH", path)
        .stdin(Stdio::null())
        .process_group(0);
    Ok(command)
}

/// The program may be elsewhere than the sources it was built from, in a container or on another machine.
fn source_tree(root: &Path) -> Result<(), String> {
    if root.join("CargoLambda.toml").is_file() {
        return Ok(());
    }
    Err(format!(
        "the source tree is not at {}: `sandbox dev` and `sandbox demo` build the functions from it with cargo-lambda; \
         `sandbox up` needs neither",
        root.display()
    ))
}

/// The search path with `.venv/bin` first, as the Makefile sets it.
///
/// # Errors
/// A sentence, when the workspace's own path cannot stand in a search path.
pub fn path() -> Result<OsString, String> {
    let venv = workspace().join(".venv").join("bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(venv).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).map_err(|error| error.to_string())
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

/// Sends a signal to the process groups led by these processes, and to the processes themselves.
pub(crate) async fn signal(name: &str, pids: &[u32]) {
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
#[must_use]
pub fn descendants(ancestor: u32) -> Vec<u32> {
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
pub(crate) fn parent(pid: u32) -> Option<u32> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_source_tree_it_is_said_what_needs_it_and_what_does_not() {
        assert_eq!(source_tree(workspace()), Ok(()));

        let problem = source_tree(Path::new("/nowhere")).unwrap_err();
        assert_eq!(
            problem,
            "the source tree is not at /nowhere: `sandbox dev` and `sandbox demo` build the functions from it with \
             cargo-lambda; `sandbox up` needs neither"
        );
    }
}
