//! What an invocation costs: each function as Lambda runs it, beside an echo that does nothing.

mod distance;
pub mod figures;
pub mod file;
mod front;
mod goals;
pub mod parties;
mod peers;
mod print;
pub mod round;
pub mod subject;
mod usage;
// As the suite counts them.
#[path = "../../tests/round_trips/ways.rs"]
mod ways;

use std::path::{Path, PathBuf};

use clap::Args;

use figures::Row;
use parties::Parties;
use peers::Peers;
use round::{Sample, Size};
use subject::Subject;

/// Rounds with everybody far away, and the invocations after the first in them: what else this machine does makes some longer,
/// and none shorter.
const FAR_ROUNDS: u32 = 4;
const FAR: Size = Size { warm: 4, open: 0 };

/// How much is played.
#[derive(Args, Debug)]
pub struct Options {
    /// Rounds; each plays every function once
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: u32,
    /// Invocations of each function in a round after the first
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    warm: u32,
    /// Orders of a busy run of reconcile-orders
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=2_000))]
    open: u32,
    /// Where the built programs are [default: target/released]
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
    /// Where the same are built for arm64, whose sizes are told as well (`make bench ARM64=1`)
    #[arg(long, value_name = "FOLDER")]
    arm64: Option<PathBuf>,
    /// Measure the work of create-order in Python and Node, too (`make bench PEERS=1`; another minute)
    #[arg(long)]
    peers: bool,
    /// Print JSON only
    #[arg(long)]
    json: bool,
}

/// Measures and prints.
pub async fn measure(options: Options) -> Result<(), String> {
    let programs = options.programs.unwrap_or_else(crate::released);
    for subject in Subject::ALL {
        crate::built(&subject.program(&programs))?;
    }
    let mut parties = Parties::start().await?;
    let mut subjects = Subject::ALL.to_vec();
    if options.peers {
        parties.peers = Some(Peers::new(&parties.root)?);
        subjects.extend(Subject::PEERS);
    }
    // Before anything is played: a file may be missing.
    let arm64 = options.arm64.as_deref();
    let sizes = subjects.iter().map(|it| sizes(*it, &programs, arm64));
    let sizes = sizes.collect::<Result<Vec<_>, _>>()?;
    let number = |number: u32| usize::try_from(number).map_err(|error| error.to_string());
    let size = Size {
        warm: number(options.warm)?,
        open: number(options.open)?,
    };
    let mut samples = Vec::new();
    for round in 1..=options.rounds {
        eprintln!("round {round} of {} ...", options.rounds);
        samples.extend(round::play(&parties, &subjects, &programs, &programs, size).await?);
    }
    let far = far(&parties, &subjects, &programs).await?;
    let rows = subjects.into_iter().zip(sizes).map(|(subject, sizes)| {
        let round_trips = far.iter().find(|(of, _)| *of == subject);
        let round_trips = round_trips.map(|(_, round_trips)| *round_trips);
        Row::new(subject, &of(subject, &samples), round_trips, sizes)
    });
    let rows: Vec<Row> = rows.collect();
    if !options.json {
        print::table(&rows);
        print::goals(&rows);
    }
    println!("{}", print::json(&rows));
    Ok(())
}

/// The round trips of each subject's first invocation, and of one after it.
pub async fn far(
    parties: &Parties,
    subjects: &[Subject],
    programs: &Path,
) -> Result<Vec<(Subject, [u32; 2])>, String> {
    // Of an order among many nobody waits for a round trip alone.
    let mut one_by_one = subjects.to_vec();
    one_by_one.retain(|subject| *subject != Subject::ReconcileBusy);
    let mut samples = Vec::new();
    for round in 1..=FAR_ROUNDS {
        eprintln!("everybody far away, round {round} of {FAR_ROUNDS} ...");
        samples.extend(round::play_far(parties, &one_by_one, programs, FAR).await?);
    }
    let round_trips = |subject| Some((subject, figures::round_trips(&of(subject, &samples))?));
    Ok(one_by_one.into_iter().filter_map(round_trips).collect())
}

/// A subject's own.
fn of(subject: Subject, samples: &[(Subject, Sample)]) -> Vec<&Sample> {
    let own = samples.iter().filter(|(of, _)| *of == subject);
    own.map(|(_, sample)| sample).collect()
}

/// What a subject weighs here, and a function of ours for arm64.
fn sizes(
    subject: Subject,
    programs: &Path,
    arm64: Option<&Path>,
) -> Result<(file::Size, Option<file::Size>), String> {
    let files = subject.files(programs).map_err(|error| error.to_string())?;
    let here = file::size_of_all(&files)?;
    let arm64 = arm64.filter(|_| subject.is_deployed());
    let arm64 = arm64.map(|programs| {
        let program = subject.program(programs);
        crate::there(&program, "`make bench ARM64=1`")?;
        file::size_for_arm64(&program)
    });
    Ok((here, arm64.transpose()?))
}
