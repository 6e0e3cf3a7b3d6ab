//! Every state and every event, in one table.

use super::hints::{closes, hint, pays, refunds};
use super::*;

const STATES: [&str; 10] = [
    "CREATED",
    "PENDING",
    "PAID",
    "CANCELED",
    "EXPIRED",
    "REFUSED",
    "FAILED",
    "DISPUTED",
    "PARTIALLY_REFUNDED",
    "REFUNDED",
];

/// What each event makes of an order in each state of [`STATES`], where `REFUSED` is `FAILED` by Binance's refusal, and
/// `FAILED` by its `ERROR`: `.` leaves it as it is, `=` changes the order but not its status, `x` is refused, `?` is not
/// believed. P, C, E, F, D, PR and R are the statuses.
#[rustfmt::skip]
const TABLE: [(&str, [&str; 10]); 40] = [
    // answers of Binance
    ("opened",             ["PE", ".", ".", ".", ".", "=", ".", ".", ".", "."]),
    ("refused",            ["F",  ".", ".", ".", ".", ".", ".", ".", ".", "."]),
    ("lost",               ["=",  ".", ".", ".", ".", ".", ".", ".", ".", "."]),
    ("paid unknown",       ["F",  ".", ".", ".", ".", ".", ".", ".", ".", "."]),
    ("found untouched",    ["=",  ".", "=", ".", ".", "=", ".", ".", "=", "="]),
    ("found under way",    ["=",  ".", ".", ".", ".", "=", ".", ".", ".", "."]),
    ("found paid",         ["P",  "P", ".", "P", "P", "P", "P", "P", ".", "."]),
    ("found paid wrongly", ["P",  "D", "=", "D", "D", "P", "D", ".", "=", "="]),
    ("found part back",    ["PR", "PR", "PR", "PR", "PR", "PR", "PR", "PR", ".", "."]),
    ("found all back",     ["R",  "R", "R", "R", "R", "R", "R", "R", "R", "."]),
    ("found refunding",    ["=",  ".", ".", ".", ".", "=", ".", ".", ".", "."]),
    ("found closed",       ["=",  "C", "=", ".", ".", "=", ".", ".", "=", "="]),
    ("found expired",      ["=",  "E", "=", ".", ".", "=", ".", ".", "=", "="]),
    ("found errored",      ["=",  "F", "=", ".", ".", "=", ".", ".", "=", "="]),
    ("not found",          [".",  ".", ".", ".", ".", ".", ".", ".", ".", "."]),
    ("found of attempt 2", ["x",  "x", "x", "x", "x", "x", "x", "x", "x", "x"]),
    // notifications
    ("hint paid",          ["?",  "P", ".", "P", "P", "?", "P", "?", ".", "."]),
    ("hint closed",        ["?",  "C", ".", ".", ".", "?", ".", ".", ".", "."]),
    ("hint half back",     ["?",  "?", "PR", "?", "?", "?", "?", "R", ".", "."]),
    ("hint all back",      ["?",  "?", "R", "?", "?", "?", "?", "?", "R", "."]),
    ("hint zero back",     ["?",  ".", ".", ".", ".", "?", ".", ".", ".", "."]),
    ("reported",           ["=",  "=", "=", "=", "=", "=", "=", "=", "=", "="]),
    ("report answered",    [".",  ".", ".", ".", ".", ".", ".", ".", ".", "."]),
    // our own
    ("resumed",            ["=",  "x", "x", "x", "x", "CR", "CR", "x", "x", "x"]),
    ("released",           ["=",  ".", ".", ".", ".", ".", ".", ".", ".", "."]),
    ("asked",              ["=",  "=", "=", "=", "=", "=", "=", "=", "=", "="]),
    ("asked before",       [".",  ".", ".", ".", ".", ".", ".", ".", ".", "."]),
    ("unanswered",         ["=",  "=", "=", "=", "=", "=", "=", "=", "=", "="]),
    ("report unanswered",  [".",  ".", ".", ".", ".", ".", ".", ".", ".", "."]),
    ("ask wished",         ["=",  "=", "=", "=", "=", "=", "=", "=", "=", "="]),
    ("abandoned",          ["F",  ".", ".", ".", ".", ".", ".", ".", ".", "."]),
    ("claimed",            ["=",  "=", ".", ".", ".", ".", ".", "=", ".", "."]),
    ("claimed to be told", [".",  ".", "=", "=", "=", ".", "=", "=", "=", "="]),
    ("put off",            ["=",  "=", ".", ".", ".", ".", ".", ".", ".", "."]),
    ("put off when taken on", ["=", "=", "=", "=", "=", ".", "=", "=", "=", "."]),
    ("confirmed",          [".",  ".", "=", "=", "=", ".", "=", "=", "=", "="]),
    ("unconfirmed",        [".",  ".", "=", "=", "=", ".", "=", "=", "=", "="]),
    ("repeat asked",       [".",  ".", "=", "=", "=", "=", "=", "=", "=", "="]),
    ("untold wished",      [".",  ".", ".", ".", ".", ".", ".", ".", ".", "."]),
    ("alarmed",            [".",  ".", ".", ".", ".", ".", ".", "=", ".", "."]),
];

