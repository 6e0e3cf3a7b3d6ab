//! The journal's entries of a call of the HTTP API: the request, and its answer.

use axum::body::to_bytes;
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::journal::{Journal, Kind, Note, Party, masked};

/// The header with the caller's key, of which only the beginning is shown.
const KEY: &str = "x-mbx-apikey";

/// Where calls are written down.
pub(crate) struct Entries(Journal);

/// A call whose request is written down.
pub(crate) struct Told {
    journal: Journal,
    order_id: Option<String>,
    /// The place of the request.
    seq: u64,
}

impl Entries {
    pub(crate) fn new(journal: Journal) -> Self {
        Self(journal)
    }

    /// Writes the request down.
    pub(crate) fn asked(self, event: &Value) -> Told {
        let http = &event["requestContext"]["http"];
        let (method, path) = (text(&http["method"]), text(&event["rawPath"]));
        let query = text(&event["rawQueryString"]);
        let path = if query.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{query}")
        };
        let title = format!("{method} {path}");
        let mut headers = event["headers"].as_object().cloned().unwrap_or_default();
        if let Some(key) = headers.get_mut(KEY) {
            *key = masked(text(key)).into();
        }
        let request = json!({
            "method": method,
            "path": path,
            "headers": headers,
            "body": body_of(event),
        });
        let order_id = event["pathParameters"]["orderId"].as_str();
        let order_id = order_id.map(str::to_owned);
        let seq = self.0.record(Note {
            kind: Kind::Api,
            from: Party::LeadsCalendar,
            to: Party::Functions,
            order_id: order_id.clone(),
            title,
            ok: None,
            raw: request,
        });
        Told {
            journal: self.0,
            order_id,
            seq,
        }
    }
}

impl Told {
    /// Writes the answer down, which tells of what order both are where the request did not.
    pub(crate) async fn answered(self, answer: Response) -> Response {
        let (parts, body) = answer.into_parts();
        // It was made of a text a moment ago.
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        let json: Option<Value> = serde_json::from_slice(&body).ok();
        let named = json.as_ref().and_then(|json| json["orderId"].as_str());
        if let (None, Some(order_id)) = (&self.order_id, named) {
            self.journal.belongs(self.seq, order_id);
        }
        let raw = json!({
            "status": parts.status.as_u16(),
            "headers": headers_of(&parts.headers),
            "body": String::from_utf8_lossy(&body),
        });
        self.journal.record(Note {
            kind: Kind::Api,
            from: Party::Functions,
            to: Party::LeadsCalendar,
            order_id: self.order_id.or(named.map(str::to_owned)),
            title: parts.status.as_u16().to_string(),
            ok: Some(parts.status.is_success()),
            raw,
        });
        Response::from_parts(parts, body.into())
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The body as it was sent.
fn body_of(event: &Value) -> Option<String> {
    let body = event["body"].as_str()?;
    if event["isBase64Encoded"] != true {
        return Some(body.to_owned());
    }
    let bytes = STANDARD.decode(body).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn headers_of(headers: &HeaderMap) -> Map<String, Value> {
    let texts = headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value.into())
    });
    texts.collect()
}
