//! Notifications in the hand of a test: signed by the simulator, sent when, how and as often as the test wants.

use std::collections::BTreeSet;

use sandbox::binance::{Envelope, Fault, Forgery, Play};
use sandbox::leadscalendar::Confirmation;
use serde_json::{Value, json};

use crate::world::{Answer, World};

/// The answer that Binance takes for an acknowledgement.
pub const SUCCESS: &str = r#"{"returnCode":"SUCCESS","returnMessage":null}"#;

/// What every wrong signature is told.
pub const NOT_BINANCES: &str = "the signature is not Binance's";

/// `webhook-id`, type and status of a confirmation.
pub type Told = (String, String, String);

/// An order whose checkout is open.
pub struct Opened {
    pub id: String,
    pub trade_no: String,
    pub prepay_id: String,
}

/// A notification with the headers that belong to it.
#[derive(Clone)]
pub struct Signed {
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Signed {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        &found.unwrap_or_else(|| panic!("no header {name}")).1
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }
}

/// An order of one dollar.
pub async fn open(world: &World) -> Opened {
    let created = world.create(&world.four_fields()).await;
    assert_eq!(created.status, 201, "{}", created.text);
    opened(&created)
}

/// The order that was created.
pub fn opened(created: &Answer) -> Opened {
    Opened {
        id: created.text_of("orderId"),
        trade_no: created.text_of("merchantTradeNo"),
        prepay_id: created.text_of("prepayId"),
    }
}

/// A refusal by Binance: an answer, and not repeated.
pub fn refused(code: &str) -> Fault {
    Fault::Refuse {
        code: code.to_owned(),
        message: "Refused.".to_owned(),
        http: 200,
        envelope: Envelope::default(),
    }
}

/// The payer pays, and Binance says nothing.
pub fn pay_silently(world: &World, order: &Opened) {
    let play = Play::in_silence();
    world.sandbox.binance().pay(&order.trade_no, play).unwrap();
}

/// The payer pays; returns when the callback has acknowledged it.
pub async fn pay(world: &World, order: &Opened) {
    pay_as(world, &order.trade_no, Play::default()).await;
}

/// The same, in another than the everyday way.
pub async fn pay_as(world: &World, trade_no: &str, play: Play) {
    let binance = world.sandbox.binance();
    binance.pay_and_wait(trade_no, play).await.unwrap();
    let deliveries = binance.deliveries();
    let last = deliveries.last().unwrap();
    assert!(last.acknowledged, "not acknowledged: {last:?}");
}

/// The checkout is closed; returns when the callback has acknowledged it.
pub async fn cancel(world: &World, trade_no: &str) {
    let before = acknowledged(world);
    let binance = world.sandbox.binance();
    binance.cancel(trade_no, Play::default()).unwrap();
    let is_acknowledged = |world: &World| acknowledged(world) > before;
    world.until("PAY_CLOSED", is_acknowledged).await;
}

fn acknowledged(world: &World) -> usize {
    let deliveries = world.sandbox.binance().deliveries();
    deliveries
        .iter()
        .filter(|delivery| delivery.acknowledged)
        .count()
}

/// The `PAY_SUCCESS` of an order.
pub fn about(order: &Opened) -> Forgery {
    Forgery {
        merchant_trade_no: Some(order.trade_no.clone()),
        ..Forgery::default()
    }
}

/// What Binance would send now; it goes to an address where nobody acknowledges it, not to the callback.
pub async fn signed(world: &World, forgery: Forgery) -> Signed {
    let elsewhere = world.sandbox.leadscalendar().return_url();
    let delivery = world.sandbox.binance().notify(Forgery {
        url: Some(elsewhere),
        ..forgery
    });
    let delivery = delivery.await.unwrap();
    Signed {
        headers: delivery.headers,
        body: delivery.body,
    }
}

/// A correctly signed body of the test's own.
pub async fn signed_body(world: &World, body: impl Into<String>) -> Signed {
    let body = Some(body.into());
    let forgery = Forgery {
        body,
        ..Forgery::default()
    };
    signed(world, forgery).await
}

/// Sends a notification to the callback, once.
pub async fn deliver(world: &World, signed: &Signed) -> Answer {
    let mut headers = vec![("content-type", "application/json; charset=utf-8")];
    let own = signed.headers.iter();
    headers.extend(own.map(|(name, value)| (name.as_str(), value.as_str())));
    world
        .send("POST", "/binance-callback", &headers, signed.body.clone())
        .await
}

#[track_caller]
pub fn assert_acknowledged(answer: &Answer) {
    assert_answer(answer, 200, SUCCESS);
}

