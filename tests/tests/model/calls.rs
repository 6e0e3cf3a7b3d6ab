//! The calls of the functions: what each does at its other end, and what follows from how it ends.

use std::sync::Arc;

use create_order::{Unopened, unopened};
use shared::ambient::OrderClock;
use shared::ask::{self, About, Question, RateLimit};
use shared::binance::BinanceError;
use shared::order::{Claim, End as Ended, Event, Fact, Order, RefundFact, Sent, State, Wanted};
use shared::refunds::sent;

use crate::binance::{End, failed};
use crate::explorer::Payments;
use crate::faults::{Planted, closed};
use crate::functions::{after, go_on};
use crate::normal::Kept;
use crate::orders::refund_id;
use crate::promises;
use crate::run::{Answers, Call, Run, Then};
use crate::world::{Who, World};

/// The call is made, and ends like this.
pub fn call(model: Payments, world: &mut World, run: Run, end: End) {
    let next = Arc::clone(&run.next);
    match &*next {
        Call::Put(events, then) => put(model, world, run, events, *then),
        Call::Create => create(model, world, run, end),
        Call::Close(open, is_asked) => close(model, world, run, (open, *is_asked), end),
        Call::Query(..) | Call::CloseAsked(..) | Call::QueryAnew(..) | Call::QueryRefund(..) => {
            question(model, world, run, &next, end);
        }
        Call::Look(attempt) if end == End::Done => {
            let attempt = *attempt;
            let fact = world.binance.query(run.order(), attempt);
            if fact.state() != Some(&State::Refunding) {
                let learned = vec![Event::Learned { attempt, fact }];
                go_on(model, world, run, learned, Then::Looked(attempt));
            }
        }
        Call::Find(attempt) if end == End::Done => {
            let (id, wanted, attempt) = (refund_id(), Wanted::default(), *attempt);
            let fact = world.binance.query_refund(&id);
            let found = Event::RefundFound {
                id,
                attempt,
                wanted,
                fact,
            };
            go_on(model, world, run, vec![found], Then::Found);
        }
        Call::Look(_) | Call::Find(_) => {}
        Call::Refund(is_only) => refund(model, world, run, *is_only, end),
        Call::Tell => {
            let event = promises::tell(model, world, run.order(), end);
            go_on(model, world, run, vec![event], Then::Ends);
        }
    }
}

/// The conditional put; where somebody else wrote in between, the events are applied to what is there.
fn put(model: Payments, world: &mut World, mut run: Run, events: &[Event], then: Then) {
    let mut order = run.order().clone();
    let there = world.order().map(|order| order.version);
    if there != Some(order.version) && !model.has(Planted::VersionNotChecked) {
        run.held.clone_from(&world.table);
        return go_on(model, world, run, events.to_vec(), then);
    }
    let before = order.clone();
    let applied = model.apply(&mut order, events, world.now_ms());
    order.version += 1;
    let kept = Kept::of(order);
    run.held = Some(kept.clone());
    promises::write(world, kept);
    after(model, world, run, (&before, applied), then);
}

fn create(model: Payments, world: &mut World, run: Run, end: End) {
    let attempt = run.order().current_attempt();
    if end == End::Vanished {
        world.binance.late_creates.push(attempt);
    }
    let created = arrives(end)
        .then(|| promises::open(world, attempt))
        .flatten();
    let fact = created.filter(|_| end == End::Done);
    if let Some(fact) = fact.and_then(|created| created.fact(None)) {
        let learned = vec![Event::Learned { attempt, fact }];
        return go_on(model, world, run, learned, Then::Opened(attempt));
    }
    let (event, then) = match model.unopened(unopened(&failed(end), false)) {
        Unopened::Unknown if attempt < 2 => (Event::Resumed(claim_of(&run)), Then::Resumed),
        Unopened::Unknown | Unopened::Taken | Unopened::End => {
            let end = Ended::Unknown;
            (Event::NotOpened { attempt, end }, Then::Ends)
        }
        Unopened::Refused => {
            let end = Ended::Refused;
            (Event::NotOpened { attempt, end }, Then::Ends)
        }
        Unopened::Released(_) => (
            Event::Released {
                by: claim_of(&run).by,
            },
            Then::Ends,
        ),
    };
    go_on(model, world, run, vec![event], then);
}

/// The claim by which an invocation holds the order it opens a checkout for.
fn claim_of(run: &Run) -> Claim {
    let claim = run.order().claim.clone();
    claim.expect("who opens a checkout holds the order")
}

