//! A look at all that only the function can see, for whoever sets the service up or has deployed it anew: each part is
//! green, or red with what mends it. Nothing is changed, and nothing need be set up for it.

mod binance;

use std::time::Duration;

use futures_util::future::join_all;
use serde::Serialize;
use shared::ambient::monotonic_ms;
use shared::callback_url::{AddressRefused, GuardedResolver};
use shared::log::OUTCOME;
use shared::secret_store::{Missing, SecretError};
use shared::store::StoreError;
use tracing::info;

use super::ReconcileOrders;

/// How long the addresses of a name are waited for.
const NAMES: Duration = Duration::from_secs(5);

const AGAIN: &str = "it mends itself: check again in a minute";

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Every part is green.
    pub ok: bool,
    /// The parts.
    pub checks: Vec<Check>,
}

/// One part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its name.
    pub check: &'static str,
    /// It is green.
    pub ok: bool,
    /// What is so; of a red one also what mends it. Never a secret.
    pub says: String,
    /// It is a secret that nobody has filled yet.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unfilled: bool,
}

impl Check {
    fn green(check: &'static str, says: impl Into<String>) -> Self {
        Self {
            check,
            ok: true,
            says: says.into(),
            unfilled: false,
        }
    }

    fn red(check: &'static str, what: &impl std::fmt::Display, mend: &str) -> Self {
        Self {
            check,
            ok: false,
            says: format!("{what}. To mend it: {mend}"),
            unfilled: false,
        }
    }
}

impl ReconcileOrders {
    /// Looks at everything, and says how it stands.
    pub(super) async fn check(&self) -> Checked {
        // On the heap, all of them, since what they keep while they wait is large.
        let (signing, table, hosts) = tokio::join!(
            Box::pin(self.check_signing()),
            Box::pin(self.check_table()),
            Box::pin(self.check_hosts()),
        );
        let checks: Vec<Check> = signing.into_iter().chain(table).chain(hosts).collect();
        let red = red(&checks);
        let ok = red.is_empty();
        info!(target: OUTCOME, ok, red, "checked");
        Checked { ok, checks }
    }

    /// The secrets, as they are now; and with them Binance.
    async fn check_signing(&self) -> Vec<Check> {
        let [secrets, caller_keys] = self.app.secrets.check(monotonic_ms()).await;
        let mut checks = vec![
            secret("secrets", "SecretsId", secrets.err()),
            secret("callerKeys", "CallerKeysId", caller_keys.err()),
        ];
        checks.extend(self.check_binance().await);
        checks
    }

    async fn check_table(&self) -> [Check; 4] {
        let store = &self.app.store;
        let (table, due, untold, reference) = tokio::join!(
            store.check(),
            store.check_due(),
            store.check_untold(),
            store.check_reference(),
        );
        let readable = |index: &str| format!("the index {index} can be read");
        let name = store.table();
        [
            stored(
                "table",
                format!("the table {name} can be read and written"),
                table.err(),
            ),
            stored("due", readable("due"), due.err()),
            stored("untold", readable("untold"), untold.err()),
            stored("reference", readable("reference"), reference.err()),
        ]
    }

    /// The hosts that `CALLBACK_HOSTS` names; which there are below a name, only LeadsCalendar knows.
    async fn check_hosts(&self) -> Vec<Check> {
        let policy = &self.app.settings.policy;
        let resolver = GuardedResolver {
            allow_local: policy.allow_local,
        };
        let hosts = policy.hosts.exact();
        join_all(hosts.iter().map(|host| host_check(resolver, host))).await
    }
}

/// The names of those that are red.
fn red(checks: &[Check]) -> String {
    let red = checks.iter().filter(|check| !check.ok);
    red.map(|check| check.check).collect::<Vec<_>>().join(" ")
}

/// What became of reading the secret that this output of the stack names.
fn secret(check: &'static str, output: &str, error: Option<SecretError>) -> Check {
    let Some(error) = error else {
        return Check::green(check, "it can be read, and each field keeps its rule");
    };
    let fill = format!("fill it, by `.venv/bin/python ops/secret.py {output} FILE`");
    let unfilled = error.cause.is_unfilled();
    let mend = match &error.cause {
        Missing::Unread(failure) if !failure.must_act() => AGAIN.to_owned(),
        Missing::Unread(_) if !unfilled => {
            format!("let the role of reconcile-orders read it; else {fill}")
        }
        Missing::Unread(_) | Missing::NotNeeded | Missing::NoValue | Missing::Malformed(_) => fill,
    };
    Check {
        unfilled,
        ..Check::red(check, &error, &mend)
    }
}

/// What became of using the table, or one of its indexes.
fn stored(check: &'static str, green: String, error: Option<StoreError>) -> Check {
    match error {
        None => Check::green(check, green),
        Some(error) if error.alarm().is_some() => {
            let mend = "see that the stack's table has all its indexes, that ORDERS_TABLE names it, and that the role of reconcile-orders may use it";
            Check::red(check, &error, mend)
        }
        Some(error) => Check::red(check, &error, AGAIN),
    }
}

async fn host_check(resolver: GuardedResolver, host: &str) -> Check {
    let check = "callbackHost";
    let Ok(found) = tokio::time::timeout(NAMES, resolver.addresses(host)).await else {
        let what = format!(
            "the name {host} is not answered within {} s",
            NAMES.as_secs()
        );
        return Check::red(
            check,
            &what,
            "check again; if it stays, have LeadsCalendar's DNS mended",
        );
    };
    match found {
        Ok(found) if !found.is_empty() => Check::green(
            check,
            format!("{host} has addresses, and each may be called"),
        ),
        Err(error) if error.is::<AddressRefused>() => {
            let refused = if resolver.allow_local {
                "neither public nor private"
            } else {
                "not public"
            };
            let what = format!("{host} has an address that is {refused}, and is never called");
            Check::red(
                check,
                &what,
                "have LeadsCalendar's DNS give public addresses only, or correct CallbackHosts",
            )
        }
        Ok(_) | Err(_) => {
            let what = format!("the name {host} is not found");
            Check::red(
                check,
                &what,
                "correct CallbackHosts, or have LeadsCalendar's DNS mended",
            )
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
