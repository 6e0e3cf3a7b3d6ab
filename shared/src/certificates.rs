//! The public keys of Binance's notifications, by serial.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Mutex as Turn;
use tracing::warn;

use crate::ambient::{monotonic_ms, now_ms};
use crate::binance::{Binance, BinanceError, Certificate};
use crate::signing::PublicKey;

/// An unknown serial makes us ask at most this often, so that a flood of made-up serials does not become a flood of calls.
const FETCH_EVERY_MS: i64 = 60_000;

/// While there is no list at all, it may be asked for again this soon: until then, no notification can be verified.
const FETCH_AGAIN_MS: i64 = 5_000;

/// A list is fetched anew when it is this old, so that a certificate that Binance withdrew is not trusted for ever.
const FRESH_MS: i64 = 60 * 60_000;

/// What a fetch may take, in milliseconds.
const FETCH_MS: i64 = 2_000;

/// The list of certificates, kept while the function is warm.
#[derive(Debug)]
pub struct Certificates {
    binance: Binance,
    /// Locked for moments only: a key that is known waits for nobody.
    kept: Mutex<Kept>,
    /// Held over a fetch, so that there is one at a time.
    turn: Turn<()>,
}

/// What is kept; each time by the clock that the callers tell, which is to be one that nobody sets.
#[derive(Debug, Default)]
struct Kept {
    keys: HashMap<String, Arc<PublicKey>>,
    /// When the list was last had; absent before the first.
    had_at_ms: Option<i64>,
    /// When the last try to fetch it ended.
    tried_at_ms: Option<i64>,
    /// How many tries have ended.
    tries: u64,
}

/// There is no key for a serial.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// Binance's list does not have it.
    #[error("the certificate serial is not in Binance's list")]
    UnknownSerial,
    /// The list could not be had.
    #[error("the certificates cannot be fetched: {0}")]
    Unavailable(#[from] BinanceError),
    /// The list could not be had a moment ago.
    #[error("the certificates could not be fetched a moment ago")]
    Away,
}

impl Certificates {
    /// An empty list; [`Certificates::fetch`] or the first serial fetches it.
    #[must_use]
    pub fn new(binance: Binance) -> Self {
        Self {
            binance,
            kept: Mutex::default(),
            turn: Turn::default(),
        }
    }

    /// Fetches the list, so that the first notification finds it, and no stranger's makes us fetch; a failure is only
    /// logged.
    pub async fn fetch(&self, now_ms: i64) {
        let _turn = self.turn.lock().await;
        if let Err(error) = self.try_to_fetch(now_ms, i64::MAX).await {
            warn!(%error, "certificates cannot be fetched yet");
        }
    }

    /// The key whose serial is exactly `serial`; `now_ms` by a clock that nobody sets.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub async fn key(
        &self,
        serial: &str,
        now_ms: i64,
        deadline_ms: i64,
    ) -> Result<Arc<PublicKey>, CertificateError> {
        let (known, tries) = {
            let kept = self.kept();
            let known = kept.keys.get(serial).cloned();
            let is_good = known.is_some() && kept.is_fresh(now_ms);
            if is_good || !kept.is_due(now_ms) {
                return known.ok_or_else(|| kept.missing());
            }
            (known, kept.tries)
        };
        let turn = match known {
            // The old one is as good as what a slow fetch of somebody else's might still bring.
            Some(key) => match self.turn.try_lock() {
                Ok(turn) => turn,
                Err(_) => return Ok(key),
            },
            None => self.turn.lock().await,
        };
        // Who waited for somebody else's try takes what came of it.
        let is_ours = self.kept().tries == tries;
        if is_ours && let Err(error) = self.try_to_fetch(now_ms, deadline_ms).await {
            if self.kept().had_at_ms.is_none() {
                return Err(error.into());
            }
            warn!(%error, "certificates could not be fetched anew, the old ones stay in use");
        }
        drop(turn);
        let kept = self.kept();
        let known = kept.keys.get(serial).cloned();
        known.ok_or_else(|| kept.missing())
    }

    /// One try; an empty list takes no key away.
    async fn try_to_fetch(&self, began_ms: i64, deadline_ms: i64) -> Result<(), BinanceError> {
        let clock_ms = monotonic_ms();
        let deadline_ms = deadline_ms.min(now_ms().saturating_add(FETCH_MS));
        let fetched = self.binance.certificates(deadline_ms).await;
        let ended_ms = began_ms.saturating_add(monotonic_ms().saturating_sub(clock_ms));
        let mut kept = self.kept();
        kept.tried_at_ms = Some(ended_ms);
        kept.tries = kept.tries.saturating_add(1);
        let keys = keys(fetched?);
        if keys.is_empty() {
            warn!("Binance's list of certificates holds no key, and takes none away");
        } else {
            (kept.keys, kept.had_at_ms) = (keys, Some(ended_ms));
        }
        Ok(())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn is_fresh(&self, now_ms: i64) -> bool {
        is_within(FRESH_MS, self.had_at_ms, now_ms)
    }

    fn is_due(&self, now_ms: i64) -> bool {
        let pause_ms = if self.had_at_ms.is_some() {
            FETCH_EVERY_MS
        } else {
            FETCH_AGAIN_MS
        };
        !is_within(pause_ms, self.tried_at_ms, now_ms)
    }

    fn missing(&self) -> CertificateError {
        if self.had_at_ms.is_some() {
            CertificateError::UnknownSerial
        } else {
            CertificateError::Away
        }
    }
}

/// Whether `then_ms` is less than `span_ms` ago. What seems to lie ahead by more than a try takes is not: the clock was
/// wrong then.
fn is_within(span_ms: i64, then_ms: Option<i64>, now_ms: i64) -> bool {
    let span = -FETCH_AGAIN_MS..span_ms;
    then_ms.is_some_and(|then_ms| span.contains(&now_ms.saturating_sub(then_ms)))
}

fn keys(list: Vec<Certificate>) -> HashMap<String, Arc<PublicKey>> {
    list.into_iter()
        .filter_map(|entry| Some((entry.cert_serial, readable(&entry.cert_public)?)))
        .collect()
}

fn readable(pem: &str) -> Option<Arc<PublicKey>> {
    match PublicKey::from_pem(pem) {
        Ok(key) => Some(Arc::new(key)),
        Err(error) => {
            warn!(%error, "a certificate of Binance's list is left out");
            None
        }
    }
}

#[cfg(test)]
mod tests;
