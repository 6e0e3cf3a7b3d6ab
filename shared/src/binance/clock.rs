//! How far our clock is from Binance's, as far as the date of an answer tells: to a second, and to the time the answer took.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// How far from Binance's clock the time of a call may be, in milliseconds.
const WINDOW_MS: i64 = 1_000;
/// What the date of an answer leaves out, in milliseconds.
const SECOND_MS: i64 = 1_000;

/// By how much our clock is ahead of Binance's: at least, and at most, in milliseconds. Below zero it is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset {
    least_ms: i64,
    most_ms: i64,
}

impl Offset {
    /// Of a call that was sent at `sent_ms` and answered at `answered_ms`, by our clock, with the date `date_ms`.
    #[must_use]
    pub fn of(sent_ms: i64, answered_ms: i64, date_ms: i64) -> Self {
        Self {
            least_ms: sent_ms.saturating_sub(date_ms.saturating_add(SECOND_MS)),
            most_ms: answered_ms.saturating_sub(date_ms),
        }
    }

    /// Whether it is certainly more than Binance puts up with.
    #[must_use]
    pub fn is_too_much(self) -> bool {
        self.least_ms > WINDOW_MS || self.most_ms < -WINDOW_MS
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [least, most] = [self.least_ms, self.most_ms].map(|ms| {
            let tenths = ms.unsigned_abs().div_ceil(100);
            format!("{}.{} s", tenths / 10, tenths % 10)
        });
        match (self.least_ms >= 0, self.most_ms > 0) {
            (true, _) => write!(f, "between {least} and {most} ahead of Binance's"),
            (false, true) => write!(f, "between {least} behind and {most} ahead of Binance's"),
            (false, false) => write!(f, "between {most} and {least} behind Binance's"),
        }
    }
}

/// What the latest answer told; shared by every clone of the client.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock(Arc<Mutex<Option<Offset>>>);

impl Clock {
    /// A call sent at `sent_ms` was answered at `answered_ms`, with this date if it had one.
    pub(super) fn answered(&self, sent_ms: i64, answered_ms: i64, date_ms: Option<i64>) {
        let offset = date_ms.map(|date_ms| Offset::of(sent_ms, answered_ms, date_ms));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = offset;
    }

    pub(super) fn offset(&self) -> Option<Offset> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offset_is_known_to_a_second_and_the_time_of_the_call() {
        for (sent_ms, answered_ms, said, is_too_much) in [
            // Binance's date is 10 000: it may be any instant before 11 000.
            (
                10_400,
                10_600,
                "between 0.6 s behind and 0.6 s ahead of Binance's",
                false,
            ),
            (
                10_000,
                10_000,
                "between 0.0 s and 1.0 s behind Binance's",
                false,
            ),
            (
                12_000,
                12_100,
                "between 1.0 s and 2.1 s ahead of Binance's",
                false,
            ),
            (
                12_001,
                12_100,
                "between 1.1 s and 2.1 s ahead of Binance's",
                true,
            ),
            (
                8_900,
                9_000,
                "between 1.0 s and 2.1 s behind Binance's",
                false,
            ),
            (
                8_900,
                8_999,
                "between 1.1 s and 2.1 s behind Binance's",
                true,
            ),
        ] {
            let clock = Clock::default();
            clock.answered(sent_ms, answered_ms, Some(10_000));
            let offset = clock.offset().unwrap();
            assert_eq!(offset.to_string(), said);
            assert_eq!(offset.is_too_much(), is_too_much, "{said}");
        }
    }

    #[test]
    fn answer_without_a_date_tells_nothing() {
        let clock = Clock::default();
        assert_eq!(clock.offset(), None);
        clock.answered(1, 2, Some(0));
        clock.answered(1, 2, None);
        assert_eq!(clock.offset(), None);
    }
}
