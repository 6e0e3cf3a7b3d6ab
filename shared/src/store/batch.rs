//! Many orders read at once.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};

use crate::aws::Failure;

use super::{Item, Store, StoreError, Stored, unavailable};

/// The most items that DynamoDB reads in one call.
pub const BATCH: u8 = 100;

/// How often DynamoDB is asked for what it left out of a batch; the next run reads the rest.
const ROUNDS: usize = 4;

impl Store {
    /// The orders of up to [`BATCH`] different `keys`, by key. They may be some milliseconds old: whoever writes one does so
    /// under the condition of its version. What is not in the table, or was left out, is not there; what cannot be read
    /// says so.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load_all(
        &self,
        keys: &[&str],
    ) -> Result<HashMap<String, Result<Stored, StoreError>>, StoreError> {
        let key = |key: &&str| {
            let key = AttributeValue::S((*key).to_owned());
            HashMap::from([("orderId".to_owned(), key)])
        };
        let mut wanted: Vec<Item> = keys.iter().map(key).collect();
        let mut orders = HashMap::new();
        for _ in 0..ROUNDS {
            if wanted.is_empty() {
                break;
            }
            let wanted_now = KeysAndAttributes::builder()
                .set_keys(Some(std::mem::take(&mut wanted)))
                .build()
                .map_err(|error| StoreError::Unavailable(Failure::NotSetUp(error.to_string())))?;
            let batch = self
                .client
                .batch_get_item()
                .request_items(&self.table, wanted_now);
            let mut answer = self.turn(batch.send()).await.map_err(unavailable)?;
            let items = answer
                .responses
                .as_mut()
                .and_then(|all| all.remove(&self.table));
            for item in items.unwrap_or_default() {
                if let Some(AttributeValue::S(key)) = item.get("orderId") {
                    orders.insert(key.clone(), Stored::read(item));
                }
            }
            let left = answer
                .unprocessed_keys
                .and_then(|mut all| all.remove(&self.table));
            wanted = left.map(|left| left.keys).unwrap_or_default();
        }
        Ok(orders)
    }
}
