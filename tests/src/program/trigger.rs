//! `sandbox trigger`: plays what happens to an order, and says what LeadsCalendar answered when it was told.

use serde_json::{Value, json};

use super::arguments::Running;
use super::deliveries;
use super::running::ask;
use crate::trigger::What;

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// What happens
    #[arg(value_enum)]
    what: What,
    /// The order: its orderId, its reference, or `last` for the newest
    order: String,
    #[command(flatten)]
    running: Running,
}

/// Plays it and prints the answer; whether LeadsCalendar accepted.
pub(crate) async fn run(arguments: &Arguments) -> Result<bool, String> {
    let wanted = json!({"what": arguments.what, "order": arguments.order});
    let port = arguments.running.binance_port;
    let played = ask(port, "trigger", &wanted, &[]).await?;
    println!("{}", shown(&played));
    Ok(played["confirmation"]["accepted"] == true)
}

fn shown(played: &Value) -> String {
    let text = |name: &str| played[name].as_str().unwrap_or("unknown");
    let confirmation = &played["confirmation"];
    let told = if confirmation.is_null() {
        "nobody was told of it in time".to_owned()
    } else {
        deliveries::answered(confirmation)
    };
    format!("order {} is {}; {told}", text("orderId"), text("status"))
}
