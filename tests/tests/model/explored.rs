//! What is explored, and how far.

use stateright::{Checker as _, HasDiscoveries, Model as _};

use crate::explorer::Bounds;
use crate::explorer::Payments;
use crate::faults::Planted;
use crate::story::story;

/// Nothing but one `create-order`, notifications and runs, without a fault.
pub const PLAIN: Bounds = Bounds {
    faults: 0,
    at_once: 1,
    creates: 1,
    closes: 0,
    refunds: 0,
    foreign: 0,
};

/// The same request twice, at the same time.
const TWICE: Bounds = Bounds {
    faults: 1,
    at_once: 2,
    creates: 2,
    ..PLAIN
};
/// Twice, one after the other, and another merchant has the same number.
const FOREIGN: Bounds = Bounds {
    faults: 1,
    creates: 2,
    foreign: 1,
    ..PLAIN
};
const CLOSED: Bounds = Bounds {
    faults: 1,
    at_once: 2,
    closes: 1,
    ..PLAIN
};
const REFUNDED: Bounds = Bounds {
    at_once: 2,
    refunds: 1,
    ..PLAIN
};
/// The same one at a time, with a fault.
const REFUND_FAILS: Bounds = Bounds {
    faults: 1,
    refunds: 1,
    ..PLAIN
};
/// Everybody, one at a time.
const EVERYBODY: Bounds = Bounds {
    creates: 2,
    closes: 1,
    refunds: 1,
    foreign: 1,
    ..PLAIN
};

/// Explores everything within the bounds, or until a promise is broken; the story of that.
pub fn explore(bounds: Bounds, planted: Option<Planted>) -> Result<usize, String> {
    // One thread finds the shortest story, and always the same.
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if planted.is_some() { 1 } else { threads };
    let model = Payments { bounds, planted };
    let checker = model.checker().finish_when(HasDiscoveries::Any);
    let explored = checker.threads(threads).spawn_bfs().join();
    let mut broken: Vec<_> = explored.discoveries().into_iter().collect();
    broken.sort_by_key(|(promise, path)| (path.clone().into_actions().len(), *promise));
    match broken.into_iter().next() {
        Some((promise, path)) => Err(story(promise, path)),
        None => Ok(explored.unique_state_count()),
    }
}

/// As many faults more as `DEPTH` says; none without it.
fn deeper(bounds: Bounds) -> Bounds {
    #[expect(
        clippy::disallowed_methods,
        reason = "the named place where the model reads its depth"
    )]
    let lookup = |name: &str| std::env::var(name).ok();
    let depth = lookup("DEPTH").unwrap_or_default();
    let more: u8 = if depth.is_empty() {
        0
    } else {
        depth.parse().expect("DEPTH is a small number")
    };
    Bounds {
        faults: bounds.faults + more,
        ..bounds
    }
}

/// Every promise is kept, whatever happens within these bounds.
fn is_kept(name: &str, bounds: Bounds) {
    let bounds = deeper(bounds);
    match explore(bounds, None) {
        Ok(states) => println!("{name}: {states} states, with {bounds:?}"),
        Err(story) => panic!("{name}, with {bounds:?}\n{story}"),
    }
}

#[test]
fn every_promise_is_kept_whatever_happens() {
    is_kept("the same request twice", TWICE);
    is_kept("another merchant", FOREIGN);
    is_kept("a close", CLOSED);
    is_kept("a refund beside others", REFUNDED);
    is_kept("a refund that fails", REFUND_FAILS);
    is_kept("everybody", EVERYBODY);
}
