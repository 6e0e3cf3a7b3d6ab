//! Many orders read at once, or only what there is to do for them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use serde::Deserialize;

use crate::aws::Failure;
use crate::order::{Work, is_due};

use super::{Item, Store, StoreError, Stored, unavailable};

/// The most items that DynamoDB reads in one call.
pub const BATCH: u8 = 100;

/// How often DynamoDB is asked for what it left out of a batch; the next run reads the rest.
const ROUNDS: usize = 4;

/// Of an order, when it is to be asked about: so much less to be read and sent than the order.
const ASKING: &str =
    "orderId, askAtMs, #report.atMs, refundAskAtMs, alarmAtMs, confirmation.nextAttemptAtMs";
/// The same of when LeadsCalendar is to be told, and where.
const TELLING: &str = "orderId, confirmation.nextAttemptAtMs, #request.callbackUrl";

/// What of each item is read, and as of when.
#[derive(Clone, Copy)]
enum Read {
    /// Only when there is work of this kind; perhaps some milliseconds old.
    Dues(Work),
    /// All; perhaps some milliseconds old.
    Whole,
    /// All, as of now: at twice the price.
    Now,
}

/// What DynamoDB gave of a batch.
struct Batch {
    items: Vec<(String, Item)>,
    /// How many it left out every time.
    left: usize,
}

/// An order with work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Which; as it stands, since not every item need be ours.
    pub key: String,
    /// Where LeadsCalendar is told of it, if that is the work; empty if that cannot be read.
    pub callback_url: String,
}

/// When there is work for an order.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dues {
    ask_at_ms: Option<i64>,
    report: Option<Report>,
    refund_ask_at_ms: Option<i64>,
    alarm_at_ms: Option<i64>,
    confirmation: Option<Confirmation>,
    request: Option<Request>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    callback_url: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    at_ms: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Confirmation {
    next_attempt_at_ms: Option<i64>,
}

/// The paths that are read to know of such work, and a name in them that is a word of the language of such expressions, with
/// what it stands for.
fn paths(work: Work) -> (&'static str, (&'static str, &'static str)) {
    match work {
        Work::Asking => (ASKING, ("#report", "report")),
        Work::Telling => (TELLING, ("#request", "request")),
    }
}

impl Dues {
    /// Whether there is such work by `at_ms`; as [`crate::order::Order::is_due`].
    fn is_due(&self, work: Work, at_ms: i64) -> bool {
        let dues = match work {
            Work::Asking => [
                self.ask_at_ms,
                self.report.as_ref().and_then(|report| report.at_ms),
                self.refund_ask_at_ms,
                self.alarm_at_ms,
            ],
            Work::Telling => {
                let confirmation = self.confirmation.as_ref();
                [
                    confirmation.and_then(|owed| owed.next_attempt_at_ms),
                    None,
                    None,
                    None,
                ]
            }
        };
        dues.into_iter().any(|due_at_ms| is_due(due_at_ms, at_ms))
    }
}

impl Store {
    /// Which of up to [`BATCH`] different `keys` are of orders with such work by `at_ms`. What cannot be read is among
    /// those to be asked about, so that one of the two lanes comes across it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn with_work(
        &self,
        keys: &[&str],
        work: Work,
        at_ms: i64,
    ) -> Result<Vec<Waiting>, StoreError> {
        let items = self.batch(keys, Read::Dues(work)).await?.items;
        let has_work = |(key, item): (String, Item)| {
            let dues: Option<Dues> = serde_dynamo::from_item(item).ok();
            let dues = dues.filter(|dues| dues.confirmation.is_some());
            let is_due = dues
                .as_ref()
                .map_or(work == Work::Asking, |dues| dues.is_due(work, at_ms));
            let request = dues.and_then(|dues| dues.request);
            let callback_url = request.map(|request| request.callback_url);
            is_due.then(|| Waiting {
                key,
                callback_url: callback_url.unwrap_or_default(),
            })
        };
        Ok(items.into_iter().filter_map(has_work).collect())
    }

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
        Ok(orders(self.batch(keys, Read::Whole).await?.items))
    }

    /// The orders of up to [`BATCH`] different `keys`, by key, each as of now. What is not in the table is not there; what
    /// cannot be read says so.
    ///
    /// # Errors
    /// [`StoreError`], also if one was left out: it would look as if there were none.
    pub(super) async fn load_all_now(
        &self,
        keys: &[&str],
    ) -> Result<HashMap<String, Result<Stored, StoreError>>, StoreError> {
        let batch = self.batch(keys, Read::Now).await?;
        if batch.left > 0 {
            let what = format!("DynamoDB left out {} of {} items", batch.left, keys.len());
            return Err(StoreError::Unavailable(Failure::Away(what)));
        }
        Ok(orders(batch.items))
    }

    /// The items of `keys`, each as `read` says.
    async fn batch(&self, keys: &[&str], read: Read) -> Result<Batch, StoreError> {
        let key = |key: &&str| {
            let key = AttributeValue::S((*key).to_owned());
            HashMap::from([("orderId".to_owned(), key)])
        };
        let mut wanted: Vec<Item> = keys.iter().map(key).collect();
        let mut found = Vec::new();
        for _ in 0..ROUNDS {
            if wanted.is_empty() {
                break;
            }
            let mut these = KeysAndAttributes::builder()
                .set_keys(Some(std::mem::take(&mut wanted)))
                .consistent_read(matches!(read, Read::Now));
            if let Read::Dues(work) = read {
                let (paths, (name, stands_for)) = paths(work);
                these = these.projection_expression(paths);
                these = these.expression_attribute_names(name, stands_for);
            }
            let these = these
                .build()
                .map_err(|error| StoreError::Unavailable(Failure::NotSetUp(error.to_string())))?;
            let batch = self.client.batch_get_item();
            let batch = batch.request_items(&self.table, these);
            let mut answer = self.turn(batch.send()).await.map_err(unavailable)?;
            let items = answer
                .responses
                .as_mut()
                .and_then(|all| all.remove(&self.table));
            for item in items.unwrap_or_default() {
                if let Some(AttributeValue::S(key)) = item.get("orderId") {
                    found.push((key.clone(), item));
                }
            }
            let left = answer
                .unprocessed_keys
                .and_then(|mut all| all.remove(&self.table));
            wanted = left.map(|left| left.keys).unwrap_or_default();
        }
        Ok(Batch {
            items: found,
            left: wanted.len(),
        })
    }
}

fn orders(items: Vec<(String, Item)>) -> HashMap<String, Result<Stored, StoreError>> {
    let read = |(key, item)| (key, Stored::read(item));
    items.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests;
