//! What all admin calls share: the list of them, a body in which every field has to be known, and a refusal that is a
//! sentence.

use std::error::Error as _;
use std::fmt::Display;
use std::num::NonZeroU32;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::http::{Method, Request, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// An admin call that cannot be carried out: the HTTP status and a sentence.
pub(crate) struct Refused(pub(crate) StatusCode, pub(crate) String);

impl Refused {
    /// The caller's mistake.
    pub(crate) fn mistake(problem: String) -> Self {
        Self(StatusCode::BAD_REQUEST, problem)
    }
}

/// A wrong field of a query is answered by name, as one of a body is.
impl From<QueryRejection> for Refused {
    fn from(rejection: QueryRejection) -> Self {
        let field = rejection.source().map(ToString::to_string);
        Self::mistake(field.unwrap_or_else(|| rejection.body_text()))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"error": self.1}))).into_response()
    }
}

/// Lists the routes of a port; any other path below `/sandbox` is answered with where to find the list.
pub(crate) fn index(routes: String) -> Router {
    let unknown = async |uri: Uri| {
        let problem = format!(
            "there is no {}: GET /sandbox/ lists what there is",
            uri.path()
        );
        Refused(StatusCode::NOT_FOUND, problem)
    };
    Router::new()
        .route("/sandbox", get(routes.clone()))
        .route("/sandbox/", get(routes))
        .route("/sandbox/{*path}", any(unknown))
}

/// Calls a route within this process; `null` is no body.
pub(crate) async fn call(
    routes: &Router,
    method: Method,
    path: &str,
    body: &Value,
) -> Result<Value, Refused> {
    let failed =
        |error: &dyn Display| Refused(StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
    let body = match body {
        Value::Null => Body::empty(),
        body => Body::from(body.to_string()),
    };
    let request = Request::builder().method(method).uri(path).body(body);
    let request = request.map_err(|error| failed(&error))?;
    let Ok(answer) = TowerToHyperService::new(routes.clone()).call(request).await;
    let status = answer.status();
    let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await;
    let bytes = bytes.map_err(|error| failed(&error))?;
    let json: Value = serde_json::from_slice(&bytes).map_err(|error| failed(&error))?;
    if status.is_success() {
        return Ok(json);
    }
    let words = json["error"].as_str().unwrap_or("It was refused.");
    Err(Refused(status, words.to_owned()))
}

/// Reads a body whatever its content type is; an empty one means no options. A wrong field is answered by name.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    let body = if body.is_empty() { b"{}" } else { body };
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(&mut json);
    let read = read.map_err(|error| Refused::mistake(named(&error)))?;
    let ended = json.end();
    ended.map_err(|error| Refused::mistake(error.to_string()))?;
    Ok(read)
}

/// Reads a body that says what differs from `usual`; any other field keeps what it has there.
pub(crate) fn read_over<T: DeserializeOwned + Serialize>(
    usual: &T,
    body: &[u8],
) -> Result<T, Refused> {
    let changes: Map<String, Value> = read(body)?;
    let mut all = json!(usual);
    for (name, value) in changes {
        all[name] = value;
    }
    let read = serde_path_to_error::deserialize(all);
    read.map_err(|error| Refused::mistake(named(&error)))
}

/// The sentence of a body that cannot be read, with the field before it where it does not name that itself.
fn named(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    let sentence = error.inner().to_string();
    if sentence.starts_with("unknown field") {
        return sentence;
    }
    error.to_string()
}

/// The fields of a body, read one by one until none is left.
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// The fields of an object.
    pub(crate) fn of(json: Value) -> Result<Self, String> {
        match json {
            Value::Object(fields) => Ok(Self(fields)),
            _ => Err("it must be a JSON object".to_owned()),
        }
    }

    /// Reads a field; nothing when it is missing or null.
    pub(crate) fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, String> {
        let value = self.0.remove(name).unwrap_or_default();
        serde_json::from_value(value).map_err(|error| format!("{name}: {error}"))
    }

    /// Reads the field `times`, which must be 1 or more.
    pub(crate) fn take_times(&mut self) -> Result<Option<u32>, String> {
        let times: Option<NonZeroU32> = self.take("times")?;
        Ok(times.map(NonZeroU32::get))
    }

    /// The same where it is 1 if nobody says: nothing where it is null, which means until it is cleared.
    pub(crate) fn take_times_or_once(&mut self) -> Result<Option<u32>, String> {
        let is_null = self.0.get("times") == Some(&Value::Null);
        let times = self.take_times()?;
        Ok(if is_null { None } else { times.or(Some(1)) })
    }

    /// Reads all that is left as one value that is written with the same fields. Serde alone lets any field pass beside
    /// the name of a variant that has none.
    pub(crate) fn rest<T: DeserializeOwned + Serialize>(self) -> Result<T, String> {
        let names: Vec<String> = self.0.keys().cloned().collect();
        let left = Value::Object(self.0);
        let read: T = serde_json::from_value(left).map_err(|error| error.to_string())?;
        let known = json!(read);
        match names.iter().find(|name| known.get(name).is_none()) {
            Some(unknown) => Err(format!("unknown field `{unknown}`")),
            None => Ok(read),
        }
    }
}
