//! Anything in any order and any repetition.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::hints::hint;
use super::played::{Happening, answers, happenings, play, sayings};
use super::*;

/// Whether money was received that counts.
fn is_paid(status: Status) -> bool {
    matches!(
        status,
        Status::Paid | Status::PartiallyRefunded | Status::Refunded
    )
}

/// An order both of whose attempts have, or had, a checkout.
fn twice_opened() -> Order {
    let mut order = after([opened(1), found(1, State::Errored)]);
    let resumed = Event::Resumed(claim("second", LATER + 28_000));
    order.apply(&resumed, "resumed", LATER);
    order.apply(&learned(2, opened(2)), "create", LATER);
    order
}

/// The answers that tell of money, and how many of them are about the one attempt.
fn money_answers() -> impl Strategy<Value = Vec<(u8, Fact)>> {
    let answer = (1..=2_u8).prop_flat_map(|attempt| {
        let money = answers(attempt).into_iter().take(5).collect::<Vec<_>>();
        (Just(attempt), prop::sample::select(money))
    });
    prop::collection::vec(answer, 0..8)
}

fn tell(facts: &[(u8, Fact)]) -> Order {
    let mut order = twice_opened();
    for (attempt, fact) in facts {
        order.apply(&learned(*attempt, fact.clone()), "query", LATER);
    }
    order
}

