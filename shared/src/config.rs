//! Settings from the environment, read once at cold start, and the secrets they point to.

mod secrets;

use std::str::FromStr;

use reqwest::Url;
use secrecy::SecretString;
pub use secrets::{SecretError, SecretStore, Secrets};

use crate::callback_url::{CallbackHosts, Policy};
use crate::money::{Amount, Currency};

/// Everything the environment decides.
#[derive(Debug)]
pub struct Settings {
    /// `ORDERS_TABLE`: the DynamoDB table.
    pub orders_table: String,
    /// `BINANCE_BASE_URL`: without a trailing slash.
    pub binance_base_url: String,
    /// `CALLBACK_URL`: the public address of `binance-callback`, given to Binance.
    pub callback_url: String,
    /// `CALLBACK_HOSTS` and `ALLOW_LOCAL_CALLBACKS`: what may be a `callbackUrl`.
    pub policy: Policy,
    /// `FIATS`: what `fiat` may be.
    pub fiats: Vec<Currency>,
    /// `MAX_PRICE`: the most that `price` may be.
    pub max_price: Amount,
    /// `SECRETS` or `SECRETS_ID`: where the secrets are.
    pub secrets: SecretSource,
    /// How to reach AWS.
    pub aws: Aws,
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

/// Where the secrets are.
#[derive(Debug)]
pub enum SecretSource {
    /// `SECRETS`: the JSON itself, for local use.
    Inline(SecretString),
    /// `SECRETS_ID`: a secret in Secrets Manager.
    Manager(String),
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
    /// Reads every setting through `lookup`, which is the environment outside tests.
    ///
    /// # Errors
    /// The first [`SettingError`].
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, SettingError> {
        let env = Lookup(&|name| lookup(name).filter(|value| !value.trim().is_empty()));
        Ok(Self {
            orders_table: env.required("ORDERS_TABLE")?,
            binance_base_url: env.url("BINANCE_BASE_URL", Some("https://bpay.binanceapi.com"))?,
            callback_url: env.url("CALLBACK_URL", None)?,
            policy: Policy {
                hosts: env.parsed::<CallbackHosts>("CALLBACK_HOSTS", None)?,
                allow_local: env.parsed("ALLOW_LOCAL_CALLBACKS", Some("false"))?,
            },
            fiats: env.fiats()?,
            max_price: env.parsed("MAX_PRICE", Some("20000"))?,
            secrets: match (env.optional("SECRETS"), env.optional("SECRETS_ID")) {
                (Some(json), None) => SecretSource::Inline(json.into()),
                (None, Some(id)) => SecretSource::Manager(id),
                (Some(_), Some(_)) => {
                    return Err(SettingError::new(
                        "SECRETS",
                        "give this or SECRETS_ID, not both",
                    ));
                }
                (None, None) => return Err(SettingError::new("SECRETS_ID", "is missing")),
            },
            aws: Aws {
                region: env.required("AWS_REGION")?,
                access_key_id: env.required("AWS_ACCESS_KEY_ID")?,
                secret_access_key: env.required("AWS_SECRET_ACCESS_KEY")?.into(),
                session_token: env.optional("AWS_SESSION_TOKEN").map(Into::into),
                dynamodb_url: env.optional("AWS_ENDPOINT_URL_DYNAMODB"),
                secrets_manager_url: env.optional("AWS_ENDPOINT_URL_SECRETS_MANAGER"),
            },
        })
    }
}

struct Lookup<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Lookup<'_> {
    fn optional(&self, name: &str) -> Option<String> {
        self.0(name)
    }

    fn required(&self, name: &'static str) -> Result<String, SettingError> {
        self.optional(name)
            .ok_or_else(|| SettingError::new(name, "is missing"))
    }

