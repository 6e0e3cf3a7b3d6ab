//! Answers that say that something failed.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

/// The same answer, whose failure no longer tells of the item.
pub(super) async fn without_item(answer: Response) -> Response {
    if answer.status().is_success() {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    let failure = axum::body::to_bytes(body, usize::MAX)
        .await
        .unwrap_or_default();
    let mut json: Value = serde_json::from_slice(&failure).unwrap_or_default();
    if let Some(fields) = json.as_object_mut() {
        fields.remove("Item");
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, json.to_string().into())
}

/// One of DynamoDB's own, by its kind.
pub(super) fn failure(status: StatusCode, kind: &str) -> Response {
    let body = json!({"__type": kind, "message": "played by the sandbox"}).to_string();
    (
        status,
        [(header::CONTENT_TYPE, "application/x-amz-json-1.0")],
        body,
    )
        .into_response()
}
