//! `sandbox conformance`, as an operator runs it: what it asks first, what it prints, and its exit status.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use sandbox::{random, web};
use serde_json::{Value, json};

use super::{Up, output, sandbox};

/// The simulator's credentials, as `secrets.json` has them.
fn secrets() -> Value {
    let padded = |word: &str| word.chars().cycle().take(64).collect::<String>();
    json!({
        "binanceApiKey": padded("sandboxkey"),
        "binanceApiSecret": padded("sandboxsecret"),
        "webhookSecrets": [sandbox::sandbox::webhook_secret("first")],
    })
}

/// A file that is there for as long as a test.
struct File(PathBuf);

impl File {
    fn of(content: &Value) -> Self {
        let file = std::env::temp_dir().join(format!("secrets-{}.json", random::hex(16)));
        std::fs::write(&file, content.to_string()).unwrap();
        Self(file)
    }

    fn name(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The program, asking the running simulator.
fn asking(up: &Up, secrets: &File, more: &[&str]) -> Command {
    let url = up.addresses["console"].as_str().unwrap();
    let arguments = ["conformance", "--binance", url, "--secrets", secrets.name()];
    let mut command = sandbox(&[&arguments, more].concat());
    command
        .env_remove("SECRETS")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn answered(mut child: Child, answer: &str) -> Output {
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(answer.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

/// The lines of both outputs, in which no secret is.
fn said(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr].concat();
    let said = String::from_utf8(both).unwrap();
    for name in ["binanceApiKey", "binanceApiSecret"] {
        assert!(!said.contains(secrets()[name].as_str().unwrap()), "{said}");
    }
    said
}

async fn list(up: &Up, what: &str) -> Vec<Value> {
    let url = format!(
        "{}/sandbox/{what}",
        up.addresses["console"].as_str().unwrap()
    );
    let client = web::client(Duration::from_secs(5), false);
    client.get(url).send().await.unwrap().json().await.unwrap()
}

async fn steer(up: &Up, path: &str, body: &Value) {
    let url = format!(
        "{}/sandbox/{path}",
        up.addresses["console"].as_str().unwrap()
    );
    let client = web::client(Duration::from_secs(5), false);
    let answer = client.post(url).json(body).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
}

#[test]
fn simulator_needs_no_key_and_no_question_and_differs_in_nothing() {
    let ran = output(&["conformance", "--simulator", "--json"]);
    let document: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(ran.status.code(), Some(0), "{document}");
    assert_eq!(document["differs"], 0);
    let verdicts = document["rows"].as_array().unwrap().iter();
    assert!(verdicts.clone().count() > 90);
    let is_seen = |row: &Value| row["verdict"] == "same" || row["verdict"] == "open";
    assert!(verdicts.clone().all(is_seen), "{document}");
    assert!(said(&ran).contains("waiting for a notification"));
}

#[tokio::test]
async fn it_asks_before_it_begins_and_makes_nothing_without_a_yes() {
    let (up, file) = (Up::start(&[]), File::of(&secrets()));
    let calls = list(&up, "calls").await.len();
    for answer in ["n\n", "\n", "", "yesterday\n"] {
        let ran = answered(asking(&up, &file, &[]).spawn().unwrap(), answer);
        let said = said(&ran);
        assert_eq!(ran.status.code(), Some(2), "{said}");
        for word in [
            "[y/N]",
            "at most 32 orders",
            "costs nothing",
            "Nothing was asked",
        ] {
            assert!(said.contains(word), "{said}");
        }
    }
    // The functions have made theirs at the start.
    assert_eq!(list(&up, "calls").await.len(), calls);

    let ran = answered(asking(&up, &file, &[]).spawn().unwrap(), "y\n");
    let said = said(&ran);
    assert_eq!(ran.status.code(), Some(0), "{said}");
    assert!(said.contains("4 not seen, 0 different."), "{said}");
    assert!(said.contains("needs --webhook-url"), "{said}");
}

#[tokio::test]
async fn what_differs_is_said_loudly_and_by_the_exit_status() {
    let (up, file) = (Up::start(&[]), File::of(&secrets()));
    steer(&up, "behaviour", &json!({"closeAgainCode": "400201"})).await;

    let ran = answered(asking(&up, &file, &["--yes"]).spawn().unwrap(), "");

    let said = said(&ran);
    assert_eq!(ran.status.code(), Some(1), "{said}");
    let loud =
        "DIFFERS: close of a closed order (close.again)\n  believed  400204 or 400202, by: nobody";
    assert!(said.contains(loud), "{said}");
    assert!(!said.contains("[y/N]"), "{said}");
}

#[tokio::test]
async fn bad_key_ends_it_before_anything_is_made() {
    let mut wrong = secrets();
    wrong["binanceApiSecret"] = json!("0".repeat(64));
    let (up, file) = (Up::start(&[]), File::of(&wrong));

    let ran = answered(asking(&up, &file, &["--yes"]).spawn().unwrap(), "");

    let said = said(&ran);
    assert_eq!(ran.status.code(), Some(1), "{said}");
    assert!(
        said.contains("nothing was made. Look at the signature"),
        "{said}"
    );
    let calls = list(&up, "calls").await;
    let turned_away = calls.iter().filter(|call| call["verdict"] == "turned away");
    assert_eq!(turned_away.count(), 1, "{calls:?}");
    assert!(list(&up, "orders").await.is_empty());
}

#[tokio::test]
async fn who_interrupts_it_leaves_no_order_open() {
    let (up, file) = (Up::start(&[]), File::of(&secrets()));
    let slow = json!({"on": "query", "fault": "slow", "ms": 4000});
    steer(&up, "faults", &slow).await;
    let child = asking(&up, &file, &["--yes"]).spawn().unwrap();
    for _ in 0..400 {
        if !list(&up, "orders").await.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }

    let pid = child.id().to_string();
    Command::new("kill").args(["-INT", &pid]).status().unwrap();
    let ran = answered(child, "");

    let said = said(&ran);
    assert_eq!(ran.status.code(), Some(1), "{said}");
    assert!(said.ends_with("sandbox: interrupted\n"), "{said}");
    let orders = list(&up, "orders").await;
    let statuses: Vec<&Value> = orders.iter().map(|order| &order["status"]).collect();
    assert_eq!(statuses, ["CANCELED"]);
}

#[test]
fn wrong_arguments_and_secrets_are_named_and_nothing_is_asked() {
    let mut blank = secrets();
    blank["binanceApiKey"] = json!(format!(
        "{}\n",
        secrets()["binanceApiKey"].as_str().unwrap()
    ));
    let (blank, fine) = (File::of(&blank), File::of(&secrets()));
    for (arguments, named) in [
        (
            &["--binance", "http://bpay.binanceapi.com"][..],
            "must be https://",
        ),
        (
            &["--binance", "https://bpay.binanceapi.com/v3"],
            "without path",
        ),
        (
            &["--secrets", "/nowhere/secrets.json"],
            "/nowhere/secrets.json: ",
        ),
        (
            &["--secrets", blank.name()],
            "its field binanceApiKey must be visible ASCII",
        ),
        (
            &["--secrets", fine.name(), "--webhook-port", "1"],
            "--webhook-url <URL>",
        ),
        (&["--api-key", "x"], "unexpected argument '--api-key'"),
    ] {
        let ran = output(&[&["conformance"], arguments].concat());
        let said = said(&ran);
        assert_eq!(ran.status.code(), Some(2), "{said}");
        assert!(said.contains(named), "{arguments:?}: {said}");
    }
}

#[tokio::test]
async fn secrets_stand_in_the_environment_as_they_do_for_the_functions() {
    let mut all = secrets();
    all["appApiKeys"] = json!(["k".repeat(32)]);
    let up = Up::start(&[]);
    let url = up.addresses["console"].as_str().unwrap();
    let mut command = sandbox(&["conformance", "--yes", "--json", "--binance", url]);
    let ran = command.env("SECRETS", all.to_string()).output().unwrap();
    assert_eq!(ran.status.code(), Some(0), "{}", said(&ran));
}
