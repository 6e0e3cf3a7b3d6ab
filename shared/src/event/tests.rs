use lambda_http::http::StatusCode;
use serde_json::{Value, json};

use super::*;

mod headers;

fn raw(event: &str) -> Request {
    let event: Box<RawValue> = serde_json::from_str(event).expect(event);
    let mut context = Context::default();
    "r-1".clone_into(&mut context.request_id);
    request(&event, context)
}

/// A usual event, in which the members that pointers name are something else.
fn odd(changes: &[(&str, Value)]) -> Request {
    let mut event = json!({
        "version": "2.0",
        "routeKey": "ANY /orders/{orderId}",
        "rawPath": "/orders/07",
        "rawQueryString": "a=1",
        "headers": {"host": "api.example.com", "idempotency-key": "k"},
        "pathParameters": {"orderId": "07"},
        "requestContext": {
            "http": {"method": "POST", "path": "/orders/07"},
            "stage": "$default",
            "timeEpoch": 1_795_338_000_000_i64,
        },
        "body": "{}",
        "isBase64Encoded": false,
    });
    for (pointer, value) in changes {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = event.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        parent.insert(name.to_owned(), value.clone());
    }
    raw(&event.to_string())
}

fn malformed(request: &Request) -> Option<&'static str> {
    let malformed = request.extensions().get::<Malformed>();
    malformed.map(|Malformed(what)| *what)
}

#[test]
fn usual_event_is_its_request() {
    let request = odd(&[]);

    assert_eq!(malformed(&request), None);
    assert_eq!(request.method(), Method::POST);
    assert_eq!(request.uri(), "/orders/07?a=1");
    assert_eq!(request.headers()["host"], "api.example.com");
    assert_eq!(request.headers().len(), 2);
    assert_eq!(*request.body(), Body::Text("{}".to_owned()));
    assert_eq!(request.path_parameters().first("orderId"), Some("07"));
    assert_eq!(request.lambda_context().request_id, "r-1");
    let taken_on = request.extensions().get::<TakenOn>();
    assert_eq!(taken_on, Some(&TakenOn(1_795_338_000_000)));
}

#[test]
fn what_no_function_reads_may_be_anything() {
    for anything in [
        json!(null),
        json!(true),
        json!(-1.5),
        json!("\u{1}\u{7f}€"),
        json!([[]]),
        json!({"a": {}}),
    ] {
        for pointer in [
            "/version",
            "/routeKey",
            "/cookies",
            "/queryStringParameters",
            "/stageVariables",
            "/requestContext/http/path",
            "/requestContext/stage",
            "/requestContext/domainName",
            "/requestContext/authorizer",
            "/requestContext/authentication",
            "/requestContext/more",
            "/more",
        ] {
            let request = odd(&[(pointer, anything.clone())]);
            assert_eq!(malformed(&request), None, "{pointer} {anything}");
            assert_eq!(request.uri(), "/orders/07?a=1", "{pointer} {anything}");
        }
    }
}

#[test]
fn member_that_is_missing_or_of_another_type_is_absent_or_makes_the_request_malformed() {
    for anything in [json!(null), json!(7), json!([]), json!({}), json!(false)] {
        for (pointer, expected) in [
            ("/rawPath", None),
            ("/rawQueryString", None),
            ("/headers", None),
            ("/headers/idempotency-key", None),
            ("/pathParameters", None),
            ("/pathParameters/orderId", None),
            ("/requestContext/timeEpoch", None),
            ("/isBase64Encoded", None),
            ("/requestContext", Some("method")),
            ("/requestContext/http", Some("method")),
            ("/requestContext/http/method", Some("method")),
        ] {
            let request = odd(&[(pointer, anything.clone())]);
            assert_eq!(malformed(&request), expected, "{pointer} {anything}");
        }
        let request = odd(&[("/body", anything.clone())]);
        let expected = (!anything.is_null()).then_some("body");
        assert_eq!(malformed(&request), expected, "{anything}");
        assert_eq!(*request.body(), Body::Empty, "{anything}");
    }
    assert_eq!(odd(&[("/rawPath", json!(7))]).uri(), "/?a=1");
    assert!(odd(&[("/headers", json!(null))]).headers().is_empty());
    let nobody = odd(&[("/pathParameters", json!(null))]);
    assert_eq!(nobody.path_parameters().first("orderId"), None);
}

