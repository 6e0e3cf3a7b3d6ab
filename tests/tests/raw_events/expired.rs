//! Credentials that AWS no longer takes: Lambda gives new ones to a new process only.

use std::time::Duration;

use sandbox::dynamodb::StoreFault;
use sandbox::lambda::Outcome;

use tokio::time::Instant;

use crate::world::{LIMIT, World, answered};

#[tokio::test(flavor = "multi_thread")]
async fn process_whose_credentials_have_expired_answers_says_so_and_ends() {
    let world = World::new().await;
    let function = world.start("get-order").await;
    let usual = world.usual("get-order").await;
    world
        .sandbox
        .dynamodb()
        .fault(None, 99, StoreFault::Expired);

    let answer = function.invoke(usual.event.to_string(), LIMIT).await;

    let (status, problem) = answered(&answer).unwrap();
    assert_eq!((status, &problem["retryable"]), (503, &true.into()));
    let began = Instant::now();
    while !matches!(
        function.invoke(usual.event.to_string(), Duration::from_secs(1)).await,
        Outcome::Ended(status) if !status.success()
    ) {
        assert!(began.elapsed() < LIMIT, "{:?}", function.log());
    }
    let log = function.log().join("\n");
    for words in [
        "the credentials of this process have expired",
        "the function ends",
    ] {
        assert!(log.contains(words), "{log}");
    }
}
