//! Nothing of the sandbox is compiled into a function: neither itself, nor what only it is made of.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::dependencies::ALLOWED;

/// What the sandbox names among its dependencies and a function has too, without naming it; each with who brings it.
const BROUGHT: [(&str, &str); 5] = [
    ("hyper-util", "reqwest"),
    ("percent-encoding", "reqwest"),
    ("regex-lite", "AWS"),
    ("serde_path_to_error", "lambda_runtime"),
    ("tokio-rustls", "reqwest"),
];

fn cargo(arguments: &[&str]) -> String {
    let printed = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--locked", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let problem = String::from_utf8_lossy(&printed.stderr);
    assert!(printed.status.success(), "{problem}");
    String::from_utf8(printed.stdout).unwrap()
}

/// The packages of the workspace.
fn packages() -> Vec<Value> {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn name(package: &Value) -> &str {
    package["name"].as_str().unwrap()
}

/// What the sandbox and its suites depend on, themselves first, and no function was decided to.
fn of_the_sandbox(packages: &[Value]) -> BTreeSet<String> {
    let own: BTreeSet<_> = packages.iter().map(name).collect();
    let sandbox = packages.iter().find(|it| name(it) == "sandbox").unwrap();
    let dependencies = sandbox["dependencies"].as_array().unwrap().iter();
    let decided = |name: &str| ALLOWED.iter().any(|(allowed, _)| *allowed == name);
    let foreign = dependencies
        .map(name)
        .filter(|name| !own.contains(name) && !decided(name));
    let all = ["sandbox"].into_iter().chain(foreign);
    all.map(str::to_owned).collect()
}

/// The packages that are built for a function: what is linked, and what runs while it is compiled.
fn built_for(function: &str) -> BTreeSet<String> {
    let target = "aarch64-unknown-linux-gnu";
    let edges = ["--edges", "normal,build", "--prefix", "none"];
    let tree = ["tree", "--package", function, "--target", target];
    let printed = cargo(&[&tree[..], &edges].concat());
    let names = printed.lines().filter_map(|line| line.split(' ').next());
    names.map(str::to_owned).collect()
}

#[test]
fn nothing_of_the_sandbox_is_compiled_into_a_function() {
    let packages = packages();
    let sandbox = of_the_sandbox(&packages);
    for known in [
        "axum",
        "clap",
        "dynoxide-rs",
        "fantoccini",
        "maud",
        "qrcode",
    ] {
        assert!(sandbox.contains(known), "{known}: {sandbox:?}");
    }
    let functions: Vec<_> = packages
        .iter()
        .map(name)
        .filter(|name| !["sandbox", "echo", "mutants", "shared"].contains(name))
        .collect();
    assert_eq!(functions.len(), 6, "{functions:?}");

    let brought: BTreeSet<_> = BROUGHT.iter().map(|(name, _)| (*name).to_owned()).collect();
    for function in functions {
        let built = built_for(function);
        assert!(built.contains("shared"), "{function}: {built:?}");
        let both: BTreeSet<_> = built.intersection(&sandbox).cloned().collect();
        assert_eq!(both, brought, "{function}");
    }
}
