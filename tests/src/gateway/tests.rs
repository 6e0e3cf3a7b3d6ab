//! The gateway before a stand-in for cargo-lambda, which says what event has arrived and answers as it is told.

use std::sync::Mutex;

use axum::extract::Path;
use reqwest::RequestBuilder;
use serde_json::json;

use super::*;

mod answers;
mod written;

/// What the stand-in answers; that the function failed, or nothing at all.
#[derive(Clone)]
enum Answers {
    Json(Value),
    Failed,
    Never,
}

/// The stand-in: the function and the event of each invocation.
#[derive(Clone)]
struct Functions {
    asked: Arc<Mutex<Vec<(String, Value)>>>,
    answers: Arc<Mutex<Answers>>,
}

struct World {
    gateway: Gateway,
    behind: Server,
    functions: Functions,
    journal: Journal,
    client: reqwest::Client,
}

const TIME_MS: i64 = 1_795_338_000_000;

async fn invoke(
    State(functions): State<Functions>,
    Path(function): Path<String>,
    event: String,
) -> Response {
    let event = serde_json::from_str(&event).unwrap();
    functions.asked.lock().unwrap().push((function, event));
    let answers = functions.answers.lock().unwrap().clone();
    let (status, body) = match answers {
        Answers::Json(answer) => (200, answer.to_string()),
        Answers::Failed => (500, r#"{"errorType":"x","errorMessage":"y"}"#.to_owned()),
        Answers::Never => std::future::pending().await,
    };
    let response = Response::builder().status(status);
    response.body(body.into()).unwrap()
}

impl World {
    async fn start() -> Self {
        let functions = Functions {
            asked: Arc::default(),
            answers: Arc::new(Mutex::new(Answers::Json(json!({"statusCode": 204})))),
        };
        let path = "/2015-03-31/functions/{function}/invocations";
        let router = Router::new()
            .route(path, post(invoke))
            .with_state(functions.clone());
        let listener = web::listen(0, "none").await.unwrap();
        let behind = Server::start(listener, router).unwrap();
        let journal = Journal::default();
        let play = Play {
            clock: Arc::new(|| TIME_MS),
            journal: Some(journal.clone()),
            patience: Some(Duration::from_secs(2)),
            throttles: true,
            ..Play::default()
        };
        let listener = web::listen(0, "none").await.unwrap();
        let backend = Backend::cargo_lambda(behind.url());
        Self {
            gateway: Gateway::start(listener, backend, play).unwrap(),
            behind,
            functions,
            journal,
            client: web::client(Duration::from_secs(5), false),
        }
    }

    fn answers(&self, answers: Answers) {
        *self.functions.answers.lock().unwrap() = answers;
    }

    fn ask(&self, method: &str, target: &str) -> RequestBuilder {
        let url = format!("{}{target}", self.gateway.url());
        self.client.request(method.parse().unwrap(), url)
    }

    /// The function that was invoked last, and its event.
    fn last(&self) -> (String, Value) {
        self.functions.asked.lock().unwrap().last().unwrap().clone()
    }
}

/// Status, header `content-type` and body.
async fn answer(request: RequestBuilder) -> (u16, Option<String>, String) {
    let answer = request.send().await.unwrap();
    let kind = answer.headers().get("content-type");
    let kind = kind.map(|kind| kind.to_str().unwrap().to_owned());
    let status = answer.status().as_u16();
    (status, kind, answer.text().await.unwrap())
}

fn own(status: u16, message: &str) -> (u16, Option<String>, String) {
    let kind = Some("application/json".to_owned());
    (status, kind, json!({"message": message}).to_string())
}

#[tokio::test]
async fn each_route_of_the_template_is_answered_by_its_function_and_nothing_else_is() {
    let world = World::start().await;
    for (method, target, function, key) in [
        ("POST", "/orders", "create-order", "ANY /orders"),
        ("PUT", "/orders", "create-order", "ANY /orders"),
        ("GET", "/orders?reference=a", "get-order", "GET /orders"),
        ("GET", "/orders/a", "get-order", "ANY /orders/{orderId}"),
        ("DELETE", "/orders/a", "get-order", "ANY /orders/{orderId}"),
        (
            "POST",
            "/orders/a/close",
            "close-order",
            "ANY /orders/{orderId}/close",
        ),
        (
            "POST",
            "/orders/a/refunds",
            "refund-order",
            "ANY /orders/{orderId}/refunds",
        ),
        (
            "POST",
            "/binance-callback",
            "binance-callback",
            "ANY /binance-callback",
        ),
    ] {
        let (status, ..) = answer(world.ask(method, target)).await;

        assert_eq!(status, 204, "{method} {target}");
        let (asked, event) = world.last();
        assert_eq!(
            (asked.as_str(), &event["routeKey"]),
            (function, &json!(key))
        );
        assert_eq!(event["requestContext"]["routeKey"], key);
    }
    let asked = world.functions.asked.lock().unwrap().len();
    for target in [
        "/",
        "/order",
        "/orders/a/b",
        "/orders//close",
        "/orders/a/close/b",
    ] {
        assert_eq!(
            answer(world.ask("GET", target)).await,
            own(404, "Not Found"),
            "{target}"
        );
    }
    assert_eq!(world.functions.asked.lock().unwrap().len(), asked);
    assert_eq!(Routes::of_template().unwrap().all().len(), 6);
}

#[tokio::test]
async fn event_is_of_payload_format_2_0() {
    let world = World::start().await;
    let request = world
        .ask("POST", "/orders/a%20b/close?x=1&x=2%263&y")
        .header("X-Twice", "a")
        .header("X-Twice", "b")
        .header("Cookie", "c=1; d=2")
        .header("Content-Type", "application/json; charset=utf-8")
        .body("{\"a\":\"ü\"}");

    answer(request).await;

    let (_, event) = world.last();
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["rawPath"], "/orders/a b/close");
    assert_eq!(event["pathParameters"], json!({"orderId": "a%20b"}));
    assert_eq!(event["rawQueryString"], "x=1&x=2%263&y");
    let query = json!({"x": "1,2&3", "y": ""});
    assert_eq!(event["queryStringParameters"], query);
    assert_eq!(event["headers"]["x-twice"], "a,b");
    assert_eq!(event["headers"]["x-forwarded-for"], "127.0.0.1");
    assert_eq!(event["headers"].get("cookie"), None);
    assert_eq!(event["cookies"], json!(["c=1", "d=2"]));
    assert_eq!(
        (&event["body"], &event["isBase64Encoded"]),
        (&json!("{\"a\":\"ü\"}"), &json!(false))
    );
    let context = &event["requestContext"];
    assert_eq!(context["timeEpoch"], TIME_MS);
    assert_eq!(context["time"], "22/Nov/2026:09:00:00 +0000");
    assert_eq!(context["http"]["method"], "POST");
    assert_eq!(context["http"]["path"], "/orders/a b/close");
    assert_eq!(context["stage"], "$default");

    answer(world.ask("GET", "/orders")).await;
    let (_, event) = world.last();
    for absent in ["body", "cookies", "pathParameters", "queryStringParameters"] {
        assert_eq!(event.get(absent), None, "{absent}");
    }
}

