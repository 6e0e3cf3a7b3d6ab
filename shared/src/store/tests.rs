use super::*;
use crate::aws::Failure;
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
