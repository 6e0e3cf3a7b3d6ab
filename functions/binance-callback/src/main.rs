//! The Lambda program of [`binance_callback`].

use std::process::ExitCode;

use binance_callback::BinanceCallback;
use shared::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    runtime::serve_http(
        BinanceCallback::new,
        BinanceCallback::connect,
        BinanceCallback::handle,
    )
    .await
}
