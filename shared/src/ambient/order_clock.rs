//! The clock that orders are measured by.

use jiff::Timestamp;

use super::now_ms;

/// How far ahead of the clock a caller may say that it is, in milliseconds, but in a sandbox, which moves its time.
const AHEAD_MS: i64 = 5 * 60_000;
/// And there, so that every moment of an order can still be written: two hundred years.
const AHEAD_LOCAL_MS: i64 = 200 * 365 * 86_400_000;

/// The time by which an order is measured in one invocation.
///
/// It is the clock's, or the later one of whoever invoked it, so that no function is behind API Gateway or the schedule,
/// and time that a sandbox moves is moved for all of them.
/// Deadlines, signatures and certificates are measured by the clock itself: others compare them with theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderClock {
    /// In milliseconds; never negative.
    ahead_ms: i64,
}

/// Whoever invoked it is so far ahead that the clock of one of both is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "time {} is more than five minutes ahead of the clock, which only ALLOW_LOCAL admits",
    Timestamp::from_millisecond(*.0).map_or_else(|_| .0.to_string(), |time| time.to_string())
)]
pub struct TooFarAhead(i64);

impl OrderClock {
    /// The later of the clock and of what an event says the time is, in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// [`TooFarAhead`], which only a sandbox, `allow_local`, may be.
    pub fn later(told_ms: i64, allow_local: bool) -> Result<Self, TooFarAhead> {
        let ahead_ms = told_ms.saturating_sub(now_ms());
        let most_ms = if allow_local {
            AHEAD_LOCAL_MS
        } else {
            AHEAD_MS
        };
        if ahead_ms > most_ms {
            return Err(TooFarAhead(told_ms));
        }
        Ok(Self {
            ahead_ms: ahead_ms.max(0),
        })
    }

    /// The time now, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn now_ms(self) -> i64 {
        self.at_ms(now_ms())
    }

    /// What this shows when the clock shows `clock_ms`.
    #[must_use]
    pub fn at_ms(self, clock_ms: i64) -> i64 {
        clock_ms.saturating_add(self.ahead_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 86_400_000;

    #[test]
    fn orders_are_measured_by_the_later_of_both_clocks_unless_it_is_too_far_ahead() {
        for (told_in_ms, allow_local, expected_in_ms) in [
            (0, false, Some(0)),
            (-1, false, Some(0)),
            (-DAY_MS, true, Some(0)),
            (4_000, false, Some(4_000)),
            (290_000, false, Some(290_000)),
            (310_000, false, None),
            (30 * DAY_MS, false, None),
            (310_000, true, Some(310_000)),
            (49_710 * DAY_MS, true, Some(49_710 * DAY_MS)),
            (100_000 * DAY_MS, true, None),
        ] {
            let clock_ms = now_ms();
            let clock = OrderClock::later(clock_ms + told_in_ms, allow_local);
            let in_ms = clock.map(|clock| clock.now_ms() - clock_ms);
            match (in_ms, expected_in_ms) {
                (Ok(in_ms), Some(expected_ms)) => {
                    let is_near = (expected_ms - 500..expected_ms + 500).contains(&in_ms);
                    assert!(is_near, "{told_in_ms} {allow_local}: {in_ms}");
                }
                (ended, None) => assert_eq!(
                    ended,
                    Err(TooFarAhead(clock_ms + told_in_ms)),
                    "{told_in_ms} {allow_local}"
                ),
                (ended, _) => panic!("{told_in_ms} {allow_local}: {ended:?}"),
            }
        }
        for told_ms in [i64::MAX, i64::MIN] {
            let clock = OrderClock::later(told_ms, true);
            let expected = (told_ms < 0).then(OrderClock::default);
            assert_eq!(clock.ok(), expected);
        }
    }

    #[test]
    fn who_is_too_far_ahead_is_told_by_how_much() {
        let told: Timestamp = "2100-01-01T00:00:00Z".parse().unwrap();
        let ended = OrderClock::later(told.as_millisecond(), false).unwrap_err();
        assert_eq!(
            ended.to_string(),
            "time 2100-01-01T00:00:00Z is more than five minutes ahead of the clock, which only ALLOW_LOCAL admits"
        );
    }
}
