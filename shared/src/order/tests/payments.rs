//! Which payments count.

use super::*;

#[test]
fn payment_before_the_create_answer_counts_by_the_querys_terms() {
    for mut order in [created(), ended(End::Unknown)] {
        order.apply(&learned(1, paid(1)), "query", LATER);
        assert_eq!((order.status, order.late), (Status::Paid, false));
        let attempt = &order.attempts[0];
        assert_eq!(attempt.terms, Some(terms(1)));

        order.apply(&learned(1, opened(1)), "create", LATER);
        assert_eq!((order.status, order.alarms.len()), (Status::Paid, 0));
    }
}

#[test]
fn answer_without_terms_counts_if_the_order_was_made_at_most_a_second_before_the_attempt() {
    for (created_at_ms, counts) in [
        (Some(T0 - 1_000), true),
        (Some(T0 + DAY), true),
        (Some(T0 - 1_001), false),
        (Some(1_000), false),
        (None, false),
    ] {
        for state in [State::Paid(money(1, FEE)), State::Untouched] {
            let fact = Fact::found(Found {
                terms: terms(1),
                created_at_ms,
                state: state.clone(),
            });
            let order = after([fact]);
            let is_paid = state != State::Untouched;
            let expected = match (counts, is_paid) {
                (true, true) => (Status::Paid, vec![]),
                (false, true) => (Status::Created, vec![Alarm::Unknown]),
                (_, false) => (Status::Created, vec![]),
            };
            assert_eq!((order.status, order.alarms), expected, "{created_at_ms:?}");
            assert_eq!(order.attempts[0].terms.is_some(), counts);
        }
    }
}

#[test]
fn create_time_is_not_asked_for_once_binance_told_us_the_terms() {
    let fact = Fact::found(Found {
        terms: terms(1),
        created_at_ms: None,
        state: State::Paid(money(1, FEE)),
    });
    assert_eq!(after([opened(1), fact]).status, Status::Paid);
}

#[test]
fn payment_of_an_older_attempt_makes_the_order_paid_and_late() {
    let mut order = on_second_attempt();
    order.apply(&learned(1, paid(1)), "query", LATER);

    assert_eq!(
        (order.status, order.late, order.paid_attempt),
        (Status::Paid, true, Some(1))
    );
    assert_eq!(order.payment(), order.attempts[0].payment.as_ref());
    assert_eq!(
        shown(&order)["merchantTradeNo"],
        format!("{}01", "a5".repeat(15))
    );
}

#[test]
fn payment_after_another_end_was_recorded_makes_the_order_paid_and_late() {
    for end in [State::Closed, State::Expired, State::Errored] {
        let end = found(1, end);
        let order = after([opened(1), end.clone(), paid(1)]);
        assert_eq!((order.status, order.late), (Status::Paid, true), "{end:?}");

        let disputed_between = [opened(1), end.clone(), answer_paid(1, "0.5", None), paid(1)];
        let order = after(disputed_between);
        assert_eq!((order.status, order.late), (Status::Paid, true), "{end:?}");
    }
    for end in [End::Refused, End::Abandoned] {
        let mut order = ended(end);
        order.apply(&learned(1, paid(1)), "query", LATER);
        assert_eq!((order.status, order.late), (Status::Paid, true), "{end:?}");
    }
}

#[test]
fn payment_after_the_checkouts_time_is_late_even_if_nobody_noticed_the_expiry() {
    for (paid_at_ms, late) in [(T0 + HOUR, false), (T0 + HOUR + 1, true)] {
        let money = Money {
            paid_at_ms: Some(paid_at_ms),
            ..money(1, FEE)
        };
        let order = after([opened(1), answer_of(money)]);
        assert_eq!((order.status, order.late), (Status::Paid, late));
    }
}

#[test]
fn payment_must_match_in_prepay_id_amount_and_currency() {
    let right = money(1, FEE);
    let wrong = [
        Money {
            prepay_id: "1".to_owned(),
            ..right.clone()
        },
        Money {
            amount: amount("1.00020003"),
            ..right.clone()
        },
        Money {
            amount: amount("100020004"),
            ..right.clone()
        },
        Money {
            currency: "BUSD".parse().unwrap(),
            ..right.clone()
        },
    ];
    for wrong in wrong {
        let order = after([opened(1), answer_of(wrong.clone())]);
        assert_eq!(order.status, Status::Disputed, "{wrong:?}");
        assert_eq!(order.alarms, [Alarm::Disputed]);
        assert_eq!(order.telling(), Some(("order.disputed", TOLD)));
        let payments = shown(&order)["payments"].clone();
        assert_eq!(payments[0]["amount"], wrong.amount.to_string());
    }
    let same_in_other_digits = Money {
        amount: amount("1.000200040"),
        ..right
    };
    let order = after([opened(1), answer_of(same_in_other_digits)]);
    assert_eq!(order.status, Status::Paid);
}

