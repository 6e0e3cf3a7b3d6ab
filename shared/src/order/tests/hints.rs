//! Which notifications are believed.

use super::*;

/// A notification about an attempt of the order, which names the attempt's prepay id.
pub(super) fn hint(attempt: u8, says: Says) -> Hint {
    named(attempt, &terms(attempt).prepay_id, says)
}

fn named(attempt: u8, prepay_id: &str, says: Says) -> Hint {
    let trade_no = created().trade_no_of(attempt);
    Hint::new(trade_no, Some(prepay_id.to_owned()), says)
}

pub(super) fn pays(attempt: u8) -> Says {
    Says::Paid(money(attempt, FEE))
}

pub(super) fn closes() -> Says {
    Says::Closed { at_ms: None }
}

pub(super) fn refunds(attempt: u8, total: &str) -> Says {
    Says::Refunded {
        prepay_id: Some(terms(attempt).prepay_id),
        total: amount(total),
        currency: "USDT".parse().unwrap(),
        by: None,
    }
}

fn doubt(kind: Kind, is_ours: bool) -> Checked {
    Checked::Doubtful(Doubt { kind, is_ours })
}

#[test]
fn payment_agrees_if_prepay_id_amount_and_currency_are_those_of_the_terms() {
    let order = after([opened(1)]);
    let right = money(1, FEE);
    let expected = Checked::Agrees(Fact(Known::Paid(right.clone())));
    assert_eq!(hint(1, Says::Paid(right.clone())).check(&order), expected);

    let same = Money {
        amount: amount("1.000200040"),
        transaction_id: None,
        paid_at_ms: None,
        commission: None,
        ..right.clone()
    };
    let expected = Checked::Agrees(Fact(Known::Paid(same.clone())));
    assert_eq!(hint(1, Says::Paid(same)).check(&order), expected);

    for wrong in ["1.0002", "1.00020003", "100020004", "0", "2"] {
        let money = Money {
            amount: amount(wrong),
            ..right.clone()
        };
        let checked = hint(1, Says::Paid(money)).check(&order);
        assert_eq!(checked, doubt(Kind::Paid, true), "{wrong}");
    }
    let money = Money {
        currency: "BUSD".parse().unwrap(),
        ..right.clone()
    };
    let checked = hint(1, Says::Paid(money)).check(&order);
    assert_eq!(checked, doubt(Kind::Paid, true));
    let other = Money {
        prepay_id: "1".to_owned(),
        ..right
    };
    let checked = named(1, "1", Says::Paid(other)).check(&order);
    assert_eq!(checked, doubt(Kind::Paid, false));
}

#[test]
fn nothing_agrees_before_binance_told_the_terms_or_about_an_attempt_never_made() {
    for (attempt, says) in [
        (1, pays(1)),
        (1, closes()),
        (1, refunds(1, "0.5")),
        (1, Says::Unreadable(Kind::Unknown, "data")),
        (2, pays(2)),
    ] {
        for order in [created(), ended(End::Unknown), ended(End::Refused)] {
            let hint = hint(attempt, says.clone());
            assert_eq!(hint.check(&order), doubt(hint.kind(), false), "{says:?}");
        }
    }
    let checked = hint(2, pays(2)).check(&after([opened(1)]));
    assert_eq!(checked, doubt(Kind::Paid, false));
}

#[test]
fn prepay_id_of_another_checkout_is_not_ours_and_none_neither() {
    let paid_order = after([opened(1), paid(1)]);
    for order in [after([opened(1)]), paid_order] {
        for says in [pays(1), closes(), Says::Unreadable(Kind::Paid, "totalFee")] {
            let foreign = named(1, "363969700195475452", says.clone());
            assert_eq!(foreign.check(&order), doubt(foreign.kind(), false));
            let nameless = Hint::new(order.trade_no(), None, says);
            assert_eq!(nameless.check(&order), doubt(nameless.kind(), false));
        }
        let foreign = hint(1, refunds(2, "0.5"));
        assert_eq!(foreign.check(&order), doubt(Kind::Refunded, false));
    }
}

#[test]
fn what_cannot_be_read_never_agrees() {
    let order = after([opened(1), paid(1)]);
    for kind in [Kind::Paid, Kind::Closed, Kind::Refunded, Kind::Unknown] {
        let hint = hint(1, Says::Unreadable(kind, "data"));
        assert_eq!(hint.check(&order), doubt(kind, true));
        assert_eq!(hint.unreadable(), Some("data"));
    }
}

#[test]
fn close_agrees_by_its_prepay_id_alone() {
    let order = after([opened(1)]);
    for at_ms in [None, Some(0), Some(LATER)] {
        let expected = Checked::Agrees(Fact(Known::Closed { at_ms }));
        assert_eq!(hint(1, Says::Closed { at_ms }).check(&order), expected);
    }
}

