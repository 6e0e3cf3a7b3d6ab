//! Refund order and query refund.

use super::*;
use crate::order::{Event, OrderId, Refund, RefundFact, RefundId, RefundStatus, Sums, Wanted};
use crate::sample;

const ID: &str = "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5r0123456789abcdef";

fn id() -> RefundId {
    ID.parse().unwrap()
}

/// The refund of so much that a paid order records.
fn refund(amount: &str, reason: Option<&str>) -> Refund {
    let began_ms = 1_763_802_000_000;
    let mut order = sample::order(OrderId::from_random([0xa5; 15]), began_ms);
    let checkout = checkout();
    let money = Money {
        prepay_id: PREPAY_ID.to_owned(),
        amount: "25.17".parse().unwrap(),
        currency: "USDT".parse().unwrap(),
        transaction_id: None,
        paid_at_ms: None,
        commission: None,
        refunded: None,
    };
    let paid = Found {
        terms: terms("25.17"),
        created_at_ms: None,
        state: State::Paid(money),
    };
    let wanted = Wanted {
        amount: Some(amount.parse().unwrap()),
        reason: reason.map(str::to_owned),
        merchant_trade_no: None,
    };
    let facts = [Fact::opened(terms("25.17"), checkout), Fact::found(paid)];
    let learned = facts.map(|fact| Event::Learned { attempt: 1, fact });
    let recorded = Event::RefundWanted {
        id: id(),
        wanted,
        by: "test".to_owned(),
    };
    for event in learned.into_iter().chain([recorded]) {
        order.apply(&event, "test", began_ms);
    }
    order.refunds.pop().unwrap()
}

fn body(refund: &Refund) -> String {
    let request = RefundOrder::new(
        refund,
        PREPAY_ID,
        "https://pay.example.com/binance-callback",
    );
    serde_json::to_string(&request).unwrap()
}

#[test]
fn refund_is_sent_with_its_amount_as_a_number_and_a_reason_only_if_there_is_one() {
    for (amount, number) in [
        ("25.17", "25.17"),
        ("1.00", "1"),
        ("0.50", "0.5"),
        ("1E-8", "0.00000001"),
    ] {
        let expected = format!(
            r#"{{"refundRequestId":"{ID}","prepayId":"{PREPAY_ID}","refundAmount":{number},"webhookUrl":"https://pay.example.com/binance-callback"}}"#
        );
        assert_eq!(body(&refund(amount, None)), expected);
    }
    let expected = format!(
        r#"{{"refundRequestId":"{ID}","prepayId":"{PREPAY_ID}","refundAmount":2,"refundReason":"the slot \"9:00\" is gone","webhookUrl":"https://pay.example.com/binance-callback"}}"#
    );
    let reason = Some(r#"the slot "9:00" is gone"#);
    assert_eq!(body(&refund("2", reason)), expected);
}

#[test]
fn refund_is_asked_about_by_its_id() {
    let asked = serde_json::to_string(&NamedRefund::new(&id())).unwrap();
    assert_eq!(asked, format!(r#"{{"refundRequestId":"{ID}"}}"#));
}

fn answer() -> Vec<Member<'static>> {
    vec![
        ("refundId", "123456789012345678".to_owned()),
        ("refundRequestId", quoted(ID)),
        ("prepayId", quoted(PREPAY_ID)),
        ("orderAmount", quoted("25.17")),
        ("refundedAmount", quoted("10.5")),
        ("refundAmount", quoted("2.25")),
        ("remainingAttempts", "9".to_owned()),
        ("payerOpenId", quoted("934620c827af6bb3d7ffc7f4e9126805")),
    ]
}

/// The answer to refund order.
fn sent() -> Vec<Member<'static>> {
    let mut members = answer();
    members.push(("duplicateRequest", quoted("N")));
    members
}

/// The answer to query refund.
fn queried(status: &str) -> Vec<Member<'static>> {
    let mut members = answer();
    members.push(("refundStatus", quoted(status)));
    members
}

type Read = fn(Option<&RawValue>, &RefundId) -> Result<RefundFact, Unreadable>;

