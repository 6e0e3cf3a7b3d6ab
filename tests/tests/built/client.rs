//! A plain Python script with `requests`, as LeadsCalendar might run it.

use std::path::Path;
use std::process::{Command, Output};

use sandbox::program::cargo_lambda;
use serde_json::Value;

use crate::world::{World, play};

/// What the script printed, and the code it left with.
fn script(world: &World, key: &str, price: &str) -> (String, Option<i32>) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/leadscalendar.py");
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new("python3")
        .arg(script)
        .args([
            &world.url,
            key,
            price,
            &world.sandbox.leadscalendar().callback_url(),
        ])
        .env("PATH", cargo_lambda::path().unwrap())
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .expect("python3 is installed");
    let stderr = String::from_utf8_lossy(&stderr);
    assert!(
        !stderr.contains("No module named"),
        "`make test` installs what the script needs: {stderr}"
    );
    let printed = format!("{}{stderr}", String::from_utf8_lossy(&stdout));
    (printed, status.code())
}

#[test]
fn plain_python_script_gets_an_order() {
    play(async |world: &World| {
        let (printed, code) = script(world, world.sandbox.app_api_key(), "1.00");
        assert_eq!(code, Some(0), "{printed}");
        let order: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(order["status"], "PENDING");
        assert_eq!(order["price"], "1.00");
        let order_id = order["orderId"].as_str().unwrap();
        assert_eq!(world.item(order_id)["status"], "PENDING");
    });
}

#[test]
fn plain_python_script_reads_why_its_key_is_refused() {
    play(async |world: &World| {
        let (printed, code) = script(world, "wrong", "1.00");
        assert_eq!(code, Some(1), "{printed}");
        let (first, second) = printed.split_once('\n').unwrap();
        assert!(
            first.starts_with("Error creating order: INVALID_API_KEY - "),
            "{first}"
        );
        assert!(second.starts_with("Recommendation: Check"), "{second}");
    });
}

#[test]
fn plain_python_script_reads_which_field_is_missing() {
    play(async |world: &World| {
        let (printed, code) = script(world, world.sandbox.app_api_key(), "-");
        assert_eq!(code, Some(1), "{printed}");
        let (first, second) = printed.split_once('\n').unwrap();
        assert!(first.starts_with("Error creating order: "), "{first}");
        assert!(first.contains("price"), "{first}");
        assert!(second.starts_with("Recommendation: Read"), "{second}");
    });
}
