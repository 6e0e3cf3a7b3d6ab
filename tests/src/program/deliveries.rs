//! `sandbox deliveries`: each confirmation, where it went, what was answered, how long it took.

use std::io::Write as _;
use std::time::Duration;

use serde_json::Value;

use super::arguments::Running;
use super::running::nobody;
use crate::{clock, web};

/// Nobody follows for longer.
const LONGEST: Duration = Duration::from_hours(24 * 365);

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// Go on with those that come, until interrupted
    #[arg(long)]
    follow: bool,
    #[command(flatten)]
    running: Running,
}

/// Prints a line for each.
pub(crate) async fn run(
    arguments: &Arguments,
    interrupted: impl Future<Output = ()>,
) -> Result<(), String> {
    let journal = format!(
        "http://127.0.0.1:{}/sandbox/journal",
        arguments.running.binance_port
    );
    let client = web::client(LONGEST, false);
    let listed = client.get(format!("{journal}?kind=confirmation")).send();
    let listed = listed.await.map_err(|_| nobody(&journal))?;
    let entries: Vec<Value> = listed.json().await.map_err(|error| error.to_string())?;
    let mut last = 0;
    for entry in &entries {
        print(entry)?;
        last = entry["seq"].as_u64().unwrap_or(last);
    }
    if !arguments.follow {
        return Ok(());
    }
    let live = client.get(format!("{journal}/live?since={last}")).send();
    let live = live.await.map_err(|_| nobody(&journal))?;
    tokio::select! {
        ended = follow(live) => ended,
        () = interrupted => Ok(()),
    }
}

/// Prints what comes as server-sent events until these end.
async fn follow(mut events: reqwest::Response) -> Result<(), String> {
    let mut begun = Vec::new();
    // The sandbox that ends in between ends this, too.
    while let Ok(Some(bytes)) = events.chunk().await {
        begun.extend_from_slice(&bytes);
        while let Some(end) = begun.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = begun.drain(..=end).collect();
            let data = line.strip_prefix(b"data:").unwrap_or_default();
            let entry: Value = serde_json::from_slice(data).unwrap_or_default();
            if entry["kind"] == "confirmation" {
                print(&entry)?;
            }
        }
    }
    Err("the sandbox has ended".to_owned())
}

/// Each line is there at once, also for a program that reads it.
fn print(entry: &Value) -> Result<(), String> {
    let mut stdout = std::io::stdout().lock();
    let printed = writeln!(stdout, "{}", shown(entry)).and_then(|()| stdout.flush());
    printed.map_err(|error| error.to_string())
}

fn shown(entry: &Value) -> String {
    let at_ms = entry["atMs"].as_i64().unwrap_or_default();
    let id = entry["raw"]["webhookId"].as_str().unwrap_or("unknown");
    format!(
        "{}  {id}  {}",
        clock::rfc3339(at_ms),
        answered(&entry["raw"])
    )
}

/// Where a confirmation went, what was answered, and how long that took.
pub(super) fn answered(confirmation: &Value) -> String {
    let host = confirmation["host"].as_str().unwrap_or("nobody");
    let ms = confirmation["durationMs"].as_u64().unwrap_or_default();
    match (
        confirmation["httpStatus"].as_u64(),
        confirmation["error"].as_str(),
    ) {
        (Some(status), _) => format!("{host} answered {status} in {ms} ms"),
        (None, Some(error)) => format!("{host}: {error}, after {ms} ms"),
        (None, None) => format!("{host} did not answer, after {ms} ms"),
    }
}