fn read_by(
    read: Read,
    members: &[Member<'_>],
    bent: Option<(&str, &Bend)>,
) -> Result<RefundFact, Unreadable> {
    read(Some(&raw(&object(members, bent))), &id())
}

fn sums() -> Sums {
    Sums {
        amount: Some("2.25".parse().unwrap()),
        total: Some("10.5".parse().unwrap()),
        remaining: Some(9),
    }
}

fn told(status: RefundStatus) -> RefundFact {
    RefundFact::answered(status, sums())
}

#[test]
fn success_of_the_call_says_that_it_is_pending_and_nothing_else_is_needed() {
    let pending = Ok(told(RefundStatus::Pending));
    assert_eq!(read_by(accepted, &sent(), None), pending);
    let silent = Ok(RefundFact::answered(RefundStatus::Pending, Sums::default()));
    for data in ["null", "true", "[]", "7", "{}", r#""x""#] {
        assert_eq!(accepted(Some(&raw(data)), &id()), silent, "{data}");
    }
    assert_eq!(accepted(None, &id()), silent);
}

#[test]
fn each_status_of_a_query_is_known_and_no_other() {
    for (status, expected) in [
        ("REFUND_SUCCESS", RefundStatus::Succeeded),
        ("REFUND_FAIL", RefundStatus::Failed),
        ("REFUND_PENDING", RefundStatus::Pending),
        (" refund_success ", RefundStatus::Succeeded),
    ] {
        assert_eq!(
            read_by(refunded, &queried(status), None),
            Ok(told(expected))
        );
    }
    for status in ["", "SUCCESS", "REFUNDED", "REFUND_REJECTED", "7"] {
        let seen = read_by(refunded, &queried(status), None);
        assert_eq!(seen, Err(Unreadable("refundStatus")), "{status}");
    }
    for bend in unusable(&quoted("REFUND_SUCCESS")) {
        let members = queried("REFUND_SUCCESS");
        let seen = read_by(refunded, &members, Some(("refundStatus", &bend)));
        assert_eq!(seen, Err(Unreadable("refundStatus")), "{}", bend.what);
    }
    for data in ["null", "true", "[]", "7"] {
        let seen = refunded(Some(&raw(data)), &id());
        assert_eq!(seen, Err(Unreadable("data")), "{data}");
    }
    assert_eq!(refunded(None, &id()), Err(Unreadable("data")));
}

#[test]
fn answer_about_another_refund_is_unreadable_and_one_without_an_id_is_about_ours() {
    let cases: [(Read, Vec<Member<'_>>, RefundStatus); 2] = [
        (accepted, sent(), RefundStatus::Pending),
        (refunded, queried("REFUND_FAIL"), RefundStatus::Failed),
    ];
    for (read, members, status) in cases {
        for bend in unusable(&quoted(ID)) {
            let seen = read_by(read, &members, Some(("refundRequestId", &bend)));
            let expected = if ["missing", "null"].contains(&bend.what) {
                Ok(told(status))
            } else {
                Err(Unreadable("refundRequestId"))
            };
            assert_eq!(seen, expected, "{}", bend.what);
        }
        let mut shouted = members.clone();
        shouted[1].1 = quoted(&ID.to_ascii_uppercase());
        assert_eq!(read_by(read, &shouted, None), Ok(told(status)));
    }
}

#[test]
fn sums_are_read_in_every_spelling_and_absent_where_they_cannot_be_meant() {
    let members = queried("REFUND_SUCCESS");
    for (name, value) in &members {
        if ["refundStatus", "refundRequestId"].contains(name) {
            continue;
        }
        for bend in spellings(value) {
            let seen = read_by(refunded, &members, Some((name, &bend)));
            assert_eq!(
                seen,
                Ok(told(RefundStatus::Succeeded)),
                "{name} {}",
                bend.what
            );
        }
        for bend in unusable(value) {
            let seen = read_by(refunded, &members, Some((name, &bend)));
            let number = (bend.what == "a number").then_some("7");
            let amount = number.map(|number| number.parse().unwrap());
            let mut expected = sums();
            match *name {
                "refundAmount" => expected.amount = amount,
                "refundedAmount" => expected.total = amount,
                "remainingAttempts" => expected.remaining = number.map(|_| 7),
                _ => {}
            }
            let expected = RefundFact::answered(RefundStatus::Succeeded, expected);
            assert_eq!(seen, Ok(expected), "{name} {}", bend.what);
        }
    }
}

#[test]
fn create_asks_for_an_end_only_where_leadscalendar_named_one() {
    for (secs, expected) in [(None, None), (Some(600), Some(1_763_802_600_000_i64))] {
        let order = sample::order(OrderId::from_random([0xa5; 15]), 1_763_802_000_000);
        let order = order.held_for(secs);
        let request = CreateOrder::new(&order, "https://pay.example.com/binance-callback");
        let body = serde_json::to_value(request.unwrap()).unwrap();
        let asked = body.get("orderExpireTime");
        assert_eq!(asked.cloned(), expected.map(Into::into));
    }
}
