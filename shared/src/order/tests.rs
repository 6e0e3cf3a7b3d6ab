mod attempts;
mod confirmation;
mod numbers;
mod payments;
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

pub(super) fn released_by(by: &str) -> Event {
    Event::Released { by: by.to_owned() }
}

pub(super) fn alarmed(order: &Order) -> Event {
    let due_at_ms = order.alarm_at_ms.unwrap();
    Event::Alarmed { due_at_ms }
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
fn stored_order_reads_back_and_holds_no_empty_field() {
    let order = after([opened(1), paid(1), refunded("0.5")]);
    let item: std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue> =
        serde_dynamo::to_item(&order).unwrap();

    assert!(!item.contains_key("askAtMs") && !item.contains_key("claim"));
    assert_eq!(serde_dynamo::from_item::<_, Order>(item).unwrap(), order);
}
