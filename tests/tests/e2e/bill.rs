//! What DESIGN.md says in dollars, computed anew: from its own counts and prices, and from template.yaml.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use sandbox::template::template;
use serde_json::Value;

use crate::costs::COUNTED;
use crate::design::{Table, section, table};
use crate::log::Log;
use crate::world::World;

/// The headings of the tables' first columns.
const PRICES: &str = "price";
const MILLION: &str = "a million";
const MONTHLY: &str = "every month";
/// Runs of `reconcile-orders` in a month of 730 hours, where one a minute does all.
const RUNS: u32 = 43_800;
/// What a month may cost without any order, in dollars.
const IDLE_LIMIT: Decimal = Decimal::from_parts(6, 0, 0, false, 0);

/// What is counted, and what it costs.
struct Bill {
    counts: Table,
    prices: Table,
    /// Of a function, in GB.
    memory: Decimal,
}

impl Bill {
    fn read() -> Self {
        let template = template().unwrap();
        let memory = template["Globals"]["Function"]["MemorySize"].as_u64();
        Self {
            counts: table(COUNTED),
            prices: table(PRICES),
            memory: Decimal::from(memory.unwrap()) / Decimal::from(1_024),
        }
    }

    fn price(&self, name: &str) -> Decimal {
        self.prices.number(name, "USD")
    }

    fn count(&self, row: &str, column: &str) -> Decimal {
        self.counts.number(row, column)
    }

    /// A million of what `column` counts: rows of the table, in dollars.
    fn of_a_million(&self, column: &str) -> Vec<(&'static str, Decimal)> {
        let count = |row| self.count(row, column);
        let seconds = count("ms of Lambda, assumed") / Decimal::ONE_THOUSAND;
        let units = count("write units, table") + count("write units, indexes");
        let bytes = count("log bytes, at most")
            + count("log bytes of the API, at most")
            + count("log bytes of Lambda, assumed");
        // Bytes of one are MB of a million.
        let gb = |bytes: Decimal| bytes / Decimal::ONE_THOUSAND;
        let kept = self.price("GB of the table, a month") + self.price("GB of recovery, a month");
        let mut rows = vec![
            ("API", count("API requests") * self.price("API requests")),
            (
                "Lambda",
                count("invocations") * self.price("invocations")
                    + seconds * self.memory * self.price("GB-seconds"),
            ),
            ("writes", units * self.price("write units")),
            ("reads", count("read units") * self.price("read units")),
            ("logs", gb(bytes) * self.price("GB of log")),
        ];
        let sum = rows.iter().map(|(_, dollars)| *dollars).sum();
        rows.push(("sum", sum));
        rows.push((
            "keeping them, a month",
            gb(count("bytes kept, at most")) * kept,
        ));
        rows
    }

    /// What a month costs without any order: row, number, and dollars.
    fn of_a_month(&self, alarm_metrics: usize, run_metrics: usize) -> Vec<(&'static str, Decimal)> {
        let number = |number: usize| Decimal::from(number);
        let run = self.of_a_million("idle run");
        let of_runs = |row| {
            let found = run.iter().find(|(name, _)| *name == row);
            found.unwrap().1 * Decimal::from(RUNS) / Decimal::from(1_000_000)
        };
        let readings = table(MONTHLY).number("readings of a secret", "number");
        let secrets = resources("AWS::SecretsManager::Secret").len();
        let dashboards = resources("AWS::CloudWatch::Dashboard").len();
        vec![
            (
                "alarms, by their metrics",
                number(alarm_metrics) * self.price("alarms, each metric"),
            ),
            (
                "metrics of every hour",
                number(run_metrics) * self.price("metrics of our own"),
            ),
            (
                "dashboards",
                number(dashboards) * self.price("dashboards, up to three"),
            ),
            ("secrets", number(secrets) * self.price("secrets")),
            (
                "readings of a secret",
                readings * self.price("readings of a secret") / Decimal::from(1_000_000),
            ),
            ("runs, Lambda", of_runs("Lambda")),
            ("runs, reads", of_runs("reads")),
            ("runs, logs", of_runs("logs")),
        ]
    }
}

/// The properties of all resources of a type.
fn resources(kind: &str) -> Vec<Value> {
    let template = template().unwrap();
    let resources = template["Resources"].as_object().unwrap().values();
    let of_kind = resources.filter(|resource| resource["Type"] == kind);
    of_kind
        .map(|resource| resource["Properties"].clone())
        .collect()
}

