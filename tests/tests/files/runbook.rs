//! `RUNBOOK.md`, held against what it speaks of: the alarms, the programs, the names in the log.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use sandbox::template::template;

use crate::template::resources;

const RUNBOOK: &str = include_str!("../../../RUNBOOK.md");
/// What the section of an alarm answers.
const QUESTIONS: [&str; 4] = ["**Means.** ", "**Look.**", "**Do.** ", "**Over.** "];
/// What whoever runs a command has set before.
const VARIABLES: [&str; 7] = [
    "STACK",
    "AWS_REGION",
    "ORDER_ID",
    "MOMENT",
    "ORDERS_TABLE",
    "SECRET_IDS",
    "LOG_GROUPS",
];

/// What AWS's console calls its parts.
const CONSOLE: [&str; 2] = ["Service Quotas", "Concurrent executions"];

/// The sections by their heading.
fn sections() -> Vec<(&'static str, &'static str)> {
    let parts = RUNBOOK.split("\n### ").skip(1);
    parts
        .map(|part| part.split_once('\n').unwrap())
        .map(|(heading, text)| (heading, text.split("\n# ").next().unwrap()))
        .collect()
}

/// The commands, block by block.
fn blocks() -> Vec<&'static str> {
    let fenced = RUNBOOK.split("```sh\n").skip(1);
    fenced
        .map(|rest| rest.split("```").next().unwrap().trim())
        .collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The words of `text` that begin with `prefix`, as far as their characters are those of a name.
fn words<'a>(text: &'a str, prefix: &str) -> BTreeSet<&'a str> {
    let is_of_a_name = |char: char| char.is_ascii_alphanumeric() || "_-./".contains(char);
    let starts = text.match_indices(prefix).map(|(at, _)| at);
    let words = starts.map(|at| {
        let rest = &text[at..];
        let end = prefix.len()
            + rest[prefix.len()..]
                .find(|char| !is_of_a_name(char))
                .unwrap_or(rest.len() - prefix.len());
        rest[..end].trim_end_matches('.')
    });
    words.collect()
}

/// All the code of the functions.
fn code() -> String {
    let mut folders = ["functions", "shared/src"]
        .map(|name| root().join(name))
        .to_vec();
    let mut code = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                code.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    code
}

#[test]
fn each_alarm_has_a_section_that_its_description_names_and_no_section_is_of_another() {
    let alarms = resources("AWS::CloudWatch::Alarm");
    let ids: BTreeSet<_> = alarms.iter().map(|(id, _)| id.as_str()).collect();
    let headings = sections().into_iter().map(|(heading, _)| heading);
    let told: BTreeSet<_> = headings
        .filter(|heading| heading.ends_with("Alarm"))
        .collect();
    assert_eq!(told, ids);
    for (id, alarm) in &alarms {
        let description = alarm["AlarmDescription"].as_str().unwrap();
        let section = format!("RUNBOOK.md has more, under {id}.");
        assert!(description.ends_with(&section), "{id}: {description}");
    }
}

#[test]
fn section_of_an_alarm_says_what_it_means_where_to_look_what_to_do_and_when_it_is_over() {
    for (heading, text) in sections() {
        if !heading.ends_with("Alarm") {
            continue;
        }
        let at = QUESTIONS.map(|question| text.find(question));
        assert!(at.iter().all(Option::is_some), "{heading}: {at:?}");
        assert!(at.is_sorted(), "{heading}: {at:?}");
    }
}

#[test]
fn states_are_told_when_they_are_over_and_events_are_not() {
    let (_, states) = RUNBOOK.split_once("\n# Alarms that are a state\n").unwrap();
    let (states, events) = states.split_once("\n# Alarms that are an event\n").unwrap();
    for (id, alarm) in resources("AWS::CloudWatch::Alarm") {
        let heading = format!("\n### {id}\n");
        let is_state = !alarm["OKActions"].is_null();
        assert_eq!(states.contains(&heading), is_state, "{id}");
        assert_eq!(events.contains(&heading), !is_state, "{id}");
    }
}

#[test]
fn every_section_that_another_sends_to_is_there() {
    let headings: BTreeSet<_> = sections().iter().map(|(heading, _)| *heading).collect();
    // Without what is bold, and the dots of lists, only sections and the console's words stand between asterisks.
    let text = RUNBOOK.replace("**", "").replace("\n* ", "\n");
    let on_one_line = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ");
    let named: Vec<_> = text
        .split('*')
        .skip(1)
        .step_by(2)
        .map(on_one_line)
        .collect();
    for name in &named {
        let is_of_the_console = CONSOLE.contains(&name.as_str());
        assert!(
            is_of_the_console || headings.contains(name.as_str()),
            "{name}"
        );
    }
    assert!(named.len() > 20, "{named:?}");
}