#[tokio::test]
async fn body_is_base64_encoded_unless_its_type_is_of_text() {
    let world = World::start().await;
    for (kind, is_base64) in [
        (Some("application/json"), false),
        (Some("Application/JSON;charset=utf-8"), false),
        (Some("application/xml"), false),
        (Some("text/plain"), false),
        (Some("application/x-www-form-urlencoded"), true),
        (Some("application/octet-stream"), true),
        (Some("application/problem+json"), true),
        (None, true),
    ] {
        let mut request = world.ask("POST", "/orders").body("a=b");
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        answer(request).await;

        let (_, event) = world.last();
        let expected = if is_base64 { "YT1i" } else { "a=b" };
        assert_eq!(event["isBase64Encoded"], is_base64, "{kind:?}");
        assert_eq!(event["body"], expected, "{kind:?}");
    }
}

#[tokio::test]
async fn page_of_another_origin_is_not_let_through() {
    let world = World::start().await;
    for (name, value) in [("origin", "http://site.example"), ("host", "site.example")] {
        let request = world.ask("GET", "/orders/a").header(name, value);
        assert_eq!(request.send().await.unwrap().status(), 403, "{name}");
    }
}

#[tokio::test]
async fn raw_event_is_given_to_a_function_at_lambda_s_own_address() {
    let world = World::start().await;
    let path = "/2015-03-31/functions/get-order/invocations";

    answer(world.ask("POST", path).body("{\"a\":1}")).await;

    assert_eq!(world.last(), ("get-order".to_owned(), json!({"a": 1})));
}
