//! The Lambda program of [`reconcile_orders`].

use lambda_runtime::{LambdaEvent, service_fn};
use reconcile_orders::{Event, ReconcileOrders};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda_runtime::tracing::init_default_subscriber();
    #[expect(
        clippy::disallowed_methods,
        reason = "the named place where the environment is read"
    )]
    let function = ReconcileOrders::new(|name| std::env::var(name).ok())?;
    function.connect().await;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Event>| {
        let ran = function.run(event.payload, event.context.deadline).await;
        ran.map_err(lambda_runtime::Error::from)
    }))
    .await
}
