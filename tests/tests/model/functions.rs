//! The functions, call by call: what each does between two calls is the functions' own code.

use binance_callback::afterwards;
use close_order::to_close;
use create_order::taking_over;
use reconcile_orders::about;
use shared::ask::About;
use shared::order::{Applied, Checked, Claim, Event, Order, Wanted, Work};

use crate::binance::Notice;
use crate::calls::asks;
use crate::explorer::Payments;
use crate::faults::{Planted, believed, expired, send_unrecorded};
use crate::normal::Kept;
use crate::orders::{order_id, refund_id, request};
use crate::promises;
use crate::run::{Call, Run, Then};
use crate::world::{Who, World};

/// What an invocation of `create-order` may take, and a claim of `reconcile-orders`, in milliseconds.
const LIMIT_MS: i64 = 28_000;
const CLAIM_MS: i64 = 120_000;

fn claim(world: &World) -> Claim {
    Claim {
        by: format!("request {}", world.left.creates),
        until_ms: world.now_ms() + LIMIT_MS,
    }
}

/// An invocation begins with reading the table, or with its record.
pub fn begin(model: Payments, world: &mut World, who: Who) {
    let is_first = who == Who::Create && world.table.is_none();
    if is_first {
        let order = Order::new(order_id(), true, request(), claim(world), world.now_ms());
        promises::write(world, Kept::of(order));
    }
    let run = Run::new(who, world.table.clone());
    let (order, at_ms) = (run.order().clone(), world.now_ms());
    let put =
        |world: &mut World, run: Run, event, then| go_on(model, world, run, vec![event], then);
    match who {
        Who::Create if is_first => run.with(Call::Create, world),
        Who::Create => {
            if order.may_open() && order.attempts.len() < 2 || order.has_no_time(at_ms) {
                let event = taking_over(&order, &claim(world), at_ms);
                put(world, run, event, Then::Resumed);
            }
        }
        Who::Close => put(world, run, Event::CloseWished, Then::Wished),
        Who::Refund if order.refund(&refund_id()).is_some() => {}
        Who::Refund => {
            if let Ok(attempt) = order.refund_from(&Wanted::default()) {
                run.with(Call::Look(attempt), world);
            }
        }
        Who::Callback(notice) => hears(model, world, run, notice),
        Who::Asking | Who::Telling => {
            let work = if who == Who::Asking {
                Work::Asking
            } else {
                Work::Telling
            };
            let until_ms = at_ms + CLAIM_MS;
            let by = 1;
            let claimed = Event::Claimed { work, until_ms, by };
            put(world, run, claimed, Then::Claimed);
        }
    }
}

/// `binance-callback` hears of the order.
fn hears(model: Payments, world: &mut World, mut run: Run, notice: Notice) {
    let order = run.order().clone();
    let (hint, attempt) = (model.heard(world, &order, notice), notice.number());
    if order.attempt(attempt).is_none() {
        return;
    }
    let learned = |fact| vec![Event::Learned { attempt, fact }];
    match hint.check(&order) {
        Checked::Agrees(fact) => go_on(model, world, run, learned(fact), Then::Learned),
        Checked::Doubtful(_) if model.has(Planted::HintBelieved) => {
            let fact = believed(world, &order, notice);
            go_on(model, world, run, learned(fact), Then::Learned);
        }
        Checked::Doubtful(doubt) => {
            run.doubt = Some(doubt);
            let is_waiting = order.report.is_some();
            let reported = vec![Event::Reported { attempt, doubt }];
            go_on(model, world, run, reported, Then::Reported { is_waiting });
        }
        Checked::Idle => {}
    }
}

/// A transition: where the events change nothing, nothing is written.
pub fn go_on(model: Payments, world: &mut World, run: Run, events: Vec<Event>, then: Then) {
    let before = run.order().clone();
    let applied = model.apply(&mut before.clone(), &events, world.now_ms());
    if applied == Applied::Changed {
        model.tell_early(world, &run, &events);
        run.with(Call::Put(events, then), world);
    } else {
        after(model, world, run, (&before, applied), then);
    }
}

