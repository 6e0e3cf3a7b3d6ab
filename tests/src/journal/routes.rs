//! The journal over HTTP: what is in it, and what is written into it from now on, as server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State as Shared};
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::{Entry, Journal, Kind};
use crate::admin::Refused;

/// What the routes are for, and the options they take.
pub(crate) const ROUTES: &str = "
GET    /sandbox/journal                            what passed; in the query since? a place, order? our id of one,
                                                   kind?: api call notification confirmation write log
GET    /sandbox/journal/live                       what passes, as server-sent events; in the query since?
";

pub(crate) fn router(journal: Journal) -> Router {
    Router::new()
        .route("/sandbox/journal", get(list))
        .route("/sandbox/journal/live", get(live))
        .with_state(journal)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    since: u64,
    kind: Option<Kind>,
    order: Option<String>,
}

async fn list(
    Shared(journal): Shared<Journal>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Vec<Arc<Entry>>>, Refused> {
    let Query(wanted) = wanted?;
    let mut entries = journal.since(wanted.since);
    entries.retain(|entry| {
        wanted.kind.is_none_or(|kind| entry.kind == kind)
            && (wanted.order.is_none() || entry.order_id == wanted.order)
    });
    Ok(Json(entries))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct From {
    since: Option<u64>,
}

/// Begins behind `Last-Event-ID`, which a browser that was cut off sends, else behind `since`, else with the next entry.
async fn live(
    Shared(journal): Shared<Journal>,
    from: Result<Query<From>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Refused> {
    let Query(from) = from?;
    let last = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok()?.parse().ok());
    let follower = Follower::new(journal, last.or(from.since));
    let events = stream::unfold(follower, |mut follower| async move {
        let entry = follower.next().await?;
        let json = serde_json::to_string(&entry).unwrap_or_default();
        let event = Event::default().id(entry.seq.to_string()).data(json);
        Some((Ok(event), follower))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// Reads the journal entry by entry, and waits at its end.
struct Follower {
    journal: Journal,
    live: Receiver<Arc<Entry>>,
    /// Read and not given yet.
    read: VecDeque<Arc<Entry>>,
    /// The place of the last one given.
    last: u64,
}

impl Follower {
    fn new(journal: Journal, since: Option<u64>) -> Self {
        // Listens before it reads, so that nothing falls between.
        let live = journal.follow();
        let last = since.unwrap_or_else(|| journal.newest());
        let read = journal.since(last).into();
        Self {
            journal,
            live,
            read,
            last,
        }
    }

    async fn next(&mut self) -> Option<Arc<Entry>> {
        loop {
            let entry = match self.read.pop_front() {
                Some(entry) => entry,
                None => match self.live.recv().await {
                    Ok(entry) => entry,
                    Err(RecvError::Lagged(_)) => {
                        self.read = self.journal.since(self.last).into();
                        continue;
                    }
                    Err(RecvError::Closed) => return None,
                },
            };
            // What was read may be heard a second time.
            if entry.seq > self.last {
                self.last = entry.seq;
                return Some(entry);
            }
        }
    }
}
