//! What every figure needs: the sandbox, the table, Binance, the orders, and runs of the function in its share of a
//! processor.

use std::convert::Infallible;
use std::path::PathBuf;
use std::time::Duration;

use sandbox::lambda::{Function, Outcome};
use sandbox::{Options, Sandbox, clock};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::cgroup::{Share, used_ms};
use crate::orders::{self, Orders};
use crate::table::Table;

use super::others::Binance;

/// The bench, with everything that the function talks to running.
pub struct Bench {
    pub orders: Orders,
    pub table: Table,
    pub binance: Binance,
    pub run_secs: u64,
    settings: Vec<(String, String)>,
    program: PathBuf,
    _sandbox: Sandbox,
}

/// A run that has ended.
pub struct Ran {
    /// What it said of itself.
    pub summary: Value,
    /// What it used of the processor.
    pub used_ms: u64,
    pub took: Duration,
}

impl Bench {
    pub async fn start(program: PathBuf, run_secs: u64) -> Result<Self, String> {
        let explain = |error: std::io::Error| error.to_string();
        let sandbox = Sandbox::start(Options::default()).await?;
        let table = Table::start(&[]).await.map_err(explain)?;
        let orders = Orders::make(&sandbox, &table, &program).await?;
        let binance = Binance::start(orders.terms(), &sandbox)
            .await
            .map_err(explain)?;
        let mut settings = orders::settings(&sandbox, &table);
        orders::replace(&mut settings, "BINANCE_BASE_URL", binance.url());
        Ok(Self {
            orders,
            table,
            binance,
            run_secs,
            settings,
            program,
            _sandbox: sandbox,
        })
    }

    /// As many of a whole run's as a run of `run_secs` has time for.
    pub fn scaled(&self, number: u64) -> u64 {
        number * self.run_secs / super::WHOLE_RUN_SECS
    }

    /// The event of the schedule.
    pub fn scheduled() -> Value {
        json!({"time": clock::rfc3339(clock::now_ms())})
    }

    /// A process that is ready for its run, held to its share from here on: init has a whole processor.
    pub async fn ready(&self) -> Result<Ready, String> {
        let function = orders::start(&self.program, &self.settings).await?;
        let share = Share::new()?;
        let held = share.hold(function.pid());
        held.map_err(|error| format!("the function cannot be held to its share: {error}"))?;
        let limit = Duration::from_secs(self.run_secs);
        Ok(Ready {
            function,
            limit,
            _share: share,
        })
    }
}

/// A process that waits for its run.
pub struct Ready {
    function: Function,
    limit: Duration,
    // Goes last: it must be empty then.
    _share: Share,
}

impl Ready {
    /// One run with `event`; `count` tells those who wait how far it is.
    pub async fn run(&self, event: Value, count: impl Fn() -> usize) -> Result<Ran, String> {
        let (pid, began) = (self.function.pid(), Instant::now());
        let used = || used_ms(pid).unwrap_or_default();
        let used_before_ms = used();
        let outcome = tokio::select! {
            outcome = self.function.invoke(event.to_string(), self.limit) => outcome,
            never = tell(began, self.limit, count) => match never {},
        };
        let Outcome::Answered(summary) = outcome else {
            let log = self.function.log();
            let last = log.last().map(String::as_str).unwrap_or_default();
            return Err(format!(
                "the run ended with {outcome:?}, and the function's last line is {last}"
            ));
        };
        Ok(Ran {
            summary,
            used_ms: used().saturating_sub(used_before_ms),
            took: began.elapsed(),
        })
    }
}

async fn tell(began: Instant, limit: Duration, count: impl Fn() -> usize) -> Infallible {
    loop {
        tokio::time::sleep(Duration::from_secs(10)).await;
        let (secs, of) = (began.elapsed().as_secs(), limit.as_secs());
        eprintln!("  {secs} s of {of}: {}", count());
    }
}