/// An alarm is paid for by the metrics that it looks at.
fn alarm_metrics() -> usize {
    let is_metric = |metric: &&Value| {
        // One that is there only without a share for the callback is there by default.
        let without_share = &metric["Fn::If"][2];
        !metric["MetricStat"].is_null() || !without_share["MetricStat"].is_null()
    };
    let of_alarm = |alarm: &Value| match alarm["Metrics"].as_array() {
        None => 1,
        Some(metrics) => metrics.iter().filter(is_metric).count(),
    };
    resources("AWS::CloudWatch::Alarm")
        .iter()
        .map(of_alarm)
        .sum()
}

/// The metrics that are written every hour while nothing happens: by each run, and by those that look at Binance.
async fn run_metrics() -> usize {
    let (world, log) = (World::start().await, Log::start());
    // The first looks at Binance.
    for _ in 0..2 {
        world.functions.reconcile(world.schedule()).await.unwrap();
    }
    let lines = log.lines();
    let metrics = lines
        .iter()
        .filter_map(|line| line["_aws"]["CloudWatchMetrics"].as_array())
        .flatten()
        .filter_map(|directive| directive["Metrics"].as_array());
    let names: BTreeSet<_> = metrics
        .flatten()
        .map(|metric| metric["Name"].as_str().unwrap())
        .collect();
    names.len()
}

/// Compares a column of dollars with what was computed, to the cent.
fn assert_dollars(said: &Table, column: &str, computed: &[(&'static str, Decimal)]) {
    let wrong: Vec<_> = computed
        .iter()
        .map(|(row, dollars)| (*row, said.number(row, column), dollars.round_dp(2)))
        .filter(|(_, said, dollars)| said != dollars)
        .collect();
    assert!(
        wrong.is_empty(),
        "{column}: row, what DESIGN.md says, what it is: {wrong:#?}"
    );
}

#[test]
fn price_of_a_million_is_what_its_counts_cost() {
    let (bill, said) = (Bill::read(), table(MILLION));
    for column in ["paid", "expired", "GET", "refused"] {
        let computed = bill.of_a_million(column);
        assert_eq!(said.rows().len(), computed.len());
        assert_dollars(&said, column, &computed);
    }
}

#[tokio::test]
async fn month_without_orders_costs_what_it_says_and_no_more_than_six_dollars() {
    let (bill, said) = (Bill::read(), table(MONTHLY));
    let (alarm_metrics, run_metrics) = (alarm_metrics(), run_metrics().await);

    let numbers = [
        ("alarms, by their metrics", alarm_metrics),
        ("metrics of every hour", run_metrics),
        ("dashboards", resources("AWS::CloudWatch::Dashboard").len()),
        ("secrets", resources("AWS::SecretsManager::Secret").len()),
    ];
    for (row, number) in numbers {
        assert_eq!(said.number(row, "number"), Decimal::from(number), "{row}");
    }
    let mut computed = bill.of_a_month(alarm_metrics, run_metrics);
    let sum: Decimal = computed.iter().map(|(_, dollars)| *dollars).sum();
    computed.push(("sum", sum));
    assert_eq!(said.rows().len(), computed.len());
    assert_dollars(&said, "USD", &computed);
    assert!(sum <= IDLE_LIMIT, "{sum}");
}

#[test]
fn flood_for_a_day_costs_what_the_design_says() {
    let bill = Bill::read();
    let template = template().unwrap();
    let stage = &template["Resources"]["ApiStage"]["Properties"]["RouteSettings"];
    let rate = |settings: &Value| {
        let limit = &settings["ThrottlingRateLimit"];
        let parameter = limit["Ref"].as_str().unwrap_or_default();
        let default = &template["Parameters"][parameter]["Default"];
        limit.as_u64().or(default.as_u64()).unwrap()
    };
    let a_second: u64 = stage.as_object().unwrap().values().map(rate).sum();
    let millions = Decimal::from(a_second * 86_400) / Decimal::from(1_000_000);
    let of_a_million = bill.of_a_million("refused");
    let (_, sum) = of_a_million.iter().find(|(row, _)| *row == "sum").unwrap();

    let dollars = (millions * sum).round_dp(0);
    let said = format!("{a_second} a second, {millions} million a day: {dollars} USD");
    let words: Vec<_> = section().split_whitespace().collect();
    assert!(words.join(" ").contains(&said), "{said}");
}
