//! The built programs started without a setting.

use std::process::Command;

use serde_json::Value;

use crate::cargo_lambda::bin;
use crate::world::{World, play};

#[test]
fn missing_setting_stops_every_function_with_its_name() {
    play(async |world: &World| {
        let settings = world.sandbox.settings(&world.url);
        for function in [
            "create-order",
            "binance-callback",
            "get-order",
            "close-order",
            "refund-order",
            "reconcile-orders",
        ] {
            for missing in [
                "ORDERS_TABLE",
                "CALLBACK_URL",
                "CALLBACK_HOSTS",
                "AWS_REGION",
            ] {
                let others = settings.iter().filter(|(name, _)| name != missing);
                let ended = Command::new(bin(function))
                    .env_clear()
                    .envs(others.map(|(name, value)| (name, value)))
                    .output()
                    .unwrap();
                assert_eq!(ended.status.code(), Some(1), "{function} without {missing}");
                let said = String::from_utf8_lossy(&ended.stdout);
                let line: Value = serde_json::from_str(&said).unwrap();
                let expected =
                    format!("the function does not start: setting {missing}: is missing");
                assert_eq!(line["message"], expected, "{function}: {said}");
                assert_eq!(line["level"], "ERROR", "{function}: {said}");
                assert!(ended.stderr.is_empty(), "{function}: {ended:?}");
                for secret in [
                    world.sandbox.app_api_key(),
                    &world.sandbox.credentials().api_secret,
                ] {
                    assert!(!said.contains(secret), "{function}: {said}");
                }
            }
        }
    });
}
