//! The program `sandbox`: `up` runs the stand-ins, `dev` the functions too, `demo` plays one order and leaves,
//! `event` prints what a function is invoked with, `advance` moves the time on.

mod advance;
mod arguments;
pub mod cargo_lambda;
mod demo;
mod dev;
mod event;
mod functions;
mod gateway;
mod running;
mod up;

use tokio::signal::unix::{SignalKind, signal};

use arguments::{Arguments, Command};

/// Runs the program; `lookup` reads the environment.
///
/// # Errors
/// A sentence for the person at the terminal.
pub async fn run(
    arguments: impl Iterator<Item = String>,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<(), String> {
    let arguments = Arguments::read(arguments, lookup)?;
    let interrupted = interruption()?;
    match arguments.command {
        Command::Help => {
            print!("{}", arguments::HELP);
            Ok(())
        }
        Command::Up => up::run(&arguments, interrupted).await,
        Command::Dev => dev::run(&arguments, interrupted).await,
        Command::Demo => demo::run(interrupted).await,
        Command::Event => event::run(&arguments).await,
        Command::Advance => advance::run(&arguments).await,
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
