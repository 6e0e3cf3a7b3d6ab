//! The events with which API Gateway invokes a function: payload format 2.0.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>. What it leaves
//! open was taken from those who tried the real one: bodies of which types are text (ministackorg/ministack#766), a path that
//! is unescaped in `rawPath` (middleapi/standard-server#93) and not in `pathParameters`
//! (awsdocs/amazon-api-gateway-developer-guide#62).

use std::sync::LazyLock;

use axum::http::Method;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::route::Routes;
use crate::{clock, random};

/// The types of which a body arrives as it is, beside `text/…`.
const TEXTS: [&str; 3] = [
    "application/json",
    "application/javascript",
    "application/xml",
];
/// The account that owns the API.
const ACCOUNT: &str = "000000000000";

static ROUTES: LazyLock<Option<Routes>> = LazyLock::new(|| Routes::of_template().ok());

/// A request as API Gateway has taken it on.
pub(crate) struct Request<'a> {
    pub(crate) route_key: &'a str,
    pub(crate) parameters: Map<String, Value>,
    pub(crate) method: &'a str,
    /// Escaped, as it came.
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: Map<String, Value>,
    pub(crate) cookies: Vec<String>,
    pub(crate) body: Option<String>,
    pub(crate) is_base64: bool,
    /// When it was taken on, in milliseconds since the Unix epoch.
    pub(crate) at_ms: i64,
    /// The one of the request, for the log.
    pub(crate) id: String,
}

/// The event of a request to the route that takes it; what follows `?` in `target` is its query.
#[must_use]
pub fn http_event(
    method: &str,
    target: &str,
    headers: &Map<String, Value>,
    body: Option<&str>,
) -> Value {
    let now_ms = clock::now_ms();
    plain(method, target, headers.clone(), (body, false), now_ms)
}

/// The same, of a body that is base64-encoded already or not at all, taken on at `at_ms`.
pub(crate) fn plain(
    method: &str,
    target: &str,
    headers: Map<String, Value>,
    (body, is_base64): (Option<&str>, bool),
    at_ms: i64,
) -> Value {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let known: Option<Method> = method.parse().ok();
    let found = ROUTES.as_ref().zip(known);
    let found = found.and_then(|(routes, method)| routes.find(&method, path));
    let (route_key, parameters) = found.map_or(("$default", Map::new()), |found| {
        (found.route.key.as_str(), found.parameters)
    });
    let request = Request {
        route_key,
        parameters,
        method,
        path,
        query,
        headers,
        cookies: Vec::new(),
        body: body.map(str::to_owned),
        is_base64,
        at_ms,
        id: random::alnum(16),
    };
    request.event()
}

impl Request<'_> {
    pub(crate) fn event(self) -> Value {
        let path = percent_decode_str(self.path).decode_utf8_lossy();
        let header = |name: &str| self.headers.get(name).and_then(Value::as_str);
        let host = header("host").unwrap_or("localhost");
        let mut event = json!({
            "version": "2.0",
            "routeKey": self.route_key,
            "rawPath": path,
            "rawQueryString": self.query,
            "headers": self.headers,
            "requestContext": {
                "accountId": ACCOUNT,
                "apiId": "sandbox",
                "domainName": host,
                "domainPrefix": host.split('.').next(),
                "http": {
                    "method": self.method,
                    "path": path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1",
                    "userAgent": header("user-agent").unwrap_or_default(),
                },
                "requestId": self.id,
                "routeKey": self.route_key,
                "stage": "$default",
                "time": clock::common_log(self.at_ms),
                "timeEpoch": self.at_ms,
            },
            "isBase64Encoded": self.is_base64,
        });
        // What there is nothing of is not there.
        if !self.cookies.is_empty() {
            event["cookies"] = json!(self.cookies);
        }
        if !self.query.is_empty() {
            event["queryStringParameters"] = query_parameters(self.query).into();
        }
        if !self.parameters.is_empty() {
            event["pathParameters"] = self.parameters.into();
        }
        if let Some(body) = self.body {
            event["body"] = body.into();
        }
        event
    }
}

/// The parameters of a query by name; what there is several times is joined.
fn query_parameters(query: &str) -> Map<String, Value> {
    let mut parameters = Map::new();
    let mut url = reqwest::Url::parse("http://localhost").expect("an address");
    url.set_query(Some(query));
    for (name, value) in url.query_pairs() {
        join(&mut parameters, &name, &value);
    }
    parameters
}

/// The headers by name in lower case, those that there are several times joined, and the cookies, which are none of them;
/// and what API Gateway adds.
pub(crate) fn headers_of(parts: &Parts) -> (Map<String, Value>, Vec<String>) {
    let mut headers = Map::new();
    let mut cookies = Vec::new();
    for (name, value) in &parts.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        if name == "cookie" {
            let all = value.split(';').map(|cookie| cookie.trim().to_owned());
            cookies.extend(all.filter(|cookie| !cookie.is_empty()));
        } else {
            join(&mut headers, name.as_str(), &value);
        }
    }
    // Who forwarded it before stands first.
    let before = headers.get("x-forwarded-for").and_then(Value::as_str);
    let forwarded = before.map_or("127.0.0.1".to_owned(), |before| {
        format!("{before}, 127.0.0.1")
    });
    let (from, padding) = (random::hex(8), random::hex(24));
    for (name, value) in [
        ("x-forwarded-for", forwarded),
        ("x-forwarded-port", "443".to_owned()),
        ("x-forwarded-proto", "https".to_owned()),
        ("x-amzn-trace-id", format!("Root=1-{from}-{padding}")),
    ] {
        headers.insert(name.to_owned(), value.into());
    }
    (headers, cookies)
}

fn join(into: &mut Map<String, Value>, name: &str, value: &str) {
    let joined = match into.get(name).and_then(Value::as_str) {
        Some(first) => format!("{first},{value}"),
        None => value.to_owned(),
    };
    into.insert(name.to_owned(), joined.into());
}

/// The body as it stands in the event, and whether it is base64-encoded: it is if its type, or no type, says that it is no
/// text. What is no UTF-8 cannot stand in the event otherwise.
pub(crate) fn encoded(
    body: &[u8],
    headers: &Map<String, Value>,
    wished: bool,
) -> (Option<String>, bool) {
    let is_text = headers.get("content-type").and_then(Value::as_str);
    let is_text = is_text.is_some_and(|content_type| {
        let media_type = content_type.split(';').next().unwrap_or_default();
        let media_type = media_type.trim().to_ascii_lowercase();
        media_type.starts_with("text/") || TEXTS.contains(&media_type.as_str())
    });
    if body.is_empty() {
        return (None, false);
    }
    match std::str::from_utf8(body) {
        Ok(text) if is_text && !wished => (Some(text.to_owned()), false),
        _ => (Some(STANDARD.encode(body)), true),
    }
}
