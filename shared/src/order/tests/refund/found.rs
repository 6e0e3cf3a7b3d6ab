//! Refunds that went back and are not recorded: the table was restored, or somebody gave money back by hand.

use super::*;

#[test]
fn more_that_went_back_than_is_recorded_is_noticed() {
    let own = || {
        let mut order = asked_for(part("0.4"));
        play(
            &mut order,
            [told('1', silent(RefundStatus::Succeeded))],
            ASKED,
        );
        order
    };
    let with_total = |mut order: Order, total: &str| {
        order.apply(&learned(1, refunded(total)), "refund", ASKED);
        order
    };
    let in_part = after([opened(1), answer_paid(1, FEE, Some(Refunded::Part))]);
    for (order, expected) in [
        (created(), false),
        (paid_order(), false),
        (own(), false),
        (with_total(own(), "0.4"), false),
        (with_total(own(), "0.5"), true),
        (with_total(paid_order(), "0.1"), true),
        (in_part, true),
    ] {
        assert_eq!(order.has_unrecorded_refund(1), expected, "{order:?}");
    }
    assert!(!paid_order().has_unrecorded_refund(2));
}

#[test]
fn refund_that_binance_knows_is_recorded_as_accepted_and_never_sent() {
    let mut order = paid_order();
    let found = |fact| Event::RefundFound {
        id: id('1'),
        attempt: 1,
        wanted: part("0.4"),
        fact,
    };
    for unknown in [RefundFact::not_found(), silent(RefundStatus::Pending)] {
        let applied = order.apply(&found(unknown), "found", ASKED);
        assert_eq!(applied, Applied::Unchanged);
    }
    let pending = found(sums(RefundStatus::Pending, "0.4", "0.4", 9));
    assert_eq!(order.apply(&pending, "found", ASKED), Applied::Changed);

    assert!(order.refund(&id('1')).unwrap().is_accepted);
    let expected = (RefundStatus::Pending, "0.4".to_owned(), None);
    assert_eq!(seen(&order, '1'), expected);
    let again = order.apply(&pending, "found", ASKED);
    assert_eq!(again, Applied::Unchanged);
}
