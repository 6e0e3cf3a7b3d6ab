//! `sandbox up`: everything in this process, until interrupted or until a command ends.

use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};
use tracing::Level;

use super::arguments::Ports;
use super::{child, dev};
use crate::gateway::{self, Gateway, Play};
use crate::sandbox::{Options, Sandbox};
use crate::web;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) ports: Ports,
    /// The address on which API and console listen: 127.0.0.1, or 0.0.0.0 for all
    #[arg(long, value_name = "IP", default_value_t = Ipv4Addr::LOCALHOST, value_parser = listening)]
    pub(crate) listen: Ipv4Addr,
    /// The base of the links that a payer opens, such as `http://192.168.1.5:9100` for a phone
    #[arg(long, value_name = "URL", value_parser = base)]
    pub(crate) public_url: Option<String>,
    /// A name, or NAME:PORT, under which API and console are there beside localhost
    #[arg(long, value_name = "HOST", value_delimiter = ',')]
    pub(crate) allow_host: Vec<String>,
    /// The hosts to which confirmations may go
    #[arg(
        long,
        value_name = "HOSTS",
        value_delimiter = ',',
        default_value = "localhost,127.0.0.1"
    )]
    pub(crate) callback_hosts: Vec<String>,
    /// Print addresses and keys as one line of JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Show the functions' whole log, not only warnings and errors
    #[arg(long)]
    pub(crate) log: bool,
    /// Start no functions, and print the settings for those that others start
    #[arg(long, conflicts_with_all = ["json", "log", "command"])]
    pub(crate) stand_ins: bool,
    /// Run COMMAND on free ports with `PAYMENTS_URL`, `PAYMENTS_API_KEY`, `PAYMENTS_REFUND_KEY`, `PAYMENTS_WEBHOOK_SECRET`
    /// and `SANDBOX_URL`, and end with it and with its exit status
    #[arg(last = true, value_name = "COMMAND", conflicts_with = "json")]
    pub(crate) command: Vec<String>,
}

impl Arguments {
    /// How to start the sandbox at these ports.
    pub(crate) fn options(&self, ports: &Ports) -> Options {
        Options {
            listen: IpAddr::V4(self.listen),
            public_url: self.public_url.clone(),
            allow_hosts: self.allow_host.clone(),
            callback_hosts: self.callback_hosts.clone(),
            ..ports.options()
        }
    }
}

/// The functions reach Binance at the loopback address, which another one would leave out.
fn listening(text: &str) -> Result<Ipv4Addr, String> {
    let ip = text.parse().ok();
    ip.filter(|ip: &Ipv4Addr| ip.is_loopback() || ip.is_unspecified())
        .ok_or_else(|| "it must be 127.0.0.1 or 0.0.0.0".to_owned())
}

/// Reads the base of links, to which paths are added.
fn base(text: &str) -> Result<String, String> {
    let base = text.trim_end_matches('/');
    let url: Option<reqwest::Url> = base.parse().ok();
    let is_web = url.is_some_and(|url| matches!(url.scheme(), "http" | "https"));
    is_web
        .then(|| base.to_owned())
        .ok_or_else(|| "it must begin with http:// or https://".to_owned())
}

/// Runs until interrupted, or until the command ends.
pub(crate) async fn run(
    arguments: Arguments,
    interrupted: impl Future<Output = ()>,
) -> Result<ExitCode, String> {
    let ports = match arguments.command[..] {
        [] => arguments.ports.clone(),
        _ => arguments.ports.clone().or_free(),
    };
    let (sandbox, gateway) = start(&arguments, &ports).await?;
    let failed = |problem: &str| eprintln!("reconcile-orders failed: {problem}");
    let keeping = Arc::clone(&gateway);
    let running = async {
        if !arguments.command.is_empty() {
            let environment = environment(&sandbox, &gateway);
            return child::run(&arguments.command, environment, interrupted).await;
        }
        if arguments.json {
            println!("{}", addresses(&sandbox, &gateway));
        } else {
            print_addresses(&sandbox);
            dev::print_api(&sandbox, &gateway.url());
        }
        interrupted.await;
        Ok(0)
    };
    tokio::select! {
        status = running => status.map(ExitCode::from),
        () = keeping.keep_schedule(dev::RECONCILE_EVERY, failed) => Ok(ExitCode::SUCCESS),
    }
}

/// Everything, answering.
async fn start(arguments: &Arguments, ports: &Ports) -> Result<(Sandbox, Arc<Gateway>), String> {
    let at = IpAddr::V4(arguments.listen);
    let listener = web::listen_at(at, ports.gateway(), "GATEWAY_PORT").await?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let callback_url = dev::callback_url(address.port());
    let sandbox = dev::sandbox(arguments.options(ports), callback_url.clone()).await?;
    let shown = if arguments.log {
        Level::INFO
    } else {
        Level::WARN
    };
    gateway::log::start(sandbox.journal(), Level::INFO, shown, "sandbox");
    let settings = sandbox.settings(&callback_url);
    let gateway = Arc::new(gateway::start_in_process(
        &settings,
        listener,
        Play::of(&sandbox),
    )?);
    // It reads the table: everything answers when it has.
    gateway.invoke_reconcile(sandbox.scheduled_event()).await?;
    dev::answers(&sandbox, &gateway);
    Ok((sandbox, gateway))
}

/// What whoever starts it needs, for programs.
fn addresses(sandbox: &Sandbox, gateway: &Gateway) -> Value {
    json!({
        "api": gateway.url(),
        "console": sandbox.binance().url(),
        "apiKey": sandbox.app_api_key(),
        "refundKey": sandbox.refund_api_key(),
        "webhookSecrets": sandbox.webhook_secrets(),
        "callbackUrl": sandbox.leadscalendar().callback_url(),
        "dynamodb": sandbox.dynamodb().url(),
    })
}

/// The same for a command, in its environment.
fn environment(sandbox: &Sandbox, gateway: &Gateway) -> Vec<(String, String)> {
    let secret = sandbox.webhook_secrets().first().cloned();
    [
        ("PAYMENTS_URL", gateway.url()),
        ("PAYMENTS_API_KEY", sandbox.app_api_key().to_owned()),
        ("PAYMENTS_REFUND_KEY", sandbox.refund_api_key().to_owned()),
        ("PAYMENTS_WEBHOOK_SECRET", secret.unwrap_or_default()),
        ("SANDBOX_URL", sandbox.binance().url()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
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
