//! `GET /orders?reference=R`: the orders to which LeadsCalendar gave this reference, the newest first. The index that finds
//! them lags behind the table at AWS (the engine here does not), so an order made less than 5 s ago may be missing there.

use reqwest::Url;
use sandbox::binance::Play;
use serde_json::{Value, json};

use crate::problem::{ours, problem};
use crate::signed::pay_as;
use crate::world::{Answer, World};

const RULE: &str = "reference must be given once, 1 to 64 characters long and in UTF-8";

impl World {
    /// An order with a reference; its view.
    pub async fn named(&self, reference: &str) -> Value {
        let mut fields = self.four_fields();
        fields["reference"] = json!(reference);
        let created = self.create(&fields).await;
        assert_eq!(created.status, 201, "{}", created.text);
        created.json()
    }

    pub async fn find(&self, query: &str) -> Answer {
        let key = ("x-mbx-apikey", self.sandbox.app_api_key());
        self.send("GET", &format!("/orders{query}"), &[key], "")
            .await
    }

    /// What is found by `reference`, as `URLSearchParams` and Python's `requests` write it.
    pub async fn found(&self, reference: &str) -> Value {
        let url = Url::parse_with_params("http://localhost/orders", [("reference", reference)]);
        let query = format!("?{}", url.unwrap().query().unwrap());
        let answer = self.find(&query).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }
}

/// Every byte escaped, in capitals or not.
fn escaped(text: &str, is_upper: bool) -> String {
    let escape = |byte: u8| {
        if is_upper {
            format!("%{byte:02X}")
        } else {
            format!("%{byte:02x}")
        }
    };
    text.bytes().map(escape).collect()
}

