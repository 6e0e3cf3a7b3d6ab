//! Which IP addresses may be called, and a resolver that yields no others.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Ranges that are not the public internet (IANA special-purpose registry, RFC 6890), as base and prefix length.
const FORBIDDEN_V4: [(Ipv4Addr, u32); 15] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// As [`FORBIDDEN_V4`]; with all that carries a v4 address inside (compatible, local NAT64, Teredo, 6to4) but [`NAT64`].
const FORBIDDEN_V6: [(Ipv6Addr, u32); 12] = [
    (Ipv6Addr::UNSPECIFIED, 96),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48),
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    (Ipv6Addr::new(0x5f00, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8),
];

/// Where networks without v4 see it, each address in the last 32 bits (RFC 6052, 2.1).
const NAT64: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// The networks at home, as a compose network is one (RFC 1918, RFC 4193); a part of what is forbidden elsewhere.
const PRIVATE_V4: [(Ipv4Addr, u32); 3] = [
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
];

/// As [`PRIVATE_V4`].
const PRIVATE_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7);

/// Where AWS serves its own machines over v6, the metadata (`fd00:ec2::254`) among it.
const METADATA_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0), 32);

/// Whether an address is on the public internet, or is loopback or private where `allow_local` admits these.
///
/// The metadata service of a cloud, at a link-local address, is neither, and so are all other special ranges.
/// A v4 address inside v6 (`::ffff:10.0.0.1`, `64:ff9b::10.0.0.1`) is judged as the v4 address it reaches.
#[must_use]
pub fn may_be_called(ip: IpAddr, allow_local: bool) -> bool {
    let ip = ip.to_canonical();
    let forbidden = match reached(ip) {
        IpAddr::V4(ip) => FORBIDDEN_V4.iter().any(|range| is_in_v4(ip, *range)),
        IpAddr::V6(ip) => FORBIDDEN_V6.iter().any(|range| is_in(ip, range)),
    };
    !forbidden || (allow_local && is_local(ip))
}

/// Whether an address is this machine's, or one of the networks at home.
pub(super) fn is_local(ip: IpAddr) -> bool {
    ip.is_loopback() || is_private(ip)
}

/// The metadata service that one cloud has at a private v6 address is as little a receiver as that at 169.254.169.254.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => PRIVATE_V4.iter().any(|range| is_in_v4(ip, *range)),
        IpAddr::V6(ip) => is_in(ip, &PRIVATE_V6) && !is_in(ip, &METADATA_V6),
    }
}

fn is_in_v4(ip: Ipv4Addr, (base, prefix): (Ipv4Addr, u32)) -> bool {
    (ip.to_bits() ^ base.to_bits()).leading_zeros() >= prefix
}

fn is_in(ip: Ipv6Addr, (base, prefix): &(Ipv6Addr, u32)) -> bool {
    (ip.to_bits() ^ base.to_bits()).leading_zeros() >= *prefix
}

/// The address that is reached by way of another.
fn reached(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(ip) if is_in(ip, &NAT64) => {
            let [.., a, b, c, d] = ip.octets();
            IpAddr::V4(Ipv4Addr::new(a, b, c, d))
        }
        IpAddr::V4(_) | IpAddr::V6(_) => ip,
    }
}

/// A name with an address that may not be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("every address of a callback host must be public, or with ALLOW_LOCAL private or loopback")]
pub struct AddressRefused;

/// Resolves a name only if each of its addresses may be called, to exactly the addresses checked.
#[derive(Clone, Copy, Debug)]
pub struct GuardedResolver {
    /// Whether loopback and private addresses may be called too, as in the sandbox.
    pub allow_local: bool,
}

impl GuardedResolver {
    /// The addresses of a name, each of which may be called.
    ///
    /// # Errors
    /// The system's, where the name has none; [`AddressRefused`].
    pub async fn addresses(
        self,
        name: &str,
    ) -> Result<Vec<SocketAddr>, Box<dyn Error + Send + Sync>> {
        let found = tokio::net::lookup_host((name, 0)).await?;
        Ok(admit(found, self.allow_local)?)
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = *self;
        Box::pin(async move {
            let found = resolver.addresses(name.as_str()).await?;
            let admitted: Addrs = Box::new(found.into_iter());
            Ok(admitted)
        })
    }
}

fn admit(
    found: impl Iterator<Item = SocketAddr>,
    allow_local: bool,
) -> Result<Vec<SocketAddr>, AddressRefused> {
    found
        .map(|address| may_be_called(address.ip(), allow_local).then_some(address))
        .collect::<Option<_>>()
        .ok_or(AddressRefused)
}

#[cfg(test)]
mod tests;
