//! A counterexample as a story: who did what, in which order, and what the order became by it.

use std::fmt::Write as _;

use stateright::Path;

use crate::binance::{End, Notice};
use crate::run::Call;
use crate::world::{Action, Who, World};

/// When, for each of [`TIMES`](crate::world::TIMES).
const WHEN: [&str; 6] = [
    "at first",
    "three minutes later",
    "after its end",
    "a day later",
    "nine days later",
    "at last, 45 days later",
];

/// The story of how `promise` is broken.
pub fn story(promise: &str, path: Path<World, Action>) -> String {
    let mut told = format!("NOT SO: {promise}\n\n{}:\n", WHEN[0]);
    let states: Vec<_> = path.into_vec();
    for (place, (world, action)) in states.iter().enumerate() {
        let (Some(action), Some((then, _))) = (action, states.get(place + 1)) else {
            continue;
        };
        if let Action::Passes { is_missed } = action {
            let missed = if *is_missed { ", and no run came" } else { "" };
            let _ = writeln!(told, "{}{missed}:", WHEN[then.at]);
            continue;
        }
        let _ = write!(told, "  {}", happens(world, *action));
        let [was, is] = [world, then].map(|world| world.order().map(|order| order.status));
        if let Some(status) = is.filter(|_| was != is) {
            let _ = write!(told, ": it is {status:?}");
        }
        told.push('\n');
    }
    if let Some((world, _)) = states.last() {
        told.push_str(&stands(world));
    }
    told
}

/// How everything stands in the end.
fn stands(world: &World) -> String {
    let mut told = "and so: ".to_owned();
    if let Some(order) = world.order() {
        let owed = if order.confirmation.is_owed() {
            "its state"
        } else {
            "nothing"
        };
        let _ = write!(
            told,
            "the order is {:?}, LeadsCalendar is owed {owed}",
            order.status
        );
        if let Some(refund) = order.refunds.first() {
            let _ = write!(told, ", its refund is {:?}", refund.status);
        }
    }
    for number in [1, 2] {
        if let Some(checkout) = world.binance.checkout(number) {
            let _ = write!(
                told,
                ", and number {number} is {:?} at Binance",
                checkout.stands
            );
        }
    }
    if let Some((_, ended)) = world.binance.refund {
        let is = match ended {
            None => "under way",
            Some(true) => "done",
            Some(false) => "rejected",
        };
        let _ = write!(told, ", where the refund is {is}");
    }
    told + "\n"
}

fn happens(world: &World, action: Action) -> String {
    match action {
        Action::Begins(Who::Create) if world.table.is_none() => {
            "create-order records the order".to_owned()
        }
        Action::Begins(who) => format!("{} begins, and reads the order", name(who)),
        Action::Calls(place, end) => {
            let run = &world.runs[place];
            format!("{} {}{}", name(run.who), does(&run.next), ends(end))
        }
        Action::Dies(place) => format!("{} dies", name(world.runs[place].who)),
        Action::CreateArrives(number) => format!("the create of number {number} arrives after all"),
        Action::RefundArrives(_) => "the refund arrives after all".to_owned(),
        Action::Pays(number) => format!("the payer pays number {number}"),
        Action::Expires(number) => format!("number {number} expires at Binance"),
        Action::RefundEnds(true) => "the money goes back".to_owned(),
        Action::RefundEnds(false) => "Binance rejects the refund".to_owned(),
        Action::Passes { .. } => "time passes".to_owned(),
    }
}

fn name(who: Who) -> String {
    match who {
        Who::Create => "create-order".to_owned(),
        Who::Close => "close-order".to_owned(),
        Who::Refund => "refund-order".to_owned(),
        Who::Asking => "reconcile-orders, asking,".to_owned(),
        Who::Telling => "reconcile-orders, telling,".to_owned(),
        Who::Callback(notice) => format!("binance-callback, told that {},", says(notice)),
    }
}

fn says(notice: Notice) -> String {
    let number = notice.number();
    match notice {
        Notice::Paid(_) => format!("number {number} is paid"),
        Notice::Closed(_) => format!("number {number} is closed"),
        Notice::Refunded(_) => format!("the money of number {number} went back"),
        Notice::RefundRejected(_) => format!("the refund of number {number} is rejected"),
        Notice::ForeignPaid(_) => format!("another merchant's number {number} is paid"),
        Notice::ForeignClosed(_) => format!("another merchant's number {number} is closed"),
    }
}

fn does(call: &Call) -> String {
    match call {
        Call::Put(events, _) => {
            let all: Vec<_> = events.iter().map(event).collect();
            format!("writes {}", all.join(", "))
        }
        Call::Create => "opens the checkout".to_owned(),
        Call::Close(open, _) => format!("closes number {}", open[0]),
        Call::CloseAsked(_, _, answers) => {
            let number = answers.last().map(|(number, _)| *number);
            format!("closes number {}", number.unwrap_or_default())
        }
        Call::Query(_, left, _) => format!("asks about number {}", left[0]),
        Call::QueryAnew(..) => "asks anew".to_owned(),
        Call::QueryRefund(..) | Call::Find(_) => "asks about the refund".to_owned(),
        Call::Look(number) => format!("looks at the payment of number {number}"),
        Call::Refund(_) => "sends the refund".to_owned(),
        Call::Tell => "tells LeadsCalendar".to_owned(),
    }
}

/// What an event is, without what it says.
fn event(event: &shared::order::Event) -> String {
    let shown = format!("{event:?}");
    let name = shown.split([' ', '(']).next();
    let known = ["Opened", "NotFound", "Paid(", "Closed", "Refunded"];
    let fact = known
        .into_iter()
        .find(|known| shown.contains(&format!("Fact({known}")));
    let state = shown.split_once("state: ").map(|(_, state)| state);
    let state = state.and_then(|state| state.split([' ', '(', '}']).next());
    let fact = state.or(fact).unwrap_or_default().trim_end_matches('(');
    format!("{} {fact}", name.unwrap_or_default())
        .trim_end()
        .to_owned()
}

fn ends(end: End) -> &'static str {
    match end {
        End::Done => "",
        End::Lost => ", and the answer is lost",
        End::Vanished => ", which never arrives",
        End::NotDone => ", which is not done",
        End::Refused => ", which is refused",
    }
}
