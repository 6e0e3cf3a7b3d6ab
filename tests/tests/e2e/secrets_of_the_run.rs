//! `reconcile-orders` looks at both secrets, so that what is wrong with either is an alarm; and at its event's time.

use serde_json::json;

use crate::log::Log;
use crate::secrets_manager::{Content, SecretsManager, parts};

#[tokio::test]
async fn missing_caller_keys_are_an_alarm_and_keep_no_payment_from_being_found() {
    let secrets = Content::Text(parts().await.0.to_string());
    let manager = SecretsManager::with(vec![secrets], Content::NoValue).await;
    let world = manager.world().await;
    let log = Log::start();

    let ran = world.reconcile().await;

    assert_eq!(ran["failed"], 0);
    let lines = log.lines();
    let errors: Vec<_> = lines
        .iter()
        .filter(|line| line["level"] == "ERROR")
        .collect();
    assert_eq!(errors.len(), 1, "{lines:?}");
    let said = errors[0]["message"].as_str().unwrap();
    assert!(
        said.contains("CALLER_KEYS_ID: the secret cannot be read"),
        "{said}"
    );
    let secrets = &world.functions.reconcile_orders.app.secrets;
    assert!(secrets.secrets(0).await.is_ok());
}

#[tokio::test]
async fn event_from_the_future_is_for_the_sandbox_alone() {
    let manager = SecretsManager::start().await;
    let event = |minutes: i64| {
        let at_ms = sandbox::clock::now_ms() + minutes * 60_000;
        json!({"time": sandbox::clock::rfc3339(at_ms)})
    };
    let world = manager.world_abroad().await;
    for minutes in [-60, 0, 4] {
        let ran = world.functions.reconcile(event(minutes)).await;
        assert!(ran.is_ok(), "{minutes}: {ran:?}");
    }
    let said = world.functions.reconcile(event(6)).await.unwrap_err();
    assert!(
        said.contains("more than five minutes ahead of the clock"),
        "{said}"
    );

    let world = manager.world().await;
    assert!(world.functions.reconcile(event(60)).await.is_ok());
}