#[test]
fn refund_agrees_up_to_what_was_paid_in_its_currency() {
    let order = after([opened(1), paid(1)]);
    for total in ["0.5", FEE, "1.000200040"] {
        let expected = Checked::Agrees(refunded(total));
        let hint = hint(1, refunds(1, total));
        assert_eq!(hint.check(&order), expected, "{total}");
        // The envelope's id is not the one that decides.
        let hint = named(1, "1", refunds(1, total));
        assert_eq!(hint.check(&order), expected, "{total}");
    }
    let currency = Says::Refunded {
        prepay_id: Some(terms(1).prepay_id),
        total: amount("0.5"),
        currency: "BUSD".parse().unwrap(),
        by: None,
    };
    let nameless = Says::Refunded {
        prepay_id: None,
        total: amount("0.5"),
        currency: "USDT".parse().unwrap(),
        by: None,
    };
    for says in [refunds(1, "1.00020005"), currency, nameless] {
        let checked = hint(1, says.clone()).check(&order);
        assert_eq!(checked, doubt(Kind::Refunded, true), "{says:?}");
    }
    let checked = hint(1, refunds(1, "0.5")).check(&after([opened(1)]));
    assert_eq!(checked, doubt(Kind::Refunded, true));
}

#[test]
fn second_payment_and_dispute_only_a_query_makes() {
    let other_wrong = {
        let mut order = on_second_attempt();
        order.apply(&learned(1, found(1, State::Untouched)), "query", LATER);
        order.apply(&learned(1, answer_paid(1, "0.5", None)), "query", LATER);
        order
    };
    let other_right = {
        let mut order = on_second_attempt();
        order.apply(&learned(1, paid(1)), "query", LATER);
        order
    };
    for (order, status) in [(other_wrong, Status::Disputed), (other_right, Status::Paid)] {
        assert_eq!(order.status, status);
        let checked = hint(2, pays(2)).check(&order);
        assert_eq!(checked, doubt(Kind::Paid, true), "{status:?}");
    }
    let disputed = after([opened(1), answer_paid(1, "0.5", None)]);
    let checked = hint(1, pays(1)).check(&disputed);
    assert_eq!(checked, doubt(Kind::Paid, true));
    let wrong = Says::Paid(money(1, "0.5"));
    let checked = hint(1, wrong).check(&after([opened(1)]));
    assert_eq!(checked, doubt(Kind::Paid, true));
}

#[test]
fn payment_told_again_in_another_spelling_is_the_same_payment() {
    let mut order = after([opened(1), paid(1)]);
    let before = got(&order);
    let again = Money {
        transaction_id: Some("M_R_282737362839373".to_owned()),
        paid_at_ms: None,
        ..money(1, FEE)
    };
    let Checked::Agrees(fact) = hint(1, Says::Paid(again)).check(&order) else {
        panic!("it agrees")
    };

    let applied = order.apply(&learned(1, fact), "PAY PAY_SUCCESS", LATER);
    assert_eq!(applied, Applied::Unchanged);
    assert_eq!(got(&order), before);
    assert!(order.alarms.is_empty());
}

#[test]
fn refund_of_ours_is_told_if_the_total_holds_it() {
    let order = after([opened(1), paid(1)]);
    let refund = refund::id('1');
    for (total, own, is_told) in [
        ("0.4", "0.4", true),
        ("0.5", "0.4", true),
        ("0.3", "0.4", false),
        ("0", "0.4", false),
    ] {
        let by = Some((refund.clone(), amount(own)));
        let says = Says::Refunded {
            prepay_id: Some(terms(1).prepay_id),
            total: amount(total),
            currency: "USDT".parse().unwrap(),
            by: by.clone(),
        };
        let total = amount(total);
        let by = by.filter(|_| is_told);
        let expected = Checked::Agrees(Fact(Known::Refunded { total, by }));
        assert_eq!(hint(1, says).check(&order), expected, "{total}");
    }
}

#[test]
fn rejected_refund_is_asked_about_while_one_is_undecided_and_else_says_nothing() {
    let ours = || Some(terms(1).prepay_id);
    let other = || Some("1".to_owned());
    let undecided = refund::asked_for(refund::part("0.4"));
    for (envelope, refund, is_ours) in [
        (ours(), ours(), true),
        (ours(), None, true),
        (None, ours(), true),
        (other(), ours(), true),
        // What the refund names decides.
        (ours(), other(), false),
        (None, None, false),
    ] {
        for says in [
            Says::Rejected { prepay_id: refund },
            Says::Unreadable(Kind::Rejected, "data"),
        ] {
            let is_read = !matches!(says, Says::Unreadable(..));
            let is_ours = if is_read { is_ours } else { envelope == ours() };
            let hint = Hint::new(created().trade_no(), envelope.clone(), says);
            assert_eq!(hint.check(&undecided), doubt(Kind::Rejected, is_ours));
            for order in [
                created(),
                after([opened(1)]),
                after([opened(1), paid(1)]),
                after([opened(1), paid(1), refunded(FEE)]),
            ] {
                assert_eq!(hint.check(&order), Checked::Idle, "{:?}", order.status);
            }
        }
    }
}
