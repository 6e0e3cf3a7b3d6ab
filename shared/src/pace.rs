//! Something that is done so often at most, however many ask for it.

use std::sync::atomic::{AtomicI64, Ordering};

/// How often something may be done; shared by all that do it.
#[derive(Debug)]
pub struct Pace {
    every_ms: i64,
    next_ms: AtomicI64,
}

impl Pace {
    /// At most once in `every_ms` milliseconds; the first time at once.
    #[must_use]
    pub const fn new(every_ms: i64) -> Self {
        let next_ms = AtomicI64::new(i64::MIN);
        Self { every_ms, next_ms }
    }

    /// Whether it may be done at `now_ms`, by the clock that nobody sets; whoever is told so does it.
    pub fn take(&self, now_ms: i64) -> bool {
        let next_ms = now_ms.saturating_add(self.every_ms);
        let is_due = |due_ms: i64| (due_ms <= now_ms).then_some(next_ms);
        let relaxed = Ordering::Relaxed;
        self.next_ms.fetch_update(relaxed, relaxed, is_due).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_is_at_once_and_the_next_when_its_time_has_come() {
        let pace = Pace::new(1_000);
        let taken = [-5, 994, 995, 1_994, 1_995, 9_000].map(|now_ms| pace.take(now_ms));
        assert_eq!(taken, [true, false, true, false, true, true]);
    }
}
