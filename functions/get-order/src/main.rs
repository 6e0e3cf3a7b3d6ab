//! The Lambda program of [`get_order`].

use get_order::GetOrder;
use lambda_http::service_fn;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    lambda_http::tracing::init_default_subscriber();
    #[expect(
        clippy::disallowed_methods,
        reason = "the named place where the environment is read"
    )]
    let function = GetOrder::new(|name| std::env::var(name).ok())?;
    function.connect().await;
    lambda_http::run(service_fn(async |event| {
        Ok::<_, std::convert::Infallible>(function.handle(event).await)
    }))
    .await
}
