//! The program `sandbox`: reads arguments and environment, runs, says plainly what went wrong.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the named place where the sandbox reads the environment"
    )]
    let lookup = |name: &str| std::env::var(name).ok();
    match sandbox::program::run(std::env::args().skip(1), &lookup).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("sandbox: {problem}");
            ExitCode::FAILURE
        }
    }
}
