//! Settings from the environment, read once at cold start; what the secrets they point to must hold.

mod lookup;
mod secrets;

use std::sync::Arc;

use reqwest::Url;
use rustls::pki_types::CertificateDer;
use secrecy::SecretString;
pub use secrets::{CallerKeys, SecretFault, Secrets};

use crate::callback_url::Policy;
use crate::money::{Amount, Currency};
use lookup::Lookup;

/// Everything the environment decides.
#[derive(Debug)]
pub struct Settings {
    /// `ORDERS_TABLE`: the DynamoDB table.
    pub orders_table: String,
    /// `BINANCE_BASE_URL`: without a trailing slash.
    pub binance_base_url: String,
    /// `CALLBACK_URL`: the public address of `binance-callback`, given to Binance.
    pub callback_url: String,
    /// `CALLBACK_HOSTS` and `ALLOW_LOCAL`: what may be a `callbackUrl`.
    pub policy: Policy,
    /// `FIATS`: what `fiat` may be.
    pub fiats: Vec<Currency>,
    /// `MAX_PRICE`: the most that `price` may be.
    pub max_price: Amount,
    /// `SECRETS`, or `SECRETS_ID` and `CALLER_KEYS_ID`: where the secrets are.
    pub secrets: SecretSource,
    /// How to reach AWS.
    pub aws: Aws,
    /// `LOCAL_ROOT`: an authority that is trusted beside the public ones, on one's own machine.
    pub local_root: Option<CertificateDer<'static>>,
}

/// Binance's own host.
const BINANCE_HOST: &str = "bpay.binanceapi.com";

impl Settings {
    /// Whether orders are paid at Binance itself, and not at a stand-in.
    #[must_use]
    pub fn is_live(&self) -> bool {
        let url = Url::parse(&self.binance_base_url);
        url.is_ok_and(|url| url.host_str() == Some(BINANCE_HOST))
    }
}

/// Which secrets a function needs; it may read no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// What `SECRETS_ID` names.
    Secrets,
    /// What `CALLER_KEYS_ID` names.
    CallerKeys,
    /// Both.
    Both,
}

/// Where the secrets are.
#[derive(Clone, Debug)]
pub enum SecretSource {
    /// `SECRETS`: both JSONs in one, for local use.
    Inline(Arc<Secrets>, Arc<CallerKeys>),
    /// In Secrets Manager, those that the function needs.
    Manager {
        /// `SECRETS_ID`.
        secrets_id: Option<String>,
        /// `CALLER_KEYS_ID`.
        caller_keys_id: Option<String>,
    },
}

/// Region, credentials and addresses of AWS, under the names that Lambda and the AWS tools use.
#[derive(Debug)]
pub struct Aws {
    /// `AWS_REGION`.
    pub region: String,
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: SecretString,
    /// `AWS_SESSION_TOKEN`.
    pub session_token: Option<SecretString>,
    /// `AWS_ENDPOINT_URL_DYNAMODB`.
    pub dynamodb_url: Option<String>,
    /// `AWS_ENDPOINT_URL_SECRETS_MANAGER`.
    pub secrets_manager_url: Option<String>,
}

/// A setting that stops the start. The value is never shown.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("setting {name}: {rule}")]
pub struct SettingError {
    name: &'static str,
    rule: String,
}

impl SettingError {
    fn new(name: &'static str, rule: impl Into<String>) -> Self {
        Self {
            name,
            rule: rule.into(),
        }
    }
}

impl Settings {
    /// Reads every setting of a function that `needs` these secrets through `lookup`, which is the environment outside
    /// tests.
    ///
    /// # Errors
    /// The first [`SettingError`].
    pub fn read(
        needs: Needs,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingError> {
        let lookup = |name: &str| {
            let value = lookup(name)?.trim().to_owned();
            (!value.is_empty()).then_some(value)
        };
        let env = Lookup::new(&lookup)?;
        Ok(Self {
            orders_table: env.required("ORDERS_TABLE")?,
            binance_base_url: env.base_url("BINANCE_BASE_URL", "https://bpay.binanceapi.com")?,
            callback_url: env.callback_url("CALLBACK_URL")?,
            policy: Policy {
                hosts: env.callback_hosts()?,
                allow_local: env.allow_local,
            },
            fiats: env.fiats()?,
            max_price: env.parsed("MAX_PRICE", Some("20000"))?,
            secrets: env.secrets(needs)?,
            aws: Aws {
                region: env.required("AWS_REGION")?,
                access_key_id: env.required("AWS_ACCESS_KEY_ID")?,
                secret_access_key: env.required("AWS_SECRET_ACCESS_KEY")?.into(),
                session_token: env.optional("AWS_SESSION_TOKEN").map(Into::into),
                dynamodb_url: env.endpoint("AWS_ENDPOINT_URL_DYNAMODB")?,
                secrets_manager_url: env.endpoint("AWS_ENDPOINT_URL_SECRETS_MANAGER")?,
            },
            local_root: env.local_root()?,
        })
    }
}

#[cfg(test)]
mod tests;
