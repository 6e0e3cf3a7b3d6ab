//! The secrets as they are held, and when they are read again.
//!
//! Times are of the clock that nobody sets. A reading is waited for, since a key that was withdrawn must not open, nor a new
//! one be refused, where Secrets Manager would have said so; but with known secrets in hand only for a moment and once a
//! minute. A minute before it would have to be waited for, a reading is begun beside a request; the answer waits for its
//! end, since Lambda freezes what is left when the answer is handed over.

mod held;
mod manager;

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use tracing::{error, warn};

use crate::aws::Failure;
use crate::config::{CallerKeys, SecretFault, SecretSource, Secrets};
use held::Held;
use manager::Values;

/// How long a reading is waited for while known secrets are held.
const MOMENT: Duration = Duration::from_millis(200);

/// The secrets are read again at most this often because Binance refuses them, in milliseconds: strangers can cause it.
const REREAD_EVERY_MS: i64 = 5_000;

/// There is no secret to use; never shows one.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{setting}: {cause}")]
pub struct SecretError {
    /// The setting that names it.
    setting: &'static str,
    /// Why.
    pub cause: Missing,
    /// It has been so for a while, and does not seem to mend itself.
    is_lasting: bool,
}

/// Why a secret is not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// The function does not read it.
    #[error("this function does not read it")]
    NotNeeded,
    /// Secrets Manager did not give it.
    #[error("the secret cannot be read: {0}")]
    Unread(#[from] Failure),
    /// There is such a secret, and no text in it.
    #[error("the secret has no value yet")]
    NoValue,
    /// What is in it cannot be used.
    #[error("the secret cannot be used: {0}")]
    Malformed(#[from] SecretFault),
}

impl Missing {
    /// There is no value, as in a secret that nobody has filled yet.
    #[must_use]
    pub fn is_unfilled(&self) -> bool {
        match self {
            Self::Unread(failure) => failure.is_not_found(),
            Self::NoValue => true,
            Self::NotNeeded | Self::Malformed(_) => false,
        }
    }

    fn must_act(&self) -> bool {
        match self {
            Self::Unread(failure) => failure.must_act(),
            Self::NotNeeded | Self::NoValue | Self::Malformed(_) => true,
        }
    }
}

impl SecretError {
    /// The alarm by which an operator hears that he must act; none if it mends itself.
    #[must_use]
    pub fn alarm(&self) -> Option<&'static str> {
        (self.is_lasting || self.cause.must_act()).then_some("secrets.unreadable")
    }

    /// Logs it by who must act, and what it means: `so`.
    pub(crate) fn log(&self, so: &str) {
        if let Some(alarm) = self.alarm() {
            error!(alarm, "secrets cannot be read, {so}: {self}");
        } else {
            warn!("secrets cannot be read, {so}: {self}");
        }
    }
}

/// The secrets that a function needs, held while it is warm.
#[derive(Debug)]
pub struct SecretStore {
    client: Client,
    kept: Mutex<Kept>,
    /// Held over a reading, so that there is one at a time.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Kept {
    secrets: Held<Secrets>,
    caller_keys: Held<CallerKeys>,
    /// When they were last read again because Binance refused them.
    reread_at_ms: Option<i64>,
}

impl SecretStore {
    /// The secrets of `source`, of which nothing has been read yet.
    #[must_use]
    pub fn new(source: SecretSource, client: Client) -> Self {
        let (secrets, caller_keys) = match source {
            SecretSource::Inline(secrets, caller_keys) => {
                (Held::inline(secrets), Held::inline(caller_keys))
            }
            SecretSource::Manager {
                secrets_id,
                caller_keys_id,
            } => (
                Held::unread("SECRETS_ID", secrets_id),
                Held::unread("CALLER_KEYS_ID", caller_keys_id),
            ),
        };
        Self {
            client,
            kept: Mutex::new(Kept {
                secrets,
                caller_keys,
                reread_at_ms: None,
            }),
            reading: tokio::sync::Mutex::default(),
        }
    }

    /// Who we are to Binance and to LeadsCalendar.
    ///
    /// # Errors
    /// [`SecretError`].
    pub async fn secrets(&self, now_ms: i64) -> Result<Arc<Secrets>, SecretError> {
        self.current(|kept| &kept.secrets, now_ms).await
    }

    /// The keys issued to LeadsCalendar.
    ///
    /// # Errors
    /// [`SecretError`].
    pub async fn caller_keys(&self, now_ms: i64) -> Result<Arc<CallerKeys>, SecretError> {
        self.current(|kept| &kept.caller_keys, now_ms).await
    }

