//! The events with which API Gateway invokes a function: payload format 2.0.

use serde_json::{Map, Value, json};

use crate::{clock, random};

/// The event of a request, as the route `$default` passes it on; what follows `?` in `target` is its query.
#[must_use]
pub fn http_event(
    method: &str,
    target: &str,
    headers: &Map<String, Value>,
    body: Option<&str>,
) -> Value {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let now_ms = clock::now_ms();
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "sandbox",
            "domainName": "localhost",
            "domainPrefix": "localhost",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "sandbox",
            },
            "requestId": random::uuid(),
            "routeKey": "$default",
            "stage": "$default",
            "time": clock::rfc3339(now_ms),
            "timeEpoch": now_ms,
        },
        "body": body,
        "isBase64Encoded": false,
    })
}
