//! `POST /orders` that succeeds: the answer, what Binance is told, what the table holds.

use std::sync::atomic::Ordering;

use sandbox::binance::Fault;
use sandbox::binance::On;
use serde_json::{Value, json};

use crate::world::{Answer, World};

/// The ways to pay.
pub const WAYS: [&str; 5] = [
    "checkoutUrl",
    "qrcodeLink",
    "qrContent",
    "deeplink",
    "universalUrl",
];

/// Every field there is, in texts that must arrive unharmed.
fn all_fields(world: &World) -> Value {
    json!({
        "transactionType": "PAY",
        "fiat": "USD",
        "price": "12.50",
        "callbackUrl": world.sandbox.leadscalendar().callback_url(),
        "description": "Grüße: \"20 leads\" \\ 📅",
        "reference": "lead/4711 \"é\"",
        "returnUrl": "https://app.example.com/thanks?a=1&b=2",
        "cancelUrl": "https://app.example.com/pity",
        "terminalType": "WAP",
    })
}

/// A time as a view shows it: three decimals, whatever they are.
pub fn rfc3339(ms: &Value) -> String {
    let moment = jiff::Timestamp::from_millisecond(ms.as_i64().unwrap()).unwrap();
    format!("{moment:.3}")
}

/// `data` of Binance's last answer, as it went over the wire.
fn said_by_binance(world: &World) -> Value {
    let calls = world.sandbox.binance().calls();
    let answer = calls.last().unwrap().answer.clone().unwrap();
    serde_json::from_str::<Value>(&answer).unwrap()["data"].take()
}

fn assert_is_order_id(order_id: &str) {
    assert_eq!(order_id.len(), 30, "{order_id}");
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    assert!(order_id.bytes().all(is_hex), "{order_id}");
}

fn assert_created(world: &World, created: &Answer, asked: &Value, price: &str) {
    assert_eq!(created.status, 201, "{}", created.text);
    assert_eq!(created.header("content-type"), Some("application/json"));
    assert_eq!(created.header("idempotent-replayed"), None);
    let order_id = created.text_of("orderId");
    assert_is_order_id(&order_id);
    assert_eq!(
        created.header("location"),
        Some(format!("/orders/{order_id}").as_str())
    );
    let item = world.item(&order_id);
    let said = said_by_binance(world);
    let expected = json!({
        "orderId": order_id,
        "revision": item["confirmation"]["revision"],
        "status": "PENDING",
        "livemode": false,
        "transactionType": "PAY",
        "fiat": "USD",
        "price": price,
        "currency": "USDT",
        "totalFee": said["totalFee"],
        "merchantTradeNo": format!("{order_id}01"),
        "prepayId": said["prepayId"],
        "checkoutUrl": said["checkoutUrl"],
        "qrcodeLink": said["qrcodeLink"],
        "qrContent": said["qrContent"],
        "deeplink": said["deeplink"],
        "universalUrl": said["universalUrl"],
        "callbackUrl": asked["callbackUrl"],
        "reference": asked.get("reference"),
        "createdAt": rfc3339(&item["createdAtMs"]),
        "expiresAt": rfc3339(&json!(item["createdAtMs"].as_i64().unwrap() + 3_600_000)),
        "paidAt": null,
        "transactionId": null,
        "commission": null,
        "late": false,
        "closeRequestedAt": null,
        "payments": [],
        "refundedAmount": "0",
        "refundable": "0",
        "refunds": [],
    });
    assert_eq!(created.json(), expected);
}

#[tokio::test]
async fn answer_holds_every_field_and_the_address_of_the_order() {
    let world = World::start().await;

    let asked = world.four_fields();
    let created = world.create(&asked).await;
    assert_created(&world, &created, &asked, "1.00");
    assert_eq!(created.json()["totalFee"], "1.00020004");

    let asked = all_fields(&world);
    let created = world.create(&asked).await;
    assert_created(&world, &created, &asked, "12.50");
}

