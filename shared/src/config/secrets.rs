//! What the two secrets hold, and the rules that each value keeps.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// The fewest characters of a key issued to LeadsCalendar.
const CALLER_KEY_CHARS: usize = 32;
/// What begins so is the hash of a key, and never a key.
const HASH_PREFIX: &str = "sha256:";
/// The prefix of a secret that signs confirmations, and how many bytes may follow it in base64.
const WEBHOOK_PREFIX: &str = "whsec_";
const WEBHOOK_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

const SECRETS_SHAPE: &str =
    r#"{"binanceApiKey":"…","binanceApiSecret":"…","webhookSecrets":["whsec_…"]}"#;
const CALLER_KEYS_SHAPE: &str = r#"{"appApiKeys":["…"],"refundApiKeys":[]}"#;
const INLINE_SHAPE: &str = r#"{"binanceApiKey":"…","binanceApiSecret":"…","webhookSecrets":["whsec_…"],"appApiKeys":["…"],"refundApiKeys":[]}"#;

/// What `SECRETS_ID` names: who we are to Binance, and to LeadsCalendar.
#[derive(Debug)]
pub struct Secrets {
    /// Binance's API key.
    pub binance_api_key: SecretString,
    /// Binance's API secret, which signs.
    pub binance_api_secret: SecretString,
    /// The keys that sign confirmations, each of 24 to 64 bytes; at least one.
    pub webhook_secrets: Vec<SecretSlice<u8>>,
}

/// What `CALLER_KEYS_ID` names: the keys issued to LeadsCalendar, as hashes of them.
#[derive(Debug)]
pub struct CallerKeys {
    /// Those that may do everything but refund.
    issued: Vec<KeyHash>,
    /// Those that may refund, too.
    refunding: Vec<KeyHash>,
}

/// The SHA-256 of a key. It opens nothing, but is nobody's business either.
struct KeyHash([u8; 32]);

impl std::fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyHash")
    }
}

