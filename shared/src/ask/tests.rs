use super::*;
use crate::order::{
    Attempt, Checkout, Doubt, End, Found, Kind, Money, OrderId, RefundFact, RefundId, RefundStatus,
    Sums, Terms, Wanted,
};
use crate::sample;

const BEGAN: i64 = 1_763_802_120_000;

fn terms() -> Terms {
    Terms {
        prepay_id: "363969700195475456".to_owned(),
        total_fee: "1.00020004".parse().unwrap(),
        currency: "USDT".parse().unwrap(),
    }
}

fn created() -> Order {
    sample::order(OrderId::from_random([0xa5; 15]), 1_763_802_000_000)
}

fn pending() -> Order {
    let mut order = created();
    let checkout = Checkout {
        qr_content: Some("x".to_owned()),
        ..Checkout::default()
    };
    let fact = Fact::opened(terms(), checkout);
    let opened = Event::Learned { attempt: 1, fact };
    order.apply(&opened, "create", order.created_at_ms);
    assert_eq!(order.status, Status::Pending);
    order
}

fn money() -> Money {
    Money {
        prepay_id: terms().prepay_id,
        amount: terms().total_fee,
        currency: terms().currency,
        transaction_id: None,
        paid_at_ms: None,
        commission: None,
        refunded: None,
    }
}

fn found(state: State) -> Fact {
    Fact::found(Found {
        terms: terms(),
        created_at_ms: None,
        state,
    })
}

/// What follows beside the facts from these answers about one attempt each.
fn follow(order: &Order, about: About, answers: &[Option<Fact>]) -> Vec<Event> {
    let question = Question {
        about,
        began_ms: BEGAN,
        deadline_ms: 0,
        rate: &RateLimit::default(),
        clock: OrderClock::default(),
    };
    let answers: Vec<_> = (1_u8..).zip(answers.iter().cloned()).collect();
    follow_ups(order, question, &answers)
}

const EVERY: About = About::Every { report: false };
const EVERY_AND_REPORT: About = About::Every { report: true };
const ASKED: Event = Event::Asked { began_ms: BEGAN };

fn forgotten() -> Event {
    Event::ReportAnswered { is_last: true }
}

#[test]
fn step_is_used_up_by_an_answer_about_every_attempt() {
    let (order, untouched) = (pending(), || Some(found(State::Untouched)));
    let not_found = Some(Fact::not_found());
    for (answers, expected) in [
        (vec![untouched()], ASKED),
        (vec![not_found.clone()], ASKED),
        (vec![untouched(), not_found], ASKED),
        (vec![None], Event::Unanswered),
        (vec![untouched(), None], Event::Unanswered),
        (vec![None, untouched()], Event::Unanswered),
    ] {
        assert_eq!(follow(&order, EVERY, &answers), [expected], "{answers:?}");
    }
}

#[test]
fn order_without_a_checkout_is_given_up_if_all_answered() {
    let order = created();
    let given_up = follow(&order, EVERY, &[Some(Fact::not_found())]);
    assert_eq!(given_up, [Event::Abandoned, ASKED]);
    assert_eq!(follow(&order, EVERY, &[None]), [Event::Unanswered]);
}

#[test]
fn money_on_its_way_back_is_as_good_as_no_answer_and_nothing_is_told() {
    let refunding = [Some(found(State::Refunding))];
    for order in [created(), pending()] {
        for about in [EVERY, EVERY_AND_REPORT] {
            let events = follow(&order, about, &refunding);
            assert_eq!(events, [Event::Unanswered], "{about:?}");
        }
        let again = follow(&order, About::ReportedAgain, &refunding);
        assert_eq!(again, [Event::ReportUnanswered]);
        assert_eq!(follow(&order, About::Reported(1), &refunding), []);
    }
}

#[test]
fn report_is_forgotten_after_the_second_answer_and_put_off_without_one() {
    let order = pending();
    let answer = [Some(found(State::UnderWay))];
    let first = Event::ReportAnswered { is_last: false };
    for (about, answered, unanswered) in [
        (About::Reported(1), vec![first], vec![]),
        (
            About::ReportedAgain,
            vec![forgotten()],
            vec![Event::ReportUnanswered],
        ),
        (
            EVERY_AND_REPORT,
            vec![forgotten(), ASKED],
            vec![Event::Unanswered],
        ),
    ] {
        assert_eq!(follow(&order, about, &answer), answered, "{about:?}");
        assert_eq!(follow(&order, about, &[None]), unanswered, "{about:?}");
    }
}

