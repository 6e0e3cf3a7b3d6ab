//! What is said in several places, held against each other: the code, `template.yaml` and the README.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use binance_callback::BinanceCallback;
use close_order::CloseOrder;
use create_order::CreateOrder;
use get_order::GetOrder;
use reconcile_orders::ReconcileOrders;
use refund_order::RefundOrder;
use regex_lite::Regex;
use sandbox::template;
use serde_json::Value;

use crate::stack::Stack;
use crate::template::resources;

/// Where the log is started, by what `main` finds in the environment.
const LOG: &str = include_str!("../../../shared/src/log.rs");
const README: &str = include_str!("../../../README.md");

const FUNCTIONS: [&str; 6] = [
    "CreateOrder",
    "BinanceCallback",
    "GetOrder",
    "CloseOrder",
    "RefundOrder",
    "ReconcileOrders",
];
/// The functions that look orders up by an index, each with its indexes.
const QUERIES: [(&str, &[&str]); 2] = [
    ("GetOrder", &["reference"]),
    ("ReconcileOrders", &["due", "reference", "untold"]),
];

/// What Lambda itself sets.
const OF_LAMBDA: [&str; 5] = [
    "AWS_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_LOG_LEVEL",
];
/// What is for one's own machine only.
const ELSEWHERE: [&str; 5] = [
    "LOCAL_ROOT",
    "SECRETS",
    "RUST_LOG",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
];

/// The sources of `shared` that use this crate, tests left out.
fn sources_with(used: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders = vec![root.join("shared/src")];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is_test = path.file_stem().is_some_and(|name| name == "tests");
            if is_test {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    let texts = files.iter().map(|path| fs::read_to_string(path).unwrap());
    let texts = texts.filter(|text| text.contains(used));
    texts.collect::<Vec<_>>().join("\n")
}

/// What a pattern finds in a text.
fn found(pattern: &str, text: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).unwrap();
    let all = pattern.captures_iter(text);
    all.map(|found| found[1].to_owned()).collect()
}

/// The folder of a function.
pub fn folder(id: &str) -> String {
    let properties = template::resource(id).unwrap();
    properties["CodeUri"].as_str().unwrap().to_owned()
}

/// The statements of a function's role: actions, and resources as CloudFormation makes them.
fn statements(id: &str, stack: &Stack) -> Vec<(BTreeSet<String>, BTreeSet<String>)> {
    let all = |value: &Value| match value {
        Value::Array(all) => all
            .iter()
            .map(|one| one.as_str().unwrap().to_owned())
            .collect(),
        one => BTreeSet::from([one.as_str().unwrap().to_owned()]),
    };
    let role = stack.properties(&format!("{id}Role"));
    let policies = role["Policies"].as_array().unwrap().iter();
    let statements = policies.flat_map(|it| it["PolicyDocument"]["Statement"].as_array().unwrap());
    statements
        .map(|it| (all(&it["Action"]), all(&it["Resource"])))
        .collect()
}

/// What a function's role may do with those whose action is of this service.
fn actions(id: &str, service: &str, stack: &Stack) -> BTreeMap<String, BTreeSet<String>> {
    let mut may = BTreeMap::new();
    for (actions, resources) in statements(id, stack) {
        for action in actions
            .iter()
            .filter_map(|action| action.strip_prefix(service))
        {
            may.insert(action.trim_start_matches(':').to_owned(), resources.clone());
        }
    }
    may
}

