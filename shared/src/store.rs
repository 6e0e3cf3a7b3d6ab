//! Orders in DynamoDB: load, apply, put if the version is unchanged. What another version of this program keeps in an item
//! is carried along unread.

mod batch;
mod carry;
mod check;
mod due;
mod namespace;
mod reference;
mod stored;
mod untold;

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::{PutItemError, PutItemOutput};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use tokio::sync::Semaphore;

pub use batch::{BATCH, Waiting};
pub use due::{Due, DuePage, Start};
pub use reference::Referenced;
pub use stored::Stored;
pub use untold::UntoldPage;

use crate::aws::Failure;
use crate::order::{Applied, Event, Order, OrderId};

/// How often a transition is applied anew because somebody else wrote in between.
const RACES: usize = 8;

/// Calls at the same time: each has a connection of its own, and reading many orders takes no more than two.
const CALLS: usize = 2;

type Item = HashMap<String, AttributeValue>;

/// The table of orders.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    table: String,
    turns: Arc<Semaphore>,
}

/// What became of a new order.
#[derive(Debug)]
pub enum Recorded {
    /// It is in the table.
    New(Stored),
    /// An order of this id was there before.
    Exists(Stored),
}

/// What became of a transition.
#[derive(Debug)]
pub struct Transition {
    /// The order before the events.
    pub before: Stored,
    /// The order as it is in the table now.
    pub order: Stored,
    /// What the events did.
    pub applied: Applied,
}

impl Transition {
    /// Whether this transition, and nobody else's in between, made a change that LeadsCalendar is told of.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.order.is_told_since(&self.before)
    }
}

/// The table could not be read or written; what was to be recorded is not known to be.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB did not answer, or refused.
    #[error("the table of orders cannot be used: {0}")]
    Unavailable(Failure),
    /// An item cannot be read as an order, or the other way round.
    #[error("an item of the table is not an order: {0}")]
    Item(#[from] serde_dynamo::Error),
    /// The item that makes the ids of this table its own is not one that this program made.
    #[error("the item `namespace` of the table cannot be read")]
    Namespace,
    /// Others kept writing in between.
    #[error("the order was changed by others {RACES} times in a row")]
    Raced,
}

impl StoreError {
    /// The alarm by which an operator hears that he must act; none if it mends itself.
    #[must_use]
    pub fn alarm(&self) -> Option<&'static str> {
        match self {
            Self::Unavailable(failure) => failure.must_act().then_some("store.unusable"),
            Self::Item(_) | Self::Namespace => Some("item.unreadable"),
            Self::Raced => None,
        }
    }
}

enum Put {
    Done,
    /// The condition failed; this is what is there.
    Conflict(Option<Item>),
}

impl Store {
    /// The orders in `table`.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self {
            client,
            table,
            turns: Arc::new(Semaphore::new(CALLS)),
        }
    }

    /// Records a new order, unless its id is taken.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn record(&self, order: Order) -> Result<Recorded, StoreError> {
        let (stored, item) = Stored::new(order)?;
        match self.put(item, None).await? {
            Put::Done => Ok(Recorded::New(stored)),
            Put::Conflict(there) => {
                let there = match there {
                    Some(there) => Some(Stored::read(there)?),
                    // Not every engine says what is there.
                    None => self.load(&stored.order_id).await?,
                };
                let there = there.ok_or(StoreError::Raced)?;
                // The SDK repeats a write whose answer was lost, and then finds its own.
                Ok(if there.order == stored.order {
                    Recorded::New(there)
                } else {
                    Recorded::Exists(there)
                })
            }
        }
    }

    /// The order, as of now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load(&self, id: &OrderId) -> Result<Option<Stored>, StoreError> {
        let item = self.get(id.as_str()).await?;
        item.map(Stored::read).transpose()
    }

    /// Applies `events` to `order`, and anew to what is there if somebody else wrote in between. Nothing is written
    /// unless they change the order, and none of them if one is refused.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn transition(
        &self,
        order: Stored,
        events: &[Event],
        cause: &str,
        at_ms: i64,
    ) -> Result<Transition, StoreError> {
        let mut before = order;
        for _ in 0..RACES {
            let mut order = before.order.clone();
            let applied = order.apply_all(events, cause, at_ms);
            if applied != Applied::Changed {
                return Ok(Transition {
                    order: before.clone(),
                    before,
                    applied,
                });
            }
            order.version = before.version.saturating_add(1);
            let (order, item) = before.with(order)?;
            let there = match self.put(item, Some(before.version)).await? {
                Put::Done => None,
                Put::Conflict(Some(there)) => Some(Stored::read(there)?),
                // Not every engine says what is there.
                Put::Conflict(None) => {
                    let there = self.load(&order.order_id).await?;
                    Some(there.ok_or(StoreError::Raced)?)
                }
            };
            match there {
                // The SDK repeats a write whose answer was lost, and then finds its own.
                Some(there) if there.order != order.order => before = there,
                Some(_) | None => {
                    return Ok(Transition {
                        before,
                        order,
                        applied,
                    });
                }
            }
        }
        Err(StoreError::Raced)
    }

    /// Makes a call when it has its turn.
    async fn turn<T>(&self, call: impl Future<Output = T> + Send) -> T {
        // On the heap, since what the SDK keeps while it waits is large.
        let call: Pin<Box<dyn Future<Output = T> + Send + '_>> = Box::pin(call);
        // Never closed, so a permit is always had in the end.
        let _permit = self.turns.acquire().await;
        call.await
    }

    async fn get(&self, key: &str) -> Result<Option<Item>, StoreError> {
        let get = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("orderId", AttributeValue::S(key.to_owned()))
            .consistent_read(true);
        let answer = self.turn(get.send()).await.map_err(unavailable)?;
        Ok(answer.item)
    }

    async fn put(&self, item: Item, expected_version: Option<u64>) -> Result<Put, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let put = match expected_version {
            None => put.condition_expression("attribute_not_exists(orderId)"),
            Some(version) => put
                .condition_expression("version = :version")
                .expression_attribute_values(":version", AttributeValue::N(version.to_string())),
        };
        Self::ended(self.turn(put.send()).await)
    }

    /// How a put under a condition ended.
    fn ended(put: Result<PutItemOutput, SdkError<PutItemError>>) -> Result<Put, StoreError> {
        let Err(error) = put else {
            return Ok(Put::Done);
        };
        let Some(PutItemError::ConditionalCheckFailedException(failed)) = error.as_service_error()
        else {
            return Err(unavailable(error));
        };
        Ok(Put::Conflict(failed.item.clone()))
    }
}

fn unavailable<E>(error: SdkError<E, HttpResponse>) -> StoreError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    StoreError::Unavailable(Failure::of(error))
}

#[cfg(test)]
mod tests;
