//! Whom the clients trust: authorities that are compiled in, and the one of one's own machine.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

use super::ClientError;

/// Those that browsers trust, as of the build.
pub(super) fn public_roots() -> RootCertStore {
    RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    }
}

/// These authorities, and the one of one's own machine.
pub(crate) fn and_local(
    mut roots: RootCertStore,
    local_root: Option<&CertificateDer<'static>>,
) -> Result<RootCertStore, ClientError> {
    if let Some(local) = local_root {
        let added = roots.add(local.clone());
        added.map_err(|error| ClientError(error.to_string()))?;
    }
    Ok(roots)
}

/// TLS 1.2 and 1.3, of servers that these certified.
pub(crate) fn tls(roots: RootCertStore) -> Result<ClientConfig, ClientError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ClientError(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
