//! Signatures of notifications over other bytes than those that came, or made otherwise.

use aws_lc_rs::signature::{
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{
    BODY, NONCE, NOW_MS, OTHER, OURS, SENT, assert_fails, genuine, keys, message, payload, sign,
    signed,
};
use crate::verify::Message;

#[test]
fn signature_over_other_bytes_is_explained() {
    for (case, payload, why) in [
        (
            "no end",
            format!("{SENT}\n{NONCE}\n{BODY}"),
            "without the line feed at the end",
        ),
        (
            "CR LF",
            format!("{SENT}\r\n{NONCE}\r\n{BODY}\r\n"),
            "with CR LF",
        ),
        (
            "\\n",
            format!("{SENT}\\n{NONCE}\\n{BODY}\\n"),
            "two characters \\ and n",
        ),
        ("bare", format!("{SENT}{NONCE}{BODY}"), "without line feeds"),
        (
            "swapped",
            format!("{NONCE}\n{SENT}\n{BODY}\n"),
            "the nonce before the timestamp",
        ),
        (
            "seconds",
            format!("1611232922\n{NONCE}\n{BODY}\n"),
            "the timestamp in seconds",
        ),
        ("body", BODY.to_owned(), "over the body alone"),
    ] {
        let message = message(&STANDARD.encode(signed(&payload)), BODY.as_bytes());
        assert_fails(case, &message.verify(&keys(), NOW_MS), "signature", why);
    }
    let others: [(&str, &RsaKeyPair, &'static dyn RsaEncoding, &str); 3] = [
        ("SHA-512", &OURS, &RSA_PKCS1_SHA512, "made with SHA-512"),
        ("PSS", &OURS, &RSA_PSS_SHA256, "made with PSS padding"),
        (
            "other",
            &OTHER,
            &RSA_PKCS1_SHA256,
            "by the key of the certificate ffee00",
        ),
    ];
    for (case, pair, how, why) in others {
        let message = message(
            &STANDARD.encode(sign(pair, how, &payload())),
            BODY.as_bytes(),
        );
        assert_fails(case, &message.verify(&keys(), NOW_MS), "signature", why);
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table, a row for each mistake")]
fn altered_body_is_explained() {
    let spaced = BODY
        .replace("{\"bizType\":", "{ \"bizType\" : ")
        .replace(",\"b", ",\n  \"b");
    let sorted = BODY
        .replace(r#""bizType":"PAY","#, "")
        .replace(r#"_SUCCESS""#, r#"_SUCCESS","bizType":"PAY""#);
    let latin: String = BODY.bytes().map(char::from).collect();
    for (case, body, why) in [
        (
            "white space",
            spaced,
            "written again before it was verified, which changed its white space",
        ),
        (
            "ASCII",
            BODY.replace('é', "\\u00e9"),
            "how its characters are escaped",
        ),
        (
            "slash",
            BODY.replace('/', "\\/"),
            "how its characters are escaped",
        ),
        (
            "rounded",
            BODY.replace("Id\":29383937493038367292", "Id\":29383937493038367000"),
            "bizId",
        ),
        ("sorted", sorted, "the order of its fields"),
        (
            "line",
            format!("{BODY}\n"),
            "ends with a line break that was not signed",
        ),
        (
            "CR LF",
            format!("{BODY}\r\n"),
            "ends with a line break that was not signed",
        ),
        (
            "BOM",
            format!("\u{feff}{BODY}"),
            "begins with a byte order mark",
        ),
        (
            "blanks",
            format!("  {BODY} "),
            "white space around the body",
        ),
        ("Latin-1", latin, "read as Latin-1"),
        ("base64", STANDARD.encode(BODY), "still coded in base64"),
        (
            "altered",
            BODY.replace("PAY_SUCCESS", "PAY_CLOSED"),
            "were altered after signing",
        ),
        ("empty", String::new(), "were altered after signing"),
    ] {
        let message = Message {
            body: body.into_bytes(),
            ..genuine()
        };
        assert_fails(case, &message.verify(&keys(), NOW_MS), "signature", why);
    }
    let mut message = genuine();
    message
        .headers
        .push(("content-length".to_owned(), "3".to_owned()));
    message.body = b"{}".to_vec();
    let verdict = message.verify(&keys(), NOW_MS);
    assert_fails(
        "length",
        &verdict,
        "signature",
        "Content-Length says 3 bytes, the body has 2",
    );
}

#[test]
fn line_break_that_was_signed_and_lost_is_noticed() {
    for lost in ["\n", "\r\n"] {
        let payload = format!("{SENT}\n{NONCE}\n{BODY}{lost}\n");
        let message = message(&STANDARD.encode(signed(&payload)), BODY.as_bytes());
        let verdict = message.verify(&keys(), NOW_MS);
        assert_fails(
            "trimmed",
            &verdict,
            "signature",
            "lost the line break at its end",
        );
    }
}
