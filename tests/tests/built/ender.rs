//! Ends a process group when this process ends, however that happens.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{ChildStdin, Command, Stdio};

/// Waits for the end of its input, which comes with the end of this process at the latest; then ends a process group.
const ENDER: &str = r#"read -r _
kill -s TERM -- "-$0" 2>/dev/null
runs() { kill -s 0 "$0" 2>/dev/null && ! grep -qs '^State:.Z' "/proc/$0/status"; }
for _ in 1 2 3 4 5 6 7 8; do runs || exit; sleep 1; done
kill -s KILL -- "-$0" 2>/dev/null"#;

/// Starts what ends the group that this process leads; it stands ready as long as what is returned is kept.
pub fn ender(pid: u32) -> io::Result<ChildStdin> {
    let mut ender = Command::new("sh");
    ender
        .args(["-c", ENDER, &pid.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Ctrl-C at the terminal must not reach it before its work is done.
        .process_group(0);
    let mut ender = ender.spawn()?;
    ender
        .stdin
        .take()
        .ok_or_else(|| io::Error::other("no input"))
}
