//! The HTTP answer: what API Gateway makes of a function's, and its own.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>, "Lambda function
//! response for format 2.0". That a function which fails is a 500 and one that is not there in time a 503 is what people saw
//! (serverless/serverless#11222, `denoland/deno_registry2#87`).

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, SET_COOKIE, TRANSFER_ENCODING};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The header in which API Gateway names the request, so that it is found in the log of its own.
const REQUEST_ID: HeaderName = HeaderName::from_static("apigw-requestid");

/// An answer of API Gateway's own.
pub(crate) fn own(status: StatusCode, message: &str, request_id: &str) -> Response {
    let body = json!({"message": message}).to_string();
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response(status, headers, body.into(), request_id)
}

/// The answer when the function failed, or answered what is none.
pub(crate) fn malformed(request_id: &str) -> Response {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    own(status, "Internal Server Error", request_id)
}

/// The answer that the function wishes.
pub(crate) fn of_function(answered: &Value, request_id: &str) -> Response {
    wished(answered, request_id).unwrap_or_else(|| malformed(request_id))
}

fn wished(answered: &Value, request_id: &str) -> Option<Response> {
    let Some(status) = answered.get("statusCode") else {
        // Whatever it is, it is the body.
        let body = match answered {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        return Some(response(StatusCode::OK, headers, body.into(), request_id));
    };
    let status = match status {
        Value::String(digits) => digits.parse().ok()?,
        number => u16::try_from(number.as_u64()?).ok()?,
    };
    let body = body(answered)?;
    let mut headers = headers(answered)?;
    if !headers.contains_key(CONTENT_TYPE) && !body.is_empty() {
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        headers.insert(CONTENT_TYPE, text);
    }
    let status = StatusCode::from_u16(status).ok()?;
    Some(response(status, headers, body, request_id))
}

fn body(answered: &Value) -> Option<Vec<u8>> {
    let text = match &answered["body"] {
        Value::Null => "",
        body => body.as_str()?,
    };
    if answered["isBase64Encoded"] == true {
        STANDARD.decode(text).ok()
    } else {
        Some(text.into())
    }
}

/// One value for each name; only cookies are several.
fn headers(answered: &Value) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in answered["headers"].as_object().into_iter().flatten() {
        let value = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let name: HeaderName = name.parse().ok()?;
        // Those are the connection's, and API Gateway's own.
        if name != CONTENT_LENGTH && name != TRANSFER_ENCODING {
            headers.insert(name, value.parse().ok()?);
        }
    }
    for cookie in answered["cookies"].as_array().into_iter().flatten() {
        headers.append(SET_COOKIE, cookie.as_str()?.parse().ok()?);
    }
    Some(headers)
}

fn response(status: StatusCode, headers: HeaderMap, body: Vec<u8>, request_id: &str) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    if let Ok(id) = request_id.parse() {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}