/// How many rows of [`TABLE`] come from outside.
const FROM_OUTSIDE: usize = 22;

fn order_in(state: &str) -> Order {
    match state {
        "CREATED" => created(),
        "PENDING" => after([opened(1)]),
        "PAID" => after([opened(1), paid(1)]),
        "CANCELED" => after([opened(1), found(1, State::Closed)]),
        "EXPIRED" => after([opened(1), found(1, State::Expired)]),
        "REFUSED" => ended(End::Refused),
        "FAILED" => after([opened(1), found(1, State::Errored)]),
        "DISPUTED" => after([opened(1), answer_paid(1, "0.5", None)]),
        "PARTIALLY_REFUNDED" => after([opened(1), paid(1), refunded("0.5")]),
        "REFUNDED" => after([opened(1), paid(1), refunded(FEE)]),
        _ => unreachable!("{state}"),
    }
}

/// The event, and whether it is a notification that is not believed.
fn event(name: &str, order: &Order) -> (Event, bool) {
    let all = Refunded::Total(amount(FEE));
    let fact = match name {
        "opened" => opened(1),
        "found untouched" => found(1, State::Untouched),
        "found under way" => found(1, State::UnderWay),
        "found paid" => paid(1),
        "found paid wrongly" => answer_paid(1, "0.5", None),
        "found part back" => answer_paid(1, FEE, Some(Refunded::Part)),
        "found all back" => answer_paid(1, FEE, Some(all)),
        "found refunding" => found(1, State::Refunding),
        "found closed" => found(1, State::Closed),
        "found expired" => found(1, State::Expired),
        "found errored" => found(1, State::Errored),
        "not found" => Fact::not_found(),
        "found of attempt 2" => return (learned(2, paid(2)), false),
        _ => return hinted(name, order),
    };
    (learned(1, fact), false)
}

fn hinted(name: &str, order: &Order) -> (Event, bool) {
    let says = match name {
        "hint paid" => pays(1),
        "hint closed" => closes(),
        "hint half back" => refunds(1, "0.5"),
        "hint all back" => refunds(1, FEE),
        "hint zero back" => refunds(1, "0.00000000"),
        _ => return (own(name, order), false),
    };
    match hint(1, says).check(order) {
        Checked::Agrees(fact) => (learned(1, fact), false),
        Checked::Doubtful(doubt) => (Event::Reported { attempt: 1, doubt }, true),
    }
}

fn own(name: &str, order: &Order) -> Event {
    let revision = order.confirmation.revision;
    let doubt = Doubt {
        kind: Kind::Paid,
        is_ours: false,
    };
    match name {
        "refused" => not_opened(End::Refused),
        "lost" => not_opened(End::Unknown),
        "paid unknown" => not_opened(End::PaidUnknown),
        "reported" => Event::Reported { attempt: 1, doubt },
        "report answered" => Event::ReportAnswered { is_last: true },
        "resumed" => Event::Resumed(claim("second", LATER + 28_000)),
        "released" => released_by("first"),
        "asked" => Event::Asked { began_ms: LATER },
        "asked before" => Event::Asked { began_ms: T0 },
        "unanswered" => Event::Unanswered,
        "report unanswered" => Event::ReportUnanswered,
        "ask wished" => Event::AskWished,
        "abandoned" => Event::Abandoned,
        "put off" => Event::PutOff {
            wait_ms: 0,
            is_taken_on: false,
        },
        "put off when taken on" => Event::PutOff {
            wait_ms: 0,
            is_taken_on: true,
        },
        "claimed" => Event::Claimed {
            work: Work::Asking,
            until_ms: LATER + MINUTE,
            by: 7,
        },
        "confirmed" => Event::Confirmed { revision },
        "unconfirmed" => Event::Unconfirmed {
            revision,
            attempt: 1,
            answer: confirmation::answer(),
        },
        "claimed to be told" => Event::Claimed {
            work: Work::Telling,
            until_ms: LATER + MINUTE,
            by: 7,
        },
        "repeat asked" => Event::RepeatAsked,
        "untold wished" => Event::UntoldWished,
        "alarmed" => Event::Alarmed {
            due_at_ms: TOLD + 30_000,
        },
        _ => unreachable!("{name}"),
    }
}

