//! Odd events given to the functions behind the HTTP API: each is answered, and leaves the process as it was.

use sandbox::lambda::{Function, Outcome};
use serde_json::Value;

use crate::odd::{self, Odd};
use crate::world::{LIMIT, Usual, World, answered, wrong_line};

#[tokio::test(flavor = "multi_thread")]
async fn odd_event_is_answered_by_create_order_as_a_bad_request_at_worst() {
    play("create-order", |problem| problem["code"].is_string()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_event_is_answered_by_get_order_as_a_bad_request_at_worst() {
    play("get-order", |problem| problem["code"].is_string()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_event_is_answered_by_close_order_as_a_bad_request_at_worst() {
    play("close-order", |problem| problem["code"].is_string()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_event_is_answered_by_refund_order_as_a_bad_request_at_worst() {
    play("refund-order", |problem| problem["code"].is_string()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_event_is_answered_by_binance_callback_as_a_bad_request_at_worst() {
    play("binance-callback", |answer| answer["returnCode"] == "FAIL").await;
}

/// Gives the function every odd event, each followed by the usual one, and tells all that went wrong at once.
async fn play(name: &str, is_refusal: impl Fn(&Value) -> bool) {
    let world = World::new().await;
    let usual = world.usual(name).await;
    let mut function = world.start(name).await;
    let mut lines = function.log().len();
    let mut wrong = Vec::new();
    for odd in odd::all(&usual.event) {
        let outcome = function.invoke(odd.event.clone(), LIMIT).await;
        if let Err(problem) = judged(&outcome, &odd, &usual, &is_refusal) {
            wrong.push(format!("{}: {problem}", odd.what));
        }
        let next = match outcome {
            Outcome::Answered(_) | Outcome::Failed(_) => next(&function, &usual).await,
            Outcome::Ended(_) | Outcome::Overdue => {
                function = world.start(name).await;
                lines = 0;
                Ok(())
            }
        };
        if let Err(problem) = next {
            wrong.push(format!("{}, and then: {problem}", odd.what));
            function = world.start(name).await;
            lines = 0;
        }
        let log = function.log();
        if let Some(line) = wrong_line(&log[lines..]) {
            wrong.push(format!("{}: the log says {line}", odd.what));
        }
        lines = log.len();
    }
    wrong.extend(function.objections());
    let shown: Vec<String> = wrong.iter().map(|wrong| format!("{wrong:.300}")).collect();
    assert!(wrong.is_empty(), "{}: {shown:#?}", wrong.len());
}

/// Whether the answer is 400, or the one that the event would have had were it not odd.
fn judged(
    outcome: &Outcome,
    odd: &Odd,
    usual: &Usual,
    is_refusal: impl Fn(&Value) -> bool,
) -> Result<(), String> {
    let (status, body) = answered(outcome)?;
    let is_expected = status == usual.status || status == 400 || odd.also.contains(&status);
    if is_expected && (status < 400 || is_refusal(&body)) {
        Ok(())
    } else {
        Err(format!("{status} {body}"))
    }
}

/// The same process answers the usual event as ever.
async fn next(function: &Function, usual: &Usual) -> Result<(), String> {
    let outcome = function.invoke(usual.event.to_string(), LIMIT).await;
    let (status, body) = answered(&outcome)?;
    if status == usual.status {
        Ok(())
    } else {
        Err(format!("{status} {body}"))
    }
}
