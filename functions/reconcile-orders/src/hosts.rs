//! The hosts that are told: each has slots of its own, so that one that hangs costs the others nothing.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use shared::follow_up::Told;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Confirmations under way at the same time to a host that has answered.
const SLOTS: usize = 32;
/// The same to one that has not yet: so many attempts are lost on a host that hangs.
const FIRST_SLOTS: usize = 3;
/// A host that timed out so often in a row rests for the run.
const TIMEOUTS: usize = 3;
/// How long the others wait for a slot of one host; from then on it is passed over while it has none.
const STALL: Duration = Duration::from_millis(250);

/// The hosts of a run.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    known: Mutex<HashMap<String, Arc<Host>>>,
    passed_over: AtomicBool,
}

#[derive(Debug)]
struct Host {
    slots: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    has_answered: bool,
    is_stalled: bool,
    /// In a row; the slots of these are not given back before the host answers.
    timeouts: usize,
}

/// What a host has for one more confirmation.
#[derive(Debug)]
pub(super) enum Place {
    /// A slot.
    Free(Slot),
    /// None for the moment.
    Taken,
    /// None for the rest of the run.
    Resting,
}

/// A place for one confirmation to a host.
#[derive(Debug)]
pub(super) struct Slot {
    host: Arc<Host>,
    permit: OwnedSemaphorePermit,
}

impl Hosts {
    /// A place for a confirmation to `url`.
    pub(super) async fn place(&self, url: &str) -> Place {
        let host = self.host(url);
        if host.rests() {
            return Place::Resting;
        }
        let slots = Arc::clone(&host.slots);
        let permit = match slots.clone().try_acquire_owned() {
            Ok(permit) => Some(permit),
            Err(_) if host.is_stalled() => None,
            Err(_) => {
                let waited = tokio::time::timeout(STALL, slots.acquire_owned()).await;
                waited.ok().and_then(Result::ok)
            }
        };
        if host.rests() {
            return Place::Resting;
        }
        let Some(permit) = permit else {
            host.state(|state| state.is_stalled = true);
            return Place::Taken;
        };
        Place::Free(Slot { host, permit })
    }

    /// Whether an order for `url` should be loaded: not if its host rests, nor if it would only wait, since its host has no
    /// place for the moment, or is one of those that are `held` for. The latter is passed over.
    pub(super) fn may_take<'a>(&self, url: &str, mut held: impl Iterator<Item = &'a str>) -> bool {
        let host = self.host(url);
        if host.rests() {
            return false;
        }
        let has_none = host.is_stalled() && host.slots.available_permits() == 0;
        let is_passed_over = has_none || held.any(|other| name(other) == name(url));
        if is_passed_over {
            self.passed_over.store(true, Ordering::Relaxed);
        }
        !is_passed_over
    }

    /// Whether an order has been passed over, since this was last asked, whose host does not rest.
    pub(super) fn take_passed_over(&self) -> bool {
        self.passed_over.swap(false, Ordering::Relaxed)
    }

    fn host(&self, url: &str) -> Arc<Host> {
        let name = name(url);
        let mut known = self
            .known
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        Arc::clone(known.entry(name.to_owned()).or_default())
    }
}

/// Host and port of an address in its normal form, as it was recorded: scheme, two slashes, host and port, a slash.
fn name(url: &str) -> &str {
    url.split('/').nth(2).unwrap_or_default()
}

impl Default for Host {
    fn default() -> Self {
        Self {
            slots: Arc::new(Semaphore::new(FIRST_SLOTS)),
            state: Mutex::default(),
        }
    }
}

