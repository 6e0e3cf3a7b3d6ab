//! Starts that fail: the process ends, and says why in one line that an alarm can read.

use sandbox::lambda::{Function, NotStarted};
use serde_json::Value;

use crate::world::{World, program};

#[tokio::test(flavor = "multi_thread")]
async fn setting_that_is_missing_or_malformed_ends_the_start_with_one_error_that_names_it() {
    let world = World::new().await;
    let secrets: Vec<&str> = vec![
        world.sandbox.app_api_key(),
        &world.sandbox.credentials().api_secret,
    ];
    for function in [
        "create-order",
        "get-order",
        "close-order",
        "refund-order",
        "binance-callback",
        "reconcile-orders",
    ] {
        for (setting, value) in [
            ("ORDERS_TABLE", ""),
            ("CALLBACK_URL", ""),
            ("CALLBACK_HOSTS", "https://app.example.com"),
        ] {
            let mut settings = world.settings.clone();
            settings.push((setting.to_owned(), value.to_owned()));
            let started = Function::start(&program(function), &settings)
                .await
                .unwrap();

            let ended = started.initialised().await;

            let log = started.log();
            let Err(NotStarted::Ended(status)) = ended else {
                panic!("{function} without {setting}: {ended:?}");
            };
            assert!(!status.success(), "{function} without {setting}: {status}");
            let [line] = &log[..] else {
                panic!("{function} without {setting}: {log:?}");
            };
            let said: Value = serde_json::from_str(line).expect(line);
            assert_eq!(said["level"], "ERROR", "{function}: {line}");
            assert!(line.contains(setting), "{function}: {line}");
            assert!(
                !secrets.iter().any(|secret| line.contains(secret)),
                "{line}"
            );
        }
    }
}
