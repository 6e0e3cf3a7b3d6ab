//! Every minute: asks Binance about orders whose notification never came, and repeats confirmations that were not
//! accepted. Whatever another function left behind when it died between two steps is made up for here.
//!
//! Asking and telling are lanes of their own (`asking`, `telling`): but for its beginning, each reads the queue for itself, so
//! that neither waits for the other. Several runs share the work, since each order is claimed before it is worked on.

mod asking;
mod check;
mod event;
mod health;
mod hosts;
mod queue;
mod refunding;
mod run;
mod telling;
mod wish;

#[cfg(test)]
#[path = "../../../shared/src/sample.rs"]
mod sample;

use serde::Serialize;
use shared::ambient::{self, monotonic_ms};
use shared::app::{self, App, StartError};
use shared::config::Needs;
use shared::confirmation::Confirmer;
use shared::log::OUTCOME;
#[cfg(test)]
use shared::order;
use shared::order::OrderId;
use shared::pace::Pace;
use shared::secret_store::SecretError;
use shared::store::StoreError;
use tokio::sync::mpsc;
use tracing::{error, info, warn};

pub use asking::about;
pub use check::{Check, Checked};
use event::Wanted;
pub use event::{Event, EventError};
use queue::Firsts;
use run::Run;
pub use run::Summary;
pub use wish::Wished;

/// Orders that were found to be settled and wait for a slot to be told; what finds no place is told by the next run.
const FOUND: usize = 64;
/// What a run keeps for its last look at the table, in milliseconds.
const CLOSING_MS: i64 = 2_000;
/// Without Lambda's word for it, a run is given this long, in milliseconds.
const LIMIT_MS: i64 = 55_000;

/// The function.
#[derive(Debug)]
pub struct ReconcileOrders {
    /// The parts it has in common with the others.
    pub app: App,
    confirmer: Confirmer,
    /// How often Binance is called only to see whether it can be.
    looks: Pace,
}

/// What an invocation did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Done {
    /// It worked on what was due.
    Run(Summary),
    /// It did what an operator wished.
    Wish(Wished),
    /// It looked at all that it needs.
    Check(Checked),
}

/// The run cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Whoever misspelt a wish must not be told that all is well.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The table cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is nothing to sign with.
    #[error(transparent)]
    Secrets(#[from] SecretError),
    /// The operator named an order that does not exist, or of which there is nothing to tell.
    #[error("there is nothing to tell of order {0}")]
    NothingToTell(OrderId),
    /// The operator named an order that does not exist.
    #[error("there is no order {0} to ask about")]
    NothingToAsk(OrderId),
}

impl RunError {
    /// The alarm by which an operator hears that he must act; none for the one whose wish it was, or if it mends itself.
    fn alarm(&self) -> Option<&'static str> {
        match self {
            Self::Store(error) => error.alarm(),
            Self::Secrets(error) => error.alarm(),
            Self::Event(_) | Self::NothingToTell(_) | Self::NothingToAsk(_) => None,
        }
    }

    /// The one line of an invocation that did not do what it was wanted for.
    fn log(&self) {
        if let Some(alarm) = self.alarm() {
            error!(target: OUTCOME, alarm, "an operator must act: the invocation failed: {self}");
        } else {
            warn!(target: OUTCOME, "the invocation failed: {self}");
        }
    }
}

impl ReconcileOrders {
    /// Builds the function from the settings that `lookup` finds.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn new(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, StartError> {
        let app = App::new(Needs::Both, lookup)?;
        let confirmer = app.confirmer()?;
        Ok(Self {
            app,
            confirmer,
            looks: Pace::new(health::LOOK_EVERY_MS),
        })
    }

    /// Reads the secrets before the first run, which opens its connections itself.
    pub async fn connect(&self) {
        app::in_init(self.app.secrets.look(monotonic_ms())).await;
    }

    /// Works on what is due, or does what an operator wishes; `deadline_ms` is when Lambda ends the invocation.
    ///
    /// # Errors
    /// [`RunError`]; what fails for one order is counted, and stops no other.
    pub async fn run(&self, event: Event, deadline_ms: u64) -> Result<Done, RunError> {
        let done = self.work(event, deadline_ms).await;
        match &done {
            // They have said so themselves.
            Ok(Done::Run(_) | Done::Check(_)) => {}
            Ok(Done::Wish(Wished { done, left })) => {
                info!(target: OUTCOME, done, left, "the wish is done");
            }
            Err(error) => error.log(),
        }
        done
    }

    async fn work(&self, event: Event, deadline_ms: u64) -> Result<Done, RunError> {
        let deadline_ms = ambient::deadline_ms(deadline_ms, LIMIT_MS);
        let wanted = event.wanted(self.app.settings.policy.allow_local)?;
        // It was frozen since the last run, and does not know which of its connections still live.
        self.app.renew_connections();
        self.confirmer.renew_connections();
        // On the heap, all of them, since what they keep while they wait is large.
        match wanted {
            // Before anything is set up, too.
            Wanted::Check => Ok(Done::Check(Box::pin(self.check()).await)),
            Wanted::Due { clock, shards } => {
                let run = Run::new(clock, shards, deadline_ms.saturating_sub(CLOSING_MS));
                let work = self.with_secrets(self.reconcile(run));
                let work = app::while_opening(Box::pin(work), self.app.reopen_table());
                Ok(Done::Run(work.await?))
            }
            Wanted::Wishes { wishes, clock } => {
                let run = Run::new(clock, Vec::new(), wish::deadline_ms(deadline_ms));
                let work = self.with_secrets(self.grant(wishes, &run));
                let work = app::while_opening(Box::pin(work), self.app.reopen());
                Ok(Done::Wish(work.await?))
            }
        }
    }

    /// Looks at both secrets before `work`, so that what is wrong with them is an alarm, with or without orders. Without those
    /// there is nothing to sign with, and each attempt would be wasted.
    async fn with_secrets<T, E>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, RunError>
    where
        RunError: From<E>,
    {
        self.app.secrets.look(monotonic_ms()).await;
        self.app.secrets.secrets(monotonic_ms()).await?;
        Ok(work.await?)
    }

    /// Works on what is due, both lanes at the same time, and looks whether all that this needs is there.
    async fn reconcile(&self, run: Run) -> Result<Summary, StoreError> {
        let (tell, found) = mpsc::channel(FOUND);
        let firsts = Firsts::of(&run);
        tokio::join!(
            // On the heap, since what they keep while they wait is large.
            Box::pin(self.asking(&run, &firsts, tell)),
            Box::pin(self.telling(&run, &firsts, found)),
            Box::pin(self.look_at_binance(&run)),
        );
        let untold = self.look_at_table().await;
        let (summary, failure) = run.summary(untold);
        summary.log(failure.is_none());
        failure.map_or(Ok(summary), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::aws::Failure;
    use shared::secret_store::Missing;

    #[tokio::test]
    async fn operator_hears_of_a_run_that_does_not_mend_itself() {
        let unusable = StoreError::Unavailable(Failure::NotSetUp("missing".to_owned()));
        let id = OrderId::from_random([0xa5; 15]);
        for (error, expected) in [
            (RunError::Store(unusable), Some("store.unusable")),
            (RunError::Store(StoreError::Raced), None),
            (
                RunError::Secrets(check::tests::secret_error(Missing::NoValue).await),
                Some("secrets.unreadable"),
            ),
            (RunError::Event(EventError::Unknown), None),
            (RunError::NothingToTell(id.clone()), None),
            (RunError::NothingToAsk(id), None),
        ] {
            assert_eq!(error.alarm(), expected, "{error}");
        }
    }
}
