//! How long is waited before a call is made again.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

use super::{Answer, SHORTEST_CALL_MS};
use crate::ambient::now_ms;

/// The first wait before a call is repeated; it doubles, and up to as much again is added at random.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// Repeats of one call, at the most.
const REPEATS: usize = 6;

/// The waits before the repeats of a call.
pub(super) fn waits() -> impl Iterator<Item = Duration> {
    let backoff = ExponentialBuilder::default()
        .with_min_delay(FIRST_WAIT)
        .with_max_times(REPEATS)
        .with_jitter();
    backoff.build()
}

/// The wait that backoff and Binance's `Retry-After` ask for; none if no call fits in after it.
pub(super) fn wait_before_repeat(
    backoff: Option<Duration>,
    answer: &Answer,
    deadline_ms: i64,
) -> Option<Duration> {
    let wait = backoff?.max(Duration::from_secs(
        answer.retry_after_secs.unwrap_or_default(),
    ));
    let wait_ms = i64::try_from(wait.as_millis()).ok()?;
    let sent_at_ms = now_ms().saturating_add(wait_ms);
    (sent_at_ms.saturating_add(SHORTEST_CALL_MS) <= deadline_ms).then_some(wait)
}
