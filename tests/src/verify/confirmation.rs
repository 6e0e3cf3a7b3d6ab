//! The verification of a confirmation by Standard Webhooks 1.0: HMAC-SHA256 over id, timestamp and body.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::coding::{self, Read};
use super::{Keys, Message, Steps, bodies, payloads, words};

/// What is looked at, in this order.
pub(super) const STEPS: [&str; 6] = [
    "headers",
    "timestamp",
    "secret",
    "coding",
    "signature",
    "age",
];
/// How far the timestamp may be from the clock, as the libraries of Standard Webhooks judge.
const TOLERANCE_MS: u64 = 5 * 60 * 1000;
/// The order in which this service writes the fields of a confirmation.
const FIELDS: [&[&str]; 2] = [
    &["type", "timestamp", "data"],
    &[
        "orderId",
        "revision",
        "status",
        "livemode",
        "transactionType",
        "fiat",
        "price",
        "currency",
        "totalFee",
        "merchantTradeNo",
        "prepayId",
        "checkoutUrl",
        "qrcodeLink",
        "qrContent",
        "deeplink",
        "universalUrl",
        "callbackUrl",
        "reference",
        "createdAt",
        "expiresAt",
        "paidAt",
        "transactionId",
        "commission",
        "late",
        "closeRequestedAt",
        "payments",
        "refundedAmount",
        "refundable",
        "refunds",
    ],
];

/// A confirmation with all its headers.
struct Confirmation<'a> {
    id: &'a str,
    timestamp: &'a str,
    body: &'a [u8],
}

/// Goes the steps until one fails.
pub(super) fn judge(message: &Message, keys: &Keys, now_ms: i64, steps: &mut Steps) -> Option<()> {
    let [
        headers_step,
        timestamp_step,
        secret_step,
        coding_step,
        signature_step,
        age_step,
    ] = STEPS;
    let values = message.values(["webhook-id", "webhook-timestamp", "webhook-signature"]);
    let values = values.map(|values| (values, "all three are there, once each".to_owned()));
    let [id, timestamp, signature] = steps.take(headers_step, values)?;
    let sent_secs = steps.take(timestamp_step, seconds(&timestamp, &id))?;
    let secrets = steps.take(secret_step, secrets(&keys.webhook_secrets))?;
    let confirmation = Confirmation {
        id: &id,
        timestamp: &timestamp,
        body: &message.body,
    };
    let signatures = steps.take(coding_step, confirmation.coding(&signature, &secrets))?;
    let judged = confirmation.signature(&signatures, &secrets, &keys.webhook_secrets);
    let judged = judged.map_err(|why| why + &message.length_remark());
    steps.take(signature_step, judged)?;
    steps.take(age_step, age(sent_secs, now_ms))
}

fn seconds(timestamp: &str, id: &str) -> Result<(i64, String), String> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match timestamp.parse::<i64>().ok().filter(|_| digits(timestamp)) {
        Some(_) if timestamp.len() == 13 => Err(
            "webhook-timestamp has 13 digits, which are milliseconds: seconds belong".to_owned(),
        ),
        Some(secs) => Ok((secs, "it is in seconds".to_owned())),
        None if id.len() == 10 && digits(id) => Err(
            "webhook-timestamp is no number: webhook-id and webhook-timestamp are swapped"
                .to_owned(),
        ),
        None => Err("webhook-timestamp is no number of seconds".to_owned()),
    }
}

/// The keys in the secrets; which characters are wrong is not told, since they are secret.
fn secrets(texts: &[String]) -> Result<(Vec<Vec<u8>>, String), String> {
    if texts.is_empty() {
        return Err("no secret is given to verify with".to_owned());
    }
    let mut keys = Vec::new();
    for (number, text) in (1..).zip(texts) {
        let key = STANDARD.decode(text.strip_prefix("whsec_").unwrap_or(text));
        let key = key.map_err(|_| {
            format!(
                "secret {number} is not whsec_ and base64 behind it: was it cut when it was copied?"
            )
        })?;
        keys.push(key);
    }
    let bare = texts.iter().any(|text| !text.starts_with("whsec_"));
    let seen = match (keys.len(), bare) {
        (_, true) => "base64, which is the key's even without whsec_ before it".to_owned(),
        (1, false) => "it is whsec_ and base64".to_owned(),
        (count, false) => format!("all {count} are whsec_ and base64"),
    };
    Ok((keys, seen))
}

