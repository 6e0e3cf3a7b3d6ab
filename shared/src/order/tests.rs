mod attempts;
mod closing;
mod closing_told;
mod confirmation;
mod ends;
mod given_back;
mod hints;
mod numbers;
mod own_end;
mod payments;
mod permutations;
mod played;
mod refund;
mod refunds;
mod reports;
mod revisions;
mod steps;
mod table;

use serde_json::Value;

use super::fact::Known;
use super::*;
use crate::money::Amount;

/// When the orders of these tests are made; their first claim ends 28 s later.
pub(super) const T0: i64 = 1_763_802_000_000;
pub(super) const MINUTE: i64 = 60_000;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;
/// After every claim.
pub(super) const LATER: i64 = T0 + 2 * MINUTE;
/// When [`after`] tells its facts.
pub(super) const TOLD: i64 = T0 + 1_000;
/// What the payer is to pay.
pub(super) const FEE: &str = "1.00020004";

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
    crate::sample::order(OrderId::from_random([0xa5; 15]), T0)
}

pub(super) fn terms(attempt: u8) -> Terms {
    Terms {
        prepay_id: format!("36396970019547545{attempt}"),
        total_fee: amount(FEE),
        currency: "USDT".parse().unwrap(),
    }
}

pub(super) fn opened(attempt: u8) -> Fact {
    let link = |name: &str| Some(format!("https://pay.binance.com/{name}/{attempt}"));
    let checkout = Checkout {
        checkout_url: link("checkout"),
        qrcode_link: link("qrcode"),
        qr_content: link("qr"),
        deeplink: link("deep"),
        universal_url: link("universal"),
        expires_at_ms: Some(T0 + HOUR),
    };
    Fact::opened(terms(attempt), checkout)
}

/// What a query answers about an attempt's checkout, which was made after every attempt of these tests had begun.
pub(super) fn found(attempt: u8, state: State) -> Fact {
    Fact::found(Found {
        terms: terms(attempt),
        created_at_ms: Some(LATER),
        state,
    })
}

pub(super) fn money(attempt: u8, paid: &str) -> Money {
    Money {
        prepay_id: terms(attempt).prepay_id,
        amount: amount(paid),
        currency: "USDT".parse().unwrap(),
        transaction_id: Some("P_A1BQS87BCQ171112".to_owned()),
        paid_at_ms: Some(T0 + MINUTE),
        commission: Some(amount("0")),
        refunded: None,
    }
}

/// A query's answer that so much was paid, and so much of it went back: as with Binance, both stand in one answer.
pub(super) fn answer_paid(attempt: u8, paid: &str, refunded: Option<Refunded>) -> Fact {
    let money = Money {
        refunded,
        ..money(attempt, paid)
    };
    answer_of(money)
}

/// A query's answer that tells of this money.
pub(super) fn answer_of(money: Money) -> Fact {
    Fact::found(Found {
        terms: Terms {
            prepay_id: money.prepay_id.clone(),
            total_fee: money.amount,
            currency: money.currency.clone(),
        },
        created_at_ms: Some(LATER),
        state: State::Paid(money),
    })
}

pub(super) fn paid(attempt: u8) -> Fact {
    answer_paid(attempt, FEE, None)
}

/// So much went back in all, by a notification that agrees.
pub(super) fn refunded(total: &str) -> Fact {
    let total = amount(total);
    Fact(Known::Refunded { total, by: None })
}

pub(super) fn learned(attempt: u8, fact: Fact) -> Event {
    Event::Learned { attempt, fact }
}

pub(super) fn not_opened(end: End) -> Event {
    Event::NotOpened { attempt: 1, end }
}

/// The order after `facts` of its first attempt, one second after it was made.
pub(super) fn after(facts: impl IntoIterator<Item = Fact>) -> Order {
    facts.into_iter().fold(created(), |mut order, fact| {
        order.apply(&learned(1, fact), "test", TOLD);
        order
    })
}

/// The order after its first attempt ended without a checkout.
pub(super) fn ended(end: End) -> Order {
    let mut order = created();
    order.apply(&not_opened(end), "test", TOLD);
    order
}

/// The order whose first answer was lost and whose second attempt has a checkout.
pub(super) fn on_second_attempt() -> Order {
    let mut order = ended(End::Unknown);
    let resumed = Event::Resumed(claim("second", LATER + 28_000));
    order.apply(&resumed, "resumed", LATER);
    order.apply(&learned(2, opened(2)), "create", LATER);
    assert_eq!(order.status, Status::Pending);
    order
}

