//! The life of a function under Lambda: its log, its parts, its connections, then one invocation after the other.

use std::convert::Infallible;
use std::process::ExitCode;

use lambda_http::{Body, Request, Response};
use lambda_runtime::tower::util::MapFutureLayer;
use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use mimalloc::MiMalloc;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tracing::{Instrument as _, error, warn};

use crate::app::StartError;
use crate::metrics::{self, Metric};
use crate::{aws, event, log};

/// Gives memory: an invocation takes a tenth less of the processor than with glibc's own (DESIGN.md, *How heavy is a function*).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Where settings are found: in the environment.
pub type Lookup = fn(&str) -> Option<String>;

/// Runs a function behind the HTTP API until its process ends: what `new` builds is connected, and handles each request.
pub async fn serve_http<F>(
    new: impl FnOnce(Lookup) -> Result<F, StartError>,
    connect: impl AsyncFnOnce(&F),
    handle: impl AsyncFn(&F, Request) -> Response<Body>,
) -> ExitCode {
    let answer = async |function: &F, event: LambdaEvent<Box<RawValue>>| {
        let request = event::request(&event.payload, event.context);
        Ok::<_, Infallible>(event::answer(handle(function, request).await))
    };
    serve(new, connect, answer).await
}

/// Runs a function until its process ends: what `new` builds is connected, and does what each event asks for. Why that
/// cannot be done the function says itself, by who must act.
pub async fn serve<F, E, A, X>(
    new: impl FnOnce(Lookup) -> Result<F, StartError>,
    connect: impl AsyncFnOnce(&F),
    answer: impl AsyncFn(&F, LambdaEvent<E>) -> Result<A, X>,
) -> ExitCode
where
    E: DeserializeOwned,
    A: Serialize,
    X: std::error::Error + Send + Sync + 'static,
{
    #[expect(
        clippy::disallowed_methods,
        reason = "the named place where the environment is read"
    )]
    let lookup: Lookup = |name| std::env::var(name).ok();
    log::start(lookup);
    let function = match new(lookup) {
        Ok(function) => function,
        Err(error) => {
            error!(
                alarm = "start.failed",
                "the function does not start: {error}"
            );
            return ExitCode::FAILURE;
        }
    };
    // On the heap, both, since what they keep while they wait is large.
    Box::pin(connect(&function)).await;
    metrics::count(Metric::ColdStarts);
    let service = service_fn(async |event: LambdaEvent<E>| {
        let span = log::invocation(&event.context.request_id);
        let answered = answer(&function, event).instrument(span).await;
        answered.map_err(Error::from)
    });
    let runtime = Runtime::new(service).layer(MapFutureLayer::new(|handed_over| {
        unless_expired(handed_over, aws::credentials_expired)
    }));
    if let Err(error) = Box::pin(runtime.run()).await {
        // Lambda starts another.
        warn!("the function ends: {error}");
    }
    ExitCode::FAILURE
}

/// Ends the process once an answer was handed over, if AWS no longer takes its credentials: Lambda gives the next process
/// new ones, and this one never.
async fn unless_expired(
    handed_over: impl Future<Output = Result<(), Error>>,
    has_expired: impl Fn() -> bool,
) -> Result<(), Error> {
    handed_over.await?;
    if has_expired() {
        return Err(
            "the credentials of AWS have expired, and Lambda gives new ones to a new process only"
                .into(),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn process_ends_after_an_answer_once_its_credentials_have_expired() {
        assert!(unless_expired(async { Ok(()) }, || false).await.is_ok());

        let ended = unless_expired(async { Ok(()) }, || true).await.unwrap_err();
        assert!(ended.to_string().contains("credentials"), "{ended}");
        // What went wrong with handing over comes first.
        let lost = unless_expired(async { Err("lost".into()) }, || true).await;
        assert_eq!(lost.unwrap_err().to_string(), "lost");
    }
}
