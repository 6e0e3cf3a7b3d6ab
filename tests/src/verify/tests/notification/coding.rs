//! Signatures of notifications in other clothes than base64 of RSA's bytes.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};

use super::super::hex;
use super::{BODY, NOW_MS, SECRET, assert_fails, keys, message, payload, signed};

#[test]
fn wrong_coding_of_a_signature_is_named() {
    let right = signed(&payload());
    let mac = |algorithm, secret: &str| {
        let key = hmac::Key::new(algorithm, secret.as_bytes());
        hmac::sign(&key, payload().as_bytes()).as_ref().to_vec()
    };
    let sha512 = mac(hmac::HMAC_SHA512, SECRET);
    let dashes = format!("-{}", &URL_SAFE.encode(&right)[1..]);
    for (case, signature, why) in [
        (
            "hex",
            hex(&right),
            "is hex where base64 of the bytes belongs; the bytes themselves verify",
        ),
        ("HEX", hex(&right).to_uppercase(), "is hex where"),
        (
            "base64 of hex",
            STANDARD.encode(hex(&right)),
            "is the base64 of hex text where",
        ),
        ("base64url", dashes, "is base64url where"),
        (
            "unpadded",
            STANDARD_NO_PAD.encode(&right),
            "is base64 without the = at its end",
        ),
        (
            "cut",
            STANDARD.encode(&right)[..100].to_owned(),
            "has 75 bytes; RSA makes 256",
        ),
        (
            "odd cut",
            STANDARD.encode(&right)[..101].to_owned(),
            "so that it was cut",
        ),
        ("no base64", "so, no".to_owned(), "',' stands at place 3"),
        (
            "request's",
            STANDARD.encode(&sha512),
            "it is the HMAC-SHA512 by the API secret",
        ),
        (
            "request's hex",
            hex(&sha512).to_uppercase(),
            "it is the HMAC-SHA512 by the API secret",
        ),
        (
            "some HMAC",
            STANDARD.encode(mac(hmac::HMAC_SHA256, "?")),
            "it has the 32 bytes of an HMAC-SHA256, which signs requests",
        ),
    ] {
        let verdict = message(&signature, BODY.as_bytes()).verify(&keys(), NOW_MS);
        assert_fails(case, &verdict, "coding", why);
    }
}
