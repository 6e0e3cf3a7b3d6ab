use shared::order::{Attempt, Checkout, OrderId};

use super::*;
use crate::sample;

#[test]
fn another_number_is_tried_twice_while_a_call_of_it_can_end_in_time() {
    let wait = Duration::from_millis(500);
    for (tries, left_ms, expected) in [
        (1, 500 + SHORTEST_CALL_MS, true),
        (2, 500 + SHORTEST_CALL_MS, true),
        (3, i64::MAX, false),
        (4, i64::MAX, false),
        (1, 499 + SHORTEST_CALL_MS, false),
        (1, -1, false),
    ] {
        assert_eq!(
            may_try_again(tries, wait, left_ms),
            expected,
            "{tries} {left_ms}"
        );
    }
}

#[test]
fn checkout_that_failed_at_binance_is_one_that_was_opened_there() {
    let attempt = |is_opened: bool, end| Attempt {
        checkout: is_opened.then(Checkout::default),
        end,
        ..Attempt::default()
    };
    let mut order = sample::order(OrderId::from_random([0xa5; 15]), 1_000);
    order.attempts = vec![
        attempt(true, Some(End::Error)),
        attempt(false, Some(End::Error)),
        attempt(true, Some(End::Closed)),
        attempt(true, None),
        attempt(true, Some(End::Error)),
        attempt(false, None),
    ];
    assert_eq!(failed(&order), [1, 5]);
}
