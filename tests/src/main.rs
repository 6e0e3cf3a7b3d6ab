//! The program `sandbox`: reads arguments and environment, runs, says plainly what went wrong.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    sandbox::program::run(std::env::args_os()).await
}
