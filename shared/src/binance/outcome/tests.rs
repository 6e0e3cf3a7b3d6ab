use super::*;

fn read_err(http_status: u16, body: &str) -> CallError {
    read(http_status, None, body.as_bytes()).unwrap_err()
}

fn answer(http_status: u16, code: Option<&str>, message: &str) -> Answer {
    Answer {
        http_status: Some(http_status),
        code: code.map(str::to_owned),
        message: message.to_owned(),
        ..Answer::default()
    }
}

#[test]
fn success_needs_status_code_and_data() {
    let data = read(
        200,
        None,
        br#"{"status":"SUCCESS","code":"000000","data":{"a":1}}"#,
    )
    .unwrap();
    assert_eq!(data.get(), r#"{"a":1}"#);

    for body in [
        r#"{"status":"SUCCESS","code":"000000"}"#,
        r#"{"status":"SUCCESS","code":"000000","data":null}"#,
        r#"{"status":"FAIL","code":"000000","data":{}}"#,
        r#"{"code":"000000","data":{}}"#,
    ] {
        assert!(
            matches!(read_err(200, body), CallError::Unknown(_)),
            "{body}"
        );
    }
}

#[test]
fn every_envelope_shape_is_read_whatever_the_http_status() {
    for http_status in [200, 400, 401, 500] {
        assert_eq!(
            read_err(
                http_status,
                r#"{"status":"FAIL","code":"400201","errorMessage":"merchantTradeNo is invalid or duplicated"}"#
            ),
            CallError::Refused(answer(
                http_status,
                Some("400201"),
                "merchantTradeNo is invalid or duplicated"
            )),
        );
        assert_eq!(
            read_err(
                http_status,
                r#"{"code":"400002","msg":"Signature for this request is not valid."}"#
            ),
            CallError::Access(answer(
                http_status,
                Some("400002"),
                "Signature for this request is not valid."
            )),
        );
        assert_eq!(
            read_err(
                http_status,
                r#"{"status":"ERROR","type":"SYS","code":"100001001","errorData":"System abnormality"}"#
            ),
            CallError::Unknown(answer(http_status, Some("100001001"), "System abnormality")),
        );
        assert_eq!(
            read_err(
                http_status,
                r#"{"status":"FAIL","code":400102,"errorMessage":"bad","params":["x"],"data":null}"#
            ),
            CallError::Refused(answer(http_status, Some("400102"), "bad")),
        );
    }
    assert_eq!(
        read_err(
            451,
            r#"{"code":0,"msg":"Service unavailable from a restricted location"}"#
        ),
        CallError::Access(answer(
            451,
            None,
            "Service unavailable from a restricted location"
        )),
    );
}

#[test]
fn codes_are_sorted_by_what_to_do_next() {
    let end = |code: &str| {
        read_err(
            200,
            &format!(r#"{{"status":"FAIL","code":"{code}","errorMessage":""}}"#),
        )
    };
    for code in [
        "400001", "400006", "400007", "400008", "400100", "400101", "400104", "400201", "400202",
        "999999",
    ] {
        assert!(matches!(end(code), CallError::Refused(_)), "{code}");
    }
    for code in ["400002", "400004", "400005", "400203", "400206", "400606"] {
        assert!(matches!(end(code), CallError::Access(_)), "{code}");
    }
    for code in ["400003", "406108"] {
        assert!(matches!(end(code), CallError::NotDone(_)), "{code}");
    }
    for code in ["400000", "50001", "100001001"] {
        assert!(matches!(end(code), CallError::Unknown(_)), "{code}");
    }
}

#[test]
fn unreadable_answers_are_sorted_by_http_status() {
    let html = "<HTML>The request could not be satisfied</HTML>";
    assert!(matches!(read_err(403, html), CallError::Access(_)));
    assert!(matches!(read_err(451, html), CallError::Access(_)));
    assert!(matches!(read_err(401, html), CallError::Access(_)));
    assert!(matches!(read_err(429, html), CallError::NotDone(_)));
    assert!(matches!(read_err(404, html), CallError::Refused(_)));
    for http_status in [200, 204, 302, 500, 502, 503, 504] {
        assert!(
            matches!(read_err(http_status, html), CallError::Unknown(_)),
            "{http_status}"
        );
    }
    assert!(matches!(
        read_err(200, r#"{"status":"SUCCESS","code":"000000","data":{"#),
        CallError::Unknown(_)
    ));
}

#[test]
fn rate_limit_counts_more_than_a_code_that_is_not_known() {
    assert!(matches!(
        read_err(429, r#"{"code":"400999","msg":"slow down"}"#),
        CallError::NotDone(_)
    ));
}
