mod confirmation;
mod permutations;
mod table;

use super::*;
use crate::money::Amount;

/// When the orders of these tests are made; their first claim ends 28 s later.
pub(super) const T0: i64 = 1_763_802_000_000;
pub(super) const MINUTE: i64 = 60_000;
pub(super) const HOUR: i64 = 60 * MINUTE;
/// After every claim.
pub(super) const LATER: i64 = T0 + 2 * MINUTE;

pub(super) fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

pub(super) fn claim(by: &str, until_ms: i64) -> Claim {
    Claim {
        by: by.to_owned(),
        until_ms,
    }
}

pub(super) fn created() -> Order {
    let request = Request {
        transaction_type: TransactionType::Pay,
        fiat: "USD".parse().unwrap(),
        price: amount("1.00"),
        callback_url: "https://app.example.com/paid".to_owned(),
        description: "LeadsCalendar".to_owned(),
        reference: Some("lead-7".to_owned()),
        return_url: None,
        cancel_url: None,
        terminal_type: TerminalType::Web,
    };
    Order::new(
        OrderId::from_random([0xa5; 15]),
        request,
        claim("first", T0 + 28_000),
        T0,
    )
}

pub(super) fn terms(attempt: u8) -> Terms {
    Terms {
        prepay_id: format!("36396970019547545{attempt}"),
        total_fee: amount("1.00020004"),
        currency: "USDT".parse().unwrap(),
    }
}

pub(super) fn opened(attempt: u8) -> Fact {
    let link = |name: &str| format!("https://pay.binance.com/{name}/{attempt}");
    let checkout = Checkout {
        checkout_url: link("checkout"),
        qrcode_link: link("qrcode"),
        qr_content: link("qr"),
        deeplink: link("deep"),
        universal_url: link("universal"),
        expires_at_ms: T0 + HOUR,
    };
    Fact::Opened {
        terms: terms(attempt),
        checkout,
    }
}

pub(super) fn payment(attempt: u8, paid: &str) -> Fact {
    Fact::Paid(Payment {
        prepay_id: terms(attempt).prepay_id,
        transaction_id: Some("P_A1BQS87BCQ171112".to_owned()),
        amount: amount(paid),
        currency: "USDT".parse().unwrap(),
        paid_at_ms: T0 + MINUTE,
    })
}

pub(super) fn paid(attempt: u8) -> Fact {
    payment(attempt, "1.00020004")
}

pub(super) fn refunded(total: &str) -> Fact {
    Fact::Refunded {
        total: amount(total),
    }
}

pub(super) fn learned(attempt: u8, fact: Fact) -> Event {
    Event::Learned { attempt, fact }
}

/// The order after `facts` of its first attempt, one minute apart from the clock of nothing.
pub(super) fn after(facts: impl IntoIterator<Item = Fact>) -> Order {
    facts.into_iter().fold(created(), |mut order, fact| {
        order.apply(&learned(1, fact), "test", T0 + 1_000);
        order
    })
}

#[test]
fn new_order_has_attempt_one_and_is_asked_about_after_its_claim() {
    let order = created();

    assert_eq!(
        order.trade_no().to_string(),
        format!("{}01", "a5".repeat(15))
    );
    assert_eq!(order.status, Status::Created);
    assert_eq!(order.due_at_ms(), Some(T0 + 28_000 + MINUTE));
}

#[test]
fn pending_order_is_asked_about_after_5_and_20_minutes_and_one_after_its_expiry() {
    let mut order = after([opened(1)]);
    let mut asked_at = Vec::new();
    for _ in 0..5 {
        let ask_at_ms = order.ask_at_ms.unwrap();
        asked_at.push((ask_at_ms - T0) / MINUTE);
        order.apply(&Event::Asked, "query", ask_at_ms);
    }

    assert_eq!(asked_at, [5, 20, 61, 66, 71]);
}

#[test]
fn settled_order_is_not_asked_about() {
    assert_eq!(after([opened(1), paid(1)]).ask_at_ms, None);
    assert_eq!(after([opened(1), Fact::Expired]).ask_at_ms, None);
}

