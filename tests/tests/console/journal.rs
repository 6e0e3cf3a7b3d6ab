//! The journal: each call, notification and write with its raw content, over HTTP and live.

use std::time::Duration;

use sandbox::binance::{Fault, On};
use sandbox::dynamodb::StoreFault;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::world::{World, text};

async fn entries(world: &World, query: &str) -> Vec<Value> {
    let entries = world.json(&format!("/sandbox/journal?{query}")).await;
    entries.as_array().unwrap().clone()
}

#[tokio::test]
async fn a_call_is_written_down_with_the_bytes_that_were_signed_and_with_its_answer() {
    let world = World::start().await;
    let order = world.create("A slot").await;

    let calls = entries(&world, "kind=call").await;

    let [call, answer] = &calls[..] else {
        panic!("{calls:#?}");
    };
    assert_eq!(
        json!([call["from"], call["to"], call["title"], call["ok"]]),
        json!(["functions", "binance", "/binancepay/openapi/v3/order", null])
    );
    assert_eq!(call["orderId"], order["orderId"]);
    let raw = &call["raw"];
    assert_eq!(raw["verdict"], "taken");
    let header = |name: &str| text(&raw["headers"][name]);
    assert_eq!(
        text(&raw["signed"]),
        format!(
            "{}\n{}\n{}\n",
            header("binancepay-timestamp"),
            header("binancepay-nonce"),
            text(&raw["body"])
        )
    );
    assert_eq!(header("binancepay-certificate-sn"), "sand…");
    let sent: Value = serde_json::from_str(text(&raw["body"])).unwrap();
    assert_eq!(sent["merchantTradeNo"], order["merchantTradeNo"]);
    assert_eq!(
        json!([answer["from"], answer["title"], answer["ok"]]),
        json!(["binance", "200, 000000", true])
    );
    assert!(text(&answer["raw"]["body"]).contains(text(&order["prepayId"])));
}

#[tokio::test]
async fn a_call_that_got_no_answer_says_so() {
    let world = World::start().await;
    world
        .sandbox
        .binance()
        .fault(On::Create, 1, Fault::LostAnswer);
    let order = world.create("A slot").await;

    let calls = entries(
        &world,
        &format!("kind=call&order={}", text(&order["orderId"])),
    )
    .await;

    let lost = calls.iter().find(|call| call["title"] == "no answer");
    let lost = lost.unwrap_or_else(|| panic!("{calls:#?}"));
    assert_eq!(lost["ok"], false);
    assert_eq!(lost["raw"]["fault"]["fault"], "lostAnswer");
    assert_eq!(lost["raw"]["body"], Value::Null);
}

#[tokio::test]
async fn a_notification_is_written_down_with_its_headers_and_its_answer() {
    let world = World::start().await;
    let order = world.create("A slot").await;
    world.pay(&order).await;

    let notifications = entries(&world, "kind=notification").await;

    let [sent, answer] = &notifications[..] else {
        panic!("{notifications:#?}");
    };
    assert_eq!(
        json!([sent["from"], sent["to"], sent["title"], sent["orderId"]]),
        json!(["binance", "functions", "PAY_SUCCESS", order["orderId"]])
    );
    assert!(text(&sent["raw"]["headers"]["BinancePay-Signature"]).len() > 100);
    assert!(text(&sent["raw"]["body"]).contains(text(&order["merchantTradeNo"])));
    assert_eq!(
        json!([answer["title"], answer["ok"]]),
        json!(["200, acknowledged", true])
    );
    assert_eq!(
        answer["raw"]["body"],
        r#"{"returnCode":"SUCCESS","returnMessage":null}"#
    );
}

#[tokio::test]
async fn a_write_is_written_down_with_its_version_its_condition_and_its_end() {
    let world = World::start().await;
    let put = Some("PutItem");
    let dynamodb = world.sandbox.dynamodb();
    let order = world.create("A slot").await;
    dynamodb.fault(put, 1, StoreFault::Throttled);
    world.pay(&order).await;

    let query = format!("kind=write&order={}", text(&order["orderId"]));
    let writes = entries(&world, &query).await;

    let told = |write: &Value| json!([write["raw"]["version"], write["raw"]["outcome"]]);
    let told: Vec<Value> = writes.iter().map(told).collect();
    assert_eq!(
        told[..4],
        [
            json!([1, "taken"]),
            json!([2, "taken"]),
            json!([3, "refused: ThrottlingException"]),
            json!([3, "taken"]),
        ],
        "{told:?}"
    );
    assert_eq!(writes[2]["ok"], false);
    assert_eq!(writes[2]["raw"]["fault"], json!({"fault": "throttled"}));
    assert_eq!(writes[3]["raw"]["item"]["status"], "PAID");
    assert!(text(&writes[3]["raw"]["condition"]).contains("version"));
}

#[tokio::test]
async fn what_passes_is_heard_within_a_second_and_what_was_missed_is_made_up_for() {
    let world = World::start().await;
    let mut live = world.get("/sandbox/journal/live").send().await.unwrap();
    assert_eq!(live.headers()["content-type"], "text/event-stream");

    let order = world.create("A slot").await;

    let heard = timeout(Duration::from_secs(1), live.chunk()).await;
    let heard = heard.expect("nothing was heard").unwrap().unwrap();
    let heard = String::from_utf8(heard.to_vec()).unwrap();
    let (id, data) = heard.split_once("\ndata: ").unwrap();
    assert_eq!(id, "id: 1");
    let entry: Value = serde_json::from_str(data.lines().next().unwrap()).unwrap();
    // Only its answer tells which order it made.
    let mut written = entries(&world, "").await[0].clone();
    assert_eq!(written["orderId"].take(), order["orderId"]);
    assert_eq!(entry, written);
    drop(live);

    world.pay(&order).await;
    let again = world
        .get("/sandbox/journal/live")
        .header("last-event-id", "2");
    let mut live = again.send().await.unwrap();
    let heard = timeout(Duration::from_secs(1), live.chunk()).await;
    let heard = heard.expect("nothing was heard").unwrap().unwrap();
    assert!(heard.starts_with(b"id: 3\n"), "{heard:?}");
}

#[tokio::test]
async fn wrong_query_is_refused_by_the_name_of_the_field() {
    let world = World::start().await;
    for (query, refused) in [
        ("journal?since=x", "since: invalid digit found in string"),
        (
            "journal?kind=calls",
            "kind: unknown variant `calls`, expected one of `api`, `call`, `notification`, `confirmation`, `write`, `log`",
        ),
        (
            "journal?orderId=7",
            "unknown field `orderId`, expected one of `since`, `kind`, `order`",
        ),
        (
            "journal/live?since=-1",
            "since: invalid digit found in string",
        ),
        (
            "journal/live?kind=call",
            "unknown field `kind`, expected `since`",
        ),
    ] {
        let answer = world
            .get(&format!("/sandbox/{query}"))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 400, "{query}");
        let said: Value = answer.json().await.unwrap();
        let words = said["error"].as_str().unwrap();
        assert!(words.ends_with(refused), "{query}: {words}");
    }
}

#[tokio::test]
async fn no_secret_is_in_the_journal() {
    let world = World::start().await;
    let order = world.create("A slot").await;
    world.pay(&order).await;

    let journal = world.json("/sandbox/journal").await.to_string();

    assert!(journal.contains(text(&order["orderId"])));
    for secret in world.secrets() {
        assert!(!journal.contains(&secret), "{secret}");
    }
}