fn close(model: Payments, world: &mut World, run: Run, open: (&[u8], bool), end: End) {
    let (open, is_asked) = open;
    let Some((number, left)) = open.split_first() else {
        return;
    };
    if arrives(end) {
        world.binance.close(*number);
    }
    if !left.is_empty() {
        run.with(Call::Close(left.to_vec(), is_asked), world);
    } else if is_asked && model.has(Planted::CloseBelieved) {
        let closed = closed(run.order(), *number);
        go_on(model, world, run, vec![closed], Then::Ends);
    } else if is_asked {
        asks(model, world, run, About::Number(*number));
    }
}

/// Binance is asked.
pub fn asks(model: Payments, world: &mut World, run: Run, about: About) {
    let attempts = about.attempts(run.order());
    asks_on(model, world, run, about, (attempts, Vec::new()));
}

fn asks_on(model: Payments, world: &mut World, run: Run, about: About, asked: (Vec<u8>, Answers)) {
    let (left, answers) = asked;
    if !left.is_empty() {
        run.with(Call::Query(about, left, answers), world);
    } else if about.refund(run.order()).is_some() {
        run.with(Call::QueryRefund(about, answers), world);
    } else {
        let events = answered(world, run.order(), about, &answers, None);
        let is_unknown_refund = false;
        go_on(model, world, run, events, Then::Asked { is_unknown_refund });
    }
}

fn question(model: Payments, world: &mut World, run: Run, next: &Call, end: End) {
    let is_answered = end == End::Done;
    match next {
        Call::Query(about, left, answers) => {
            let Some((number, left)) = left.split_first() else {
                return;
            };
            let fact = is_answered.then(|| world.binance.query(run.order(), *number));
            let closes = about.closes(run.order(), *number, fact.as_ref(), world.now_ms());
            let asked = (left.to_vec(), [&answers[..], &[(*number, fact)]].concat());
            if closes {
                run.with(Call::CloseAsked(*about, asked.0, asked.1), world);
            } else {
                asks_on(model, world, run, *about, asked);
            }
        }
        Call::CloseAsked(about, left, answers) => {
            if let Some((number, _)) = answers.last().filter(|_| arrives(end)) {
                world.binance.close(*number);
            }
            run.with(
                Call::QueryAnew(*about, left.clone(), answers.clone()),
                world,
            );
        }
        Call::QueryAnew(about, left, answers) => {
            let mut answers = answers.clone();
            if let Some((number, fact)) = answers.last_mut().filter(|_| is_answered) {
                *fact = Some(world.binance.query(run.order(), *number));
            }
            asks_on(model, world, run, *about, (left.clone(), answers));
        }
        Call::QueryRefund(about, answers) => {
            let id = refund_id();
            let fact = is_answered.then(|| world.binance.query_refund(&id));
            let is_unknown_refund = fact.as_ref().is_some_and(RefundFact::is_not_found);
            let refund = fact.map_or(Event::RefundUnanswered, |fact| about.learned(&id, fact));
            let events = answered(world, run.order(), *about, answers, Some(refund));
            go_on(model, world, run, events, Then::Asked { is_unknown_refund });
        }
        _ => {}
    }
}

fn refund(model: Payments, world: &mut World, run: Run, is_only: bool, end: End) {
    let Some(refund) = run.order().refund(&refund_id()) else {
        return;
    };
    let (id, sent_at_ms, number) = (refund_id(), refund.sent_at_ms, refund.attempt);
    if end == End::Vanished {
        world.binance.late_refund = Some(number);
    }
    let answer = arrives(end).then(|| promises::give_back(world, number, &id));
    let answer = answer.filter(|_| end == End::Done);
    let answer: Result<RefundFact, BinanceError> = answer.unwrap_or_else(|| Err(failed(end)));
    let sent = model.sent(answer.map_or_else(|error| sent(&error), Sent::Accepted));
    let is_answered = run.who == Who::Refund;
    let is_asked = is_answered && matches!(sent, Sent::Accepted(_) | Sent::Unknown);
    let event = Event::RefundSent {
        id,
        sent,
        sent_at_ms,
        is_only,
        is_answered,
    };
    go_on(model, world, run, vec![event], Then::Sent { is_asked });
}

/// What the answers mean.
fn answered(
    world: &World,
    order: &Order,
    about: About,
    answers: &[(u8, Option<Fact>)],
    refund: Option<Event>,
) -> Vec<Event> {
    let question = Question {
        about,
        began_ms: world.now_ms(),
        deadline_ms: 0,
        clock: OrderClock::default(),
        rate: &RateLimit::default(),
    };
    ask::events(order, question, answers, refund)
}

/// Whether a call that ends like this was carried out.
fn arrives(end: End) -> bool {
    matches!(end, End::Done | End::Lost)
}