#[test]
fn payment_before_the_create_answer_waits_for_the_terms() {
    let mut order = after([paid(1)]);
    assert_eq!(
        (order.status, order.is_unverified()),
        (Status::Created, true)
    );
    assert_eq!(order.ask_at_ms, Some(T0 + 1_000 + MINUTE));

    order.apply(&learned(1, opened(1)), "create", T0 + 2_000);
    assert_eq!(
        (order.status, order.is_unverified(), order.late),
        (Status::Paid, false, false)
    );
}

#[test]
fn payment_whose_create_answer_was_lost_is_settled_by_a_query() {
    let mut order = after([Fact::Lost, paid(1)]);
    assert_eq!(order.status, Status::Created);

    order.apply(&learned(1, Fact::Known(terms(1))), "query", LATER);
    assert_eq!(order.status, Status::Paid);
}

#[test]
fn payment_of_an_older_attempt_makes_the_order_paid_and_late() {
    let mut order = after([Fact::Lost]);
    order.apply(
        &Event::Resumed(claim("second", LATER + 28_000)),
        "resumed",
        LATER,
    );
    order.apply(&learned(2, opened(2)), "create", LATER);
    assert_eq!(order.status, Status::Pending);

    order.apply(&learned(1, Fact::Known(terms(1))), "query", LATER);
    order.apply(&learned(1, paid(1)), "PAY PAY_SUCCESS", LATER);

    assert_eq!(
        (order.status, order.late, order.paid_attempt),
        (Status::Paid, true, Some(1))
    );
    assert_eq!(order.payment(), Some(&order.attempts[0].payments[0]));
}

#[test]
fn payment_after_the_order_was_over_makes_it_paid_and_late() {
    for end in [Fact::Closed, Fact::Expired, Fact::Errored] {
        let order = after([opened(1), end.clone(), paid(1)]);
        assert_eq!((order.status, order.late), (Status::Paid, true), "{end:?}");
    }
}

#[test]
fn closing_an_older_attempt_changes_nothing() {
    let mut order = after([Fact::Lost]);
    order.apply(
        &Event::Resumed(claim("second", LATER + 28_000)),
        "resumed",
        LATER,
    );
    order.apply(&learned(2, opened(2)), "create", LATER);
    let before = order.clone();

    assert_eq!(
        order.apply(&learned(1, Fact::Closed), "PAY PAY_CLOSED", LATER),
        Applied::Unchanged
    );
    assert_eq!(order, before);
}

#[test]
fn payment_must_match_in_prepay_id_amount_and_currency() {
    let Fact::Paid(right) = paid(1) else {
        unreachable!()
    };
    let wrong = [
        Payment {
            prepay_id: "1".to_owned(),
            ..right.clone()
        },
        Payment {
            amount: amount("1.00020003"),
            ..right.clone()
        },
        Payment {
            amount: amount("100020004"),
            ..right.clone()
        },
        Payment {
            currency: "BUSD".parse().unwrap(),
            ..right.clone()
        },
    ];
    for wrong in wrong {
        let order = after([opened(1), Fact::Paid(wrong.clone())]);
        assert_eq!(order.status, Status::Disputed, "{wrong:?}");
        assert_eq!(order.alarm(&after([opened(1)])), Some(Alarm::Disputed));
    }
    let same_in_other_digits = Payment {
        amount: amount("1.000200040"),
        ..right
    };
    assert_eq!(
        after([opened(1), Fact::Paid(same_in_other_digits)]).status,
        Status::Paid
    );
}

#[test]
fn matching_payment_settles_a_dispute_and_raises_an_alarm() {
    let disputed = after([opened(1), payment(1, "0.5")]);
    let mut order = disputed.clone();
    order.apply(&learned(1, paid(1)), "PAY PAY_SUCCESS", LATER);

    assert_eq!(order.status, Status::Paid);
    assert_eq!(order.alarm(&disputed), Some(Alarm::SecondPayment));
}

