//! The index `reference`: the orders by the name that LeadsCalendar gave them.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Item, Store, StoreError, Stored, unavailable};
use crate::order::Request;

/// The index's partition key; its sort key is the order's own `createdAtMs`.
const REFERENCE: &str = "reference";

/// The orders of one reference.
#[derive(Debug)]
pub struct Referenced {
    /// The newest first, each with its key as it stands; what cannot be read says so.
    pub orders: Vec<(String, Result<Stored, StoreError>)>,
    /// There are older ones.
    pub is_more: bool,
}

impl Store {
    /// Up to `limit` orders of `reference`, below 100, the newest first and each as of now. The index lags behind the table:
    /// what was recorded in the last seconds may be missing, and what is gone meanwhile is passed over.
    ///
    /// An order that was written last before there was this index is in it from its next write on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn of_reference(&self, reference: &str, limit: u8) -> Result<Referenced, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("reference")
            // The name is a word of the language of such expressions.
            .key_condition_expression("#reference = :reference")
            .expression_attribute_names("#reference", REFERENCE)
            .expression_attribute_values(":reference", AttributeValue::S(reference.to_owned()))
            .scan_index_forward(false)
            // One more tells whether there are more.
            .limit(i32::from(limit).saturating_add(1));
        let page = self.turn(query.send()).await.map_err(unavailable)?;
        let key = |item: &Item| Some(item.get("orderId")?.as_s().ok()?.clone());
        let mut keys: Vec<String> = page.items().iter().filter_map(key).collect();
        let is_more = keys.len() > usize::from(limit);
        keys.truncate(limit.into());

        let wanted: Vec<&str> = keys.iter().map(String::as_str).collect();
        let mut loaded = self.load_all_now(&wanted).await?;
        let orders = keys
            .into_iter()
            .filter_map(|key| loaded.remove_entry(&key))
            .collect();
        Ok(Referenced { orders, is_more })
    }
}

/// Puts an item into the index, if its order has a reference.
pub(super) fn insert(item: &mut Item, request: &Request) {
    if let Some(reference) = &request.reference {
        item.insert(REFERENCE.to_owned(), AttributeValue::S(reference.clone()));
    }
}

pub(super) fn is_key(name: &str) -> bool {
    name == REFERENCE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Clients, Failure};
    use crate::config::Aws;
    use crate::served::{self, Served};

    #[tokio::test]
    async fn order_that_dynamodb_leaves_out_is_not_passed_over() {
        let served = Served::start(|number| {
            let key = serde_json::json!({"orderId": {"S": "07"}});
            let answer = match number {
                1 => serde_json::json!({"Count": 1, "Items": [key]}),
                _ => serde_json::json!({"UnprocessedKeys": {"orders": {"Keys": [key]}}}),
            };
            answer.to_string()
        })
        .await;
        let aws = Aws {
            dynamodb_url: Some(served.url.clone()),
            ..served::aws(None)
        };
        let store = Store::new(
            Clients::new(&aws, None).unwrap().dynamodb,
            "orders".to_owned(),
        );

        let found = store.of_reference("r", 20).await;

        let Err(StoreError::Unavailable(Failure::Away(what))) = found else {
            panic!("{found:?}");
        };
        assert_eq!(what, "DynamoDB left out 1 of 1 items");
        assert_eq!(served.asked(), 5);
    }
}