#[test]
fn question_about_a_number_uses_up_nothing() {
    for state in [State::Untouched, State::Paid(money())] {
        let answer = Some(found(state));
        assert_eq!(follow(&created(), About::Number(1), &[answer]), []);
    }
    assert_eq!(follow(&created(), About::Number(1), &[None]), []);
}

#[test]
fn refused_attempt_is_not_asked_about_unless_all_were_refused() {
    let attempt = |end| Attempt {
        end,
        ..Attempt::default()
    };
    let (refused, lost) = (attempt(Some(End::Refused)), attempt(Some(End::Unknown)));
    for (attempts, expected) in [
        (vec![attempt(None)], vec![1]),
        (
            vec![lost.clone(), refused.clone(), attempt(None)],
            vec![1, 3],
        ),
        (vec![refused.clone(), lost], vec![2]),
        // What was sent first under its number may have arrived.
        (
            vec![
                Attempt {
                    given_up_from_ms: Some(BEGAN),
                    ..refused.clone()
                },
                refused.clone(),
            ],
            vec![1],
        ),
        (vec![refused.clone(), refused], vec![1, 2]),
    ] {
        let mut order = created();
        order.attempts = attempts;
        assert_eq!(answers::every_attempt(&order), expected);
    }
}

fn refund_id() -> RefundId {
    let digits = "0123456789abcdef";
    format!("{}r{digits}", created().order_id).parse().unwrap()
}

/// A paid order that is asked about, and whose refund is undecided.
fn refunding() -> Order {
    let mut order = pending();
    let fact = found(State::Paid(money()));
    let wanted = Wanted::default();
    for event in [
        Event::Learned { attempt: 1, fact },
        Event::RefundWanted {
            id: refund_id(),
            wanted,
            by: "test".to_owned(),
        },
    ] {
        order.apply(&event, "test", BEGAN);
    }
    assert!(order.undecided_refund().is_some());
    order
}

/// The order after these answers to what was asked at `BEGAN`.
fn after(
    mut order: Order,
    about: About,
    rate: &RateLimit,
    (answer, refund): (Option<Fact>, Event),
) -> Order {
    let question = Question {
        about,
        began_ms: BEGAN,
        deadline_ms: 0,
        rate,
        clock: OrderClock::default(),
    };
    for event in events(&order, question, &[(1, answer)], Some(refund)) {
        order.apply(&event, "query", BEGAN);
    }
    order
}

fn refund_told(status: RefundStatus) -> Event {
    Event::RefundLearned {
        id: refund_id(),
        fact: RefundFact::answered(status, Sums::default()),
        is_answered: false,
    }
}

#[test]
fn question_about_a_refund_alone_says_nothing_of_the_order() {
    for is_answered in [false, true] {
        let about = About::Refund { is_answered };
        assert_eq!(follow(&refunding(), about, &[]), []);
    }
}

#[test]
fn report_of_a_refund_is_confirmed_by_the_answer_about_that_refund() {
    let mut order = refunding();
    let doubt = Doubt {
        kind: Kind::Refunded,
        is_ours: true,
    };
    order.apply(&Event::Reported { attempt: 1, doubt }, "reported", BEGAN);
    // The order itself is told as before.
    let answers = (
        Some(found(State::Paid(money()))),
        refund_told(RefundStatus::Succeeded),
    );
    let rate = RateLimit::default();
    let order = after(order, About::Reported(1), &rate, answers);
    assert_eq!((order.status, order.report), (Status::Refunded, None));
}

#[test]
fn answer_about_a_refund_leaves_an_order_without_an_answer_to_be_asked_again_later() {
    for answer in [None, Some(found(State::Refunding))] {
        let answers = (answer, refund_told(RefundStatus::Pending));
        let rate = RateLimit::default();
        let order = after(refunding(), EVERY, &rate, answers);
        assert_eq!(order.ask_at_ms, Some(BEGAN + 5 * 60_000));
        assert_eq!(order.refund_ask_at_ms, Some(BEGAN + 60_000));
    }
}

#[test]
fn refund_is_put_off_with_its_order_where_the_rate_is_limited() {
    let rate = RateLimit::default();
    rate.reached(Some(90));
    let answers = (None, Event::RefundUnanswered);
    let order = after(refunding(), EVERY, &rate, answers);
    assert_eq!(order.ask_at_ms, Some(BEGAN + 90_000));
    assert_eq!(order.refund_ask_at_ms, Some(BEGAN + 90_000));
}
