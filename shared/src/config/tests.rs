use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

const MINIMAL: [(&str, &str); 8] = [
    ("ORDERS_TABLE", "orders"),
    ("CALLBACK_URL", "https://api.example.com/binance-callback"),
    ("CALLBACK_HOSTS", "app.example.com"),
    ("SECRETS_ID", "payments"),
    ("CALLER_KEYS_ID", "callers"),
    ("AWS_REGION", "eu-central-1"),
    ("AWS_ACCESS_KEY_ID", "id"),
    ("AWS_SECRET_ACCESS_KEY", "key"),
];

const INLINE: &str = r#"{"binanceApiKey":"k","binanceApiSecret":"s","webhookSecrets":["whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],"appApiKeys":["kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"]}"#;

/// The minimal settings with these changes, of which an empty one takes a setting away.
fn read_with(needs: Needs, changes: &[(&str, &str)]) -> Result<Settings, SettingError> {
    Settings::read(needs, |name| {
        let all = MINIMAL.iter().chain(changes).rev();
        let mut found = all.filter(|(known, _)| *known == name);
        found.next().map(|(_, value)| (*value).to_owned())
    })
}

fn read(changed: &str, value: &str) -> Result<Settings, SettingError> {
    read_with(Needs::Both, &[(changed, value)])
}

#[test]
fn defaults_are_the_documented_ones() {
    let settings = read("", "").unwrap();

    assert_eq!(settings.binance_base_url, "https://bpay.binanceapi.com");
    assert_eq!(settings.fiats, ["USD".parse().unwrap()]);
    assert_eq!(settings.max_price, "20000".parse().unwrap());
    assert!(!settings.policy.allow_local);
}

#[test]
fn settings_of_ones_own_machine_hold_the_secrets() {
    for needs in [Needs::Secrets, Needs::CallerKeys, Needs::Both] {
        let settings = Settings::read(needs, crate::sample::lookup).unwrap();
        let is_inline = matches!(settings.secrets, SecretSource::Inline(..));
        assert!(is_inline && settings.policy.allow_local, "{needs:?}");
    }
}

#[test]
fn missing_setting_stops_the_start_with_its_name() {
    for (name, _) in MINIMAL {
        for value in ["", "  "] {
            assert_eq!(
                read(name, value).unwrap_err().to_string(),
                format!("setting {name}: is missing")
            );
        }
    }
}

#[test]
fn malformed_setting_stops_the_start_with_its_name() {
    let cases = [
        ("BINANCE_BASE_URL", "bpay.binanceapi.com"),
        ("BINANCE_BASE_URL", "ftp://bpay.binanceapi.com"),
        ("CALLBACK_URL", "/binance-callback"),
        ("CALLBACK_HOSTS", "https://app.example.com"),
        ("BINANCE_BASE_URL", "https://bpay.binanceapi.com/binancepay"),
        ("BINANCE_BASE_URL", "https://user@bpay.binanceapi.com"),
        ("BINANCE_BASE_URL", "https://bpay.binanceapi.com?a=b"),
        ("CALLBACK_URL", "https://:password@api.example.com/"),
        ("CALLBACK_URL", "https://api.example.com/#here"),
        ("AWS_ENDPOINT_URL_DYNAMODB", "dynamodb.example.com"),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "https://a@example.com"),
        ("ALLOW_LOCAL", "yes"),
        ("FIATS", "USD,,EUR"),
        ("FIATS", "usd"),
        ("MAX_PRICE", "-1"),
        ("MAX_PRICE", "much"),
    ];
    for (name, value) in cases {
        let error = read(name, value).unwrap_err();
        assert_eq!(error.name, name, "{value}");
    }
}

#[test]
fn callback_url_is_no_longer_than_binance_takes() {
    let url = |length: usize| format!("{:0<length$}", "https://api.example.com/");

    assert!(read("CALLBACK_URL", &url(256)).is_ok());
    assert_eq!(
        read("CALLBACK_URL", &url(257)).unwrap_err().to_string(),
        "setting CALLBACK_URL: must have at most 256 characters"
    );
}

#[test]
fn what_only_the_sandbox_may_do_takes_the_local_switch() {
    let root = authority();
    let cases = [
        ("LOCAL_ROOT", root.as_str()),
        ("BINANCE_BASE_URL", "http://127.0.0.1:9000"),
        ("CALLBACK_URL", "http://127.0.0.1:9000/binance-callback"),
        ("AWS_ENDPOINT_URL_DYNAMODB", "http://dynamodb.example.com"),
        ("SECRETS", INLINE),
    ];
    for (name, value) in cases {
        let inline = [("SECRETS_ID", ""), ("CALLER_KEYS_ID", "")];
        let ids = if name == "SECRETS" { &inline[..] } else { &[] };
        let changes = [ids, &[(name, value)]].concat();
        for switch in ["", "false"] {
            let off = [&changes[..], &[("ALLOW_LOCAL", switch)]].concat();
            let error = read_with(Needs::Both, &off).unwrap_err();
            assert_eq!(error.name, name, "{value}");
            assert!(error.rule.contains("with ALLOW_LOCAL"), "{error}");
        }
        let on = [&changes[..], &[("ALLOW_LOCAL", "true")]].concat();
        assert!(read_with(Needs::Both, &on).is_ok(), "{value}");
    }
}

