//! Refunds in the hand of a test: an order that was paid, and what is answered and shown of its refunds.

use sandbox::Options;
use sandbox::binance::{Fault, On, Pending};
use serde_json::{Value, json};

use crate::signed::{
    Opened, about, assert_acknowledged, binance_calls, deliver, open, pay, pay_silently, signed,
};
use crate::world::{Answer, World};

/// What an order of one dollar is paid with.
pub const ALL: &str = "1.00020004";

/// What each code recommends to its reader, in a phrase; of other codes, that nothing went back.
const ADVICE: [(&str, &str); 14] = [
    ("INVALID_REQUEST", "correct the"),
    ("INVALID_API_KEY", "renew it"),
    ("REFUND_NOT_ALLOWED", "a key that was issued for refunds"),
    ("ORDER_NOT_FOUND", "Check the id and the endpoint"),
    ("METHOD_NOT_ALLOWED", "Check the id and the endpoint"),
    ("NOT_PAID", "Get the order"),
    ("AMOUNT_TOO_HIGH", "Get the order"),
    ("REFUND_IN_PROGRESS", "Wait as long as Retry-After says"),
    ("REFUND_TAKES_ALL", "without amount"),
    ("REFUNDS_USED_UP", "in another way"),
    ("AMOUNT_UNKNOWN", "name the amount"),
    ("IDEMPOTENCY_KEY_REUSED", "another Idempotency-Key"),
    ("400304", "top up"),
    ("BODY_TOO_LARGE", "correct the request"),
];

/// A world in which no notification arrives, so that only answers tell.
pub async fn deaf() -> World {
    let nowhere = [("CALLBACK_URL", "http://127.0.0.1:1/binance-callback")];
    let world = World::with(Options::default(), &nowhere).await;
    let binance = world.sandbox.binance();
    binance.behave(|behaviour| behaviour.repeats = 0);
    world
}

/// An order that was paid, and of which LeadsCalendar was told so.
pub async fn paid(world: &World) -> Opened {
    let order = open(world).await;
    pay(world, &order).await;
    order
}

/// The same, where no notification arrives but this one, which the test carries.
pub async fn paid_unheard(world: &World) -> Opened {
    let order = open(world).await;
    pay_silently(world, &order);
    let payment = signed(world, about(&order)).await;
    assert_acknowledged(&deliver(world, &payment).await);
    assert_eq!(world.item(&order.id)["status"], "PAID");
    order
}

/// The next refund is accepted by Binance, and pending until a test ends it.
pub fn pends(world: &World) {
    let pending = Fault::RefundPends(Pending::default());
    world.sandbox.binance().fault(On::Refund, 1, pending);
}

/// A refund as it is answered: the whole of it, its times looked at and taken from the answer; its id.
#[track_caller]
pub fn assert_refund(
    answer: &Answer,
    order: &Opened,
    [status, amount]: [&str; 2],
    reason: Option<&str>,
) -> String {
    let seen = answer.json();
    let id = seen["refundRequestId"].as_str().unwrap_or_default();
    let expected = json!({
        "refundRequestId": id,
        "merchantTradeNo": order.trade_no,
        "status": status,
        "amount": amount,
        "currency": "USDT",
        "reason": reason,
        "code": null,
        "createdAt": seen["createdAt"],
        "endedAt": seen["endedAt"],
    });
    assert_eq!((answer.status, &seen), (201, &expected));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let tag = id.strip_prefix(&format!("{}r", order.id));
    let is_hex = |char: char| matches!(char, '0'..='9' | 'a'..='f');
    assert!(
        tag.is_some_and(|tag| tag.len() == 16 && tag.chars().all(is_hex)),
        "{id}"
    );
    let at_ms = |name: &str| {
        let time = seen[name].as_str()?;
        assert_eq!(time.len(), "2026-11-22T09:00:00.000Z".len(), "{time}");
        let time: jiff::Timestamp = time.parse().unwrap();
        Some(time.as_millisecond())
    };
    let (created_ms, ended_ms) = (at_ms("createdAt").unwrap(), at_ms("endedAt"));
    assert_eq!(ended_ms.is_none(), status == "PENDING", "{seen}");
    assert!(
        ended_ms.is_none_or(|ended_ms| ended_ms >= created_ms),
        "{seen}"
    );
    id.to_owned()
}

