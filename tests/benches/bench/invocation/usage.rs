//! What a process has used: of the processors to the nanosecond, and of the memory at its highest.

use std::fs;
use std::io;
use std::time::Duration;

/// The time on the processors of its threads; one that has ended is no longer counted, which none does while it is measured.
pub fn cpu(pid: u32) -> Result<Duration, String> {
    let explain = |error: io::Error| format!("the time of process {pid} is not told: {error}");
    let mut all = Duration::ZERO;
    for thread in fs::read_dir(format!("/proc/{pid}/task")).map_err(explain)? {
        let path = thread.map_err(explain)?.path().join("schedstat");
        let text = fs::read_to_string(path).map_err(explain)?;
        let nanos = text
            .split_whitespace()
            .next()
            .and_then(|first| first.parse().ok());
        all +=
            Duration::from_nanos(nanos.ok_or_else(|| explain(io::ErrorKind::InvalidData.into()))?);
    }
    Ok(all)
}

/// The most memory that it had resident so far, in KiB.
pub fn peak_kib(pid: u32) -> Result<u64, String> {
    let explain = |error: io::Error| format!("the memory of process {pid} is not told: {error}");
    let status = fs::read_to_string(format!("/proc/{pid}/status")).map_err(explain)?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| explain(io::ErrorKind::InvalidData.into()))
}
