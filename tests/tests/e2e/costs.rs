//! What one order costs, counted over its whole life, and what a run costs that has nothing to do; held against the table
//! in DESIGN.md.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sandbox::dynamodb::{StoreCall, Units};
use sandbox::template::template;
use serde_json::Value;
use tracing::Instrument as _;

use crate::design;
use crate::log::Log;
use crate::reconcile::MINUTE;
use crate::signed::{Opened, open, pay};
use crate::table;
use crate::world::World;

/// The heading of the table's first column.
pub const COUNTED: &str = "counted";
/// What CloudWatch Logs counts with each line, in bytes.
const LINE_BYTES: usize = 26;
/// An upper bound is as good as it is low: the part of it that at least is there.
const BOUND_IS_USED: Decimal = Decimal::from_parts(70, 0, 0, false, 2);

/// How much, by the name of the table's row.
type Cost = BTreeMap<&'static str, Decimal>;

/// A world in which everything is counted.
struct Counted {
    world: World,
    log: Log,
    runs: usize,
}

impl Counted {
    /// All that is done once is done: the certificates are known, and Binance was looked at.
    async fn start() -> Self {
        let world = World::start().await;
        let mut counted = Self {
            world,
            log: Log::start(),
            runs: 0,
        };
        let order = open(&counted.world).await;
        pay(&counted.world, &order).await;
        counted.run().await;
        // So that no run is about it.
        table::delete(&counted.world, &order.id).await;
        counted
    }

    /// One run of the schedule, as its process would log it.
    async fn run(&mut self) {
        self.runs += 1;
        let invocation = shared::log::invocation("00000000-0000-4000-8000-000000000000");
        let run = self.world.functions.reconcile(self.world.schedule());
        run.instrument(invocation).await.unwrap();
    }

    /// All that was paid for since the start.
    fn cost(&self) -> Cost {
        let (world, requests) = (&self.world, self.world.functions.invocations());
        let (writes, reads): (Vec<_>, Vec<_>) = world
            .sandbox
            .dynamodb()
            .calls()
            .into_iter()
            .filter(|call| call.operation != "DeleteItem")
            .partition(|call| call.operation == "PutItem");
        let (written, read) = (units(&writes), units(&reads));
        let whole = |number: usize| Decimal::from(number);
        Cost::from([
            ("API requests", Decimal::from(requests)),
            ("invocations", Decimal::from(requests) + whole(self.runs)),
            (
                "calls of Binance",
                whole(world.sandbox.binance().calls().len()),
            ),
            (
                "confirmations",
                whole(world.sandbox.leadscalendar().confirmations().len()),
            ),
            ("writes", whole(writes.len())),
            ("write units, table", halves(written.table_halves)),
            ("write units, indexes", halves(written.index_halves)),
            ("reads", whole(reads.len())),
            ("read units", halves(read.table_halves + read.index_halves)),
            ("log bytes, at most", whole(logged(&self.log))),
            (
                "log bytes of the API, at most",
                Decimal::from(requests) * whole(access_line()),
            ),
        ])
    }

    /// What a run costs that finds nothing to do.
    async fn idle_run(&mut self) -> Cost {
        let before = self.cost();
        self.run().await;
        less(self.cost(), &before)
    }

    /// Runs whenever the order is due, until it never is again; returns how often.
    async fn run_to_the_end(&mut self, order: &Opened) -> u32 {
        let mut runs = 0;
        while let Some(due_ms) = self.world.item(&order.id)["dueAt"].as_i64() {
            let binance = self.world.sandbox.binance();
            let wait_ms = (due_ms - binance.now_ms()).max(0);
            binance.advance(u32::try_from(wait_ms / 1_000 + 1).unwrap());
            self.run().await;
            runs += 1;
            assert!(runs < 30, "it is due for ever");
        }
        runs
    }
}

fn units(calls: &[StoreCall]) -> Units {
    let each = calls.iter().map(|call| {
        call.units
            .unwrap_or_else(|| panic!("nothing is known of {call:?}"))
    });
    each.fold(Units::default(), Units::and)
}

fn halves(halves: u32) -> Decimal {
    Decimal::from(halves) / Decimal::TWO
}

fn less(mut cost: Cost, before: &Cost) -> Cost {
    for (name, number) in &mut cost {
        *number -= before[name];
    }
    cost
}

/// What a function writes in production, in bytes.
fn logged(log: &Log) -> usize {
    let text = log.text();
    let lines = text.lines().filter(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        ["INFO", "WARN", "ERROR"].contains(&line["level"].as_str().unwrap())
    });
    lines.map(|line| line.len() + LINE_BYTES).sum()
}