fn short(status: Status) -> &'static str {
    match status {
        Status::Created => "CR",
        Status::Pending => "PE",
        Status::Paid => "P",
        Status::Canceled => "C",
        Status::Expired => "E",
        Status::Failed => "F",
        Status::Disputed => "D",
        Status::PartiallyRefunded => "PR",
        Status::Refunded => "R",
    }
}

/// Calls `check` with each event in each state: its name, the state's, what the table says, the order before, the event.
fn for_each(check: impl Fn(&str, &str, &str, &Order, &Event)) {
    for (name, row) in TABLE {
        for (state, expected) in STATES.iter().zip(row) {
            let before = order_in(state);
            let (event, _) = event(name, &before);
            check(name, state, expected, &before, &event);
        }
    }
}

#[test]
fn every_event_in_every_state_does_what_the_table_says() {
    for_each(|name, state, expected, before, happened| {
        let mut order = before.clone();
        let applied = order.apply(happened, "test", LATER);

        let (_, is_doubtful) = event(name, before);
        let seen = match applied {
            Applied::Refused(_) => "x",
            Applied::Unchanged => ".",
            Applied::Changed if is_doubtful => "?",
            Applied::Changed if order.status == before.status => "=",
            Applied::Changed => short(order.status),
        };
        assert_eq!(seen, expected, "{name} in {state}");
        if matches!(expected, "." | "x") {
            assert_eq!(order, *before, "{name} in {state} must leave no trace");
        }
        if matches!(expected, "?") {
            assert_eq!(got(&order), got(before), "{name} in {state} is not shown");
        }
    });
}

#[test]
fn event_from_outside_applied_twice_equals_applied_once() {
    for (name, _) in TABLE.iter().take(FROM_OUTSIDE) {
        for state in STATES {
            let mut once = order_in(state);
            let (first, _) = event(name, &once);
            once.apply(&first, "test", LATER);
            let mut twice = once.clone();
            let (second, _) = event(name, &once);
            twice.apply(&second, "test", LATER + MINUTE);

            // An answer that contradicts the order raises its alarm each time; that is all it does.
            if once.alarms == [Alarm::Contradicted] {
                twice.alarm_at_ms = once.alarm_at_ms;
            }
            assert_eq!(twice, once, "{name} in {state}");
        }
    }
}

#[test]
fn every_change_of_status_of_what_went_back_and_of_the_payments_is_in_the_history() {
    for_each(|name, state, _, before, event| {
        let mut order = before.clone();
        order.apply(event, "the cause", LATER);

        let part = |order: &Order| {
            let view = shown(order);
            let payments = view["payments"].as_array().unwrap().len();
            (order.status, view["refundedAmount"].clone(), payments)
        };
        let change = (part(&order) != part(before)).then(|| Change {
            at_ms: LATER,
            status: order.status,
            cause: "the cause".to_owned(),
        });
        let known = before.history.len();
        assert_eq!(order.history[..known], before.history, "{name} in {state}");
        assert_eq!(
            order.history.get(known),
            change.as_ref(),
            "{name} in {state}"
        );
        assert!(order.history.len() <= known + 1, "{name} in {state}");
    });
}

#[test]
fn revision_grows_with_each_change_of_the_view_and_what_is_told_is_owed() {
    for_each(|name, state, _, before, event| {
        let mut order = before.clone();
        order.apply(event, "test", LATER);
        revisions::follow(before, &order, LATER, &format!("{name} in {state}"));
    });
}
