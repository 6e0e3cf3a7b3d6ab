//! The verification of a notification: RSA with SHA-256 over timestamp, nonce and body, by the certificate it names.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY, RSA_PSS_2048_8192_SHA256, RsaParameters,
    UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Keys, Message, Steps, bodies, coding, payloads, words};
use crate::binance::PublicCertificate;

/// What is looked at, in this order.
pub(super) const STEPS: [&str; 6] = [
    "headers",
    "timestamp",
    "nonce",
    "certificate",
    "coding",
    "signature",
];
/// The order in which Binance Pay writes the fields of a notification; `data` is text, so that nothing in it moves.
const FIELDS: [&[&str]; 1] = [&["bizType", "data", "bizIdStr", "bizId", "bizStatus"]];
/// Bytes of a signature by the sizes of key that are in use: of 1024 bits, as in the documentation, to 4096.
const RSA_BYTES: [usize; 4] = [128, 256, 384, 512];
/// The documentation's own sample has a key of 1024 bits.
const ALGORITHM: &RsaParameters = &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY;

/// A notification with all its headers.
struct Notification<'a> {
    timestamp: &'a str,
    nonce: &'a str,
    body: &'a [u8],
    keys: &'a Keys,
}

/// Goes the steps until one fails.
pub(super) fn judge(message: &Message, keys: &Keys, now_ms: i64, steps: &mut Steps) -> Option<()> {
    let [
        headers_step,
        timestamp_step,
        nonce_step,
        certificate_step,
        coding_step,
        signature_step,
    ] = STEPS;
    let [serial, timestamp, nonce, signature] = steps.take(headers_step, headers(message))?;
    let seen = timely(&timestamp, &nonce, now_ms).map(|seen| ((), seen));
    steps.take(timestamp_step, seen)?;
    let seen = match nonce.chars().count() {
        32 => "it has 32 characters".to_owned(),
        count => format!("it has {count} characters, those of Binance Pay have 32"),
    };
    steps.take(nonce_step, Ok(((), seen)))?;
    let notification = Notification {
        timestamp: &timestamp,
        nonce: &nonce,
        body: &message.body,
        keys,
    };
    let bytes = coding::read(&signature);
    let read = bytes.as_ref().map_or(&[][..], |read| &read.bytes);
    let key = steps.take(certificate_step, notification.certificate(&serial, read))?;
    steps.take(coding_step, notification.coding(&key, bytes.as_ref()))?;
    let judged = notification.signature(&key, read);
    steps.take(
        signature_step,
        judged.map_err(|why| why + &message.length_remark()),
    )
}

fn headers(message: &Message) -> Result<([String; 4], String), String> {
    let values = message.values([
        "BinancePay-Certificate-SN",
        "BinancePay-Timestamp",
        "BinancePay-Nonce",
        "BinancePay-Signature",
    ]);
    let values = values.map_err(|why| {
        let is_old = |(name, _): &(String, String)| name.eq_ignore_ascii_case("BinancePay-Cert-SN");
        if message.headers.iter().any(is_old) {
            return why + ": it is not called BinancePay-Cert-SN";
        }
        why
    })?;
    Ok((values, "all four are there, once each".to_owned()))
}

fn timely(timestamp: &str, nonce: &str, now_ms: i64) -> Result<String, String> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let sent_ms = timestamp.parse::<i64>().ok().filter(|_| digits(timestamp));
    let Some(sent_ms) = sent_ms else {
        let swapped = nonce.len() == 13 && digits(nonce);
        let guess = if swapped {
            ": BinancePay-Timestamp and BinancePay-Nonce are swapped"
        } else {
            ""
        };
        return Err(format!(
            "BinancePay-Timestamp is no number of milliseconds{guess}"
        ));
    };
    if timestamp.len() == 10 {
        return Err(
            "BinancePay-Timestamp has 10 digits, which are seconds: Binance Pay sends milliseconds"
                .to_owned(),
        );
    }
    let apart = words(now_ms.abs_diff(sent_ms));
    let when = if sent_ms > now_ms { "ahead" } else { "ago" };
    Ok(format!(
        "it was signed {apart} {when}; Binance Pay sets no limit, since a repeat may come hours later"
    ))
}