/// The ids of what was found, in its order.
pub fn ids(found: &Value) -> Vec<&str> {
    let orders = found["orders"].as_array().unwrap().iter();
    orders
        .map(|order| order["orderId"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn orders_are_found_by_their_reference_as_they_stand_the_newest_first() {
    let world = World::start().await;
    let first = world.named("booking-7").await;
    let second = world.named("booking-7").await;
    world.named("booking-8").await;
    let trade_no = first["merchantTradeNo"].as_str().unwrap();
    pay_as(&world, trade_no, Play::default()).await;

    let answer = world.find("?reference=booking-7").await;

    assert_eq!(
        (
            answer.status,
            answer.header("content-type"),
            answer.header("cache-control")
        ),
        (200, Some("application/json"), Some("no-store"))
    );
    // As GET shows the one, without what only that has.
    let mut paid = world.shown(first["orderId"].as_str().unwrap()).await;
    assert_eq!(paid["status"], "PAID");
    for own in ["history", "confirmation"] {
        paid.as_object_mut().unwrap().remove(own).unwrap();
    }
    assert_eq!(
        answer.json(),
        json!({"orders": [second, paid], "more": false})
    );
}

#[tokio::test]
async fn of_more_than_twenty_orders_the_newest_are_shown_and_that_there_are_more() {
    let world = World::start().await;
    let mut made = Vec::new();
    for number in 1..=25 {
        made.push(world.named("r").await["orderId"].clone());
        // Two orders of one millisecond have no order among them.
        let created_at = || sandbox::clock::now_ms();
        let at_ms = created_at();
        world
            .until("the next millisecond", |_| created_at() > at_ms)
            .await;

        let found = world.found("r").await;
        let newest: Vec<_> = made.iter().rev().take(20).collect();
        assert_eq!(ids(&found), newest, "{number}");
        assert_eq!(found["more"], number > 20, "{number}");
    }
}

#[tokio::test]
async fn whatever_a_reference_is_made_of_finds_its_order() {
    let world = World::start().await;
    let longest = "\u{1f389}".repeat(64);
    let references = [
        "a&b",
        "a=b",
        "&reference=x",
        "100%",
        "%41",
        "a+b",
        "a b",
        " a ",
        "ü",
        "u\u{308}",
        "Größe 7 €",
        "👩‍👩‍👧 table",
        "a;b,c",
        "[\"x\"]{}|\\^`<>#?/'",
        "null",
        "\u{fffd}",
        longest.as_str(),
    ];
    let mut made = Vec::new();
    for reference in references {
        made.push(world.named(reference).await["orderId"].clone());
    }
    for (reference, id) in references.iter().zip(&made) {
        assert_eq!(ids(&world.found(reference).await), [id], "{reference}");
        for is_upper in [true, false] {
            let query = format!("?reference={}", escaped(reference, is_upper));
            let found = world.find(&query).await.json();
            assert_eq!(ids(&found), [id], "{query}");
        }
    }
    // As a careless person writes it.
    for (query, index) in [("?reference=a=b", 1), ("?&reference=100%&", 3)] {
        assert_eq!(ids(&world.find(query).await.json()), [&made[index]]);
    }
}

#[tokio::test]
async fn references_that_differ_in_case_or_in_a_blank_are_two() {
    let world = World::start().await;
    let mut made = Vec::new();
    for reference in ["Lead-1", "lead-1", "lead-1 "] {
        made.push((reference, world.named(reference).await["orderId"].clone()));
    }
    for (reference, id) in &made {
        assert_eq!(ids(&world.found(reference).await), [id], "{reference:?}");
    }
}

#[tokio::test]
async fn order_without_a_reference_is_never_found() {
    let world = World::start().await;
    let mut fields = world.four_fields();
    let silent = world.create(&fields).await.text_of("orderId");
    fields["reference"] = Value::Null;
    let null = world.create(&fields).await.text_of("orderId");

    for id in [&silent, &null] {
        assert_eq!(world.item(id).get("reference"), None);
    }
    for reference in ["null", "None", "undefined", " ", &silent] {
        let nobody = json!({"orders": [], "more": false});
        assert_eq!(world.found(reference).await, nobody, "{reference}");
    }
    // Nothing is read for what the index does not have.
    let calls = world.sandbox.dynamodb().calls();
    assert!(calls.iter().all(|call| call.operation != "BatchGetItem"));
}

#[tokio::test]
async fn reference_that_breaks_its_rule_and_parameters_that_there_are_not_are_named() {
    let world = World::start().await;
    world.named("a").await;
    let long = format!("?reference={}", "x".repeat(65));
    let unknown = |name: &str| format!("{name} is not a parameter of this query");
    for (query, detail) in [
        ("", RULE.to_owned()),
        ("?", RULE.to_owned()),
        ("?reference", RULE.to_owned()),
        ("?reference=", RULE.to_owned()),
        ("?reference=a&reference=a", RULE.to_owned()),
        ("?reference=%ff", RULE.to_owned()),
        (&long, RULE.to_owned()),
        ("?refrence=a", format!("{RULE}; {}", unknown("refrence"))),
        ("?reference=a&limit=5", unknown("limit")),
        ("?reference=a&%3Cb%3E", unknown("<b>")),
    ] {
        let answer = world.find(query).await;
        assert_eq!(
            problem(&answer, 400),
            ours("INVALID_REQUEST", &detail),
            "{query}"
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn nothing_is_found_for_who_has_no_key() {
    let world = World::start().await;
    world.named("a").await;
    let calls = world.sandbox.dynamodb().calls().len();
    for key in [None, Some("wrong"), Some("")] {
        let headers: Vec<_> = key.map(|key| ("x-mbx-apikey", key)).into_iter().collect();
        // Who is unknown is not told what else is wrong.
        for path in ["/orders?reference=a", "/orders"] {
            let answer = world.send("GET", path, &headers, "").await;
            assert_eq!(
                (answer.status, answer.text_of("code")),
                (401, "INVALID_API_KEY".to_owned())
            );
        }
    }
    assert_eq!(world.sandbox.dynamodb().calls().len(), calls);
}

#[tokio::test]
async fn orders_are_found_behind_a_named_stage_too() {
    let world = World::start().await;
    let order = world.named("a b").await;
    let event = include_str!("../../events/get-order-behind-a-stage.json");
    let mut event: Value = serde_json::from_str(event).unwrap();
    event["rawPath"] = json!("/prod/orders");
    event.as_object_mut().unwrap().remove("pathParameters");
    for (query, expected) in [
        (json!("reference=a+b"), 200),
        (json!("\u{7f}"), 400),
        (json!(7), 400),
    ] {
        event["rawQueryString"] = query.clone();
        let event = world.functions.request_of(&event);
        let answer = world.functions.get_order.handle(event).await;
        assert_eq!(answer.status().as_u16(), expected, "{query}");
        let body: Value = serde_json::from_slice(answer.body().as_ref()).unwrap();
        if expected == 200 {
            assert_eq!(body, json!({"orders": [order], "more": false}));
        }
    }
}