#[test]
fn each_function_is_given_the_settings_that_it_reads_and_no_others() {
    let stack = Stack::with(&[]);
    let mut readable: BTreeSet<String> = BTreeSet::new();
    for id in FUNCTIONS {
        let given = stack.environment(id);
        let asked = RefCell::new(BTreeSet::new());
        let lookup = |name: &str| {
            asked.borrow_mut().insert(name.to_owned());
            let of_lambda = OF_LAMBDA.contains(&name).then(|| "set".to_owned());
            given.get(name).cloned().or(of_lambda)
        };
        let started = match id {
            "CreateOrder" => CreateOrder::new(lookup).map(|_| ()),
            "BinanceCallback" => BinanceCallback::new(lookup).map(|_| ()),
            "GetOrder" => GetOrder::new(lookup).map(|_| ()),
            "CloseOrder" => CloseOrder::new(lookup).map(|_| ()),
            "RefundOrder" => RefundOrder::new(lookup).map(|_| ()),
            _ => ReconcileOrders::new(lookup).map(|_| ()),
        };
        assert!(started.is_ok(), "{id}: {started:?}");

        let mut asked = asked.into_inner();
        asked.extend(found(r#"lookup\("([A-Z_]+)"\)"#, LOG));
        let named_elsewhere = OF_LAMBDA.iter().chain(&ELSEWHERE);
        let elsewhere: BTreeSet<_> = named_elsewhere.map(|name| (*name).to_owned()).collect();
        let settings: BTreeSet<_> = asked.difference(&elsewhere).cloned().collect();
        assert_eq!(given.into_keys().collect::<BTreeSet<_>>(), settings, "{id}");
        readable.extend(asked);
    }
    let section = README.split_once("\n## Settings\n").unwrap().1;
    let section = section.split_once("\n## ").unwrap().0;
    for name in readable
        .iter()
        .filter(|name| !OF_LAMBDA.contains(&name.as_str()))
    {
        assert!(
            section.contains(&format!("`{name}`")),
            "{name} is not in the README"
        );
    }
}

#[test]
fn each_function_may_read_the_secrets_that_it_is_given_and_no_others() {
    let stack = Stack::with(&[]);
    for id in FUNCTIONS {
        let environment = stack.environment(id);
        let ids = ["SECRETS_ID", "CALLER_KEYS_ID"].map(|name| environment.get(name).cloned());
        let given: BTreeSet<_> = ids.into_iter().flatten().collect();
        let may = actions(id, "secretsmanager", &stack);
        assert_eq!(may["GetSecretValue"], given, "{id}");
        // Who needs one reads it alone.
        assert_eq!(
            may.contains_key("BatchGetSecretValue"),
            given.len() > 1,
            "{id}"
        );
        assert_eq!(may.len(), given.len(), "{id}");
    }
}

#[test]
fn roles_may_what_the_code_calls_and_nothing_else() {
    let stack = Stack::with(&[]);
    let calls = |used: &str, pattern: &str| -> BTreeSet<String> {
        let calls = found(pattern, &sources_with(used)).into_iter().map(|call| {
            let words = call
                .split('_')
                .map(|word| word[..1].to_uppercase() + &word[1..]);
            words.collect()
        });
        calls.collect()
    };
    let of_store = r"\.((?:batch_|transact_)?(?:get|put|write|update|delete|describe|create)_(?:items?|table|ttl)|query|scan)\(\)";
    let may = |service: &str| -> BTreeSet<String> {
        let all = FUNCTIONS.map(|id| actions(id, service, &stack));
        all.into_iter().flat_map(BTreeMap::into_keys).collect()
    };
    assert_eq!(may("dynamodb"), calls("aws_sdk_dynamodb", of_store));
    assert_eq!(
        may("secretsmanager"),
        calls("aws_sdk_secretsmanager", r"\.([a-z_]+_secret_value)\(\)")
    );
    for id in FUNCTIONS {
        let store = actions(id, "dynamodb", &stack);
        let does = |action: &str| store.contains_key(action);
        assert_eq!(does("PutItem"), id != "GetOrder", "{id}");
        // What an index has is keys, and the orders are read afterwards.
        let looks_up = QUERIES.iter().any(|(function, _)| *function == id);
        assert_eq!(
            (does("Query"), does("BatchGetItem")),
            (looks_up, looks_up),
            "{id}"
        );
        let logs: BTreeSet<_> = actions(id, "logs", &stack).into_keys().collect();
        let wanted = ["CreateLogStream", "PutLogEvents"].map(str::to_owned);
        assert_eq!(logs, BTreeSet::from(wanted), "{id}");
    }
}

#[test]
fn indexes_are_the_same_in_code_table_and_role() {
    let store = sources_with("aws_sdk_dynamodb");
    let table = template::resource("Orders").unwrap();
    let indexes = table["GlobalSecondaryIndexes"].as_array().unwrap();
    let names: BTreeSet<_> = indexes
        .iter()
        .map(|index| index["IndexName"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(found(r#"\.index_name\("([^"]+)"\)"#, &store), names);

    for (id, indexes) in QUERIES {
        let may = actions(id, "dynamodb", &Stack::with(&[]));
        let index = |name: &&str| {
            format!("arn:aws:dynamodb:eu-central-1:111122223333:table/Orders/index/{name}")
        };
        assert_eq!(may["Query"], indexes.iter().map(index).collect(), "{id}");
    }
    let queried = QUERIES.iter().flat_map(|(_, indexes)| *indexes);
    assert_eq!(
        queried
            .map(|name| (*name).to_owned())
            .collect::<BTreeSet<_>>(),
        names
    );
    for definition in table["AttributeDefinitions"].as_array().unwrap() {
        let name = definition["AttributeName"].as_str().unwrap();
        assert!(store.contains(name), "{name} is in no item");
    }
}

#[test]
fn no_function_is_ended_before_its_own_limit() {
    for id in FUNCTIONS {
        let limit = found(r"(?m)^const LIMIT_MS: i64 = ([0-9_]+);$", &entry(id));
        let limits: Vec<u64> = limit
            .iter()
            .map(|limit| limit.replace('_', "").parse().unwrap())
            .collect();
        let timeout = template::resource(id).unwrap()["Timeout"].as_u64().unwrap();
        assert_eq!(limits, [timeout * 1_000], "{id}");
        // What is woken every minute is over before it is woken again.
        assert!(timeout < 60, "{id}");
    }
    for (id, integration) in resources("AWS::ApiGatewayV2::Integration") {
        let timeout = integration["TimeoutInMillis"].as_u64().unwrap();
        let function = id.strip_suffix("Integration").unwrap();
        let own = template::resource(function).unwrap()["Timeout"]
            .as_u64()
            .unwrap();
        assert!(timeout <= 30_000 && own * 1_000 <= timeout - 2_000, "{id}");
    }
}

/// The first file of a function.
fn entry(id: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read_to_string(root.join(folder(id)).join("src/lib.rs")).unwrap()
}
