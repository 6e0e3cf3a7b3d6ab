//! `sandbox advance`: moves the time of the running sandbox on.

use serde_json::json;

use super::arguments::Running;
use super::running::ask;
use crate::clock;

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// By how much, as 90s, 5m, 1h or 2d
    #[arg(value_name = "TIME", value_parser = clock::seconds)]
    by: u32,
    #[command(flatten)]
    running: Running,
}

/// Moves the time and says what it is now.
pub(crate) async fn run(arguments: &Arguments) -> Result<(), String> {
    let moved = json!({"seconds": arguments.by});
    let time = ask(arguments.running.binance_port, "advance", &moved, &[]).await?;
    let (now_ms, offset_ms) = (time["nowMs"].as_i64(), time["offsetMs"].as_i64());
    let (now_ms, offset_ms) = now_ms.zip(offset_ms).ok_or("the sandbox says no time")?;
    println!(
        "The sandbox's time is now {}, {} s ahead.",
        clock::rfc3339(now_ms),
        offset_ms / 1000
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, Sandbox};

    #[tokio::test]
    async fn the_time_of_the_running_sandbox_is_moved_on() {
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let url = sandbox.binance().url();
        let (_, port) = url.rsplit_once(':').unwrap();
        let before_ms = sandbox.binance().now_ms();

        let running = Running {
            binance_port: port.parse().unwrap(),
        };
        let by = clock::seconds("1h").unwrap();
        run(&Arguments { by, running }).await.unwrap();

        let moved_ms = sandbox.binance().now_ms() - before_ms;
        assert!((3_600_000..3_660_000).contains(&moved_ms), "{moved_ms}");
    }
}
