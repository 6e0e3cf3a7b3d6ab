//! The journal: what passed between the four parties, in the order in which it did. The console shows it, live and order by
//! order, and `sandbox deliveries` follows it. It keeps the newest entries only, so that a sandbox may run for weeks.

mod routes;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::broadcast;

pub(crate) use routes::{ROUTES, router};

use crate::clock;

/// How many entries are kept; an order makes about twenty.
const KEPT: usize = 20_000;
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    entries: Arc<Mutex<VecDeque<Arc<Entry>>>>,
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
    /// Writes down what has just happened, and gives its place.
    #[expect(
        clippy::must_use_candidate,
        reason = "most entries are never spoken of again"
    )]
    pub fn record(&self, note: Note) -> u64 {
        let mut entries = self.entries();
        let newest = entries.back().map_or(0, |entry| entry.seq);
        let seq = newest.saturating_add(1);
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
        if entries.len() >= KEPT {
            entries.pop_front();
        }
        entries.push_back(Arc::clone(&entry));
        // Told while the journal is held, so that followers hear it in its order. Nobody may be listening.
        let _ = self.live.send(entry);
        seq
    }

    /// Says of which order the entry at the place `seq` was, which was not known when it was written down.
    pub(crate) fn belongs(&self, seq: u64, order_id: &str) {
        let mut entries = self.entries();
        let at = entries.partition_point(|entry| entry.seq < seq);
        if let Some(entry) = entries.get_mut(at).filter(|entry| entry.seq == seq) {
            let order_id = Some(order_id.to_owned());
            *entry = Arc::new(Entry {
                order_id,
                ..(**entry).clone()
            });
        }
    }

    /// All entries behind the place `seq`, oldest first; all that are kept behind 0.
    #[must_use]
    pub fn since(&self, seq: u64) -> Vec<Arc<Entry>> {
        let entries = self.entries();
        let passed = entries.partition_point(|entry| entry.seq <= seq);
        entries.range(passed..).cloned().collect()
    }

    /// The place of the newest entry; 0 while there is none.
    #[must_use]
    pub fn newest(&self) -> u64 {
        self.entries().back().map_or(0, |entry| entry.seq)
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

    fn entries(&self) -> MutexGuard<'_, VecDeque<Arc<Entry>>> {
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

/// Headers as they may be shown: of those in `masked_names`, written in small letters, only how they begin.
pub(crate) fn headers(headers: &HeaderMap, masked_names: &[&str]) -> Map<String, Value> {
    let mut shown: Map<String, Value> = Map::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        let value = if masked_names.contains(&name.as_str()) {
            masked(&value)
        } else {
            value.into_owned()
        };
        let value = match shown.get(name.as_str()).and_then(Value::as_str) {
            Some(first) => format!("{first}, {value}"),
            None => value,
        };
        shown.insert(name.as_str().to_owned(), value.into());
    }
    shown
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
        journal.belongs(2, "a");
        assert_eq!(titles(journal.of_order("a")), ["first", "second"]);
        let heard = [live.recv().await.unwrap(), live.recv().await.unwrap()];
        assert_eq!(heard.map(|entry| entry.seq), [1, 2]);
    }

    #[test]
    fn the_oldest_entries_make_room_for_the_newest() {
        let journal = Journal::default();
        for number in 1..=KEPT + 3 {
            journal.record(note(&number.to_string(), None));
        }

        let kept = journal.since(0);
        assert_eq!(kept.len(), KEPT);
        assert_eq!((kept[0].seq, kept[0].title.as_str()), (4, "4"));
        let newest = journal.newest();
        assert_eq!(journal.since(newest - 1)[0].seq, newest);
        assert_eq!(journal.since(newest), []);
    }

    #[test]
    fn a_header_that_is_a_key_shows_only_how_it_begins() {
        let mut received = HeaderMap::new();
        received.append("x-key", "abcdefgh".parse().unwrap());
        received.append("x-key", "ijklmnop".parse().unwrap());
        received.append("accept", "*/*".parse().unwrap());

        let shown = Value::from(headers(&received, &["x-key"]));

        let expected = serde_json::json!({"x-key": "abcd…, ijkl…", "accept": "*/*"});
        assert_eq!(shown, expected);
    }

    #[test]
    fn order_is_told_by_its_trade_number() {
        let id = "0123456789abcdef0123456789abcd";
        assert_eq!(order_id_of(&format!("{id}01")).as_deref(), Some(id));
        assert_eq!(order_id_of("foreign"), None);
    }
}
