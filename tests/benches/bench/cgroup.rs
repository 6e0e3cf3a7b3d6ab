//! The share of a processor that Lambda gives a function of 256 MB, by a control group of Linux, of either version.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sandbox::random;

/// 0.145 processors: 2.9 ms of each 20.
const QUOTA_US: &str = "2900";
const PERIOD_US: &str = "20000";
const BOTH: &str = "2900 20000";

/// A control group; it goes when dropped, if its processes have.
pub struct Share {
    folder: PathBuf,
}

impl Share {
    /// Makes a group.
    ///
    /// # Errors
    /// Why this machine lets nobody have one.
    pub fn new() -> Result<Self, String> {
        let mounts = fs::read_to_string("/proc/mounts").map_err(|error| error.to_string())?;
        let mut reasons = Vec::new();
        for mount in mounts.lines() {
            let fields: Vec<&str> = mount.split_whitespace().collect();
            let [_, root, kind, options, ..] = fields[..] else {
                continue;
            };
            let limits: &[(&str, &str)] = match kind {
                "cgroup2" => &[("cpu.max", BOTH)],
                "cgroup" if options.split(',').any(|option| option == "cpu") => &[
                    ("cpu.cfs_period_us", PERIOD_US),
                    ("cpu.cfs_quota_us", QUOTA_US),
                ],
                _ => continue,
            };
            match Self::within(Path::new(root), limits) {
                Ok(share) => return Ok(share),
                Err(error) => reasons.push(format!("{root}: {error}")),
            }
        }
        Err(format!(
            "no control group can be made ({})",
            reasons.join("; ")
        ))
    }

    fn within(root: &Path, limits: &[(&str, &str)]) -> std::io::Result<Self> {
        let folder = root.join(format!("bench-{}", random::hex(8)));
        fs::create_dir(&folder)?;
        let share = Self { folder };
        for (file, limit) in limits {
            fs::write(share.folder.join(file), limit)?;
        }
        Ok(share)
    }

    /// Holds a process to the share from now on.
    ///
    /// # Errors
    /// When it has ended.
    pub fn hold(&self, pid: u32) -> std::io::Result<()> {
        fs::write(self.folder.join("cgroup.procs"), pid.to_string())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // The kernel lets go of a process a moment after its end.
        for _ in 0..50 {
            if fs::remove_dir(&self.folder).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// What a process has used of the processors, in milliseconds; a tick of `/proc` has ten of them.
pub fn used_ms(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before it stands in parentheses and may hold spaces.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field)?.parse::<u64>().ok();
    Some((ticks(11)? + ticks(12)?) * 10)
}
