//! Counts instructions by Valgrind's callgrind, in which a processor is played: the same program has the same count again.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use sandbox::random;
use serde_json::{Value, json};

use crate::invocation::parties::Parties;
use crate::invocation::round::{self, Size};
use crate::invocation::subject::Subject;

/// What a processor can do beyond the least, where libraries choose their way by it, and Valgrind passes it on.
const FEATURES: [&str; 10] = [
    "adx",
    "aes",
    "avx",
    "avx2",
    "bmi2",
    "f16c",
    "fma",
    "pclmulqdq",
    "rdrand",
    "rdseed",
];

/// How often a round is begun before it has failed.
const TRIES: u32 = 3;

/// What a count depends on beside the program.
pub struct Machine {
    valgrind: String,
    libc: String,
    features: Vec<&'static str>,
}

impl Machine {
    /// This one.
    ///
    /// # Errors
    /// Why nothing can be counted here.
    pub fn here() -> Result<Self, String> {
        let valgrind = said("valgrind", "--version")?;
        let libc = said("getconf", "GNU_LIBC_VERSION")?;
        let info = fs::read_to_string("/proc/cpuinfo").map_err(|error| error.to_string())?;
        let flags = info.lines().find_map(|line| line.strip_prefix("flags"));
        let flags: Vec<&str> = flags.unwrap_or_default().split_whitespace().collect();
        Ok(Self {
            valgrind,
            libc,
            features: FEATURES
                .into_iter()
                .filter(|feature| flags.contains(feature))
                .collect(),
        })
    }

    pub fn json(&self) -> Value {
        json!({
            "architecture": std::env::consts::ARCH,
            "features": self.features,
            "libc": self.libc,
            "valgrind": self.valgrind,
        })
    }
}

/// What a program says of itself.
fn said(program: &str, argument: &str) -> Result<String, String> {
    let said = Command::new(program).arg(argument).output();
    let said = said.map_err(|error| format!("{program} cannot be run: {error}"))?;
    Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

/// What a subject's process did in a round, from its start to its end.
pub struct Count {
    pub subject: Subject,
    pub instructions: u64,
    /// Invocations, or the orders of a busy run.
    pub work: u64,
}

/// Counts a round.
pub async fn count(
    parties: &Parties,
    subjects: &[Subject],
    programs: &Path,
    size: Size,
) -> Result<Vec<Count>, String> {
    eprintln!(
        "instructions, with {} invocations after the first ...",
        size.warm
    );
    let folder = Folder::new().map_err(|error| error.to_string())?;
    for subject in subjects {
        let wrapped = folder.wrap(subject.program_name(), &subject.program(programs));
        wrapped.map_err(|error| error.to_string())?;
    }
    let mut samples = round::play(parties, subjects, programs, &folder.0, size).await;
    // A program is some fifty times slower here, and may come to the end of a time limit on a busy machine.
    for _ in 1..TRIES {
        if let Err(problem) = &samples {
            eprintln!("once more, as {problem}");
            samples = round::play(parties, subjects, programs, &folder.0, size).await;
        }
    }
    let mut counts = Vec::new();
    for (subject, sample) in samples? {
        let name = format!("{}.{}", subject.program_name(), sample.pid);
        let out = fs::read_to_string(folder.0.join(&name));
        let out = out.map_err(|error| format!("{name}: {error}"))?;
        let mut totals = out
            .lines()
            .filter_map(|line| line.strip_prefix("summary: "));
        let total = totals.next().and_then(|total| total.trim().parse().ok());
        counts.push(Count {
            subject,
            instructions: total.ok_or_else(|| format!("{name} counted nothing"))?,
            work: match sample.worked_on {
                0 => u64::try_from(sample.warm.len()).unwrap_or(u64::MAX),
                orders => orders,
            },
        });
    }
    Ok(counts)
}

/// A folder of this count's own; it goes when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> std::io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("gates-{}", random::hex(8)));
        fs::create_dir(&folder)?;
        Ok(Self(folder))
    }

    /// A program of this name that counts `program`.
    fn wrap(&self, name: &str, program: &Path) -> std::io::Result<()> {
        // Lambda's environment has no path.
        let script = format!(
            "#!/bin/sh\nPATH=/usr/local/bin:/usr/bin:/bin exec valgrind --tool=callgrind -q \
             --callgrind-out-file='{}.%p' '{}'\n",
            self.0.join(name).display(),
            program.display()
        );
        let wrapper = self.0.join(name);
        fs::write(&wrapper, script)?;
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o700))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
