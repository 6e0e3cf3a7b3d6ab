//! The public keys of Binance's notifications, by serial.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Mutex;
use tracing::warn;

use crate::binance::{Binance, BinanceError};
use crate::signing::PublicKey;

/// An unknown serial makes us ask at most this often, so that a flood of made-up serials does not become a flood of calls.
const FETCH_EVERY_MS: i64 = 60_000;

/// A fetch that failed may be repeated this soon: until it succeeds, no notification can be verified.
const FETCH_AGAIN_MS: i64 = 5_000;

/// A list is fetched anew when it is this old, so that a certificate that Binance withdrew is not trusted for ever.
const FRESH_MS: i64 = 60 * 60_000;

/// The list of certificates, kept while the function is warm.
#[derive(Debug)]
pub struct Certificates {
    binance: Binance,
    /// Held over the fetch, so that there is one at a time.
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    keys: HashMap<String, Arc<PublicKey>>,
    /// When the list was last fetched; absent before the first.
    fetched_at_ms: Option<i64>,
    next_fetch_at_ms: i64,
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
    /// An empty list; the first serial fetches it.
    #[must_use]
    pub fn new(binance: Binance) -> Self {
        Self {
            binance,
            kept: Mutex::default(),
        }
    }

    /// The key whose serial is exactly `serial`.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub async fn key(
        &self,
        serial: &str,
        now_ms: i64,
        deadline_ms: i64,
    ) -> Result<Arc<PublicKey>, CertificateError> {
        let mut kept = self.kept.lock().await;
        let known = kept.keys.get(serial).cloned();
        let is_fresh = kept
            .fetched_at_ms
            .is_some_and(|fetched_at_ms| now_ms.saturating_sub(fetched_at_ms) < FRESH_MS);
        if let Some(key) = &known
            && (is_fresh || now_ms < kept.next_fetch_at_ms)
        {
            return Ok(Arc::clone(key));
        }
        if now_ms < kept.next_fetch_at_ms {
            return Err(if kept.fetched_at_ms.is_some() {
                CertificateError::UnknownSerial
            } else {
                CertificateError::Away
            });
        }
        match self.binance.certificates(deadline_ms).await {
            Ok(list) => {
                let keys: HashMap<_, _> = list
                    .into_iter()
                    .filter_map(|entry| {
                        readable(&entry.cert_public).map(|key| (entry.cert_serial, key))
                    })
                    .collect();
                kept.next_fetch_at_ms = now_ms.saturating_add(FETCH_EVERY_MS);
                if keys.is_empty() {
                    warn!("Binance's list of certificates is empty, the old ones stay in use");
                } else {
                    kept.keys = keys;
                    kept.fetched_at_ms = Some(now_ms);
                }
                if kept.fetched_at_ms.is_none() {
                    return Err(CertificateError::Away);
                }
                kept.keys
                    .get(serial)
                    .cloned()
                    .ok_or(CertificateError::UnknownSerial)
            }
            Err(error) => {
                kept.next_fetch_at_ms = now_ms.saturating_add(FETCH_AGAIN_MS);
                let Some(key) = known else {
                    return Err(error.into());
                };
                warn!(%error, "certificates could not be fetched anew, the old ones stay in use");
                Ok(key)
            }
        }
    }
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
