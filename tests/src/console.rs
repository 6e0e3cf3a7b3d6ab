//! The console: one page that shows what the sandbox remembers and steers it through the admin API.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::get;

const PAGE: &str = include_str!("console.html");

pub(crate) fn router() -> Router {
    Router::new()
        .route("/", get(|| async { Html(PAGE) }))
        // Browsers ask for it; it must not be remembered as a call of the merchant API.
        .route("/favicon.ico", get(|| async { StatusCode::NO_CONTENT }))
}
