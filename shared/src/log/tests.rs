use std::sync::Arc;

use tracing::{Instrument as _, debug, error_span, info, subscriber::with_default, warn};

use super::*;
use crate::metrics::Metric;

/// What was written, and where it is written to.
#[derive(Clone, Default)]
pub(crate) struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    /// The lines so far.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().unwrap()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lines that `work` logs.
fn logged(level: Level, work: impl FnOnce()) -> Vec<String> {
    let written = Written::default();
    with_default(subscriber(written.clone(), level, "sandbox"), work);
    let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// A line without its `timestamp`, which must be its first member, of RFC 3339 in UTC with milliseconds.
fn untimed(line: &str) -> String {
    let rest = line.strip_prefix(r#"{"timestamp":""#).expect(line);
    let (time, rest) = rest.split_once(r#"","#).expect(line);
    assert_eq!(time.len(), "2026-11-22T09:00:00.000Z".len(), "{line}");
    assert!(time.ends_with('Z'), "{line}");
    assert!(time.parse::<Timestamp>().is_ok(), "{line}");
    format!("{{{rest}")
}

#[test]
fn line_has_its_time_its_level_its_message_and_its_fields_in_that_order() {
    let lines = logged(Level::INFO, || {
        let none = None::<&str>;
        info!(
            order.id = "07",
            attempts = 2_u8,
            shift = -1_i64,
            replayed = false,
            reason = ?Some("\"\n"),
            none,
            "order {} answered",
            7
        );
    });
    let expected = r#"{"level":"INFO","message":"order 7 answered","order.id":"07","attempts":2,"shift":-1,"replayed":false,"reason":"Some(\"\\\"\\n\")"}"#;
    assert_eq!(
        lines.iter().map(|line| untimed(line)).collect::<Vec<_>>(),
        [expected]
    );
}

#[test]
fn fields_of_the_spans_around_a_line_stand_in_it_once() {
    let lines = logged(Level::INFO, || {
        let invocation = error_span!("invocation", request_id = "r-1");
        let order = error_span!(parent: &invocation, "order", order.id = "07", trade_no = "0701");
        order.in_scope(|| {
            warn!(trade_no = "0702", "attempt two");
            info!("attempt one");
        });
        invocation.in_scope(|| info!(request_id = "r-1", "done"));
        info!("outside");
    });
    let expected = [
        r#"{"level":"WARN","message":"attempt two","request_id":"r-1","order.id":"07","trade_no":"0702"}"#,
        r#"{"level":"INFO","message":"attempt one","request_id":"r-1","order.id":"07","trade_no":"0701"}"#,
        r#"{"level":"INFO","message":"done","request_id":"r-1"}"#,
        r#"{"level":"INFO","message":"outside"}"#,
    ];
    assert_eq!(
        lines.iter().map(|line| untimed(line)).collect::<Vec<_>>(),
        expected
    );
}

#[test]
fn fields_that_a_span_learns_later_stand_in_the_lines_after() {
    let lines = logged(Level::INFO, || {
        let order = error_span!("order", trade_no = field::Empty);
        order.in_scope(|| info!("before"));
        order.record("trade_no", "0701");
        order.in_scope(|| info!("after"));
    });
    let expected = [
        r#"{"level":"INFO","message":"before"}"#,
        r#"{"level":"INFO","message":"after","trade_no":"0701"}"#,
    ];
    assert_eq!(
        lines.iter().map(|line| untimed(line)).collect::<Vec<_>>(),
        expected
    );
}

/// The lines of an outcome after `measure`, without their time.
fn outcome(measure: impl FnOnce()) -> Vec<String> {
    measure();
    let lines = logged(Level::INFO, || {
        error_span!("invocation", request_id = "r-1")
            .in_scope(|| warn!(target: OUTCOME, alarm = "a.b", "done"));
        info!("after it");
    });
    let lines = lines.iter().map(|line| {
        assert!(line.len() <= OUTCOME_BYTES, "{line}");
        let line = untimed(line);
        let Some((before, rest)) = line.split_once(r#""Timestamp":"#) else {
            return line;
        };
        // In milliseconds, of this moment.
        let (at_ms, rest) = rest.split_once(',').unwrap();
        assert!((now_ms() - at_ms.parse::<i64>().unwrap()).abs() < 60_000);
        format!(r#"{before}"Timestamp":0,{rest}"#)
    });
    lines.collect()
}

const OUTCOME_LINE: &str = r#"{"level":"WARN","message":"done","request_id":"r-1","alarm":"a.b""#;
const AFTER_IT: &str = r#"{"level":"INFO","message":"after it"}"#;

#[test]
fn outcome_of_an_invocation_that_measured_nothing_is_a_line_like_any_other() {
    assert_eq!(
        outcome(|| ()),
        [format!("{OUTCOME_LINE}}}"), AFTER_IT.to_owned()]
    );
}

#[test]
fn outcome_has_what_was_measured_once() {
    let lines = outcome(|| {
        metrics::count(Metric::Paid);
        metrics::greatest(Metric::BinanceMs, 12);
    });
    let measured = r#","paid":1,"binanceMs":12,"stack":"sandbox","_aws":{"Timestamp":0,"CloudWatchMetrics":[{"Namespace":"LeadsCalendarPayments","Dimensions":[["stack"]],"Metrics":[{"Name":"paid"},{"Name":"binanceMs","Unit":"Milliseconds"}]}]}}"#;
    assert_eq!(
        lines,
        [format!("{OUTCOME_LINE}{measured}"), AFTER_IT.to_owned()]
    );
}

#[test]
fn what_has_no_room_in_the_outcome_stands_in_a_line_of_its_own_and_raises_no_alarm() {
    let lines = outcome(|| {
        for metric in Metric::ALL {
            metrics::greatest(metric, 1_000_000);
        }
    });
    let [first, second, after] = &lines[..] else {
        panic!("{lines:#?}");
    };
    assert!(first.starts_with(OUTCOME_LINE), "{first}");
    let besides = r#"{"level":"INFO","message":"measured besides","request_id":"r-1",""#;
    assert!(second.starts_with(besides), "{second}");
    assert_eq!(after, AFTER_IT);
    for metric in Metric::ALL {
        let value = format!(r#","{}":1000000,"#, metric.name());
        assert_eq!(lines.concat().matches(&value).count(), 1, "{lines:#?}");
        let named = format!(r#"{{"Name":"{}""#, metric.name());
        let where_valued = lines.iter().position(|line| line.contains(&value));
        assert_eq!(
            lines.iter().position(|line| line.contains(&named)),
            where_valued
        );
    }
}

#[test]
fn panic_is_a_line_that_does_not_say_what_it_stumbled_over() {
    let before = std::panic::take_hook();
    let here = std::thread::current().id();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().id() == here {
            panicked(panic);
        } else {
            before(panic);
        }
    }));
    let lines = logged(Level::INFO, || {
        let ended = std::panic::catch_unwind(|| panic!("hush"));
        assert!(ended.is_err());
    });
    drop(std::panic::take_hook());

    let [line] = &lines[..] else {
        panic!("{lines:#?}");
    };
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["level"], "ERROR");
    assert_eq!(line["alarm"], "program.panicked");
    let at = line["at"].as_str().unwrap();
    assert!(at.starts_with(file!()), "{at}");
    assert_eq!(
        line["message"],
        format!("a bug: the program panicked at {at}")
    );
}

#[test]
fn libraries_are_heard_from_warnings_on_and_ours_from_the_level_that_is_asked_for() {
    let speak = || {
        info!(target: "hyper", "library");
        warn!(target: "hyper", "library");
        debug!("ours");
        info!("ours");
        warn!("ours");
        tracing::error!("ours");
    };
    let heard = |level| {
        let lines = logged(level, speak).into_iter();
        lines
            .map(|line| {
                let line: Value = serde_json::from_str(&line).unwrap();
                format!(
                    "{} {}",
                    line["level"].as_str().unwrap(),
                    line["message"].as_str().unwrap()
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        heard(Level::INFO),
        ["WARN library", "INFO ours", "WARN ours", "ERROR ours"]
    );
    assert_eq!(heard(Level::DEBUG).len(), 5);
    assert_eq!(heard(Level::ERROR), ["ERROR ours"]);
}

#[tokio::test]
async fn work_that_waits_keeps_its_fields() {
    let written = Written::default();
    let _guard =
        tracing::subscriber::set_default(subscriber(written.clone(), Level::INFO, "sandbox"));
    let work = async |name: &'static str| {
        tokio::task::yield_now().await;
        info!(name, "worked");
    };
    tokio::join!(
        work("a").instrument(error_span!("order", order.id = "a")),
        work("b").instrument(error_span!("order", order.id = "b")),
    );
    let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["order.id"], line["name"], "{line}");
    }
    assert_eq!(text.lines().count(), 2);
}
