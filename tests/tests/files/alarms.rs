//! The alarms and the dashboard of `template.yaml`: what is watched, and when somebody is called.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::metrics::{Metric, NAMESPACE};

use crate::template::resources;

/// Alarms that are over some time, and say so.
const STATES: [&str; 9] = [
    "ApiErrorAlarm",
    "BinanceAccessAlarm",
    "CallbackRefusedAlarm",
    "CrashAlarm",
    "ReconcileAlarm",
    "SecretsAlarm",
    "StoreAlarm",
    "ThrottleAlarm",
    "UntoldAlarm",
];

/// Those that tell of something that happened.
const EVENTS: [&str; 8] = [
    "ClockAlarm",
    "ContradictedAlarm",
    "DisputedAlarm",
    "ExhaustedAlarm",
    "RefundAlarm",
    "StuckAlarm",
    "UnknownMoneyAlarm",
    "UnreadableAlarm",
];

pub fn alarms() -> Vec<(String, Value)> {
    resources("AWS::CloudWatch::Alarm")
}

fn alarm(name: &str) -> Value {
    let named = alarms().into_iter().find(|(id, _)| id == name);
    named.unwrap_or_else(|| panic!("no {name}")).1
}

/// The metrics that an alarm reads, each with namespace, name and dimensions. One that is there under a condition is there.
pub fn read_by(alarm: &Value) -> Vec<Value> {
    let Some(several) = alarm["Metrics"].as_array() else {
        return vec![alarm.clone()];
    };
    let several = several.iter().map(|one| match one["Fn::If"].as_array() {
        Some(branches) => &branches[2],
        None => one,
    });
    let several = several.filter_map(|one| one.get("MetricStat"));
    several.map(|stat| stat["Metric"].clone()).collect()
}

/// The dashboard; what stands for a value of the stack is text.
fn dashboard() -> Value {
    let [(_, dashboard)] = &resources("AWS::CloudWatch::Dashboard")[..] else {
        panic!("not one dashboard");
    };
    serde_json::from_str(dashboard["DashboardBody"]["Fn::Sub"].as_str().unwrap()).unwrap()
}

