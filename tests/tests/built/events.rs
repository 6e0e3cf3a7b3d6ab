//! The sample events, given to the functions by `cargo lambda invoke` as the README shows it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sandbox::program::cargo_lambda;
use serde_json::{Value, json};

use crate::cargo_lambda::bin;
use crate::world::{World, play};

fn sample(name: &str) -> PathBuf {
    let events = Path::new(env!("CARGO_MANIFEST_DIR")).join("events");
    events.join(name)
}

/// What the command printed; it must have gone well.
fn output(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let said = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{said}");
    String::from_utf8(stdout).unwrap()
}

/// The function's answer.
fn invoke(world: &World, function: &str, event: &Path) -> Value {
    let mut invoke = Command::new("cargo");
    invoke
        .args(["lambda", "invoke", function, "--output-format", "json"])
        .args(["--invoke-address", "127.0.0.1", "--invoke-port"])
        .arg(world.port.to_string())
        .arg("--data-file")
        .arg(event)
        .env("PATH", cargo_lambda::path().unwrap());
    serde_json::from_str(&output(&mut invoke)).unwrap()
}

/// The status and the JSON body of an HTTP answer.
fn http(answer: &Value) -> (&Value, Value) {
    let body = answer["body"].as_str().unwrap();
    (&answer["statusCode"], serde_json::from_str(body).unwrap())
}

#[test]
fn sample_events_and_a_signed_one_play_an_order_to_its_payment() {
    play(async |world: &World| {
        let created = invoke(world, "create-order", &sample("create-order.json"));
        let (status, order) = http(&created);
        assert_eq!(*status, 201, "{order}");
        let trade_no = order["merchantTradeNo"].as_str().unwrap();

        let event = std::env::temp_dir().join(format!("{trade_no}.json"));
        std::fs::write(&event, signed(world, trade_no)).unwrap();
        let acknowledged = invoke(world, "binance-callback", &event);
        std::fs::remove_file(&event).unwrap();
        let (status, answer) = http(&acknowledged);
        assert_eq!(*status, 200, "{answer}");
        assert_eq!(
            answer,
            json!({"returnCode": "SUCCESS", "returnMessage": null})
        );
        let order_id = order["orderId"].as_str().unwrap();
        assert_eq!(world.item(order_id)["status"], "PAID");
    });
}

#[test]
fn sample_event_of_get_order_asks_for_an_order_that_is_not_there() {
    play(async |world: &World| {
        let answer = invoke(world, "get-order", &sample("get-order.json"));
        let (status, problem) = http(&answer);
        assert_eq!(
            (status, &problem["code"]),
            (&json!(404), &json!("ORDER_NOT_FOUND"))
        );
    });
}

#[test]
fn sample_event_of_reconcile_orders_is_the_schedule_s() {
    play(async |world: &World| {
        let summary = invoke(world, "reconcile-orders", &sample("reconcile-orders.json"));
        let names: Vec<&String> = summary.as_object().unwrap().keys().collect();
        let work = ["asked", "confirmed", "failed", "left", "settled"];
        let seen = ["exhausted", "oldestDueSec", "oldestUntoldSec", "untold"];
        let mut expected = [work.as_slice(), &seen].concat();
        expected.sort_unstable();
        assert_eq!(names, expected);
    });
}

/// What `sandbox event binance-callback` prints.
fn signed(world: &World, trade_no: &str) -> String {
    let binance = world.sandbox.binance().url();
    let (_, port) = binance.rsplit_once(':').unwrap();
    let mut sandbox = Command::new(bin("sandbox"));
    let arguments = [
        "event",
        "binance-callback",
        "--order",
        trade_no,
        "--binance-port",
        port,
    ];
    output(sandbox.args(arguments))
}
