//! The log: one line for each request's outcome, and never a key, a secret, a signature or a body.

use std::sync::atomic::Ordering;

use sandbox::binance::{Fault, On, Play};
use sandbox::dynamodb::StoreFault;
use sandbox::leadscalendar::Mode;
use serde_json::{Value, json};

use crate::binance_failures::refusal;
use crate::log::Log;
use crate::reconcile::HOUR;
use crate::world::{Answer, World};

const DAY: u32 = 24 * HOUR;

const CERTIFICATES: &str = "/binancepay/openapi/certificates";

/// A body in which every text can be told from all others.
fn telling(world: &World) -> Value {
    let mut body = world.four_fields();
    let url = body["callbackUrl"].as_str().unwrap();
    body["callbackUrl"] = json!(format!("{url}?token=hush-callback"));
    body["description"] = json!("hush-description");
    body["reference"] = json!("hush-reference");
    body["returnUrl"] = json!("https://app.example.com/hush-return");
    body["cancelUrl"] = json!("https://app.example.com/hush-cancel");
    body
}

/// Requests that fail at the gate.
async fn careless(world: &World) -> Vec<Answer> {
    let mut answers = Vec::new();
    let good = telling(world).to_string();
    for (key, media_type, body) in [
        ("hush-wrong-key", "application/json", good.clone()),
        (world.sandbox.app_api_key(), "text/hush", good.clone()),
        (
            world.sandbox.app_api_key(),
            "application/json",
            format!("{good}hush"),
        ),
        (
            world.sandbox.app_api_key(),
            "application/json",
            format!("\"hush{}\"", "h".repeat(20_000)),
        ),
    ] {
        let headers = [("x-mbx-apikey", key), ("content-type", media_type)];
        answers.push(world.send("POST", "/orders", &headers, body).await);
    }
    for field in [
        "transactionType",
        "fiat",
        "price",
        "callbackUrl",
        "terminalType",
        "tip",
    ] {
        let mut body = telling(world);
        body[field] = json!("hush-value");
        answers.push(world.create(&body).await);
        body[field] = json!("https://user:hush-password@evil.example/#hush");
        answers.push(world.create(&body).await);
    }
    let spaced = [("idempotency-key", "hush key")];
    answers.push(world.create_with(&telling(world), &spaced).await);
    answers
}

/// Requests that fail at Binance or at the table, and the two that fail at their key.
async fn unlucky(world: &World) -> Vec<Answer> {
    world.functions.limit_ms.store(7_000, Ordering::Relaxed);
    let mut answers = Vec::new();
    for fault in [
        refusal("400001"),
        refusal("400004"),
        refusal("400606"),
        refusal("400003"),
        refusal("999999"),
        Fault::LostAnswer,
        Fault::BrokenAnswer,
        Fault::Http500Taken,
        Fault::Html403,
        Fault::Geo451,
        Fault::Rate429 { retry_after: None },
        Fault::Slow { ms: 5_000 },
    ] {
        world.sandbox.binance().fault(On::Create, 9, fault);
        let key = [("idempotency-key", "hush-key")];
        answers.push(world.create_with(&telling(world), &key).await);
        world.sandbox.binance().clear_faults();
    }
    world.functions.limit_ms.store(14_000, Ordering::Relaxed);
    let other = [("idempotency-key", "hush-key")];
    answers.push(world.create_with(&world.four_fields(), &other).await);

    let slow = Fault::Slow { ms: 200 };
    world.sandbox.binance().fault(On::Create, 1, slow);
    let (asked, key) = (telling(world), [("idempotency-key", "hush-at-once")]);
    let (one, two) = tokio::join!(
        world.create_with(&asked, &key),
        world.create_with(&asked, &key)
    );
    answers.extend([one, two].into_iter().filter(|answer| answer.status != 201));

    world
        .sandbox
        .dynamodb()
        .fault(None, 99, StoreFault::ServerError);
    answers.push(world.create(&asked).await);
    world.sandbox.dynamodb().clear_faults();
    answers
}

/// Every secret there is, and everything that only bodies and headers hold.
fn unspeakable(world: &World) -> Vec<String> {
    let credentials = world.sandbox.credentials();
    let mut all = vec![
        "hush".to_owned(),
        world.sandbox.app_api_key().to_owned(),
        credentials.api_key.clone(),
        credentials.api_secret.clone(),
        "whsec_".to_owned(),
        "Credential=".to_owned(),
        "checkout/".to_owned(),
        "secpay".to_owned(),
    ];
    for call in world.sandbox.binance().calls() {
        all.extend(call.nonce);
    }
    for secret in world.sandbox.webhook_secrets() {
        all.push(secret.trim_start_matches("whsec_").to_owned());
    }
    all
}

/// The longest run of hex digits; a signature has 128 of them, a trade number 32.
fn longest_hex(text: &str) -> usize {
    let runs = text.split(|char: char| !char.is_ascii_hexdigit());
    runs.map(str::len).max().unwrap_or_default()
}

#[tokio::test]
async fn nothing_secret_is_logged_whatever_happens() {
    let world = World::start().await;
    let log = Log::start();

    let created = world.create(&telling(&world)).await;
    assert_eq!(created.status, 201, "{}", created.text);
    let mut answers = careless(&world).await;
    answers.extend(unlucky(&world).await);
    let trade_no = created.text_of("merchantTradeNo");
    let paying = world
        .sandbox
        .binance()
        .pay_and_wait(&trade_no, Play::default());
    let paid = paying.await.unwrap();

    let text = log.text();
    let payment = paid.payment.unwrap();
    let payer = [payment.open_user_id, payment.payer_id.to_string()];
    for word in unspeakable(&world).iter().chain(&payer) {
        let line = text.lines().find(|line| line.contains(word.as_str()));
        assert_eq!(line, None, "{word}");
    }
    assert!(longest_hex(&text) <= 32, "{text}");
    assert_told_once(&log, &answers);
    assert_answered_order_is_told(&log, &created);
}

