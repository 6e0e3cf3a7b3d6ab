//! What the process reads from its surroundings: the clock and the random generator, here and nowhere else.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime};

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

/// When an invocation ends, in milliseconds since the Unix epoch: as Lambda `told` it, or after `limit_ms` where that lies
/// in the past, as everything does that cargo-lambda tells.
#[must_use]
pub fn deadline_ms(told: u64, limit_ms: i64) -> i64 {
    let now_ms = now_ms();
    let told = i64::try_from(told).ok().filter(|told| *told > now_ms);
    told.unwrap_or_else(|| now_ms.saturating_add(limit_ms))
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