#[test]
fn second_payment_leaves_the_order_paid_and_raises_an_alarm() {
    let mut order = after([Fact::Lost, Fact::Known(terms(1))]);
    order.apply(
        &Event::Resumed(claim("second", LATER + 28_000)),
        "resumed",
        LATER,
    );
    order.apply(&learned(2, opened(2)), "create", LATER);
    order.apply(&learned(2, paid(2)), "PAY PAY_SUCCESS", LATER);
    let once = order.clone();
    order.apply(&learned(1, paid(1)), "PAY PAY_SUCCESS", LATER);

    assert_eq!(
        (order.status, order.paid_attempt, order.late),
        (Status::Paid, Some(2), false)
    );
    assert_eq!(order.alarm(&once), Some(Alarm::SecondPayment));
    assert_eq!(once.alarm(&once), None);
}

#[test]
fn attempts_are_resumed_by_one_invocation_at_a_time() {
    let mut order = created();
    let held = "another invocation is opening the checkout";
    assert_eq!(
        order.apply(
            &Event::Resumed(claim("second", LATER)),
            "resumed",
            T0 + 27_999
        ),
        Applied::Refused(held)
    );
    assert_eq!(
        order.apply(
            &Event::Resumed(claim("second", LATER)),
            "resumed",
            T0 + 28_000
        ),
        Applied::Changed
    );
    assert_eq!(order.current_attempt(), 2);
    assert_eq!(
        order.apply(
            &Event::Resumed(claim("third", LATER)),
            "resumed",
            T0 + 28_001
        ),
        Applied::Refused(held)
    );
    assert_eq!(
        order.apply(
            &Event::Resumed(claim("second", LATER)),
            "resumed",
            T0 + 28_002
        ),
        Applied::Changed
    );
    assert_eq!(order.current_attempt(), 3);
}

#[test]
fn number_that_binance_never_saw_is_used_again_and_no_other() {
    let resumed = |mut order: Order| {
        assert_eq!(
            order.apply(
                &Event::Resumed(claim("second", LATER + 28_000)),
                "resumed",
                LATER
            ),
            Applied::Changed
        );
        order.current_attempt()
    };
    let mut released = created();
    released.apply(&Event::Released, "not done", T0 + 1_000);

    assert_eq!(resumed(released), 1);
    assert_eq!(resumed(created()), 2);
    assert_eq!(resumed(after([Fact::Lost])), 2);
    assert_eq!(resumed(after([Fact::Refused])), 2);
}

#[test]
fn hundredth_attempt_is_refused() {
    let mut order = created();
    for attempt in 2..=MAX_ATTEMPTS {
        order.apply(&Event::Resumed(claim("first", LATER)), "resumed", T0);
        assert_eq!(order.current_attempt(), attempt);
    }

    let refused = order.apply(&Event::Resumed(claim("first", LATER)), "resumed", T0);
    assert_eq!(
        refused,
        Applied::Refused("the order has used up its 99 attempts")
    );
    assert_eq!(
        order.trade_no().to_string(),
        format!("{}99", "a5".repeat(15))
    );
}

#[test]
fn order_under_way_is_not_abandoned() {
    let mut order = created();
    let refused = order.apply(&Event::Abandoned, "abandoned", T0 + 27_999);
    assert_eq!(
        refused,
        Applied::Refused("an invocation is opening the checkout")
    );

    assert_eq!(
        order.apply(&Event::Abandoned, "abandoned", T0 + 28_000),
        Applied::Changed
    );
    assert_eq!(
        (order.status, order.due_at_ms()),
        (Status::Failed, Some(T0 + 28_000 + 30_000))
    );
}

#[test]
fn stored_order_reads_back_and_holds_no_empty_field() {
    let order = after([opened(1), paid(1), refunded("0.5")]);
    let item: std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue> =
        serde_dynamo::to_item(&order).unwrap();

    assert!(!item.contains_key("askAtMs") && !item.contains_key("claim"));
    assert_eq!(serde_dynamo::from_item::<_, Order>(item).unwrap(), order);
}
