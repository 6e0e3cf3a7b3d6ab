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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_up_to_as_much_again_is_added() {
        let waits: Vec<Duration> = waits().collect();
        let least = [500, 1_000, 2_000, 4_000, 8_000, 16_000].map(Duration::from_millis);
        assert_eq!(waits.len(), least.len());
        for (wait, least) in waits.iter().zip(least) {
            assert!((least..=2 * least).contains(wait), "{waits:?}");
        }
    }

    #[test]
    fn longer_wait_is_kept_to_and_none_after_which_no_call_fits_in() {
        let limited = |retry_after_secs| Answer {
            retry_after_secs,
            ..Answer::default()
        };
        let secs = Duration::from_secs;
        for (backoff, retry_after_secs, left_ms, expected) in [
            (Some(secs(2)), None, 60_000, Some(secs(2))),
            (Some(secs(2)), Some(1), 60_000, Some(secs(2))),
            (Some(secs(2)), Some(7), 60_000, Some(secs(7))),
            (Some(secs(2)), Some(7), 6_900, None),
            (Some(secs(2)), Some(u64::MAX), 60_000, None),
            (Some(secs(2)), None, 2_000 + SHORTEST_CALL_MS / 2, None),
            (None, Some(7), 60_000, None),
        ] {
            let deadline_ms = now_ms().saturating_add(left_ms);
            let wait = wait_before_repeat(backoff, &limited(retry_after_secs), deadline_ms);
            assert_eq!(wait, expected, "{retry_after_secs:?} {left_ms}");
        }
    }
}
