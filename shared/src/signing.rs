//! The three signatures: the ones we put on a request to Binance and on a confirmation, and the one Binance puts on a
//! notification. Pure.
//!
//! Those of Binance cover `timestamp LF nonce LF body LF` with the body byte for byte as it travels: sign what is sent, verify what
//! was received, before anything reads it. The last LF is part of it. Time and nonce are parameters, and no age is judged
//! here: what Binance repeats may carry the old timestamp.

use std::fmt::{self, Write as _};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use ring::signature::{RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RsaPublicKeyComponents};
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use sha2::{Sha256, Sha512};
use thiserror::Error;

/// What makes a request unlike every other: 32 lower-case hex digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// The nonce of 16 random bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(format!("{:032x}", u128::from_be_bytes(bytes)))
    }

    /// The 32 digits, for the header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The signature of a request: HMAC-SHA512 as 128 upper-case hex digits.
///
/// `timestamp_ms` is in milliseconds since the Unix epoch, as in the header `BinancePay-Timestamp`.
#[must_use]
pub fn sign_request(
    secret: &SecretString,
    timestamp_ms: i64,
    nonce: &Nonce,
    body: &[u8],
) -> String {
    let message = message(&timestamp_ms.to_string(), nonce.as_str(), body);
    upper_hex(&hmac_sha512(secret.expose_secret().as_bytes(), &message))
}

fn message(timestamp: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    [timestamp.as_bytes(), nonce.as_bytes(), body, b""].join(&b'\n')
}

/// The signature of a confirmation, by Standard Webhooks 1.0: `v1,` and HMAC-SHA256 in base64.
///
/// `timestamp_secs` is in seconds since the Unix epoch, as in the header `webhook-timestamp`.
#[must_use]
pub fn sign_confirmation(
    key: &SecretSlice<u8>,
    id: &str,
    timestamp_secs: i64,
    body: &[u8],
) -> String {
    let head = format!("{id}.{timestamp_secs}.");
    let digest = hmac_sha256(key.expose_secret(), head.as_bytes(), body);
    format!("v1,{}", BASE64_STANDARD.encode(digest))
}

#[expect(
    clippy::expect_used,
    reason = "HMAC takes keys of any length (RFC 2104)"
)]
fn hmac_sha256(key: &[u8], head: &[u8], body: &[u8]) -> [u8; 32] {
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.chain_update(head)
        .chain_update(body)
        .finalize()
        .into_bytes()
        .into()
}

#[expect(
    clippy::expect_used,
    reason = "HMAC takes keys of any length (RFC 2104)"
)]
fn hmac_sha512(key: &[u8], message: &[u8]) -> [u8; 64] {
    let mac = Hmac::<Sha512>::new_from_slice(key).expect("a key of any length");
    mac.chain_update(message).finalize().into_bytes().into()
}

fn upper_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02X}");
        hex
    })
}

/// One of Binance's public keys: RSA of 1024 to 8192 bits.
///
/// 1024 bits are too few today, but Binance's published sample has them and the size of the real keys is not documented.
#[derive(Clone)]
pub struct PublicKey(RsaPublicKeyComponents<Vec<u8>>);

/// Why a text is not a usable public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// No `PUBLIC KEY` block of base64.
    #[error("a public key must be one PEM block of the kind PUBLIC KEY")]
    NotPem,
    /// The block holds no well-formed DER `SubjectPublicKeyInfo` of an RSA key.
    #[error("a public key must be the SubjectPublicKeyInfo of an RSA key, in DER")]
    NotRsa,
    /// The modulus is too short to be safe or too long to be handled.
    #[error("an RSA key must have 1024 to 8192 bits, not {bits}")]
    Size {
        /// Length of the modulus, in bits.
        bits: usize,
    },
}

/// Why a notification is not proved to be Binance's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// The header is not standard base64 with padding.
    #[error("the signature is not base64")]
    NotBase64,
    /// Another key, another message, or no signature at all.
    #[error("the signature does not belong to this message and key")]
    Wrong,
}

