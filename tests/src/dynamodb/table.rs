//! The table read past the front: no fault meets it, and nobody remembers it.

use dynoxide::Database;
use serde_json::{Map, Value, json};

use super::{TABLE, typed};

/// The orders table; clones read the same.
#[derive(Clone)]
pub(crate) struct Table(pub(super) Database);

impl Table {
    /// One order's item as plain JSON, read with strong consistency.
    pub(crate) fn item(&self, order_id: &str) -> Result<Option<Value>, String> {
        let request = json!({"TableName": TABLE, "Key": {"orderId": {"S": order_id}}, "ConsistentRead": true});
        let answer = self
            .0
            .get_item(typed(request)?)
            .map_err(|error| error.to_string())?;
        let answer = serde_json::to_value(answer).map_err(|error| error.to_string())?;
        Ok(answer.get("Item").map(plain_item))
    }

    /// Every item as plain JSON.
    pub(crate) fn items(&self) -> Result<Vec<Value>, String> {
        let mut items = Vec::new();
        let mut request = json!({"TableName": TABLE, "ConsistentRead": true});
        loop {
            let answer = self
                .0
                .scan(typed(request.clone())?)
                .map_err(|error| error.to_string())?;
            let answer = serde_json::to_value(answer).map_err(|error| error.to_string())?;
            items.extend(
                answer["Items"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(plain_item),
            );
            match answer.get("LastEvaluatedKey") {
                None | Some(Value::Null) => return Ok(items),
                Some(key) => request["ExclusiveStartKey"] = key.clone(),
            }
        }
    }
}

pub(super) fn plain_item(item: &Value) -> Value {
    let fields = item.as_object().into_iter().flatten();
    Value::Object(
        fields
            .map(|(name, value)| (name.clone(), plain(value)))
            .collect::<Map<_, _>>(),
    )
}

/// `{"S":"x"}` as `"x"`; a number that is no whole one stays text, since money must not become a float.
fn plain(value: &Value) -> Value {
    let Some((kind, inner)) = value.as_object().and_then(|object| object.iter().next()) else {
        return Value::Null;
    };
    match (kind.as_str(), inner) {
        ("N", Value::String(text)) => text
            .parse::<i64>()
            .map_or_else(|_| inner.clone(), Value::from),
        ("M", _) => plain_item(inner),
        ("L", Value::Array(list)) => Value::Array(list.iter().map(plain).collect()),
        ("NULL", _) => Value::Null,
        _ => inner.clone(),
    }
}
