use super::*;

fn parse(json: &str) -> Result<Secrets, String> {
    Secrets::parse(&json.to_owned().into()).map_err(|error| error.to_string())
}

#[test]
fn several_app_keys_are_valid_at_once() {
    let secrets = parse(
        r#"{"binanceApiKey":"k","binanceApiSecret":"s","appApiKeys":["old","new"],"webhookSecrets":["whsec_AAAA"]}"#,
    )
    .unwrap();

    assert!(secrets.is_app_api_key("old") && secrets.is_app_api_key("new"));
    for wrong in ["", "ol", "oldd", "NEW", "old,new"] {
        assert!(!secrets.is_app_api_key(wrong), "{wrong}");
    }
}

#[test]
fn wrong_secrets_are_named_by_field_and_never_shown() {
    let cases = [
        (r#"{"binanceApiKey":7}"#, "must be the JSON"),
        (
            r#"{"binanceApiKey":"","binanceApiSecret":"s","appApiKeys":["hush"],"webhookSecrets":["whsec_AAAA"]}"#,
            "binanceApiKey",
        ),
        (
            r#"{"binanceApiKey":"k","binanceApiSecret":"hush\n","appApiKeys":["a"],"webhookSecrets":["whsec_AAAA"]}"#,
            "binanceApiSecret",
        ),
        (
            r#"{"binanceApiKey":"k","binanceApiSecret":"s","appApiKeys":[],"webhookSecrets":["whsec_AAAA"]}"#,
            "appApiKeys",
        ),
        (
            r#"{"binanceApiKey":"k","binanceApiSecret":"s","appApiKeys":[""],"webhookSecrets":["whsec_AAAA"]}"#,
            "appApiKeys",
        ),
        (
            r#"{"binanceApiKey":"k","binanceApiSecret":"s","appApiKeys":["a"],"webhookSecrets":[]}"#,
            "webhookSecrets",
        ),
        (
            r#"{"binanceApiKey":"k","binanceApiSecret":"s","appApiKeys":["a"],"webhookSecrets":["whsec_"]}"#,
            "webhookSecrets",
        ),
        (
            r#"{"binanceApiKey":"k","binanceApiSecret":"s","appApiKeys":["a"],"webhookSecrets":["hush"]}"#,
            "webhookSecrets",
        ),
    ];
    for (json, named) in cases {
        let error = parse(json).unwrap_err();
        assert!(error.contains(named) && !error.contains("hush"), "{error}");
    }
}