/// Each problem is one line, with the id that the caller was given.
fn assert_told_once(log: &Log, answers: &[Answer]) {
    let lines = log.lines();
    for answer in answers {
        let problem = answer.json();
        let told: Vec<_> = lines
            .iter()
            .filter(|line| line["request_id"] == problem["requestId"])
            .filter(|line| !line["status"].is_null())
            .collect();
        assert_eq!(told.len(), 1, "{problem}: {told:#?}");
        assert_eq!(told[0]["status"], problem["status"], "{told:#?}");
        let code = match &told[0]["code"] {
            Value::Null => &told[0]["binance.code"],
            code => code,
        };
        assert_eq!(*code, problem["code"], "{told:#?}");
        assert_eq!(told[0]["order.id"], problem["orderId"], "{told:#?}");
        let status = answer.status;
        let level = match problem["source"].as_str().unwrap() {
            "gateway" if status < 500 => "INFO",
            // Access is denied: an operator must act.
            "binance" if [401, 403].contains(&status) => "ERROR",
            _ => "WARN",
        };
        assert_eq!(told[0]["level"], level, "{told:#?}");
    }
    let statuses: std::collections::BTreeSet<u16> =
        answers.iter().map(|answer| answer.status).collect();
    let expected = [400, 401, 403, 409, 413, 415, 422, 429, 500, 503];
    assert_eq!(statuses, expected.into());
}

fn assert_answered_order_is_told(log: &Log, created: &Answer) {
    let order_id = created.text_of("orderId");
    let told: Vec<Value> = log
        .lines()
        .into_iter()
        .filter(|line| line["message"] == format!("order {order_id} answered"))
        .collect();
    let expected = json!({
        "level": "INFO",
        "message": format!("order {order_id} answered"),
        "request_id": told[0]["request_id"].as_str().unwrap(),
        "order.id": order_id,
        "trade_no": created.text_of("merchantTradeNo"),
    });
    let [mut told] = <[Value; 1]>::try_from(told).unwrap();
    // What was measured, which `measured` looks at.
    for member in ["created", "binanceDone", "binanceMs", "stack", "_aws"] {
        assert!(told.as_object_mut().unwrap().remove(member).is_some());
    }
    assert_eq!(told, expected);
}

/// How often a member of this name stands in a line.
fn times(line: &str, name: &str) -> usize {
    line.matches(&format!(r#""{name}":"#)).count()
}

#[tokio::test]
async fn lines_of_the_usual_case_are_short() {
    let world = World::start().await;
    let log = Log::start();

    let created = world.create(&world.four_fields()).await;
    let trade_no = created.text_of("merchantTradeNo");
    let paying = world
        .sandbox
        .binance()
        .pay_and_wait(&trade_no, Play::default());
    paying.await.unwrap();
    world.get(&created.text_of("orderId"), &[]).await;
    world.reconcile_after(DAY).await;

    assert!(log.lines().len() > 5, "{}", log.text());
    for line in log.text().lines() {
        // The one line of an invocation has its metrics, too.
        let most = if line.contains("\"_aws\"") { 600 } else { 300 };
        assert!(line.len() <= most, "{} bytes: {line}", line.len());
    }
}

#[tokio::test]
async fn every_line_about_an_order_names_it_its_trade_number_and_the_invocation() {
    let world = World::start().await;
    let log = Log::start();
    let (binance, leadscalendar) = (world.sandbox.binance(), world.sandbox.leadscalendar());
    // A second number, whose checkout is then paid; told, and told again.
    binance.fault(On::Create, 1, Fault::LostAnswer);
    leadscalendar.mode(Mode::Down, Some(1));
    let created = world.create(&world.four_fields()).await;
    let order_id = created.text_of("orderId");
    let trade_no = created.text_of("merchantTradeNo");
    assert_eq!(trade_no, format!("{order_id}02"));
    let paying = binance.pay_and_wait(&trade_no, Play::default());
    paying.await.unwrap();
    let lines_of_requests = log.lines().len();
    world.reconcile_after(DAY).await;

    let text = log.text();
    let mut answered = Vec::new();
    for (index, (line, text)) in log.lines().iter().zip(text.lines()).enumerate() {
        let is_call = line["path"].is_string() && line["path"] != CERTIFICATES;
        if is_call || text.contains(&order_id) {
            assert_eq!(times(text, "order.id"), 1, "{text}");
            assert_eq!(times(text, "trade_no"), 1, "{text}");
            assert_eq!(line["order.id"], order_id, "{text}");
            let number = line["trade_no"].as_str().unwrap();
            assert!(number.starts_with(&order_id), "{text}");
        }
        if index < lines_of_requests {
            assert_eq!(times(text, "request_id"), 1, "{text}");
            let (_, rest) = text.split_once(r#""message":"#).unwrap();
            assert!(rest.contains(r#"","request_id":""#), "{text}");
        }
        if let ("Binance answered", Some(number)) =
            (line["message"].as_str().unwrap(), line["trade_no"].as_str())
        {
            answered.push(number.replace(&order_id, ""));
        }
    }
    assert_eq!(answered, ["02", "01", "02"], "{text}");
}
