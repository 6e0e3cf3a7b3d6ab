use super::*;

/// A key that may be issued.
const KEY: &str = "0123456789abcdef0123456789ABCDE~";

fn secrets(json: &str) -> Result<Secrets, String> {
    Secrets::parse(&json.to_owned().into()).map_err(|fault| fault.to_string())
}

fn caller_keys(json: &str) -> Result<CallerKeys, String> {
    CallerKeys::parse(&json.to_owned().into()).map_err(|fault| fault.to_string())
}

/// `webhookSecrets` with one whose base64 holds so many bytes.
fn webhook_secret(bytes: usize) -> String {
    let secret = STANDARD.encode(vec![7; bytes]);
    format!(r#"{{"binanceApiKey":"k","binanceApiSecret":"s","webhookSecrets":["whsec_{secret}"]}}"#)
}

#[test]
fn webhook_secret_has_24_to_64_bytes() {
    for (bytes, is_taken) in [
        (0, false),
        (1, false),
        (23, false),
        (24, true),
        (25, true),
        (32, true),
        (64, true),
        (65, false),
    ] {
        let read = secrets(&webhook_secret(bytes));
        match &read {
            Ok(secrets) => assert_eq!(secrets.webhook_secrets[0].expose_secret(), vec![7; bytes]),
            Err(said) => assert_eq!(
                said,
                "its field webhookSecrets must hold secrets of the form whsec_ and 24 to 64 bytes in base64"
            ),
        }
        assert_eq!(read.is_ok(), is_taken, "{bytes}");
    }
}

#[test]
fn wrong_secrets_are_named_by_field_and_never_shown() {
    let right = webhook_secret(32);
    for (json, named) in [
        ("", "the JSON"),
        ("{}", "the JSON"),
        (r#"{"binanceApiKey":7}"#, "the JSON"),
        (&right.replace("binanceApiKey", "hush"), "the JSON"),
        (&right.replace('{', r#"{"hush":1,"#), "the JSON"),
        // Of the other secret.
        (
            &right.replace('{', r#"{"appApiKeys":["hush"],"#),
            "the JSON",
        ),
        (&right.replace(r#""k""#, r#""""#), "binanceApiKey"),
        (&right.replace(r#""k""#, r#""hush ""#), "binanceApiKey"),
        (&right.replace(r#""k""#, r#""hush\n""#), "binanceApiKey"),
        (
            &right.replace(r#""s""#, r#""hüsh-hush""#),
            "binanceApiSecret",
        ),
        (&right.replace(r#""s""#, r#""\thush""#), "binanceApiSecret"),
        (&right.replace("whsec_", "hush_"), "webhookSecrets"),
        (&right.replace("whsec_", " whsec_"), "webhookSecrets"),
        (&right.replace("whsec_", "whsec_hush\\n"), "webhookSecrets"),
        (&right.replace("\"]", "-hush\"]"), "webhookSecrets"),
        (
            r#"{"binanceApiKey":"hush","binanceApiSecret":"hush","webhookSecrets":[]}"#,
            "webhookSecrets",
        ),
    ] {
        let said = secrets(json).unwrap_err();
        assert!(
            said.contains(named) && !said.contains("hush"),
            "{json}: {said}"
        );
    }
}

#[test]
fn wrong_caller_keys_are_named_by_field_and_never_shown() {
    let digits = "0".repeat(64);
    for wrong in [
        String::new(),
        "hush".repeat(7) + "hus",
        "hush ".repeat(10),
        "hush".repeat(8) + "\\n",
        " ".to_owned() + &"hush".repeat(8),
        "hüsh".repeat(10),
        "sha256:".to_owned(),
        format!("sha256:{}", &digits[1..]),
        format!("sha256:{digits}0"),
        format!("sha256:{}g", &digits[1..]),
        format!("sha256:+{}", &digits[1..]),
        format!("sha256: {}", &digits[1..]),
        "sha256:hush".repeat(8),
    ] {
        for (json, field) in [
            (
                format!(r#"{{"appApiKeys":["{KEY}","{wrong}"]}}"#),
                "appApiKeys",
            ),
            (
                format!(r#"{{"appApiKeys":["{KEY}"],"refundApiKeys":["{wrong}"]}}"#),
                "refundApiKeys",
            ),
        ] {
            let said = caller_keys(&json).unwrap_err();
            assert!(
                said.starts_with(&format!("its field {field} must hold keys")),
                "{json}: {said}"
            );
            assert!(!said.contains("hush"), "{said}");
        }
    }
    for json in [
        "hush",
        "{}",
        r#"{"appApiKeys":"hush"}"#,
        r#"{"appApiKeys":[],"hush":1}"#,
    ] {
        let said = caller_keys(json).unwrap_err();
        assert!(
            said.contains("the JSON") && !said.contains("hush"),
            "{json}: {said}"
        );
    }
    assert_eq!(
        caller_keys(r#"{"appApiKeys":[]}"#).unwrap_err(),
        "its field appApiKeys must hold a key"
    );
}

#[test]
fn several_caller_keys_are_valid_at_once_and_a_refund_key_opens_everything() {
    let (new, refund) = ("n".repeat(32), "r".repeat(64));
    let keys = caller_keys(&format!(
        r#"{{"appApiKeys":["{KEY}","{new}"],"refundApiKeys":["{refund}"]}}"#
    ))
    .unwrap();

    for right in [KEY, &new, &refund] {
        assert!(keys.admit(right), "{right}");
    }
    for wrong in [
        "",
        &KEY[1..],
        &KEY.to_lowercase(),
        &format!("{KEY},{new}"),
        &"r".repeat(63),
    ] {
        assert!(!keys.admit(wrong), "{wrong}");
    }
}

#[test]
fn hash_stands_for_its_key_and_is_none_itself() {
    // Of `abc`: the example of FIPS 180-2.
    let digits = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    for digits in [digits, &digits.to_uppercase()] {
        let hash = format!("sha256:{digits}");
        let keys = caller_keys(&format!(
            r#"{{"appApiKeys":["{hash}"],"refundApiKeys":[]}}"#
        ));
        let keys = keys.unwrap();

        assert!(keys.admit("abc"));
        for wrong in [&hash, digits, "abd"] {
            assert!(!keys.admit(wrong), "{wrong}");
        }
    }
}
