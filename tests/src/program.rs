//! The program `sandbox`: `up` runs everything in this process, `dev` the built functions under cargo-lambda, `demo` plays
//! one order and leaves, `event` prints what a function is invoked with, `trigger` plays what happens to an order,
//! `deliveries` lists the confirmations, `advance` moves the time on, `verify` says what is wrong with a message,
//! `conformance` compares what is believed of Binance with what it answers.

mod advance;
mod arguments;
pub mod cargo_lambda;
mod child;
mod conformance;
mod deliveries;
mod demo;
mod dev;
mod event;
mod functions;
mod running;
mod stand_ins;
mod trigger;
mod up;
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;
use tokio::signal::unix::{SignalKind, signal};

use arguments::{Arguments, Command};

/// Runs the program; the first argument is its name. The environment variables that stand in for options are read here.
///
/// The exit status is 0, 1 for what did not work, 2 for arguments that are wrong, or that of the command of `up`.
pub async fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let ran = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => carry_out(arguments.command).await,
        Err(usage) => {
            // Nobody is left to be told that it cannot be printed.
            let _ = usage.print();
            return ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2));
        }
    };
    ran.unwrap_or_else(|problem| {
        eprintln!("sandbox: {problem}");
        ExitCode::FAILURE
    })
}

async fn carry_out(command: Command) -> Result<ExitCode, String> {
    let interrupted = interruption()?;
    match command {
        Command::Up(arguments) if arguments.stand_ins => {
            stand_ins::run(&arguments, interrupted).await?;
        }
        Command::Up(arguments) => return Box::pin(up::run(arguments, interrupted)).await,
        Command::Dev(ports) => Box::pin(dev::run(&ports, interrupted)).await?,
        Command::Demo => Box::pin(demo::run(interrupted)).await?,
        Command::Event(arguments) => event::run(&arguments).await?,
        Command::Advance(arguments) => advance::run(&arguments).await?,
        Command::Verify(arguments) => {
            let verifies = verify::run(arguments).await?;
            return Ok(success_if(verifies));
        }
        Command::Trigger(arguments) => {
            let is_accepted = trigger::run(&arguments).await?;
            return Ok(success_if(is_accepted));
        }
        Command::Conformance(arguments) => {
            return Box::pin(conformance::run(arguments, interrupted)).await;
        }
        Command::Deliveries(arguments) => deliveries::run(&arguments, interrupted).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn success_if(fine: bool) -> ExitCode {
    if fine {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Resolves on Ctrl-C and on SIGTERM. Listening starts at once, so that neither ends the program before its children.
fn interruption() -> Result<impl Future<Output = ()>, String> {
    let explain = |error| format!("signals cannot be handled: {error}");
    let mut interrupt = signal(SignalKind::interrupt()).map_err(explain)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(explain)?;
    Ok(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
    })
}
