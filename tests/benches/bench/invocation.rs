//! What an invocation costs: each function as Lambda runs it, beside an echo that does nothing.

pub mod figures;
mod front;
mod goals;
pub mod parties;
pub mod round;
pub mod subject;
mod usage;

use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value, json};

use figures::Row;
use goals::GOALS;
use parties::Parties;
use round::{Sample, Size};
use subject::Subject;

/// How much is played.
#[derive(Args, Debug)]
pub struct Options {
    /// Rounds; each plays every function once
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: u32,
    /// Invocations of each function in a round after the first
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    warm: u32,
    /// Orders of a busy run of reconcile-orders
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=2_000))]
    open: u32,
    /// Where the built programs are [default: target/release]
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
    /// Print JSON only
    #[arg(long)]
    json: bool,
}

/// Measures and prints.
pub async fn measure(options: Options) -> Result<(), String> {
    let programs = options.programs.unwrap_or_else(crate::release);
    for subject in Subject::ALL {
        crate::built(&subject.program(&programs))?;
    }
    let parties = Parties::start().await?;
    let mut samples: Vec<(Subject, Sample)> = Vec::new();
    let number = |number: u32| usize::try_from(number).map_err(|error| error.to_string());
    let size = Size {
        warm: number(options.warm)?,
        open: number(options.open)?,
    };
    for round in 1..=options.rounds {
        eprintln!("round {round} of {} ...", options.rounds);
        samples.extend(round::play(&parties, &Subject::ALL, &programs, &programs, size).await?);
    }
    let mut rows = Vec::new();
    for subject in Subject::ALL {
        let own = samples.iter().filter(|(of, _)| *of == subject);
        let own: Vec<&Sample> = own.map(|(_, sample)| sample).collect();
        rows.push(Row::new(subject, &own, &subject.program(&programs))?);
    }
    if !options.json {
        print_table(&rows);
        print_goals(&rows);
    }
    println!("{}", json(&rows));
    Ok(())
}

fn print_table(rows: &[Row]) {
    println!(
        "\nEach beside the echo (E), in turn, on this machine's processor; everybody they talk to answers at once, over TLS.\n\
         Times in µs, medians; p50 to p99 by the clock. est128: a cold start with 128 MB. Sizes in KiB.\n"
    );
    println!(
        "{:<27}{:>9}{:>9}{:>9}{:>9}{:>9}{:>7}{:>7}{:>7}{:>7}{:>7}{:>8}{:>7}{:>8}{:>7}{:>7}",
        "",
        "init CPU",
        "init",
        "1st CPU",
        "1st",
        "est128",
        "E",
        "CPU",
        "E",
        "p50",
        "p90",
        "p99",
        "memory",
        "E",
        "binary",
        "zip"
    );
    let Some(echo) = rows.first() else { return };
    for row in rows {
        let us = |time: std::time::Duration| time.as_micros();
        println!(
            "{:<27}{:>9}{:>9}{:>9}{:>9}{:>9}{:>7}{:>7}{:>7}{:>7}{:>7}{:>8}{:>7}{:>8}{:>7}{:>7}",
            row.subject.name(),
            us(row.init.cpu),
            us(row.init.wall),
            us(row.first.cpu),
            us(row.first.wall),
            us(row.est128),
            decimal(figures::hundredths(row.est128, echo.est128)),
            us(row.warm_cpu),
            decimal(figures::hundredths(row.warm_cpu, echo.warm_cpu)),
            us(row.warm[0]),
            us(row.warm[1]),
            us(row.warm[2]),
            row.peak_kib,
            decimal(row.peak_kib * 100 / echo.peak_kib.max(1)),
            row.size.binary / 1024,
            row.size.zip / 1024,
        );
    }
}

fn print_goals(rows: &[Row]) {
    println!(
        "\n{:<46}{:>9}{:>9}{:>12}",
        "in E", "measured", "to reach", "to strive for"
    );
    for goal in GOALS {
        let Some(value) = goal.value(rows) else {
            continue;
        };
        let verdict = match value {
            value if value <= goal.strive_for => "",
            value if value <= goal.reach => "   reached",
            _ => "   MISSED",
        };
        let [value, reach, strive_for] = [value, goal.reach, goal.strive_for].map(decimal);
        println!(
            "{:<46}{value:>9}{reach:>9}{strive_for:>12}{verdict}",
            goal.name
        );
    }
    println!();
}

fn decimal(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn json(rows: &[Row]) -> Value {
    let Some(echo) = rows.first() else {
        return Value::Null;
    };
    let of = |row: &Row| (row.subject.name().to_owned(), row.json(echo));
    json!({ "subjects": rows.iter().map(of).collect::<Map<_, _>>() })
}
