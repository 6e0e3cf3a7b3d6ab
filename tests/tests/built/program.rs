//! The program `sandbox` as people start it: what its first screen says.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use crate::cargo_lambda::{bin, signal, target};

fn start(arguments: &[&str], settings: &[(&str, &str)]) -> Child {
    let mut sandbox = Command::new(bin("sandbox"));
    sandbox
        .args(arguments)
        .envs(settings.iter().copied())
        .env("CARGO_TARGET_DIR", target())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    sandbox.spawn().unwrap()
}

fn read(stream: &mut impl Read) -> String {
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    said
}

#[test]
fn nothing_on_the_first_screen_of_dev_looks_like_a_failure() {
    let ports = [
        "--gateway-port=0",
        "--binance-port=0",
        "--leadscalendar-port=0",
        "--dynamodb-port=0",
    ];
    let mut dev = start(&[&["dev"], &ports[..]].concat(), &[]);
    let shown = BufReader::new(dev.stdout.take().unwrap()).lines();
    let last = shown
        .map_while(Result::ok)
        .find(|line| line.starts_with("Ctrl-C"));
    signal("TERM", &dev.id().to_string());
    let said = read(dev.stderr.as_mut().unwrap());
    let ended = dev.wait().unwrap();

    assert_eq!(last.as_deref(), Some("Ctrl-C ends everything."), "{said}");
    assert!(ended.success(), "{said}");
    for alarming in ["WARN", "ERROR", "refused"] {
        assert!(!said.contains(alarming), "{said}");
    }
}

#[test]
fn why_a_function_does_not_start_is_shown() {
    let mut demo = start(&["demo"], &[("FIATS", "nonsense")]);
    let said = read(demo.stderr.as_mut().unwrap());
    let ended = demo.wait().unwrap();

    assert!(!ended.success(), "{said}");
    assert!(
        said.contains("a function does not compile, or does not start"),
        "{said}"
    );
    assert!(said.contains("setting FIATS: "), "{said}");
}
