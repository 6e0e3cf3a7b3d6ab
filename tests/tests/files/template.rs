//! `template.yaml`: what CloudFormation itself would not find amiss.

use std::collections::BTreeSet;

use sandbox::template::template;
use serde_json::{Value, json};

/// The logical ids and the properties of all resources of a type.
pub fn resources(kind: &str) -> Vec<(String, Value)> {
    let template = template().unwrap();
    let resources = template["Resources"].as_object().unwrap().iter();
    let of_kind = resources.filter(|(_, resource)| resource["Type"] == kind);
    of_kind
        .map(|(id, resource)| (id.clone(), resource["Properties"].clone()))
        .collect()
}

/// A condition as CloudFormation decides it, with the parameters at their defaults but for one.
fn decided(condition: &Value, parameter: (&str, &str)) -> bool {
    let text = |value: &Value| match value["Ref"].as_str() {
        Some(name) if name == parameter.0 => parameter.1.to_owned(),
        Some(name) => panic!("{name} is not at hand"),
        None => value.as_str().unwrap().to_owned(),
    };
    let (function, arguments) = condition.as_object().unwrap().iter().next().unwrap();
    let arguments = arguments.as_array().unwrap();
    let mut all = arguments.iter();
    match function.as_str() {
        "Fn::Not" => !decided(&arguments[0], parameter),
        "Fn::Or" => all.any(|one| decided(one, parameter)),
        "Fn::Equals" => text(&arguments[0]) == text(&arguments[1]),
        other => panic!("{other} is not known"),
    }
}

#[test]
fn each_route_has_a_throttle_of_its_own_and_is_there_before_it() {
    let routes = resources("AWS::ApiGatewayV2::Route");
    let (ids, keys): (BTreeSet<_>, BTreeSet<_>) = routes
        .iter()
        .map(|(id, route)| (id.as_str(), route["RouteKey"].as_str().unwrap()))
        .unzip();
    let stage = template().unwrap()["Resources"]["ApiStage"].take();

    let settings = stage["Properties"]["RouteSettings"].as_object().unwrap();
    let throttled: BTreeSet<_> = settings.keys().map(String::as_str).collect();
    assert_eq!(throttled, keys);
    let waited_for = stage["DependsOn"].as_array().unwrap();
    let waited_for: BTreeSet<_> = waited_for.iter().map(|id| id.as_str().unwrap()).collect();
    assert_eq!(waited_for, ids);
    for (key, settings) in settings {
        for name in ["ThrottlingRateLimit", "ThrottlingBurstLimit"] {
            let limit = &settings[name];
            assert!(limit.is_u64() || limit["Ref"].is_string(), "{key}: {name}");
        }
        assert_eq!(settings["DetailedMetricsEnabled"], true, "{key}");
    }
}

#[test]
fn poll_route_is_throttled_as_the_parameters_say() {
    let template = template().unwrap();
    let settings = &template["Resources"]["ApiStage"]["Properties"]["RouteSettings"];
    let poll = &settings["ANY /orders/{orderId}"];
    assert_eq!(poll["ThrottlingRateLimit"], json!({"Ref": "PollRate"}));
    assert_eq!(poll["ThrottlingBurstLimit"], json!({"Ref": "PollBurst"}));
    for name in ["PollRate", "PollBurst"] {
        let parameter = &template["Parameters"][name];
        let number = |field: &str| parameter[field].as_u64().unwrap();
        assert!(number("MinValue") >= 1, "{name}: 0 lets nobody in");
        assert!((number("MinValue")..=number("MaxValue")).contains(&number("Default")));
    }
}

#[test]
fn callback_has_a_reserved_share_only_if_one_is_named() {
    let template = template().unwrap();
    let callback = &template["Resources"]["BinanceCallback"]["Properties"];
    assert_eq!(
        callback["ReservedConcurrentExecutions"],
        json!({"Fn::If": ["ReservesForCallback", {"Ref": "CallbackConcurrency"}, {"Ref": "AWS::NoValue"}]})
    );
    let condition = &template["Conditions"]["ReservesForCallback"];
    for (share, reserves) in [("", false), ("0", false), ("1", true), ("20", true)] {
        let parameter = ("CallbackConcurrency", share);
        assert_eq!(decided(condition, parameter), reserves, "{share:?}");
    }
    assert_eq!(template["Parameters"]["CallbackConcurrency"]["Default"], "");
}

#[test]
fn only_the_callback_has_a_share_of_concurrency() {
    let functions = resources("AWS::Serverless::Function");
    let with_share = functions
        .iter()
        .filter(|(_, function)| !function["ReservedConcurrentExecutions"].is_null());
    let ids: Vec<_> = with_share.map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["BinanceCallback"]);
}
