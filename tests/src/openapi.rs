//! The whole admin API as it is described: listed by `GET /sandbox/`, and for programs by `GET /sandbox/openapi.yaml`.

use axum::Router;
use axum::http::header;
use axum::routing::get;

use crate::admin;

const ROUTES: &str = "
GET    /sandbox/openapi.yaml                       all of this as OpenAPI 3.1, with every field and answer
";

const OPENAPI: &str = include_str!("../../sandbox.openapi.yaml");

/// The lists of all `routes`.
pub(crate) fn described(routes: &[&str]) -> Router {
    let openapi = async || ([(header::CONTENT_TYPE, "application/yaml")], OPENAPI);
    admin::index(routes.concat() + ROUTES).route("/sandbox/openapi.yaml", get(openapi))
}
