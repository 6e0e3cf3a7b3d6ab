//! `ops/doctor.py` as `make doctor LOCAL=1` runs it, against the built functions and against a service that is not well.

use std::path::Path;
use std::process::Output;

use axum::http::{StatusCode, Uri};
use axum::{Json, Router};
use sandbox::program::cargo_lambda;
use sandbox::web::{self, Server};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::world::{World, play};

/// What it printed, and the code it left with.
async fn doctor(url: &str, more: &[&str]) -> (String, Option<i32>) {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ops/doctor.py");
    let doctor = Command::new("python3")
        .arg(program)
        .args(["--local", url])
        .args(more)
        .env("PATH", cargo_lambda::path().unwrap())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        // What is on this machine is called without it.
        .env("http_proxy", "http://127.0.0.1:9")
        .output();
    let Output {
        status,
        stdout,
        stderr,
    } = doctor.await.expect("python3 is installed");
    let [stdout, stderr] = [stdout, stderr].map(|text| String::from_utf8(text).unwrap());
    (format!("{stdout}{stderr}"), status.code())
}

/// The first two words of each line that has a colour: how it is, and what.
fn parts(printed: &str) -> Vec<(&str, &str)> {
    let lines = printed.lines().map(str::split_whitespace);
    let parts = lines.filter_map(|mut words| Some((words.next()?, words.next()?)));
    parts
        .filter(|(colour, _)| ["green", "red"].contains(colour))
        .collect()
}

#[test]
fn doctor_finds_the_service_green() {
    play(async |world: &World| {
        let (printed, code) = doctor(&world.url, &[]).await;

        let expected = [
            "secrets",
            "callerKeys",
            "binance",
            "clock",
            "table",
            "due",
            "untold",
            "reference",
            "callbackHost",
            "callbackHost",
            "OrderUrl",
            "CallbackUrl",
        ];
        assert_eq!(
            parts(&printed),
            expected.map(|part| ("green", part)),
            "{printed}"
        );
        assert!(printed.ends_with("\nAll is green.\n"), "{printed}");
        assert_eq!(code, Some(0));
    });
}

/// A service whose function answers `checked`, and whose API lets everybody in.
async fn unwell(checked: Value) -> Server {
    let answer = async move |uri: Uri| {
        let is_function = uri
            .path()
            .ends_with("/functions/reconcile-orders/invocations");
        let answer = if is_function { checked } else { json!({}) };
        (StatusCode::OK, Json(answer))
    };
    let listener = web::listen(0, "none").await.unwrap();
    Server::start(listener, Router::new().fallback(answer)).unwrap()
}

#[test]
fn doctor_shows_what_is_red_with_its_mend_and_fails() {
    play(async |_: &World| {
        let checks = json!([
            {"check": "table", "ok": true, "says": "it can be read"},
            {"check": "binance", "ok": false, "says": "no. To mend it: ask"},
        ]);
        let server = unwell(json!({"ok": false, "checks": checks})).await;

        let (printed, code) = doctor(&server.url(), &[]).await;

        let expected = [
            ("green", "table"),
            ("red", "binance"),
            ("red", "OrderUrl"),
            ("red", "CallbackUrl"),
        ];
        assert_eq!(parts(&printed), expected, "{printed}");
        assert!(printed.contains("no. To mend it: ask"), "{printed}");
        assert!(
            printed.contains("/orders answers 200. To mend it: "),
            "{printed}"
        );
        assert!(
            printed.ends_with("\n3 red: binance, OrderUrl, CallbackUrl.\n"),
            "{printed}"
        );
        assert_eq!(code, Some(1));
    });
}

#[test]
fn secret_that_was_never_filled_fails_no_deployment() {
    play(async |_: &World| {
        let red = |check: &str, unfilled: bool| json!({"check": check, "ok": false, "says": "no", "unfilled": unfilled});
        for (checks, code) in [
            (vec![red("secrets", true), red("binance", false)], 0),
            (vec![red("callerKeys", true)], 0),
            (vec![red("secrets", true), red("callerKeys", false)], 1),
            (vec![red("callerKeys", true), red("binance", false)], 1),
            (vec![red("secrets", true), red("table", false)], 1),
            (vec![red("table", false)], 1),
        ] {
            let server = unwell(json!({"ok": false, "checks": checks})).await;

            let (printed, left_with) = doctor(&server.url(), &["--check-only"]).await;

            assert_eq!(left_with, Some(code), "{printed}");
            let is_told = printed.contains(".venv/bin/python ops/secret.py ");
            assert_eq!(is_told, code == 0, "{printed}");
        }
    });
}

#[test]
fn doctor_says_when_there_is_nobody_or_an_older_version() {
    play(async |_: &World| {
        let (printed, code) = doctor("http://127.0.0.1:9", &[]).await;
        assert!(printed.contains("Is `make dev` running?"), "{printed}");
        assert_eq!(code, Some(1));

        let server = unwell(json!({"errorMessage": "the event has neither"})).await;
        let (printed, code) = doctor(&server.url(), &["--check-only"]).await;
        assert!(
            printed.contains("the function does not know the wish"),
            "{printed}"
        );
        assert!(printed.contains("the event has neither"), "{printed}");
        assert_eq!(code, Some(1));
    });
}
