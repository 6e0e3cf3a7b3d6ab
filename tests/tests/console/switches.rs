//! The pages that steer and judge: a switch does what the admin API does, and says what came of it.

use sandbox::leadscalendar::Mode;
use serde_json::json;

use crate::world::{World, text};

#[tokio::test]
async fn a_fault_is_added_shown_and_cleared() {
    let world = World::start().await;
    let fault = [
        ("fault", "slow"),
        ("ms", "5"),
        ("on", "create"),
        ("times", "2"),
        ("always", "on"),
    ];
    let page = world.press("/console/misbehave/faults", &fault).await;
    let waits = json!([{"on": "create", "times": null, "fault": "slow", "ms": 5}]);
    assert_eq!(world.json("/sandbox/faults").await, waits);
    assert!(page.contains("&quot;slow&quot;"), "{page}");
    for _ in 0..2 {
        world.create("A slot").await;
    }
    assert_eq!(world.json("/sandbox/faults").await, waits);

    let page = world.press("/console/misbehave/clear-faults", &fault).await;

    assert_eq!(world.json("/sandbox/faults").await, json!([]));
    assert!(page.contains("Nothing waits."), "{page}");
}

#[tokio::test]
async fn a_switch_that_cannot_be_turned_says_why() {
    let world = World::start().await;
    let page = world
        .press(
            "/console/misbehave/faults",
            &[("fault", "slow"), ("on", "any")],
        )
        .await;
    assert!(page.contains("Not done: missing field `ms`"), "{page}");
    let page = world
        .press("/console/misbehave/bends", &[("json", "{")])
        .await;
    assert!(page.contains("Not done: "), "{page}");
    let page = world.press("/console/misbehave/else", &[]).await;
    assert!(page.contains("There is no switch else."), "{page}");
}

#[tokio::test]
async fn leadscalendar_the_table_the_time_and_the_certificate_are_steered() {
    let world = World::start().await;
    let down = [("mode", "down"), ("times", "2")];
    world.press("/console/misbehave/leadscalendar", &down).await;
    assert_eq!(
        world.json("/sandbox/mode").await,
        json!({"mode": "down", "times": 2})
    );
    world
        .press(
            "/console/misbehave/table",
            &[("fault", "throttled"), ("operation", "Query")],
        )
        .await;
    let waits = json!([{"operation": "Query", "times": 1, "fault": "throttled"}]);
    assert_eq!(world.json("/sandbox/dynamodb/faults").await, waits);
    world
        .press("/console/misbehave/time", &[("by", "1h")])
        .await;
    assert_eq!(world.json("/sandbox/clock").await["offsetMs"], 3_600_000);
    let page = world
        .press("/console/misbehave/certificates", &[("keepOld", "false")])
        .await;
    assert!(page.contains(r#"<p class="good">Done.</p>"#), "{page}");
    world
        .press(
            "/console/misbehave/behaviour",
            &[("json", r#"{"bizIdStr":false}"#)],
        )
        .await;
    assert_eq!(world.json("/sandbox/behaviour").await["bizIdStr"], false);
    let page = world.page("/console/misbehave").await;
    assert!(
        page.contains("<strong>down</strong> for the next 2"),
        "{page}"
    );
}

#[tokio::test]
async fn a_payment_is_told_twice() {
    let world = World::start().await;
    let order = world.create("A slot").await;
    let twice = [
        ("tradeNo", text(&order["merchantTradeNo"])),
        ("times", "2"),
        ("notify", "true"),
    ];
    world.press("/console/misbehave/payment", &twice).await;
    world.until_confirmed(text(&order["orderId"])).await;
    world
        .until("the second notification", |world| {
            world.sandbox.binance().deliveries().len() == 2
        })
        .await;
    assert_eq!(world.sandbox.leadscalendar().confirmations().len(), 1);
}

#[tokio::test]
async fn a_forged_notification_shows_the_step_at_which_it_is_refused() {
    let world = World::start().await;
    let order = world.create("A slot").await;
    let trade_no = text(&order["merchantTradeNo"]);
    for (signature, step, why) in [
        (
            "forged",
            "signature",
            "altered after signing, or another key signed",
        ),
        ("unknownSerial", "certificate", "there is no certificate"),
        ("missing", "headers", "neither a header"),
    ] {
        let fields = [("signature", signature), ("merchantTradeNo", trade_no)];
        let page = world.press("/console/misbehave/forge", &fields).await;
        assert!(
            page.contains("It was refused with 40"),
            "{signature}: {page}"
        );
        assert!(
            page.contains(&format!("The step <strong>{step}</strong> fails: ")),
            "{signature}: {page}"
        );
        assert!(page.contains(why), "{signature}: {page}");
    }
    let foreign = [("tradeNo", trade_no), ("event", "pay")];
    let page = world.press("/console/misbehave/stranger", &foreign).await;
    assert!(page.contains("signature: passed"), "{page}");
    assert_eq!(world.orders()[0]["status"], "PENDING");
}

#[tokio::test]
async fn a_message_is_verified_by_hand() {
    let world = World::start().await;
    world.sandbox.leadscalendar().mode(Mode::Up, None);
    let order = world.create("A slot").await;
    world.pay(&order).await;
    let entry = world.json("/sandbox/journal?kind=notification").await[0].clone();
    let filled = world
        .page(&format!("/console/verify?entry={}", entry["seq"]))
        .await;
    assert!(
        filled.contains(text(&entry["raw"]["headers"]["BinancePay-Nonce"])),
        "{filled}"
    );

    let headers = entry["raw"]["headers"].to_string();
    let body = text(&entry["raw"]["body"]);
    let page = world
        .press("/console/verify", &[("headers", &*headers), ("body", body)])
        .await;
    assert!(page.contains("It verifies."), "{page}");
    let altered = body.replace("PAY_SUCCESS", "PAY_CLOSED");
    let page = world
        .press(
            "/console/verify",
            &[("headers", &*headers), ("body", &*altered)],
        )
        .await;
    assert!(page.contains("It does not verify."), "{page}");
    assert!(
        page.contains(r#"<strong class="bad">signature: fails</strong>"#),
        "{page}"
    );
    let page = world
        .press("/console/verify", &[("headers", "x"), ("body", "")])
        .await;
    assert!(page.contains("has no colon"), "{page}");
}