/// A problem as a whole, but for what all of them have in common, which is looked at here.
#[track_caller]
pub fn problem_of(answer: &Answer) -> (u16, Value) {
    let text = &answer.text;
    let mut seen = answer.json();
    let members = seen.as_object_mut().unwrap();
    let mut take = |name: &str| members.remove(name).unwrap_or_else(|| panic!("{text}"));
    let (kind, title, status, msg) = (take("type"), take("title"), take("status"), take("msg"));
    let (request_id, advice) = (take("requestId"), take("recommendation"));
    let retryable = take("retryable");
    assert_eq!((kind, status), (json!("about:blank"), json!(answer.status)));
    assert!(title.is_string() && request_id.is_string(), "{text}");
    assert_eq!(seen["detail"], msg, "{text}");
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let waits = answer.header("retry-after").is_some();
    assert_eq!(retryable, waits, "{text}");
    let known = ADVICE.iter().find(|(code, _)| seen["code"] == *code);
    if let Some((_, phrase)) = known {
        assert!(advice.as_str().unwrap().contains(phrase), "{text}");
    }
    (answer.status, seen)
}

/// The whole of a problem of our own about an order.
pub fn ours(status: u16, order: &Opened, code: &str, detail: &str) -> (u16, Value) {
    let problem = json!({"code": code, "detail": detail, "source": "gateway", "orderId": order.id});
    (status, problem)
}

/// The whole of a problem of our own about no order that is known to be there.
pub fn nobodys(status: u16, code: &str, detail: &str) -> (u16, Value) {
    let problem = json!({"code": code, "detail": detail, "source": "gateway"});
    (status, problem)
}

/// The whole of a problem that Binance caused.
pub fn binances(status: u16, order: &Opened, code: &str, detail: &str) -> (u16, Value) {
    let problem = json!({"code": code, "detail": detail, "source": "binance", "orderId": order.id});
    (status, problem)
}

/// How often Binance was told to give money back, and how often it was asked how that ended.
pub fn sent_and_asked(world: &World) -> [usize; 2] {
    ["/order/refund", "/order/refund/query"].map(|path| binance_calls(world, path))
}

/// What each refund that Binance has gave back, of all orders.
pub fn at_binance(world: &World) -> Vec<String> {
    let refunds = world.sandbox.binance().refunds().into_iter();
    refunds
        .map(|of| of.refund.amount.normalize().to_string())
        .collect()
}

/// Status and amount of each refund of an order, as it is shown.
pub async fn refunds_of(world: &World, order: &Opened) -> Vec<[String; 2]> {
    let shown = world.shown(&order.id).await;
    let refunds = shown["refunds"].as_array().unwrap().iter();
    refunds
        .map(|refund| ["status", "amount"].map(|name| refund[name].as_str().unwrap().to_owned()))
        .collect()
}

/// Status, `refundedAmount` and `refundable` of an order, as it is shown.
pub async fn sums(world: &World, order: &Opened) -> [Value; 3] {
    let shown = world.shown(&order.id).await;
    ["status", "refundedAmount", "refundable"].map(|name| shown[name].clone())
}

/// Type and status of everything that LeadsCalendar was told.
#[track_caller]
pub fn kinds(world: &World) -> Vec<[String; 2]> {
    let told = crate::signed::told(world).into_iter();
    told.map(|(_, kind, status)| [kind, status]).collect()
}

/// Runs `reconcile-orders` at these seconds from now.
pub async fn runs_at(world: &World, seconds: &[u32]) {
    let mut at = 0;
    for step in seconds {
        world.reconcile_after(step - at).await;
        at = *step;
    }
}

/// Returns when so many notifications, of whatever kind, have been acknowledged.
pub async fn acknowledged(world: &World, count: usize) {
    let is_so = |world: &World| {
        let deliveries = world.sandbox.binance().deliveries();
        let acknowledged = deliveries.iter().filter(|delivery| delivery.acknowledged);
        acknowledged.count() >= count
    };
    world.until("the notifications", is_so).await;
}