#[test]
fn event_of_something_else_is_malformed() {
    for (event, expected) in [
        ("null", "event"),
        ("7", "event"),
        ("\"\"", "event"),
        ("[]", "event"),
        ("[{}]", "event"),
        (r#"{"\ud800":1}"#, "event"),
        ("{}", "method"),
        (
            r#"{"Records":[{"eventSource":"aws:sqs","body":"x"}]}"#,
            "method",
        ),
        (r#"{"httpMethod":"GET","path":"/orders"}"#, "method"),
    ] {
        let request = raw(event);
        assert_eq!(malformed(&request), Some(expected), "{event}");
        assert_eq!(request.lambda_context().request_id, "r-1", "{event}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(malformed(&raw(&deep)), Some("event"));
    let deep = odd(&[]);
    assert_eq!(malformed(&deep), None);
}

#[test]
fn lone_surrogate_spoils_only_the_member_that_it_stands_in() {
    let event = |member: &str| {
        let context = r#""requestContext":{"http":{"method":"GET"}}"#;
        raw(&format!("{{{context},{member}}}"))
    };
    for (member, expected) in [
        (r#""body":"\ud800""#, Some("body")),
        (r#""rawPath":"\udfff""#, None),
        (r#""rawQueryString":"\ud800""#, None),
        (r#""headers":{"a":"\ud800"}"#, None),
        (r#""headers":{"\ud800":"a"}"#, None),
        (r#""pathParameters":{"orderId":"\ud800"}"#, None),
        (r#""body":"\ud83d\ude00""#, None),
    ] {
        assert_eq!(malformed(&event(member)), expected, "{member}");
    }
}

#[test]
fn address_is_escaped_where_it_may_not_stand_as_it_is() {
    for (path, query, expected) in [
        ("", "", "/"),
        ("/orders/07/", "", "/orders/07/"),
        ("//", "", "//"),
        ("//evil.example/x", "", "//evil.example/x"),
        ("orders", "", "/orders"),
        ("/a b\"<>\u{7f}\u{1}", "", "/a%20b%22%3C%3E%7F%01"),
        ("/a?b#c", "d", "/a%3Fb%23c?d"),
        ("/é/€", "é=€", "/%C3%A9/%E2%82%AC?%C3%A9=%E2%82%AC"),
        ("/%ff%zz%", "%ff%zz%", "/%ff%zz%?%ff%zz%"),
        ("/x", "a=\"", "/x?a=%22"),
        ("/x", "<b> \u{7f}", "/x?%3Cb%3E%20%7F"),
        ("/x", "a#b", "/x?a%23b"),
        ("/x", "a={b}|c^d`e\\f", "/x?a={b}|c^d`e\\f"),
        ("/prod/orders/07", "", "/prod/orders/07"),
    ] {
        let request = odd(&[("/rawPath", json!(path)), ("/rawQueryString", json!(query))]);
        assert_eq!(malformed(&request), None, "{path} {query}");
        assert_eq!(request.uri(), expected, "{path} {query}");
    }
    let long = odd(&[("/rawPath", json!("x".repeat(70_000)))]);
    assert_eq!(malformed(&long), Some("address"));
}

#[test]
fn method_is_any_token_and_nothing_else() {
    for (method, expected) in [
        ("BREW", None),
        ("get", None),
        ("", Some("method")),
        ("GE T", Some("method")),
        ("GÉT", Some("method")),
        ("GET\r\n", Some("method")),
    ] {
        let request = odd(&[("/requestContext/http/method", json!(method))]);
        assert_eq!(malformed(&request), expected, "{method:?}");
    }
}

#[test]
fn body_is_text_or_the_bytes_that_base64_stands_for() {
    for (is_base64, body, expected) in [
        (
            json!(true),
            "//79/A==",
            Ok(Body::Binary(vec![0xff, 0xfe, 0xfd, 0xfc])),
        ),
        (json!(true), "", Ok(Body::Binary(Vec::new()))),
        (json!(true), "%%%", Err("body")),
        (json!(true), "//79/A", Err("body")),
        (json!("true"), "e30=", Ok(Body::Text("e30=".to_owned()))),
        (json!(null), "{}", Ok(Body::Text("{}".to_owned()))),
        (json!(false), "%%%", Ok(Body::Text("%%%".to_owned()))),
    ] {
        let request = odd(&[("/isBase64Encoded", is_base64), ("/body", json!(body))]);
        match expected {
            Ok(expected) => assert_eq!(*request.body(), expected, "{body}"),
            Err(what) => assert_eq!(malformed(&request), Some(what), "{body}"),
        }
    }
}

#[test]
fn answer_is_in_api_gateways_form() {
    let response = Response::builder()
        .status(StatusCode::CREATED)
        .header("location", "/orders/07")
        .body(Body::from("{}"))
        .unwrap();
    let expected = json!({
        "statusCode": 201,
        "headers": {"location": "/orders/07"},
        "multiValueHeaders": {},
        "body": "{}",
        "isBase64Encoded": false,
        "cookies": [],
    });
    assert_eq!(serde_json::to_value(answer(response)).unwrap(), expected);
    let empty = serde_json::to_value(answer(Response::new(Body::Empty))).unwrap();
    assert_eq!(empty.get("body"), None);
}
