//! Whether the table can be used in every way in which orders are reconciled; nothing in it is changed.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Item, Store, StoreError};
use crate::order::Untold;

/// A key that no item has: an order's id is 30 hex digits.
const NOBODY: &str = "check";

impl Store {
    /// The table's name.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }

    /// Reads one item and several, and puts one under a condition that nothing fulfils.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn check(&self) -> Result<(), StoreError> {
        self.look().await?;
        self.load_all(&[NOBODY]).await?;
        let key = AttributeValue::S(NOBODY.to_owned());
        let item = Item::from([("orderId".to_owned(), key)]);
        self.put(item, Some(0)).await.map(drop)
    }

    /// Reads the index `due`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn check_due(&self) -> Result<(), StoreError> {
        self.due(0, 0, 1, None).await.map(drop)
    }

    /// Reads the index `reference`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn check_reference(&self) -> Result<(), StoreError> {
        self.of_reference(NOBODY, 1).await.map(drop)
    }

    /// Reads the index `untold`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn check_untold(&self) -> Result<(), StoreError> {
        self.untold_since_ms(Untold::Repeating).await.map(drop)
    }
}