proptest! {
    #[test]
    fn paid_order_never_falls_back(happenings in happenings()) {
        play(&happenings, |before, order, _, _| {
            assert!(is_paid(order.status) || !before.is_paid(), "{:?}", order.status);
            assert!(order.paid_attempt == before.paid_attempt || !before.is_paid());
            assert!(before.late == order.late || !before.is_paid());
        });
    }

    #[test]
    fn order_is_paid_exactly_when_a_payment_matches_the_terms(happenings in happenings()) {
        let order = play(&happenings, |_, _, _, _| {});
        let matching = order.attempts.iter().any(|attempt| attempt.settled().is_some());
        prop_assert_eq!(order.is_paid(), matching);
        prop_assert!(!is_paid(order.status) || matching || order.status == Status::Refunded);
    }

    #[test]
    fn money_is_judged_alike_in_any_order_and_repetition(
        facts in money_answers(),
        (one, two) in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
    ) {
        let mut other = facts.clone();
        if !other.is_empty() {
            let (one, two) = (one.index(other.len()), two.index(other.len()));
            other.swap(one, two);
            other.rotate_left(one);
            other.extend_from_slice(&facts);
        }
        prop_assert_eq!(tell(&facts).status, tell(&other).status);
    }

    #[test]
    fn no_more_went_back_than_was_told_and_a_checkout_is_paid_once(happenings in happenings()) {
        let order = play(&happenings, |before, order, _, _| {
            for (attempt, payment) in before.payments() {
                let is = order.attempt(attempt).unwrap().payment.as_ref().unwrap();
                match (payment.refunded, is.refunded) {
                    (Some(Refunded::Total(was)), Some(Refunded::Total(is))) => assert!(is >= was),
                    (Some(Refunded::Total(_)), _) | (Some(Refunded::Part), None) => panic!("{payment:?} is {is:?}"),
                    (Some(Refunded::Part), Some(_)) | (None, _) => {}
                }
            }
        });
        let mut told: BTreeMap<u8, Amount> = BTreeMap::new();
        if !order.refunds.is_empty() {
            // Of what was asked for here, no more than was paid.
            told.extend([(1, amount(FEE)), (2, amount(FEE))]);
        }
        for happening in &happenings {
            let total = match happening {
                Happening::Answer(attempt, Fact(Known::Found(Found { state: State::Paid(money), .. }))) => match money.refunded {
                    Some(Refunded::Total(total)) => Some((*attempt, total)),
                    Some(Refunded::Part) | None => None,
                },
                Happening::Hint(hint) => total_of(hint),
                Happening::Answer(..) | Happening::Own(_) | Happening::Told(_) | Happening::Asked(_) | Happening::Passes(_) => None,
            };
            if let Some((attempt, total)) = total {
                let most = told.entry(attempt).or_insert(Amount::ZERO);
                *most = (*most).max(total);
            }
        }
        let most = told.into_values().fold(Amount::ZERO, |sum, total| sum.checked_add(total).unwrap());
        prop_assert!(order.refunded().is_none_or(|refunded| refunded <= most));

        let view = shown(&order);
        let of: std::collections::BTreeSet<&str> = view["payments"].as_array().unwrap()
            .iter().map(|payment| payment["merchantTradeNo"].as_str().unwrap()).collect();
        prop_assert_eq!(of.len(), view["payments"].as_array().unwrap().len());
    }

    #[test]
    fn one_revision_is_one_body(happenings in happenings()) {
        let mut bodies: BTreeMap<i64, (Option<(String, i64)>, Value)> = BTreeMap::new();
        let mut seen = |order: &Order| {
            let telling = order.telling().map(|(kind, at_ms)| (kind.to_owned(), at_ms));
            let body = (telling, shown(order));
            let known = bodies.entry(order.confirmation.revision).or_insert_with(|| body.clone());
            assert_eq!(known, &body);
        };
        play(&happenings, |before, order, _, _| {
            assert!(order.confirmation.revision >= before.confirmation.revision);
            seen(before);
            seen(order);
        });
    }

    #[test]
    fn revision_and_what_is_owed_follow_each_change(happenings in happenings()) {
        play(&happenings, |before, order, at_ms, event| {
            revisions::follow(before, order, at_ms, &format!("{event:?}"));
        });
    }

    #[test]
    fn what_is_owed_always_has_a_time_or_an_alarm(happenings in happenings()) {
        let order = play(&happenings, |_, _, _, _| {});
        let confirmation = &order.confirmation;
        prop_assert!(confirmation.next_attempt_at_ms.is_none() || confirmation.is_owed());
        prop_assert!(confirmation.next_attempt_at_ms.is_some() || !confirmation.is_owed() || order.alarms.contains(&Alarm::Exhausted));
        prop_assert_eq!(order.alarm_at_ms.is_some(), !order.alarms.is_empty());
        let is_waiting = matches!(order.status, Status::Created | Status::Pending);
        prop_assert!(order.ask_at_ms.is_some() || !is_waiting);
        prop_assert!(order.telling().is_some() || !confirmation.is_owed());
    }

    #[test]
    fn order_always_reads_back_from_its_item(happenings in happenings()) {
        let order = play(&happenings, |_, _, _, _| {});
        let item: std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue> = serde_dynamo::to_item(&order).unwrap();

        prop_assert_eq!(serde_dynamo::from_item::<_, Order>(item).unwrap(), order);
    }

    #[test]
    fn notification_of_another_merchants_checkout_changes_nothing_that_get_shows(
        happenings in happenings(),
        attempt in 1..=3_u8,
        foreign in prop::sample::select(vec!["2", "363969700195475459", "36396970019547545"]),
        index in any::<prop::sample::Index>(),
        is_named in any::<bool>(),
        is_last in any::<bool>(),
    ) {
        let mut order = play(&happenings, |_, _, _, _| {});
        let says = index.get(&sayings(foreign)).clone();
        let prepay_id = is_named.then(|| foreign.to_owned());
        let hint = Hint::new(order.trade_no_of(attempt), prepay_id, says);
        let before = got(&order);
        order.report = None;
        order.alarms.clear();

        let Checked::Doubtful(doubt) = hint.check(&order) else {
            panic!("{hint:?} is believed")
        };
        prop_assert!(!doubt.is_ours);
        order.apply(&Event::Reported { attempt, doubt }, "reported", LATER);
        order.apply(&Event::ReportAnswered { is_last }, "query", LATER);
        prop_assert_eq!(got(&order), before);
        prop_assert!(order.alarms.is_empty());
    }
}

/// What a notification of ours says went back in all.
fn total_of(hint: &Hint) -> Option<(u8, Amount)> {
    let attempt = hint.trade_no().attempt;
    if let Some(total) = total_by_ours(hint) {
        return Some((attempt, total));
    }
    let totals = ["0", "0.5", FEE, "9"];
    let total = totals
        .into_iter()
        .find(|total| *hint == hints::hint(attempt, hints::refunds(attempt, total)))?;
    Some((attempt, amount(total)))
}

/// The same of one that names a refund of ours.
fn total_by_ours(named: &Hint) -> Option<Amount> {
    let attempt = named.trade_no().attempt;
    let says = sayings(&terms(attempt).prepay_id);
    let mut totals = says.into_iter().filter_map(|says| {
        let Says::Refunded {
            total, by: Some(_), ..
        } = says
        else {
            return None;
        };
        (*named == hint(attempt, says)).then_some(total)
    });
    totals.next()
}

#[test]
fn hints_of_the_game_are_of_the_orders_own_checkouts() {
    let order = twice_opened();
    for attempt in 1..=2 {
        for says in sayings(&terms(attempt).prepay_id) {
            if let Checked::Doubtful(doubt) = hint(attempt, says).check(&order) {
                assert!(doubt.is_ours);
            }
        }
    }
}
