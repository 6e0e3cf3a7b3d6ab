//! The bill of materials that `make build` puts beside each function.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use sandbox::program::cargo_lambda;
use serde_json::Value;

const LOCKED: &str = include_str!("../../../Cargo.lock");

fn bill(function: &str) -> Value {
    let printed = Command::new("python3")
        .args([concat!(env!("CARGO_MANIFEST_DIR"), "/../bom.py"), function])
        .env("PATH", cargo_lambda::path().unwrap())
        .output()
        .expect("python3 is installed");
    let problem = String::from_utf8_lossy(&printed.stderr);
    assert!(printed.status.success(), "{problem}");
    serde_json::from_slice(&printed.stdout).unwrap()
}

/// The components by name.
fn components(bill: &Value) -> BTreeMap<&str, &Value> {
    let components = bill["components"].as_array().unwrap().iter();
    components
        .map(|component| (component["name"].as_str().unwrap(), component))
        .collect()
}

#[test]
fn bill_names_what_is_in_the_function_and_nothing_that_only_built_or_tested_it() {
    for function in [
        "create-order",
        "binance-callback",
        "get-order",
        "close-order",
        "refund-order",
        "reconcile-orders",
    ] {
        let bill = bill(function);
        assert_eq!(
            (&bill["bomFormat"], &bill["specVersion"]),
            (&"CycloneDX".into(), &"1.6".into())
        );
        let own = &bill["metadata"]["component"];
        assert_eq!(
            (&own["name"], &own["type"]),
            (&function.into(), &"application".into())
        );

        let components = components(&bill);
        for there in ["shared", "ring", "reqwest", "rustls", "aws-sdk-dynamodb"] {
            assert!(components.contains_key(there), "{function}: {there}");
        }
        for elsewhere in [
            "sandbox",
            "aws-lc-rs",
            "axum",
            "dynoxide-rs",
            "proptest",
            "rcgen",
            "serde_derive",
            "syn",
            "cc",
            function,
        ] {
            assert!(
                !components.contains_key(elsewhere),
                "{function}: {elsewhere}"
            );
        }
    }
}

#[test]
fn each_component_from_a_registry_has_the_hash_that_is_locked() {
    let bill = bill("get-order");
    for (name, component) in components(&bill) {
        if name == "shared" {
            assert!(component["purl"].is_null(), "{component}");
            continue;
        }
        let version = component["version"].as_str().unwrap();
        assert_eq!(component["purl"], format!("pkg:cargo/{name}@{version}"));
        let hash = component["hashes"][0]["content"].as_str().unwrap();
        let locked = LOCKED
            .split("\n\n")
            .find(|entry| entry.contains(&format!("name = \"{name}\"\nversion = \"{version}\"\n")));
        assert!(
            locked.unwrap().contains(&format!("checksum = \"{hash}\"")),
            "{name}"
        );
        let licence = component["licenses"][0]["expression"].as_str().unwrap();
        assert!(
            !licence.contains('/'),
            "{name}: {licence} is no SPDX expression"
        );
    }
}

#[test]
fn bill_says_what_came_by_what() {
    let bill = bill("create-order");
    let entries = bill["dependencies"].as_array().unwrap();
    let by_ref: BTreeMap<_, BTreeSet<_>> = entries
        .iter()
        .map(|entry| {
            let depends_on = entry["dependsOn"].as_array().unwrap().iter();
            let names = depends_on.map(|name| name.as_str().unwrap());
            (entry["ref"].as_str().unwrap(), names.collect())
        })
        .collect();

    let own = bill["metadata"]["component"]["bom-ref"].as_str().unwrap();
    let shared = *by_ref[own]
        .iter()
        .find(|name| name.starts_with("shared@"))
        .unwrap();
    assert!(
        by_ref[shared]
            .iter()
            .any(|name| name.starts_with("pkg:cargo/ring@"))
    );
    // Each is brought along by another one, and is a component itself.
    let brought: BTreeSet<_> = by_ref.values().flatten().copied().collect();
    let components = bill["components"].as_array().unwrap().iter();
    let components = components.map(|component| component["bom-ref"].as_str().unwrap());
    assert_eq!(brought, components.collect());
}
