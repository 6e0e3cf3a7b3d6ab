//! How much reconcile-orders does in a run, with what Lambda gives it: 0.145 processors and 55 s. Everything around it is
//! played on this machine, at an ordinary day's speed.

mod bench;
mod figures;
mod others;

use std::path::PathBuf;

use clap::Args;
use sandbox::lambda;

use crate::cgroup::Share;
use bench::Bench;
use figures::{Figure, Measured, Target};

/// What Lambda gives a run, as in `template.yaml`.
const WHOLE_RUN_SECS: u64 = 55;

/// What to measure.
#[derive(Args, Debug)]
pub struct Options {
    /// Only this figure; may be repeated
    #[arg(long = "figure", value_name = "NAME", value_enum)]
    figures: Vec<Figure>,
    /// Shorter runs, with targets in proportion
    #[arg(long, value_name = "N", default_value_t = WHOLE_RUN_SECS, value_parser = clap::value_parser!(u64).range(1..=900))]
    run_secs: u64,
    /// Another reconcile-orders than that of target/released
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,
}

/// Measures and prints; whether every target is met.
pub async fn measure(options: Options) -> Result<bool, String> {
    if let Err(reason) = Share::new() {
        println!("skipped: {reason}");
        return Ok(true);
    }
    let program = options
        .program
        .unwrap_or_else(|| lambda::program(&crate::released(), "reconcile-orders"));
    crate::built(&program)?;
    let figures = match options.figures {
        none if none.is_empty() => Figure::ALL.to_vec(),
        some => some,
    };
    let bench = Bench::start(program, options.run_secs).await?;
    let mut are_met = true;
    let mut table = Vec::new();
    for figure in figures {
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
