//! What a function is made of: built once at cold start, with every connection opened then, because init has the whole
//! processor and the first invocation has not.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;
use tracing::{error, warn};

use crate::ambient::{monotonic_ms, random};
use crate::aws::{Clients, Connections};
use crate::binance::Binance;
use crate::config::{Needs, SettingError, Settings};
use crate::confirmation::Confirmer;
use crate::http_client::{self, ClientError};
use crate::order::Namespace;
use crate::problem::Problem;
use crate::secret_store::SecretStore;
use crate::store::{Store, StoreError};

/// What opening the connections may take. With what comes before it, init is over in 4 s: Lambda bounds it, and so does
/// the caller, whose request may have caused it.
const CONNECTING: Duration = Duration::from_millis(3_500);

/// The parts that the functions have in common.
#[derive(Debug)]
pub struct App {
    /// Settings.
    pub settings: Settings,
    /// Secrets.
    pub secrets: Arc<SecretStore>,
    /// Orders.
    pub store: Store,
    /// Binance Pay.
    pub binance: Binance,
    aws: Connections,
    namespace: OnceCell<Namespace>,
}

/// The function cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting is missing or malformed.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// There is no HTTPS client.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl App {
    /// Builds the parts of a function that `needs` these secrets from the settings that `lookup` finds; connects nothing.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn new(needs: Needs, lookup: impl Fn(&str) -> Option<String>) -> Result<Self, StartError> {
        let settings = Settings::read(needs, lookup)?;
        let clients = Clients::new(&settings.aws, settings.local_root.as_ref())?;
        let secrets = Arc::new(SecretStore::new(
            settings.secrets.clone(),
            clients.secrets_manager,
        ));
        let store = Store::new(clients.dynamodb, settings.orders_table.clone());
        let binance = Binance::new(
            http_client::binance_client(settings.local_root.as_ref())?,
            settings.binance_base_url.clone(),
            Arc::clone(&secrets),
        );
        Ok(Self {
            settings,
            secrets,
            store,
            binance,
            aws: clients.connections,
            namespace: OnceCell::new(),
        })
    }

    /// What tells LeadsCalendar, for the functions that do.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn confirmer(&self) -> Result<Confirmer, StartError> {
        let policy = self.settings.policy.clone();
        let http = http_client::confirmation_client(
            policy.allow_local,
            self.settings.local_root.as_ref(),
        )?;
        Ok(Confirmer::new(http, policy, Arc::clone(&self.secrets)))
    }

    /// Takes over no connection from before, neither to AWS nor to Binance.
    pub fn renew_connections(&self) {
        self.aws.renew();
        self.binance.renew_connections();
    }

    /// Opens the connections, all at once. What fails here will be tried again by the first request, so it is only logged.
    pub async fn connect(&self) {
        tokio::join!(self.connect_aws(), self.binance.connect());
    }

    /// As [`App::connect`], for a function to which idempotency keys come: its call of the table reads the namespace.
    pub async fn connect_for_keys(&self) {
        let namespace = async {
            if let Err(error) = self.namespace().await {
                not_yet("the namespace of the table cannot be read yet", error);
            }
        };
        let (secrets, binance) = (self.secrets.look(monotonic_ms()), self.binance.connect());
        // On the heap, since what they keep while they wait is large.
        Box::pin(async {
            tokio::join!(secrets, namespace, binance);
        })
        .await;
    }

    /// What makes the ids of this table its own; needed where a key comes, and read once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn namespace(&self) -> Result<&Namespace, StoreError> {
        let make = || self.store.namespace(random());
        self.namespace.get_or_try_init(make).await
    }

    /// What `work` comes to, with what it will need being made ready beside it: `opening`, and the secrets, which are read again
    /// before anybody has to wait for that.
    pub fn beside<T>(
        &self,
        work: impl Future<Output = T>,
        opening: impl Future<Output = ()>,
    ) -> impl Future<Output = T> {
        // On the heap, since what it keeps while it waits is large.
        let work = Box::pin(work);
        async move {
            let reading = self.secrets.renew(monotonic_ms());
            let (worked, ()) = tokio::join!(while_opening(work, opening), reading);
            worked
        }
    }

    /// Opens the connections for a request that calls Binance, if it comes after a pause.
    pub async fn reopen(&self) {
        tokio::join!(self.binance.open(), self.reopen_table());
    }

    /// Opens a connection to the table where whoever needs it has to wait for the secrets first; elsewhere he opens it as soon.
    pub async fn reopen_table(&self) {
        if self.secrets.is_old(monotonic_ms()) {
            // What is wrong with the table, his own call says. On the heap, since what it keeps while it waits is large.
            let _ = Box::pin(self.store.look()).await;
        }
    }

    /// As [`App::connect`], for a function that does not call Binance.
    pub async fn connect_aws(&self) {
        let ((), store) = tokio::join!(self.secrets.look(monotonic_ms()), self.store.look());
        if let Err(error) = store {
            not_yet("the table cannot be reached yet", error);
        }
    }
}

