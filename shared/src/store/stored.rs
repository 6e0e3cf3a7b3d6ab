//! An order as it is in the table, and the item that it is kept as.

use std::ops::Deref;

use super::{Item, StoreError, carry, due, reference, untold};
use crate::order::Order;

/// An order as it is in the table, with all that stands in its item.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Boxed, since it is handed on through every step of a function, and each holds it.
    pub(super) order: Box<Order>,
    /// The item as it was read; absent where it is known that nothing but the order stands in it.
    read: Option<Item>,
}

impl Deref for Stored {
    type Target = Order;

    fn deref(&self) -> &Order {
        &self.order
    }
}

impl Stored {
    /// A new order, and the item that it will be.
    ///
    /// # Errors
    /// [`StoreError::Item`].
    pub fn new(order: Order) -> Result<(Self, Item), StoreError> {
        let item = item(&order)?;
        let order = Box::new(order);
        Ok((Self { order, read: None }, item))
    }

    pub(super) fn read(item: Item) -> Result<Self, StoreError> {
        let order = Box::new(serde_dynamo::from_item(item.clone())?);
        let read = Some(item);
        Ok(Self { order, read })
    }

    /// What takes the place of this one, and the item that it will be.
    pub(super) fn with(&self, order: Box<Order>) -> Result<(Self, Item), StoreError> {
        let mut item = item(&order)?;
        let mut read = None;
        if let Some(there) = &self.read
            // Looked at first, since it costs little, and to write the order as it was read costs as much as to write it.
            && carry::is_missing(there, &item)
            && carry::unknown(there, &item_of(&self.order)?, &mut item)
        {
            read = Some(item.clone());
        }
        Ok((Self { order, read }, item))
    }
}

fn item_of(order: &Order) -> Result<Item, StoreError> {
    Ok(serde_dynamo::to_item(order)?)
}

/// The order with the keys of the indexes that it is in: `due` while there is work, `reference` if it has one, `untold`
/// while it is told in vain.
fn item(order: &Order) -> Result<Item, StoreError> {
    let mut item = item_of(order)?;
    if let Some(due_at_ms) = order.due_at_ms() {
        due::insert(&mut item, order.order_id.due_shard(), due_at_ms);
    }
    reference::insert(&mut item, &order.request);
    untold::insert(&mut item, &order.confirmation);
    Ok(item)
}
