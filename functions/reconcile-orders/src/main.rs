//! The Lambda program of [`reconcile_orders`].

use std::process::ExitCode;

use lambda_runtime::{Error, LambdaEvent};
use reconcile_orders::{Event, ReconcileOrders};
use shared::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let run = async |function: &ReconcileOrders, event: LambdaEvent<Event>| {
        let ran = function.run(event.payload, event.context.deadline).await;
        ran.map_err(Error::from)
    };
    runtime::serve(ReconcileOrders::new, ReconcileOrders::connect, run).await
}