#[track_caller]
pub fn assert_fails(answer: &Answer, status: u16, message: &str) {
    let body = format!(r#"{{"returnCode":"FAIL","returnMessage":"{message}"}}"#);
    assert_answer(answer, status, &body);
}

#[track_caller]
fn assert_answer(answer: &Answer, status: u16, body: &str) {
    assert_eq!(
        (
            answer.status,
            answer.header("content-type"),
            answer.text.as_str()
        ),
        (status, Some("application/json"), body)
    );
}

/// What LeadsCalendar was told: `webhook-id`, type and status of each confirmation, none of which it objected to. Revisions
/// are seconds, so an order's are numbered here by their size: 1, 2, 3.
#[track_caller]
pub fn told(world: &World) -> Vec<Told> {
    let confirmations = world.sandbox.leadscalendar().confirmations();
    let mut revisions: BTreeSet<(String, i64)> = BTreeSet::new();
    let of = |confirmation: &Confirmation| {
        let data = &confirmation.body["data"];
        let revision = data["revision"].as_i64().unwrap();
        (text(&data["orderId"]), revision)
    };
    revisions.extend(confirmations.iter().map(of));
    let told = confirmations.iter().map(|confirmation| {
        assert_eq!(confirmation.objection, None);
        let (order_id, revision) = of(confirmation);
        let webhook_id = format!("{order_id}_{revision}");
        assert_eq!(confirmation.webhook_id, Some(webhook_id));
        let known = revisions
            .iter()
            .filter(|(id, known)| *id == order_id && *known <= revision);
        let body = &confirmation.body;
        let (kind, status) = (text(&body["type"]), text(&body["data"]["status"]));
        (format!("{order_id}_{}", known.count()), kind, status)
    });
    told.collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What LeadsCalendar was told of one order.
#[track_caller]
pub fn told_of(world: &World, order: &Opened) -> Vec<Told> {
    let mut told = told(world);
    told.retain(|(webhook_id, _, _)| webhook_id.starts_with(&order.id));
    told
}

/// One line of [`told`]: the order's revision is the smallest, or which in size, that was told of it.
pub fn telling(order_id: &str, revision: u32, kind: &str, status: &str) -> Told {
    let webhook_id = format!("{order_id}_{revision}");
    (webhook_id, kind.to_owned(), status.to_owned())
}

/// LeadsCalendar has accepted the order as it stands, at the first attempt.
#[track_caller]
pub fn assert_confirmed(item: &Value) {
    let confirmation = &item["confirmation"];
    let (revision, told) = (&confirmation["revision"], &confirmation["told"]);
    assert_eq!(
        *confirmation,
        json!({"revision": revision, "confirmedRevision": revision, "told": told, "attempts": 1})
    );
}

/// Nothing is left to do but to ask Binance when the first step of the order's status comes.
#[track_caller]
pub fn assert_at_rest(item: &Value) {
    let owed = ["alarms", "alarmAtMs", "report", "claim"];
    assert_eq!(owed.map(|name| item.get(name)), [None; 4], "{item}");
    assert_eq!(item["confirmation"].get("nextAttemptAtMs"), None, "{item}");
    let step_ms = match item["status"].as_str().unwrap() {
        "PAID" | "PARTIALLY_REFUNDED" => Some(24 * 60 * 60_000),
        "CANCELED" | "EXPIRED" | "FAILED" => Some(60 * 60_000),
        "DISPUTED" => Some(5 * 60_000),
        "REFUNDED" => None,
        status => panic!("{status} is not at rest: {item}"),
    };
    let from_ms = item["steps"]["fromMs"].as_i64().unwrap();
    let due_at = step_ms.map(|step_ms| Value::from(from_ms + step_ms));
    assert_eq!(item.get("dueAt"), due_at.as_ref(), "{item}");
}

/// A time as views show it.
pub fn rfc3339(at_ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(at_ms).unwrap();
    format!("{time:.3}")
}

/// The statuses an order went through.
pub fn history(item: &Value) -> Vec<&str> {
    let changes = item["history"].as_array().into_iter().flatten();
    changes
        .map(|change| change["status"].as_str().unwrap())
        .collect()
}

/// How often an operation of DynamoDB was asked for.
pub fn store_calls(world: &World, operation: &str) -> usize {
    let calls = world.sandbox.dynamodb().calls();
    calls
        .iter()
        .filter(|call| call.operation == operation)
        .count()
}

/// How often a path of the merchant API was called.
pub fn binance_calls(world: &World, path: &str) -> usize {
    let calls = world.sandbox.binance().calls();
    calls
        .iter()
        .filter(|call| call.path.ends_with(path))
        .count()
}
