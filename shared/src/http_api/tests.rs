use std::future::pending;

use lambda_http::Context;

use super::*;

const LIMIT_MS: i64 = 25_000;

/// What is left to an invocation that Lambda ends in `told_in_ms`, of a request taken on `ago_ms` ago; milliseconds.
fn left_ms(told_in_ms: i64, ago_ms: Option<i64>) -> i64 {
    let now_ms = now_ms();
    let mut context = Context::default();
    context.deadline = u64::try_from(now_ms + told_in_ms).unwrap();
    let mut event = Request::default().with_lambda_context(context);
    if let Some(ago_ms) = ago_ms {
        event.extensions_mut().insert(TakenOn(now_ms - ago_ms));
    }
    let invocation = Invocation::measured(&event, LIMIT_MS, false);
    let left = invocation.ends_at.saturating_duration_since(instant_in(0));
    let left_ms = i64::try_from(left.as_millis()).unwrap() + HANDOVER_MS;
    assert!((left_ms - (invocation.deadline_ms - now_ms)).abs() < 500);
    left_ms
}

#[test]
fn invocation_ends_with_lambdas_time_or_with_api_gateways() {
    for (told_in_ms, ago_ms, expected_ms) in [
        (25_000, None, 25_000),
        (10_000, None, 10_000),
        (25_000, Some(0), 25_000),
        // Init took its part of API Gateway's time.
        (25_000, Some(4_000), 24_000),
        (25_000, Some(19_000), 9_000),
        (5_000, Some(19_000), 5_000),
        // An event that somebody kept.
        (25_000, Some(21_000), 25_000),
        (25_000, Some(86_400_000), 25_000),
        (25_000, Some(i64::MAX), 25_000),
        // API Gateway's clock is ahead of ours.
        (25_000, Some(-4_000), 25_000),
        (58_000, Some(-30_000), 25_000),
        // A sandbox has moved its time by a month.
        (25_000, Some(-30 * 86_400_000), 25_000),
    ] {
        let left_ms = left_ms(told_in_ms, ago_ms);
        let is_near = (expected_ms - 500..=expected_ms).contains(&left_ms);
        assert!(is_near, "{told_in_ms} {ago_ms:?}: {left_ms}");
    }
}

#[test]
fn orders_are_measured_by_api_gateways_time_where_that_is_later() {
    let month_ms = 30 * 86_400_000;
    for (ahead_ms, allow_local, expected_ms) in [
        (4_000, false, 4_000),
        (-4_000, false, 0),
        (month_ms, false, 0),
        (month_ms, true, month_ms),
    ] {
        let mut event = Request::default();
        event.extensions_mut().insert(TakenOn(now_ms() + ahead_ms));
        let clock = Invocation::measured(&event, LIMIT_MS, allow_local).clock;
        let off_ms = clock.now_ms() - now_ms() - expected_ms;
        assert!(off_ms.abs() < 500, "{ahead_ms} {allow_local}: {off_ms}");
    }
}

#[tokio::test]
async fn work_that_hangs_ends_before_its_invocation_and_can_be_repeated() {
    let now_ms = now_ms();
    let mut context = Context::default();
    context.deadline = u64::try_from(now_ms + 400).unwrap();
    let event = Request::default().with_lambda_context(context);
    let invocation = Invocation::measured(&event, LIMIT_MS, false);

    let inner = invocation.within(pending::<Result<(), Problem>>());
    let ended = invocation
        .within(async { inner.await.map_err(|problem| problem.for_order(&id())) })
        .await;

    let left_ms = invocation.deadline_ms - crate::ambient::now_ms();
    assert!((1..=HANDOVER_MS).contains(&left_ms), "{left_ms}");
    // The inner of two limits counts, since it knows the order.
    assert_eq!(ended, Err(Problem::late().for_order(&id())));
    assert!(Problem::late().retryable);
}

fn id() -> OrderId {
    OrderId::from_random([7; 15])
}
