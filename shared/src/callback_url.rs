//! Which addresses may be called with a confirmation, so that nobody can aim us at ourselves or at our neighbours.
//!
//! Two locks in a row. [`CallbackUrl::parse`] admits a URL by its text, [`GuardedResolver`] admits a name by the addresses
//! it has *now*, and hands the client these very addresses, so that a second look-up cannot bring others. A client does not
//! resolve what is an address already: those never leave `parse`, but for loopback and private ones in the sandbox.
//!
//! The first lock turns twice: [`CallableUrl`] is what could be called at all, whatever the list of hosts says today.

use std::cell::Cell;
use std::fmt;

use thiserror::Error;
use url::{Host, SyntaxViolation, Url};

mod address;
mod hosts;

pub use address::{AddressRefused, GuardedResolver, may_be_called};
pub use hosts::{CallbackHosts, CallbackHostsError};

use address::is_local;

/// Longest callback URL, in characters.
const MAX_LENGTH: usize = 2048;

/// What a callback URL is measured against.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The hosts that may be called.
    pub hosts: CallbackHosts,
    /// Whether http, this machine, an allowed host at a private address, or that is one, and any port of an allowed host may
    /// be called too, as in the sandbox.
    pub allow_local: bool,
}

/// A URL that could be called, in its normal form; whether the list allows it is another question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallableUrl(Url);

/// Where the application hears of its order: a URL that satisfied a [`Policy`], in its normal form.
///
/// It is not stored: what was is parsed again, with the policy of the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackUrl(Url);

/// The rule that a callback URL breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CallbackUrlError {
    /// Too long, as written or in its normal form.
    #[error("must have at most {MAX_LENGTH} characters")]
    TooLong,
    /// A control character or white space, which parsers drop in silence.
    #[error("must not contain control characters or white space")]
    Blank,
    /// No absolute URL at all.
    #[error("must be an absolute URL")]
    NotUrl,
    /// Something other than https.
    #[error("must begin with https://")]
    NotHttps,
    /// A user name or password, even an empty one.
    #[error("must not contain user information")]
    UserInfo,
    /// A fragment, even an empty one.
    #[error("must not have a fragment")]
    Fragment,
    /// An address in any notation: `10.0.0.1`, `2130706433`, `0x7f.1`, `[::1]`.
    #[error("must name its host, not give its IP address")]
    IpAddress,
    /// A name of this very machine.
    #[error("must not be on the local machine")]
    Localhost,
    /// A root dot, which makes another spelling of the same name.
    #[error("has a host that must not end with a dot")]
    TrailingDot,
    /// A host that nobody allowed.
    #[error("has a host that is not among those allowed")]
    HostNotAllowed,
    /// A port that nobody allowed for this host.
    #[error("has a port that is not allowed for its host: without one it is 443")]
    PortNotAllowed,
}

impl Policy {
    /// Where confirmations may go, as far as it is known before there is an order: the hosts that are named themselves.
    #[must_use]
    pub fn addresses(&self) -> Vec<String> {
        self.hosts.addresses()
    }
}

impl CallableUrl {
    /// Takes a URL that keeps every rule but that of the list; `allow_local` as in [`Policy`].
    ///
    /// # Errors
    /// [`CallbackUrlError`], the first rule broken.
    pub fn parse(text: &str, allow_local: bool) -> Result<Self, CallbackUrlError> {
        if text.chars().count() > MAX_LENGTH {
            return Err(CallbackUrlError::TooLong);
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(CallbackUrlError::Blank);
        }

        // An empty user name is gone from the normal form, so only the parser can tell.
        let user_info = Cell::new(false);
        let note = |violation| {
            if violation == SyntaxViolation::EmbeddedCredentials {
                user_info.set(true);
            }
        };
        let url = Url::options()
            .syntax_violation_callback(Some(&note))
            .parse(text)
            .map_err(|_| CallbackUrlError::NotUrl)?;

        match url.scheme() {
            "https" => {}
            "http" if allow_local => {}
            _ => return Err(CallbackUrlError::NotHttps),
        }
        if user_info.get() {
            return Err(CallbackUrlError::UserInfo);
        }
        if url.fragment().is_some() {
            return Err(CallbackUrlError::Fragment);
        }
        check_host(&url.host().ok_or(CallbackUrlError::NotUrl)?, allow_local)?;
        if url.as_str().len() > MAX_LENGTH {
            return Err(CallbackUrlError::TooLong);
        }
        Ok(Self(url))
    }

    /// The URL as one that may be called, if its host and port are allowed by `policy`.
    ///
    /// # Errors
    /// [`CallbackUrlError::HostNotAllowed`] or [`CallbackUrlError::PortNotAllowed`].
    pub fn admit(self, policy: &Policy) -> Result<CallbackUrl, CallbackUrlError> {
        let ports = self.0.host().map(|host| policy.hosts.ports(&host));
        let ports = ports.filter(|ports| !ports.is_empty());
        let ports = ports.ok_or(CallbackUrlError::HostNotAllowed)?;
        let port = self.0.port_or_known_default();
        if policy.allow_local || port.is_some_and(|port| ports.contains(&port)) {
            Ok(CallbackUrl(self.0))
        } else {
            Err(CallbackUrlError::PortNotAllowed)
        }
    }

    /// The URL as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl CallbackUrl {
    /// Admits a URL that keeps every rule.
    ///
    /// # Errors
    /// [`CallbackUrlError`], the first rule broken.
    pub fn parse(text: &str, policy: &Policy) -> Result<Self, CallbackUrlError> {
        CallableUrl::parse(text, policy.allow_local)?.admit(policy)
    }

    /// The URL.
    #[must_use]
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// The URL as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for CallbackUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn check_host(host: &Host<&str>, local: bool) -> Result<(), CallbackUrlError> {
    let fault = match host {
        Host::Domain(name) if name.ends_with('.') => Some(CallbackUrlError::TrailingDot),
        Host::Domain(name) => (is_localhost(name) && !local).then_some(CallbackUrlError::Localhost),
        Host::Ipv4(ip) if local && is_local((*ip).into()) => None,
        Host::Ipv6(ip) if local && is_local((*ip).into()) => None,
        Host::Ipv4(_) | Host::Ipv6(_) => Some(CallbackUrlError::IpAddress),
    };
    fault.map_or(Ok(()), Err)
}

/// Whether a name is reserved for loopback (RFC 6761, 6.3).
fn is_localhost(name: &str) -> bool {
    name.rsplit('.').next() == Some("localhost")
}

#[cfg(test)]
mod tests;
