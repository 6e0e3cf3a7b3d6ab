//! One secret: what is known of it, and when it is to be read again. Pure.

use std::sync::Arc;

use secrecy::SecretString;

use super::{Missing, SecretError};
use crate::aws::Failure;
use crate::config::SecretFault;

/// How long a secret is used before it is read again, in milliseconds.
const FRESH_MS: i64 = 5 * 60_000;
/// When it may be read again beside a request, so that none has to wait for it, in milliseconds.
const EARLY_MS: i64 = 4 * 60_000;
/// After a reading that failed, while a known one is in use.
const AGAIN_MS: i64 = 60_000;
/// While there is none to use: strangers can cause each reading.
const NONE_MS: i64 = 5_000;
/// How long after the first reading that failed the known one may be used.
const OLD_MS: i64 = 60 * 60_000;
/// What has not mended itself by then does not seem to; an alarm is due after five minutes.
const LASTING_MS: i64 = 3 * 60_000;

/// A secret, if it is known.
#[derive(Debug)]
pub(super) struct Held<T> {
    setting: &'static str,
    /// Its id in Secrets Manager; none for one that is inline, or that the function does not need.
    id: Option<String>,
    value: Option<Arc<T>>,
    /// When the last reading began.
    read_at_ms: Option<i64>,
    /// When the one began that `value` is of.
    had_at_ms: Option<i64>,
    /// Of the readings since the last that succeeded.
    failed: Option<Failed>,
}

#[derive(Debug)]
struct Failed {
    /// When the first began.
    since_ms: i64,
    /// Why the last did.
    cause: Missing,
}

impl<T> Held<T> {
    /// One that never changes.
    pub(super) fn inline(value: Arc<T>) -> Self {
        Self {
            value: Some(value),
            ..Self::unread("SECRETS", None)
        }
    }

    /// The one that `setting` names by `id`.
    pub(super) fn unread(setting: &'static str, id: Option<String>) -> Self {
        Self {
            setting,
            id,
            value: None,
            read_at_ms: None,
            had_at_ms: None,
            failed: None,
        }
    }

    /// Whether it is there and will never be another.
    pub(super) fn is_inline(&self) -> bool {
        self.id.is_none() && self.value.is_some()
    }

    /// The one to use now.
    pub(super) fn usable(&self, now_ms: i64) -> Result<Arc<T>, SecretError> {
        let failed_for_ms = |failed: &Failed| now_ms.saturating_sub(failed.since_ms);
        let failed = self.failed.as_ref();
        match &self.value {
            Some(value) if failed.is_none_or(|failed| failed_for_ms(failed) < OLD_MS) => {
                Ok(Arc::clone(value))
            }
            Some(_) | None => Err(SecretError {
                setting: self.setting,
                cause: failed.map_or(Missing::NotNeeded, |failed| failed.cause.clone()),
                is_lasting: failed.is_some_and(|failed| failed_for_ms(failed) >= LASTING_MS),
            }),
        }
    }

    /// How the last reading ended, whether or not a known one stays in use.
    pub(super) fn last_read(&self, now_ms: i64) -> Result<(), SecretError> {
        match &self.failed {
            Some(failed) => Err(SecretError {
                setting: self.setting,
                cause: failed.cause.clone(),
                is_lasting: false,
            }),
            None => self.usable(now_ms).map(drop),
        }
    }

    /// Whether it is to be read now.
    pub(super) fn is_due(&self, now_ms: i64) -> bool {
        self.is_due_after(FRESH_MS, now_ms)
    }

    /// Whether it is known, and may be read now by whoever has the time.
    pub(super) fn is_due_early(&self, now_ms: i64) -> bool {
        self.usable(now_ms).is_ok() && self.is_due_after(EARLY_MS, now_ms)
    }

    /// Whether what is known is so old that a reading under way is to be waited for.
    pub(super) fn is_old(&self, now_ms: i64) -> bool {
        let is_over = |at_ms: i64| now_ms.saturating_sub(at_ms) >= FRESH_MS;
        self.had_at_ms.is_some_and(is_over)
    }

    fn is_due_after(&self, fresh_ms: i64, now_ms: i64) -> bool {
        let pause_ms = match (self.usable(now_ms), &self.failed) {
            (Ok(_), None) => fresh_ms,
            (Ok(_), Some(_)) => AGAIN_MS,
            (Err(_), _) => NONE_MS,
        };
        let is_over = |at_ms: i64| now_ms.saturating_sub(at_ms) >= pause_ms;
        self.id.is_some() && self.read_at_ms.is_none_or(is_over)
    }

    /// A reading begins: its id. It counts as one that failed until it has succeeded, since it may be dropped at any time.
    pub(super) fn begin(&mut self, now_ms: i64) -> Option<String> {
        let id = self.id.clone()?;
        self.read_at_ms = Some(now_ms);
        self.failed.get_or_insert_with(|| Failed {
            since_ms: now_ms,
            cause: Failure::Away("the answer was not waited for".to_owned()).into(),
        });
        Some(id)
    }

    /// The reading that began at `now_ms` has ended; why it failed, where a known one stays in use.
    pub(super) fn end(
        &mut self,
        read: Result<SecretString, Missing>,
        parse: fn(&SecretString) -> Result<T, SecretFault>,
        now_ms: i64,
    ) -> Option<SecretError> {
        self.id.as_ref()?;
        match read.and_then(|json| Ok(parse(&json)?)) {
            Ok(value) => {
                self.value = Some(Arc::new(value));
                self.had_at_ms = Some(now_ms);
                self.failed = None;
                None
            }
            Err(cause) => {
                let since_ms = self
                    .failed
                    .as_ref()
                    .map_or(now_ms, |failed| failed.since_ms);
                let error = SecretError {
                    setting: self.setting,
                    cause: cause.clone(),
                    is_lasting: false,
                };
                self.failed = Some(Failed { since_ms, cause });
                self.usable(now_ms).is_ok().then_some(error)
            }
        }
    }
}
