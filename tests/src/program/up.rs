//! `sandbox up`: the stand-ins alone, and the settings for whatever is started beside them.

use super::arguments::Arguments;
use super::dev;
use crate::sandbox::Sandbox;

/// Runs until interrupted.
pub(crate) async fn run(
    arguments: &Arguments,
    interrupted: impl Future<Output = ()>,
) -> Result<(), String> {
    let callback_url = dev::callback_url(arguments.gateway_port);
    let sandbox = dev::sandbox(arguments.options(), callback_url.clone()).await?;
    print_addresses(&sandbox);
    println!("\nSettings for the functions:");
    for (name, value) in sandbox.settings(&callback_url) {
        println!("  export {name}='{value}'");
    }
    println!("\nCtrl-C ends it.");
    interrupted.await;
    Ok(())
}

/// Where everything is, and what LeadsCalendar needs to take part.
pub(crate) fn print_addresses(sandbox: &Sandbox) {
    println!("Console          {}/", sandbox.binance().url());
    println!(
        "Binance Pay      {}/binancepay/openapi/",
        sandbox.binance().url()
    );
    println!("Admin API        {}/sandbox/", sandbox.binance().url());
    println!(
        "LeadsCalendar    {}",
        sandbox.leadscalendar().callback_url()
    );
    println!("DynamoDB         {}", sandbox.dynamodb().url());
    println!("X-MBX-APIKEY     {}", sandbox.app_api_key());
    println!("Refund key       {}", sandbox.refund_api_key());
    for secret in sandbox.webhook_secrets() {
        println!("Webhook secret   {secret}");
    }
}
