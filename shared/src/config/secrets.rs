//! The secrets, and when they are read again.

use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use standardwebhooks::Webhook;
use subtle::ConstantTimeEq;
use tokio::sync::Mutex;
use tracing::warn;

use super::SecretSource;

/// How long the secrets are used before they are read again, in milliseconds.
const FRESH_MS: i64 = 5 * 60_000;

/// The content of the secret store.
#[derive(Debug)]
#[expect(clippy::struct_field_names, reason = "the names of the stored JSON")]
pub struct Secrets {
    /// Binance's API key.
    pub binance_api_key: SecretString,
    /// Binance's API secret, which signs.
    pub binance_api_secret: SecretString,
    app_api_keys: Vec<SecretString>,
    webhook_secrets: Vec<SecretString>,
}

/// The JSON of the secret, before it is checked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Stored {
    binance_api_key: SecretString,
    binance_api_secret: SecretString,
    app_api_keys: Vec<SecretString>,
    webhook_secrets: Vec<SecretString>,
}

/// Why there are no secrets; never shows one.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SecretError {
    /// The JSON is not of the documented shape.
    #[error(
        "the secret must be the JSON {{\"binanceApiKey\",\"binanceApiSecret\",\"appApiKeys\":[…],\"webhookSecrets\":[\"whsec_…\"]}}"
    )]
    Shape,
    /// A field breaks its rule.
    #[error("the secret's field {field} {rule}")]
    Field {
        /// Which.
        field: &'static str,
        /// What it must be.
        rule: &'static str,
    },
    /// The secret store did not answer.
    #[error("the secret store did not answer: {0}")]
    Unavailable(String),
}

impl Secrets {
    /// Reads and checks the JSON.
    ///
    /// # Errors
    /// [`SecretError::Shape`] or [`SecretError::Field`].
    pub fn parse(json: &SecretString) -> Result<Self, SecretError> {
        // serde_json's own error can quote the value it stumbled over.
        let stored: Stored =
            serde_json::from_str(json.expose_secret()).map_err(|_| SecretError::Shape)?;
        let check = |is_right: bool, field, rule| {
            if is_right {
                Ok(())
            } else {
                Err(SecretError::Field { field, rule })
            }
        };
        let is_key = |key: &SecretString| {
            let key = key.expose_secret();
            !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let is_webhook_secret = |secret: &SecretString| {
            let secret = secret.expose_secret();
            secret.starts_with("whsec_")
                && secret.len() > "whsec_".len()
                && Webhook::new(secret).is_ok()
        };
        check(
            is_key(&stored.binance_api_key),
            "binanceApiKey",
            "must be visible ASCII",
        )?;
        check(
            is_key(&stored.binance_api_secret),
            "binanceApiSecret",
            "must be visible ASCII",
        )?;
        check(
            !stored.app_api_keys.is_empty(),
            "appApiKeys",
            "must hold a key",
        )?;
        check(
            stored.app_api_keys.iter().all(is_key),
            "appApiKeys",
            "must hold keys of visible ASCII",
        )?;
        check(
            !stored.webhook_secrets.is_empty(),
            "webhookSecrets",
            "must hold a secret",
        )?;
        let are_webhook_secrets = stored.webhook_secrets.iter().all(is_webhook_secret);
        check(
            are_webhook_secrets,
            "webhookSecrets",
            "must hold secrets of the form whsec_ and base64",
        )?;
        Ok(Self {
            binance_api_key: stored.binance_api_key,
            binance_api_secret: stored.binance_api_secret,
            app_api_keys: stored.app_api_keys,
            webhook_secrets: stored.webhook_secrets,
        })
    }

    /// Whether `key` is one that was issued to LeadsCalendar; takes as long for a wrong key as for a right one.
    #[must_use]
    pub fn is_app_api_key(&self, key: &str) -> bool {
        let digest = Sha256::digest(key);
        let found = self
            .app_api_keys
            .iter()
            .fold(subtle::Choice::from(0), |found, issued| {
                found
                    | Sha256::digest(issued.expose_secret())
                        .as_slice()
                        .ct_eq(digest.as_slice())
            });
        found.into()
    }

    /// A signer of confirmations for each active secret.
    pub fn confirmation_signers(&self) -> impl Iterator<Item = Webhook> {
        // Checked by `parse`, so none is left out.
        self.webhook_secrets
            .iter()
            .filter_map(|secret| Webhook::new(secret.expose_secret()).ok())
    }
}

/// The secrets, kept while fresh.
#[derive(Debug)]
pub struct SecretStore {
    source: Source,
    /// The secrets, and when they were read.
    kept: Mutex<Option<(Arc<Secrets>, i64)>>,
}

#[derive(Debug)]
enum Source {
    Inline(SecretString),
    Manager { client: Client, id: String },
}

impl SecretStore {
    /// A store that has read nothing yet.
    #[must_use]
    pub fn new(source: &SecretSource, client: Client) -> Self {
        let source = match source {
            SecretSource::Inline(json) => Source::Inline(json.clone()),
            SecretSource::Manager(id) => Source::Manager {
                client,
                id: id.clone(),
            },
        };
        Self {
            source,
            kept: Mutex::new(None),
        }
    }

    /// The secrets, read again after 5 minutes; the old ones if the secret store is away then.
    ///
    /// # Errors
    /// [`SecretError`], if none have been read yet.
    pub async fn current(&self, now_ms: i64) -> Result<Arc<Secrets>, SecretError> {
        let mut kept = self.kept.lock().await;
        if let Some((secrets, read_at_ms)) = &*kept
            && now_ms.saturating_sub(*read_at_ms) < FRESH_MS
        {
            return Ok(Arc::clone(secrets));
        }
        match (self.read().await, &*kept) {
            (Ok(secrets), _) => Ok(Arc::clone(&kept.insert((Arc::new(secrets), now_ms)).0)),
            (Err(error), Some((secrets, _))) => {
                warn!(%error, "secrets could not be read again, the old ones stay in use");
                Ok(Arc::clone(secrets))
            }
            (Err(error), None) => Err(error),
        }
    }

    /// The secrets, read now: Binance has refused those in use.
    ///
    /// # Errors
    /// [`SecretError`].
    pub async fn reread(&self, now_ms: i64) -> Result<Arc<Secrets>, SecretError> {
        let secrets = Arc::new(self.read().await?);
        *self.kept.lock().await = Some((Arc::clone(&secrets), now_ms));
        Ok(secrets)
    }

    async fn read(&self) -> Result<Secrets, SecretError> {
        match &self.source {
            Source::Inline(json) => Secrets::parse(json),
            Source::Manager { client, id } => {
                let unavailable = |error| {
                    SecretError::Unavailable(format!(
                        "{}",
                        aws_sdk_secretsmanager::error::DisplayErrorContext(error)
                    ))
                };
                let answer = client
                    .get_secret_value()
                    .secret_id(id)
                    .send()
                    .await
                    .map_err(unavailable)?;
                Secrets::parse(&answer.secret_string.ok_or(SecretError::Shape)?.into())
            }
        }
    }
}

#[cfg(test)]
mod tests;
