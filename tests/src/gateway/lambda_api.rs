//! Lambda's own address beside the HTTP API: `cargo lambda invoke`, the doctor and tests give a function a raw event there.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::Api;
use super::backend::Backend;
use crate::web;

/// The path of [Invoke](https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html).
pub(super) const PATH: &str = "/2015-03-31/functions/{function}/invocations";

/// Invokes a function with the body as its event. An invocation that fails is 200 with `X-Amz-Function-Error`, as at AWS;
/// cargo-lambda's answers are passed on as they are.
pub(super) async fn invoke(
    State(api): State<Arc<Api>>,
    Path(function): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Backend::CargoLambda(cargo_lambda) = &api.backend {
        let answered = cargo_lambda.pass_on(&function, &headers, body).await;
        return answered.unwrap_or_else(|_| web::hang_up());
    }
    let event: Value = match serde_json::from_slice(&body) {
        Ok(event) => event,
        Err(error) => {
            let problem = format!("Could not parse request body into json: {error}");
            let answer = Json(json!({"Type": "User", "message": problem}));
            return (StatusCode::BAD_REQUEST, answer).into_response();
        }
    };
    let limit = api.routes.limit_of(&function);
    match api.backend.invoke(&function, event, limit).await {
        Ok(answer) => Json(answer).into_response(),
        Err(failure) => {
            let answer = Json(json!({"errorMessage": failure.to_string()}));
            ([("x-amz-function-error", "Unhandled")], answer).into_response()
        }
    }
}
