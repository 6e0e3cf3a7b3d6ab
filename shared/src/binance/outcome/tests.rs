mod said;

use super::*;
use crate::bent::{Bend, Member, object, quoted, spellings, unusable};

fn read_err(http_status: u16, body: &str) -> CallError {
    match read(http_status, None, body.as_bytes()) {
        Ok(_) => panic!("{body} is no success"),
        Err(error) => error,
    }
}

fn answer(http_status: u16, code: Option<&str>, message: &str) -> Answer {
    Answer {
        http_status: Some(http_status),
        code: code.map(str::to_owned),
        message: message.to_owned(),
        ..Answer::default()
    }
}

/// The end in a word.
fn end(http_status: u16, body: &str) -> &'static str {
    match read(http_status, None, body.as_bytes()) {
        Ok(_) => "success",
        Err(CallError::Refused(_)) => "refused",
        Err(CallError::Access(_)) => "access",
        Err(CallError::NotDone(_)) => "not done",
        Err(CallError::Unknown(_)) => "unknown",
    }
}

fn failure(code: &str) -> String {
    format!(r#"{{"status":"FAIL","code":"{code}","errorMessage":"no"}}"#)
}

#[test]
fn success_has_its_data_whatever_the_http_status_and_its_other_fields() {
    for http_status in [200, 201, 400, 500] {
        for body in [
            r#"{"status":"SUCCESS","code":"000000","data":{"a":1}}"#,
            r#"{"status":"SUCCESS","code":"000000","data":{"a":1},"errorMessage":null}"#,
            r#"{"status":"SUCCESS","code":"000000","data":{"a":1},"errorMessage":["x"],"params":7}"#,
        ] {
            let success = read(http_status, None, body.as_bytes()).unwrap();
            assert_eq!(success.data.unwrap().get(), r#"{"a":1}"#);
            assert_eq!(success.http_status, http_status);
        }
    }
}

fn members() -> Vec<Member<'static>> {
    vec![
        ("status", quoted("SUCCESS")),
        ("code", quoted("000000")),
        ("data", r#"{"a":1}"#.to_owned()),
    ]
}

#[test]
fn success_is_one_whose_status_or_code_says_so_and_none_of_them_otherwise() {
    let bent = |name: &str, bend: &Bend| end(200, &object(&members(), Some((name, bend))));
    for bend in unusable(r#""SUCCESS""#) {
        // The code alone says it, but for a status that is another word.
        let expected = if bend.what == "a string" {
            "unknown"
        } else {
            "success"
        };
        assert_eq!(bent("status", &bend), expected, "status {}", bend.what);
    }
    for bend in unusable(r#""000000""#) {
        let is_another = ["a string", "a number"].contains(&bend.what);
        let expected = if is_another { "unknown" } else { "success" };
        assert_eq!(bent("code", &bend), expected, "code {}", bend.what);
    }
    for code in ["0", "0.0", r#""0""#, r#"" 000000 ""#] {
        let body = format!(r#"{{"status":"success","code":{code},"data":{{}}}}"#);
        assert_eq!(end(200, &body), "success", "{body}");
    }
}

#[test]
fn answer_that_says_both_yes_and_no_cannot_be_read() {
    for (body, field) in [
        (r#"{"status":"FAIL","code":"000000","data":{}}"#, "status"),
        (r#"{"status":"SUCCESS","code":"400201","data":{}}"#, "code"),
        (r#"{"status":"SUCCESS","code":"no","data":{}}"#, "code"),
    ] {
        for http_status in [200, 400, 429] {
            let CallError::Unknown(answer) = read_err(http_status, body) else {
                panic!("{body}")
            };
            assert_eq!(answer.unreadable, Some(Unreadable(field)), "{body}");
            assert!(answer.is_unreadable_in_part());
        }
    }
}

#[test]
fn envelope_without_status_and_code_is_no_success() {
    for body in [
        r#"{"data":{}}"#,
        r#"{"status":7,"code":[],"data":{}}"#,
        r#"{"code":"0","data":{}}"#,
        "{}",
    ] {
        assert_eq!(end(200, body), "unknown", "{body}");
    }
}

#[test]
fn every_envelope_shape_is_read_whatever_the_http_status() {
    let taken = "merchantTradeNo is invalid or duplicated";
    let signature = "Signature for this request is not valid.";
    for http_status in [200, 400, 401, 429, 500] {
        let answer = |code, message| answer(http_status, Some(code), message);
        for (body, expected) in [
            (
                format!(r#"{{"status":"FAIL","code":"400201","errorMessage":"{taken}"}}"#),
                CallError::Refused(answer("400201", taken)),
            ),
            (
                format!(r#"{{"code":"400002","msg":"{signature}"}}"#),
                CallError::Access(answer("400002", signature)),
            ),
            (
                r#"{"status":"ERROR","type":"SYS","code":"100001001","errorData":"System abnormality"}"#
                    .to_owned(),
                CallError::Unknown(answer("100001001", "System abnormality")),
            ),
            (
                r#"{"status":"FAIL","code":400102,"errorMessage":"bad","params":["x"],"data":null}"#
                    .to_owned(),
                CallError::Refused(answer("400102", "bad")),
            ),
        ] {
            assert_eq!(read_err(http_status, &body), expected);
        }
    }
    let restricted = "Service unavailable from a restricted location";
    let body = format!(r#"{{"code":0,"msg":"{restricted}"}}"#);
    let expected = CallError::Access(answer(451, None, restricted));
    assert_eq!(read_err(451, &body), expected);
}

#[test]
fn refusal_is_one_whatever_its_other_fields_are() {
    let members = vec![
        ("status", quoted("FAIL")),
        ("code", quoted("400102")),
        ("errorMessage", quoted("bad")),
        ("msg", quoted("bad")),
        ("errorData", quoted("bad")),
        ("params", r#"["x"]"#.to_owned()),
        ("data", "null".to_owned()),
    ];
    for (name, value) in &members {
        for bend in unusable(value) {
            if *name == "code" {
                continue;
            }
            let body = object(&members, Some((name, &bend)));
            let CallError::Refused(answer) = read_err(200, &body) else {
                panic!("{body}")
            };
            assert_eq!(answer.code.as_deref(), Some("400102"), "{body}");
            assert!(!answer.message.is_empty(), "{body}");
        }
    }
    for bend in spellings(r#""400102""#) {
        let body = object(&members, Some(("code", &bend)));
        assert_eq!(end(200, &body), "refused", "{body}");
    }
    // Without a code that can be read, the HTTP status is all there is to go by.
    for bend in unusable(r#""400102""#) {
        let body = object(&members, Some(("code", &bend)));
        let ends = [400, 401, 429, 200, 500].map(|http_status| end(http_status, &body));
        let expected = ["refused", "access", "not done", "unknown", "unknown"];
        assert_eq!(ends, expected, "{body}");
    }
}

#[test]
fn codes_are_sorted_by_what_to_do_next() {
    let refused = [
        "400001", "400006", "400007", "400008", "400100", "400101", "400102", "400103", "400104",
        "400201", "400202", "400204", "400205", "400301", "400302", "400303", "400304", "345231",
        "406207", "406212",
    ];
    let access = ["400002", "400004", "400005", "400203", "400206", "400606"];
    for http_status in [200, 400, 503] {
        let end = |code: &str| end(http_status, &failure(code));
        for code in refused {
            assert_eq!(end(code), "refused", "{code} with {http_status}");
        }
        for code in access {
            assert_eq!(end(code), "access", "{code} with {http_status}");
        }
        for code in ["400003", "406108"] {
            assert_eq!(end(code), "not done", "{code} with {http_status}");
        }
        for code in ["400000", "50001", "100001001"] {
            assert_eq!(end(code), "unknown", "{code} with {http_status}");
        }
    }
}

#[test]
fn code_that_nobody_has_documented_is_a_refusal_unless_the_status_says_otherwise() {
    for (http_status, expected) in [
        (200, "refused"),
        (400, "refused"),
        (401, "refused"),
        (499, "refused"),
        (429, "not done"),
        (500, "unknown"),
        (503, "unknown"),
    ] {
        let end = end(http_status, &failure("999999"));
        assert_eq!(end, expected, "{http_status}");
    }
}

#[test]
fn answer_of_which_nothing_can_be_read_is_sorted_by_its_http_status() {
    let html = "<HTML>The request could not be satisfied</HTML>";
    for (http_status, expected, unreadable) in [
        (403, "access", None),
        (451, "access", None),
        (401, "access", None),
        (429, "not done", None),
        (404, "refused", None),
        (500, "unknown", None),
        (503, "unknown", None),
        (302, "unknown", None),
        (200, "unknown", Some(WHOLE)),
        (204, "unknown", Some(WHOLE)),
    ] {
        assert_eq!(end(http_status, html), expected, "{http_status}");
        let error = read_err(http_status, html);
        assert_eq!(error.answer().unreadable, unreadable, "{http_status}");
        assert!(!error.answer().is_unreadable_in_part());
    }
    for cut in [r#"{"status":"SUCCESS","code":"000000","data":{"#, "", "[]"] {
        assert_eq!(end(200, cut), "unknown", "{cut}");
    }
}

#[test]
fn byte_order_mark_spoils_nothing() {
    let body = "\u{feff}{\"status\":\"SUCCESS\",\"code\":\"000000\",\"data\":{}}";
    assert_eq!(end(200, body), "success");
}

#[test]
fn message_is_short_and_holds_no_control_characters() {
    let body = format!(
        r#"{{"code":"400001","msg":"a\n\u001b{}"}}"#,
        "é".repeat(300)
    );
    let error = read_err(200, &body);
    assert_eq!(error.answer().message, format!("a{}", "é".repeat(255)));
}

#[test]
fn retry_after_is_kept() {
    let Err(error) = read(429, Some(7), b"slow down") else {
        panic!("no success")
    };
    assert_eq!(error.answer().retry_after_secs, Some(7));
}