/// The content of a secret is not what it must be; never shows it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretFault {
    /// It is not JSON of the documented shape.
    #[error("it must be the JSON {0}, with nothing else in it")]
    Shape(&'static str),
    /// A field breaks its rule.
    #[error("its field {field} {rule}")]
    Field {
        /// Which.
        field: &'static str,
        /// What it must be.
        rule: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StoredSecrets {
    binance_api_key: SecretString,
    binance_api_secret: SecretString,
    webhook_secrets: Vec<SecretString>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StoredCallerKeys {
    app_api_keys: Vec<SecretString>,
    #[serde(default)]
    refund_api_keys: Vec<SecretString>,
}

/// Both in one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StoredInline {
    binance_api_key: SecretString,
    binance_api_secret: SecretString,
    webhook_secrets: Vec<SecretString>,
    app_api_keys: Vec<SecretString>,
    #[serde(default)]
    refund_api_keys: Vec<SecretString>,
}

/// Reads and checks the JSON of `SECRETS`, which holds both.
///
/// # Errors
/// [`SecretFault`].
pub(super) fn parse_inline(json: &SecretString) -> Result<(Secrets, CallerKeys), SecretFault> {
    let stored: StoredInline = read(json, INLINE_SHAPE)?;
    let secrets = StoredSecrets {
        binance_api_key: stored.binance_api_key,
        binance_api_secret: stored.binance_api_secret,
        webhook_secrets: stored.webhook_secrets,
    };
    let caller_keys = StoredCallerKeys {
        app_api_keys: stored.app_api_keys,
        refund_api_keys: stored.refund_api_keys,
    };
    Ok((Secrets::check(secrets)?, CallerKeys::check(&caller_keys)?))
}

impl Secrets {
    /// Reads and checks the JSON of the secret.
    ///
    /// # Errors
    /// [`SecretFault`].
    pub fn parse(json: &SecretString) -> Result<Self, SecretFault> {
        Self::check(read(json, SECRETS_SHAPE)?)
    }

    fn check(stored: StoredSecrets) -> Result<Self, SecretFault> {
        let visible = "must be visible ASCII without blanks";
        check(
            is_visible(&stored.binance_api_key),
            "binanceApiKey",
            visible,
        )?;
        check(
            is_visible(&stored.binance_api_secret),
            "binanceApiSecret",
            visible,
        )?;
        check(
            !stored.webhook_secrets.is_empty(),
            "webhookSecrets",
            "must hold a secret",
        )?;
        let fault = SecretFault::Field {
            field: "webhookSecrets",
            rule: "must hold secrets of the form whsec_ and 24 to 64 bytes in base64",
        };
        let keys: Option<Vec<_>> = stored.webhook_secrets.iter().map(webhook_key).collect();
        Ok(Self {
            binance_api_key: stored.binance_api_key,
            binance_api_secret: stored.binance_api_secret,
            webhook_secrets: keys.ok_or(fault)?,
        })
    }
}

impl CallerKeys {
    /// Reads and checks the JSON of the secret.
    ///
    /// # Errors
    /// [`SecretFault`].
    pub fn parse(json: &SecretString) -> Result<Self, SecretFault> {
        Self::check(&read(json, CALLER_KEYS_SHAPE)?)
    }

    fn check(stored: &StoredCallerKeys) -> Result<Self, SecretFault> {
        check(
            !stored.app_api_keys.is_empty(),
            "appApiKeys",
            "must hold a key",
        )?;
        let hashes = |keys: &[SecretString], field| {
            let rule = "must hold keys of at least 32 characters of visible ASCII without blanks, or sha256: and the 64 hex digits of one";
            let hash = |key| KeyHash::of_issued(key).ok_or(SecretFault::Field { field, rule });
            keys.iter().map(hash).collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            issued: hashes(&stored.app_api_keys, "appApiKeys")?,
            refunding: hashes(&stored.refund_api_keys, "refundApiKeys")?,
        })
    }

    /// Whether `key` is one that was issued to LeadsCalendar; takes as long for a wrong key as for a right one.
    #[must_use]
    pub fn admit(&self, key: &str) -> bool {
        // A key that may refund may do everything else too.
        (is_among(&self.issued, key) | is_among(&self.refunding, key)).into()
    }

    /// Whether `key` is one that may refund.
    #[must_use]
    pub fn may_refund(&self, key: &str) -> bool {
        is_among(&self.refunding, key).into()
    }
}

fn is_among(hashes: &[KeyHash], key: &str) -> Choice {
    let digest = Sha256::digest(key);
    hashes.iter().fold(Choice::from(0), |found, issued| {
        found | issued.0.as_slice().ct_eq(digest.as_slice())
    })
}

impl KeyHash {
    /// The hash of a key as it was issued: the key itself, or already its hash.
    fn of_issued(key: &SecretString) -> Option<Self> {
        if let Some(digits) = key.expose_secret().strip_prefix(HASH_PREFIX) {
            return of_hex(digits).map(Self);
        }
        let is_long = key.expose_secret().len() >= CALLER_KEY_CHARS;
        (is_long && is_visible(key)).then(|| Self(Sha256::digest(key.expose_secret()).into()))
    }
}

fn of_hex(digits: &str) -> Option<[u8; 32]> {
    let is_hex = digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let digits = is_hex.then_some(digits)?;
    let mut bytes = [0; 32];
    for (at, byte) in (0..).step_by(2).zip(&mut bytes) {
        *byte = u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

fn read<T: serde::de::DeserializeOwned>(
    json: &SecretString,
    shape: &'static str,
) -> Result<T, SecretFault> {
    // serde_json's own error can quote the value it stumbled over.
    serde_json::from_str(json.expose_secret()).map_err(|_| SecretFault::Shape(shape))
}

fn check(is_right: bool, field: &'static str, rule: &'static str) -> Result<(), SecretFault> {
    if is_right {
        Ok(())
    } else {
        Err(SecretFault::Field { field, rule })
    }
}

fn is_visible(value: &SecretString) -> bool {
    let value = value.expose_secret();
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The key in a secret that signs confirmations.
fn webhook_key(secret: &SecretString) -> Option<SecretSlice<u8>> {
    let base64 = secret.expose_secret().strip_prefix(WEBHOOK_PREFIX)?;
    let key = SecretSlice::from(STANDARD.decode(base64).ok()?);
    WEBHOOK_BYTES
        .contains(&key.expose_secret().len())
        .then_some(key)
}

#[cfg(test)]
mod tests;
