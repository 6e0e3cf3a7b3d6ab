//! EventBridge's part: invokes reconcile-orders by its schedule.

use std::time::Duration;

use serde_json::{Value, json};

use super::Gateway;
use crate::{clock, dynamodb, random};

/// How often the time is looked at, to see that it was moved.
const LOOK: Duration = Duration::from_millis(100);
/// What the clock of the sandbox may gain on the real one between two looks without having been moved, in milliseconds.
const MOVED_MS: i64 = 1_000;

/// The event with which EventBridge invokes reconcile-orders at this time.
pub(crate) fn scheduled_event(now_ms: i64) -> Value {
    let region = dynamodb::REGION;
    json!({
        "version": "0",
        "id": random::uuid(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": clock::rfc3339(now_ms),
        "region": region,
        "resources": [format!("arn:aws:events:{region}:000000000000:rule/reconcile-orders")],
        "detail": {},
    })
}

impl Gateway {
    /// Invokes reconcile-orders each time that `every` has passed, and at once when the sandbox's time is moved; never ends.
    /// `failed` is told what did not work.
    pub async fn keep_schedule(&self, every: Duration, failed: impl Fn(&str)) {
        loop {
            if let Err(problem) = self.run_schedule().await {
                failed(&problem);
            }
            let moved = async {
                let began_ms = self.ahead_ms();
                while self.ahead_ms() - began_ms < MOVED_MS {
                    tokio::time::sleep(LOOK).await;
                }
            };
            let _ = tokio::time::timeout(every, moved).await;
        }
    }

    /// Invokes reconcile-orders as its schedule does.
    pub(crate) async fn run_schedule(&self) -> Result<Value, String> {
        let event = scheduled_event((self.api.play.clock)());
        self.invoke_reconcile(event).await
    }

    /// Has reconcile-orders do what an operator wishes for an order, at the sandbox's time.
    pub(crate) async fn wish(&self, wish: &str, order_id: &str) -> Result<Value, String> {
        let time = clock::rfc3339((self.api.play.clock)());
        let event = json!({wish: order_id, "time": time});
        self.invoke_reconcile(event).await
    }

    /// How far the sandbox's time is ahead of the real one, in milliseconds.
    fn ahead_ms(&self) -> i64 {
        (self.api.play.clock)() - clock::now_ms()
    }
}
