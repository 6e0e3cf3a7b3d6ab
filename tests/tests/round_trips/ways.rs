//! What takes time on the way to somebody far away, and how many round trips that are.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

/// One round trip. Three of them are much less than what a reading of known secrets is waited for.
pub const ROUND_TRIP: Duration = Duration::from_millis(40);

/// From when each came to when it was over, be the machine as busy as it may.
pub type Ways = Arc<Mutex<Vec<(Instant, Instant)>>>;

/// How many round trips somebody waited for at least one of these.
pub fn round_trips(mut ways: Vec<(Instant, Instant)>) -> u32 {
    ways.sort_unstable();
    let (mut waited, mut until) = (Duration::ZERO, None);
    for (from, to) in ways {
        let seen = until.map_or(from, |until| from.max(until));
        waited += to.saturating_duration_since(seen);
        until = until.max(Some(to));
    }
    // What goes on at the same time does not begin at the same time.
    let trips = (waited + ROUND_TRIP / 3).as_millis() / ROUND_TRIP.as_millis();
    u32::try_from(trips).unwrap()
}
