//! For unit tests of the functions behind the API, which take it in by its path: what LeadsCalendar asks.

use lambda_http::Request;
use lambda_http::http::{HeaderValue, Method};

/// The key that is known where the settings are those of `sample::lookup`; it may not refund.
pub(crate) const KEY: &str = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";

/// A request without a body, by this key.
pub(crate) fn request(method: Method, path: &str, key: &'static str) -> Request {
    let mut request = Request::default();
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().unwrap();
    let key = HeaderValue::from_static(key);
    request.headers_mut().insert("x-mbx-apikey", key);
    request
}