#[test]
fn checkout_is_paid_once_and_the_newest_payment_told_of_it_counts_until_the_order_is_paid() {
    let mut order = after([
        opened(1),
        answer_paid(1, "0.5", None),
        answer_paid(1, "0.7", None),
    ]);
    assert_eq!(order.status, Status::Disputed);
    assert_eq!(shown(&order)["payments"][0]["amount"], "0.7");

    // An answer without a payment replaces none.
    for state in [State::Untouched, State::UnderWay, State::Refunding] {
        let applied = order.apply(&learned(1, found(1, state)), "query", LATER);
        assert_eq!(applied, Applied::Unchanged);
    }
    order.apply(&learned(1, paid(1)), "query", LATER);
    assert_eq!((order.status, order.late), (Status::Paid, false));
    assert_eq!(shown(&order)["payments"].as_array().unwrap().len(), 1);
    assert_eq!(order.alarms, [Alarm::Disputed]);
}

#[test]
fn answer_that_contradicts_a_paid_order_changes_nothing_and_raises_an_alarm() {
    let contradictions = [
        found(1, State::Untouched),
        found(1, State::Closed),
        found(1, State::Expired),
        found(1, State::Errored),
        answer_paid(1, "0.5", None),
    ];
    for fact in contradictions {
        let mut order = after([opened(1), paid(1)]);
        let before = got(&order);
        order.apply(&learned(1, fact.clone()), "query", LATER);
        assert_eq!(got(&order), before, "{fact:?}");
        assert_eq!(order.alarms, [Alarm::Contradicted], "{fact:?}");
    }
}

#[test]
fn second_payment_leaves_the_order_paid_is_told_and_raises_an_alarm() {
    let mut order = on_second_attempt();
    order.apply(&learned(2, paid(2)), "query", LATER);
    assert!(order.alarms.is_empty());
    let told_revision = order.confirmation.told_revision();
    order.apply(&learned(1, paid(1)), "query", LATER);

    assert_eq!(
        (order.status, order.paid_attempt, order.late),
        (Status::Paid, Some(2), false)
    );
    assert_eq!(order.alarms, [Alarm::SecondPayment]);
    assert!(order.confirmation.told_revision() > told_revision);
    let view = shown(&order);
    let trade_no = |attempt| format!("{}{attempt}", "a5".repeat(15));
    let payments = view["payments"].as_array().unwrap();
    let of: Vec<&Value> = payments
        .iter()
        .map(|payment| &payment["merchantTradeNo"])
        .collect();
    assert_eq!(of, [&trade_no("01"), &trade_no("02")]);
    assert_eq!(view["refundable"], "2.00040008");
}

#[test]
fn alarm_is_owed_until_it_has_been_raised() {
    let mut order = after([opened(1), answer_paid(1, "0.5", None)]);
    let revision = order.confirmation.revision;
    order.apply(&Event::Confirmed { revision }, "confirmation", T0);
    assert_eq!(order.due_at_ms(), Some(TOLD + 30_000));

    let raised = alarmed(&order);
    order.apply(&learned(1, paid(1)), "query", TOLD);
    order.apply(&learned(1, found(1, State::Closed)), "query", TOLD);
    assert_eq!(order.alarms, [Alarm::Disputed, Alarm::Contradicted]);

    // Whoever raised the first says nothing of the second.
    let applied = order.apply(&raised, "alarm", LATER);
    assert_eq!((applied, order.alarms.len()), (Applied::Unchanged, 2));

    let raised = alarmed(&order);
    assert_eq!(order.apply(&raised, "alarm", LATER), Applied::Changed);
    assert_eq!((order.alarm_at_ms, order.alarms.len()), (None, 0));
    assert_eq!(order.apply(&raised, "alarm", LATER), Applied::Unchanged);
}

#[test]
fn what_is_first_absent_is_added_to_a_payment_and_never_taken_away() {
    let nameless = Money {
        transaction_id: None,
        commission: None,
        ..money(1, FEE)
    };
    let mut order = after([opened(1), answer_of(nameless.clone())]);
    assert_eq!(shown(&order)["transactionId"], Value::Null);
    let told = order.confirmation.told.clone();
    order.apply(&learned(1, paid(1)), "query", LATER);
    assert_eq!(shown(&order)["transactionId"], "P_A1BQS87BCQ171112");
    assert_eq!(shown(&order)["commission"], "0");
    assert_eq!(order.confirmation.told, told);

    let applied = order.apply(&learned(1, answer_of(nameless)), "query", LATER);
    assert_eq!(applied, Applied::Unchanged);
}

#[test]
fn time_that_cannot_be_meant_is_as_good_as_absent() {
    for (told_ms, shown_ms) in [
        (Some(T0 - DAY), T0 - DAY),
        (Some(TOLD + DAY), TOLD + DAY),
        (Some(T0 - DAY - 1), TOLD),
        (Some(TOLD + DAY + 1), TOLD),
        (Some(T0 / 1_000), TOLD),
        (None, TOLD),
    ] {
        let money = Money {
            paid_at_ms: told_ms,
            ..money(1, FEE)
        };
        let order = after([opened(1), answer_of(money)]);
        let paid_at = Time(shown_ms).to_string();
        assert_eq!(shown(&order)["paidAt"], paid_at, "{told_ms:?}");
    }
}
