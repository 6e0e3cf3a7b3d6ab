//! The list of hosts that may be called, each on one port.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::str::FromStr;

use thiserror::Error;
use url::Host;

use super::address::is_local;

/// The port of a host whose entry names none.
const HTTPS: u16 = 443;

/// The hosts that may be called: exact ones, and `*.example.com` for all names below `example.com` but not itself; each on
/// port 443, or on the one that its entry names: `app.example.com:8443`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackHosts(Vec<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    pattern: HostPattern,
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum HostPattern {
    Exact(Host),
    Below(String),
}

/// An entry of the list of callback hosts that is no host.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "each callback host must be a name such as app.example.com, *.example.com or app.example.com:8443, not {entry:?}"
)]
pub struct CallbackHostsError {
    /// The entry as it was written.
    pub entry: String,
}

impl FromStr for CallbackHosts {
    type Err = CallbackHostsError;

    fn from_str(list: &str) -> Result<Self, Self::Err> {
        Self::read(list, false)
    }
}

impl CallbackHosts {
    /// Reads the list, in which `allow_local` lets private addresses be; loopback may be in any, and is called with it alone.
    ///
    /// # Errors
    /// [`CallbackHostsError`], the first wrong entry.
    pub fn read(list: &str, allow_local: bool) -> Result<Self, CallbackHostsError> {
        list.split(',')
            .map(|entry| {
                let entry = entry.trim();
                Entry::read(entry, allow_local).ok_or_else(|| CallbackHostsError {
                    entry: entry.to_owned(),
                })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Each host that is named itself, and not as one of all below a name; as it is looked up.
    #[must_use]
    pub fn exact(&self) -> BTreeSet<String> {
        let exact = |entry: &Entry| match &entry.pattern {
            HostPattern::Exact(Host::Domain(name)) => Some(name.clone()),
            HostPattern::Exact(Host::Ipv4(ip)) => Some(ip.to_string()),
            HostPattern::Exact(Host::Ipv6(ip)) => Some(ip.to_string()),
            HostPattern::Below(_) => None,
        };
        self.0.iter().filter_map(exact).collect()
    }

    /// The address of each of these hosts, where it is called; http for this machine's, which only the sandbox has.
    pub(super) fn addresses(&self) -> Vec<String> {
        let address = |Entry { pattern, port }: &Entry| match pattern {
            HostPattern::Exact(host @ Host::Domain(_)) => Some(format!("https://{host}:{port}/")),
            HostPattern::Exact(host) => Some(format!("http://{host}:{port}/")),
            HostPattern::Below(_) => None,
        };
        self.0.iter().filter_map(address).collect()
    }

    /// The ports on which a host may be called; none if it is not on the list.
    pub(super) fn ports(&self, host: &Host<&str>) -> Vec<u16> {
        let matching = self.0.iter().filter(|entry| entry.pattern.matches(host));
        matching.map(|entry| entry.port).collect()
    }
}

impl Entry {
    fn read(entry: &str, allow_local: bool) -> Option<Self> {
        // The colons of an IPv6 address are in brackets.
        let (host, port) = match entry.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, read_port(port)?),
            _ => (entry, HTTPS),
        };
        let pattern = HostPattern::read(host, allow_local)?;
        Some(Self { pattern, port })
    }
}

/// A port in digits alone.
fn read_port(text: &str) -> Option<u16> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let port = text.parse().ok().filter(|_| is_number)?;
    (port != 0).then_some(port)
}

impl HostPattern {
    fn read(entry: &str, allow_local: bool) -> Option<Self> {
        let (below, name) = match entry.strip_prefix("*.") {
            Some(name) => (true, name),
            None => (false, entry),
        };
        let is_listed = |ip: IpAddr| !below && (ip.is_loopback() || (allow_local && is_local(ip)));
        match Host::parse(name).ok()? {
            Host::Domain(name)
                if name.contains('*') || name.starts_with('.') || name.ends_with('.') =>
            {
                None
            }
            Host::Domain(name) if below => Some(Self::Below(name)),
            host @ Host::Domain(_) => Some(Self::Exact(host)),
            Host::Ipv4(ip) => is_listed(ip.into()).then_some(Self::Exact(Host::Ipv4(ip))),
            Host::Ipv6(ip) => is_listed(ip.into()).then_some(Self::Exact(Host::Ipv6(ip))),
        }
    }

    fn matches(&self, host: &Host<&str>) -> bool {
        match (self, host) {
            (Self::Exact(exact), host) => exact == host,
            (Self::Below(parent), Host::Domain(name)) => name
                .strip_suffix(parent.as_str())
                .and_then(|sub| sub.strip_suffix('.'))
                .is_some_and(|sub| !sub.is_empty()),
            (Self::Below(_), Host::Ipv4(_) | Host::Ipv6(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests;
