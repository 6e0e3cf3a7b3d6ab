//! What the built functions cost, and how much they do, on this machine: everything around them is played.

mod cgroup;
mod gates;
mod invocation;
mod load;
mod orders;
mod run;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Measures the functions as they are built for release. `make bench` and `make runs` build what they need.
///
/// Exits with 1 if the books differ, a gate has changed, or a run does less than it is to do.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Arguments {
    #[command(subcommand)]
    figures: Figures,
}

/// What to measure.
#[derive(Debug, Subcommand)]
enum Figures {
    /// What an invocation of each function costs, in multiples of an echo's, and its round trips (two minutes)
    Invocations(invocation::Options),
    /// What noise cannot move, compared with tests/benches/gates.json (a minute)
    Gates(gates::Options),
    /// Thousands of orders through everything at once, beside tables of different sizes
    Load(load::Options),
    /// How much reconcile-orders does in a run, held to what Lambda gives it (twenty minutes)
    Runs(run::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    // Cargo adds an option of its own.
    let arguments =
        Arguments::parse_from(std::env::args().filter(|argument| argument != "--bench"));
    let measured = match arguments.figures {
        Figures::Invocations(options) => invocation::measure(options).await.map(|()| true),
        Figures::Gates(options) => gates::measure(options).await,
        Figures::Load(options) => load::measure(options).await,
        Figures::Runs(options) => run::measure(options).await,
    };
    match measured {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("bench: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Where the functions are that were built for this machine as they are deployed.
fn released() -> PathBuf {
    let built = Path::new(env!("CARGO_BIN_EXE_sandbox")).parent();
    let target = built.and_then(Path::parent).unwrap_or(Path::new(""));
    target.join("released")
}

/// Says which program is missing.
fn built(program: &Path) -> Result<(), String> {
    there(program, "`make bench`")
}

/// Says which file is missing, and by what it is made.
fn there(file: &Path, maker: &str) -> Result<(), String> {
    if file.is_file() {
        return Ok(());
    }
    Err(format!("{} is not there: {maker} makes it", file.display()))
}
