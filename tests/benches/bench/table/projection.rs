//! Which items of a batch are wanted, and what of them.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::expression::Names;
use super::parsed;

/// Items by their keys, whole or in part.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Wanted {
    pub(super) keys: Vec<Value>,
    projection_expression: Option<String>,
    #[serde(default)]
    expression_attribute_names: Names,
}

impl Wanted {
    /// The item, or what the projection leaves of it.
    pub(super) fn projected(&self, item: &RawValue) -> String {
        let Some(projection) = &self.projection_expression else {
            return item.get().to_owned();
        };
        let item = parsed(item.get());
        let mut left = json!({});
        for path in projection.split(',') {
            let name = |name: &str| {
                let name = name.trim();
                self.expression_attribute_names
                    .get(name)
                    .map_or(name, |name| name)
                    .to_owned()
            };
            match path.split_once('.') {
                None => {
                    if let Some(value) = item.get(name(path)) {
                        left[name(path)] = value.clone();
                    }
                }
                Some((outer, inner)) => {
                    let (outer, inner) = (name(outer), name(inner));
                    if let Some(value) = item[&outer]["M"].get(&inner) {
                        left[outer]["M"][inner] = value.clone();
                    }
                }
            }
        }
        left.to_string()
    }
}
