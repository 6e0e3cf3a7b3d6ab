//! A hint that did not agree with what Binance had told us, once Binance has been asked. Pure.

use shared::order::{Checked, Doubt, Event as Change, Hint, Kind, Order, Refunded};

/// What a hint that was doubtful means now that Binance has answered, beside what the answer itself says.
#[must_use]
pub fn afterwards(hint: &Hint, doubt: Doubt, order: &Order) -> Option<Change> {
    let (attempt, kind) = (hint.trade_no().attempt, hint.kind());
    let paid = order.attempt(attempt)?.payment.as_ref();
    let is_part = paid.is_some_and(|paid| paid.refunded == Some(Refunded::Part));
    match hint.check(order) {
        // That a part went back is Binance's answer; how much it was, only the notification tells.
        Checked::Agrees(fact) if is_part && kind == Kind::Refunded => {
            Some(Change::Learned { attempt, fact })
        }
        // The terms that show whose it is were told only now.
        Checked::Agrees(_) | Checked::Doubtful(Doubt { is_ours: true, .. })
            if order.report.is_some() && !doubt.is_ours =>
        {
            let is_ours = true;
            let doubt = Doubt { kind, is_ours };
            Some(Change::Reported { attempt, doubt })
        }
        Checked::Agrees(_) | Checked::Doubtful(_) | Checked::Idle => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use shared::order::{Money, OrderId, Payment, Report, Says, Terms, TradeNo};

    const OURS: &str = "29383937493038367292";

    fn hint(prepay_id: &str, says: Says) -> Hint {
        let trade_no = TradeNo {
            order_id: OrderId::from_random([0xa5; 15]),
            attempt: 1,
        };
        Hint::new(trade_no, Some(prepay_id.to_owned()), says)
    }

    fn refunded(prepay_id: &str) -> Hint {
        let says = Says::Refunded {
            prepay_id: Some(prepay_id.to_owned()),
            total: "0.5".parse().unwrap(),
            currency: "USDT".parse().unwrap(),
            by: None,
        };
        hint(prepay_id, says)
    }

    fn paid(prepay_id: &str, amount: &str) -> Hint {
        let money = Money {
            prepay_id: prepay_id.to_owned(),
            amount: amount.parse().unwrap(),
            currency: "USDT".parse().unwrap(),
            transaction_id: None,
            paid_at_ms: None,
            commission: None,
            refunded: None,
        };
        hint(prepay_id, Says::Paid(money))
    }

    /// An order of which Binance has told the terms, and that they are met; of which so much went back.
    fn order(refunded: Option<Refunded>, is_reported: bool) -> Order {
        let mut order = sample::order(OrderId::from_random([0xa5; 15]), 1_000);
        let [attempt] = order.attempts.as_mut_slice() else {
            panic!("a new order has one attempt")
        };
        attempt.terms = Some(Terms {
            prepay_id: OURS.to_owned(),
            total_fee: "1".parse().unwrap(),
            currency: "USDT".parse().unwrap(),
        });
        attempt.payment = Some(Payment {
            prepay_id: OURS.to_owned(),
            transaction_id: None,
            amount: "1".parse().unwrap(),
            currency: "USDT".parse().unwrap(),
            paid_at_ms: 2_000,
            commission: None,
            refunded,
            remaining_refunds: None,
        });
        order.report = is_reported.then_some(Report {
            attempt: 1,
            kind: Kind::Paid,
            is_ours: false,
            revision: 1,
            at_ms: 62_000,
            is_asked: false,
            unanswered: 0,
        });
        order
    }

    fn doubt(kind: Kind, is_ours: bool) -> Doubt {
        Doubt { kind, is_ours }
    }

    #[test]
    fn notification_tells_how_much_went_back_where_binance_says_only_that_a_part_did() {
        let hint = refunded(OURS);
        let doubt = doubt(Kind::Refunded, true);
        for is_reported in [false, true] {
            let order = order(Some(Refunded::Part), is_reported);
            let Checked::Agrees(fact) = hint.check(&order) else {
                panic!("{:?}", hint.check(&order))
            };
            let expected = Change::Learned { attempt: 1, fact };
            assert_eq!(afterwards(&hint, doubt, &order), Some(expected));
        }
        for order in [
            order(None, true),
            order(Some(Refunded::Total("0.2".parse().unwrap())), true),
        ] {
            assert_eq!(afterwards(&hint, doubt, &order), None);
        }
    }

    #[test]
    fn report_is_ours_where_that_is_known_only_since_binance_told_the_terms() {
        for hint in [
            paid(OURS, "1"),
            paid(OURS, "2"),
            refunded(OURS),
            hint(OURS, Says::Closed { at_ms: None }),
        ] {
            let kind = hint.kind();
            let reported = Change::Reported {
                attempt: 1,
                doubt: doubt(kind, true),
            };
            for (was_ours, is_reported, expected) in [
                (false, true, Some(reported)),
                (false, false, None),
                (true, true, None),
                (true, false, None),
            ] {
                let change = afterwards(&hint, doubt(kind, was_ours), &order(None, is_reported));
                assert_eq!(change, expected, "{hint:?} {was_ours} {is_reported}");
            }
        }
        // That a part went back makes no other notification an answer.
        let part = order(Some(Refunded::Part), false);
        let closed = hint(OURS, Says::Closed { at_ms: None });
        assert_eq!(afterwards(&closed, doubt(Kind::Closed, true), &part), None);
    }

    #[test]
    fn nothing_follows_from_what_is_not_ours_or_of_no_attempt() {
        let order = order(None, true);
        for hint in [
            paid("1", "1"),
            refunded("1"),
            hint(OURS, Says::Rejected { prepay_id: None }),
        ] {
            assert_eq!(afterwards(&hint, doubt(hint.kind(), false), &order), None);
        }
        let trade_no = order.trade_no_of(2);
        let unknown = Hint::new(
            trade_no,
            Some(OURS.to_owned()),
            Says::Closed { at_ms: None },
        );
        assert_eq!(
            afterwards(&unknown, doubt(Kind::Closed, false), &order),
            None
        );
    }
}
