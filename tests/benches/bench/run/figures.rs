//! The figures, each measured by itself.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::bench::{Bench, Ran};
use super::others::Host;

/// A figure by the name that it is chosen by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Figure {
    Questions,
    Confirmations,
    Shards,
    Payment,
    Hosts,
}

/// A value that was measured; of a ratio, in hundredths.
pub struct Measured {
    pub value: u64,
    pub target: Target,
    /// What else was seen.
    pub remark: String,
}

/// What a value is to be.
#[derive(Clone, Copy)]
pub enum Target {
    /// A number, at least this.
    Number(u64),
    /// A ratio, at least this.
    RatioAtLeast(u64),
    /// A ratio, at most this.
    RatioAtMost(u64),
}

impl Figure {
    pub const ALL: [Self; 5] = [
        Self::Questions,
        Self::Confirmations,
        Self::Shards,
        Self::Payment,
        Self::Hosts,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::Questions => "questions in a run, every order waiting for its payer",
            Self::Confirmations => "confirmations in a run, every order owed",
            Self::Shards => "two runs on half the shards each, to one on all (median of 3)",
            Self::Payment => "finding a payment, LeadsCalendar hanging, to answering (median of 3)",
            Self::Hosts => "telling a host beside one that hangs, to alone (median of 3)",
        }
    }

    pub async fn measure(self, bench: &Bench) -> Result<Measured, String> {
        match self {
            Self::Questions => questions(bench).await,
            Self::Confirmations => confirmations(bench).await,
            Self::Shards => shards(bench).await,
            Self::Payment => payment(bench).await,
            Self::Hosts => hosts(bench).await,
        }
    }
}

/// What a whole run is to do: four times what it did while asking and telling waited for each other.
const QUESTIONS: u64 = 4 * 1_819;
const CONFIRMATIONS: u64 = 4 * 2_463;

/// Three times what is to be done, so that neither a run nor two beside each other end for lack of work.
fn plenty(bench: &Bench, target: u64) -> u64 {
    bench.scaled(3 * target).max(1_000)
}

/// What a run cost, for one of what it did.
fn remark(ran: &Ran, done: usize) -> String {
    let (secs, used_ms) = (ran.took.as_secs(), ran.used_ms);
    let each_us = used_ms * 1_000 / u64::try_from(done).unwrap_or(u64::MAX).max(1);
    format!(
        "{secs} s, {used_ms} ms of the processor, {each_us} µs each; {}",
        ran.summary
    )
}

fn number(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// `part` of `whole` in hundredths.
fn ratio(part: Duration, whole: Duration) -> u64 {
    let hundredths = part.as_millis() * 100 / whole.as_millis().max(1);
    u64::try_from(hundredths).unwrap_or(u64::MAX)
}

async fn questions(bench: &Bench) -> Result<Measured, String> {
    fill_with_pending(bench);
    let before = bench.binance.questions();
    let done = || bench.binance.questions() - before;
    let ran = bench.ready().await?.run(Bench::scheduled(), done).await?;
    Ok(Measured {
        value: number(done()),
        target: Target::Number(bench.scaled(QUESTIONS)),
        remark: remark(&ran, done()),
    })
}

fn fill_with_pending(bench: &Bench) {
    let orders = (0..plenty(bench, QUESTIONS)).map(|_| bench.orders.pending(0));
    bench.table.fill(orders);
}

async fn confirmations(bench: &Bench) -> Result<Measured, String> {
    let host = host(false).await?;
    let url = host.callback_url("127.0.0.1");
    let orders = (0..plenty(bench, CONFIRMATIONS)).map(|_| bench.orders.owed(&url, 0));
    bench.table.fill(orders);
    let ran = bench
        .ready()
        .await?
        .run(Bench::scheduled(), || host.accepted())
        .await?;
    Ok(Measured {
        value: number(host.accepted()),
        target: Target::Number(bench.scaled(CONFIRMATIONS)),
        remark: remark(&ran, host.accepted()),
    })
}

async fn host(hangs: bool) -> Result<Host, String> {
    Host::start(hangs).await.map_err(|error| error.to_string())
}

async fn shards(bench: &Bench) -> Result<Measured, String> {
    let mut ratios = Vec::new();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let one = asked_by(bench, &[Bench::scheduled()]).await?;
        let halves = [
            json!({"shards": [0, 1, 2, 3]}),
            json!({"shards": [4, 5, 6, 7]}),
        ];
        let two = asked_by(bench, &halves).await?;
        seen.push(format!("{one} and {two}"));
        ratios.push(number(two * 100 / one.max(1)));
    }
    Ok(Measured {
        value: median(ratios),
        target: Target::RatioAtLeast(160),
        remark: seen.join(", "),
    })
}

