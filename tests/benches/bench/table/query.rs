//! One page of an index.

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::expression::{self, Comparison, Names, Term, Values};
use super::{Answered, Content, INDEXES, id, number, parsed};

/// What DynamoDB reads for one page, in bytes.
const PAGE_BYTES: usize = 1024 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Query {
    index_name: String,
    key_condition_expression: String,
    #[serde(default)]
    expression_attribute_names: Names,
    #[serde(default)]
    expression_attribute_values: Values,
    limit: Option<usize>,
    select: Option<String>,
    exclusive_start_key: Option<Value>,
    scan_index_forward: Option<bool>,
}

impl Content {
    /// The entries of a partition up to an end, in their order.
    pub(super) fn query(&self, query: &Query) -> Answered {
        let mut indexes = INDEXES.iter().zip(&self.indexes);
        let index = indexes.find(|((name, _, _), _)| *name == query.index_name);
        let ((_, partition, sort), index) = index.ok_or("there is no such index")?;
        if query.scan_index_forward == Some(false) {
            // A run only looks whether it can.
            return Ok((StatusCode::OK, json!({"Count": 0, "Items": []}).to_string()));
        }
        let terms = expression::terms(
            &query.key_condition_expression,
            &query.expression_attribute_names,
            &query.expression_attribute_values,
        )?;
        let (wanted, until) = match &terms[..] {
            [Term::Compare(name, Comparison::Is, value)] if name == partition => (value, i64::MAX),
            [
                Term::Compare(name, Comparison::Is, value),
                Term::Compare(by, Comparison::AtMost, until),
            ] if name == partition && by == sort => (value, number(until)?),
            _ => return Err("an index is asked by its partition and an end".to_owned()),
        };
        let wanted = wanted.to_string();
        let from = match &query.exclusive_start_key {
            None => (wanted.clone(), i64::MIN, String::new()),
            // A blank after the id: the next one.
            Some(key) => (wanted.clone(), number(&key[sort])?, id(key)? + " "),
        };
        let mut rest = index
            .range(from..)
            .take_while(|(partition, sort, _)| *partition == wanted && *sort <= until);
        let key = |(_, at, id): &(String, i64, String)| {
            let at = json!({"N": at.to_string()});
            json!({"orderId": {"S": id}, *partition: parsed(&wanted), *sort: at})
        };
        let mut items = Vec::new();
        let (limit, mut bytes) = (query.limit.unwrap_or(usize::MAX), 0);
        while items.len() < limit && bytes < PAGE_BYTES {
            let Some(entry) = rest.next() else { break };
            bytes += entry.2.len() + 100;
            items.push(key(entry));
        }
        let mut answer = json!({"Count": items.len(), "ScannedCount": items.len()});
        if items.len() >= limit || rest.next().is_some() {
            answer["LastEvaluatedKey"] = items.last().cloned().unwrap_or_default();
        }
        if query.select.as_deref() != Some("COUNT") {
            answer["Items"] = Value::Array(items);
        }
        Ok((StatusCode::OK, answer.to_string()))
    }
}
