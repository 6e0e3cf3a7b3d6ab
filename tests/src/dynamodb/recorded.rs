//! What the front writes into the journal: each write of an order's item, and whether it was taken.

use axum::body::{Body, Bytes};
use axum::response::Response;
use serde_json::{Value, json};

use super::front::StoreFault;
use super::table::plain_item;
use crate::journal::{Journal, Kind, Note, Party};

/// A write that is under way.
pub(super) struct Put {
    request: Value,
}

impl Put {
    /// Reads a request; nothing if it writes nothing.
    pub(super) fn of(operation: &str, body: &Bytes) -> Option<Self> {
        let is_put = operation == "PutItem";
        let request = is_put
            .then(|| serde_json::from_slice(body).ok())
            .flatten()?;
        Some(Self { request })
    }

    /// Writes down what came of it; no response is a request that was lost. Gives the response back.
    pub(super) async fn record(
        self,
        journal: &Journal,
        fault: Option<StoreFault>,
        response: Option<Response>,
    ) -> Option<Response> {
        let (response, outcome, taken) = match response {
            None => (None, "lost before it was carried out".to_owned(), false),
            Some(response) if response.status().is_success() => {
                (Some(response), "taken".to_owned(), true)
            }
            Some(response) => {
                let (response, kind) = failure(response).await;
                (Some(response), format!("refused: {kind}"), false)
            }
        };
        let item = plain_item(&self.request["Item"]);
        let version = &item["version"];
        let title = match version {
            Value::Null => format!("PutItem, {outcome}"),
            version => format!("PutItem version {version}, {outcome}"),
        };
        journal.record(Note {
            kind: Kind::Write,
            from: Party::Functions,
            to: Party::DynamoDb,
            order_id: item["orderId"].as_str().map(str::to_owned),
            title,
            ok: Some(taken),
            raw: json!({
                "orderId": item["orderId"],
                "version": version,
                "condition": self.request["ConditionExpression"],
                "values": plain_item(&self.request["ExpressionAttributeValues"]),
                "outcome": outcome,
                "fault": fault,
                "item": item,
            }),
        });
        response
    }
}

/// The name of a failure, and the same answer.
async fn failure(response: Response) -> (Response, String) {
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX)
        .await
        .unwrap_or_default();
    let json: Value = serde_json::from_slice(&body).unwrap_or_default();
    let kind = json["__type"].as_str().unwrap_or("without a name");
    let kind = kind.rsplit('#').next().unwrap_or(kind).to_owned();
    (Response::from_parts(parts, Body::from(body)), kind)
}
