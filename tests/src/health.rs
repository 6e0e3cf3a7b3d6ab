//! `GET /sandbox/health`: whether everything answers, and where it is.

use std::sync::{Arc, OnceLock};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

/// The routes, for `GET /sandbox/`.
pub(crate) const ROUTES: &str = "
GET    /sandbox/health                             200 and the addresses once the functions answer, 503 before
";

/// Where everything is, once it is there.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<OnceLock<Value>>);

impl Health {
    /// Everything answers, at these addresses; the first to say so is believed.
    pub fn ready(&self, addresses: Value) {
        let _ = self.0.set(addresses);
    }

    pub(crate) fn router(&self) -> Router {
        let health = self.clone();
        Router::new().route("/sandbox/health", get(async move || health.answer()))
    }

    fn answer(&self) -> Response {
        let version = env!("CARGO_PKG_VERSION");
        let Some(addresses) = self.0.get() else {
            let starting = json!({"status": "starting", "version": version});
            return (StatusCode::SERVICE_UNAVAILABLE, Json(starting)).into_response();
        };
        Json(json!({"status": "ready", "version": version, "addresses": addresses})).into_response()
    }
}
