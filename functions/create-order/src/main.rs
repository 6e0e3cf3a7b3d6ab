//! The Lambda program of [`create_order`].

use std::process::ExitCode;

use create_order::CreateOrder;
use shared::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    runtime::serve_http(CreateOrder::new, CreateOrder::connect, CreateOrder::handle).await
}
