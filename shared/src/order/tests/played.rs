//! Orders to which anything has happened.

use proptest::prelude::*;

use super::given_back::{refund_events, wishes};
use super::hints::hint;
use super::*;

/// Something that happens to an order.
#[derive(Clone, Debug)]
pub(super) enum Happening {
    /// Binance answers about an attempt.
    Answer(u8, Fact),
    /// A notification comes, and is checked first.
    Hint(Hint),
    /// Anything of our own.
    Own(Event),
    /// LeadsCalendar is told the current revision, and accepts it or not.
    Told(bool),
    /// The work that is due is claimed and Binance asked, which answers nothing new, or not at all.
    Asked(bool),
    /// So many seconds pass.
    Passes(i64),
}

/// What Binance can answer about an attempt, money first.
pub(super) fn answers(attempt: u8) -> Vec<Fact> {
    let back = |refunded| answer_paid(attempt, FEE, Some(refunded));
    let other = Money {
        prepay_id: "1".to_owned(),
        ..money(attempt, FEE)
    };
    vec![
        paid(attempt),
        answer_paid(attempt, "0.5", None),
        answer_of(other),
        back(Refunded::Part),
        back(Refunded::Total(amount(FEE))),
        opened(attempt),
        found(attempt, State::Untouched),
        found(attempt, State::UnderWay),
        found(attempt, State::Refunding),
        found(attempt, State::Closed),
        found(attempt, State::Expired),
        found(attempt, State::Errored),
        Fact::not_found(),
    ]
}

/// What a notification can say of the checkout of this prepay id.
pub(super) fn sayings(prepay_id: &str) -> Vec<Says> {
    let paid = |paid: &str| {
        Says::Paid(Money {
            prepay_id: prepay_id.to_owned(),
            ..money(1, paid)
        })
    };
    let refunded_by = |total: &str, by| Says::Refunded {
        prepay_id: Some(prepay_id.to_owned()),
        total: amount(total),
        currency: "USDT".parse().unwrap(),
        by,
    };
    let refunded = |total: &str| refunded_by(total, None);
    let ours = |key| Some((refund::id(key), amount("0.4")));
    vec![
        paid(FEE),
        paid("0.5"),
        Says::Closed { at_ms: None },
        Says::Closed { at_ms: Some(T0) },
        refunded("0"),
        refunded("0.5"),
        refunded(FEE),
        refunded("9"),
        refunded_by("0.5", ours('1')),
        refunded_by("0.9", ours('2')),
        Says::Unreadable(Kind::Paid, "totalFee"),
        Says::Unreadable(Kind::Refunded, "currency"),
        Says::Unreadable(Kind::Unknown, "data"),
    ]
}

fn own() -> Vec<Event> {
    let ends = [End::Unknown, End::Refused, End::PaidUnknown];
    let mut own: Vec<Event> = (1..=2)
        .flat_map(|attempt| ends.map(|end| Event::NotOpened { attempt, end }))
        .collect();
    own.extend([
        released_by("first"),
        released_by("second"),
        Event::Abandoned,
        Event::AskWished,
        Event::RepeatAsked,
        Event::ReportAnswered { is_last: false },
        Event::ReportAnswered { is_last: true },
    ]);
    own
}

pub(super) fn happening() -> impl Strategy<Value = Happening> {
    let answer = (1..=2_u8).prop_flat_map(|attempt| {
        let answers = prop::sample::select(answers(attempt));
        answers.prop_map(move |fact| Happening::Answer(attempt, fact))
    });
    let hinted = (1..=2_u8).prop_flat_map(|attempt| {
        let says = prop::sample::select(sayings(&terms(attempt).prepay_id));
        says.prop_map(move |says| Happening::Hint(hint(attempt, says)))
    });
    prop_oneof![
        4 => answer,
        4 => hinted,
        2 => prop::sample::select(own()).prop_map(Happening::Own),
        6 => prop::sample::select(refund_events()).prop_map(Happening::Own),
        1 => prop::sample::select(wishes()).prop_map(Happening::Own),
        1 => Just(Happening::Own(Event::Resumed(claim("second", 0)))),
        2 => any::<bool>().prop_map(Happening::Told),
        1 => any::<bool>().prop_map(Happening::Asked),
        3 => prop::sample::select(vec![0, 1, 59, 3_600, 86_400]).prop_map(Happening::Passes),
    ]
}

pub(super) fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    prop::collection::vec(happening(), 0..24)
}

/// The events that something amounts to.
fn events(order: &Order, happening: &Happening, at_ms: i64) -> Vec<Event> {
    match happening {
        Happening::Answer(attempt, fact) => vec![learned(*attempt, fact.clone())],
        Happening::Hint(hint) => {
            let attempt = hint.trade_no().attempt;
            match hint.check(order) {
                Checked::Agrees(fact) => vec![learned(attempt, fact)],
                Checked::Doubtful(doubt) => vec![Event::Reported { attempt, doubt }],
                Checked::Idle => Vec::new(),
            }
        }
        Happening::Own(Event::Resumed(_)) => {
            vec![Event::Resumed(claim("second", at_ms + 28_000))]
        }
        Happening::Own(event) => vec![event.clone()],
        Happening::Told(is_accepted) => {
            let revision = order.confirmation.revision;
            if *is_accepted {
                return vec![Event::Confirmed { revision }];
            }
            vec![Event::Unconfirmed {
                revision,
                attempt: order.confirmation.next_attempt(),
                answer: confirmation::answer(),
            }]
        }
        Happening::Asked(is_answered) => {
            let until_ms = at_ms + 2 * MINUTE;
            let asked = if *is_answered {
                Event::Asked { began_ms: at_ms }
            } else {
                Event::Unanswered
            };
            let claim = Event::Claimed {
                work: Work::Asking,
                until_ms,
                by: 7,
            };
            vec![claim, asked]
        }
        Happening::Passes(_) => vec![],
    }
}

/// Plays it all, and lets `check` see each step: the order before and after, and when.
pub(super) fn play(
    happenings: &[Happening],
    mut check: impl FnMut(&Order, &Order, i64, &Event),
) -> Order {
    let (mut order, mut at_ms) = (created(), T0);
    for happening in happenings {
        if let Happening::Passes(secs) = happening {
            at_ms += secs * 1_000;
        }
        for event in events(&order, happening, at_ms) {
            let before = order.clone();
            let applied = order.apply(&event, "test", at_ms);
            assert!(applied == Applied::Changed || order == before, "{event:?}");
            check(&before, &order, at_ms, &event);
        }
    }
    order
}
