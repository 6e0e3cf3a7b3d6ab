//! The journal: what passed between the four parties, in the order in which it did. The console shows it, live and order by
//! order, and `sandbox deliveries` follows it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::Value;
use tokio::sync::broadcast;

use crate::clock;

/// How many entries a follower may be behind before he has to read what he missed.
const BEHIND: usize = 1024;
/// The digits of a trade number that are the order's id; two more name the attempt.
const ORDER_ID_DIGITS: usize = 30;

/// Who speaks, or is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the names are those of the picture in the README"
)]
pub enum Party {
    LeadsCalendar,
    Functions,
    Binance,
    DynamoDb,
}

/// What passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// A request of the HTTP API, and its answer.
    Api,
    /// A call of the merchant API, and its answer.
    Call,
    /// A notification of Binance Pay, and its answer.
    Notification,
    /// A confirmation, and its answer.
    Confirmation,
    /// A write of an order's item.
    Write,
    /// A line of a function's log.
    Log,
}

/// One arrow of the picture.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Its place in the journal, from 1.
    pub seq: u64,
    /// When, by the real clock, in milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// What passed.
    pub kind: Kind,
    /// Who spoke.
    pub from: Party,
    /// To whom.
    pub to: Party,
    /// Our id of the order it is about, where that is known.
    pub order_id: Option<String>,
    /// What it is, in a few words: `POST /orders`, `201`, `PAY_SUCCESS`.
    pub title: String,
    /// Whether it went well; nothing where that is not decided by it, as of a request.
    pub ok: Option<bool>,
    /// The raw content, secrets masked: `{"headers","body"}` and whatever else there is.
    pub raw: Value,
}

/// What is to be written down: an entry but for its place and its time.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "as in `Entry`")]
pub struct Note {
    pub kind: Kind,
    pub from: Party,
    pub to: Party,
    pub order_id: Option<String>,
    pub title: String,
    pub ok: Option<bool>,
    pub raw: Value,
}

/// The one journal of a sandbox; clones write into the same.
#[derive(Clone, Debug)]
pub struct Journal {
    entries: Arc<Mutex<Vec<Arc<Entry>>>>,
    live: broadcast::Sender<Arc<Entry>>,
}

impl Default for Journal {
    fn default() -> Self {
        Self {
            entries: Arc::default(),
            live: broadcast::Sender::new(BEHIND),
        }
    }
}

impl Journal {
    /// Writes down what has just happened.
    pub fn record(&self, note: Note) {
        let mut entries = self.entries();
        let seq = u64::try_from(entries.len())
            .unwrap_or(u64::MAX)
            .saturating_add(1);
        let entry = Arc::new(Entry {
            seq,
            at_ms: clock::now_ms(),
            kind: note.kind,
            from: note.from,
            to: note.to,
            order_id: note.order_id,
            title: note.title,
            ok: note.ok,
            raw: note.raw,
        });
        entries.push(Arc::clone(&entry));
        // Told while the journal is held, so that followers hear it in its order. Nobody may be listening.
        let _ = self.live.send(entry);
    }

    /// All entries behind the place `seq`, oldest first; all of them behind 0.
    #[must_use]
    pub fn since(&self, seq: u64) -> Vec<Arc<Entry>> {
        let passed = usize::try_from(seq).unwrap_or(usize::MAX);
        self.entries().iter().skip(passed).cloned().collect()
    }

    /// All entries about an order, oldest first.
    #[must_use]
    pub fn of_order(&self, order_id: &str) -> Vec<Arc<Entry>> {
        let is_about = |entry: &&Arc<Entry>| entry.order_id.as_deref() == Some(order_id);
        self.entries().iter().filter(is_about).cloned().collect()
    }

    /// Hears every further entry; who falls behind reads [`Journal::since`] for what he missed.
    #[must_use]
    pub fn follow(&self) -> broadcast::Receiver<Arc<Entry>> {
        self.live.subscribe()
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Arc<Entry>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The order's id in a trade number; nothing if it is none of ours.
#[must_use]
pub fn order_id_of(trade_no: &str) -> Option<String> {
    let id = trade_no.get(..ORDER_ID_DIGITS)?;
    (trade_no.len() == ORDER_ID_DIGITS + 2).then(|| id.to_owned())
}

/// A key or a token as it may be shown: its first four characters.
#[must_use]
pub fn masked(secret: &str) -> String {
    let shown: String = secret.chars().take(4).collect();
    format!("{shown}…")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn note(title: &str, order_id: Option<&str>) -> Note {
        Note {
            kind: Kind::Api,
            from: Party::LeadsCalendar,
            to: Party::Functions,
            order_id: order_id.map(str::to_owned),
            title: title.to_owned(),
            ok: None,
            raw: json!({}),
        }
    }

    #[tokio::test]
    async fn what_is_written_down_is_found_by_place_and_by_order_and_heard() {
        let journal = Journal::default();
        let mut live = journal.follow();
        journal.record(note("first", Some("a")));
        journal.clone().record(note("second", None));

        let titles = |entries: Vec<Arc<Entry>>| -> Vec<String> {
            entries.iter().map(|entry| entry.title.clone()).collect()
        };
        assert_eq!(titles(journal.since(0)), ["first", "second"]);
        assert_eq!(titles(journal.since(1)), ["second"]);
        assert_eq!(titles(journal.since(9)), [""; 0]);
        assert_eq!(titles(journal.of_order("a")), ["first"]);
        let heard = [live.recv().await.unwrap(), live.recv().await.unwrap()];
        assert_eq!(heard.map(|entry| entry.seq), [1, 2]);
    }

    #[test]
    fn order_is_told_by_its_trade_number() {
        let id = "0123456789abcdef0123456789abcd";
        assert_eq!(order_id_of(&format!("{id}01")).as_deref(), Some(id));
        assert_eq!(order_id_of("foreign"), None);
    }
}
