//! The index `due`: which orders have work to be done, and since when.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Item, Put, Store, StoreError, unavailable};

/// The index's partition and sort key.
const SHARD: &str = "dueShard";
const DUE_AT: &str = "dueAt";

/// What the index `due` holds of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Which; as it stands, since not every item need be ours.
    pub key: String,
    /// Since when there is work.
    pub due_at_ms: i64,
}

impl Due {
    fn read(item: &Item) -> Option<Self> {
        let key = item.get("orderId")?.as_s().ok()?.clone();
        let due_at_ms = item.get(DUE_AT)?.as_n().ok()?.parse().unwrap_or_default();
        Some(Self { key, due_at_ms })
    }
}

/// A part of a shard of the index `due`, and where it goes on.
#[derive(Clone, Debug)]
pub struct DuePage {
    /// The longest overdue first.
    pub due: Vec<Due>,
    /// Where the next part begins; absent after the last.
    pub next: Option<Start>,
}

/// Where a part of an index begins.
#[derive(Clone, Debug)]
pub struct Start(pub(super) Item);

impl Store {
    /// Up to `limit` orders of a shard of the index `due`, 0–7, whose time has come, from `start` on. The index lags behind
    /// the table, so each must be loaded and claimed before it is worked on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due(
        &self,
        shard: u8,
        now_ms: i64,
        limit: u8,
        start: Option<Start>,
    ) -> Result<DuePage, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("due")
            .key_condition_expression("dueShard = :shard AND dueAt <= :now")
            .expression_attribute_values(":shard", AttributeValue::N(shard.to_string()))
            .expression_attribute_values(":now", AttributeValue::N(now_ms.to_string()))
            .limit(limit.into())
            .set_exclusive_start_key(start.map(|start| start.0));
        let page = self.turn(query.send()).await.map_err(unavailable)?;
        Ok(DuePage {
            due: page.items().iter().filter_map(Due::read).collect(),
            next: page.last_evaluated_key.map(Start),
        })
    }

    /// Makes an item that cannot be read due at `until_ms`, and leaves everything else in it as it is: a newer version may
    /// have written it. Whether it was put aside; not, if somebody else has changed it meanwhile.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn put_aside(&self, due: &Due, until_ms: i64) -> Result<bool, StoreError> {
        let Some(mut item) = self.get(&due.key).await? else {
            return Ok(false);
        };
        let Some(there) = item.get(DUE_AT).cloned() else {
            return Ok(false);
        };
        let version = item.get("version").cloned();
        item.insert(DUE_AT.to_owned(), AttributeValue::N(until_ms.to_string()));
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .expression_attribute_values(":there", there);
        let put = match version {
            Some(version) => put
                .condition_expression("dueAt = :there AND version = :version")
                .expression_attribute_values(":version", version),
            None => put.condition_expression("dueAt = :there AND attribute_not_exists(version)"),
        };
        Ok(matches!(
            Self::ended(self.turn(put.send()).await)?,
            Put::Done
        ))
    }
}

/// Makes an item due.
pub(super) fn insert(item: &mut Item, shard: u8, due_at_ms: i64) {
    item.insert(SHARD.to_owned(), AttributeValue::N(shard.to_string()));
    item.insert(DUE_AT.to_owned(), AttributeValue::N(due_at_ms.to_string()));
}

pub(super) fn is_key(name: &str) -> bool {
    [SHARD, DUE_AT].contains(&name)
}
