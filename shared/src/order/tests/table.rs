//! Every state and every event, in one table.

mod events;

use super::*;
use events::{event, order_in};

const STATES: [&str; 14] = [
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
    "CLOSING",
    "CLOSED",
    "TIMED OUT",
    "REFUNDING",
];

/// What each event makes of an order in each state of [`STATES`], where `REFUSED` is `FAILED` by Binance's refusal, and
/// `FAILED` by its `ERROR`; `CLOSING` is `PENDING` with a wish to close, `CLOSED` and `TIMED OUT` had no checkout when they
/// ended, and `REFUNDING` is `PAID` with an undecided refund: `.` leaves it as it is, `=` changes the order but not its status, `x` is refused, `?` is not
/// believed. P, C, E, F, D, PR and R are the statuses.
#[rustfmt::skip]
const TABLE: [(&str, [&str; 14]); 56] = [
    // answers of Binance
    ("opened",                 ["PE", ".",  ".",  ".",  ".",  "=",  ".",  ".",  ".",  ".",  ".",  "=",  "=",  "."]),
    ("refused",                ["F",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  "=",  "=",  "."]),
    ("lost",                   ["=",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  "=",  "=",  "."]),
    ("paid unknown",           ["F",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  "=",  "=",  "."]),
    ("found untouched",        ["=",  ".",  "=",  ".",  ".",  "=",  ".",  ".",  "=",  "=",  ".",  "=",  "=",  "="]),
    ("found under way",        ["=",  ".",  ".",  ".",  ".",  "=",  ".",  ".",  ".",  ".",  ".",  "=",  "=",  "."]),
    ("found paid",             ["P",  "P",  ".",  "P",  "P",  "P",  "P",  "P",  ".",  ".",  "P",  "P",  "P",  "."]),
    ("found paid wrongly",     ["P",  "D",  "=",  "D",  "D",  "P",  "D",  ".",  "=",  "=",  "D",  "P",  "P",  "="]),
    ("found part back",        ["PR", "PR", "PR", "PR", "PR", "PR", "PR", "PR", ".",  ".",  "PR", "PR", "PR", "PR"]),
    ("found all back",         ["R",  "R",  "R",  "R",  "R",  "R",  "R",  "R",  "R",  ".",  "R",  "R",  "R",  "R"]),
    ("found refunding",        ["=",  ".",  ".",  ".",  ".",  "=",  ".",  ".",  ".",  ".",  ".",  "=",  "=",  "."]),
    ("found closed",           ["=",  "C",  "=",  ".",  ".",  "=",  ".",  ".",  "=",  "=",  "C",  "=",  "=",  "="]),
    ("found expired",          ["=",  "E",  "=",  ".",  ".",  "=",  ".",  ".",  "=",  "=",  "E",  "=",  "=",  "="]),
    ("found errored",          ["=",  "F",  "=",  ".",  ".",  "=",  ".",  ".",  "=",  "=",  "F",  "=",  "=",  "="]),
    ("not found",              [".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  "."]),
    ("found of attempt 2",     ["x",  "x",  "x",  "x",  "x",  "x",  "x",  "x",  "x",  "x",  "x",  "x",  "x",  "x"]),
    // notifications
    ("hint paid",              ["?",  "P",  ".",  "P",  "P",  "?",  "P",  "?",  ".",  ".",  "P",  "?",  "?",  "."]),
    ("hint closed",            ["?",  "C",  ".",  ".",  ".",  "?",  ".",  ".",  ".",  ".",  "C",  "?",  "?",  "."]),
    ("hint half back",         ["?",  "?",  "PR", "?",  "?",  "?",  "?",  "R",  ".",  ".",  "?",  "?",  "?",  "PR"]),
    ("hint all back",          ["?",  "?",  "R",  "?",  "?",  "?",  "?",  "?",  "R",  ".",  "?",  "?",  "?",  "R"]),
    ("hint zero back",         ["?",  ".",  ".",  ".",  ".",  "?",  ".",  ".",  ".",  ".",  ".",  "?",  "?",  "."]),
    ("hint back by ours",      ["?",  "?",  "PR", "?",  "?",  "?",  "?",  "=",  ".",  ".",  "?",  "?",  "?",  "PR"]),
    ("reported",               ["=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "="]),
    // what LeadsCalendar wishes, and how a refund ends
    ("close wished",           ["C",  "=",  ".",  ".",  ".",  "C",  "=",  ".",  ".",  ".",  ".",  ".",  ".",  "."]),
    ("refund wanted",          ["x",  "x",  "=",  "x",  "x",  "x",  "x",  "=",  "=",  "x",  "x",  "x",  "x",  "x"]),
    ("refund wanted again",    ["x",  "x",  "=",  "x",  "x",  "x",  "x",  "=",  "=",  "x",  "x",  "x",  "x",  "."]),
    ("refund succeeded",       [".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  "PR"]),
    ("refund failed",          [".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  "="]),
    // our own
    ("report answered",        [".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  "."]),
    ("resumed",                ["=",  "x",  "x",  "x",  "x",  "CR", "CR", "x",  "x",  "x",  "x",  "x",  "x",  "x"]),
    ("released",               ["=",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  "=",  ".",  "."]),
    ("asked",                  ["=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "="]),
    ("asked before",           [".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  "."]),
    ("unanswered",             ["=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "="]),
    ("report unanswered",      [".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  "."]),
    ("ask wished",             ["=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "="]),
    ("abandoned",              ["F",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  "."]),
    ("claimed",                ["=",  "=",  ".",  ".",  ".",  ".",  ".",  "=",  ".",  ".",  "=",  ".",  ".",  "="]),
    ("claimed to be told",     [".",  ".",  "=",  "=",  "=",  ".",  "=",  "=",  "=",  "=",  ".",  "=",  "=",  "="]),
    ("put off",                ["=",  "=",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  "=",  ".",  ".",  "="]),
    ("put off when taken on",  ["=",  "=",  "=",  "=",  "=",  ".",  "=",  "=",  "=",  ".",  "=",  "=",  "=",  "="]),
    ("confirmed",              [".",  ".",  "=",  "=",  "=",  ".",  "=",  "=",  "=",  "=",  ".",  "=",  "=",  "="]),
    ("unconfirmed",            [".",  ".",  "=",  "=",  "=",  ".",  "=",  "=",  "=",  "=",  ".",  "=",  "=",  "="]),
    ("repeat asked",           [".",  ".",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  "=",  ".",  "=",  "=",  "="]),
    ("untold wished",          [".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  "."]),
    ("alarmed",                [".",  ".",  ".",  ".",  ".",  ".",  ".",  "=",  ".",  ".",  ".",  ".",  ".",  "."]),
    ("resumed without end",    ["=",  "x",  "x",  "x",  "x",  "CR", "CR", "x",  "x",  "x",  "x",  "x",  "x",  "x"]),
    ("time up",                ["E",  ".",  ".",  ".",  ".",  "E",  "E",  ".",  ".",  ".",  ".",  ".",  ".",  "."]),
    // on the way of a refund
    ("refund sending",         [".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  "="]),
    ("refund accepted",        [".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  "="]),
    ("refund refused",         [".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  "="]),
    ("refund not done",        [".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  "="]),
    ("refund lost",            [".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  "."]),
    ("refund pending",         [".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  "="]),
    ("refund not found",       [".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  "="]),
    ("refund unanswered",      [".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  ".",  "="]),
];

/// How many rows of [`TABLE`] come from outside.
const FROM_OUTSIDE: usize = 28;

/// When an event happens: time is up only at the end.
fn at_ms(name: &str) -> i64 {
    if name == "time up" { T0 + HOUR } else { LATER }
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
        let applied = order.apply(happened, "test", at_ms(name));

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
        order.apply(event, "the cause", at_ms(name));

        let part = |order: &Order| {
            let view = shown(order);
            let payments = view["payments"].as_array().unwrap().len();
            (order.status, view["refundedAmount"].clone(), payments)
        };
        let change = (part(&order) != part(before)).then(|| Change {
            at_ms: at_ms(name),
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
        order.apply(event, "test", at_ms(name));
        revisions::follow(before, &order, at_ms(name), &format!("{name} in {state}"));
    });
}
