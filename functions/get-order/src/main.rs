//! The Lambda program of [`get_order`].

use std::process::ExitCode;

use get_order::GetOrder;
use shared::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    runtime::serve_http(GetOrder::new, GetOrder::connect, GetOrder::handle).await
}
