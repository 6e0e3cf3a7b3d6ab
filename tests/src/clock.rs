//! The clock: the one place of the sandbox that reads the time of day.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since the Unix epoch, by the real clock.
///
/// # Panics
/// When the clock stands before 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the named place where the sandbox reads the clock"
)]
#[must_use]
pub fn now_ms() -> i64 {
    let elapsed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("the clock stands after 1970");
    i64::try_from(elapsed.as_millis()).expect("milliseconds fit in 63 bits for ages to come")
}

/// A moment as RFC 3339 text in UTC, with whole seconds, as EventBridge writes it.
#[must_use]
pub fn rfc3339(ms: i64) -> String {
    format(ms, "%Y-%m-%dT%H:%M:%SZ")
}

/// The day of a moment in UTC as `YYYYMMDD`.
pub(crate) fn day(ms: i64) -> String {
    format(ms, "%Y%m%d")
}

fn format(ms: i64, pattern: &str) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .expect("a moment within the calendar")
        .strftime(pattern)
        .to_string()
}
