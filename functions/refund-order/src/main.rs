//! The Lambda program of [`refund_order`].

use std::process::ExitCode;

use refund_order::RefundOrder;
use shared::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    runtime::serve_http(RefundOrder::new, RefundOrder::connect, RefundOrder::handle).await
}
