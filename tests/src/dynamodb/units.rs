//! What a request consumes, by DynamoDB's own units: the engine is asked for it with every request, whoever made that.

use axum::body::{Body, Bytes};
use axum::response::Response;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::Serialize;
use serde_json::{Value, json};

/// What a request consumed, in halves of a unit: an eventually consistent read of up to 4 KB is one half.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Units {
    /// Of the table.
    pub table_halves: u32,
    /// Of its indexes: a write pays for each entry that it makes, moves or takes away.
    pub index_halves: u32,
}

impl Units {
    /// The sum of two requests.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            table_halves: self.table_halves + other.table_halves,
            index_halves: self.index_halves + other.index_halves,
        }
    }
}

/// The request, with the question what it consumes.
pub(super) fn asked_for(body: Bytes) -> Bytes {
    match serde_json::from_slice::<Value>(&body) {
        Ok(Value::Object(mut request)) => {
            request.insert("ReturnConsumedCapacity".to_owned(), json!("INDEXES"));
            Value::Object(request).to_string().into()
        }
        _ => body,
    }
}

/// The answer as it is, and what it says was consumed.
pub(super) async fn told(answer: Response) -> (Response, Option<Units>) {
    let (parts, body) = answer.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX)
        .await
        .unwrap_or_default();
    let json: Value = serde_json::from_slice(&body).unwrap_or_default();
    let units = match &json["ConsumedCapacity"] {
        Value::Null => None,
        // Of several tables, of which there is one.
        Value::Array(tables) => tables.first().and_then(read),
        one => read(one),
    };
    (Response::from_parts(parts, Body::from(body)), units)
}

fn read(consumed: &Value) -> Option<Units> {
    let all_halves = halves(&consumed["CapacityUnits"])?;
    let indexes = consumed["GlobalSecondaryIndexes"].as_object();
    let of_indexes = indexes
        .into_iter()
        .flatten()
        .filter_map(|(_, index)| halves(&index["CapacityUnits"]));
    let index_halves = of_indexes.sum();
    Some(Units {
        table_halves: all_halves.checked_sub(index_halves)?,
        index_halves,
    })
}

/// A number of units; more exact than halves none is.
fn halves(units: &Value) -> Option<u32> {
    let units: Decimal = units.as_number()?.to_string().parse().ok()?;
    (units * Decimal::TWO).to_u32()
}