#[tokio::test]
async fn binance_is_told_what_was_asked_for_and_where_to_report() {
    let world = World::start().await;
    let webhook_url = format!("{}/binance-callback", world.url);

    for (asked, description, amount, terminal_type) in [
        (world.four_fields(), "LeadsCalendar", "1", "WEB"),
        (
            all_fields(&world),
            "Grüße: \"20 leads\" \\ 📅",
            "12.5",
            "WAP",
        ),
    ] {
        let created = world.create(&asked).await;
        let order_id = created.text_of("orderId");
        let told = world.sandbox.binance().order(&format!("{order_id}01"));
        let told = told.unwrap();
        assert_eq!(told.description, description);
        assert_eq!(told.fiat_currency.as_deref(), Some("USD"));
        assert_eq!(told.fiat_amount.as_deref(), Some(amount));
        assert_eq!(told.terminal_type, terminal_type);
        assert_eq!(told.webhook_url.as_deref(), Some(webhook_url.as_str()));
        assert_eq!(told.return_url.as_deref(), asked["returnUrl"].as_str());
        assert_eq!(told.cancel_url.as_deref(), asked["cancelUrl"].as_str());
        let passed: Value = serde_json::from_str(&told.pass_through_info.unwrap()).unwrap();
        let expected = json!({"orderId": order_id, "reference": asked.get("reference")});
        assert_eq!(passed, expected);
    }
}

#[tokio::test]
async fn price_may_be_a_number_or_a_decimal_string_and_is_shown_with_two_decimals() {
    let world = World::start().await;
    for (price, shown, amount) in [
        ("1", "1.00", "1"),
        ("\"1\"", "1.00", "1"),
        ("1.0", "1.00", "1"),
        ("\"1.00\"", "1.00", "1"),
        ("1.000", "1.00", "1"),
        ("1e0", "1.00", "1"),
        ("1.5", "1.50", "1.5"),
        ("\"1.5\"", "1.50", "1.5"),
        ("0.01", "0.01", "0.01"),
        ("1e-2", "0.01", "0.01"),
        ("20000", "20000.00", "20000"),
        ("\"20000\"", "20000.00", "20000"),
        ("2e4", "20000.00", "20000"),
        ("19999.99", "19999.99", "19999.99"),
    ] {
        // As text: a number must not pass through a float here either.
        let body = world.four_fields().to_string();
        let body = body.replace("\"price\":1.0", &format!("\"price\":{price}"));
        let created = world.create_raw(body).await;
        assert_eq!(created.status, 201, "{price}: {}", created.text);
        assert_eq!(created.json()["price"], shown, "{price}");
        let trade_no = created.text_of("merchantTradeNo");
        let order = world.sandbox.binance().order(&trade_no).unwrap();
        assert_eq!(order.fiat_amount.as_deref(), Some(amount), "{price}");
    }
}

#[tokio::test]
async fn optional_fields_may_be_null_and_each_terminal_type_is_passed_on() {
    let world = World::start().await;

    let mut asked = world.four_fields();
    for field in ["description", "reference", "returnUrl", "cancelUrl"] {
        asked[field] = Value::Null;
    }
    for (terminal_type, told) in [
        (Value::Null, "WEB"),
        (json!("WEB"), "WEB"),
        (json!("WAP"), "WAP"),
        (json!("APP"), "APP"),
        (json!("OTHERS"), "OTHERS"),
    ] {
        asked["terminalType"] = terminal_type;
        let created = world.create(&asked).await;
        assert_eq!(created.status, 201, "{}", created.text);
        let order = world.sandbox.binance().orders().pop().unwrap();
        assert_eq!(order.terminal_type, told);
        assert_eq!(order.description, "LeadsCalendar");
        assert_eq!((order.return_url, order.cancel_url), (None, None));
    }
}

