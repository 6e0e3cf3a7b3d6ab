//! The Lambda program of [`close_order`].

use std::process::ExitCode;

use close_order::CloseOrder;
use shared::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    runtime::serve_http(CloseOrder::new, CloseOrder::connect, CloseOrder::handle).await
}
