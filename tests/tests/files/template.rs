//! `template.yaml`: what CloudFormation itself would not find amiss.

use std::collections::BTreeSet;

use sandbox::template::template;
use serde_json::{Value, json};

use crate::stack::Stack;

/// The logical ids and the properties of all resources of a type.
pub fn resources(kind: &str) -> Vec<(String, Value)> {
    let template = template().unwrap();
    let resources = template["Resources"].as_object().unwrap().iter();
    let of_kind = resources.filter(|(_, resource)| resource["Type"] == kind);
    of_kind
        .map(|(id, resource)| (id.clone(), resource["Properties"].clone()))
        .collect()
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
        assert!(
            settings["DetailedMetricsEnabled"].is_null(),
            "{key} is billed"
        );
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
    for (share, reserves) in [("", false), ("0", false), ("1", true), ("20", true)] {
        let stack = Stack::with(&[("CallbackConcurrency", share)]);
        assert_eq!(
            stack.condition("ReservesForCallback"),
            reserves,
            "{share:?}"
        );
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

#[test]
fn everything_that_calls_a_function_calls_its_alias() {
    let globals = template().unwrap()["Globals"]["Function"].take();
    assert_eq!(globals["AutoPublishAlias"], "live");
    let functions = resources("AWS::Serverless::Function");
    let aliases: BTreeSet<_> = functions
        .iter()
        .map(|(id, _)| format!("{id}.Alias"))
        .collect();
    for (id, function) in &functions {
        // Another release is another version, whatever of it has changed.
        assert_eq!(
            function["AutoPublishCodeSha256"],
            json!({"Ref": "Release"}),
            "{id}"
        );
        for (name, event) in function["Events"].as_object().into_iter().flatten() {
            // SAM has a schedule call the alias; there is no other kind of event.
            assert_eq!(event["Type"], "Schedule", "{id}: {name}");
        }
    }
    for (kind, property) in [
        ("AWS::ApiGatewayV2::Integration", "IntegrationUri"),
        ("AWS::Lambda::Permission", "FunctionName"),
    ] {
        for (id, calling) in resources(kind) {
            let called = calling[property]["Ref"].as_str().unwrap();
            assert!(aliases.contains(called), "{id} calls {called}");
        }
    }
}

#[test]
fn runs_of_a_minute_name_each_shard_once() {
    let template = template().unwrap();
    let choices = &template["Parameters"]["ReconcileRuns"]["AllowedValues"];
    for runs in choices.as_array().unwrap() {
        let stack = Stack::with(&[("ReconcileRuns", &runs.to_string())]);
        let events = stack.properties("ReconcileOrders")["Events"].take();
        let events = events.as_object().unwrap().values();
        let events = events.map(|event| &event["Properties"]);
        let awake: Vec<_> = events
            .filter(|event| event["State"] != "DISABLED")
            .collect();
        assert_eq!(json!(awake.len()), *runs);

        let inputs = awake.iter().map(|event| {
            let input = event["Input"].as_str().unwrap();
            let input: Value = serde_json::from_str(input).unwrap();
            assert_eq!(input.as_object().unwrap().len(), 1, "{input}");
            input["shards"].as_array().unwrap().clone()
        });
        let mut shards: Vec<_> = inputs.flatten().map(|it| it.as_u64().unwrap()).collect();
        shards.sort_unstable();
        assert_eq!(shards, [0, 1, 2, 3, 4, 5, 6, 7], "{runs} runs");
    }
}

#[test]
fn what_is_kept_outlives_the_stack_and_hinders_no_other() {
    let template = template().unwrap();
    let kept = [
        ("AWS::DynamoDB::Table", "Retain"),
        ("AWS::SecretsManager::Secret", "RetainExceptOnCreate"),
        ("AWS::Logs::LogGroup", "RetainExceptOnCreate"),
    ];
    for (id, resource) in template["Resources"].as_object().unwrap() {
        let policy = kept.iter().find(|(kind, _)| resource["Type"] == *kind);
        let policy = policy.map_or(Value::Null, |(_, policy)| json!(policy));
        assert_eq!(resource["DeletionPolicy"], policy, "{id}");
        let replaced = if policy.is_null() {
            Value::Null
        } else {
            json!("Retain")
        };
        assert_eq!(resource["UpdateReplacePolicy"], replaced, "{id}");
        for name in resource["Properties"].as_object().unwrap().keys() {
            // What has a name of its own cannot be made again while the old one is there. The API's is only shown.
            let is_name = name == "Name" || name.ends_with("Name");
            let is_its_own =
                is_name && !["FunctionName", "MetricName", "StageName"].contains(&name.as_str());
            let is_free = ["Api"].contains(&id.as_str()) || name == "LogGroupName";
            assert!(!is_its_own || is_free, "{id} has {name}");
        }
    }
    let stack = Stack::with(&[]);
    for (id, name) in [
        ("Logs", "/aws/lambda/payments-6ba7b810"),
        ("ApiLogs", "/aws/vendedlogs/payments-6ba7b810/api"),
    ] {
        assert_eq!(stack.properties(id)["LogGroupName"], name);
    }
}

#[test]
fn another_table_is_named_to_functions_roles_and_operator() {
    for (given, name, arn) in [
        ("", "Orders", "Orders.Arn"),
        (
            "restored",
            "restored",
            "arn:aws:dynamodb:eu-central-1:111122223333:table/restored",
        ),
    ] {
        let stack = Stack::with(&[("OrdersTable", given)]);
        assert_eq!(stack.output("OrdersTable"), name);
        for (id, _) in resources("AWS::Serverless::Function") {
            assert_eq!(stack.environment(&id)["ORDERS_TABLE"], name, "{id}");
            let role = stack.properties(&format!("{id}Role")).to_string();
            assert!(role.contains(&format!("\"{arn}\"")), "{id}: {role}");
            let is_other = name == "restored";
            assert_eq!(role.contains("Orders.Arn"), !is_other, "{id}: {role}");
            let looks_up = ["GetOrder", "ReconcileOrders"].contains(&id.as_str());
            assert_eq!(
                role.contains("table/Orders/"),
                !is_other && looks_up,
                "{id}"
            );
        }
    }
}

#[test]
fn own_domain_is_what_binance_and_leadscalendar_are_told() {
    let of_aws = "https://Api.execute-api.eu-central-1.amazonaws.com";
    for (given, address) in [
        ("", of_aws),
        ("https://pay.example.com", "https://pay.example.com"),
    ] {
        let stack = Stack::with(&[("PublicUrl", given)]);
        let callback = format!("{address}/binance-callback");
        assert_eq!(stack.environment("CreateOrder")["CALLBACK_URL"], callback);
        assert_eq!(stack.output("CallbackUrl"), callback.as_str());
        assert_eq!(
            stack.output("OrderUrl"),
            format!("{address}/orders").as_str()
        );
    }
}

#[test]
fn alarms_are_heard_by_mail_by_a_topic_by_both_or_by_nobody() {
    let (mail, topic) = (
        "operator@example.com",
        "arn:aws:sns:eu-central-1:111122223333:ops",
    );
    let alarms = resources("AWS::CloudWatch::Alarm");
    for (mail, topic, heard) in [
        ("", "", &[][..]),
        (mail, "", &["AlarmTopic"]),
        ("", topic, &[topic]),
        (mail, topic, &["AlarmTopic", topic]),
    ] {
        let stack = Stack::with(&[("AlarmEmail", mail), ("AlarmTopicArn", topic)]);
        for (id, _) in &alarms {
            let alarm = stack.properties(id);
            for actions in ["AlarmActions", "OKActions", "InsufficientDataActions"] {
                let is_right = alarm[actions] == json!(heard);
                let may_be_absent = actions != "AlarmActions" && alarm[actions].is_null();
                assert!(
                    is_right || may_be_absent,
                    "{id}: {actions} {}",
                    alarm[actions]
                );
            }
        }
        let output = heard.first().map_or(Value::Null, |topic| json!(topic));
        assert_eq!(stack.output("AlarmTopic"), output);
    }
    let topic = template().unwrap()["Resources"]["AlarmTopic"].take();
    assert_eq!(topic["Condition"], "HasAlarmEmail");
    // A key of AWS's own would not let alarms publish.
    assert!(topic["Properties"]["KmsMasterKeyId"].is_null());
}

#[test]
fn american_regions_are_refused() {
    let mut rule = template().unwrap()["Rules"]["OutsideTheUnitedStates"].take();
    let refused = rule["Assertions"][0]["Assert"]["Fn::Not"][0]["Fn::Contains"][0].take();
    let wanted = [
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
        "us-gov-east-1",
        "us-gov-west-1",
    ];
    assert_eq!(refused, json!(wanted));
}
