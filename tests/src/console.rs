//! The console: pages that show what passed between the four parties, live, and that steer the sandbox.
//!
//! They are rendered here and work without a script; a little of it keeps them up to date. What they do, they do through
//! the admin API and through the real HTTP API, as anybody else.

mod act;
mod answer;
mod cards;
mod misbehave;
mod order;
mod orders;
mod page;
mod raw;
mod row;
mod switches;
mod timeline;
mod verify;

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::http::{Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde_json::Value;

use crate::admin;
use crate::dynamodb::Table;
use crate::journal::Journal;
use crate::leadscalendar::Confirmation;
use crate::verify::Keyring;

/// What the console shows and steers.
pub(crate) struct Parts {
    /// What passed.
    pub(crate) journal: Journal,
    /// The orders as they are stored.
    pub(crate) table: Table,
    /// The confirmations that LeadsCalendar received.
    pub(crate) receipts: Box<dyn Fn() -> Vec<Confirmation> + Send + Sync>,
    /// The admin routes.
    pub(crate) admin: Router,
    /// What messages are verified with.
    pub(crate) keyring: Keyring,
    /// The address of the HTTP API; nothing if this sandbox was not told.
    pub(crate) api: Option<String>,
    /// The key that LeadsCalendar sends to it.
    pub(crate) app_api_key: String,
    /// Where LeadsCalendar receives confirmations.
    pub(crate) confirmation_url: String,
}

/// The console's hold of the sandbox, which is there when everything was started.
#[derive(Clone, Default)]
pub(crate) struct Console(Arc<OnceLock<Parts>>);

impl Console {
    /// Says what there is; once.
    pub(crate) fn fill(&self, parts: Parts) {
        let _ = self.0.set(parts);
    }

    fn parts(&self) -> Result<&Parts, Failed> {
        let starting = || {
            let words = "The sandbox is starting: load the page again.";
            Failed(StatusCode::SERVICE_UNAVAILABLE, words.to_owned())
        };
        self.0.get().ok_or_else(starting)
    }
}

impl Parts {
    /// Calls the admin API; a refusal is its sentence.
    async fn call(&self, method: Method, path: &str, body: &Value) -> Result<Value, String> {
        let called = admin::call(&self.admin, method, path, body).await;
        called.map_err(|refused| refused.1)
    }

    /// What an admin route lists or shows.
    async fn look(&self, path: &str) -> Value {
        let seen = self.call(Method::GET, path, &Value::Null).await;
        seen.unwrap_or_default()
    }

    /// The simulator's time.
    async fn now_ms(&self) -> i64 {
        self.look("/sandbox/clock").await["nowMs"]
            .as_i64()
            .unwrap_or_default()
    }
}

/// A page that could not be made: the HTTP status and a sentence.
struct Failed(StatusCode, String);

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let words = html! { h1 { "That did not work" } p role="alert" { (self.1) } p { a href="/" { "To the orders" } } };
        (self.0, shown(&page::whole("That did not work", "", &words))).into_response()
    }
}

/// A page or a part of one, as the answer to a request.
type Shown = Result<Html<String>, Failed>;

fn shown(markup: &Markup) -> Html<String> {
    Html(markup.0.clone())
}

/// The address of the HTTP API of which binance-callback is at `callback_url`.
pub(crate) fn api_of(callback_url: &str) -> Option<String> {
    callback_url
        .strip_suffix("/binance-callback")
        .map(str::to_owned)
}

pub(crate) fn router(console: Console) -> Router {
    let file = |kind: &'static str, text: &'static str| {
        get(move || async move { ([(header::CONTENT_TYPE, kind)], text) })
    };
    Router::new()
        .route("/", get(orders::show).post(orders::make))
        .route("/console/rows", get(orders::rows))
        .route("/console/orders/{order_id}", get(order::show))
        .route("/console/orders/{order_id}/timeline", get(order::timeline))
        .route("/console/payer/{trade_no}/{event}", post(act::payer))
        .route("/console/misbehave", get(misbehave::show))
        .route("/console/misbehave/{switch}", post(misbehave::turn))
        .route("/console/verify", get(verify::show).post(verify::judge))
        .route(
            "/console/style.css",
            file("text/css; charset=utf-8", include_str!("console/style.css")),
        )
        .route(
            "/console/script.js",
            file(
                "text/javascript; charset=utf-8",
                include_str!("console/script.js"),
            ),
        )
        // Browsers ask for it; it must not be remembered as a call of the merchant API.
        .route("/favicon.ico", get(|| async { StatusCode::NO_CONTENT }))
        .with_state(console)
}
