//! The doors: no page in a browser on this machine gets in, whatever its name is made to mean, and nobody has requests
//! sent to an address of his choice.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder};
use sandbox::{Options, Sandbox, web};
use serde_json::{Value, json};

use crate::merchant::{Callback, admin, sandbox};

fn client() -> Client {
    web::client(Duration::from_secs(5), false)
}

/// A request at each of the ports, which it would answer, with that port.
fn requests(sandbox: &Sandbox) -> Vec<(u16, impl Fn() -> RequestBuilder)> {
    let binance = sandbox.binance().url();
    let leadscalendar = sandbox.leadscalendar().server().url();
    let requests = [
        (Method::GET, format!("{binance}/")),
        (Method::POST, format!("{binance}/sandbox/advance")),
        (
            Method::POST,
            format!("{binance}/binancepay/openapi/v3/order"),
        ),
        (Method::POST, format!("{leadscalendar}/sandbox/mode")),
        (Method::POST, sandbox.leadscalendar().callback_url()),
        (Method::POST, sandbox.dynamodb().url()),
        (Method::OPTIONS, sandbox.dynamodb().url()),
    ];
    let with_port = requests.into_iter().map(|(method, url)| {
        let port = url.parse::<reqwest::Url>().unwrap().port().unwrap();
        let body = r#"{"seconds":60,"mode":"down"}"#;
        let request = move || client().request(method.clone(), &url).body(body);
        (port, request)
    });
    with_port.collect()
}

/// It is not let in, is told so in a sentence that no page may read, and changes nothing.
async fn assert_refused(sandbox: &Sandbox, request: RequestBuilder, named: &str) {
    let said = format!("{request:?}");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 403, "{said}");
    let headers = answer.headers().keys().map(|name| name.as_str().to_owned());
    let cors: Vec<_> = headers
        .filter(|name| name.starts_with("access-control"))
        .collect();
    assert!(cors.is_empty(), "{said}: {cors:?}");
    let problem: Value = answer.json().await.unwrap();
    assert!(
        problem["error"].as_str().unwrap().contains(named),
        "{problem}"
    );
    assert!(sandbox.binance().now_ms() - sandbox::clock::now_ms() < 30_000);
    assert!(sandbox.binance().calls().is_empty());
    assert!(sandbox.dynamodb().calls().is_empty());
    assert!(sandbox.leadscalendar().confirmations().is_empty());
}

#[tokio::test]
async fn request_under_another_name_is_refused_at_every_port() {
    let sandbox = sandbox().await;
    for (port, request) in requests(&sandbox) {
        for host in [
            format!("sandbox.example:{port}"),
            format!("localhost.example:{port}"),
            format!("127.0.0.1.example:{port}"),
            format!("192.168.0.7:{port}"),
            "127.0.0.1:1".to_owned(),
            "127.0.0.1".to_owned(),
            String::new(),
        ] {
            let request = request().header("host", host);
            assert_refused(&sandbox, request, &format!("localhost:{port}")).await;
        }
    }
}

#[tokio::test]
async fn request_of_a_page_of_another_origin_is_refused_at_every_port() {
    let sandbox = sandbox().await;
    for (port, request) in requests(&sandbox) {
        for origin in [
            format!("http://sandbox.example:{port}"),
            format!("https://127.0.0.1:{port}"),
            "http://127.0.0.1:1".to_owned(),
            "http://localhost".to_owned(),
            "null".to_owned(),
        ] {
            let request = request().header("origin", origin);
            assert_refused(&sandbox, request, "another origin").await;
        }
    }
}

#[tokio::test]
async fn this_machine_and_the_own_pages_are_let_in_under_each_of_their_names() {
    let sandbox = sandbox().await;
    for (port, request) in requests(&sandbox) {
        for name in ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"] {
            let host = format!("{name}:{port}");
            let by_program = request().header("host", &host);
            let by_page = request()
                .header("host", &host)
                .header("origin", format!("http://{host}"));
            for request in [by_program, by_page] {
                let status = request.send().await.unwrap().status();
                assert_ne!(status, 403, "{host}");
            }
        }
    }
}

#[tokio::test]
async fn notification_goes_to_the_own_callback_only() {
    let (own, other) = (Callback::start(0).await, Callback::start(0).await);
    let options = Options {
        callback_url: Some(own.url()),
        ..Options::default()
    };
    let sandbox = Sandbox::start(options).await.unwrap();

    for path in [
        "notify",
        "stranger/foreign1/pay",
        "stranger/foreign1/refund",
    ] {
        let (status, refused) = admin(&sandbox, path, &json!({"url": other.url()})).await;
        assert_eq!(status, 403, "{path}");
        let problem = refused["error"].as_str().unwrap();
        assert!(problem.contains(&own.url()), "{problem}");
    }
    assert!(sandbox.binance().deliveries().is_empty());
    assert!(sandbox.binance().strangers_orders().is_empty());

    for (path, wanted) in [
        ("notify", json!({"url": own.url()})),
        ("notify", json!({})),
        ("stranger/foreign1/pay", json!({})),
    ] {
        let (status, delivery) = admin(&sandbox, path, &wanted).await;
        assert_eq!(
            (status, &delivery["acknowledged"]),
            (200, &json!(true)),
            "{path}"
        );
    }
    assert_eq!((own.count(), other.count()), (3, 0));
}

#[tokio::test]
async fn sandbox_that_was_told_no_callback_sends_to_no_address_that_is_named() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    for url in [callback.url(), String::new()] {
        let (status, _) = admin(&sandbox, "notify", &json!({"url": url})).await;
        assert_eq!(status, 403);
    }
    let (status, refused) = admin(&sandbox, "notify", &json!({})).await;
    assert_eq!((status, &refused["error"]), (400, &json!("url is missing")));
    assert_eq!(callback.count(), 0);
}