/// A certificate in DER and base64.
fn authority() -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    let parameters = rcgen::CertificateParams::new(["root".to_owned()]).unwrap();
    STANDARD.encode(parameters.self_signed(&key).unwrap().der())
}

#[test]
fn authority_that_cannot_be_read_stops_the_start() {
    let other_base64 = STANDARD.encode("no certificate");
    for value in ["-----BEGIN CERTIFICATE-----", "bm8", &other_base64] {
        let settings = [("LOCAL_ROOT", value), ("ALLOW_LOCAL", "true")];
        let error = read_with(Needs::Both, &settings).unwrap_err();
        assert_eq!(
            error.to_string(),
            "setting LOCAL_ROOT: must be the certificate of an authority, in DER and base64"
        );
    }
}

#[test]
fn aws_is_spoken_to_without_tls_on_the_same_machine_only() {
    for (url, is_taken) in [
        ("http://127.0.0.1:9100", true),
        ("http://localhost:9100", true),
        ("http://[::1]:9100", true),
        ("https://dynamodb.eu-central-1.amazonaws.com", true),
        ("http://10.0.0.1:9100", false),
        ("http://localhost.example.com", false),
    ] {
        for name in [
            "AWS_ENDPOINT_URL_DYNAMODB",
            "AWS_ENDPOINT_URL_SECRETS_MANAGER",
        ] {
            assert_eq!(read(name, url).is_ok(), is_taken, "{name} {url}");
        }
    }
}

#[test]
fn orders_are_live_at_binances_own_host_only() {
    for (url, is_live) in [
        ("", true),
        ("https://bpay.binanceapi.com", true),
        ("https://bpay.binanceapi.com/", true),
        ("https://BPAY.binanceapi.com:443", true),
        ("https://bpay.binanceapi.com.example.com", false),
        ("https://binanceapi.com", false),
        ("http://127.0.0.1:9000", false),
    ] {
        let changes = [("BINANCE_BASE_URL", url), ("ALLOW_LOCAL", "true")];
        let settings = read_with(Needs::Both, &changes).unwrap();
        assert_eq!(settings.is_live(), is_live, "{url:?}");
    }
}

#[test]
fn function_asks_for_the_secrets_that_it_needs_and_no_others() {
    for (needs, names) in [
        (Needs::Secrets, (Some("payments"), None)),
        (Needs::CallerKeys, (None, Some("callers"))),
        (Needs::Both, (Some("payments"), Some("callers"))),
    ] {
        let SecretSource::Manager {
            secrets_id,
            caller_keys_id,
        } = read_with(needs, &[]).unwrap().secrets
        else {
            panic!("{needs:?}");
        };
        assert_eq!((secrets_id.as_deref(), caller_keys_id.as_deref()), names);
        for (name, is_needed) in [
            ("SECRETS_ID", names.0.is_some()),
            ("CALLER_KEYS_ID", names.1.is_some()),
        ] {
            let without = read_with(needs, &[(name, "")]);
            assert_eq!(without.is_err(), is_needed, "{needs:?} without {name}");
        }
    }
}

#[test]
fn secrets_are_given_one_way_only() {
    for id in ["SECRETS_ID", "CALLER_KEYS_ID"] {
        let mut changes = vec![("ALLOW_LOCAL", "true"), ("SECRETS", INLINE)];
        changes.extend([("SECRETS_ID", ""), ("CALLER_KEYS_ID", ""), (id, "payments")]);
        assert_eq!(
            read_with(Needs::Both, &changes).unwrap_err().to_string(),
            format!("setting SECRETS: give this or {id}, not both")
        );
    }
}

#[test]
fn inline_secret_that_breaks_a_rule_stops_the_start_with_its_name() {
    for (secret, told) in [
        ("{}", "must be the JSON"),
        (&INLINE.replace("\"k\"", r#""hush\n""#), "binanceApiKey"),
        (&INLINE.replace("\"s\"", r#"" hush""#), "binanceApiSecret"),
        (&INLINE.replace("_AAAA", "_"), "webhookSecrets"),
        (&INLINE.replace("kkkk", ""), "appApiKeys"),
    ] {
        let changes = [
            ("ALLOW_LOCAL", "true"),
            ("SECRETS_ID", ""),
            ("CALLER_KEYS_ID", ""),
            ("SECRETS", secret),
        ];
        let error = read_with(Needs::Both, &changes).unwrap_err();
        assert_eq!(error.name, "SECRETS");
        assert!(error.rule.contains(told), "{told}: {error}");
        assert!(!error.rule.contains("hush"), "{error}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let key = "hush-hush-hush-hush-hush-hush-hush";
    let inline = INLINE.replace("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", key);
    let changes = [
        ("AWS_SECRET_ACCESS_KEY", "hush-hush"),
        ("ALLOW_LOCAL", "true"),
        ("SECRETS_ID", ""),
        ("CALLER_KEYS_ID", ""),
        ("SECRETS", &inline),
    ];
    let settings = read_with(Needs::Both, &changes).unwrap();

    let shown = format!("{settings:?}");
    assert!(
        !shown.contains("hush") && !shown.contains("AAAA"),
        "{shown}"
    );
}
