//! The one item of the table that is no order: what makes the ids of its orders its own.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use super::{Item, Put, Store, StoreError};
use crate::order::Namespace;

/// The key of the item that holds the table's [`Namespace`]; no order's id looks like it.
const NAMESPACE: &str = "namespace";

impl Store {
    /// Looks whether the table can be read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn look(&self) -> Result<(), StoreError> {
        self.get(NAMESPACE).await.map(drop)
    }

    /// What makes the ids of this table its own: made by whoever comes first, and the same for everybody ever after.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn namespace(&self, random: [u8; 32]) -> Result<Namespace, StoreError> {
        if let Some(item) = self.get(NAMESPACE).await? {
            return namespace(&item);
        }
        let value = AttributeValue::B(Blob::new(random));
        let item = Item::from([
            (
                "orderId".to_owned(),
                AttributeValue::S(NAMESPACE.to_owned()),
            ),
            (NAMESPACE.to_owned(), value),
        ]);
        match self.put(item, None).await? {
            Put::Done => Ok(Namespace::from_random(random)),
            Put::Conflict(Some(there)) => namespace(&there),
            Put::Conflict(None) => {
                let there = self.get(NAMESPACE).await?;
                namespace(&there.ok_or(StoreError::Raced)?)
            }
        }
    }
}

fn namespace(item: &Item) -> Result<Namespace, StoreError> {
    let Some(AttributeValue::B(bytes)) = item.get(NAMESPACE) else {
        return Err(StoreError::Namespace);
    };
    let bytes = <[u8; 32]>::try_from(bytes.as_ref()).map_err(|_| StoreError::Namespace)?;
    Ok(Namespace::from_random(bytes))
}
