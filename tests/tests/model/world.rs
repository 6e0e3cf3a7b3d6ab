//! The world that is explored: the table, the invocations under way, Binance, the time; and what can happen in it.

use std::mem::Discriminant;

use shared::order::{Order, Status, Work};

use crate::binance::{Binance, End, Notice, Stands};
use crate::normal::Kept;
use crate::run::Run;

/// The times at which anything happens, in milliseconds: made, its claims over, its end over, a day, nine, and 45 days later.
/// From the last but one on everything works.
pub const TIMES: [i64; 6] = {
    const MADE_MS: i64 = 1_763_802_000_000;
    const HOUR_MS: i64 = 3_600_000;
    [
        MADE_MS,
        MADE_MS + 180_000,
        MADE_MS + HOUR_MS + 300_000,
        MADE_MS + 27 * HOUR_MS,
        MADE_MS + 9 * 24 * HOUR_MS,
        MADE_MS + 45 * 24 * HOUR_MS,
    ]
};
/// From when on nobody fails, pays or asks for anything any more.
pub const QUIET: usize = 4;
/// When the order's time is over.
pub const OVER: usize = 2;
/// Runs of `reconcile-orders` that each time may need.
pub const RUNS: u8 = 6;

/// Who is invoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// `create-order`: the first request or its repeat.
    Create,
    Close,
    Refund,
    Callback(Notice),
    /// `reconcile-orders`: its lane that asks, and the one that tells.
    Asking,
    Telling,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// An invocation begins, and reads the table.
    Begins(Who),
    /// One of those under way makes its next call.
    Calls(usize, End),
    Dies(usize),
    /// A call that had vanished arrives after all: a create of this number, or a refund of its payment.
    CreateArrives(u8),
    RefundArrives(u8),
    Pays(u8),
    Expires(u8),
    RefundEnds(bool),
    /// Time passes; without a run of `reconcile-orders` that was due, if so said.
    Passes {
        is_missed: bool,
    },
}

/// What is left of what may happen so many times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Left {
    pub faults: u8,
    pub creates: u8,
    pub closes: u8,
    pub refunds: u8,
    pub payments: u8,
    pub foreign: u8,
    pub runs: u8,
}

/// What was seen and is nowhere else to be seen: a promise that was broken, what LeadsCalendar accepted last, and which
/// notifications came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub broken: Option<&'static str>,
    pub accepted: Option<(i64, Discriminant<Status>)>,
    pub came: Vec<Notice>,
}

#[derive(Clone)]
pub struct World {
    pub at: usize,
    /// The conditional put is one under a version: the table of one order.
    pub table: Option<Kept>,
    pub runs: Vec<Run>,
    pub binance: Binance,
    pub left: Left,
    pub seen: Seen,
}

impl World {
    pub fn now_ms(&self) -> i64 {
        TIMES[self.at]
    }

    pub fn order(&self) -> Option<&Order> {
        self.table.as_ref().map(|kept| &*kept.order)
    }

    pub fn is_due(&self, work: Work) -> bool {
        self.order()
            .is_some_and(|order| order.is_due(work, self.now_ms()))
    }

    /// Whether nothing is left to be done, for good.
    pub fn is_over(&self) -> bool {
        self.at + 1 == TIMES.len() && self.runs.is_empty() && !self.has_due()
    }

    /// Whether more is due than a time has runs.
    pub fn is_out_of_runs(&self) -> bool {
        self.left.runs == 0 && self.runs.is_empty() && self.has_due()
    }

    fn has_due(&self) -> bool {
        self.is_due(Work::Asking) || self.is_due(Work::Telling)
    }

    /// Everybody's order, the table's first.
    pub fn kept(&self) -> impl Iterator<Item = &Kept> {
        let held = self.runs.iter().filter_map(|run| run.held.as_ref());
        self.table.iter().chain(held)
    }

    pub fn begin(&mut self, who: Who) {
        let left = &mut self.left;
        match who {
            Who::Create => left.creates -= 1,
            Who::Close => left.closes -= 1,
            Who::Refund => left.refunds -= 1,
            Who::Asking | Who::Telling => left.runs -= 1,
            Who::Callback(Notice::ForeignPaid(_) | Notice::ForeignClosed(_)) => left.foreign -= 1,
            Who::Callback(notice) if self.seen.came.contains(&notice) => left.faults -= 1,
            Who::Callback(notice) => self.seen.came.push(notice),
        }
        self.seen.came.sort_unstable();
    }

    pub fn may_begin(&self, actions: &mut Vec<Action>) {
        let (left, is_quiet) = (self.left, self.at >= QUIET);
        let mut may = |is: bool, who| actions.extend(is.then_some(Action::Begins(who)));
        may(left.creates > 0 && !is_quiet, Who::Create);
        if self.table.is_none() {
            return;
        }
        may(left.closes > 0 && !is_quiet, Who::Close);
        may(left.refunds > 0 && !is_quiet, Who::Refund);
        may(left.runs > 0 && self.is_due(Work::Asking), Who::Asking);
        may(left.runs > 0 && self.is_due(Work::Telling), Who::Telling);
        for notice in &self.binance.notices {
            let is_repeat = self.seen.came.contains(notice);
            may(
                !is_quiet && (!is_repeat || left.faults > 0),
                Who::Callback(*notice),
            );
        }
        for foreign in [Notice::ForeignPaid(1), Notice::ForeignClosed(1)] {
            may(left.foreign > 0 && !is_quiet, Who::Callback(foreign));
        }
    }

    pub fn may_happen_outside(&self, actions: &mut Vec<Action>) {
        for number in [1, 2] {
            if self.binance.late_creates.contains(&number) {
                actions.push(Action::CreateArrives(number));
            }
            let Some(checkout) = self.binance.checkout(number) else {
                continue;
            };
            if checkout.stands == Stands::Open {
                if self.left.payments > 0 && self.at < QUIET {
                    actions.push(Action::Pays(number));
                }
                if self.at >= checkout.opened_at.max(OVER) {
                    actions.push(Action::Expires(number));
                }
            }
        }
        let late = self.binance.late_refund;
        actions.extend(late.map(Action::RefundArrives));
        if matches!(self.binance.refund, Some((_, None))) {
            actions.push(Action::RefundEnds(true));
            if self.left.faults > 0 {
                actions.push(Action::RefundEnds(false));
            }
        } else if self.runs.is_empty() && self.table.is_some() && self.at + 1 < TIMES.len() {
            if !self.has_due() {
                actions.push(Action::Passes { is_missed: false });
            } else if self.left.faults > 0 && self.at + 1 < QUIET {
                actions.push(Action::Passes { is_missed: true });
            }
        }
    }
}
