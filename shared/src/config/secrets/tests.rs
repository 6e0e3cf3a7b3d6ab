use super::*;
use crate::aws::Clients;
use crate::served::{self, Served};

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

const FIVE_MINUTES_MS: i64 = 300_000;

/// A Secrets Manager whose key for LeadsCalendar counts its answers: `key-1`, `key-2` …
async fn serve() -> (SecretStore, Served) {
    let served = Served::start(|number| {
        let secrets = format!(
            r#"{{"binanceApiKey":"k","binanceApiSecret":"s","appApiKeys":["key-{number}"],"webhookSecrets":["whsec_AAAA"]}}"#
        );
        serde_json::json!({"Name": "payments", "SecretString": secrets}).to_string()
    })
    .await;
    let source = SecretSource::Manager("payments".to_owned());
    let clients = Clients::new(&served::aws(Some(served.url.clone())));
    (SecretStore::new(&source, clients.secrets_manager), served)
}

#[tokio::test]
async fn secrets_are_read_again_after_five_minutes() {
    let (store, served) = serve().await;
    for (at_ms, key) in [
        (0, "key-1"),
        (FIVE_MINUTES_MS - 1, "key-1"),
        (FIVE_MINUTES_MS, "key-2"),
        (2 * FIVE_MINUTES_MS - 1, "key-2"),
    ] {
        assert!(
            store.current(at_ms).await.unwrap().is_app_api_key(key),
            "{key} at {at_ms}"
        );
    }
    assert_eq!(served.answers(), 2);
}

#[tokio::test]
async fn old_secrets_stay_in_use_while_the_secret_store_is_away() {
    let (store, served) = serve().await;
    assert!(store.current(0).await.unwrap().is_app_api_key("key-1"));

    served.set_away(true);
    assert!(
        store
            .current(FIVE_MINUTES_MS)
            .await
            .unwrap()
            .is_app_api_key("key-1")
    );
    assert!(matches!(
        store.reread(FIVE_MINUTES_MS).await,
        Err(SecretError::Unavailable(_))
    ));

    served.set_away(false);
    assert!(
        store
            .current(FIVE_MINUTES_MS + 1)
            .await
            .unwrap()
            .is_app_api_key("key-2")
    );
}

#[tokio::test]
async fn without_any_secrets_there_are_none() {
    let (store, served) = serve().await;
    served.set_away(true);

    assert!(matches!(
        store.current(0).await,
        Err(SecretError::Unavailable(_))
    ));
}
