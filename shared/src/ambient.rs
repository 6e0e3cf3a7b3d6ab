//! What the process reads from its surroundings: the clock and the random generator, here and nowhere else.

mod order_clock;

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

pub use order_clock::{OrderClock, TooFarAhead};

/// The time in milliseconds since the Unix epoch.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the named place where the clock is read"
)]
pub fn now_ms() -> i64 {
    let since_epoch = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

/// Milliseconds since this was first asked for: a clock that nobody sets, for what is "so long ago".
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the named place where the clock is read"
)]
pub fn monotonic_ms() -> i64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let since_start = START.get_or_init(Instant::now).elapsed();
    i64::try_from(since_start.as_millis()).unwrap_or(i64::MAX)
}

/// The instant in so many milliseconds, by the clock that nobody sets.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the named place where the clock is read"
)]
pub fn instant_in(ms: i64) -> Instant {
    let now = Instant::now();
    let ms = Duration::from_millis(ms.max(0).unsigned_abs());
    now.checked_add(ms).unwrap_or(now)
}

/// When an invocation ends that takes `limit_ms` at most, in milliseconds since the Unix epoch.
///
/// As Lambda `told` it, but not later than in `limit_ms`, since our clock can be behind Lambda's; and in `limit_ms` where
/// that lies in the past, as everything does that cargo-lambda tells.
#[must_use]
pub fn deadline_ms(told: u64, limit_ms: i64) -> i64 {
    let now_ms = now_ms();
    let latest_ms = now_ms.saturating_add(limit_ms);
    let told = i64::try_from(told).ok().filter(|told| *told > now_ms);
    told.map_or(latest_ms, |told| told.min(latest_ms))
}

/// `N` bytes from the operating system's generator.
///
/// # Panics
///
/// If the kernel has no random generator; it does not fail once the system has booted, and nothing could be signed without it.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the named place where the generator is read"
)]
#[expect(clippy::expect_used, reason = "see Panics")]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the kernel's random generator answers");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invocation_ends_when_lambda_says_but_not_later_than_its_limit() {
        let limit_ms = 28_000;
        for (told_in_ms, expected_in_ms) in [
            (20_000, 20_000),
            (28_000, 28_000),
            // Our clock is behind, and Lambda ends it sooner than it seems.
            (58_000, 28_000),
            // Our clock is ahead, or nobody told.
            (-1, 28_000),
            (-3_600_000, 28_000),
        ] {
            let now_ms = now_ms();
            let told = u64::try_from(now_ms + told_in_ms).unwrap();
            let late_ms = deadline_ms(told, limit_ms) - (now_ms + expected_in_ms);
            assert!((0..1_000).contains(&late_ms), "{told_in_ms}: {late_ms}");
        }
        for told in [0, u64::MAX] {
            let left_ms = deadline_ms(told, limit_ms) - now_ms();
            assert!((27_000..=28_000).contains(&left_ms), "{told}: {left_ms}");
        }
    }
}
