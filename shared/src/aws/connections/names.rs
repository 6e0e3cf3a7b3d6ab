//! Which addresses AWS's names have, and with which of them a connection begins.

use std::net::{IpAddr, SocketAddr};

use aws_smithy_runtime_api::client::dns::{
    DnsFuture, ResolveDns, ResolveDnsError, SharedDnsResolver,
};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// A name's addresses, not always beginning with the same one.
#[derive(Clone, Debug)]
pub(super) struct Rotated {
    pub(super) names: SharedDnsResolver,
    pub(super) by: usize,
}

impl Resolve for Rotated {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { names, by } = self.clone();
        Box::pin(async move {
            let mut addresses = names.resolve_dns(name.as_str()).await?;
            // Name servers rotate them too, which could undo ours.
            addresses.sort_unstable();
            addresses.dedup();
            if let Some(by) = by.checked_rem(addresses.len()) {
                addresses.rotate_left(by);
            }
            // The port is the address's own.
            let addresses = addresses.into_iter().map(|ip| SocketAddr::new(ip, 0));
            let addresses: Addrs = Box::new(addresses);
            Ok(addresses)
        })
    }
}

/// The system's resolver.
#[derive(Debug)]
pub(in crate::aws) struct Names;

impl ResolveDns for Names {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            let found = tokio::net::lookup_host((name, 0)).await;
            let found = found.map_err(ResolveDnsError::new)?;
            Ok(found.map(|address| address.ip()).collect::<Vec<IpAddr>>())
        })
    }
}