/// What LeadsCalendar sees, but for the revision.
pub(super) fn shown(order: &Order) -> Value {
    let mut view = serde_json::to_value(View::of(order)).unwrap();
    view.as_object_mut().unwrap().remove("revision");
    view
}

/// What GET shows.
pub(super) fn got(order: &Order) -> Value {
    serde_json::to_value(FullView::of(order)).unwrap()
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
fn alarm_is_called_the_same_in_the_item_and_in_the_log() {
    for (alarm, name) in [
        (Alarm::Stuck, "order.stuck"),
        (Alarm::Exhausted, "confirmation.exhausted"),
    ] {
        assert_eq!(alarm.to_string(), name);
        assert_eq!(serde_json::to_value(alarm).unwrap(), name);
    }
}

#[test]
fn every_number_is_named_and_the_newest_is_shown_until_one_is_paid() {
    let mut order = on_second_attempt();
    let id = "a5".repeat(15);

    assert_eq!(order.trade_nos(), format!("{id}01, {id}02"));
    assert_eq!(order.shown_attempt(), 2);
    order.apply(&learned(1, paid(1)), "query", LATER);
    assert_eq!((order.status, order.shown_attempt()), (Status::Paid, 1));
}

#[test]
fn stored_order_reads_back_and_holds_no_empty_field() {
    let mut order = after([opened(1), paid(1), refunded("0.5")]);
    let doubt = Doubt {
        kind: Kind::Paid,
        is_ours: true,
    };
    for reported in [false, true] {
        if reported {
            order.apply(&Event::Reported { attempt: 1, doubt }, "test", LATER);
        }
        let item: std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue> =
            serde_dynamo::to_item(&order).unwrap();

        assert_eq!(item.contains_key("report"), reported);
        assert!(!item.contains_key("claim") && !item.contains_key("alarms"));
        let steps = item["steps"].as_m().unwrap();
        assert!(!steps.contains_key("unanswered"), "{steps:?}");
        assert_eq!(serde_dynamo::from_item::<_, Order>(item).unwrap(), order);
    }
}

#[test]
fn whole_view_is_as_documented() {
    let mut order = after([opened(1)]);
    let open = serde_json::to_value(View::of(&order)).unwrap();
    let expected = serde_json::json!({
        "orderId": "a5".repeat(15), "revision": T0 / 1_000 + 1, "status": "PENDING", "livemode": true,
        "transactionType": "PAY", "fiat": "USD", "price": "1.00", "currency": "USDT", "totalFee": FEE,
        "merchantTradeNo": format!("{}01", "a5".repeat(15)), "prepayId": "363969700195475451",
        "checkoutUrl": "https://pay.binance.com/checkout/1", "qrcodeLink": "https://pay.binance.com/qrcode/1",
        "qrContent": "https://pay.binance.com/qr/1", "deeplink": "https://pay.binance.com/deep/1",
        "universalUrl": "https://pay.binance.com/universal/1", "callbackUrl": "https://app.example.com/paid",
        "reference": "lead-7", "createdAt": "2025-11-22T09:00:00.000Z", "expiresAt": "2025-11-22T10:00:00.000Z",
        "paidAt": null, "transactionId": null, "commission": null, "late": false, "closeRequestedAt": null,
        "payments": [], "refundedAmount": "0", "refundable": "0", "refunds": [],
    });
    assert_eq!(open, expected);

    order.apply(&learned(1, paid(1)), "query", LATER);
    order.apply(&learned(1, refunded("0.5000")), "refund", LATER);
    let mut over = expected;
    for (name, value) in serde_json::json!({
        "revision": LATER / 1_000 + 1, "status": "PARTIALLY_REFUNDED", "checkoutUrl": null, "qrcodeLink": null,
        "qrContent": null, "deeplink": null, "universalUrl": null, "paidAt": "2025-11-22T09:01:00.000Z",
        "transactionId": "P_A1BQS87BCQ171112", "commission": "0", "refundedAmount": "0.5", "refundable": "0.50020004",
        "payments": [{"merchantTradeNo": format!("{}01", "a5".repeat(15)), "transactionId": "P_A1BQS87BCQ171112",
            "amount": FEE, "currency": "USDT", "paidAt": "2025-11-22T09:01:00.000Z", "refundedAmount": "0.5"}],
    })
    .as_object()
    .unwrap()
    {
        over[name] = value.clone();
    }
    assert_eq!(serde_json::to_value(View::of(&order)).unwrap(), over);
}
