//! The Lambda program of [`reconcile_orders`].

use std::process::ExitCode;

use lambda_runtime::LambdaEvent;
use reconcile_orders::{Event, ReconcileOrders};
use shared::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let run = async |function: &ReconcileOrders, event: LambdaEvent<Event>| {
        function.run(event.payload, event.context.deadline).await
    };
    runtime::serve(ReconcileOrders::new, ReconcileOrders::connect, run).await
}
