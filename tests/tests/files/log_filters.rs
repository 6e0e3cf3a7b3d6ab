//! The metric filters of `template.yaml`, held against the alarms that the code names and those that read their metrics. They
//! are played on the functions' own lines by the end-to-end suite, on each that it logs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use sandbox::log_filters::{Filter, filters};
use serde_json::{Value, json};

use crate::alarms::{alarms, read_by, text};
use crate::template::resources;

/// It has no filter: `UntoldAlarm` reads the age itself, since silence does not end it.
const READ_AS_A_NUMBER: &str = "confirmation.untold";

#[test]
fn every_filter_makes_the_metric_of_an_alarm_and_every_such_alarm_has_one() {
    let made: BTreeSet<_> = filters()
        .unwrap()
        .into_iter()
        .map(|filter| (filter.metric.0.to_string(), filter.metric.1))
        .collect();
    let own = json!({"Fn::Sub": "LeadsCalendarPayments/${AWS::StackName}"});
    let metrics = alarms().into_iter().flat_map(|(_, alarm)| read_by(&alarm));
    let watched: BTreeSet<_> = metrics
        .filter(|metric| metric["Namespace"] == own)
        .map(|metric| (own.to_string(), text(&metric["MetricName"])))
        .collect();
    assert_eq!(made, watched);
    for (id, filter) in resources("AWS::Logs::MetricFilter") {
        assert_eq!(filter["LogGroupName"], json!({"Ref": "Logs"}), "{id}");
    }
}

/// Every file of Rust below `folder` that is no test, without its tests.
fn code(folder: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (mut folders, mut found) = (vec![root.join(folder)], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is_test = path.ends_with("tests") || path.ends_with("tests.rs");
            if path.is_dir() && !is_test {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") && !is_test {
                let text = fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
                found.push((path, code.to_owned()));
            }
        }
    }
    found
}

/// The alarms that the code can name: two words with a dot between them, where an alarm stands.
fn named() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (path, code) in ["functions", "shared/src"].into_iter().flat_map(code) {
        // The types of confirmations.
        if path.ends_with("order/status.rs") {
            continue;
        }
        for before in ["alarm = \"", "Some(\"", "then_some(\"", "rename = \""] {
            for (_, rest) in code.match_indices(before).map(|(at, _)| code.split_at(at)) {
                let name = rest[before.len()..].split('"').next().unwrap();
                let is_word = |word: &str| {
                    !word.is_empty() && word.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_'))
                };
                let is_name = name
                    .split_once('.')
                    .is_some_and(|(about, what)| is_word(about) && is_word(what));
                if is_name {
                    found.insert(name.to_owned());
                }
            }
        }
    }
    found
}

#[test]
fn every_alarm_that_the_code_names_has_one_filter_and_every_filter_is_for_such() {
    let filters = filters().unwrap();
    let looked_for: Vec<&str> = filters.iter().flat_map(Filter::alarms).collect();
    let mut expected: Vec<String> = named().into_iter().collect();
    expected.retain(|name| name != READ_AS_A_NUMBER);
    let mut sorted = looked_for.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
    assert!(named().contains(READ_AS_A_NUMBER));
}

/// Lambda's own line about the end of an invocation.
fn report(status: &str) -> Value {
    json!({"time": "2026-11-27T09:00:00.000Z", "type": "platform.report", "record": {
        "requestId": "6d68ca91-49c9-448d-89b8-7ca3e6dc66aa", "status": status,
        "metrics": {"durationMs": 693.92, "billedDurationMs": 694, "memorySizeMB": 256, "maxMemoryUsedMB": 84},
    }})
}

#[test]
fn invocation_that_crashed_or_was_late_is_counted_by_lambdas_own_line() {
    let counted_by = |line: &Value| -> Vec<String> {
        let filters = filters().unwrap().into_iter();
        filters
            .filter(|filter| filter.counts(line))
            .map(|filter| filter.id)
            .collect()
    };
    for status in ["timeout", "error", "failure"] {
        assert_eq!(counted_by(&report(status)), ["CrashFilter"], "{status}");
    }
    assert_eq!(counted_by(&report("success")), [""; 0]);
    let mut other = report("timeout");
    other["type"] = "platform.runtimeDone".into();
    assert_eq!(counted_by(&other), [""; 0], "each would count twice");
    other["type"] = "platform.report".into();
    other["record"].as_object_mut().unwrap().remove("status");
    assert_eq!(counted_by(&other), [""; 0]);
    // At WARN it would be written too, but no line of the others.
    let globals = &sandbox::template::template().unwrap()["Globals"]["Function"];
    assert_eq!(globals["LoggingConfig"]["SystemLogLevel"], "INFO");
    assert_eq!(globals["LoggingConfig"]["LogFormat"], "JSON");
    let stack = &globals["Environment"]["Variables"]["STACK"];
    assert_eq!(*stack, json!({"Ref": "AWS::StackName"}));
}
