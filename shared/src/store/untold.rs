//! The index `untold`: what LeadsCalendar was told in vain, and since when.

use aws_sdk_dynamodb::types::{AttributeValue, Select};

use super::{Item, Start, Store, StoreError, unavailable};
use crate::order::{Confirmation, Untold};

/// The index's partition and sort key.
const STATE: &str = "untoldState";
const SINCE: &str = "untoldSince";

/// The most orders that are counted.
const COUNTED: i32 = 10_000;

/// A part of the index `untold`, and where it goes on.
#[derive(Clone, Debug)]
pub struct UntoldPage {
    /// The keys of orders, as they stand.
    pub keys: Vec<String>,
    /// Where the next part begins; absent after the last.
    pub next: Option<Start>,
}

impl Store {
    /// Up to `limit` orders that are untold in this way, the longest first, from `start` on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn untold(
        &self,
        untold: Untold,
        limit: u8,
        start: Option<Start>,
    ) -> Result<UntoldPage, StoreError> {
        let query = self
            .of_state(untold)
            .limit(limit.into())
            .set_exclusive_start_key(start.map(|start| start.0));
        let page = self.turn(query.send()).await.map_err(unavailable)?;
        let key = |item: &Item| Some(item.get("orderId")?.as_s().ok()?.clone());
        Ok(UntoldPage {
            keys: page.items().iter().filter_map(key).collect(),
            next: page.last_evaluated_key.map(Start),
        })
    }

    /// Since when the longest untold order is, in milliseconds since the Unix epoch; none if none is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn untold_since_ms(&self, untold: Untold) -> Result<Option<i64>, StoreError> {
        let query = self.of_state(untold).limit(1);
        let page = self.turn(query.send()).await.map_err(unavailable)?;
        let since = |item: &Item| item.get(SINCE)?.as_n().ok()?.parse().ok();
        Ok(page.items().first().and_then(since))
    }

    /// How many orders are untold in this way; counted to ten thousand.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn untold_count(&self, untold: Untold) -> Result<u32, StoreError> {
        let query = self.of_state(untold).select(Select::Count).limit(COUNTED);
        let page = self.turn(query.send()).await.map_err(unavailable)?;
        Ok(page.count.unsigned_abs())
    }

    fn of_state(
        &self,
        untold: Untold,
    ) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .index_name("untold")
            .key_condition_expression("untoldState = :state")
            .expression_attribute_values(":state", AttributeValue::S(word(untold).to_owned()))
    }
}

fn word(untold: Untold) -> &'static str {
    match untold {
        Untold::Repeating => "repeating",
        Untold::Exhausted => "exhausted",
    }
}

/// Puts an item into the index, if its order is untold.
pub(super) fn insert(item: &mut Item, confirmation: &Confirmation) {
    if let (Some(untold), Some(since_ms)) = (confirmation.untold(), confirmation.untold_since_ms) {
        item.insert(STATE.to_owned(), AttributeValue::S(word(untold).to_owned()));
        item.insert(SINCE.to_owned(), AttributeValue::N(since_ms.to_string()));
    }
}

pub(super) fn is_key(name: &str) -> bool {
    [STATE, SINCE].contains(&name)
}
