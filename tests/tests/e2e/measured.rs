//! What CloudWatch makes of the log: metrics of the lines of outcomes, alarms of the lines that call an operator.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use sandbox::binance::{Fault, On, Play};
use sandbox::leadscalendar::Mode;
use sandbox::log_filters::{self, Filter};
use serde_json::{Value, json};
use shared::metrics::{Metric, NAMESPACE};

use crate::binance_failures::refusal;
use crate::log::Log;
use crate::reconcile::MINUTE;
use crate::signed::{assert_acknowledged, deliver, signed_body};
use crate::world::World;

/// The longest line with metrics, in bytes.
const MOST: usize = 800;

static FILTERS: LazyLock<Vec<Filter>> = LazyLock::new(|| log_filters::filters().unwrap());

/// Fails on a line that raises no alarm though an operator must act, or one though he need not, or two; and on metrics that
/// CloudWatch would not take, or that nobody has agreed on.
pub fn judge(text: &str) {
    let line: Value = serde_json::from_str(text).unwrap();
    assert_eq!(line.to_string().len(), text.len(), "a member twice: {text}");

    let counted_by = FILTERS.iter().filter(|filter| filter.counts(&line)).count();
    let expected = match (line["level"].as_str().unwrap(), line["alarm"].as_str()) {
        // The age is read as a number.
        ("ERROR", Some("confirmation.untold")) => 0,
        ("ERROR", Some(_)) => 1,
        ("ERROR", None) => panic!("no alarm: {text}"),
        // What is the caller's to mend, or mends itself.
        _ => 0,
    };
    assert_eq!(counted_by, expected, "{text}");

    for (metric, value) in measured(&line) {
        let is_size = metric.unit().is_some();
        assert!(value > 0 || is_size && value == 0, "{value}: {text}");
    }
    if line.get("_aws").is_some() {
        assert!(text.len() <= MOST, "{} bytes: {text}", text.len());
    }
}

/// The metrics of a line, in the form that CloudWatch reads.
fn measured(line: &Value) -> Vec<(Metric, i64)> {
    let Some(aws) = line.get("_aws") else {
        for metric in Metric::ALL {
            assert_eq!(line.get(metric.name()), None, "{line}");
        }
        return Vec::new();
    };
    assert!(line["stack"].is_string(), "{line}");
    let [directive] = &aws["CloudWatchMetrics"].as_array().unwrap()[..] else {
        panic!("{line}");
    };
    let mut all = Vec::new();
    for metric in Metric::ALL {
        let mut told = json!({"Name": metric.name()});
        if let Some(unit) = metric.unit() {
            told["Unit"] = unit.into();
        }
        let metrics = directive["Metrics"].as_array().unwrap();
        let value = line.get(metric.name());
        if metrics.contains(&told) {
            all.push((metric, value.unwrap().as_i64().unwrap()));
        } else {
            // A member like any other: whoever reads the line wants to see it, and as a metric it would only cost.
            assert!(value.is_none_or(|value| *value == 0), "{line}");
        }
    }
    let names: Vec<_> = directive["Metrics"].as_array().unwrap().clone();
    assert_eq!(names.len(), all.len(), "{line}");
    let expected = json!({
        "Timestamp": aws["Timestamp"].as_i64().unwrap(),
        "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [["stack"]], "Metrics": names}],
    });
    assert_eq!(*aws, expected);
    all
}

/// What the lines of a log measured together, each of its own invocation. Times are left out, since they differ.
fn each(log: &Log) -> Vec<BTreeMap<&'static str, i64>> {
    let lines = log.lines().into_iter();
    let lines = lines.filter(|line| line.get("_aws").is_some());
    lines
        .map(|line| {
            let measured = measured(&line).into_iter();
            measured
                .filter(|(metric, _)| *metric != Metric::BinanceMs)
                .map(|(metric, value)| (metric.name(), value))
                .collect()
        })
        .collect()
}

