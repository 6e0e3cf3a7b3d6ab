use std::sync::Arc;

use tracing::{Instrument as _, debug, error_span, info, subscriber::with_default, warn};

use super::*;

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