#[tokio::test]
async fn order_is_recorded_before_binance_answers_and_completed_afterwards() {
    let world = World::start().await;
    world.functions.limit_ms.store(14_000, Ordering::Relaxed);
    let slow = Fault::Slow { ms: 400 };
    world.sandbox.binance().fault(On::Create, 1, slow);
    let asked = all_fields(&world);

    let recorded = async {
        let is_taken = |world: &World| !world.sandbox.binance().orders().is_empty();
        world.until("Binance to take the order", is_taken).await;
        world.items()
    };
    let (created, recorded) = tokio::join!(world.create(&asked), recorded);

    let order_id = created.text_of("orderId");
    let shard = i64::from_str_radix(&order_id[29..], 16).unwrap() % 8;
    let began = recorded[0]["createdAtMs"].as_i64().unwrap();
    let until = recorded[0]["claim"]["untilMs"].as_i64().unwrap();
    assert!((13_000..=14_000).contains(&(until - began)), "{until}");
    let mut item = json!({
        "orderId": order_id,
        "version": 1,
        "livemode": false,
        "request": asked,
        "createdAtMs": began,
        "status": "CREATED",
        "attempts": [{"startedAtMs": began}],
        "claim": {"by": "00000000-0000-4000-8000-000000000000", "untilMs": until},
        "late": false,
        "history": [{"atMs": began, "status": "CREATED", "cause": "request"}],
        "confirmation": {"revision": began / 1000, "confirmedRevision": began / 1000, "attempts": 0},
        "steps": {"fromMs": began, "doneMs": began},
        "askAtMs": until + 60_000,
        "dueShard": shard, "dueAt": until + 60_000,
        "reference": asked["reference"],
    });
    assert_eq!(recorded, [item.clone()]);

    let said = said_by_binance(&world);
    let completed = world.item(&order_id);
    let opened = completed["history"][1]["atMs"].as_i64().unwrap();
    assert!((began + 400..began + 14_000).contains(&opened), "{opened}");
    item["version"] = json!(2);
    item["status"] = json!("PENDING");
    item["attempts"][0]["terms"] = json!({
        "prepayId": said["prepayId"],
        "totalFee": said["totalFee"],
        "currency": "USDT",
    });
    let mut checkout = json!({"expiresAtMs": said["expireTime"]});
    for way in WAYS {
        checkout[way] = said[way].clone();
    }
    item["attempts"][0]["checkout"] = checkout;
    item.as_object_mut().unwrap().remove("claim");
    let change = json!({"atMs": opened, "status": "PENDING", "cause": "checkout opened"});
    item["history"].as_array_mut().unwrap().push(change);
    // What the answer tells is owed to nobody.
    let revision = (opened / 1000).max(began / 1000 + 1);
    item["confirmation"]["revision"] = json!(revision);
    item["confirmation"]["confirmedRevision"] = json!(revision);
    item["steps"] = json!({"fromMs": opened, "doneMs": opened});
    item["askAtMs"] = json!(began + 120_000);
    item["dueAt"] = json!(began + 120_000);
    assert_eq!(completed, item);
}

#[tokio::test]
async fn media_type_may_carry_a_charset_and_be_written_in_any_case() {
    let world = World::start().await;
    for media_type in [
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "Application/JSON",
    ] {
        let headers = [
            ("X-MBX-APIKEY", world.sandbox.app_api_key()),
            ("Content-Type", media_type),
        ];
        let body = world.four_fields().to_string();
        let created = world.send("POST", "/orders", &headers, body).await;
        assert_eq!(created.status, 201, "{media_type}: {}", created.text);
    }
}

#[tokio::test]
async fn body_may_arrive_base64_encoded() {
    let world = World::start().await;
    world.functions.base64.store(true, Ordering::Relaxed);
    let asked = all_fields(&world);

    let created = world.create(&asked).await;

    assert_created(&world, &created, &asked, "12.50");
}
