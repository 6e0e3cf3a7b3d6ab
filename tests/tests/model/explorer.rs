//! The exploration: what can happen in a state, and what it becomes by it.

use stateright::{Model, Property};

use crate::binance::{Binance, End};
use crate::faults::Planted;
use crate::orders::refund_id;
use crate::run::Run;
use crate::world::{Action, Left, QUIET, RUNS, Seen, World};
use crate::{calls, functions, promises};

/// How much may happen.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Crashes, lost or refused calls, repeated notifications, runs that do not come, in all.
    pub faults: u8,
    /// Invocations under way at the same time.
    pub at_once: usize,
    pub creates: u8,
    pub closes: u8,
    pub refunds: u8,
    pub foreign: u8,
}

/// What is explored, perhaps with a fault planted in it.
#[derive(Clone, Copy)]
pub struct Payments {
    pub bounds: Bounds,
    pub planted: Option<Planted>,
}

impl Model for Payments {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let bounds = self.bounds;
        let left = Left {
            faults: bounds.faults,
            creates: bounds.creates,
            closes: bounds.closes,
            refunds: bounds.refunds,
            payments: 1,
            foreign: bounds.foreign,
            runs: RUNS,
        };
        vec![World {
            at: 0,
            table: None,
            runs: Vec::new(),
            binance: Binance::default(),
            left,
            seen: Seen::default(),
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        if world.seen.broken.is_some() {
            return;
        }
        if world.runs.len() < self.bounds.at_once {
            world.may_begin(actions);
        }
        let may_fail = world.left.faults > 0 && world.at < QUIET;
        for (place, run) in world.runs.iter().enumerate() {
            let ends = run
                .ends()
                .iter()
                .filter(|end| may_fail || **end == End::Done);
            actions.extend(ends.map(|end| Action::Calls(place, *end)));
            if may_fail {
                actions.push(Action::Dies(place));
            }
        }
        world.may_happen_outside(actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut world = world.clone();
        match action {
            Action::Begins(who) => {
                world.begin(who);
                functions::begin(*self, &mut world, who);
            }
            Action::Calls(place, end) => {
                let run = world.runs.remove(place);
                world.left.faults -= u8::from(end != End::Done);
                calls::call(*self, &mut world, run, end);
            }
            Action::Dies(place) => {
                world.runs.remove(place);
                world.left.faults -= 1;
            }
            Action::CreateArrives(number) => world.binance.arrive(number, world.at),
            Action::RefundArrives(number) => {
                world.binance.late_refund = None;
                let _ = world.binance.give_back(number, &refund_id());
            }
            Action::Pays(number) => {
                world.left.payments -= 1;
                world.binance.pay(number, world.at);
            }
            Action::Expires(number) => world.binance.expire(number),
            Action::RefundEnds(is_done) => {
                world.left.faults -= u8::from(!is_done);
                world.binance.end_refund(is_done);
            }
            Action::Passes { is_missed } => {
                world.left.faults -= u8::from(is_missed);
                world.left.runs = RUNS;
                // Its signature is too old by then.
                world.binance.late_creates.clear();
                world.binance.late_refund = None;
                world.at += 1;
            }
        }
        world.runs.sort_by_key(Run::digest);
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        promises::all()
    }
}
