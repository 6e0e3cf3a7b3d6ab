//! The states and the events of the table, by name.

use super::super::hints::{closes, hint, pays, refunds};
use super::super::refund::{accepted, id, part, refused, silent, told, wanted};
use super::*;

/// The order after `event`, at [`TOLD`].
fn then(mut order: Order, event: &Event) -> Order {
    order.apply(event, "test", TOLD);
    order
}

pub(super) fn order_in(state: &str) -> Order {
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
        "CLOSING" => then(after([opened(1)]), &Event::CloseWished),
        "CLOSED" => then(created(), &Event::CloseWished),
        "TIMED OUT" => {
            let by = "first".to_owned();
            then(created().held_for(Some(1)), &Event::TimeUp { by })
        }
        "REFUNDING" => then(after([opened(1), paid(1)]), &wanted('1', part("0.4"))),
        _ => unreachable!("{state}"),
    }
}

/// The event, and whether it is a notification that is not believed.
pub(super) fn event(name: &str, order: &Order) -> (Event, bool) {
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
        "hint back by ours" => Says::Refunded {
            prepay_id: Some(terms(1).prepay_id),
            total: amount("0.4"),
            currency: "USDT".parse().unwrap(),
            by: Some((id('1'), amount("0.4"))),
        },
        _ => return (own(name, order), false),
    };
    match hint(1, says).check(order) {
        Checked::Agrees(fact) => (learned(1, fact), false),
        Checked::Doubtful(doubt) => (Event::Reported { attempt: 1, doubt }, true),
        Checked::Idle => panic!("{name} says nothing"),
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
        _ => wished(name, order),
    }
}

/// What LeadsCalendar wishes, and what becomes of a refund.
fn wished(name: &str, order: &Order) -> Event {
    let first = |answer| told('1', answer);
    match name {
        "close wished" => Event::CloseWished,
        "refund wanted" => wanted('2', part("0.2")),
        "refund wanted again" => wanted('1', part("0.4")),
        "refund succeeded" => first(silent(RefundStatus::Succeeded)),
        "refund failed" => first(silent(RefundStatus::Failed)),
        "refund pending" => first(silent(RefundStatus::Pending)),
        "refund not found" => first(RefundFact::not_found()),
        "refund unanswered" => Event::RefundUnanswered,
        "refund sending" => Event::RefundSending { id: id('1') },
        "refund accepted" => sent_of(order, accepted(silent(RefundStatus::Pending))),
        "refund refused" => sent_of(order, refused("400303")),
        "refund not done" => sent_of(order, Sent::NotDone),
        "refund lost" => sent_of(order, Sent::Unknown),
        "resumed without end" => Event::ResumedWithoutEnd(claim("second", LATER + 28_000)),
        "time up" => Event::TimeUp {
            by: "first".to_owned(),
        },
        _ => unreachable!("{name}"),
    }
}

/// What came of the only sending of the order's refund.
fn sent_of(order: &Order, came: Sent) -> Event {
    let sent_at_ms = order.refund(&id('1')).map(|refund| refund.sent_at_ms);
    Event::RefundSent {
        id: id('1'),
        sent: came,
        sent_at_ms: sent_at_ms.unwrap_or_default(),
        is_only: true,
        is_answered: true,
    }
}