impl PublicKey {
    /// Reads `-----BEGIN PUBLIC KEY-----`; line breaks in it may be of any kind, or lost.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let base64: String = pem
            .trim()
            .strip_prefix("-----BEGIN PUBLIC KEY-----")
            .and_then(|pem| pem.strip_suffix("-----END PUBLIC KEY-----"))
            .ok_or(KeyError::NotPem)?
            .split_ascii_whitespace()
            .collect();
        let der = BASE64_STANDARD
            .decode(base64)
            .map_err(|_| KeyError::NotPem)?;
        let (modulus, exponent) = rsa_numbers(&der).ok_or(KeyError::NotRsa)?;

        match bit_length(modulus) {
            1024..=8192 => Ok(Self(RsaPublicKeyComponents {
                n: modulus.to_vec(),
                e: exponent.to_vec(),
            })),
            bits => Err(KeyError::Size { bits }),
        }
    }

    /// Whether this key signed this message: RSA PKCS#1 v1.5 with SHA-256.
    ///
    /// `timestamp` and `nonce` are header values as received (so without a line feed in them); white space around
    /// `signature_base64` is ignored.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn verify(
        &self,
        timestamp: &str,
        nonce: &str,
        body: &[u8],
        signature_base64: &str,
    ) -> Result<(), SignatureError> {
        let signature = BASE64_STANDARD
            .decode(signature_base64.trim())
            .map_err(|_| SignatureError::NotBase64)?;
        self.verify_bytes(&message(timestamp, nonce, body), &signature)
    }

    fn verify_bytes(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        self.0
            .verify(
                &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
                message,
                signature,
            )
            .map_err(|_| SignatureError::Wrong)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey(RSA, {} bits)", bit_length(&self.0.n))
    }
}

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
const INTEGER: u8 = 0x02;

/// The OID `rsaEncryption` (1.2.840.113549.1.1.1) and its parameters, NULL (RFC 3279, 2.3.1).
const RSA_ENCRYPTION: &[u8] = &[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];

/// Modulus and exponent of a `SubjectPublicKeyInfo` (RFC 5280, 4.1) that holds an `RSAPublicKey` (RFC 8017, A.1.1).
fn rsa_numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let info = last_value(SEQUENCE, der)?;
    let (algorithm, info) = value(SEQUENCE, info)?;
    let key = last_value(BIT_STRING, info)?.strip_prefix(&[0])?;
    let numbers = last_value(SEQUENCE, key)?;
    let (modulus, numbers) = value(INTEGER, numbers)?;
    let exponent = last_value(INTEGER, numbers)?;

    let numbers = (positive(modulus)?, positive(exponent)?);
    (algorithm == RSA_ENCRYPTION).then_some(numbers)
}

/// The content of the DER value with this tag, and what follows it.
///
/// The length is in one byte, or in one or two after `0x81` or `0x82`, and always in the shortest form.
fn value(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[found, short], rest) = der.split_first_chunk()?;
    let (length, rest) = match short {
        0..=0x7f => (u16::from(short), rest),
        0x81 => {
            let (&[long], rest) = rest.split_first_chunk()?;
            (Some(u16::from(long)).filter(|long| *long > 0x7f)?, rest)
        }
        0x82 => {
            let (long, rest) = rest.split_first_chunk()?;
            (
                Some(u16::from_be_bytes(*long)).filter(|long| *long > 0xff)?,
                rest,
            )
        }
        _ => return None,
    };
    if found == tag {
        rest.split_at_checked(length.into())
    } else {
        None
    }
}

fn last_value(tag: u8, der: &[u8]) -> Option<&[u8]> {
    value(tag, der)
        .filter(|(_, rest)| rest.is_empty())
        .map(|(content, _)| content)
}

/// The bytes of a DER integer above zero, without the zero that only marks its sign.
fn positive(integer: &[u8]) -> Option<&[u8]> {
    match integer {
        [0, rest @ ..] if rest.first() > Some(&0x7f) => Some(rest),
        [0x01..=0x7f, ..] => Some(integer),
        _ => None,
    }
}

fn bit_length(number: &[u8]) -> usize {
    number.split_first().map_or(0, |(first, rest)| {
        rest.len() * 8 + (0..8).filter(|shift| first >> shift != 0).count()
    })
}

#[cfg(test)]
mod tests;
