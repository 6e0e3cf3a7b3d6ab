//! What the functions are made of: each further dependency is a decision, which is made here.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// The direct dependencies of the functions and of what they share, each with what it is for. What these bring along is in
/// the bill of materials of each function, and held against `deny.toml`.
pub(crate) const ALLOWED: [(&str, &str); 34] = [
    ("aws-credential-types", "AWS"),
    ("aws-sdk-dynamodb", "AWS"),
    ("aws-sdk-secretsmanager", "AWS"),
    ("aws-smithy-runtime-api", "AWS"),
    ("aws-types", "AWS"),
    ("backon", "retries"),
    ("base64", "encoding"),
    ("flate2", "encoding"),
    ("futures-util", "concurrency"),
    ("getrandom", "randomness"),
    ("hmac", "signing"),
    ("http", "HTTP"),
    ("hyper", "HTTP"),
    ("jiff", "time"),
    ("lambda_http", "Lambda"),
    ("lambda_runtime", "Lambda"),
    ("mimalloc", "memory"),
    ("reqwest", "HTTP"),
    ("ring", "verifying"),
    ("rust_decimal", "money"),
    ("rustls", "TLS"),
    ("secrecy", "secrets"),
    ("serde", "JSON"),
    ("serde_dynamo", "items"),
    ("serde_json", "JSON"),
    ("sha2", "hashes"),
    ("subtle", "comparison"),
    ("thiserror", "errors"),
    ("tokio", "concurrency"),
    ("tower", "HTTP"),
    ("tracing", "logs"),
    ("tracing-subscriber", "logs"),
    ("url", "addresses"),
    ("webpki-roots", "TLS"),
];

#[test]
fn functions_depend_on_nothing_that_was_not_decided_on() {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--locked", "--offline"])
        .args(["--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let packages: Vec<_> = packages
        .filter(|it| {
            ["sandbox", "echo", "mutants"]
                .iter()
                .all(|name| it["name"] != *name)
        })
        .collect();
    let own: BTreeSet<_> = packages
        .iter()
        .filter_map(|it| it["name"].as_str())
        .collect();
    assert_eq!(own.len(), 7, "{own:?}");

    let dependencies = packages
        .iter()
        .flat_map(|package| package["dependencies"].as_array().unwrap())
        .filter(|dependency| dependency["kind"] != "dev")
        .filter_map(|dependency| dependency["name"].as_str());
    let foreign: BTreeSet<_> = dependencies.filter(|name| !own.contains(name)).collect();

    let allowed: BTreeSet<_> = ALLOWED.iter().map(|(name, _)| *name).collect();
    assert_eq!(foreign, allowed);
}
