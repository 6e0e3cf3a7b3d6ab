//! Which function answers what: `template.yaml`, `CargoLambda.toml` and `openapi.yaml`, held against each other.

use std::collections::{BTreeMap, BTreeSet};

use regex_lite::Regex;
use sandbox::template;

use crate::contracts::folder;
use crate::template::resources;

const CARGO_LAMBDA: &str = include_str!("../../../CargoLambda.toml");
const OPENAPI: &str = include_str!("../../../openapi.yaml");

/// The methods that a request can have.
const METHODS: [&str; 9] = [
    "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY",
];

/// The function behind each method of each path, as `template.yaml` has it: a route of one method comes before one of any.
fn routed() -> BTreeMap<(String, &'static str), String> {
    let mut routes: Vec<_> = resources("AWS::ApiGatewayV2::Route");
    routes.sort_by_key(|(_, route)| !route["RouteKey"].as_str().unwrap().starts_with("ANY "));
    let mut answered = BTreeMap::new();
    for (_, route) in routes {
        let target = route["Target"]["Fn::Sub"].as_str().unwrap();
        let integration = target.strip_prefix("integrations/${").unwrap();
        let integration = template::resource(integration.trim_end_matches('}')).unwrap();
        let alias = integration["IntegrationUri"]["Ref"].as_str().unwrap();
        let function = folder(alias.strip_suffix(".Alias").unwrap()).replace("functions/", "");
        let (of, path) = route["RouteKey"].as_str().unwrap().split_once(' ').unwrap();
        for method in METHODS
            .into_iter()
            .filter(|method| [method, "ANY"].contains(&of))
        {
            answered.insert((path.to_owned(), method), function.clone());
        }
    }
    answered
}

/// The same as `CargoLambda.toml` has it: a function for all methods, or a list of some.
fn watched() -> BTreeMap<(String, &'static str), String> {
    let (_, router) = CARGO_LAMBDA.split_once("\n[watch.router]\n").unwrap();
    let all = Regex::new(r#"(?m)^"(/[^"]+)" = "([^"]+)"$"#).unwrap();
    let mut watched = BTreeMap::new();
    for route in all.captures_iter(router) {
        let each = METHODS.map(|method| ((route[1].to_owned(), method), route[2].to_owned()));
        watched.extend(each);
    }
    let lists = Regex::new(r#"(?m)^"(/[^"]+)" = \[\n([^\]]+)\]$"#).unwrap();
    let one = Regex::new(r#"\{ method = "([A-Z]+)", function = "([^"]+)" \}"#).unwrap();
    for list in lists.captures_iter(router) {
        for route in one.captures_iter(&list[2]) {
            let method = METHODS.into_iter().find(|method| *method == &route[1]);
            let key = (list[1].to_owned(), method.unwrap());
            assert_eq!(watched.insert(key, route[2].to_owned()), None, "{route:?}");
        }
    }
    watched
}

#[test]
fn routes_are_the_same_in_template_router_and_openapi() {
    let answered = routed();
    assert_eq!(watched(), answered);

    let openapi = template::read(OPENAPI).unwrap()["paths"].take();
    let paths = openapi.as_object().unwrap();
    let described: BTreeSet<_> = paths.keys().cloned().collect();
    let there = answered.keys().map(|(path, _)| path.clone());
    assert_eq!(described, there.collect());
    // What is described under one path is answered by the function that answers it.
    for (operation, function) in [
        (("/orders", "POST"), "create-order"),
        (("/orders", "GET"), "get-order"),
        (("/orders/{orderId}", "GET"), "get-order"),
        (("/orders/{orderId}", "HEAD"), "get-order"),
        (("/orders/{orderId}/close", "POST"), "close-order"),
        (("/orders/{orderId}/refunds", "POST"), "refund-order"),
        (("/binance-callback", "POST"), "binance-callback"),
    ] {
        let (path, method) = operation;
        assert_eq!(
            answered[&(path.to_owned(), method)],
            function,
            "{operation:?}"
        );
        assert!(
            paths[path][method.to_lowercase()].is_object(),
            "{operation:?}"
        );
    }
}