impl Host {
    fn state<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        let state = self.state.lock();
        with(&mut state.unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    fn rests(&self) -> bool {
        self.state(|state| state.timeouts >= TIMEOUTS)
    }

    fn is_stalled(&self) -> bool {
        self.state(|state| state.is_stalled)
    }
}

impl Slot {
    /// How the confirmation ended.
    pub(super) fn ended(self, told: Told) {
        let Self { host, permit } = self;
        let more = host.state(|state| match told {
            Told::TimedOut => {
                permit.forget();
                state.timeouts = state.timeouts.saturating_add(1);
                0
            }
            Told::Accepted | Told::Unaccepted => {
                state.is_stalled = false;
                let is_first = !std::mem::replace(&mut state.has_answered, true);
                let first = if is_first { SLOTS - FIRST_SLOTS } else { 0 };
                std::mem::take(&mut state.timeouts).saturating_add(first)
            }
        });
        host.slots.add_permits(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://app.example.com/paid";
    const SAME_HOST: &str = "https://app.example.com/other";
    const OTHER_HOST: &str = "https://app.example.com:8443/paid";

    fn free(place: Place) -> Slot {
        match place {
            Place::Free(slot) => slot,
            place @ (Place::Taken | Place::Resting) => panic!("{place:?}"),
        }
    }

    async fn places(hosts: &Hosts, count: usize) -> Vec<Slot> {
        let mut slots = Vec::new();
        for _ in 0..count {
            slots.push(free(hosts.place(URL).await));
        }
        slots
    }

    async fn assert_none_is_left(hosts: &Hosts) {
        let place = hosts.place(SAME_HOST).await;
        assert!(matches!(place, Place::Taken), "{place:?}");
    }

    #[tokio::test]
    async fn host_has_few_slots_until_it_answers_for_the_first_time() {
        let hosts = Hosts::default();
        let mut slots = places(&hosts, 3).await;
        assert_none_is_left(&hosts).await;
        free(hosts.place(OTHER_HOST).await);

        slots.remove(0).ended(Told::Accepted);
        slots.extend(places(&hosts, 30).await);
        assert_none_is_left(&hosts).await;

        slots.remove(0).ended(Told::Unaccepted);
        slots.extend(places(&hosts, 1).await);
        assert_none_is_left(&hosts).await;
    }

    #[tokio::test]
    async fn host_that_times_out_three_times_in_a_row_rests() {
        let hosts = Hosts::default();
        let [first, second, third] = places(&hosts, 3).await.try_into().unwrap();
        first.ended(Told::TimedOut);
        second.ended(Told::TimedOut);
        third.ended(Told::Unaccepted);
        // It has answered, and what the time-outs took is given back.
        let mut slots = places(&hosts, 32).await;
        assert_none_is_left(&hosts).await;

        slots.remove(0).ended(Told::TimedOut);
        slots.remove(0).ended(Told::TimedOut);
        assert_none_is_left(&hosts).await;
        slots.remove(0).ended(Told::TimedOut);
        let place = hosts.place(URL).await;
        assert!(matches!(place, Place::Resting), "{place:?}");
        assert!(!hosts.may_take(URL, std::iter::empty()));
        assert!(!hosts.take_passed_over());
        free(hosts.place(OTHER_HOST).await);
    }

    #[tokio::test]
    async fn slot_is_waited_for_a_moment_and_then_no_more() {
        let hosts = Hosts::default();
        let mut slots = places(&hosts, 3).await;
        let given_back = async {
            slots.pop();
        };
        let (place, ()) = tokio::join!(hosts.place(URL), given_back);
        slots.push(free(place));

        assert_none_is_left(&hosts).await;
        let at_once = tokio::time::timeout(STALL / 2, hosts.place(URL)).await;
        assert!(matches!(at_once, Ok(Place::Taken)), "{at_once:?}");
    }

    #[tokio::test]
    async fn order_that_would_only_wait_is_passed_over() {
        let hosts = Hosts::default();
        let none = std::iter::empty;
        let mut slots = places(&hosts, 3).await;
        assert!(hosts.may_take(URL, none()));
        assert!(!hosts.take_passed_over());

        assert_none_is_left(&hosts).await;
        assert!(!hosts.may_take(URL, none()));
        assert!(hosts.take_passed_over());
        assert!(!hosts.take_passed_over());
        assert!(hosts.may_take(OTHER_HOST, none()));

        slots.pop();
        assert!(hosts.may_take(URL, none()));
        assert!(hosts.may_take(URL, [OTHER_HOST].into_iter()));
        assert!(!hosts.take_passed_over());
        assert!(!hosts.may_take(URL, [OTHER_HOST, SAME_HOST].into_iter()));
        assert!(hosts.take_passed_over());
    }
}
