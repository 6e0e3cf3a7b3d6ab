//! Events that API Gateway could make of a stranger's request, or anybody of nothing: each is answered, by 400 or as if it
//! were not odd, and no function fails over it or calls for an operator.

use serde_json::{Value, json};

use crate::log::Log;
use crate::signed::{about, open, signed};
use crate::world::World;

/// What is odd about an event: the members at these places are these.
type Change = Vec<(&'static str, Value)>;

fn odd() -> Vec<Change> {
    let one = |pointer, value: Value| vec![(pointer, value)];
    let mut changes = vec![
        one("/rawQueryString", json!("a=\"")),
        one("/rawQueryString", json!("<b> \u{7f}")),
        one("/rawQueryString", json!("%ff&é=€#")),
        one("/rawPath", json!("//")),
        one("/rawPath", json!("/orders/\u{7f}\"<%ff%zz")),
        one("/rawPath", json!("x".repeat(100_000))),
        one("/headers/x-forwarded-proto", json!("x,https")),
        one("/headers/user-agent", json!("a\u{1}b")),
        one("/headers/user-agent", json!("Benoît ™")),
        one("/headers/x bad", json!("1")),
        one("/headers/host", json!("::::")),
        one("/headers/host", json!("")),
        one("/headers/x-large", json!("x".repeat(1 << 20))),
        one("/requestContext/domainName", json!("::::")),
        one("/requestContext/stage", json!("a b/\"")),
        one("/requestContext/http/method", json!("BR EW")),
        one("/requestContext/timeEpoch", json!(i64::MIN)),
        one("/requestContext/timeEpoch", json!(1e300)),
        one("/cookies", json!(["a\u{0}b"])),
    ];
    for body in ["%%%", "//79/A==", "e", "\u{0}"] {
        changes.push(vec![
            ("/isBase64Encoded", json!(true)),
            ("/body", json!(body)),
        ]);
    }
    for member in [
        "version",
        "routeKey",
        "rawPath",
        "rawQueryString",
        "headers",
        "pathParameters",
        "queryStringParameters",
        "stageVariables",
        "requestContext",
        "requestContext/http",
        "requestContext/http/method",
        "requestContext/http/sourceIp",
        "requestContext/authorizer",
        "requestContext/timeEpoch",
        "cookies",
        "body",
        "isBase64Encoded",
    ] {
        let pointer: &str = format!("/{member}").leak();
        for value in [
            json!(null),
            json!(-7),
            json!("\u{7f}"),
            json!([{}]),
            json!({"a": []}),
        ] {
            changes.push(one(pointer, value));
        }
    }
    changes
}

/// The usual event of a request, as API Gateway makes it.
fn usual(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Value {
    let headers: serde_json::Map<_, _> = headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), json!(value)))
        .collect();
    json!({
        "version": "2.0",
        "routeKey": format!("ANY {path}"),
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"},
            "stage": "$default",
            "timeEpoch": sandbox::clock::now_ms(),
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

fn changed(usual: &Value, change: &Change) -> Value {
    let mut event = usual.clone();
    for (pointer, value) in change {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = event.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        parent.insert(name.to_owned(), value.clone());
    }
    event
}

#[tokio::test]
async fn odd_event_is_answered_by_400_or_as_if_it_were_not_odd() {
    let world = World::start().await;
    let order = open(&world).await;
    let key = ("x-mbx-apikey", world.sandbox.app_api_key());
    let json = ("content-type", "application/json");
    let notification = signed(&world, about(&order)).await;
    let signed = notification.headers.iter();
    let signed: Vec<_> = signed
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let path = format!("/orders/{}", order.id);
    let mut get = usual("GET", &path, &[key], "");
    get["pathParameters"] = json!({"orderId": order.id});
    let mut find = usual("GET", "/orders", &[key], "");
    find["rawQueryString"] = json!("reference=a");
    let functions = &world.functions;
    let log = Log::start();
    for change in odd() {
        let case: String = format!("{change:?}").chars().take(200).collect();
        let create = usual(
            "POST",
            "/orders",
            &[key, json],
            &world.four_fields().to_string(),
        );
        let callback = usual("POST", "/binance-callback", &signed, &notification.body);
        let request = |event: &Value| functions.request_of(&changed(event, &change));

        let created = functions.create_order.handle(request(&create)).await;
        let taken = functions.binance_callback.handle(request(&callback)).await;
        let got = functions.get_order.handle(request(&get)).await;
        let found = functions.get_order.handle(request(&find)).await;

        // Without its headers nobody is known, without its body nothing is asked for, and without its address no order.
        let is_of_headers = change[0].0 == "/headers";
        let is_of_method = change[0].1 == "\u{7f}" && change[0].0.ends_with("method");
        assert!(!is_of_method || created.status() == 400, "{case}");
        let statuses = [&created, &taken, &got, &found].map(|answer| answer.status().as_u16());
        let expected: [&[u16]; 4] = if is_of_headers {
            [&[401], &[400], &[401], &[401]]
        } else {
            // Another path is another address, and a parameter that is one has no place in this.
            [&[201, 400], &[200, 400, 401], &[200, 400], &[200, 400, 404]]
        };
        for (status, expected) in statuses.iter().zip(expected) {
            assert!(expected.contains(status), "{case}: {statuses:?}");
        }
        for answer in [created, taken, got, found] {
            assert_eq!(answer.headers()["cache-control"], "no-store", "{case}");
        }
    }
    for event in [json!(null), json!([]), json!(7), json!("x"), json!({})] {
        let request = || functions.request_of(&event);
        for answer in [
            functions.create_order.handle(request()).await,
            functions.binance_callback.handle(request()).await,
            functions.get_order.handle(request()).await,
        ] {
            assert_eq!(answer.status(), 400, "{event}");
        }
    }
    for line in log.lines() {
        assert_ne!(line["level"], "ERROR", "{line}");
    }
}

#[tokio::test]
async fn request_that_cannot_be_read_is_answered_in_each_functions_own_words() {
    let world = World::start().await;
    let request = || world.functions.request_of(&json!({}));
    let text = |answer: lambda_http::Response<lambda_http::Body>| {
        String::from_utf8(answer.body().as_ref().to_vec()).unwrap()
    };

    for answer in [
        world.functions.create_order.handle(request()).await,
        world.functions.get_order.handle(request()).await,
    ] {
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        let problem: Value = serde_json::from_str(&text(answer)).unwrap();
        assert_eq!(problem["code"], "INVALID_REQUEST");
        assert_eq!(problem["detail"], "the request's method cannot be read");
    }
    let answer = world.functions.binance_callback.handle(request()).await;
    let expected = r#"{"returnCode":"FAIL","returnMessage":"the request's method cannot be read"}"#;
    assert_eq!(text(answer), expected);
}