/// What the API writes of one request, in bytes.
fn access_line() -> usize {
    let stage = template().unwrap()["Resources"]["ApiStage"].take();
    let format = stage["Properties"]["AccessLogSettings"]["Format"]
        .as_str()
        .unwrap()
        .to_owned();
    let order = "0123456789abcdef0123456789abcd";
    let line = [
        ("$context.requestId", "Aa1bBc2dCd3eDEf="),
        ("$context.requestTime", "27/Nov/2026:09:00:00 +0000"),
        ("$context.routeKey", "ANY /orders/{orderId}"),
        ("$context.httpMethod", "POST"),
        ("$context.path", &format!("/orders/{order}")),
        ("$context.status", "201"),
        ("$context.identity.sourceIp", "255.255.255.255"),
        ("$context.responseLatency", "1000"),
        ("$context.integrationStatus", "200"),
        ("$context.integrationErrorMessage", "-"),
        ("$context.integration.requestId", &"0".repeat(36)),
        ("$context.integration.status", "200"),
        ("$context.integration.error", "-"),
    ];
    // The longest first, since one's name begins another's.
    let mut known = line.to_vec();
    known.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let line = known
        .iter()
        .fold(format, |line, (name, value)| line.replace(name, value));
    assert!(!line.contains("$context"), "{line}");
    line.len() + LINE_BYTES
}

/// What an item takes of the table, in bytes, by DynamoDB's rules.
fn kept(item: &Value) -> usize {
    match item {
        Value::Null | Value::Bool(_) => 1,
        Value::Number(number) => number.to_string().len().div_ceil(2) + 1,
        Value::String(text) => text.len(),
        Value::Array(list) => 3 + list.iter().map(|value| 1 + kept(value)).sum::<usize>(),
        Value::Object(map) => {
            let members = map.iter().map(|(name, value)| name.len() + 1 + kept(value));
            3 + members.sum::<usize>()
        }
    }
}

/// Compares a column of DESIGN.md with what was counted: exactly, but for what is there as an upper bound.
fn assert_is(column: &str, counted: &Cost) {
    let said = design::table(COUNTED);
    let is_so = |row: &str, said: Decimal, number: Decimal| {
        if row.ends_with(", at most") {
            number <= said && number >= said * BOUND_IS_USED
        } else {
            number == said
        }
    };
    let wrong: Vec<_> = counted
        .iter()
        .map(|(row, number)| (*row, said.number(row, column), *number))
        .filter(|(row, said, number)| !is_so(row, *said, *number))
        .map(|(row, said, number)| format!("{row}: {said}, but it is {number}"))
        .collect();
    assert!(wrong.is_empty(), "{column}, as DESIGN.md says: {wrong:#?}");
}

#[tokio::test]
async fn paid_order_costs_what_the_design_says() {
    let mut counted = Counted::start().await;
    let idle = counted.idle_run().await;
    let (before, first) = (counted.cost(), counted.runs);

    let order = open(&counted.world).await;
    pay(&counted.world, &order).await;
    let runs = counted.run_to_the_end(&order).await;

    assert_eq!(runs, 3, "a day, a week and a month after");
    assert_eq!(counted.world.item(&order.id)["status"], "PAID");
    let mut cost = without_runs(&counted, &idle, first, &before);
    let item = counted.world.item(&order.id);
    cost.insert("bytes kept, at most", kept(&item).into());
    assert_is("paid", &cost);
}

#[tokio::test]
async fn order_that_expires_unpaid_costs_what_the_design_says() {
    let mut counted = Counted::start().await;
    let idle = counted.idle_run().await;
    let (before, first) = (counted.cost(), counted.runs);

    let order = open(&counted.world).await;
    // The simulator tells nobody of it, which is the dearer case.
    let runs = counted.run_to_the_end(&order).await;

    assert_eq!(runs, 9, "six in its hour; an hour, a day and a week after");
    assert_eq!(counted.world.item(&order.id)["status"], "EXPIRED");
    let mut cost = without_runs(&counted, &idle, first, &before);
    let item = counted.world.item(&order.id);
    cost.insert("bytes kept, at most", kept(&item).into());
    assert_is("expired", &cost);
}

/// What was paid for since `before`, without what its runs would have cost anyhow.
fn without_runs(counted: &Counted, idle: &Cost, first: usize, before: &Cost) -> Cost {
    let runs = Decimal::from(counted.runs - first);
    let mut cost = less(counted.cost(), before);
    for (name, number) in &mut cost {
        *number -= runs * idle[name];
    }
    cost
}

#[tokio::test]
async fn looking_at_an_order_and_being_refused_cost_what_the_design_says() {
    let counted = Counted::start().await;
    let order = open(&counted.world).await;

    let before = counted.cost();
    counted.world.shown(&order.id).await;
    assert_is("GET", &less(counted.cost(), &before));

    let before = counted.cost();
    let headers = [("x-mbx-apikey", "a stranger's")];
    let refused = counted.world.send("POST", "/orders", &headers, "{}").await;
    assert_eq!(refused.status, 401);
    assert_is("refused", &less(counted.cost(), &before));
}

#[tokio::test]
async fn run_with_nothing_to_do_costs_what_the_design_says() {
    let mut counted = Counted::start().await;
    let idle = counted.idle_run().await;
    assert_is("idle run", &idle);

    // Nor does it cost more because a minute has passed.
    counted.world.sandbox.binance().advance(MINUTE);
    let later = counted.idle_run().await;
    assert_eq!(later["reads"], idle["reads"]);
}
