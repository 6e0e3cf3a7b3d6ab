//! What went back, and what is left to refund.

use super::*;

/// Status, what went back, what is left.
fn shown_sums(order: &Order) -> (Status, Value, Value) {
    let view = shown(order);
    let (refunded, refundable) = (&view["refundedAmount"], &view["refundable"]);
    (order.status, refunded.clone(), refundable.clone())
}

fn succeeded(key: char) -> Event {
    told(key, silent(RefundStatus::Succeeded))
}

#[test]
fn undecided_refund_frees_nothing_and_a_failed_one_its_amount() {
    let mut order = asked_for(part("0.4"));
    let expected = (Status::Paid, "0".into(), "0.60020004".into());
    assert_eq!(shown_sums(&order), expected);
    let mut failed = order.clone();
    play(&mut failed, [sent('1', refused("400304"))], ASKED);
    let expected = (Status::Paid, "0".into(), FEE.into());
    assert_eq!(shown_sums(&failed), expected);
    assert_eq!(failed.refund_of(&all()), Ok((1, amount(FEE))));

    play(&mut order, [succeeded('1')], ASKED);
    let expected = (Status::PartiallyRefunded, "0.4".into(), "0.60020004".into());
    assert_eq!(shown_sums(&order), expected);
}

#[test]
fn two_refunds_of_one_amount_under_two_keys_are_two() {
    let mut order = paid_order();
    for (key, total) in [('1', "0.4"), ('2', "0.8")] {
        let success = sums(RefundStatus::Succeeded, "0.4", total, 8);
        play(
            &mut order,
            [wanted(key, part("0.4")), told(key, success)],
            ASKED,
        );
    }
    let expected = (Status::PartiallyRefunded, "0.8".into(), "0.20020004".into());
    assert_eq!(shown_sums(&order), expected);

    play(&mut order, [wanted('3', all()), succeeded('3')], ASKED);
    let expected = (Status::Refunded, FEE.into(), "0".into());
    assert_eq!(shown_sums(&order), expected);
    assert_eq!(seen(&order, '3').1, "0.20020004");
    assert!(order.alarms.is_empty());
}

#[test]
fn without_totals_what_went_back_is_the_sum_of_our_own_refunds() {
    let mut order = paid_order();
    for (key, wish) in [('1', part("0.4")), ('2', all())] {
        play(&mut order, [wanted(key, wish), succeeded(key)], ASKED);
    }
    let expected = (Status::Refunded, FEE.into(), "0".into());
    assert_eq!(shown_sums(&order), expected);
}

#[test]
fn total_of_an_accepted_refund_holds_it_and_tells_what_went_back_before() {
    for (total, refunded, left) in [
        ("0.4", "0", "0.60020004"),
        ("0.6", "0.2", "0.40020004"),
        // Which cannot be meant.
        ("0.3", "0", "0.60020004"),
        ("9", "0", "0.60020004"),
    ] {
        let mut order = asked_for(part("0.4"));
        let fact = sums(RefundStatus::Pending, "0.4", total, 8);
        play(&mut order, [told('1', fact)], ASKED);
        let (_, seen_refunded, seen_left) = shown_sums(&order);
        assert_eq!(
            (seen_refunded, seen_left),
            (refunded.into(), left.into()),
            "{total}"
        );
    }
}

#[test]
fn part_of_unknown_size_is_known_as_soon_as_a_refund_tells_a_total() {
    let part_back = Some(Refunded::Part);
    let unknown = || {
        let mut order = after([opened(1), answer_paid(1, FEE, part_back)]);
        play(&mut order, [wanted('1', part("0.4"))], ASKED);
        order
    };
    let is_null = (Status::PartiallyRefunded, Value::Null, Value::Null);
    assert_eq!(shown_sums(&unknown()), is_null);

    // Without a total it stays unknown.
    let mut order = unknown();
    play(&mut order, [succeeded('1')], ASKED);
    assert_eq!(shown_sums(&order), is_null);
    for (fact, refunded) in [
        (sums(RefundStatus::Pending, "0.4", "0.6", 8), "0.2"),
        (sums(RefundStatus::Succeeded, "0.4", "0.6", 8), "0.6"),
    ] {
        let mut order = unknown();
        play(&mut order, [told('1', fact)], ASKED);
        let expected = (
            Status::PartiallyRefunded,
            refunded.into(),
            "0.40020004".into(),
        );
        assert_eq!(shown_sums(&order), expected);
    }
}

