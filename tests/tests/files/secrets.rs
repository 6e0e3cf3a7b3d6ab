//! `ops/secret.py` keeps the very rules by which the functions read a secret, and says them in the same words.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};

use sandbox::program::cargo_lambda;
use shared::config::{CallerKeys, SecretFault, Secrets};

const KEY: &str = "0123456789abcdef0123456789ABCDE~";
/// 23, 24, 64 and 65 bytes in base64.
const WEBHOOK: [&str; 4] = [
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
];

fn secrets(key: &str, secret: &str, webhooks: &str) -> String {
    format!(r#"{{"binanceApiKey":{key},"binanceApiSecret":{secret},"webhookSecrets":{webhooks}}}"#)
}

fn values_of_secrets() -> Vec<String> {
    let right = format!(r#"["whsec_{}"]"#, WEBHOOK[1]);
    let mut all: Vec<String> = WEBHOOK
        .iter()
        .map(|base64| secrets(r#""k""#, r#""s""#, &format!(r#"["whsec_{base64}"]"#)))
        .collect();
    let with = |webhooks: &str| secrets(r#""k""#, r#""s""#, webhooks);
    let key = |key: &str| secrets(key, r#""s""#, &right);
    let secret = |secret: &str| secrets(r#""k""#, secret, &right);
    all.extend([
        with("[]"),
        with("null"),
        with("[1]"),
        with("\"whsec_\""),
        with(r#"["whsec_"]"#),
        // Without its prefix, padding, or the bits that it must leave empty; and in another alphabet.
        with(&format!(r#"["{}"]"#, WEBHOOK[1])),
        with(&format!(
            r#"["whsec_{}"]"#,
            WEBHOOK[2].trim_end_matches('=')
        )),
        with(&format!(r#"["whsec_{}B=="]"#, &WEBHOOK[2][..85])),
        with(&format!(r#"["whsec_{}="]"#, WEBHOOK[2])),
        with(&format!(r#"["whsec_{}-_"]"#, &WEBHOOK[1][2..])),
        with(&format!(r#"["whsec_{}\n"]"#, WEBHOOK[1])),
        with(&format!(r#"[" whsec_{}"]"#, WEBHOOK[1])),
        with(&format!(r#"["whsec_{}ä"]"#, WEBHOOK[1])),
        with(&format!(
            r#"["whsec_{}","whsec_{}"]"#,
            WEBHOOK[1], WEBHOOK[2]
        )),
        with(&format!(
            r#"["whsec_{}","whsec_{}"]"#,
            WEBHOOK[1], WEBHOOK[0]
        )),
        key(r#""""#),
        key(r#"" ""#),
        key(r#""a b""#),
        key(r#""a\n""#),
        key(r#""ü""#),
        key(r#""\u0000""#),
        key(r#""\u007f""#),
        key(r#""\ud800""#),
        key("7"),
        key("null"),
        key("\"a\nb\""),
        secret(r#""""#),
        secret(r#""a\tb""#),
        secret("[]"),
        key(r#""k","hush":1"#),
        key(r#""k","binanceApiKey":"k""#),
        format!("\n {} \r\n\t", key(r#""k""#)),
        format!("{}x", key(r#""k""#)),
        format!("\u{feff}{}", key(r#""k""#)),
        r#"{"binanceApiKey":"k","binanceApiSecret":"s"}"#.to_owned(),
        "{}".to_owned(),
        "null".to_owned(),
        "[".repeat(2_000),
    ]);
    all
}

fn values_of_caller_keys() -> Vec<String> {
    let digits = "0123456789abcdef".repeat(4);
    let of = |keys: &str| format!(r#"{{"appApiKeys":{keys}}}"#);
    let key = |key: &str| of(&format!(r#"["{KEY}","{key}"]"#));
    let mut all: Vec<String> = [
        "",
        &KEY[1..],
        &KEY.replace('~', " "),
        &KEY.replace('~', "\\n"),
        &KEY.replace('~', "ü"),
        &"ü".repeat(32),
        "sha256:",
        &format!("sha256:{digits}"),
        &format!("sha256:{}", digits.to_uppercase()),
        &format!("sha256:{}", &digits[1..]),
        &format!("sha256:{digits}0"),
        &format!("sha256:{}g", &digits[1..]),
        &format!("sha256:+{}", &digits[1..]),
        &format!("SHA256:{digits}"),
    ]
    .into_iter()
    .map(key)
    .collect();
    all.extend([
        of("[]"),
        of("null"),
        of("{}"),
        of(&format!("\"{KEY}\"")),
        of(&format!(r#"["{KEY}"],"refundApiKeys":[]"#)),
        of(&format!(r#"["{KEY}"],"refundApiKeys":null"#)),
        of(&format!(r#"["{KEY}"],"refundApiKeys":["{KEY}"]"#)),
        of(&format!(r#"["{KEY}"],"refundApiKeys":["short"]"#)),
        of(&format!(r#"["{KEY}"],"refundApiKey":[]"#)),
        of(r#"[],"refundApiKeys":["short"]"#),
        format!(r#"{{"refundApiKeys":["{KEY}"]}}"#),
        String::new(),
    ]);
    all
}

/// Hands a value to the program, which only checks it.
fn start(output: &str, value: &str) -> Child {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/../ops/secret.py");
    let mut child = Command::new("python3")
        .args([program, output, "-", "--check"])
        .env("PATH", cargo_lambda::path().unwrap())
        .env("PYTHONIOENCODING", "utf-8")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3 is installed");
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(value.as_bytes()).unwrap();
    child
}

/// What the program says of a value: nothing, if it keeps every rule.
fn said(output: &str, child: Child) -> Result<(), String> {
    let ended = child.wait_with_output().unwrap();
    let [stdout, stderr] =
        [ended.stdout, ended.stderr].map(|text| String::from_utf8(text).unwrap());
    if ended.status.success() {
        let expected = format!("standard input keeps every rule of {output}.\n");
        assert_eq!(stdout, expected);
        return Ok(());
    }
    assert_eq!((ended.status.code(), stdout.as_str()), (Some(1), ""));
    let fault = stderr.strip_prefix("standard input cannot be used: ");
    let fault = fault.and_then(|said| said.strip_suffix(". Nothing was changed.\n"));
    Err(fault.unwrap_or(&stderr).to_owned())
}

/// Asserts that the program takes just the `values` that `parse` takes, of which there are so many, and refuses the others
/// in the same words.
fn assert_alike(
    output: &str,
    values: &[String],
    parse: fn(String) -> Result<(), SecretFault>,
    taken: usize,
) {
    let children: Vec<_> = values.iter().map(|value| start(output, value)).collect();
    let mut parsed = 0;
    for (value, child) in values.iter().zip(children) {
        let read = parse(value.clone());
        parsed += usize::from(read.is_ok());
        let read = read.map_err(|fault| fault.to_string());
        assert_eq!(said(output, child), read, "{value}");
    }
    assert_eq!(parsed, taken);
}

#[test]
fn secrets_are_refused_by_the_program_that_fills_them_just_as_by_the_functions() {
    let parse = |json: String| Secrets::parse(&json.into()).map(drop);
    assert_alike("SecretsId", &values_of_secrets(), parse, 4);
}

#[test]
fn caller_keys_are_refused_by_the_program_that_fills_them_just_as_by_the_functions() {
    let parse = |json: String| CallerKeys::parse(&json.into()).map(drop);
    assert_alike("CallerKeysId", &values_of_caller_keys(), parse, 5);
}