/// What an invocation does after a put, or where nothing was to be put: `before` is the order as it was.
pub fn after(
    model: Payments,
    world: &mut World,
    mut run: Run,
    (before, applied): (&Order, Applied),
    then: Then,
) {
    let order = run.order().clone();
    run.is_told |= order.is_told_since(before);
    match then {
        // No more than two attempts are played.
        Then::Resumed if applied == Applied::Changed && order.claim.is_some() => {
            if order.attempts.len() <= 2 {
                run.with(Call::Create, world);
            }
        }
        Then::Resumed | Then::Ends => {}
        Then::Opened(attempt) => {
            if order.closing.is_some() || order.ended.is_some() {
                run.with(Call::Close(vec![attempt], false), world);
            }
        }
        Then::Wished => {
            let open = to_close(&order);
            if !open.is_empty() {
                run.with(Call::Close(open, true), world);
            }
        }
        Then::Looked(attempt) if order.has_unrecorded_refund(attempt) => {
            run.with(Call::Find(attempt), world);
        }
        Then::Looked(_) | Then::Found => records_refund(model, world, run),
        Then::Recorded | Then::SendsAgain { .. } if applied != Applied::Changed => {
            tells(world, run);
        }
        Then::Recorded => run.with(Call::Refund(true), world),
        Then::SendsAgain { is_only } => run.with(Call::Refund(is_only), world),
        Then::Sent { is_asked: true } => {
            asks(model, world, run, About::Refund { is_answered: true });
        }
        Then::Reported { is_waiting } => {
            if let Who::Callback(notice) = run.who
                && !is_waiting
            {
                asks(model, world, run, About::Reported(notice.number()));
            }
        }
        Then::Claimed if applied != Applied::Changed => {}
        Then::Claimed if run.who == Who::Telling => {
            run.is_told = true;
            tells(world, run);
        }
        Then::Claimed if model.expires_unasked(before, world) => {
            let expired = vec![expired(before)];
            go_on(model, world, run, expired, Then::Learned);
        }
        Then::Claimed => {
            if let Some(about) = about(before, world.now_ms()) {
                asks(model, world, run, about);
            }
        }
        Then::Asked { is_unknown_refund } => asked(model, world, run, is_unknown_refund),
        Then::Sent { is_asked: false } | Then::Learned => tells(world, run),
    }
}

/// `refund-order` records the refund, unless somebody else has.
fn records_refund(model: Payments, world: &mut World, run: Run) {
    if run.order().refund(&refund_id()).is_none() {
        let (id, wanted, by) = (refund_id(), Wanted::default(), "refund".to_owned());
        let wanted = Event::RefundWanted { id, wanted, by };
        if model.has(Planted::RefundNotRecorded) {
            return send_unrecorded(world, run, &wanted);
        }
        go_on(model, world, run, vec![wanted], Then::Recorded);
    }
}

/// Whoever has made a change that is told tells it.
fn tells(world: &mut World, run: Run) {
    let is_teller = matches!(run.who, Who::Callback(_) | Who::Asking | Who::Telling);
    if is_teller && run.is_told && run.order().confirmation.is_owed() {
        run.with(Call::Tell, world);
    }
}

/// Binance was asked, and what it answered stands in the table.
fn asked(model: Payments, world: &mut World, mut run: Run, is_unknown_refund: bool) {
    let order = run.order().clone();
    match run.who {
        Who::Callback(notice) => {
            let hint = model.heard(world, &order, notice);
            if let Some(event) = run.doubt.and_then(|doubt| afterwards(&hint, doubt, &order)) {
                run.doubt = None;
                return go_on(model, world, run, vec![event], Then::Learned);
            }
        }
        Who::Asking if is_unknown_refund && order.is_refund_to_send(world.now_ms()) => {
            let is_only = order
                .undecided_refund()
                .is_some_and(|refund| !refund.may_have_arrived);
            let sending = Event::RefundSending { id: refund_id() };
            return go_on(
                model,
                world,
                run,
                vec![sending],
                Then::SendsAgain { is_only },
            );
        }
        Who::Create | Who::Close | Who::Refund | Who::Asking | Who::Telling => {}
    }
    tells(world, run);
}
