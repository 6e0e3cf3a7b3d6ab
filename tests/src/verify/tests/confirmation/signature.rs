//! Signatures of confirmations: coded wrongly, by another key, over other bytes.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::super::hex;
use super::{BODY, ID, NOW_MS, SENT, assert_fails, key, keys, made, message, secret, signed};

#[test]
fn wrong_coding_of_a_signature_is_named() {
    let right = made(&key(), &format!("{ID}.{SENT}.{BODY}"));
    let base64 = STANDARD.encode(&right);
    let hex = hex(&right);
    for (case, signature, why) in [
        (
            "no version",
            base64.clone(),
            "lacks v1, before it; the bytes themselves verify",
        ),
        (
            "other version",
            format!("v1a,{base64}"),
            "is of version \"v1a\"",
        ),
        ("v1=", format!("v1={base64}"), "is no v1, and base64"),
        (
            "hex",
            format!("v1,{hex}"),
            "is hex where base64 of the bytes belongs; the bytes",
        ),
        (
            "base64 of hex",
            format!("v1,{}", STANDARD.encode(&hex)),
            "is the base64 of hex text",
        ),
        (
            "unpadded",
            format!("v1,{}", STANDARD_NO_PAD.encode(&right)),
            "is base64 without the = at its end",
        ),
        (
            "SHA-512",
            format!("v1,{}", STANDARD.encode([1; 64])),
            "SHA-512 was used",
        ),
        (
            "RSA",
            format!("v1,{}", STANDARD.encode([1; 256])),
            "RSA was used where HMAC belongs",
        ),
        (
            "short",
            format!("v1,{}", STANDARD.encode([1; 20])),
            "has 20 bytes",
        ),
    ] {
        let verdict = message(&signature, BODY).verify(&keys(), NOW_MS);
        assert_fails(case, &verdict, "coding", why);
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table, a row for each mistake")]
fn signature_by_another_key_or_over_other_bytes_is_explained() {
    let (whole, key) = (secret(), key());
    let bare = whole.strip_prefix("whsec_").unwrap();
    let right = format!("{ID}.{SENT}.{BODY}");
    for (case, key, payload, why) in [
        (
            "text",
            whole.as_bytes(),
            right.clone(),
            "whsec_ and all, as the key",
        ),
        (
            "bare text",
            bare.as_bytes(),
            right.clone(),
            "text behind whsec_ as the key",
        ),
        ("no id", &key, format!("{SENT}.{BODY}"), "without the id"),
        (
            "no time",
            &key,
            format!("{ID}.{BODY}"),
            "without the timestamp",
        ),
        (
            "order",
            &key,
            format!("{SENT}.{ID}.{BODY}"),
            "the timestamp before the id",
        ),
        (
            "lines",
            &key,
            format!("{ID}\n{SENT}\n{BODY}"),
            "with line feeds between",
        ),
        (
            "as Binance",
            &key,
            format!("{ID}\n{SENT}\n{BODY}\n"),
            "as Binance Pay signs",
        ),
        (
            "bare",
            &key,
            format!("{ID}{SENT}{BODY}"),
            "without the full stops",
        ),
        (
            "end",
            &key,
            format!("{right}\n"),
            "a line feed behind the body",
        ),
        (
            "ms",
            &key,
            format!("{ID}.{SENT}000.{BODY}"),
            "in milliseconds",
        ),
        ("body", &key, BODY.to_owned(), "over the body alone"),
    ] {
        let signature = format!("v1,{}", STANDARD.encode(made(key, &payload)));
        let verdict = message(&signature, BODY).verify(&keys(), NOW_MS);
        assert_fails(case, &verdict, "signature", why);
    }
}

#[test]
fn altered_body_is_explained() {
    let sorted = BODY.replace(r#""type":"order.paid","#, "");
    let sorted = sorted.replace(
        r#""revision":2,"status":"PAID""#,
        r#""status":"PAID","revision":2"#,
    );
    let sorted = sorted.replace("}}", r#"},"type":"order.paid"}"#);
    for (case, body, why) in [
        (
            "white space",
            BODY.replace(':', ": ").replace("T00: 00: 00", "T00:00:00"),
            "white space",
        ),
        ("sorted", sorted, "the order of its fields"),
        (
            "ASCII",
            BODY.replace('é', "\\u00e9"),
            "how its characters are escaped",
        ),
        ("line", format!("{BODY}\n"), "ends with a line break"),
        (
            "altered",
            BODY.replace("PAID", "DISPUTED"),
            "altered after signing",
        ),
    ] {
        let verdict = message(&signed(), &body).verify(&keys(), NOW_MS);
        assert_fails(case, &verdict, "signature", why);
    }
}
