//! Facts in any order and any repetition.

use proptest::prelude::*;

use super::*;

/// An order on its second attempt, the first one's answer having been lost.
fn on_second_attempt() -> Order {
    let mut order = after([Fact::Lost]);
    order.apply(
        &Event::Resumed(claim("second", LATER + 28_000)),
        "resumed",
        LATER,
    );
    order
}

fn fact() -> impl Strategy<Value = (u8, Fact)> {
    (1..=2_u8).prop_flat_map(|attempt| {
        let facts = vec![
            opened(attempt),
            Fact::Known(terms(attempt)),
            paid(attempt),
            payment(attempt, "0.5"),
            Fact::Closed,
            Fact::Expired,
            Fact::Errored,
            refunded("0.5"),
            refunded("1.00020004"),
        ];
        (Just(attempt), proptest::sample::select(facts))
    })
}

fn play(facts: &[(u8, Fact)]) -> Order {
    let mut order = on_second_attempt();
    for (attempt, fact) in facts {
        let before = order.clone();
        order.apply(&learned(*attempt, fact.clone()), "test", LATER);

        let money = |status| {
            matches!(
                status,
                Status::Paid | Status::PartiallyRefunded | Status::Refunded
            )
        };
        assert!(
            money(order.status) || !money(before.status),
            "{:?} fell back to {:?}",
            before.status,
            order.status
        );
        assert!(order.paid_attempt == before.paid_attempt || before.paid_attempt.is_none());
    }
    order
}

/// The facts that decide about money, whatever came first.
fn is_money(status: Status) -> bool {
    matches!(
        status,
        Status::Paid | Status::PartiallyRefunded | Status::Refunded | Status::Disputed
    )
}

proptest! {
    #[test]
    fn order_is_paid_exactly_when_a_payment_matches_known_terms(facts in prop::collection::vec(fact(), 0..12)) {
        let order = play(&facts);
        let is_settled = (1..=2).any(|attempt| {
            let has = |fact: &Fact| facts.contains(&(attempt, fact.clone()));
            has(&paid(attempt)) && (has(&opened(attempt)) || has(&Fact::Known(terms(attempt))))
        });

        let is_paid = matches!(order.status, Status::Paid | Status::PartiallyRefunded | Status::Refunded);
        prop_assert_eq!(is_paid, is_settled);
    }

    #[test]
    fn money_is_judged_alike_in_any_order_and_repetition(
        facts in prop::collection::vec(fact(), 0..10),
        (shuffled, repeated) in (Just(()), any::<u64>()).prop_map(|((), seed)| (seed, seed % 3)),
    ) {
        // Both attempts paid is an alarm; which of the two counts is decided by what came first.
        let both = [paid(1), paid(2)].iter().zip(1..).all(|(paid, attempt)| facts.contains(&(attempt, paid.clone())));
        prop_assume!(!both);
        let mut other = facts.clone();
        if !other.is_empty() {
            let turn = usize::try_from(shuffled % 97).unwrap() % other.len();
            other.rotate_left(turn);
            other.reverse();
            for _ in 0..repeated {
                other.extend_from_slice(&facts);
            }
        }

        let (one, two) = (play(&facts), play(&other));
        prop_assert_eq!(is_money(one.status), is_money(two.status));
        if is_money(one.status) {
            prop_assert_eq!(one.status, two.status);
        }
    }

    #[test]
    fn order_always_reads_back_from_its_item(facts in prop::collection::vec(fact(), 0..12)) {
        let order = play(&facts);
        let item: std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue> = serde_dynamo::to_item(&order).unwrap();

        prop_assert_eq!(serde_dynamo::from_item::<_, Order>(item).unwrap(), order);
    }

    #[test]
    fn what_is_owed_always_has_a_time(facts in prop::collection::vec(fact(), 0..12)) {
        let order = play(&facts);
        let is_open = matches!(order.status, Status::Created | Status::Pending) || order.is_unverified();

        prop_assert_eq!(order.ask_at_ms.is_some(), is_open);
        prop_assert_eq!(order.confirmation.next_attempt_at_ms.is_some(), order.confirmation.is_owed());
        prop_assert_eq!(order.alarm_at_ms.is_some(), !order.alarms.is_empty());
    }
}
