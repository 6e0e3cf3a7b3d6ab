//! Who must act decides the level of a log line. `levels.txt` has every ERROR and every WARN of the code: the level, the
//! file, how the message begins, what is to be done or mends it, and the test that plays it, or `-`.
//!
//! ERROR: an operator must act, whoever caused it. WARN: it mends itself, or is a stranger's, or the caller must mend what
//! he asks for.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const LINES: &str = include_str!("levels.txt");

/// What is said of a line of the log.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    level: &'static str,
    file: &'static str,
    message: &'static str,
    what_then: &'static str,
    test: &'static str,
}

fn listed() -> Vec<Line> {
    let line = |line: &'static str| {
        let columns: Vec<_> = line.split(" | ").collect();
        let [level, file, message, what_then, test] = columns[..] else {
            panic!("not five columns: {line}");
        };
        Line {
            level,
            file,
            message,
            what_then,
            test,
        }
    };
    LINES.lines().map(line).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// Every file of Rust below `folder`, by its path from the root.
fn sources(folder: &str) -> Vec<(String, String)> {
    let (mut folders, mut found) = (vec![root().join(folder)], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_str().unwrap();
                found.push((name.to_owned(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

/// The message of the macro whose arguments `rest` begins with: its last text.
fn message(rest: &str) -> String {
    let (mut depth, mut texts, mut chars) = (1, Vec::new(), rest.chars());
    while let Some(char) = chars.next().filter(|_| depth > 0) {
        match char {
            '(' => depth += 1,
            ')' => depth -= 1,
            '"' => {
                let mut text = String::new();
                while let Some(char) = chars.next().filter(|char| *char != '"') {
                    text.extend(if char == '\\' {
                        chars.next()
                    } else {
                        Some(char)
                    });
                }
                texts.push(text);
            }
            _ => {}
        }
    }
    texts
        .pop()
        .unwrap_or_else(|| panic!("no message in {rest}"))
}

/// Every ERROR and WARN that the functions can write: level, file, message. An ERROR names its alarm.
fn written() -> Vec<(&'static str, String, String)> {
    let mut found = Vec::new();
    let sources = ["functions", "shared"].into_iter().flat_map(sources);
    for (file, text) in sources.filter(|(file, _)| !file.contains("tests")) {
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for (level, call) in [("ERROR", "error!("), ("WARN", "warn!(")] {
            for (_, rest) in code.match_indices(call).map(|(at, _)| code.split_at(at)) {
                let message = message(&rest[call.len()..]);
                let (arguments, _) = rest.split_once(&message).unwrap_or_default();
                let is_named = arguments.contains("alarm");
                assert!(is_named || level == "WARN", "{file}: no alarm: {message}");
                found.push((level, file.clone(), message));
            }
        }
    }
    found
}

#[test]
fn every_error_and_warning_is_in_the_list_of_who_must_act() {
    let listed = listed();
    let mut found = BTreeSet::new();
    for (level, file, text) in written() {
        let is_it = |line: &&Line| {
            (line.level, line.file) == (level, file.as_str()) && text.starts_with(line.message)
        };
        let line = listed.iter().find(is_it);
        found.insert(line.unwrap_or_else(|| panic!("who must act? {level} | {file} | {text}")));
    }
    for line in &listed {
        assert!(found.contains(line), "nothing writes {line:?}");
    }
}

#[test]
fn every_test_that_plays_a_line_is_there() {
    let sources = ["functions", "shared", "tests"]
        .into_iter()
        .flat_map(sources);
    let all: String = sources.map(|(_, text)| text).collect();
    for line in listed() {
        assert!(!line.what_then.is_empty(), "{line:?}");
        let is_there = line.test == "-" || all.contains(&format!("fn {}()", line.test));
        assert!(is_there, "{line:?}");
    }
}
