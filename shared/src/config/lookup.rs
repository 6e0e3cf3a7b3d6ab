//! How one setting is read, by its kind; what breaks a rule is named, and never shown.

use std::str::FromStr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use url::Host;

use super::secrets::parse_inline;
use super::{Needs, SecretSource, SettingError};
use crate::callback_url::CallbackHosts;
use crate::money::Currency;

/// The longest address that Binance takes as `webhookUrl`.
const WEBHOOK_URL_CHARS: usize = 256;

/// The environment, and whether it is that of somebody's own machine.
pub(super) struct Lookup<'a> {
    find: &'a dyn Fn(&str) -> Option<String>,
    pub(super) allow_local: bool,
}

impl<'a> Lookup<'a> {
    /// What `find` finds: trimmed, and nothing where it is blank.
    pub(super) fn new(find: &'a dyn Fn(&str) -> Option<String>) -> Result<Self, SettingError> {
        let mut env = Self {
            find,
            allow_local: false,
        };
        env.allow_local = env.parsed("ALLOW_LOCAL", Some("false"))?;
        Ok(env)
    }

    pub(super) fn optional(&self, name: &str) -> Option<String> {
        (self.find)(name)
    }

    pub(super) fn required(&self, name: &'static str) -> Result<String, SettingError> {
        self.optional(name)
            .ok_or_else(|| SettingError::new(name, "is missing"))
    }

    pub(super) fn parsed<T>(
        &self,
        name: &'static str,
        default: Option<&str>,
    ) -> Result<T, SettingError>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        let text = match default {
            Some(default) => self.optional(name).unwrap_or_else(|| default.to_owned()),
            None => self.required(name)?,
        };
        text.parse()
            .map_err(|error: T::Err| SettingError::new(name, error.to_string()))
    }

    /// The hosts that may be called.
    pub(super) fn callback_hosts(&self) -> Result<CallbackHosts, SettingError> {
        let name = "CALLBACK_HOSTS";
        let read = CallbackHosts::read(&self.required(name)?, self.allow_local);
        read.map_err(|error| SettingError::new(name, error.to_string()))
    }

    /// An address without a path.
    pub(super) fn base_url(
        &self,
        name: &'static str,
        default: &str,
    ) -> Result<String, SettingError> {
        let url = self.url(name, Some(default), |_| false)?;
        if url.path() != "/" {
            return Err(SettingError::new(name, "must have no path"));
        }
        Ok(text(&url))
    }

    /// The address given to Binance.
    pub(super) fn callback_url(&self, name: &'static str) -> Result<String, SettingError> {
        let url = text(&self.url(name, None, |_| false)?);
        if url.len() > WEBHOOK_URL_CHARS {
            let rule = format!("must have at most {WEBHOOK_URL_CHARS} characters");
            return Err(SettingError::new(name, rule));
        }
        Ok(url)
    }

    /// Where a service of AWS is, if not where it always is.
    pub(super) fn endpoint(&self, name: &'static str) -> Result<Option<String>, SettingError> {
        if self.optional(name).is_none() {
            return Ok(None);
        }
        // What does not leave the machine needs no TLS, with or without the local switch.
        Ok(Some(text(&self.url(name, None, is_loopback)?)))
    }

    /// The authority that certified what stands in for others on this machine, in DER and base64.
    pub(super) fn local_root(&self) -> Result<Option<CertificateDer<'static>>, SettingError> {
        const NAME: &str = "LOCAL_ROOT";
        let Some(text) = self.optional(NAME) else {
            return Ok(None);
        };
        if !self.allow_local {
            let rule = "is for one's own machine, with ALLOW_LOCAL";
            return Err(SettingError::new(NAME, rule));
        }
        let der = STANDARD.decode(text).map(CertificateDer::from);
        let known = der
            .ok()
            .filter(|der| RootCertStore::empty().add(der.clone()).is_ok());
        let rule = "must be the certificate of an authority, in DER and base64";
        known.map(Some).ok_or_else(|| SettingError::new(NAME, rule))
    }

    fn url(
        &self,
        name: &'static str,
        default: Option<&str>,
        may_be_http: impl FnOnce(&Url) -> bool,
    ) -> Result<Url, SettingError> {
        let url: Url = self.parsed(name, default)?;
        let refused = |rule| Err(SettingError::new(name, rule));
        match url.scheme() {
            "https" => {}
            "http" if self.allow_local || may_be_http(&url) => {}
            _ => return refused("must begin with https:// (http:// only with ALLOW_LOCAL)"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refused("must name no user");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refused("must have neither query nor fragment");
        }
        Ok(url)
    }

    pub(super) fn fiats(&self) -> Result<Vec<Currency>, SettingError> {
        let list: String = self.parsed("FIATS", Some("USD"))?;
        let parse = |fiat: &str| {
            fiat.trim()
                .parse()
                .map_err(|error| SettingError::new("FIATS", format!("{error}")))
        };
        list.split(',').map(parse).collect()
    }

    /// Where the secrets are that the function `needs`.
    pub(super) fn secrets(&self, needs: Needs) -> Result<SecretSource, SettingError> {
        let Some(json) = self.optional("SECRETS") else {
            let needed = |is_needed: bool, name| is_needed.then(|| self.required(name)).transpose();
            return Ok(SecretSource::Manager {
                secrets_id: needed(needs != Needs::CallerKeys, "SECRETS_ID")?,
                caller_keys_id: needed(needs != Needs::Secrets, "CALLER_KEYS_ID")?,
            });
        };
        if !self.allow_local {
            let rule = "is for one's own machine, with ALLOW_LOCAL; elsewhere give SECRETS_ID and CALLER_KEYS_ID";
            return Err(SettingError::new("SECRETS", rule));
        }
        for id in ["SECRETS_ID", "CALLER_KEYS_ID"] {
            if self.optional(id).is_some() {
                let rule = format!("give this or {id}, not both");
                return Err(SettingError::new("SECRETS", rule));
            }
        }
        let (secrets, caller_keys) = parse_inline(&json.into())
            .map_err(|fault| SettingError::new("SECRETS", fault.to_string()))?;
        Ok(SecretSource::Inline(
            Arc::new(secrets),
            Arc::new(caller_keys),
        ))
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn text(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}
