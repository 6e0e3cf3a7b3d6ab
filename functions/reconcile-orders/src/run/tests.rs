use std::io::{self, Write};
use std::sync::Arc;

use shared::aws::Failure;
use shared::log;
use tracing::Level;
use tracing::subscriber::with_default;

use super::*;

/// What was written to the log.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lines that `work` writes.
fn lines(work: impl FnOnce()) -> Vec<String> {
    let written = Written::default();
    let subscriber = log::subscriber(written.clone(), Level::INFO, "sandbox");
    with_default(subscriber, work);
    let bytes = written.0.lock().unwrap();
    let text = String::from_utf8_lossy(&bytes);
    text.lines().map(str::to_owned).collect()
}

#[test]
fn summary_has_each_count_under_its_own_name() {
    let clock = OrderClock::default();
    let run = Run::new(clock, vec![0, 1], i64::MAX);
    let counts = &run.counts;
    let counters = [
        &counts.asked,
        &counts.settled,
        &counts.confirmed,
        &counts.failed,
    ];
    for (counter, times) in counters.into_iter().zip(1..) {
        (0..times).for_each(|_| count(counter));
    }
    let now_ms = clock.now_ms();
    for ago_ms in [20_500, 40_500, 30_500] {
        run.leave(now_ms - ago_ms);
    }
    let untold = UntoldOrders {
        since_ms: Some(now_ms - 50_500),
        repeating: 6,
        exhausted: 7,
    };

    let (summary, failure) = run.summary(Some(untold));

    assert!(failure.is_none());
    let expected = Summary {
        asked: 1,
        settled: 2,
        confirmed: 3,
        failed: 4,
        left: 3,
        oldest_due_sec: 40,
        untold: Some(6),
        oldest_untold_sec: Some(50),
        exhausted: Some(7),
    };
    assert_eq!(summary, expected);
}

#[test]
fn run_has_failed_where_neither_lane_could_read_any_shard() {
    for (unread, has_failed) in [(0, false), (3, false), (4, true)] {
        let run = Run::new(OrderClock::default(), vec![0, 1], i64::MAX);
        (0..unread).for_each(|_| run.unread(0, StoreError::Raced));
        assert_eq!(run.summary(None).1.is_some(), has_failed, "{unread}");
    }
}

#[test]
fn work_is_begun_and_bounded_by_what_is_left_of_the_time() {
    let now_ms = now_ms();
    let run = Run::new(OrderClock::default(), Vec::new(), now_ms + 10_000);
    assert!(run.has_time(9_000));
    assert!(!run.has_time(10_001));
    assert_eq!(run.within_ms(60_000, 2_000), now_ms + 8_000);
    assert!((now_ms + 1_000..now_ms + 2_000).contains(&run.within_ms(1_000, 2_000)));
}

#[test]
fn operator_hears_what_leads_calendar_has_not_accepted_for_ten_minutes() {
    for (untold, secs, is_told) in [
        (Some(2), Some(600), true),
        (Some(2), Some(86_400), true),
        (Some(2), Some(599), false),
        (Some(0), Some(0), false),
        (None, None, false),
    ] {
        let summary = Summary {
            untold,
            oldest_untold_sec: secs,
            ..Summary::default()
        };
        let lines = lines(|| summary.log(true));
        let mut lines = lines.iter();
        assert!(lines.next().unwrap().contains(r#""message":"reconciled""#));
        let alarm = lines.next().map(String::as_str).unwrap_or_default();
        let expected = format!(
            "LeadsCalendar has not accepted what it was told for {} seconds, of 2 orders",
            secs.unwrap_or_default()
        );
        let is_alarm = [
            r#""level":"ERROR""#,
            r#""alarm":"confirmation.untold""#,
            &expected,
        ]
        .into_iter()
        .all(|part| alarm.contains(part));
        assert_eq!(is_alarm, is_told, "{secs:?}: {alarm}");
        assert_eq!(alarm.is_empty(), !is_told, "{secs:?}: {alarm}");
        assert_eq!(lines.next(), None);
    }
}

#[test]
fn run_says_that_it_left_orders_if_it_did() {
    for (left, is_said) in [(0, false), (1, true), (7, true)] {
        let summary = Summary {
            left,
            ..Summary::default()
        };
        let lines = lines(|| summary.log(true));
        let expected =
            format!("stopped for lack of time, at least {left} orders are left for the next run");
        let warned = lines
            .iter()
            .filter(|line| line.contains(r#""level":"WARN""#));
        let warned: Vec<bool> = warned.map(|line| line.contains(&expected)).collect();
        assert_eq!(warned, vec![true; is_said.into()]);
        assert_eq!(lines.len(), 1 + usize::from(is_said));
    }
}

#[test]
fn how_far_behind_it_is_a_run_tells_that_has_read_the_queue() {
    let summary = Summary {
        oldest_due_sec: 40,
        ..Summary::default()
    };
    for has_read in [false, true] {
        let lines = lines(|| summary.log(has_read));
        assert_eq!(
            lines.concat().contains(r#""oldestDueSec":40"#),
            has_read,
            "{lines:?}"
        );
    }
}

#[test]
fn order_that_failed_is_counted_and_is_an_alarm_if_it_does_not_mend_itself() {
    let missing = StoreError::Unavailable(Failure::NotSetUp("missing".to_owned()));
    let id = OrderId::from_random([0xa5; 15]);
    for (error, level) in [(StoreError::Raced, "WARN"), (missing, "ERROR")] {
        let run = Run::new(OrderClock::default(), Vec::new(), i64::MAX);
        let lines = lines(|| run.failed(&id, &error));
        let level = format!(r#""level":"{level}""#);
        assert!(lines.concat().contains(&level), "{lines:?}");
        assert_eq!((lines.len(), run.summary(None).0.failed), (1, 1));
    }
}