/// What the dashboard draws: namespace, name, and the dimensions in a row.
fn drawn() -> Vec<Vec<Value>> {
    let dashboard = dashboard();
    let widgets = dashboard["widgets"].as_array().unwrap().iter();
    let metrics = widgets.filter_map(|widget| widget["properties"]["metrics"].as_array());
    metrics
        .flatten()
        .map(|metric| metric.as_array().unwrap().clone())
        .collect()
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[test]
fn every_metric_is_read_by_an_alarm_or_the_dashboard_and_there_is_no_other() {
    let stack = json!([{"Name": "stack", "Value": {"Ref": "AWS::StackName"}}]);
    let mut read = BTreeSet::new();
    for metric in alarms().iter().flat_map(|(_, alarm)| read_by(alarm)) {
        if metric["Namespace"] == NAMESPACE {
            assert_eq!(metric["Dimensions"], stack, "{metric}");
            read.insert(text(&metric["MetricName"]));
        }
    }
    let drawn = drawn();
    for metric in drawn.iter().filter(|metric| metric[0] == NAMESPACE) {
        assert_eq!(metric[2..4], ["stack", "${AWS::StackName}"], "{metric:?}");
        read.insert(text(&metric[1]));
    }
    let written = Metric::ALL.map(|metric| metric.name().to_owned());
    assert_eq!(read, written.into());
    assert!(Metric::ALL.len() <= 20);
    // What the first dashboards may have without being paid for.
    assert!(drawn.len() <= 50, "{}", drawn.len());
}

#[test]
fn dashboard_answers_four_questions_in_their_order_and_shows_every_alarm() {
    let dashboard = dashboard();
    let widgets = dashboard["widgets"].as_array().unwrap();
    let asked = widgets.iter().filter(|widget| widget["type"] == "text");
    let asked: Vec<_> = asked
        .map(|widget| text(&widget["properties"]["markdown"]))
        .collect();
    let questions = [
        "## Are people paying?",
        "## Is LeadsCalendar told?",
        "## Is Binance well?",
        "## Are we well?",
    ];
    assert_eq!(asked, questions);
    let places = widgets.iter().map(|one| one["y"].as_u64().unwrap());
    assert!(places.is_sorted());
    let shown = widgets.iter().find(|widget| widget["type"] == "alarm");
    let shown = shown.unwrap()["properties"]["alarms"].as_array().unwrap();
    let shown: BTreeSet<_> = shown.iter().map(text).collect();
    let all = alarms().into_iter().map(|(id, _)| format!("${{{id}.Arn}}"));
    assert_eq!(shown, all.collect());
}

#[test]
fn states_say_when_they_are_over_and_events_do_not() {
    let alarms = alarms();
    let all: BTreeSet<_> = alarms.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(all, STATES.into_iter().chain(EVENTS).collect());
    let told = &alarm("UntoldAlarm")["AlarmActions"];
    assert!(told.to_string().contains("AlarmTopic"), "{told}");
    for (id, alarm) in &alarms {
        assert_eq!(alarm["AlarmActions"], *told, "{id}");
        let is_state = STATES.contains(&id.as_str());
        let over = if is_state { told } else { &Value::Null };
        assert_eq!(alarm["OKActions"], *over, "{id}");
        let silent = if id == "ReconcileAlarm" {
            told
        } else {
            &Value::Null
        };
        assert_eq!(alarm["InsufficientDataActions"], *silent, "{id}");
        // Only of what each run says is silence no news.
        let missing = match id.as_str() {
            "ReconcileAlarm" => "missing",
            "UntoldAlarm" => "ignore",
            _ => "notBreaching",
        };
        assert_eq!(alarm["TreatMissingData"], missing, "{id}");
        assert!(
            alarm["AlarmDescription"].as_str().unwrap().len() > 20,
            "{id}"
        );
    }
}

#[test]
fn leadscalendar_away_is_an_alarm_after_ten_minutes() {
    let untold = alarm("UntoldAlarm");
    assert_eq!(untold["MetricName"], Metric::OldestUntoldSec.name());
    assert_eq!(untold["Threshold"], 600);
    assert_eq!(
        untold["ComparisonOperator"],
        "GreaterThanOrEqualToThreshold"
    );
    // Raised by the first run that says so: the largest number of one minute is enough.
    assert_eq!(untold["Statistic"], "Maximum");
    assert_eq!(
        (&untold["Period"], &untold["EvaluationPeriods"]),
        (&json!(60), &json!(1))
    );
}

#[test]
fn reconcile_behind_or_silent_is_one_alarm() {
    let reconcile = alarm("ReconcileAlarm");
    assert_eq!(reconcile["MetricName"], Metric::OldestDueSec.name());
    assert_eq!(reconcile["Threshold"], 300);
    assert_eq!(reconcile["ComparisonOperator"], "GreaterThanThreshold");
    assert_eq!(reconcile["Statistic"], "Maximum");
}

#[test]
fn rates_are_judged_over_a_quarter_of_an_hour_and_from_a_number_on() {
    for (name, expression, threshold) in [
        (
            "ApiErrorAlarm",
            "IF(errors >= 5, 100 * errors / calls, 0)",
            20,
        ),
        (
            "CallbackRefusedAlarm",
            "IF(refused >= 10, 100 * refused / (refused + FILL(taken, 0)), 0)",
            50,
        ),
    ] {
        let alarm = alarm(name);
        assert_eq!(alarm["Metrics"][0]["Expression"], expression);
        assert_eq!(alarm["Threshold"], threshold, "{name}");
        assert_eq!(alarm["ComparisonOperator"], "GreaterThanOrEqualToThreshold");
        for input in &alarm["Metrics"].as_array().unwrap()[1..] {
            assert_eq!(input["MetricStat"]["Period"], 900, "{name}");
            assert_eq!(input["MetricStat"]["Stat"], "Sum", "{name}");
            assert_eq!(input["ReturnData"], false, "{name}");
        }
    }
}

#[test]
fn throttles_are_one_sum_without_what_is_throttled_by_design() {
    let throttle = alarm("ThrottleAlarm");
    let inputs = throttle["Metrics"].as_array().unwrap();
    assert_eq!(inputs[0]["Expression"], "SUM(METRICS())");
    let functions: BTreeSet<_> = read_by(&throttle)
        .into_iter()
        .map(|metric| text(&metric["Dimensions"][0]["Value"]["Ref"]))
        .collect();
    let all = resources("AWS::Serverless::Function").into_iter();
    assert_eq!(functions, all.map(|(id, _)| id).collect());
    let by_design = inputs.iter().filter(|input| input["Fn::If"].is_array());
    let [callback] = &by_design.collect::<Vec<_>>()[..] else {
        panic!("{throttle}");
    };
    assert_eq!(callback["Fn::If"][0], "ReservesForCallback");
    assert_eq!(callback["Fn::If"][1], json!({"Ref": "AWS::NoValue"}));
    assert_eq!(callback["Fn::If"][2]["Id"], "binanceCallback");
}
