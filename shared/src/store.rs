//! Orders in DynamoDB: load, apply, put if the version is unchanged.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use serde::Deserialize;
use tracing::error;

use crate::order::{Applied, Event, Order, OrderId};

/// How often a transition is applied anew because somebody else wrote in between.
const RACES: usize = 8;

type Item = HashMap<String, AttributeValue>;

/// The table of orders.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    table: String,
}

/// What became of a new order.
#[derive(Debug)]
pub enum Recorded {
    /// It is in the table.
    New,
    /// An order of this id was there before.
    Exists(Box<Order>),
}

/// What became of a transition.
#[derive(Debug)]
pub struct Transition {
    /// The order before the events.
    pub before: Order,
    /// The order as it is in the table now.
    pub order: Order,
    /// What the events did.
    pub applied: Applied,
}

/// The table could not be read or written; what was to be recorded is not known to be.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB did not answer, or refused.
    #[error("the table of orders cannot be reached: {0}")]
    Unavailable(String),
    /// An item cannot be read as an order, or the other way round.
    #[error("an item of the table is not an order: {0}")]
    Item(#[from] serde_dynamo::Error),
    /// Others kept writing in between.
    #[error("the order was changed by others {RACES} times in a row")]
    Raced,
}

/// What the index `due` holds of an order.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Due {
    /// Which.
    pub order_id: OrderId,
    /// Since when there is work.
    #[serde(rename = "dueAt")]
    pub due_at_ms: i64,
}

enum Put {
    Done,
    /// The condition failed; this is what is there.
    Conflict(Option<Box<Order>>),
}

impl Store {
    /// The orders in `table`.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Records a new order, unless its id is taken.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn record(&self, order: &Order) -> Result<Recorded, StoreError> {
        match self.put(order, None).await? {
            Put::Done => Ok(Recorded::New),
            // The SDK repeats a write whose answer was lost, and then finds its own.
            Put::Conflict(Some(existing)) if *existing == *order => Ok(Recorded::New),
            Put::Conflict(Some(existing)) => Ok(Recorded::Exists(existing)),
            Put::Conflict(None) => Err(StoreError::Raced),
        }
    }

    /// The order, as of now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load(&self, id: &OrderId) -> Result<Option<Order>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("orderId", AttributeValue::S(id.to_string()))
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable)?;
        Ok(answer.item.map(serde_dynamo::from_item).transpose()?)
    }

    /// Applies `events` to `order`, and anew to what is there if somebody else wrote in between. Nothing is written
    /// unless they change the order, and none of them if one is refused.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn transition(
        &self,
        order: Order,
        events: &[Event],
        cause: &str,
        at_ms: i64,
    ) -> Result<Transition, StoreError> {
        let mut before = order;
        for _ in 0..RACES {
            let mut order = before.clone();
            let applied = apply_all(&mut order, events, cause, at_ms);
            if applied != Applied::Changed {
                return Ok(Transition {
                    order: before.clone(),
                    before,
                    applied,
                });
            }
            order.version = before.version.saturating_add(1);
            match self.put(&order, Some(before.version)).await? {
                Put::Done => {
                    return Ok(Transition {
                        before,
                        order,
                        applied,
                    });
                }
                Put::Conflict(Some(there)) if *there == order => {
                    return Ok(Transition {
                        before,
                        order,
                        applied,
                    });
                }
                Put::Conflict(Some(there)) => before = *there,
                Put::Conflict(None) => return Err(StoreError::Raced),
            }
        }
        Err(StoreError::Raced)
    }

    /// Up to `limit` orders of a shard of the index `due`, 0–7, whose time has come, the longest overdue first. The index
    /// lags behind the table, so each must be loaded and claimed before it is worked on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due(&self, shard: u8, now_ms: i64, limit: usize) -> Result<Vec<Due>, StoreError> {
        let mut due = Vec::new();
        let mut start = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .index_name("due")
                .key_condition_expression("dueShard = :shard AND dueAt <= :now")
                .expression_attribute_values(":shard", AttributeValue::N(shard.to_string()))
                .expression_attribute_values(":now", AttributeValue::N(now_ms.to_string()))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(unavailable)?;
            for key in page.items.unwrap_or_default() {
                let id = key.get("orderId").cloned();
                match serde_dynamo::from_item(key) {
                    Ok(order) => due.push(order),
                    // Not written by us; it must not stop the others.
                    Err(error) => {
                        error!(shard, ?id, %error, "an item of the table is not an order");
                    }
                }
            }
            start = page.last_evaluated_key;
            if start.is_none() || due.len() >= limit {
                due.truncate(limit);
                return Ok(due);
            }
        }
    }

    async fn put(&self, order: &Order, expected_version: Option<u64>) -> Result<Put, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item(order)?))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let put = match expected_version {
            None => put.condition_expression("attribute_not_exists(orderId)"),
            Some(version) => put
                .condition_expression("version = :version")
                .expression_attribute_values(":version", AttributeValue::N(version.to_string())),
        };
        match put.send().await {
            Ok(_) => Ok(Put::Done),
            Err(error) => {
                let Some(PutItemError::ConditionalCheckFailedException(failed)) =
                    error.as_service_error()
                else {
                    return Err(unavailable(error));
                };
                let there = failed
                    .item
                    .clone()
                    .map(serde_dynamo::from_item)
                    .transpose()?;
                Ok(Put::Conflict(there.map(Box::new)))
            }
        }
    }
}

fn apply_all(order: &mut Order, events: &[Event], cause: &str, at_ms: i64) -> Applied {
    let mut all = Applied::Unchanged;
    for event in events {
        match order.apply(event, cause, at_ms) {
            Applied::Refused(reason) => return Applied::Refused(reason),
            Applied::Changed => all = Applied::Changed,
            Applied::Unchanged => {}
        }
    }
    all
}

/// The order with the key of the index `due`; without work it has none and is not in the index.
fn item(order: &Order) -> Result<Item, serde_dynamo::Error> {
    let mut item: Item = serde_dynamo::to_item(order)?;
    if let Some(due_at_ms) = order.due_at_ms() {
        item.insert(
            "dueShard".to_owned(),
            AttributeValue::N(order.order_id.due_shard().to_string()),
        );
        item.insert("dueAt".to_owned(), AttributeValue::N(due_at_ms.to_string()));
    }
    Ok(item)
}

fn unavailable(error: impl std::error::Error) -> StoreError {
    StoreError::Unavailable(format!("{}", DisplayErrorContext(error)))
}
