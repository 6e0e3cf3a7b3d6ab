//! The event that API Gateway makes of an HTTP request (payload format 2.0), and what it makes its answer of.
//!
//! Whatever stands in an event is a stranger's, and `lambda_http` ends the process over an address or a body that it does
//! not expect. So an event is read here, where nothing can be so odd that the invocation fails: what cannot be part of a
//! request is passed over where no function reads it, and otherwise makes the request [`Malformed`].

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use lambda_http::http::header::{HeaderName, HeaderValue};
use lambda_http::http::uri::PathAndQuery;
use lambda_http::http::{HeaderMap, Method};
use lambda_http::{Body, Context, Request, RequestExt as _, Response};
use serde_json::value::RawValue;
use url::{Position, Url};

use crate::json::Object;

/// When API Gateway took the request on, in milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakenOn(pub i64);

/// What of a request cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request's {0} cannot be read")]
pub struct Malformed(&'static str);

/// The request of `event`, which came with `context`; where it cannot be read it is empty, and holds [`Malformed`].
#[must_use]
pub fn request(event: &RawValue, context: Context) -> Request {
    let request = read(event).unwrap_or_else(|malformed| {
        let mut request = Request::default();
        request.extensions_mut().insert(malformed);
        request
    });
    request.with_lambda_context(context)
}

fn read(event: &RawValue) -> Result<Request, Malformed> {
    let event = Object::parse(event.get().as_bytes()).ok_or(Malformed("event"))?;
    let context = object(&event, "requestContext");
    let method = object(&context, "http").value("method").and_then(string);
    let method = method.and_then(|method| Method::from_bytes(method.as_bytes()).ok());

    let mut request = Request::new(body(&event)?);
    *request.method_mut() = method.ok_or(Malformed("method"))?;
    *request.uri_mut() = address(&event).ok_or(Malformed("address"))?.into();
    *request.headers_mut() = headers(&event)?;
    if let Some(at_ms) = context.time_ms("timeEpoch") {
        request.extensions_mut().insert(TakenOn(at_ms));
    }
    let parameters = object(&event, "pathParameters").into_members().into_iter();
    let parameters: HashMap<_, _> = parameters
        .filter_map(|(name, value)| Some((name.into_owned(), string(value)?)))
        .collect();
    Ok(request.with_path_parameters(parameters))
}

/// The object that a member is; an empty one if it is none.
fn object<'a>(of: &Object<'a>, name: &str) -> Object<'a> {
    let raw = of.value(name).map(RawValue::get);
    raw.and_then(|raw| Object::parse(raw.as_bytes()))
        .unwrap_or_default()
}

fn string(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

fn body(event: &Object<'_>) -> Result<Body, Malformed> {
    if event.is_silent("body") {
        return Ok(Body::Empty);
    }
    let text = event.value("body").and_then(string);
    let text = text.ok_or(Malformed("body"))?;
    let is_base64 = event.value("isBase64Encoded").map(RawValue::get) == Some("true");
    if is_base64 {
        let bytes = STANDARD.decode(text).map_err(|_| Malformed("body"))?;
        return Ok(Body::Binary(bytes));
    }
    Ok(Body::Text(text))
}

/// Path and query, with everything escaped that may not stand in an address as it is.
fn address(event: &Object<'_>) -> Option<PathAndQuery> {
    let mut url = Url::parse("http://localhost").ok()?;
    url.set_path(&event.value("rawPath").and_then(string).unwrap_or_default());
    let query = event.value("rawQueryString").and_then(string);
    url.set_query(query.as_deref().filter(|query| !query.is_empty()));
    url.as_str()
        .get(url[..Position::BeforePath].len()..)?
        .parse()
        .ok()
}

/// The headers that can be such. A blank counts for what may not stand in a value (RFC 9110, 5.5), so that a value which
/// is checked does not become one that is not there.
fn headers(event: &Object<'_>) -> Result<HeaderMap, Malformed> {
    let mut headers = HeaderMap::new();
    for (name, value) in object(event, "headers").into_members() {
        let name = HeaderName::from_bytes(name.trim().as_bytes());
        let (Ok(name), Some(value)) = (name, string(value)) else {
            continue;
        };
        let value = value.replace(char::is_control, " ");
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            let appended = headers.try_append(name, value);
            appended.map_err(|_| Malformed("headers"))?;
        }
    }
    Ok(headers)
}

/// What API Gateway makes its answer of.
#[must_use]
pub fn answer(response: Response<Body>) -> ApiGatewayV2httpResponse {
    let (parts, body) = response.into_parts();
    let mut answer = ApiGatewayV2httpResponse::default();
    answer.status_code = parts.status.as_u16().into();
    answer.headers = parts.headers;
    answer.is_base64_encoded = matches!(body, Body::Binary(_));
    answer.body = (!matches!(body, Body::Empty)).then_some(body);
    answer
}

#[cfg(test)]
mod tests;
