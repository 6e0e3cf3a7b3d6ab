//! Trade numbers, whoever works on the order at once, and whatever writes are repeated because their answers were lost.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    /// An invocation of LeadsCalendar's comes in.
    Arrives,
    /// The longest-running invocation hears from Binance, or does not.
    Ends(CallEnd),
    /// The store's client repeats a write that it takes for lost.
    Repeats(prop::sample::Index),
    /// So many seconds pass.
    Passes(i64),
}

/// The four ends of a call of Binance, and the good one.
#[derive(Clone, Copy, Debug)]
enum CallEnd {
    Opened,
    Refused,
    Lost,
    NotDone,
}

fn step() -> impl Strategy<Value = Step> {
    let of_a_call = [
        CallEnd::Opened,
        CallEnd::Refused,
        CallEnd::Lost,
        CallEnd::NotDone,
        CallEnd::NotDone,
        CallEnd::NotDone,
    ];
    prop_oneof![
        3 => Just(Step::Arrives),
        3 => prop::sample::select(of_a_call.to_vec()).prop_map(Step::Ends),
        2 => any::<prop::sample::Index>().prop_map(Step::Repeats),
        1 => (1..40_i64).prop_map(Step::Passes),
    ]
}

proptest! {
    #[test]
    fn number_is_used_by_one_invocation_at_a_time_and_never_again_once_binance_may_know_it(
        steps in prop::collection::vec(step(), 0..40),
    ) {
        let mut order = created();
        let mut now_ms = T0;
        // The number each invocation sends to Binance, by the invocation; those still under way.
        let mut under_way = BTreeMap::from([(0, 1)]);
        let mut arrived = 0;
        let mut known_to_binance = BTreeSet::new();
        let mut ends = Vec::new();
        let by = |invocation: usize| if invocation == 0 { "first".to_owned() } else { format!("invocation {invocation}") };

        for step in steps {
            match step {
                Step::Arrives => {
                    arrived += 1;
                    let resumed = Event::Resumed(claim(&by(arrived), now_ms + 28_000));
                    if order.apply(&resumed, "resumed", now_ms) == Applied::Changed {
                        let number = order.current_attempt();
                        prop_assert!(!known_to_binance.contains(&number), "{number} again");
                        prop_assert!(!under_way.values().any(|used| *used == number), "{number} twice at once");
                        under_way.insert(arrived, number);
                    }
                }
                Step::Ends(end) => {
                    let Some((invocation, number)) = under_way.pop_first() else { continue };
                    let event = match end {
                        CallEnd::Opened => learned(number, opened(number)),
                        CallEnd::Refused => Event::NotOpened { attempt: number, end: End::Refused },
                        CallEnd::Lost => Event::NotOpened { attempt: number, end: End::Unknown },
                        CallEnd::NotDone => released_by(&by(invocation)),
                    };
                    if !matches!(end, CallEnd::NotDone) {
                        known_to_binance.insert(number);
                    }
                    order.apply(&event, "end", now_ms);
                    ends.push(event);
                }
                // A repeated `Resumed` is an invocation that starts with what it finds, as `Arrives` is.
                Step::Repeats(index) => {
                    if !ends.is_empty() {
                        order.apply(index.get(&ends), "repeated", now_ms);
                    }
                }
                Step::Passes(secs) => now_ms += secs * 1_000,
            }
        }
    }
}
