//! TLS before a stand-in that speaks plain HTTP: a handshake as AWS and Binance have it, and then every byte as it is.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use super::distance::Distance;

/// An authority of the bench's own, and what it certified: the name `localhost`.
pub struct Authority {
    acceptor: TlsAcceptor,
    /// From the functions to whom it certified.
    pub distance: Distance,
    /// What the functions are to trust.
    pub root: CertificateDer<'static>,
}

impl Authority {
    pub fn new() -> Result<Self, String> {
        let explain = |error: rcgen::Error| error.to_string();
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        // Who is certified by one of his own name is taken to be certified by himself.
        let name = &mut authority.distinguished_name;
        name.push(DnType::CommonName, "the bench's authority");
        let key = KeyPair::generate().map_err(explain)?;
        let authority = CertifiedIssuer::self_signed(authority, key).map_err(explain)?;
        let key = KeyPair::generate().map_err(explain)?;
        let mut certified = CertificateParams::new(["localhost".to_owned()]).map_err(explain)?;
        certified.use_authority_key_identifier_extension = true;
        let certificate = certified.signed_by(&key, &authority).map_err(explain)?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(str::to_owned)?;
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                let chain = vec![certificate.der().clone()];
                builder.with_no_client_auth().with_single_cert(chain, key)
            })
            .map_err(|error| error.to_string())?;
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            distance: Distance::default(),
            root: authority.der().clone(),
        })
    }
}

/// A port, before anybody stands behind it: who does has to know the name it is called by.
pub struct Port {
    listener: TcpListener,
    address: SocketAddr,
}

impl Port {
    pub async fn open() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// `localhost` and the port, by which the functions call it.
    pub fn authority(&self) -> String {
        format!("localhost:{}", self.address.port())
    }

    pub fn url(&self) -> String {
        format!("https://{}", self.authority())
    }

    /// Passes on what comes to the plain HTTP of `url`, until it is dropped.
    pub fn before(self, url: &str, authority: &Authority) -> Front {
        let behind = url.replace("http://", "");
        let (acceptor, distance) = (authority.acceptor.clone(), authority.distance.clone());
        let all = pass_on(self.listener, behind, acceptor, distance);
        Front(tokio::spawn(all))
    }
}

/// A port that passes everything on.
pub struct Front(JoinHandle<()>);

impl Drop for Front {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn pass_on(listener: TcpListener, behind: String, acceptor: TlsAcceptor, distance: Distance) {
    // Dropped with this future, which ends every connection.
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let (behind, acceptor, distance) = (behind.clone(), acceptor.clone(), distance.clone());
        connections.spawn(async move {
            // A connection that somebody breaks off is his affair.
            let _ = connection(stream, &behind, &acceptor, &distance).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(
    stream: TcpStream,
    behind: &str,
    acceptor: &TlsAcceptor,
    distance: &Distance,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    if !distance.is_far() {
        return through(stream, behind, acceptor).await;
    }
    let (near, far) = tokio::io::duplex(64 * 1024);
    let carried = distance.carry(stream, near);
    tokio::try_join!(carried, through(far, behind, acceptor))?;
    Ok(())
}

async fn through(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    behind: &str,
    acceptor: &TlsAcceptor,
) -> io::Result<()> {
    let mut stream = acceptor.accept(stream).await?;
    let mut behind = TcpStream::connect(behind).await?;
    behind.set_nodelay(true)?;
    copy_bidirectional(&mut stream, &mut behind).await?;
    Ok(())
}
