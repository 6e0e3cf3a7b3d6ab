//! The keys that sign notifications, made at start and rotated on request; no key lies in a file.

use std::sync::{Arc, LazyLock};

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::Binance;
use crate::random;

/// A key pair with the serial under which it is published.
#[derive(Debug)]
pub(crate) struct Certificate {
    pub(crate) serial: String,
    pair: RsaKeyPair,
}

/// An entry of the answer to the certificates call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PublicCertificate {
    /// What the header `BinancePay-Certificate-SN` of a notification says.
    pub cert_serial: String,
    /// The public key, PEM.
    pub cert_public: String,
}

/// The certificate that simulators begin with. Finding the primes of a key takes longer than all the rest of a start.
static FIRST: LazyLock<Arc<Certificate>> = LazyLock::new(|| Arc::new(Certificate::generate()));

impl Certificate {
    /// The certificate to begin with, the same one for each simulator of this process.
    pub(crate) fn first() -> Arc<Self> {
        Arc::clone(&FIRST)
    }

    /// A new key of 2048 bits; its serial looks like an MD5 hash, and nobody knows of what.
    pub(crate) fn generate() -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("the system gives random bytes");
        Self {
            serial: random::hex(32),
            pair,
        }
    }

    /// The same key under another serial: what a forger has.
    pub(crate) fn under(self, serial: &str) -> Self {
        Self {
            serial: serial.to_owned(),
            ..self
        }
    }

    /// The signature over a notification, base64.
    pub(crate) fn sign(&self, timestamp: &str, nonce: &str, body: &str) -> String {
        let payload = format!("{timestamp}\n{nonce}\n{body}\n");
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                payload.as_bytes(),
                &mut signature,
            )
            .expect("the buffer has the length of the modulus");
        STANDARD.encode(signature)
    }

    pub(crate) fn public(&self) -> PublicCertificate {
        let der = self
            .pair
            .public_key()
            .as_der()
            .expect("an RSA key has a DER form");
        let text = STANDARD.encode(der.as_ref());
        let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
        for line in text.as_bytes().chunks(64) {
            pem.extend(line.iter().map(|byte| char::from(*byte)));
            pem.push('\n');
        }
        pem.push_str("-----END PUBLIC KEY-----");
        PublicCertificate {
            cert_serial: self.serial.clone(),
            cert_public: pem,
        }
    }
}

impl Binance {
    /// What gives the certificates that are published when it is called; none once the simulator has ended.
    pub(crate) fn published(&self) -> impl Fn() -> Vec<PublicCertificate> + use<> {
        let simulator = Arc::downgrade(&self.simulator);
        move || {
            let certificates = simulator
                .upgrade()
                .map(|simulator| simulator.state().certificates.clone());
            let public = certificates.iter().flatten().map(|one| one.public());
            public.collect()
        }
    }
}
