//! Thousands of orders through everything, at a set concurrency, beside tables of different sizes: what an order costs, and
//! whether everybody's books agree afterwards.

mod fleet;
mod story;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sandbox::random;
use serde_json::Value;
use tokio::time::Instant;

use crate::invocation::figures::{at, hundredths};
use crate::invocation::parties::Parties;
use crate::invocation::subject::{LATER_MS, Subject, scheduled};
use fleet::Fleet;
use story::Story;

/// In so many turns the tables take each other's place, so that what else the machine does falls on all of them alike.
const TURNS: usize = 10;

/// How much more an order may cost beside the largest table than beside the smallest, in hundredths.
const FLAT: u64 = 110;

/// From one run to the next: by then what a run has found and had no room to tell is due.
const AFTERWARDS_MS: i64 = 3 * 60_000;

/// How much is played.
#[derive(Args, Debug)]
pub struct Options {
    /// Orders beside each table
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(10..=100_000))]
    orders: u32,
    /// Orders at once
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=100))]
    clients: u32,
    /// Orders that a table holds already
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_values_t = [10, 1_000, 100_000])]
    tables: Vec<u32>,
    /// Where the built programs are [default: target/released]
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
}

/// A table with everything around it.
struct World {
    parties: Parties,
    fleet: Fleet,
    held: usize,
    played: Vec<(Story, String)>,
    took: Duration,
}

/// Plays and prints; whether all books agree, and an order costs the same beside every table.
pub async fn measure(options: Options) -> Result<bool, String> {
    let programs = options.programs.unwrap_or_else(crate::released);
    for subject in Subject::deployed() {
        crate::built(&subject.program(&programs))?;
    }
    let number = |number: u32| usize::try_from(number).map_err(|error| error.to_string());
    let (orders, clients) = (number(options.orders)?, number(options.clients)?);
    let mut worlds = Vec::new();
    for held in options.tables {
        eprintln!("a table of {held} orders ...");
        worlds.push(World::new(&programs, number(held)?).await?);
    }
    for turn in 1..=TURNS {
        eprintln!("turn {turn} of {TURNS} ...");
        for world in &mut worlds {
            world.play(orders / TURNS, clients).await?;
        }
    }
    let mut costs = Vec::new();
    let mut agree = true;
    for world in &mut worlds {
        let asked = world.reconcile().await?;
        costs.push(world.print(asked));
        for difference in world.differences() {
            agree = false;
            println!("DIFFERENCE: {difference}");
        }
    }
    let least = costs.iter().min().copied().unwrap_or_default();
    let most = costs.iter().max().copied().unwrap_or_default();
    let ratio = hundredths(most, least);
    println!(
        "\nThe dearest table to the cheapest, CPU time of an order: {}.{:02} (at most 1.10). {}",
        ratio / 100,
        ratio % 100,
        if agree {
            "All books agree."
        } else {
            "THE BOOKS DIFFER."
        }
    );
    Ok(agree && ratio <= FLAT)
}

impl World {
    /// A table that holds so many orders that are over: copies of one that was paid.
    async fn new(programs: &Path, held: usize) -> Result<Self, String> {
        let parties = Parties::start().await?;
        let fleet = Fleet::new(programs.to_owned(), parties.settings.clone());
        let id = Story::Paid.play(&parties, &fleet).await?;
        let item = parties.table.item(&id).ok_or("no order in the table")?;
        let text = item.to_string();
        let copy = |_| serde_json::from_str::<Value>(&text.replace(&id, &random::hex(30)));
        let copies: Result<Vec<Value>, _> = (0..held).map(copy).collect();
        parties
            .table
            .add(copies.map_err(|error| error.to_string())?);
        let fleet = Fleet::new(programs.to_owned(), parties.settings.clone());
        Ok(Self {
            parties,
            fleet,
            held,
            played: Vec::new(),
            took: Duration::ZERO,
        })
    }

    async fn play(&mut self, orders: usize, clients: usize) -> Result<(), String> {
        let began = Instant::now();
        let stories = (0..orders).map(Story::of).map(|story| {
            let (parties, fleet) = (&self.parties, &self.fleet);
            async move { story.play(parties, fleet).await.map(|id| (story, id)) }
        });
        let played: Vec<_> = stream::iter(stories)
            .buffer_unordered(clients)
            .try_collect()
            .await?;
        self.took += began.elapsed();
        self.played.extend(played);
        Ok(())
    }

    /// Runs until nothing is left to be asked or told; how many questions that were.
    async fn reconcile(&self) -> Result<u64, String> {
        let mut questions = 0;
        let mut ahead_ms = LATER_MS;
        for _ in 0..self.played.len() {
            let ran = self
                .fleet
                .invoke(Subject::ReconcileBusy, &scheduled(ahead_ms))
                .await?;
            ahead_ms += AFTERWARDS_MS;
            let number = |name: &str| ran[name].as_u64().unwrap_or_default();
            let [asked, confirmed] = [number("asked"), number("confirmed")];
            questions += asked;
            if asked + confirmed == 0 {
                return Ok(questions);
            }
        }
        Err("reconcile-orders comes to no end".to_owned())
    }

    /// Prints what the functions cost; the CPU time of an order.
    fn print(&self, asked: u64) -> Duration {
        let orders = u32::try_from(self.played.len()).unwrap_or(u32::MAX);
        let rate = u128::from(orders) * 1_000 / self.took.as_millis().max(1);
        println!(
            "\nBeside {} orders: {orders} in {} s, {rate} a second; {asked} were asked about.",
            self.held,
            self.took.as_secs()
        );
        println!(
            "{:<18}{:>12}{:>9}{:>9}{:>9}{:>9}",
            "µs", "invocations", "CPU", "p50", "p90", "p99"
        );
        let mut all = Duration::ZERO;
        for (name, costs) in self.fleet.costs() {
            let wall = |percent| at(costs.iter().map(|cost| cost.wall), percent).as_micros();
            let cpu: Duration = costs.iter().map(|cost| cost.cpu).sum();
            all += cpu;
            let each = cpu / u32::try_from(costs.len()).unwrap_or(u32::MAX).max(1);
            println!(
                "{name:<18}{:>12}{:>9}{:>9}{:>9}{:>9}",
                costs.len(),
                each.as_micros(),
                wall(50),
                wall(90),
                wall(99)
            );
        }
        all / orders.max(1)
    }

    fn differences(&self) -> Vec<String> {
        let own = self.played.iter();
        own.filter_map(|(story, id)| story.difference(&self.parties, id))
            .collect()
    }
}
