//! What went back.

use super::*;

fn back(refunded: Refunded) -> Fact {
    answer_paid(1, FEE, Some(refunded))
}

fn total(text: &str) -> Refunded {
    Refunded::Total(amount(text))
}

/// Status, what went back, what is left.
fn sums(order: &Order) -> (Status, Value, Value) {
    let view = shown(order);
    let (refunded, refundable) = (&view["refundedAmount"], &view["refundable"]);
    (order.status, refunded.clone(), refundable.clone())
}

#[test]
fn what_went_back_only_grows_and_each_growth_is_told() {
    let mut order = after([opened(1), paid(1)]);
    for (fact, status, refunded, left, is_told) in [
        (refunded("0"), Status::Paid, "0", FEE, false),
        (
            refunded("0.4"),
            Status::PartiallyRefunded,
            "0.4",
            "0.60020004",
            true,
        ),
        (
            refunded("0.40"),
            Status::PartiallyRefunded,
            "0.4",
            "0.60020004",
            false,
        ),
        (
            refunded("0.3"),
            Status::PartiallyRefunded,
            "0.4",
            "0.60020004",
            false,
        ),
        (
            back(Refunded::Part),
            Status::PartiallyRefunded,
            "0.4",
            "0.60020004",
            false,
        ),
        (
            paid(1),
            Status::PartiallyRefunded,
            "0.4",
            "0.60020004",
            false,
        ),
        (
            refunded("0.5"),
            Status::PartiallyRefunded,
            "0.5",
            "0.50020004",
            true,
        ),
        (back(total(FEE)), Status::Refunded, FEE, "0", true),
        (refunded("0.5"), Status::Refunded, FEE, "0", false),
        (back(Refunded::Part), Status::Refunded, FEE, "0", false),
    ] {
        let before = order.confirmation.told_revision();
        order.apply(&learned(1, fact.clone()), "refund", LATER);
        let expected = (status, refunded.into(), left.into());
        assert_eq!(sums(&order), expected, "{fact:?}");
        let told = order.confirmation.told_revision() != before;
        assert_eq!(told, is_told, "{fact:?}");
    }
}

#[test]
fn part_of_which_nobody_tells_how_much_is_null_until_somebody_does() {
    let mut order = after([opened(1), back(Refunded::Part)]);
    let expected = (Status::PartiallyRefunded, Value::Null, Value::Null);
    assert_eq!(sums(&order), expected);
    assert_eq!(order.telling(), Some(("order.refunded", TOLD)));

    order.apply(&learned(1, refunded("0.5")), "refund", LATER);
    let expected = (Status::PartiallyRefunded, "0.5".into(), "0.50020004".into());
    assert_eq!(sums(&order), expected);
    assert_eq!(order.telling(), Some(("order.refunded", LATER)));
}

#[test]
fn refund_of_a_payment_in_dispute_is_told_and_a_whole_one_ends_it() {
    let mut order = after([opened(1), answer_paid(1, "0.5", None)]);
    order.apply(&learned(1, refunded("0.2")), "refund", LATER);
    assert_eq!(sums(&order), (Status::Disputed, "0.2".into(), "0.3".into()));
    assert_eq!(order.telling(), Some(("order.disputed", LATER)));

    order.apply(&learned(1, refunded("0.5")), "refund", LATER);
    assert_eq!(sums(&order), (Status::Refunded, "0.5".into(), "0".into()));
    assert_eq!(order.telling(), Some(("order.refunded", LATER)));
}

#[test]
fn payment_found_after_everything_went_back_makes_the_order_partially_refunded() {
    let mut order = on_second_attempt();
    order.apply(&learned(2, paid(2)), "query", LATER);
    order.apply(&learned(2, refunded(FEE)), "refund", LATER);
    assert_eq!(order.status, Status::Refunded);

    order.apply(&learned(1, paid(1)), "query", LATER);
    let expected = (Status::PartiallyRefunded, FEE.into(), FEE.into());
    assert_eq!(sums(&order), expected);
    assert_eq!(order.alarms, [Alarm::SecondPayment]);
    assert!(order.ask_at_ms.is_some());

    order.apply(&learned(1, refunded(FEE)), "refund", LATER);
    let expected = (Status::Refunded, "2.00040008".into(), "0".into());
    assert_eq!(sums(&order), expected);
}

#[test]
fn sums_are_null_where_a_payment_has_another_currency() {
    let other = Money {
        currency: "BUSD".parse().unwrap(),
        ..money(1, "0.5")
    };
    let mut order = after([opened(1), answer_of(other)]);
    let expected = (Status::Disputed, Value::Null, Value::Null);
    assert_eq!(sums(&order), expected);

    order.apply(&learned(1, refunded("0.5")), "refund", LATER);
    assert_eq!(order.status, Status::Refunded);
}

#[test]
fn refund_of_nothing_is_neither_told_nor_in_the_history() {
    for order in [after([opened(1)]), after([opened(1), paid(1)])] {
        let mut after = order.clone();
        let applied = after.apply(&learned(1, refunded("0.00000000")), "refund", LATER);
        assert_eq!((applied, after), (Applied::Unchanged, order));
    }
}

#[test]
fn money_on_its_way_back_says_nothing_yet() {
    for facts in [vec![opened(1)], vec![opened(1), paid(1)]] {
        let order = after(facts);
        let mut after = order.clone();
        let refunding = learned(1, found(1, State::Refunding));
        let applied = after.apply(&refunding, "query", LATER);
        assert_eq!((applied, after), (Applied::Unchanged, order));
    }
}
