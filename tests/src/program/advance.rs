//! `sandbox advance`: moves the time of the running sandbox on.

use serde_json::json;

use super::arguments::Arguments;
use super::running::ask;
use crate::clock;

/// Moves the time and says what it is now.
pub(crate) async fn run(arguments: &Arguments) -> Result<(), String> {
    let by = arguments.about.as_deref();
    let seconds = clock::seconds(by.ok_or("say by how much, as in `sandbox advance 1h`")?)?;
    let moved = json!({"seconds": seconds});
    let time = ask(arguments.binance_port, "advance", &moved, &[]).await?;
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
    use crate::program::run;
    use crate::{Options, Sandbox};

    async fn advance(arguments: &[&str]) -> Result<(), String> {
        let arguments = ["advance"].iter().chain(arguments);
        run(arguments.map(|&argument| argument.to_owned()), &|_| None).await
    }

    #[tokio::test]
    async fn the_time_of_the_running_sandbox_is_moved_on() {
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let url = sandbox.binance().url();
        let (_, port) = url.rsplit_once(':').unwrap();
        let before_ms = sandbox.binance().now_ms();

        advance(&["1h", "--binance-port", port]).await.unwrap();

        let moved_ms = sandbox.binance().now_ms() - before_ms;
        assert!((3_600_000..3_660_000).contains(&moved_ms), "{moved_ms}");
    }

    #[tokio::test]
    async fn a_wrong_time_is_refused_with_the_rule() {
        for (arguments, named) in [
            (&[][..], "say by how much"),
            (&["1x"], "\"1x\" is no length"),
        ] {
            let problem = advance(arguments).await.unwrap_err();
            assert!(problem.starts_with(named), "{problem}");
        }
    }
}