#[tokio::test]
async fn usual_case_is_measured_where_it_happens() {
    let world = World::start().await;
    let log = Log::start();
    let key = [("idempotency-key", "once")];

    let created = world.create_with(&world.four_fields(), &key).await;
    world.create_with(&world.four_fields(), &key).await;
    let trade_no = created.text_of("merchantTradeNo");
    let binance = world.sandbox.binance();
    binance
        .pay_and_wait(&trade_no, Play::default())
        .await
        .unwrap();
    // Who polls costs no line.
    let lines = log.lines().len();
    assert_eq!(
        world.get(&created.text_of("orderId"), &[]).await.status,
        200
    );
    assert_eq!(log.lines().len(), lines);
    world.reconcile().await;

    let expected = [
        BTreeMap::from([("binanceDone", 1), ("created", 1)]),
        BTreeMap::from([("replayed", 1)]),
        // The list of certificates; and no question about the payment.
        BTreeMap::from([
            ("acknowledged", 1),
            ("binanceDone", 1),
            ("confirmed", 1),
            ("paid", 1),
        ]),
        // It looks whether Binance can be called. That nothing is late is told, too.
        BTreeMap::from([
            ("binanceDone", 1),
            ("oldestDueSec", 0),
            ("oldestUntoldSec", 0),
        ]),
    ];
    assert_eq!(each(&log), expected, "{}", log.text());
}

#[tokio::test]
async fn what_goes_wrong_is_measured_by_its_end() {
    let world = World::start().await;
    let log = Log::start();
    let (binance, leadscalendar) = (world.sandbox.binance(), world.sandbox.leadscalendar());
    leadscalendar.mode(Mode::Down, None);
    let created = world.create(&world.four_fields()).await;
    let left = world.create(&world.four_fields()).await;
    let trade_no = created.text_of("merchantTradeNo");
    binance
        .pay_and_wait(&trade_no, Play::default())
        .await
        .unwrap();
    binance
        .pay(&left.text_of("merchantTradeNo"), Play::in_silence())
        .unwrap();
    let before = each(&log).len();

    for fault in [refusal("400001"), refusal("400606")] {
        binance.fault(On::Create, 1, fault);
        world.create(&world.four_fields()).await;
    }
    binance.fault(On::Create, 1, refusal("400003"));
    binance.fault(On::Create, 1, Fault::LostAnswer);
    assert_eq!(world.create(&world.four_fields()).await.status, 201);
    world.send("POST", "/binance-callback", &[], "{}").await;
    world.reconcile_after(3 * MINUTE).await;

    let run = each(&log).pop().unwrap();
    assert!((1..600).contains(&run["oldestUntoldSec"]), "{run:?}");
    let mut expected = vec![
        BTreeMap::from([("binanceRefused", 1), ("unpaid", 1)]),
        BTreeMap::from([("binanceAccess", 1), ("unpaid", 1)]),
        BTreeMap::from([
            ("binanceDone", 1),
            ("binanceNotDone", 1),
            ("binanceUnknown", 1),
            ("created", 1),
        ]),
        BTreeMap::from([("unacknowledged", 1)]),
    ];
    expected.push(BTreeMap::from([
        ("asked", 2),
        ("binanceDone", 4),
        ("oldestDueSec", 0),
        ("oldestUntoldSec", run["oldestUntoldSec"]),
        ("paid", 1),
        ("settled", 1),
        ("unconfirmed", 2),
        ("untold", 2),
    ]));
    assert_eq!(each(&log)[before..], expected, "{}", log.text());
}

#[tokio::test]
async fn question_about_what_binance_does_not_know_is_answered() {
    let world = World::start().await;
    let about = format!(r#"{{"merchantTradeNo":"{}01"}}"#, "0".repeat(30));
    let envelope = r#"{"bizType":"PAY","bizStatus":"PAY_SUCCESS","bizId":1,"data":"#;
    let notification = signed_body(&world, format!("{envelope}{about}}}")).await;
    let log = Log::start();

    assert_acknowledged(&deliver(&world, &notification).await);

    // The certificates, and the question.
    let expected = [BTreeMap::from([("acknowledged", 1), ("binanceDone", 2)])];
    assert_eq!(each(&log), expected, "{}", log.text());
}