#[test]
fn every_file_and_every_target_of_make_is_there() {
    let files = ["ops/", "shared/", "tests/", "functions/"].map(|folder| words(RUNBOOK, folder));
    let files: BTreeSet<_> = files.into_iter().flatten().collect();
    assert!(files.len() > 6, "{files:?}");
    for file in files {
        assert!(root().join(file).exists(), "{file}");
    }
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    let targets = words(RUNBOOK, "make ");
    let targets = targets
        .iter()
        .filter(|target| RUNBOOK.contains(&format!("`{target}`")));
    for target in targets.chain(&["make deploy", "make doctor"]) {
        let rule = format!("\n{}:", target.trim_start_matches("make "));
        assert!(makefile.contains(&rule), "{target}");
    }
}

#[test]
fn commands_use_what_is_installed_here_and_only_variables_that_are_named() {
    let mut programs = 0;
    for block in blocks() {
        for line in block.lines() {
            let program = line
                .split(' ')
                .find(|word| !word.starts_with("PYTHONPATH="));
            let is_known =
                [".venv/bin/python", ".venv/bin/sam", "make"].contains(&program.unwrap());
            programs += usize::from(is_known);
        }
        let first = block.lines().next().unwrap();
        let is_run = words(first, ".venv/bin/").len() + words(first, "make ").len() > 0;
        let is_of_the_shell = ["export ", "umask ", "rm "]
            .iter()
            .any(|word| first.starts_with(word));
        assert!(is_run || is_of_the_shell, "{block}");
        for (at, _) in block.match_indices('$') {
            let name = block[at + 1..].trim_start_matches('{');
            let end = name.find(|char: char| !char.is_ascii_uppercase() && char != '_');
            let name = &name[..end.unwrap_or(name.len())];
            assert!(VARIABLES.contains(&name), "${name}: {block}");
        }
        for name in block.split("os.environ[\"").skip(1) {
            let name = name.split('"').next().unwrap();
            assert!(VARIABLES.contains(&name), "{name}: {block}");
        }
    }
    assert!(programs > 20, "{programs}");
}

#[test]
fn log_is_asked_for_names_that_the_functions_write() {
    let (code, mut named) = (code(), 0);
    let program = fs::read_to_string(root().join("ops/log.py")).unwrap();
    for block in blocks() {
        let Some((_, asked)) = block.split_once("ops/log.py ") else {
            continue;
        };
        let mut asked = asked.split(' ');
        let query = asked.next().unwrap();
        assert!(program.contains(&format!("\n    \"{query}\": ")), "{query}");
        if let ("alarm", Some(alarm)) = (query, asked.next().filter(|word| *word != "--since")) {
            assert!(code.contains(&format!("\"{alarm}\"")), "{alarm}");
            named += 1;
        }
    }
    assert!(named > 10, "{named}");
    assert!(code.contains("\"reconciled\"") && program.contains("\"reconciled\""));
}

#[test]
fn parameters_outputs_and_functions_that_commands_name_are_in_the_template() {
    let template = template().unwrap();
    let is_there = |part: &str, name: &str| !template[part][name].is_null();
    for name in [
        "OrdersTable",
        "ReconcileRuns",
        "CallbackConcurrency",
        "PollRate",
        "PublicUrl",
    ] {
        assert!(RUNBOOK.contains(&format!("`{name}`")), "{name}");
        assert!(is_there("Parameters", name), "{name}");
    }
    for name in [
        "OrdersTable",
        "SecretsId",
        "CallerKeysId",
        "LogGroup",
        "ApiLogGroup",
        "Dashboard",
    ] {
        assert!(is_there("Outputs", name), "{name}");
    }
    let invoked = RUNBOOK.split("sam remote invoke ").skip(1);
    let invoked: BTreeSet<_> = invoked
        .filter_map(|rest| rest.split(' ').next())
        .filter(|word| word.ends_with("Orders"))
        .collect();
    assert_eq!(invoked, BTreeSet::from(["ReconcileOrders"]));
    assert!(is_there("Resources", "ReconcileOrders"));
}