fn age(sent_secs: i64, now_ms: i64) -> Result<((), String), String> {
    let sent_ms = sent_secs.saturating_mul(1000);
    let apart_ms = now_ms.abs_diff(sent_ms);
    let (apart, is_ahead) = (words(apart_ms), sent_ms > now_ms);
    if apart_ms <= TOLERANCE_MS {
        return Ok((
            (),
            format!("{apart} between clock and timestamp, five minutes are allowed"),
        ));
    }
    let (which, guess) = if is_ahead {
        ("ahead, too new", "")
    } else {
        (
            "old, too old",
            ", or the message was stored before it was verified",
        )
    };
    Err(format!(
        "the timestamp is {apart} {which}: five minutes are allowed. A clock is off{guess}"
    ))
}

impl Confirmation<'_> {
    fn payload(&self, body: &[u8]) -> Vec<u8> {
        let head = format!("{}.{}.", self.id, self.timestamp);
        [head.as_bytes(), body].concat()
    }

    /// The signatures of version 1 in the header.
    fn coding(&self, header: &str, secrets: &[Vec<u8>]) -> Result<(Vec<Vec<u8>>, String), String> {
        let mut signatures = Vec::new();
        let mut objection = None;
        for (number, text) in (1..).zip(header.split_whitespace()) {
            match self.one(text, secrets) {
                Ok(bytes) => signatures.push(bytes),
                Err(why) => {
                    objection.get_or_insert(format!("signature {number} {why}"));
                }
            }
        }
        match (signatures.len(), objection) {
            (0, Some(why)) => Err(why),
            (0, None) => Err("there is no signature".to_owned()),
            (1, _) => Ok((signatures, "it is v1, and base64 of 32 bytes".to_owned())),
            (count, _) => Ok((
                signatures,
                format!("there are {count} of v1, as while a secret is changed; one has to verify"),
            )),
        }
    }

    fn one(&self, text: &str, secrets: &[Vec<u8>]) -> Result<Vec<u8>, String> {
        let even_so = |bytes: &[u8]| {
            if any_made(secrets, &self.payload(self.body), bytes) {
                "; the bytes themselves verify"
            } else {
                ""
            }
        };
        let Some((version, coded)) = text.split_once(',') else {
            let Ok(Read { bytes, .. }) = coding::read(text) else {
                return Err("is no v1, and base64 behind it".to_owned());
            };
            return Err(format!("lacks v1, before it{}", even_so(&bytes)));
        };
        if version != "v1" {
            return Err(format!("is of version {version:?}: this service signs v1"));
        }
        let Read { bytes, oddity } = coding::read(coded)?;
        match (bytes.len(), oddity) {
            (32, None) => Ok(bytes),
            (_, Some(oddity)) => Err(format!(
                "is {oddity} where base64 of the bytes belongs{}",
                even_so(&bytes)
            )),
            (64, None) => Err("has 64 bytes: SHA-512 was used where SHA-256 belongs".to_owned()),
            (256, None) => Err("has 256 bytes: RSA was used where HMAC belongs".to_owned()),
            (length, None) => Err(format!("has {length} bytes, those of HMAC-SHA256 have 32")),
        }
    }

    fn signature(
        &self,
        signatures: &[Vec<u8>],
        secrets: &[Vec<u8>],
        texts: &[String],
    ) -> Result<((), String), String> {
        let made = |keys: &[Vec<u8>], payload: &[u8]| {
            let mut signatures = signatures.iter();
            signatures.any(|signature| any_made(keys, payload, signature))
        };
        let payload = self.payload(self.body);
        for (number, secret) in (1..).zip(secrets) {
            if made(std::slice::from_ref(secret), &payload) {
                return Ok((
                    (),
                    format!("secret {number} verifies it over id.timestamp.body"),
                ));
            }
        }
        let bare = |text: &String| {
            text.strip_prefix("whsec_")
                .unwrap_or(text)
                .as_bytes()
                .to_vec()
        };
        let bare: Vec<Vec<u8>> = texts.iter().map(bare).collect();
        let whole: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
        for (keys, what) in [
            (whole, "the secret's text, whsec_ and all,"),
            (bare, "the secret's text behind whsec_"),
        ] {
            if made(&keys, &payload) {
                return Err(format!(
                    "it was made with {what} as the key: what the base64 behind whsec_ stands for belongs"
                ));
            }
        }
        for (payload, why) in payloads::of_confirmation(self.id, self.timestamp, self.body) {
            if made(secrets, &payload) {
                return Err(why.to_owned());
            }
        }
        for (body, why) in bodies::earlier(self.body, &FIELDS) {
            if made(secrets, &self.payload(&body)) {
                return Err(why);
            }
        }
        Err("body, id or timestamp were altered after signing, or another secret signed".to_owned())
    }
}

/// Whether one of the keys made the signature.
fn any_made(keys: &[Vec<u8>], payload: &[u8], signature: &[u8]) -> bool {
    keys.iter().any(|key| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        hmac::verify(&key, payload, signature).is_ok()
    })
}
