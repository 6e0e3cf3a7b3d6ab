//! A round: each subject once, in turn, so that what else this machine does falls on all of them alike.

use std::path::Path;
use std::time::Duration;

use sandbox::lambda::{Function, Outcome};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::parties::Parties;
use super::subject::{Orders, Subject};
use super::usage::{cpu, peak_kib};
use crate::orders::start;

/// What Lambda gives an invocation at most.
const LIMIT: Duration = Duration::from_secs(30);

/// Time on the processors, and by the clock.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    pub cpu: Duration,
    pub wall: Duration,
}

/// One process of a subject, from its start to its last invocation.
#[derive(Debug)]
pub struct Sample {
    pub init: Cost,
    pub first: Cost,
    /// Each invocation after the first.
    pub warm: Vec<Cost>,
    /// The round trips of each invocation, the first among them; none where everybody is near.
    pub round_trips: Vec<u32>,
    /// How often DynamoDB, Binance and LeadsCalendar were called by the invocations after the first.
    pub calls: u64,
    pub peak_kib: u64,
    /// Of the busy run: the orders that it asked about, and those that it told of. None was both.
    pub worked_on: u64,
    /// The process, which has ended.
    pub pid: u32,
}

impl Sample {
    /// CPU time of each unit of work after the first invocation: of the busy run, of an order.
    pub fn each_cpu(&self) -> impl Iterator<Item = Duration> {
        let orders = u32::try_from(self.worked_on.max(1)).unwrap_or(u32::MAX);
        self.warm.iter().map(move |cost| cost.cpu / orders)
    }
}

/// How much a round plays.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Invocations of each subject after the first.
    pub warm: usize,
    /// Orders of the busy run.
    pub open: usize,
}

/// Measures each subject's program among `measured`; what a round begins with is made by those in `built`.
pub async fn play(
    parties: &Parties,
    subjects: &[Subject],
    built: &Path,
    measured: &Path,
    size: Size,
) -> Result<Vec<(Subject, Sample)>, String> {
    let orders = ready(parties, built, size).await?;
    in_turn(parties, subjects, &orders, measured, size.warm + 1).await
}

/// The same while everybody is far away, but for those who make what it begins with.
pub async fn play_far(
    parties: &Parties,
    subjects: &[Subject],
    programs: &Path,
    size: Size,
) -> Result<Vec<(Subject, Sample)>, String> {
    let orders = ready(parties, programs, size).await?;
    parties.distance.set_far(true);
    let samples = in_turn(parties, subjects, &orders, programs, size.warm + 1).await;
    parties.distance.set_far(false);
    samples
}

/// What a round begins with.
async fn ready(parties: &Parties, built: &Path, size: Size) -> Result<Orders, String> {
    parties.table.fill([]);
    let each = size.warm + 1;
    let mut made = make(parties, built, 2 * each + size.open).await?;
    Ok(Orders {
        paid: made.drain(..each).collect(),
        closed: made.drain(..each).collect(),
    })
}

async fn in_turn(
    parties: &Parties,
    subjects: &[Subject],
    orders: &Orders,
    measured: &Path,
    each: usize,
) -> Result<Vec<(Subject, Sample)>, String> {
    let mut samples = Vec::new();
    for subject in subjects.iter().copied() {
        let mut events = subject.events(parties, orders, each).await?;
        if subject == Subject::ReconcileBusy {
            let idle = Subject::ReconcileIdle.events(parties, orders, 1);
            events.splice(0..0, idle.await?);
        }
        let program = subject.program(measured);
        let measured = measure(parties, &program, subject, events).await;
        samples.push((
            subject,
            measured.map_err(|problem| format!("{}: {problem}", subject.name()))?,
        ));
    }
    Ok(samples)
}

/// The ids of so many new orders.
async fn make(parties: &Parties, built: &Path, number: usize) -> Result<Vec<String>, String> {
    let subject = Subject::CreateOrder;
    let function = start(&subject.program(built), &parties.settings).await?;
    let mut made = Vec::new();
    let nobody = Orders::default();
    for event in subject.events(parties, &nobody, number).await? {
        let (_, answer) = invoke(&function, &event).await?;
        subject.check(&answer)?;
        made.push(Subject::order_id(&answer)?);
    }
    Ok(made)
}

async fn measure(
    parties: &Parties,
    program: &Path,
    subject: Subject,
    events: Vec<Value>,
) -> Result<Sample, String> {
    let began = Instant::now();
    let function = start(program, &subject.settings(parties)).await?;
    let init = Cost {
        cpu: cpu(function.pid())?,
        wall: began.elapsed(),
    };
    let (mut costs, mut round_trips, mut worked_on) = (Vec::new(), Vec::new(), 0);
    let mut called = None;
    for event in events {
        // What init has left under way is none of the invocation's.
        parties.distance.round_trips();
        let (cost, answer) = invoke(&function, &event).await?;
        round_trips.push(parties.distance.round_trips());
        let checked = subject.check(&answer);
        checked.map_err(|problem| format!("{problem} {:?}", function.log()))?;
        let number = |what: &str| answer[what].as_u64().unwrap_or_default();
        worked_on += number("asked") + number("confirmed");
        costs.push(cost);
        called.get_or_insert_with(|| parties.calls());
    }
    let mut costs = costs.into_iter();
    let first = costs.next().ok_or("there is nothing to do")?;
    let sample = Sample {
        init,
        first,
        warm: costs.collect(),
        round_trips,
        calls: called.map_or(0, |before| parties.calls() - before),
        peak_kib: peak_kib(function.pid())?,
        worked_on,
        pid: function.pid(),
    };
    let ended = function.terminate().await;
    ended.map_err(|error| error.to_string())?;
    Ok(sample)
}

/// Gives a process an event; what that cost, and the answer.
pub async fn invoke(function: &Function, event: &Value) -> Result<(Cost, Value), String> {
    let (event, before, began) = (event.to_string(), cpu(function.pid())?, Instant::now());
    let outcome = function.invoke(event, LIMIT).await;
    let wall = began.elapsed();
    let cpu = cpu(function.pid())?.saturating_sub(before);
    match outcome {
        Outcome::Answered(answer) => Ok((Cost { cpu, wall }, answer)),
        ended => {
            let log = function.log();
            Err(json!({"ended": format!("{ended:?}"), "log": log.last()}).to_string())
        }
    }
}
