//! What noise cannot move, compared with what it was: instructions, calls and round trips of an invocation, sizes, and the memory
//! at its highest.
//!
//! `tests/benches/gates.json` holds what it was. Whoever changes it on purpose writes it anew by `make gates UPDATE=1`, and says why.

mod callgrind;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value, json};

use crate::invocation;
use crate::invocation::file::size;
use crate::invocation::parties::Parties;
use crate::invocation::round::{self, Size};
use crate::invocation::subject::Subject;
use callgrind::Machine;

/// How far a value may be from what it was, in hundredths of a percent.
const INSTRUCTIONS: u64 = 200;
const SIZE: u64 = 100;
const PEAK: u64 = 500;
const EXACT: u64 = 0;

/// Rounds for the memory.
const ROUNDS: u32 = 3;

/// A round for the memory, and the two that are counted: what they differ in is the work, without what comes before it.
/// A run has as many connections at once as it is to have with the few orders already.
const ROUND: Size = Size {
    warm: 50,
    open: 100,
};
const FEW: Size = Size { warm: 5, open: 100 };
const MANY: Size = Size {
    warm: 55,
    open: 200,
};

/// What to compare.
#[derive(Args, Debug)]
pub struct Options {
    /// Where the built programs are [default: target/released]
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
    /// Write what was measured into tests/benches/gates.json, instead of comparing it
    #[arg(long)]
    update: bool,
}

/// A value by its name, and how far it may be from what it was.
struct Gate {
    name: String,
    value: u64,
    tolerance: u64,
}

impl Gate {
    fn new(of: &str, what: &str, value: u64, tolerance: u64) -> Self {
        Self {
            name: format!("{of}, {what}"),
            value,
            tolerance,
        }
    }
}

/// Measures and compares; whether nothing has changed.
pub async fn measure(options: Options) -> Result<bool, String> {
    let programs = options.programs.unwrap_or_else(crate::released);
    for subject in Subject::deployed() {
        crate::built(&subject.program(&programs))?;
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/gates.json");
    let known = match fs::read(&file) {
        Ok(json) => serde_json::from_slice(&json).map_err(|error| error.to_string())?,
        Err(_) => json!({}),
    };
    let mut gates = sizes(&programs)?;
    gates.extend(round_trips(&programs).await?);
    let parties = Parties::start().await?.without_tls();
    gates.extend(peaks_and_calls(&parties, &programs).await?);
    let counted = match Machine::here() {
        Ok(machine) if options.update || known["machine"] == machine.json() => {
            gates.extend(instructions(&parties, &programs).await?);
            machine.json()
        }
        Ok(machine) => {
            println!(
                "skipped: instructions, which were counted by {} and here would be by {}",
                known["machine"],
                machine.json()
            );
            Value::Null
        }
        Err(reason) => {
            println!("skipped: instructions, as {reason}");
            Value::Null
        }
    };
    if options.update {
        let values = gates
            .iter()
            .map(|gate| (gate.name.clone(), gate.value.into()));
        let all = json!({"machine": counted, "values": values.collect::<Map<_, _>>()});
        let text = format!("{all:#}\n");
        fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    let mut are_kept = true;
    for gate in gates {
        let was = known["values"][&gate.name].as_u64();
        let is_kept =
            was.is_some_and(|was| gate.value.abs_diff(was) * 10_000 <= was * gate.tolerance);
        are_kept &= is_kept || options.update;
        let was = was.map_or("nothing".to_owned(), |was| was.to_string());
        let verdict = if is_kept { "" } else { "   CHANGED" };
        println!("{:<52}{:>10} was {was:>10}{verdict}", gate.name, gate.value);
    }
    if !are_kept {
        println!("\nIf that is meant: `make gates UPDATE=1`, and the reason into the commit.");
    }
    Ok(are_kept)
}

fn sizes(programs: &Path) -> Result<Vec<Gate>, String> {
    let mut gates = Vec::new();
    // Both kinds of run are of one program.
    let programs_once = Subject::deployed().into_iter();
    for subject in programs_once.filter(|subject| *subject != Subject::ReconcileBusy) {
        let size = size(&subject.program(programs)).map_err(|error| error.to_string())?;
        for (what, value) in [("bytes", size.binary), ("bytes deflated", size.zip)] {
            gates.push(Gate::new(subject.program_name(), what, value, SIZE));
        }
    }
    Ok(gates)
}

/// The fewest of some rounds: what else this machine does makes some longer, and none shorter.
async fn round_trips(programs: &Path) -> Result<Vec<Gate>, String> {
    let parties = Parties::start().await?;
    let mut gates = Vec::new();
    for (subject, [first, warm]) in
        invocation::far(&parties, &Subject::deployed(), programs).await?
    {
        for (which, trips) in [("the first", first), ("one after it", warm)] {
            let what = format!("round trips of {which}");
            gates.push(Gate::new(subject.name(), &what, trips.into(), EXACT));
        }
    }
    Ok(gates)
}

/// The least of some rounds: whatever else happens only adds to it.
async fn peaks_and_calls(parties: &Parties, programs: &Path) -> Result<Vec<Gate>, String> {
    let mut least = vec![(u64::MAX, u64::MAX); Subject::deployed().len()];
    for round in 1..=ROUNDS {
        eprintln!("memory, round {round} of {ROUNDS} ...");
        let samples = round::play(parties, &Subject::deployed(), programs, programs, ROUND).await?;
        for ((peak, calls), (_, sample)) in least.iter_mut().zip(samples) {
            *peak = sample.peak_kib.min(*peak);
            *calls = sample.calls.min(*calls);
        }
    }
    let gates = Subject::deployed().into_iter().zip(least);
    let gates = gates.flat_map(|(subject, (peak, calls))| {
        let all = match subject {
            Subject::ReconcileBusy => format!("calls of a run with {}", ROUND.open),
            _ => format!("calls of {}", ROUND.warm),
        };
        [
            Gate::new(subject.name(), "KiB at most", peak, PEAK),
            Gate::new(subject.name(), &all, calls, EXACT),
        ]
    });
    Ok(gates.collect())
}

async fn instructions(parties: &Parties, programs: &Path) -> Result<Vec<Gate>, String> {
    let few = callgrind::count(parties, &Subject::deployed(), programs, FEW).await?;
    let many = callgrind::count(parties, &Subject::deployed(), programs, MANY).await?;
    let mut gates = Vec::new();
    for (few, many) in few.into_iter().zip(many) {
        let work = many.work.saturating_sub(few.work).max(1);
        let each = many.instructions.saturating_sub(few.instructions) / work;
        let of = many.subject.name();
        gates.push(Gate::new(of, "instructions", each, INSTRUCTIONS));
    }
    Ok(gates)
}
