//! The model's functions one at a time: each makes the calls that are listed, as the real ones do.

use stateright::Model as _;

use crate::binance::{End, Notice};
use crate::explored::PLAIN;
use crate::explorer::Bounds;
use crate::explorer::Payments;
use crate::lists::LISTS;
use crate::world::{Action, Who, World};

/// Everything may happen, for it is told what does.
const FREE: Bounds = Bounds {
    faults: 9,
    creates: 2,
    closes: 1,
    refunds: 1,
    ..PLAIN
};

const MODEL: Payments = Payments {
    bounds: FREE,
    planted: None,
};

fn happens(world: &World, action: Action) -> World {
    let mut may = Vec::new();
    MODEL.actions(world, &mut may);
    assert!(may.contains(&action), "{action:?} is none of {may:?}");
    MODEL.next_state(world, action).unwrap()
}

/// `who` is invoked and makes its calls, the first of which end as told; these calls.
fn played(world: &mut World, who: Who, ends: &[End]) -> Vec<&'static str> {
    let first = match who {
        Who::Create => Some("put"),
        Who::Close | Who::Refund | Who::Callback(_) => Some("get"),
        Who::Asking | Who::Telling => None,
    };
    *world = happens(world, Action::Begins(who));
    let mut calls: Vec<_> = first.into_iter().collect();
    let mut ends = ends.iter();
    while let Some(run) = world.runs.first() {
        let name = run.next.name();
        calls.push(name);
        let end = if name == "put" { None } else { ends.next() };
        let end = *end.unwrap_or(&End::Done);
        *world = happens(world, Action::Calls(0, end));
    }
    calls
}

fn start() -> World {
    MODEL.init_states().remove(0)
}

fn paid(world: &mut World) {
    *world = happens(world, Action::Pays(1));
}

fn later(world: &mut World) {
    *world = happens(world, Action::Passes { is_missed: false });
}

#[test]
fn each_function_makes_the_calls_that_are_listed() {
    let mut place = 0;
    let mut is = |calls: Vec<&str>| {
        let (name, listed) = LISTS[place];
        assert_eq!(calls, listed, "{name}");
        place += 1;
    };
    let (lost, not_done) = ([End::Lost], [End::NotDone]);
    let payment = Who::Callback(Notice::Paid(1));

    let mut open = start();
    is(played(&mut open, Who::Create, &[]));
    let mut two = start();
    is(played(&mut two, Who::Create, &lost));
    is(played(&mut open.clone(), Who::Create, &[]));
    let mut silent = open.clone();
    paid(&mut silent);
    let mut known = silent.clone();
    is(played(&mut known, payment, &[]));
    paid(&mut two);
    is(played(&mut two, payment, &[]));
    is(played(&mut open, Who::Close, &[]));
    is(played(&mut known.clone(), Who::Refund, &[]));
    later(&mut silent);
    is(played(&mut silent, Who::Asking, &[]));
    played(&mut known, Who::Refund, &[End::Done, End::Vanished]);
    later(&mut known);
    is(played(&mut known, Who::Asking, &[]));
    let mut untold = start();
    played(&mut untold, Who::Create, &[]);
    paid(&mut untold);
    played(&mut untold, payment, &not_done);
    later(&mut untold);
    is(played(&mut untold, Who::Telling, &[]));

    assert_eq!(place, LISTS.len());
}
