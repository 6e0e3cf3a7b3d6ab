use super::*;
use crate::aws::Failure;
use crate::order::{Event, Refusal};
use crate::sample;

const AT_MS: i64 = 1_763_802_000_000;

fn order() -> Order {
    sample::order(OrderId::from_random([0xa5; 15]), AT_MS)
}

/// The same order, told of at these revisions before and after a transition.
fn told(before: Option<i64>, after: Option<i64>) -> bool {
    let stored = |revision: Option<i64>| {
        let mut order = order();
        order.confirmation.told = revision.map(|revision| crate::order::Told {
            revision,
            kind: "order.paid".into(),
            at_ms: AT_MS,
        });
        Stored::new(order).unwrap().0
    };
    let transition = Transition {
        before: stored(before),
        order: stored(after),
        applied: Applied::Changed,
    };
    transition.is_told()
}

#[test]
fn change_is_told_where_the_revision_that_is_told_is_another() {
    assert!(told(None, Some(1)));
    assert!(told(Some(1), Some(2)));
    assert!(!told(None, None));
    assert!(!told(Some(1), Some(1)));
}

#[test]
fn events_change_an_order_if_one_does_and_none_where_one_is_refused() {
    let released = Event::Released {
        by: "first".to_owned(),
    };
    let wished = Event::CloseWished;
    let resumed = Event::Resumed(crate::order::Claim {
        by: "second".to_owned(),
        until_ms: AT_MS + 1,
    });
    let refused = Applied::Refused(Refusal::InProgress);
    for (events, expected) in [
        (vec![], Applied::Unchanged),
        (vec![released.clone()], Applied::Changed),
        (vec![released.clone(), released.clone()], Applied::Changed),
        (vec![resumed], refused),
        (vec![wished, Event::UntoldWished], Applied::Changed),
    ] {
        let applied = order().apply_all(&events, "test", AT_MS);
        assert_eq!(applied, expected, "{events:?}");
    }
    let mut order = order();
    order.claim = None;
    order.confirmation.attempts = 0;
    let unchanged = order.apply_all(&[released], "test", AT_MS);
    assert_eq!(unchanged, Applied::Unchanged);
}

#[test]
fn operator_hears_of_what_does_not_mend_itself() {
    for (error, alarm) in [
        (
            StoreError::Unavailable(Failure::NotSetUp("n".to_owned())),
            Some("store.unusable"),
        ),
        (StoreError::Unavailable(Failure::Away("a".to_owned())), None),
        (
            StoreError::Item(serde::de::Error::custom("i")),
            Some("item.unreadable"),
        ),
        (StoreError::Namespace, Some("item.unreadable")),
        (StoreError::Raced, None),
    ] {
        assert_eq!(error.alarm(), alarm, "{error}");
    }
}