impl Notification<'_> {
    fn payload(&self, body: &[u8]) -> Vec<u8> {
        let head = format!("{}\n{}\n", self.timestamp, self.nonce);
        [head.as_bytes(), body, b"\n"].concat()
    }

    /// The key of the certificate that the message names.
    fn certificate(&self, serial: &str, read: &[u8]) -> Result<(Key, String), String> {
        let known = &self.keys.certificates;
        let named = |found: &&PublicCertificate| {
            found.cert_serial.is_empty() || found.cert_serial == serial
        };
        if let Some(found) = known.iter().find(named) {
            let key = Key::of(&found.cert_public)?;
            let seen = if found.cert_serial.is_empty() {
                "the key was given without a serial, so that none is compared".to_owned()
            } else {
                format!("{serial} is published")
            };
            return Ok((key, seen));
        }
        if known.is_empty() {
            return Err("no certificate is known to verify with".to_owned());
        }
        if let Some(other) = self.signer(read) {
            return Err(format!(
                "there is no certificate {serial}; that of {other} verifies the message, so that \
                 BinancePay-Certificate-SN names the wrong one"
            ));
        }
        let cased = |found: &&PublicCertificate| found.cert_serial.eq_ignore_ascii_case(serial);
        if let Some(found) = known.iter().find(cased) {
            return Err(format!(
                "{serial} differs from the published {} in upper and lower case",
                found.cert_serial
            ));
        }
        let serials: Vec<&str> = known.iter().map(|found| &*found.cert_serial).collect();
        Err(format!(
            "there is no certificate {serial}, only {}: it was rotated (ask for the certificates again) or is not \
             Binance Pay's",
            serials.join(", ")
        ))
    }

    /// The serial of the certificate that verifies the message as it came.
    fn signer(&self, read: &[u8]) -> Option<&str> {
        let payload = self.payload(self.body);
        let verifies = |found: &&PublicCertificate| {
            Key::of(&found.cert_public).is_ok_and(|key| key.verifies(ALGORITHM, &payload, read))
        };
        let found = self.keys.certificates.iter().find(verifies)?;
        Some(&found.cert_serial)
    }

    /// Whether the signature is base64 of as many bytes as RSA makes.
    fn coding(
        &self,
        key: &Key,
        read: Result<&coding::Read, &String>,
    ) -> Result<((), String), String> {
        let read = read.map_err(|why| format!("BinancePay-Signature {why}"))?;
        let length = read.bytes.len();
        if !RSA_BYTES.contains(&length) {
            return Err(self.no_rsa(&read.bytes));
        }
        let Some(oddity) = read.oddity else {
            return Ok(((), format!("it is base64 of {length} bytes")));
        };
        let even_so = if key.verifies(ALGORITHM, &self.payload(self.body), &read.bytes) {
            "the bytes themselves verify"
        } else {
            "the bytes themselves do not verify either"
        };
        Err(format!(
            "BinancePay-Signature is {oddity} where base64 of the bytes belongs; {even_so}"
        ))
    }

    /// What a signature is that has not the length of one of RSA.
    fn no_rsa(&self, bytes: &[u8]) -> String {
        let (name, algorithm) = match bytes.len() {
            32 => ("HMAC-SHA256", hmac::HMAC_SHA256),
            64 => ("HMAC-SHA512", hmac::HMAC_SHA512),
            length => {
                return format!(
                    "BinancePay-Signature has {length} bytes; RSA makes 256 with a key of 2048 bits"
                );
            }
        };
        let payload = self.payload(self.body);
        let is_ours = self.keys.api_secret.as_ref().is_some_and(|secret| {
            let key = hmac::Key::new(algorithm, secret.as_bytes());
            hmac::verify(&key, &payload, bytes).is_ok()
        });
        let whose = if is_ours {
            format!("it is the {name} by the API secret")
        } else {
            format!("it has the {} bytes of an {name}", bytes.len())
        };
        format!("{whose}, which signs requests: notifications are signed by RSA")
    }

    fn signature(&self, key: &Key, signature: &[u8]) -> Result<((), String), String> {
        let payload = self.payload(self.body);
        if key.verifies(ALGORITHM, &payload, signature) {
            let seen =
                "RSA with SHA-256 verifies over timestamp, nonce and body, each with its line feed";
            return Ok(((), seen.to_owned()));
        }
        let verifies = |payload: &[u8]| key.verifies(ALGORITHM, payload, signature);
        // Before the payloads: a line break that the body won looks like one that was not signed behind it.
        for (body, why) in bodies::earlier(self.body, &FIELDS) {
            if verifies(&self.payload(&body)) {
                return Err(why);
            }
        }
        for (payload, why) in payloads::of_notification(self.timestamp, self.nonce, self.body) {
            if verifies(&payload) {
                return Err(why.to_owned());
            }
        }
        for (algorithm, name) in [
            (&RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, "SHA-1"),
            (&RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY, "SHA-512"),
            (&RSA_PSS_2048_8192_SHA256, "PSS padding"),
        ] {
            if key.verifies(algorithm, &payload, signature) {
                return Err(format!(
                    "it was made with {name}: PKCS #1 v1.5 with SHA-256 belongs"
                ));
            }
        }
        if let Some(other) = self.signer(signature) {
            return Err(format!(
                "it was made by the key of the certificate {other}, not by the one the message names"
            ));
        }
        Err("body, timestamp or nonce were altered after signing, or another key signed".to_owned())
    }
}

/// A public key.
struct Key(Vec<u8>);

impl Key {
    /// Reads a PEM text, or what stands between its lines.
    fn of(pem: &str) -> Result<Self, String> {
        let lines = pem.lines().map(str::trim);
        let text: String = lines.filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(text).ok().filter(|der| !der.is_empty());
        der.map(Self)
            .ok_or_else(|| "the key is no PEM text with -----BEGIN PUBLIC KEY-----".to_owned())
    }

    fn verifies(
        &self,
        algorithm: &'static RsaParameters,
        payload: &[u8],
        signature: &[u8],
    ) -> bool {
        UnparsedPublicKey::new(algorithm, &self.0)
            .verify(payload, signature)
            .is_ok()
    }
}