/// Questions that runs with these events ask at the same time.
async fn asked_by(bench: &Bench, events: &[Value]) -> Result<usize, String> {
    fill_with_pending(bench);
    let before = bench.binance.questions();
    let done = || bench.binance.questions() - before;
    let runs = events.iter().map(async |event| {
        let run = bench.ready().await?;
        run.run(event.clone(), done).await
    });
    for ran in join_all(runs).await {
        ran?;
    }
    Ok(done())
}

/// A thousand confirmations are due, and after them an order whose payment nobody told us of.
async fn payment(bench: &Bench) -> Result<Measured, String> {
    compared(bench, Target::RatioAtMost(120), async |bench, hangs| {
        let host = host(hangs).await?;
        let url = host.callback_url("127.0.0.1");
        let paid = bench.orders.pending(1_000);
        let id = paid["orderId"]["S"].as_str().unwrap_or_default().to_owned();
        bench.binance.pay(format!("{id}01"));
        let owed = (0..1_000).map(|_| bench.orders.owed(&url, 0));
        bench.table.fill(owed.chain([paid]));
        let found = async {
            while bench
                .table
                .item(&id)
                .is_none_or(|item| item["status"]["S"] != "PAID")
            {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        until(bench, found, || host.accepted()).await
    })
    .await
}

/// 500 confirmations of one host, with 50 of one that hangs strewn in, or without.
async fn hosts(bench: &Bench) -> Result<Measured, String> {
    compared(bench, Target::RatioAtMost(120), async |bench, hangs| {
        let [healthy, hanging] = [host(false).await?, host(true).await?];
        let [url, hung] = [
            healthy.callback_url("localhost"),
            hanging.callback_url("127.0.0.1"),
        ];
        let owed = (0..500).map(|nth| bench.orders.owed(&url, nth * 10));
        let stuck = (0..50).filter(|_| hangs);
        let stuck = stuck.map(|nth| bench.orders.owed(&hung, nth * 100));
        bench.table.fill(owed.chain(stuck));
        let told = healthy.has_accepted(500);
        until(bench, told, || healthy.accepted()).await
    })
    .await
}

/// The ratio of a time with something that hangs to the time without, the median of three.
async fn compared(
    bench: &Bench,
    target: Target,
    measure: impl AsyncFn(&Bench, bool) -> Result<Duration, String>,
) -> Result<Measured, String> {
    let (mut ratios, mut seen) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let [with, without] = [measure(bench, true).await?, measure(bench, false).await?];
        seen.push(format!(
            "{} ms to {}",
            with.as_millis(),
            without.as_millis()
        ));
        ratios.push(ratio(with, without));
    }
    Ok(Measured {
        value: median(ratios),
        target,
        remark: seen.join(", "),
    })
}

/// How long a run takes until something has happened; it is ended then.
async fn until(
    bench: &Bench,
    happened: impl Future<Output = ()>,
    count: impl Fn() -> usize,
) -> Result<Duration, String> {
    let run = bench.ready().await?;
    let began = Instant::now();
    tokio::select! {
        () = happened => Ok(began.elapsed()),
        ran = run.run(Bench::scheduled(), count) => Err(format!("the run ended before: {}", ran?.summary)),
    }
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}
