//! `sandbox dev`: the stand-ins and the functions, until interrupted; plays the schedule of reconcile-orders.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::arguments::Ports;
use super::functions::Functions;
use super::up::print_addresses;
use crate::gateway::{Gateway, Play};
use crate::sandbox::{Options, Sandbox};
use crate::web;

/// How often reconcile-orders is invoked; its schedule in the cloud is a minute.
pub(crate) const RECONCILE_EVERY: Duration = Duration::from_secs(5);

/// Runs until interrupted; afterwards nothing it started is left.
pub(crate) async fn run(
    ports: &Ports,
    interrupted: impl Future<Output = ()>,
) -> Result<(), String> {
    let (sandbox, mut functions) = start(ports.options(), ports.gateway()).await?;
    let outcome = tokio::select! {
        outcome = serve(&sandbox, &mut functions) => outcome,
        () = interrupted => Ok(()),
    };
    let outcome = outcome.map_err(|problem| functions.explain(&problem));
    eprintln!("ending the functions …");
    functions.end().await;
    outcome
}

/// The sandbox and its functions, whose HTTP API is at this port.
pub(crate) async fn start(options: Options, port: u16) -> Result<(Sandbox, Functions), String> {
    let gateway = web::listen(port, "GATEWAY_PORT").await?;
    let address = gateway.local_addr().map_err(|error| error.to_string())?;
    let callback_url = callback_url(address.port());
    let sandbox = sandbox(options, callback_url.clone()).await?;
    eprintln!("starting the functions …");
    let play = Play::of(&sandbox);
    let functions = Functions::start(gateway, sandbox.settings(&callback_url), play).await?;
    Ok((sandbox, functions))
}

/// Where binance-callback is behind this port.
pub(crate) fn callback_url(port: u16) -> String {
    format!("http://127.0.0.1:{port}/binance-callback")
}

/// The sandbox around functions of which binance-callback is there.
pub(crate) async fn sandbox(options: Options, callback_url: String) -> Result<Sandbox, String> {
    Sandbox::start(Options {
        callback_url: Some(callback_url),
        ..options
    })
    .await
}

async fn serve(sandbox: &Sandbox, functions: &mut Functions) -> Result<(), String> {
    functions.ready(&sandbox.scheduled_event()).await?;
    functions.show_output().await;
    answers(sandbox, functions.gateway());
    let url = functions.gateway().url();
    print_addresses(sandbox);
    print_api(sandbox, &url);
    let gateway = Arc::clone(functions.gateway());
    let failed = |problem: &str| eprintln!("reconcile-orders failed: {problem}");
    tokio::select! {
        () = gateway.keep_schedule(RECONCILE_EVERY, failed) => Ok(()),
        ended = functions.ended() => Err(ended),
    }
}

/// Lets everybody know that everything answers, and where.
pub(crate) fn answers(sandbox: &Sandbox, gateway: &Arc<Gateway>) {
    sandbox.runs(Arc::clone(gateway));
    sandbox.health().ready(json!({
        "api": gateway.url(),
        "console": sandbox.binance().url(),
        "leadscalendar": sandbox.leadscalendar().callback_url(),
        "dynamodb": sandbox.dynamodb().url(),
    }));
}

/// Where the HTTP API is, and what to try there.
pub(crate) fn print_api(sandbox: &Sandbox, url: &str) {
    println!("HTTP API         {url}");
    print_curl(sandbox, url);
}

fn print_curl(sandbox: &Sandbox, url: &str) {
    let binance = sandbox.binance().url();
    let (key, callback) = (
        sandbox.app_api_key(),
        sandbox.leadscalendar().callback_url(),
    );
    println!("\nOrder a dollar's worth, then open its checkoutUrl and pay:");
    println!(
        "  curl -s {url}/orders -H 'X-MBX-APIKEY: {key}' -H 'Content-Type: application/json' \\"
    );
    println!(
        "    -d '{{\"transactionType\":\"PAY\",\"fiat\":\"USD\",\"price\":1.00,\"callbackUrl\":\"{callback}\"}}'"
    );
    println!("Pay it, by its merchantTradeNo:");
    println!("  curl -s -X POST {binance}/sandbox/orders/MERCHANT_TRADE_NO/pay");
    println!(
        "Give a part of it back, or close one that nobody is to pay any more, by its orderId:"
    );
    let refund_key = sandbox.refund_api_key();
    println!(
        "  curl -s {url}/orders/ORDER_ID/refunds -H 'X-MBX-APIKEY: {refund_key}' -H 'Idempotency-Key: first' \\"
    );
    println!("    -H 'Content-Type: application/json' -d '{{\"amount\":\"0.5\"}}'");
    println!("  curl -s -X POST {url}/orders/ORDER_ID/close -H 'X-MBX-APIKEY: {key}'");
    println!(
        "Let Binance limit the rate of the next two orders, lose an answer, or LeadsCalendar be down:"
    );
    println!(
        "  curl -s {binance}/sandbox/faults -d '{{\"on\":\"create\",\"fault\":\"rate429\",\"retryAfter\":1,\"times\":2}}'"
    );
    println!(
        "  curl -s {binance}/sandbox/faults -d '{{\"on\":\"create\",\"fault\":\"lostAnswer\"}}'"
    );
    println!("  curl -s {binance}/sandbox/mode -d '{{\"mode\":\"down\",\"times\":3}}'");
    println!("Move the time on by an hour:");
    println!("  curl -s {binance}/sandbox/advance -d '{{\"by\":\"1h\"}}'");
    println!("\nCtrl-C ends everything.");
}
