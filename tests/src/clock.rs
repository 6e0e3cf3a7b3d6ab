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

/// A moment as in the log of a web server, `12/Mar/2020:19:03:58 +0000`, as API Gateway writes it.
pub(crate) fn common_log(ms: i64) -> String {
    format(ms, "%d/%b/%Y:%H:%M:%S +0000")
}

/// Reads a length of time in seconds: `90s`, `5m`, `1h`, `2d`, or a plain number of seconds.
pub(crate) fn seconds(text: &str) -> Result<u32, String> {
    let digits = text.strip_suffix(['s', 'm', 'h', 'd']).unwrap_or(text);
    let unit = match text.strip_prefix(digits) {
        Some("m") => 60,
        Some("h") => 3600,
        Some("d") => 86_400,
        _ => 1,
    };
    let number: Option<u32> = digits.parse().ok();
    number.and_then(|number| number.checked_mul(unit)).ok_or_else(|| {
        format!("{text:?} is no length of time: a whole number and s, m, h or d, as in 90s or 1h, at most 49710d")
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_a_whole_number_with_a_unit() {
        for (text, expected) in [
            ("0", Some(0)),
            ("90", Some(90)),
            ("90s", Some(90)),
            ("5m", Some(300)),
            ("1h", Some(3600)),
            ("49710d", Some(4_294_944_000)),
            ("49711d", None),
            ("", None),
            ("h", None),
            ("1.5h", None),
            ("-1h", None),
            ("1 h", None),
            ("1H", None),
            ("1ms", None),
            ("1h30m", None),
        ] {
            assert_eq!(seconds(text).ok(), expected, "{text:?}");
        }
    }
}
