use super::*;
use crate::binance::Answer;
use crate::binance::outcome::said;

/// The ends of a call, in a word.
fn ended(end: &str) -> CallError {
    let answer = |http_status, code: Option<&str>| Answer {
        http_status: Some(http_status),
        code: code.map(str::to_owned),
        ..Answer::default()
    };
    match end {
        "429" => CallError::NotDone(answer(429, None)),
        "406108" => CallError::NotDone(answer(200, Some("406108"))),
        "429 and a fault" => CallError::Unknown(answer(429, Some("400000"))),
        "clock" => CallError::NotDone(answer(200, Some("400003"))),
        "no connection" => CallError::NotDone(said("no connection")),
        "fault" => CallError::Unknown(answer(500, None)),
        "no answer" => CallError::Unknown(said("no answer in time")),
        "refused" => CallError::Refused(answer(200, Some("400201"))),
        "access" => CallError::Access(answer(403, None)),
        other => panic!("{other}"),
    }
}

#[test]
fn what_is_repeated_depends_on_the_call_and_its_end() {
    // Creating and closing, asking, certificates.
    for (end, expected) in [
        ("429", [true, false, false]),
        ("406108", [true, false, false]),
        ("429 and a fault", [false, false, false]),
        ("clock", [true, true, false]),
        ("no connection", [true, true, false]),
        ("fault", [false, true, false]),
        ("no answer", [false, true, false]),
        ("refused", [false, false, false]),
        ("access", [false, false, false]),
    ] {
        let repeats =
            [CREATE_ORDER, QUERY_ORDER, CERTIFICATES].map(|call| call.repeats(&ended(end)));
        assert_eq!(repeats, expected, "{end}");
        assert_eq!(CLOSE_ORDER.repeats(&ended(end)), expected[0], "{end}");
    }
}

#[test]
fn rate_limit_is_told_by_status_or_code() {
    for (end, expected) in [
        ("429", true),
        ("406108", true),
        ("429 and a fault", true),
        ("clock", false),
        ("fault", false),
        ("no answer", false),
        ("access", false),
    ] {
        assert_eq!(ended(end).answer().is_rate_limit(), expected, "{end}");
    }
}

#[test]
fn that_binance_does_not_know_what_it_was_asked_about_is_an_answer() {
    let coded = |code: Option<&str>| {
        CallError::Refused(Answer {
            http_status: Some(400),
            code: code.map(str::to_owned),
            ..Answer::default()
        })
    };
    // Of a refund by any code, since none is documented; of an order by its own.
    for (code, expected) in [
        (Some("400202"), [true, true]),
        (Some("400301"), [false, true]),
        (Some("400001"), [false, true]),
        (Some("999999"), [false, true]),
        (None, [false, true]),
    ] {
        let error = coded(code);
        let answered = [QUERY_ORDER, QUERY_REFUND].map(|call| call.is_answered_by(&error));
        assert_eq!(answered, expected, "{code:?}");
        // Who was to do something did not do it.
        for call in [CREATE_ORDER, CLOSE_ORDER, REFUND_ORDER] {
            assert!(!call.is_answered_by(&error), "{}", call.name);
        }
    }
    for end in [
        "429",
        "clock",
        "no connection",
        "fault",
        "no answer",
        "access",
    ] {
        for call in [QUERY_ORDER, QUERY_REFUND] {
            assert!(!call.is_answered_by(&ended(end)), "{} {end}", call.name);
        }
    }
}

#[test]
fn refund_is_repeated_only_where_it_was_not_done() {
    for end in ["429", "406108", "clock", "no connection"] {
        assert!(REFUND_ORDER.repeats(&ended(end)), "{end}");
    }
    for end in ["429 and a fault", "fault", "no answer", "refused", "access"] {
        assert!(!REFUND_ORDER.repeats(&ended(end)), "{end}");
    }
}
