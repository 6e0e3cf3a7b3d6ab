//! The metric filters of `template.yaml`, played on lines as the functions log them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::template::resources;

/// A metric filter: what it looks for, and what it makes of a line that has it.
struct Filter {
    field: String,
    operator: String,
    operand: String,
    metric: String,
    value: String,
}

/// Every metric filter; a pattern that is not of the form `{ $.field = "text" }` or `{ $.field >= number }` is one that
/// this test cannot play.
fn filters() -> Vec<Filter> {
    let filters = resources("AWS::Logs::MetricFilter").into_iter();
    filters.map(|(id, filter)| read(&id, &filter)).collect()
}

fn read(id: &str, filter: &Value) -> Filter {
    let pattern = filter["FilterPattern"].as_str().unwrap();
    let inner = pattern
        .strip_prefix("{ $.")
        .and_then(|rest| rest.strip_suffix(" }"));
    let words: Vec<&str> = inner.unwrap_or_default().split(' ').collect();
    let [field, operator, operand] = words[..] else {
        panic!("{id}: {pattern} cannot be played");
    };
    let [made] = &filter["MetricTransformations"].as_array().unwrap()[..] else {
        panic!("{id} makes more than one metric");
    };
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    Filter {
        field: field.to_owned(),
        operator: operator.to_owned(),
        operand: operand.trim_matches('"').to_owned(),
        metric: text("MetricName"),
        value: text("MetricValue"),
    }
}

impl Filter {
    /// What it makes of a line; a field that is not at the top, or no number where one is compared, is not found.
    fn made_of(&self, line: &Value) -> Option<(&str, f64)> {
        let value = &line[&self.field];
        let found = match self.operator.as_str() {
            "=" => value
                .as_str()
                .is_some_and(|text| match self.operand.strip_suffix('*') {
                    Some(start) => text.starts_with(start),
                    None => text == self.operand,
                }),
            ">=" => value
                .as_f64()
                .is_some_and(|number| number >= self.operand.parse().unwrap()),
            other => panic!("{other} cannot be played"),
        };
        let made = match self.value.strip_prefix("$.") {
            Some(name) => line[name].as_f64(),
            None => Some(self.value.parse().unwrap()),
        };
        made.filter(|_| found)
            .map(|made| (self.metric.as_str(), made))
    }
}

fn summary() -> Value {
    json!({
        "timestamp": "2026-11-26T09:00:00.000Z", "level": "INFO", "message": "reconciled", "request_id": "r",
        "asked": 3, "settled": 2, "confirmed": 1, "failed": 0, "left": false,
        "oldestDueSec": 0, "oldestUntoldSec": 660, "untold": 7, "exhausted": 2,
    })
}

#[test]
fn each_line_makes_the_metrics_that_its_alarms_need() {
    let line = |level: &str, alarm: &str| json!({"timestamp": "2026-11-26T09:00:00.000Z", "level": level, "message": "a sentence", "alarm": alarm});
    let filters = filters();
    let mut made = BTreeSet::new();
    for (line, expected) in [
        (json!({"level": "INFO", "message": "created"}), &[][..]),
        (json!({"level": "WARN", "message": "ERROR"}), &[]),
        (
            json!({"level": "ERROR", "message": "m"}),
            &[("ErrorsLogged", 1.0)],
        ),
        (
            line("ERROR", "order.disputed"),
            &[("ErrorsLogged", 1.0), ("OrdersDisputed", 1.0)],
        ),
        (
            line("ERROR", "binance.unreadable"),
            &[("ErrorsLogged", 1.0)],
        ),
        (
            line("ERROR", "confirmation.exhausted"),
            &[("ConfirmationsExhausted", 1.0), ("ErrorsLogged", 1.0)],
        ),
        (
            summary(),
            &[
                ("Exhausted", 2.0),
                ("OldestDueSec", 0.0),
                ("OldestUntoldSec", 660.0),
                ("Untold", 7.0),
            ],
        ),
    ] {
        let mut metrics: Vec<_> = filters.iter().filter_map(|it| it.made_of(&line)).collect();
        metrics.sort_by(|one, other| one.0.cmp(other.0));
        assert_eq!(metrics, expected, "{line}");
        made.extend(metrics.into_iter().map(|(name, _)| name.to_owned()));
    }
    let all: BTreeSet<_> = filters.iter().map(|filter| filter.metric.clone()).collect();
    assert_eq!(made, all, "a filter that no line passes");
}

#[test]
fn number_that_was_written_as_text_makes_no_metric() {
    let mut line = summary();
    for name in ["oldestDueSec", "oldestUntoldSec", "untold", "exhausted"] {
        line[name] = line[name].to_string().into();
    }
    assert!(
        filters()
            .iter()
            .all(|filter| filter.made_of(&line).is_none())
    );
}

#[test]
fn each_alarm_of_our_own_has_a_filter_that_makes_its_metric() {
    let made: BTreeSet<_> = filters().into_iter().map(|filter| filter.metric).collect();
    let alarms = resources("AWS::CloudWatch::Alarm");
    let own = alarms
        .iter()
        .filter(|(_, alarm)| alarm["Namespace"] == json!({"Ref": "AWS::StackName"}));
    let watched: BTreeSet<_> = own
        .map(|(_, alarm)| alarm["MetricName"].as_str().unwrap().to_owned())
        .collect();
    let charts = BTreeSet::from(["Exhausted".to_owned(), "Untold".to_owned()]);
    assert_eq!(&made - &charts, watched);
}

#[test]
fn leadscalendar_away_is_an_alarm_after_ten_minutes() {
    let alarms = resources("AWS::CloudWatch::Alarm");
    let (_, untold) = alarms.iter().find(|(id, _)| id == "UntoldAlarm").unwrap();
    assert_eq!(untold["MetricName"], "OldestUntoldSec");
    assert_eq!(untold["Threshold"], 600);
    // Raised by the first run that says so: the largest number of one minute is enough.
    assert_eq!(untold["Statistic"], "Maximum");
    assert_eq!(
        (&untold["Period"], &untold["EvaluationPeriods"]),
        (&json!(60), &json!(1))
    );
}
