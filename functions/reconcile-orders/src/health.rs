//! What each run looks at, so that a service that cannot work says so, with or without traffic.

use shared::ambient::monotonic_ms;
use shared::binance::{BinanceError, CallError};
use shared::order::Untold;
use shared::store::StoreError;
use tracing::{error, warn};

use super::ReconcileOrders;
use super::run::{Run, UntoldOrders};

/// How often Binance is called only to see whether it can be, in milliseconds.
pub(super) const LOOK_EVERY_MS: i64 = 10 * 60_000;
/// Time limit of that call, in milliseconds.
const LOOK_MS: i64 = 5_000;

impl ReconcileOrders {
    /// Makes a signed call of Binance now and then, which a wrong key, a clock that is off or a forbidden region spoils.
    pub(super) async fn look_at_binance(&self, run: &Run) {
        if !self.looks.take(monotonic_ms()) {
            return;
        }
        let looked = self.app.binance.look(run.within_ms(LOOK_MS, 0)).await;
        let Err(error) = looked else {
            return;
        };
        if error.is_clock() {
            self.app.binance.clock_refused(&error);
        }
        let must_act = match &error {
            BinanceError::Call(CallError::Access(_) | CallError::Refused(_)) => true,
            // The time has its own line; so have, where they are read, the answer and the secrets.
            BinanceError::Call(CallError::NotDone(_) | CallError::Unknown(_))
            | BinanceError::Secrets(_) => false,
        };
        if must_act {
            error!(alarm = "binance.access", %error, "Binance does not answer our calls as they are signed: an operator must act");
        } else {
            warn!(%error, "Binance could not be called");
        }
    }

    /// What the table says of what LeadsCalendar was told in vain; none if it cannot be read. The index by which LeadsCalendar
    /// finds its orders is looked at beside it, since no run has any other use for it.
    pub(super) async fn look_at_table(&self) -> Option<UntoldOrders> {
        // On the heap, since what they keep while they wait is large.
        let (untold, reference) = tokio::join!(
            Box::pin(self.untold()),
            Box::pin(self.app.store.check_reference()),
        );
        if let Err(error) = reference {
            say_unread("reference", &error);
        }
        untold.map_err(|error| say_unread("untold", &error)).ok()
    }

    async fn untold(&self) -> Result<UntoldOrders, StoreError> {
        let store = &self.app.store;
        let repeating = async {
            let since_ms = store.untold_since_ms(Untold::Repeating).await?;
            // Mostly there are none to be counted.
            let count = match since_ms {
                Some(_) => store.untold_count(Untold::Repeating).await?,
                None => 0,
            };
            Ok((since_ms, count))
        };
        let ((), (since_ms, repeating), exhausted) = tokio::try_join!(
            store.look(),
            repeating,
            store.untold_count(Untold::Exhausted),
        )?;
        Ok(UntoldOrders {
            since_ms,
            repeating,
            exhausted,
        })
    }
}

fn say_unread(index: &str, error: &StoreError) {
    if let Some(alarm) = error.alarm() {
        error!(alarm, %error, "an operator must act: the table, or its index {index}, cannot be read");
    } else {
        warn!(%error, "the table, or its index {index}, cannot be read");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binance_is_looked_at_every_ten_minutes() {
        assert_eq!(LOOK_EVERY_MS, 600_000);
    }
}
