//! What the real API answers to the form: sent as LeadsCalendar sends it, shown with the problem in words.

use std::collections::HashMap;
use std::time::Duration;

use maud::{Markup, html};
use serde_json::{Map, Value};

use super::{Parts, raw};
use crate::web;

/// What the button says.
pub(super) const BUTTON: &str = "Make an order";
/// The fields of the request that the form has.
const FIELDS: [&str; 6] = [
    "price",
    "fiat",
    "description",
    "reference",
    "expiresIn",
    "callbackUrl",
];
/// The headers of an answer that tell a caller what to do.
const HEADERS: [&str; 4] = [
    "location",
    "retry-after",
    "idempotent-replayed",
    "content-type",
];
/// An answer takes up to 30 s.
const PATIENCE: Duration = Duration::from_secs(35);

/// An answer, or why there is none.
pub(super) enum Answer {
    /// The status, the headers above, and the body.
    Of(u16, Vec<(String, String)>, String),
    /// A sentence.
    None(String),
}

impl Answer {
    /// Sends what the form says; a field left empty is left out.
    pub(super) async fn to(parts: &Parts, fields: &HashMap<String, String>) -> Self {
        let Some(api) = &parts.api else {
            return Self::None("There is no HTTP API that this sandbox knows of.".to_owned());
        };
        let mut body = Map::from_iter([("transactionType".to_owned(), "PAY".into())]);
        for name in FIELDS {
            let text = fields.get(name).map(|text| text.trim()).unwrap_or_default();
            let number = text.parse::<i64>().ok().filter(|_| name == "expiresIn");
            let value = number.map_or_else(|| Value::from(text), Value::from);
            if !text.is_empty() {
                body.insert(name.to_owned(), value);
            }
        }
        let mut request = web::client(PATIENCE, false)
            .post(format!("{api}/orders"))
            .header("x-mbx-apikey", &parts.app_api_key)
            .json(&body);
        if let Some(key) = fields.get("idempotencyKey").filter(|key| !key.is_empty()) {
            request = request.header("idempotency-key", key);
        }
        Self::read(request.send().await)
            .await
            .unwrap_or_else(|error| {
                Self::None(format!(
                    "The HTTP API at {api} did not answer: {error}. Is it running?"
                ))
            })
    }

    async fn read(
        answer: Result<reqwest::Response, reqwest::Error>,
    ) -> Result<Self, reqwest::Error> {
        let answer = answer?;
        let status = answer.status().as_u16();
        let header = |name: &str| {
            let value = answer.headers().get(name)?.to_str().ok()?;
            Some((name.to_owned(), value.to_owned()))
        };
        let headers = HEADERS.into_iter().filter_map(header).collect();
        Ok(Self::Of(status, headers, answer.text().await?))
    }

    pub(super) fn shown(&self) -> Markup {
        let (status, headers, body) = match self {
            Self::None(words) => return html! { p.bad { (words) } },
            Self::Of(status, headers, body) => (status, headers, body),
        };
        let json: Value = serde_json::from_str(body).unwrap_or_default();
        html! {
            @match json["orderId"].as_str().filter(|_| *status < 300) {
                Some(order_id) => p {
                    strong.good { (status) } " The order "
                    a href={ "/console/orders/" (order_id) } { code { (order_id) } }
                    " is " (json["status"].as_str().unwrap_or_default())
                    @if let Some(url) = json["checkoutUrl"].as_str() { ": " a href=(url) { "to the checkout" } }
                },
                None => (problem(*status, &json)),
            }
            details open {
                summary { "The answer as it came" }
                pre tabindex="0" {
                    @for (name, value) in headers { (name) ": " (value) "\n" }
                    "\n" (raw::pretty(body))
                }
            }
        }
    }
}

/// A problem in words.
fn problem(status: u16, json: &Value) -> Markup {
    let text = |name: &str| json[name].as_str().unwrap_or_default();
    html! {
        p { strong.bad { (status) " " (text("code")) } " " (text("msg")) }
        @if !text("recommendation").is_empty() { p { (text("recommendation")) } }
        @if let Some(errors) = json["errors"].as_array() {
            ul { @for error in errors {
                li { code { (error["pointer"].as_str().unwrap_or_default()) } " " (error["detail"].as_str().unwrap_or_default()) }
            } }
        }
        @if let Some(retryable) = json["retryable"].as_bool() {
            p.dim { @if retryable { "The same request may be repeated." } @else { "A repeat of the same request does not help." } }
        }
    }
}
