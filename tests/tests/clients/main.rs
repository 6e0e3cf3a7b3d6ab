//! The published clients of Binance's merchant API: each plays its whole range against the simulator, unchanged.
//!
//! `make test` installs them. The one for Node is played where Node is, and its absence is said in a line.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use sandbox::{Options, Sandbox};
use tokio::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What a client prints when it is played by `program`.
async fn played(program: &Path, script: &str) -> String {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let credentials = sandbox.credentials();
    let output = Command::new(program)
        .arg(root().join("tests/clients/merchant").join(script))
        .args([
            &sandbox.binance().url(),
            &credentials.api_key,
            &credentials.api_secret,
        ])
        .env("no_proxy", "127.0.0.1")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap_or_else(|error| panic!("{}: {error}; `make test` installs it", program.display()));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}{errors}");
    printed
}

#[tokio::test(flavor = "multi_thread")]
async fn binances_own_connector_plays_its_whole_range() {
    let python = root().join(".venv-clients/bin/python");
    let printed = played(&python, "connector.py").await;

    let count = |end: &str| printed.lines().filter(|line| line.ends_with(end)).count();
    assert_eq!(count(": done"), 8, "{printed}");
    assert_eq!(count(": not played, and says so"), 6, "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bmerch_makes_an_order_and_verifies_the_notification_of_its_payment() {
    let has_npm = std::process::Command::new("npm")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !has_npm {
        eprintln!("NOT PLAYED: bmerch, as there is no npm on this machine.");
        return;
    }
    let printed = played(Path::new("node"), "bmerch.mjs").await;
    assert_eq!(
        printed,
        "createOrder: done\ngetCertificates: done\nisValidWebhookRequest: done\n"
    );
}
