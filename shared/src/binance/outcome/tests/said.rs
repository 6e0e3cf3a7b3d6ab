//! What is made of an answer.

use super::*;
use crate::binance::BinanceError;

#[test]
fn each_code_says_what_it_says_and_nothing_else() {
    type Says = fn(&Answer) -> bool;
    let all: [(&str, Says, &[&str]); 5] = [
        ("taken", Answer::says_taken, &["400201"]),
        ("balance", Answer::says_balance_too_low, &["400304"]),
        ("clock", Answer::is_clock, &["400003"]),
        (
            "end",
            Answer::may_refuse_end,
            &["400001", "400100", "400101", "400102"],
        ),
        (
            "credentials",
            Answer::blames_credentials,
            &["400002", "400004", "400005"],
        ),
    ];
    let codes = [
        "400001", "400002", "400003", "400004", "400005", "400100", "400101", "400102", "400201",
        "400203", "400304",
    ];
    for (what, says, by) in all {
        for code in codes {
            let expected = by.contains(&code);
            assert_eq!(
                says(&answer(401, Some(code), "")),
                expected,
                "{what} {code}"
            );
        }
    }
    assert!(answer(401, None, "").blames_credentials());
    assert!(!answer(403, None, "").blames_credentials());
}

#[test]
fn answer_is_told_by_status_code_and_message() {
    assert_eq!(
        answer(400, Some("400001"), "no").to_string(),
        "HTTP status 400, code 400001, no"
    );
    assert_eq!(
        said("none came").to_string(),
        "HTTP status none, code none, none came"
    );
}

#[test]
fn front_without_json_is_told_by_its_status() {
    for (http_status, message) in [
        (429, "the rate limit is reached (HTTP status 429)"),
        (403, "access is denied (HTTP status 403)"),
        (451, "access is denied (HTTP status 451)"),
        (502, "an answer that is not Binance's JSON"),
    ] {
        assert_eq!(read_err(http_status, "<html>").answer().message, message);
    }
    for (http_status, unreadable) in [(299, Some(WHOLE)), (300, None)] {
        assert_eq!(
            read_err(http_status, "<html>").answer().unreadable,
            unreadable
        );
    }
}

#[test]
fn success_that_cannot_be_read_is_unknown_by_its_field() {
    let success = read(200, None, br#"{"status":"SUCCESS","code":"000000"}"#).unwrap();
    let field = Unreadable("prepayId");
    let CallError::Unknown(answer) = success.unreadable(field) else {
        panic!();
    };
    assert_eq!(answer.http_status, Some(200));
    assert_eq!(answer.unreadable, Some(field));
    assert!(answer.message.contains("a success whose"), "{answer}");
    assert!(answer.is_unreadable_in_part());
}

#[test]
fn end_of_a_call_says_who_must_act_and_what_to_do() {
    let of = |http_status, code| answer(http_status, code, "");
    let whole = Answer {
        unreadable: Some(WHOLE),
        ..of(200, None)
    };
    let part = Answer::unreadable_success(Unreadable("prepayId"));
    let access = Some("binance.access");
    let none = [false, false];
    // Alarm, clock, unreadable in part or as a whole, rate limit.
    for (error, alarm, is_clock, unreadable, is_limit) in [
        (CallError::Access(of(403, None)), access, false, none, false),
        (CallError::Refused(part.clone()), None, false, none, false),
        (
            CallError::NotDone(of(200, Some("400003"))),
            None,
            true,
            none,
            false,
        ),
        (CallError::NotDone(of(429, None)), None, false, none, true),
        (CallError::Unknown(of(429, None)), None, false, none, false),
        (CallError::Unknown(whole), None, false, [false, true], false),
        (CallError::Unknown(part), None, false, [true, true], false),
    ] {
        let answer = error.answer().clone();
        let error = BinanceError::from(error);
        assert_eq!(error.answer(), Some(&answer));
        assert_eq!(
            (error.alarm(), error.is_clock()),
            (alarm, is_clock),
            "{error}"
        );
        assert_eq!(
            [false, true].map(|if_whole| error.is_unreadable(if_whole)),
            unreadable,
            "{error}"
        );
        assert_eq!(error.rate_limit(), Some(&answer).filter(|_| is_limit));
    }
}
