//! How much reconcile-orders does in a run, with what Lambda gives it: 0.145 processors and 55 s. Everything around it is
//! played on this machine, at an ordinary day's speed.

mod bench;
mod cgroup;
mod figures;
mod orders;
mod others;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bench::Bench;
use cgroup::Share;
use figures::{Figure, Measured, Target};

/// What Lambda gives a run, as in `template.yaml`.
const WHOLE_RUN_SECS: u64 = 55;

const HELP: &str = "\
Measures how much reconcile-orders, built for release, does in a run when it is held to 0.145 processors.
Exits with 1 if a target is missed. `make bench` builds what it needs.

Usage: make bench [BENCH='OPTIONS'], or cargo bench --bench reconcile --profile dev -- OPTIONS
  --figure NAME     only this one: questions, confirmations, shards, payment, hosts; may be repeated
  --run-secs N      shorter runs, with targets in proportion (default 55)
  --program PATH    another reconcile-orders than target/release/reconcile-orders
  --help            this text
";

struct Options {
    figures: Vec<Figure>,
    run_secs: u64,
    program: PathBuf,
}

impl Options {
    /// Reads the arguments; none if help is asked for.
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let built = Path::new(env!("CARGO_BIN_EXE_sandbox")).parent();
        let target = built.and_then(Path::parent).unwrap_or(Path::new(""));
        let mut options = Self {
            figures: Vec::new(),
            run_secs: WHOLE_RUN_SECS,
            program: target.join("release").join("reconcile-orders"),
        };
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{name} needs a value"));
            match name.as_str() {
                // Cargo's own.
                "--bench" => {}
                "--help" => return Ok(None),
                "--program" => options.program = value()?.into(),
                "--run-secs" => {
                    let secs = value()?
                        .parse()
                        .ok()
                        .filter(|secs| (1..=900).contains(secs));
                    options.run_secs = secs.ok_or("--run-secs is a whole number, 1 to 900")?;
                }
                "--figure" => {
                    let name = value()?;
                    let figure = Figure::ALL.into_iter().find(|figure| figure.name() == name);
                    options
                        .figures
                        .push(figure.ok_or(format!("there is no figure {name}"))?);
                }
                _ => return Err(format!("{name} is not known; --help tells what is")),
            }
        }
        if options.figures.is_empty() {
            options.figures = Figure::ALL.to_vec();
        }
        if options.program.is_file() {
            Ok(Some(options))
        } else {
            let program = options.program.display();
            Err(format!("{program} is not there: `make bench` builds it"))
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => return failed(&problem),
    };
    if let Err(reason) = Share::new() {
        println!("skipped: {reason}");
        return ExitCode::SUCCESS;
    }
    match measure(options).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => failed(&problem),
    }
}

fn failed(problem: &str) -> ExitCode {
    eprintln!("bench: {problem}");
    ExitCode::FAILURE
}

/// Measures and prints; whether every target is met.
async fn measure(options: Options) -> Result<bool, String> {
    let bench = Bench::start(options.program, options.run_secs).await?;
    let mut are_met = true;
    let mut table = Vec::new();
    for figure in options.figures {
        eprintln!("{} ...", figure.title());
        let (measured, remark) = match figure.measure(&bench).await {
            Ok(measured) => {
                are_met &= measured.is_met();
                (measured.to_string(), measured.remark)
            }
            Err(problem) => {
                are_met = false;
                ("not measured".to_owned(), problem)
            }
        };
        eprintln!("  {measured}: {remark}");
        table.push(format!("{:<70} {measured}", figure.title()));
    }
    println!(
        "\nRuns of {} s on 0.145 processors; Binance answers in 150 ms, LeadsCalendar in 100 ms, DynamoDB from memory. \
         All speak plain HTTP, so that TLS is in none of the figures.\n",
        options.run_secs
    );
    println!("{}", table.join("\n"));
    Ok(are_met)
}

impl Measured {
    fn is_met(&self) -> bool {
        match self.target {
            Target::Number(least) | Target::RatioAtLeast(least) => self.value >= least,
            Target::RatioAtMost(most) => self.value <= most,
        }
    }
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hundredths = |value: u64| format!("{}.{:02}", value / 100, value % 100);
        let (value, target) = match self.target {
            Target::Number(least) => (self.value.to_string(), format!("at least {least}")),
            Target::RatioAtLeast(least) => (
                hundredths(self.value),
                format!("at least {}", hundredths(least)),
            ),
            Target::RatioAtMost(most) => (
                hundredths(self.value),
                format!("at most {}", hundredths(most)),
            ),
        };
        let verdict = if self.is_met() { "met" } else { "MISSED" };
        write!(f, "{value:>7}   {target:<16} {verdict}")
    }
}
