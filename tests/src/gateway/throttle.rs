//! The throttle of a route: a token bucket, which is filled at its rate up to its burst, as API Gateway's is.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use tokio::time::Instant;

use super::route::Route;

/// What a route lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    /// Requests a second that it lets through in the long run.
    pub(crate) per_second: u32,
    /// Requests that it lets through at once.
    pub(crate) burst: u32,
}

/// The buckets of all routes, each full before its first request.
#[derive(Default)]
pub(crate) struct Throttle(Mutex<HashMap<String, Bucket>>);

struct Bucket {
    /// Requests that are let through at once, in thousandths.
    thousandths: u64,
    filled_at: Instant,
}

impl Limit {
    /// What `settings` say, where a number may be that of a parameter; `otherwise` for each that they leave out.
    pub(crate) fn of(template: &Value, settings: &Value, otherwise: Self) -> Self {
        let number = |name: &str| {
            let value = match settings[name]["Ref"].as_str() {
                Some(parameter) => &template["Parameters"][parameter]["Default"],
                None => &settings[name],
            };
            value.as_u64().and_then(|value| u32::try_from(value).ok())
        };
        Self {
            per_second: number("ThrottlingRateLimit").unwrap_or(otherwise.per_second),
            burst: number("ThrottlingBurstLimit").unwrap_or(otherwise.burst),
        }
    }
}

impl Throttle {
    /// Whether a request of the route is let through now.
    pub(crate) fn admits(&self, route: &Route) -> bool {
        let now = now();
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let full = || Bucket {
            thousandths: u64::from(route.throttle.burst) * 1_000,
            filled_at: now,
        };
        let bucket = buckets.entry(route.key.clone()).or_insert_with(full);
        bucket.takes(route.throttle, now)
    }
}

impl Bucket {
    fn takes(&mut self, limit: Limit, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.filled_at).as_millis();
        let passed = u64::try_from(passed).unwrap_or(u64::MAX);
        // A request a second is a thousandth of one in each millisecond.
        let more = passed.saturating_mul(limit.per_second.into());
        let full = u64::from(limit.burst) * 1_000;
        self.thousandths = self.thousandths.saturating_add(more).min(full);
        self.filled_at = now;
        let left = self.thousandths.checked_sub(1_000);
        self.thousandths = left.unwrap_or(self.thousandths);
        left.is_some()
    }
}

/// By a clock that nobody sets.
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn route_lets_a_burst_through_and_then_what_its_rate_has_filled() {
        let limit = Limit {
            per_second: 2,
            burst: 3,
        };
        let began = now();
        let mut bucket = Bucket {
            thousandths: 3_000,
            filled_at: began,
        };
        for (at_ms, expected) in [
            (0, true),
            (0, true),
            (0, true),
            (0, false),
            (499, false),
            (500, true),
            (501, false),
            (1_000, true),
            // No more than the burst, however long nobody came.
            (60_000, true),
            (60_000, true),
            (60_000, true),
            (60_000, false),
        ] {
            let now = began + Duration::from_millis(at_ms);
            assert_eq!(bucket.takes(limit, now), expected, "{at_ms}");
        }
    }
}
