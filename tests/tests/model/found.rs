//! The model is tried itself: each fault that is planted in it is found, by the promise that it breaks.

use crate::explored::{PLAIN, explore};
use crate::explorer::Bounds;
use crate::faults::Planted;
use crate::promises;

/// Two requests, notifications and runs at the same time.
const AT_ONCE: Bounds = Bounds {
    at_once: 2,
    creates: 2,
    ..PLAIN
};
/// Something fails once.
const FAILS: Bounds = Bounds { faults: 1, ..PLAIN };
/// And the request is repeated.
const REPEATED: Bounds = Bounds {
    creates: 2,
    ..FAILS
};
const CLOSED: Bounds = Bounds { closes: 1, ..PLAIN };
const FOREIGN: Bounds = Bounds {
    foreign: 1,
    ..PLAIN
};
const FOREIGN_FAILS: Bounds = Bounds {
    faults: 1,
    ..FOREIGN
};
const REFUNDED: Bounds = Bounds {
    refunds: 1,
    ..PLAIN
};
const REFUND_FAILS: Bounds = Bounds {
    faults: 1,
    ..REFUNDED
};

/// Every fault, the bounds within which it shows, and the promise that it breaks first.
const PLANTED: [(Planted, Bounds, &str); 13] = [
    (Planted::ClaimNotChecked, AT_ONCE, promises::REOPENED),
    (Planted::NumberReused, REPEATED, promises::REOPENED),
    (Planted::VersionNotChecked, AT_ONCE, promises::TAKEN_BACK),
    (Planted::ToldBeforeWritten, PLAIN, promises::UNWRITTEN),
    (Planted::CloseBelieved, CLOSED, promises::PAID_IN_TIME),
    (Planted::ExpiryUnasked, PLAIN, promises::PAID_IN_TIME),
    (Planted::HintBelieved, FOREIGN_FAILS, promises::OUR_MONEY),
    (Planted::ForeignBelieved, FOREIGN, promises::PAID_IN_TIME),
    (Planted::LostIsRefused, FAILS, promises::PAID),
    (Planted::ClaimForGood, FAILS, promises::PAID),
    (Planted::UnacceptedBelieved, FAILS, promises::TOLD),
    (Planted::RefundNotRecorded, REFUNDED, promises::UNRECORDED),
    (
        Planted::LostRefundIsRefused,
        REFUND_FAILS,
        promises::REFUNDED,
    ),
];

#[test]
fn every_planted_fault_is_found() {
    for (planted, bounds, promise) in PLANTED {
        let story = explore(bounds, Some(planted)).err();
        let story = story.unwrap_or_else(|| panic!("{planted:?} is not found"));
        let first = story.lines().next().unwrap_or_default();
        assert_eq!(first, format!("NOT SO: {promise}"), "{planted:?}: {story}");
        assert_eq!(explore(bounds, None).err(), None, "{planted:?}");
    }
}

#[test]
fn counterexample_is_told_as_a_story() {
    let story = explore(FAILS, Some(Planted::LostIsRefused)).unwrap_err();
    let expected = "\
NOT SO: in the end an order is PAID if Binance has our money

at first:
  create-order records the order: it is Created
  create-order opens the checkout, and the answer is lost
  create-order writes NotOpened: it is Failed
three minutes later:
after its end:
a day later:
  the payer pays number 1
nine days later:
at last, 45 days later:
and so: the order is Failed, LeadsCalendar is owed nothing, and number 1 is Paid { at: 3 } at Binance
";
    assert_eq!(story, expected);
}