/// What `work` comes to, with `opening` beside it, which is dropped where it is when the work is done: Lambda freezes what is
/// left.
pub async fn while_opening<T>(
    work: impl Future<Output = T>,
    opening: impl Future<Output = ()>,
) -> T {
    let opening = async {
        opening.await;
        pending::<Infallible>().await
    };
    // In this order, so that what is answered at once, as a stranger is, opens nothing.
    tokio::select! {
        biased;
        worked = work => worked,
        never = opening => match never {},
    }
}

/// Connects, but not for longer than init has; what hangs then is dropped.
pub async fn in_init(connecting: impl Future<Output = ()>) {
    if tokio::time::timeout(CONNECTING, connecting).await.is_err() {
        warn!("not everything is connected yet: the first request waits for the rest");
    }
}

/// Says what failed in init, by who must act.
pub fn not_yet(what: &'static str, error: impl Into<Problem>) {
    let problem = error.into();
    let cause = problem.cause.as_deref();
    if let Some(alarm) = problem.alarm {
        error!(alarm, cause, "an operator must act: {what}");
    } else {
        warn!(cause, "{what}");
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tracing::Level;

    use super::*;
    use crate::ambient::monotonic_ms;
    use crate::log::{self, tests::Written};

    #[test]
    fn what_fails_in_init_is_said_by_who_must_act() {
        let written = Written::default();
        let subscriber = log::subscriber(written.clone(), Level::INFO, "sandbox");
        tracing::subscriber::with_default(subscriber, || {
            not_yet(
                "secrets cannot be read yet",
                Problem::not_set_up("no such secret", Some("secrets.unreadable")),
            );
            not_yet("secrets cannot be read yet", Problem::late());
        });
        let lines = written.lines();
        assert_eq!(lines[0]["level"], "ERROR");
        assert_eq!(
            lines[0]["message"],
            "an operator must act: secrets cannot be read yet"
        );
        assert_eq!(lines[0]["alarm"], "secrets.unreadable");
        assert_eq!(lines[0]["cause"], "no such secret");
        assert_eq!(lines[1]["level"], "WARN");
        assert_eq!(lines[1]["message"], "secrets cannot be read yet");
        assert_eq!(lines.len(), 2);
    }

    #[tokio::test]
    async fn what_is_begun_beside_work_ends_with_it_and_does_not_end_it() {
        let dropped = Arc::new(());
        let held = Arc::clone(&dropped);
        let opening = async move {
            pending::<()>().await;
            drop(held);
        };
        assert_eq!(while_opening(async { 1 }, opening).await, 1);
        assert_eq!(Arc::strong_count(&dropped), 1);

        let work = async {
            tokio::task::yield_now().await;
            2
        };
        assert_eq!(while_opening(work, async {}).await, 2);
    }

    #[tokio::test]
    async fn what_is_answered_at_once_opens_nothing() {
        let opened = Cell::new(0);
        let opening = async || opened.set(opened.get() + 1);

        assert_eq!(while_opening(async { 1 }, opening()).await, 1);
        assert_eq!(opened.get(), 0);

        let waits = async {
            tokio::task::yield_now().await;
            2
        };
        assert_eq!(while_opening(waits, opening()).await, 2);
        assert_eq!(opened.get(), 1);
    }

    #[tokio::test]
    async fn init_that_hangs_is_over_and_says_so() {
        let written = Written::default();
        let _guard = tracing::subscriber::set_default(log::subscriber(
            written.clone(),
            Level::INFO,
            "sandbox",
        ));
        let began_ms = monotonic_ms();

        in_init(pending()).await;

        assert!((3_000..4_000).contains(&(monotonic_ms() - began_ms)));
        assert_eq!(written.lines()[0]["level"], "WARN");
    }
}
