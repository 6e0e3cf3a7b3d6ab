use super::*;

#[test]
fn names_are_different_and_cloudwatch_takes_them() {
    for (at, metric) in Metric::ALL.into_iter().enumerate() {
        let name = metric.name();
        assert!(
            name.bytes().all(|byte| byte.is_ascii_alphabetic()),
            "{name}"
        );
        let first = Metric::ALL.iter().position(|other| other.name() == name);
        assert_eq!(first, Some(at), "{name}");
    }
}

#[test]
fn what_was_counted_is_taken_once_and_nothing_is_written_for_none() {
    count(Metric::Asked);
    add(Metric::Asked, 2);
    add(Metric::Settled, 0);
    greatest(Metric::BinanceMs, 150);
    greatest(Metric::BinanceMs, 90);
    // An age is no count: that there is nothing old is news, too.
    greatest(Metric::OldestDueSec, 0);

    assert!(are_waiting());
    let expected = [
        (Metric::Asked, 3),
        (Metric::BinanceMs, 150),
        (Metric::OldestDueSec, 0),
    ];
    assert_eq!(take(), expected);
    assert!(!are_waiting());
    assert_eq!(take(), []);
}

#[test]
fn members_say_what_cloudwatch_reads_and_end_where_there_is_no_more_room() {
    let all = [
        (Metric::Paid, 2),
        (Metric::BinanceMs, 150),
        (Metric::OldestDueSec, 0),
    ];
    let whole = r#","paid":2,"binanceMs":150,"stack":"a\"b","_aws":{"Timestamp":7,"CloudWatchMetrics":[{"Namespace":"LeadsCalendarPayments","Dimensions":[["stack"]],"Metrics":[{"Name":"paid"},{"Name":"binanceMs","Unit":"Milliseconds"}]}]}"#;

    let (some, rest) = members(&all, whole.len(), r#"a"b"#, 7);
    assert_eq!((some.as_str(), rest), (whole, &all[2..]));
    let (fewer, rest) = members(&all, whole.len() - 1, r#"a"b"#, 7);
    assert!(fewer.len() < whole.len(), "{fewer}");
    assert_eq!(rest, &all[1..]);
    let (least, rest) = members(&all, 0, "s", 7);
    assert!(
        least.starts_with(r#","paid":2,"stack":"s","_aws""#),
        "{least}"
    );
    assert_eq!(rest, &all[1..]);
}
