//! Every state and every event, in one table.

use super::*;

const STATES: [&str; 9] = [
    "CREATED",
    "PENDING",
    "PAID",
    "CANCELED",
    "EXPIRED",
    "FAILED",
    "DISPUTED",
    "PARTIALLY_REFUNDED",
    "REFUNDED",
];

/// What each event makes of an order in each state of [`STATES`]: `.` leaves it as it is, `=` changes the order but not
/// its status, `x` is refused.
#[rustfmt::skip]
const TABLE: [(&str, [&str; 9]); 21] = [
    ("opened",        ["PENDING", ".",        ".", ".",        ".",        "=",       ".",    ".", "."]),
    ("refused",       ["FAILED",  ".",        ".", ".",        ".",        ".",       ".",    ".", "."]),
    ("lost",          ["=",       ".",        ".", ".",        ".",        ".",       ".",    ".", "."]),
    ("known",         ["=",       ".",        ".", ".",        ".",        "=",       ".",    ".", "."]),
    ("paid",          ["=",       "PAID",     ".", "PAID",     "PAID",     "=",       "PAID", ".", "."]),
    ("paid wrongly",  ["=",       "DISPUTED", "=", "DISPUTED", "DISPUTED", "=",       ".",    "=", "="]),
    ("closed",        [".",       "CANCELED", ".", ".",        ".",        ".",       ".",    ".", "."]),
    ("expired",       [".",       "EXPIRED",  ".", ".",        ".",        ".",       ".",    ".", "."]),
    ("errored",       [".",       "FAILED",   ".", ".",        ".",        ".",       ".",    ".", "."]),
    ("refunded half", ["=",       "=", "PARTIALLY_REFUNDED", "=", "=",     "=",       "=",    ".", "."]),
    ("refunded all",  ["=",       "=", "REFUNDED", "=",        "=",        "=",       "=",    "REFUNDED", "."]),
    ("of attempt 2",  ["x",       "x",        "x", "x",        "x",        "x",       "x",    "x", "x"]),
    ("resumed",       ["=",       "x",        "x", "x",        "x",        "CREATED", "x",    "x", "x"]),
    ("released",      ["=",       ".",        ".", ".",        ".",        ".",       ".",    ".", "."]),
    ("asked",         ["=",       "=",        "=", "=",        "=",        "=",       "=",    "=", "="]),
    ("abandoned",     ["FAILED",  ".",        ".", ".",        ".",        ".",       ".",    ".", "."]),
    ("claimed",       ["=",       ".",        "=", "=",        "=",        ".",       "=",    "=", "="]),
    ("confirmed",     [".",       ".",        "=", "=",        "=",        ".",       "=",    "=", "="]),
    ("unconfirmed",   [".",       ".",        "=", "=",        "=",        ".",       "=",    ".", "."]),
    ("repeat asked",  [".",       ".",        "=", "=",        "=",        ".",       "=",    "=", "="]),
    ("alarmed",       [".",       ".",        ".", ".",        ".",        ".",       "=",    ".", "."]),
];

fn order_in(state: &str) -> Order {
    let order = match state {
        "CREATED" => created(),
        "PENDING" => after([opened(1)]),
        "PAID" => after([opened(1), paid(1)]),
        "CANCELED" => after([opened(1), Fact::Closed]),
        "EXPIRED" => after([opened(1), Fact::Expired]),
        "FAILED" => after([Fact::Refused]),
        "DISPUTED" => after([opened(1), payment(1, "0.5")]),
        "PARTIALLY_REFUNDED" => after([opened(1), paid(1), refunded("0.5")]),
        "REFUNDED" => after([opened(1), paid(1), refunded("1.00020004")]),
        _ => unreachable!("{state}"),
    };
    assert_eq!(name(order.status), state);
    order
}

fn event(name: &str) -> Event {
    let answer = Unaccepted {
        reason: "HTTP status 503".to_owned(),
        retry_after_ms: None,
        is_gone: false,
    };
    match name {
        "opened" => learned(1, opened(1)),
        "refused" => learned(1, Fact::Refused),
        "lost" => learned(1, Fact::Lost),
        "known" => learned(1, Fact::Known(terms(1))),
        "paid" => learned(1, paid(1)),
        "paid wrongly" => learned(1, payment(1, "0.5")),
        "closed" => learned(1, Fact::Closed),
        "expired" => learned(1, Fact::Expired),
        "errored" => learned(1, Fact::Errored),
        "refunded half" => learned(1, refunded("0.5")),
        "refunded all" => learned(1, refunded("1.00020004")),
        "of attempt 2" => learned(2, paid(2)),
        "resumed" => Event::Resumed(claim("second", LATER + 28_000)),
        "released" => released_by("first"),
        "asked" => Event::Asked,
        "abandoned" => Event::Abandoned,
        "claimed" => Event::Claimed {
            until_ms: LATER + MINUTE,
        },
        "confirmed" => Event::Confirmed { revision: 1 },
        "unconfirmed" => Event::Unconfirmed {
            revision: 1,
            attempt: 1,
            answer,
        },
        "repeat asked" => Event::RepeatAsked,
        "alarmed" => Event::Alarmed {
            due_at_ms: T0 + 1_000 + 30_000,
        },
        _ => unreachable!("{name}"),
    }
}

fn name(status: Status) -> String {
    serde_json::to_value(status)
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn every_event_in_every_state_does_what_the_table_says() {
    for (event_name, row) in TABLE {
        for (state, expected) in STATES.iter().zip(row) {
            let before = order_in(state);
            let mut order = before.clone();
            let applied = order.apply(&event(event_name), "test", LATER);

            let seen = match applied {
                Applied::Refused(_) => "x".to_owned(),
                Applied::Unchanged => ".".to_owned(),
                Applied::Changed if order.status == before.status => "=".to_owned(),
                Applied::Changed => name(order.status),
            };
            assert_eq!(seen, expected, "{event_name} in {state}");
            if matches!(expected, "." | "x") {
                assert_eq!(order, before, "{event_name} in {state} must leave no trace");
            }
        }
    }
}

#[test]
fn event_from_outside_applied_twice_equals_applied_once() {
    for (event_name, _) in TABLE.iter().take(12) {
        for state in STATES {
            let mut once = order_in(state);
            once.apply(&event(event_name), "test", LATER);
            let mut twice = once.clone();
            twice.apply(&event(event_name), "test", LATER + MINUTE);

            assert_eq!(twice, once, "{event_name} in {state}");
        }
    }
}

#[test]
fn every_change_is_in_the_history_and_raises_the_revision_if_leadscalendar_should_hear_of_it() {
    for (event_name, row) in TABLE {
        for (state, expected) in STATES.iter().zip(row) {
            let before = order_in(state);
            let mut order = before.clone();
            order.apply(&event(event_name), "the cause", LATER);
            let raised = order.confirmation.revision - before.confirmation.revision;

            let changed = order.status != before.status;
            let is_refund = order.refunded() != before.refunded();
            let change = (changed || is_refund).then(|| Change {
                at_ms: LATER,
                status: order.status,
                cause: "the cause".to_owned(),
            });
            assert_eq!(
                order.history.get(before.history.len()),
                change.as_ref(),
                "{event_name} in {state}"
            );
            // A refusal is told in the answer to LeadsCalendar's own request, and so is an open checkout.
            let is_told = ["PENDING", "CREATED"].contains(&expected) || event_name == "refused";
            let is_news = is_refund || (changed && !is_told);
            assert_eq!(raised, u32::from(is_news), "{event_name} in {state}");
        }
    }
}