#[test]
fn refund_that_binance_counts_already_is_not_taken_off_twice() {
    // The order's own state is told before that of the refund.
    let mut order = asked_for(all());
    order.apply(&learned(1, refunded(FEE)), "query", ASKED);
    let expected = (Status::Refunded, FEE.into(), "0".into());
    assert_eq!(shown_sums(&order), expected);
    play(&mut order, [succeeded('1')], ASKED);
    assert_eq!(shown_sums(&order), expected);
}

#[test]
fn sums_are_those_of_all_payments() {
    let mut order = on_second_attempt();
    for attempt in [2, 1] {
        order.apply(&learned(attempt, paid(attempt)), "query", LATER);
    }
    play(&mut order, [wanted('1', of_payment(1, all()))], ASKED);
    let expected = (Status::Paid, "0".into(), FEE.into());
    assert_eq!(shown_sums(&order), expected);
    // What of the one is counted already is not taken off the other.
    let mut counted = order.clone();
    counted.apply(&learned(1, refunded(FEE)), "query", ASKED);
    let expected = (Status::PartiallyRefunded, FEE.into(), FEE.into());
    assert_eq!(shown_sums(&counted), expected);

    play(&mut order, [succeeded('1')], ASKED);
    assert_eq!(shown_sums(&order), expected);
    let events = [wanted('2', of_payment(2, all())), succeeded('2')];
    play(&mut order, events, ASKED);
    let expected = (Status::Refunded, "2.00040008".into(), "0".into());
    assert_eq!(shown_sums(&order), expected);
}

#[test]
fn disputed_payment_can_be_refunded_and_then_it_is_over() {
    let mut order = after([opened(1), answer_paid(1, "0.5", None)]);
    play(
        &mut order,
        [wanted('1', part("0.2")), succeeded('1')],
        ASKED,
    );
    let expected = (Status::Disputed, "0.2".into(), "0.3".into());
    assert_eq!(shown_sums(&order), expected);
    assert_eq!(order.telling(), Some(("order.disputed", ASKED)));

    play(&mut order, [wanted('2', all()), succeeded('2')], ASKED);
    let expected = (Status::Refunded, "0.5".into(), "0".into());
    assert_eq!(shown_sums(&order), expected);
}

#[test]
fn more_than_was_paid_never_went_back() {
    // The first is refused, the second takes all, and then the first has arrived after all.
    let mut order = asked_for(part("0.4"));
    let events = [
        sent('1', refused("400303")),
        wanted('2', all()),
        succeeded('2'),
        succeeded('1'),
    ];
    play(&mut order, events, ASKED);
    let expected = (Status::Refunded, FEE.into(), "0".into());
    assert_eq!(shown_sums(&order), expected);
    assert_eq!(order.alarms, [Alarm::RefundContradicted]);
}

#[test]
fn payment_that_replaces_another_of_its_checkout_keeps_what_was_said_of_its_refunds() {
    let mut order = after([opened(1), answer_paid(1, "0.5", None)]);
    let success = sums(RefundStatus::Succeeded, "0.2", "0.2", 1);
    play(
        &mut order,
        [wanted('1', part("0.2")), told('1', success)],
        ASKED,
    );
    order.apply(&learned(1, paid(1)), "query", ASKED);
    let expected = (Status::PartiallyRefunded, "0.2".into(), "0.80020004".into());
    assert_eq!(shown_sums(&order), expected);
    assert_eq!(order.refund_of(&part("0.1")), Err(NotRefundable::TakesAll));
}

#[test]
fn amount_in_an_answer_about_another_end_is_not_the_refunds() {
    let told_another = |ended: Event, told_as: RefundStatus| {
        let mut order = asked_for(part("0.4"));
        play(&mut order, [ended], ASKED);
        play(
            &mut order,
            [told('1', sums(told_as, "0.3", "0.4", 5))],
            ASKED,
        );
        seen(&order, '1').1
    };
    let failed = || sent('1', refused("400304"));
    assert_eq!(told_another(succeeded('1'), RefundStatus::Succeeded), "0.4");
    assert_eq!(told_another(failed(), RefundStatus::Pending), "0.4");
    assert_eq!(told_another(failed(), RefundStatus::Succeeded), "0.3");
}