    /// Reads again what is known and will soon be too old; to be done beside a request.
    pub async fn renew(&self, now_ms: i64) {
        let is_due = || {
            let kept = self.kept();
            kept.secrets.is_due_early(now_ms) || kept.caller_keys.is_due_early(now_ms)
        };
        if !is_due() {
            return;
        }
        let _alone = self.reading.lock().await;
        if is_due() {
            self.read(Some(MOMENT), now_ms).await;
        }
    }

    /// Whether somebody who needs what is known has to wait for a reading first.
    #[must_use]
    pub fn is_old(&self, now_ms: i64) -> bool {
        let kept = self.kept();
        kept.secrets.is_old(now_ms) || kept.caller_keys.is_old(now_ms)
    }

    /// Newer secrets than the ones that Binance has just `refused`, if they can be had now.
    pub async fn reread(&self, refused: &Arc<Secrets>, now_ms: i64) -> Option<Arc<Secrets>> {
        let _alone = self.reading.lock().await;
        {
            let mut kept = self.kept();
            let held = kept.secrets.usable(now_ms).ok()?;
            // Inline ones are no other next time, and are tried once more as they are.
            if !Arc::ptr_eq(&held, refused) || kept.secrets.is_inline() {
                return Some(held);
            }
            if let Some(at_ms) = kept.reread_at_ms
                && now_ms.saturating_sub(at_ms) < REREAD_EVERY_MS
            {
                return None;
            }
            kept.reread_at_ms = Some(now_ms);
        }
        self.read(None, now_ms).await;
        let held = self.kept().secrets.usable(now_ms).ok()?;
        (!Arc::ptr_eq(&held, refused)).then_some(held)
    }

    /// Looks at each secret that the function needs, and says which cannot be used.
    pub async fn look(&self, now_ms: i64) {
        let secrets = self.secrets(now_ms).await.err();
        let caller_keys = self.caller_keys(now_ms).await.err();
        for error in [secrets, caller_keys].into_iter().flatten() {
            if error.cause != Missing::NotNeeded {
                error.log("and none are known");
            }
        }
    }

    /// Reads each secret anew, and says how that ended, whether or not a known one stays in use: what `SECRETS_ID` names,
    /// and what `CALLER_KEYS_ID` does.
    pub async fn check(&self, now_ms: i64) -> [Result<(), SecretError>; 2] {
        let _alone = self.reading.lock().await;
        self.read(None, now_ms).await;
        let kept = self.kept();
        [
            kept.secrets.last_read(now_ms),
            kept.caller_keys.last_read(now_ms),
        ]
    }

    async fn current<T>(
        &self,
        part: fn(&Kept) -> &Held<T>,
        now_ms: i64,
    ) -> Result<Arc<T>, SecretError> {
        let look = || {
            let kept = self.kept();
            let held = part(&kept);
            (held.usable(now_ms), held.is_due(now_ms))
        };
        let is_old = part(&self.kept()).is_old(now_ms);
        if let (Ok(known), false) = look()
            && !(is_old && self.reading.try_lock().is_err())
        {
            return Ok(known);
        }
        // Without any, or with old ones, somebody's reading that is under way is worth waiting for.
        let _alone = self.reading.lock().await;
        let (known, is_due) = look();
        if !is_due {
            return known;
        }
        self.read(known.is_ok().then_some(MOMENT), now_ms).await;
        look().0
    }

    /// Reads what is needed, in one call. Known secrets outlive a reading that fails, which then nobody else hears of.
    async fn read(&self, limit: Option<Duration>, now_ms: i64) {
        let ids = {
            let mut kept = self.kept();
            (kept.secrets.begin(now_ms), kept.caller_keys.begin(now_ms))
        };
        // On the heap, since what the SDK keeps while it waits is large.
        let reading: Pin<Box<dyn Future<Output = Values> + Send + '_>> =
            Box::pin(manager::read(&self.client, ids));
        let values = match limit {
            Some(limit) => tokio::time::timeout(limit, reading)
                .await
                .unwrap_or_else(|_| Values::away("no answer within a moment")),
            None => reading.await,
        };
        let mut kept = self.kept();
        let failed = [
            kept.secrets.end(values.secrets, Secrets::parse, now_ms),
            kept.caller_keys
                .end(values.caller_keys, CallerKeys::parse, now_ms),
        ];
        for error in failed.iter().flatten() {
            error.log("and the known ones stay in use");
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
