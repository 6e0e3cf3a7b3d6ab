//! What is due, read page by page.

use futures_util::stream::{self, Stream, StreamExt as _};
use shared::order::Work;
use shared::store::{Due, StoreError, Stored};
use tracing::error;

use super::ReconcileOrders;
use super::run::Run;

/// Orders of one shard that are held at the same time.
const PAGE: u8 = 50;
/// No page is read with less time left, in milliseconds.
const PAGE_MS: i64 = 10_000;
/// How long an item that cannot be read is put aside, in milliseconds: a newer version of this program may have written it,
/// and be back soon.
const PUT_ASIDE_MS: i64 = 60 * 60_000;

/// How far a shard has been read.
enum Read {
    /// To here; the time is that of the last order that was read.
    From(Option<shared::store::Start>, i64),
    /// To its end, or as far as it can be.
    All,
}

impl ReconcileOrders {
    /// The orders of the run's shards for which there is such work, of each shard the longest overdue first. Whatever is
    /// not taken on is passed by, so that nothing can hold up what comes after it.
    pub(super) fn queue<'a>(&'a self, run: &'a Run, work: Work) -> impl Stream<Item = Stored> + Send + 'a {
        let shard = move |shard: &u8| self.shard(run, *shard, work).boxed();
        stream::select_all(run.shards.iter().map(shard))
    }

    fn shard<'a>(&'a self, run: &'a Run, shard: u8, work: Work) -> impl Stream<Item = Stored> + Send + 'a {
        stream::unfold(Read::From(None, 0), move |read| async move {
            let Read::From(start, read_to_ms) = read else {
                return None;
            };
            // The first page is always read, so that a run without time says what it leaves.
            if start.is_some() && !run.has_time(PAGE_MS) {
                run.leave(read_to_ms);
                return None;
            }
            match self.page(run, shard, work, start, read_to_ms).await {
                Ok((orders, read)) => Some((stream::iter(orders), read)),
                Err(error) => {
                    run.unread(shard, error);
                    None
                }
            }
        })
        .flatten()
    }

    async fn page(
        &self,
        run: &Run,
        shard: u8,
        work: Work,
        start: Option<shared::store::Start>,
        read_to_ms: i64,
    ) -> Result<(Vec<Stored>, Read), StoreError> {
        let store = &self.app.store;
        let page = store.due(shard, run.due_by_ms, PAGE, start).await?;
        let keys: Vec<&str> = page.due.iter().map(|due| due.key.as_str()).collect();
        let mut loaded = store.load_all(&keys).await?;
        let mut orders = Vec::new();
        for due in &page.due {
            match loaded.remove(&due.key) {
                Some(Ok(order)) if order.is_due(work, run.due_by_ms) => orders.push(order),
                Some(Err(error)) if work == Work::Asking => self.put_aside(run, due, &error).await,
                // The other lane's, done since the index was written, or gone.
                Some(Ok(_) | Err(_)) | None => {}
            }
        }
        let read_to_ms = page.due.last().map_or(read_to_ms, |due| due.due_at_ms);
        let read = match page.next {
            Some(start) => Read::From(Some(start), read_to_ms),
            None => Read::All,
        };
        Ok((orders, read))
    }

    /// Leaves an item that cannot be read for an hour.
    async fn put_aside(&self, run: &Run, due: &Due, error: &StoreError) {
        let until_ms = run.now_ms().saturating_add(PUT_ASIDE_MS);
        let aside = self.app.store.put_aside(due, until_ms).await;
        let id = &due.key;
        error!(
            alarm = "item.unreadable",
            order.id = id,
            %error,
            ?aside,
            "item {id} of the table cannot be read and is put aside for an hour"
        );
    }
}
