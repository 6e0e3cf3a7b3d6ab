//! The schedule's event, as EventBridge sends it.

use sandbox::binance::Play;
use sandbox::clock;
use serde_json::json;

use crate::world::{World, play};

/// A pending order is asked about after two minutes.
const THREE_MINUTES_MS: i64 = 3 * 60 * 1000;

#[test]
fn payment_whose_notification_never_came_is_found_by_the_schedule() {
    play(async |world: &World| {
        let (order_id, trade_no) = world.open().await;
        let silently = Play::in_silence();
        world.sandbox.binance().pay(&trade_no, silently).unwrap();

        let mut event = world.sandbox.scheduled_event();
        event["time"] = json!(clock::rfc3339(clock::now_ms() + THREE_MINUTES_MS));
        let ran = world.invoke("reconcile-orders", &event).await;

        assert_eq!(ran.status, 200, "{}", ran.text);
        let summary = ran.json();
        assert!(summary["settled"].as_u64().unwrap() > 0, "{summary}");
        assert_eq!(summary["left"], 0, "{summary}");
        assert_eq!(world.item(&order_id)["status"], "PAID");
        let confirmations = world.sandbox.leadscalendar().confirmations();
        let told = confirmations
            .iter()
            .any(|one| one.accepted && one.body["data"]["orderId"] == order_id.as_str());
        assert!(told, "{confirmations:?}");
    });
}