    fn parsed<T>(&self, name: &'static str, default: Option<&str>) -> Result<T, SettingError>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        let text = match default {
            Some(default) => self.optional(name).unwrap_or_else(|| default.to_owned()),
            None => self.required(name)?,
        };
        text.trim()
            .parse()
            .map_err(|error: T::Err| SettingError::new(name, error.to_string()))
    }

    fn url(&self, name: &'static str, default: Option<&str>) -> Result<String, SettingError> {
        let url: Url = self.parsed(name, default)?;
        match url.scheme() {
            "https" | "http" => Ok(url.as_str().trim_end_matches('/').to_owned()),
            _ => Err(SettingError::new(
                name,
                "must begin with https:// (http:// on one's own machine)",
            )),
        }
    }

    fn fiats(&self) -> Result<Vec<Currency>, SettingError> {
        let list: String = self.parsed("FIATS", Some("USD"))?;
        let parse = |fiat: &str| {
            fiat.trim()
                .parse()
                .map_err(|error| SettingError::new("FIATS", format!("{error}")))
        };
        list.split(',').map(parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: [(&str, &str); 7] = [
        ("ORDERS_TABLE", "orders"),
        ("CALLBACK_URL", "https://api.example.com/binance-callback"),
        ("CALLBACK_HOSTS", "app.example.com"),
        ("SECRETS_ID", "payments"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "key"),
    ];

    fn read(changed: &str, value: Option<&str>) -> Result<Settings, SettingError> {
        let minimal = |name: &str| {
            MINIMAL
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Settings::read(|name| {
            if name == changed {
                value.map(str::to_owned)
            } else {
                minimal(name)
            }
        })
    }

    #[test]
    fn defaults_are_the_documented_ones() {
        let settings = read("", None).unwrap();

        assert_eq!(settings.binance_base_url, "https://bpay.binanceapi.com");
        assert_eq!(settings.fiats, ["USD".parse().unwrap()]);
        assert_eq!(settings.max_price, "20000".parse().unwrap());
        assert!(!settings.policy.allow_local);
    }

    #[test]
    fn missing_setting_stops_the_start_with_its_name() {
        for (name, _) in MINIMAL {
            for value in [None, Some(""), Some("  ")] {
                assert_eq!(
                    read(name, value).unwrap_err().to_string(),
                    format!("setting {name}: is missing")
                );
            }
        }
    }

    #[test]
    fn malformed_setting_stops_the_start_with_its_name() {
        let cases = [
            ("BINANCE_BASE_URL", "bpay.binanceapi.com"),
            ("BINANCE_BASE_URL", "ftp://bpay.binanceapi.com"),
            ("CALLBACK_URL", "/binance-callback"),
            ("CALLBACK_HOSTS", "https://app.example.com"),
            ("ALLOW_LOCAL_CALLBACKS", "yes"),
            ("FIATS", "USD,,EUR"),
            ("FIATS", "usd"),
            ("MAX_PRICE", "-1"),
            ("MAX_PRICE", "much"),
        ];
        for (name, value) in cases {
            let error = read(name, Some(value)).unwrap_err();
            assert_eq!(error.name, name, "{value}");
        }
    }

    #[test]
    fn orders_are_live_at_binances_own_host_only() {
        for (url, is_live) in [
            (None, true),
            (Some("https://bpay.binanceapi.com"), true),
            (Some("https://bpay.binanceapi.com/"), true),
            (Some("https://BPAY.binanceapi.com:443"), true),
            (Some("https://bpay.binanceapi.com.example.com"), false),
            (
                Some("https://sandbox.example.com/bpay.binanceapi.com"),
                false,
            ),
            (
                Some("https://bpay.binanceapi.com@sandbox.example.com"),
                false,
            ),
            (Some("https://binanceapi.com"), false),
            (Some("http://127.0.0.1:9000"), false),
        ] {
            let settings = read("BINANCE_BASE_URL", url).unwrap();
            assert_eq!(settings.is_live(), is_live, "{url:?}");
        }
    }

    #[test]
    fn secrets_are_given_one_way_only() {
        assert_eq!(read("SECRETS", Some("{}")).unwrap_err().name, "SECRETS");
    }

    #[test]
    fn debug_shows_no_secret() {
        let settings = read("AWS_SECRET_ACCESS_KEY", Some("hush-hush")).unwrap();

        assert!(!format!("{settings:?}").contains("hush-hush"));
    }
}
