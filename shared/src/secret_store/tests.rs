mod answers;
mod early;

use super::*;
use crate::ambient::monotonic_ms;
use crate::aws::Clients;
use crate::served::{self, Served};

const MINUTE_MS: i64 = 60_000;
const FIVE_MINUTES_MS: i64 = 5 * MINUTE_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// What is in the secrets of the reading with this number: LeadsCalendar's key and Binance's count along.
fn secrets_json(number: usize) -> String {
    let webhook_secret = "A".repeat(32);
    format!(
        r#"{{"binanceApiKey":"binance-{number}","binanceApiSecret":"s","webhookSecrets":["whsec_{webhook_secret}"]}}"#
    )
}

fn key(number: usize) -> String {
    format!("leadscalendar-{number:032}")
}

fn keys_json(number: usize) -> String {
    format!(r#"{{"appApiKeys":["{}"]}}"#, key(number))
}

fn store(served: &Served, secrets_id: Option<&str>, caller_keys_id: Option<&str>) -> SecretStore {
    let source = SecretSource::Manager {
        secrets_id: secrets_id.map(str::to_owned),
        caller_keys_id: caller_keys_id.map(str::to_owned),
    };
    let clients = Clients::new(&served::aws(Some(served.url.clone())), None).unwrap();
    SecretStore::new(source, clients.secrets_manager)
}

/// A Secrets Manager with both.
async fn serve() -> (SecretStore, Served) {
    let served = Served::start(|number| {
        let entry =
            |name: &str, json: String| serde_json::json!({"Name": name, "SecretString": json});
        let values = [
            entry("callers", keys_json(number)),
            entry("payments", secrets_json(number)),
        ];
        serde_json::json!({"SecretValues": values, "Errors": []}).to_string()
    })
    .await;
    (store(&served, Some("payments"), Some("callers")), served)
}

/// Asserts that those of this reading are in use.
async fn assert_in_use(store: &SecretStore, number: usize, at_ms: i64) {
    use secrecy::ExposeSecret as _;
    let keys = store.caller_keys(at_ms).await.unwrap();
    assert!(keys.admit(&key(number)), "{number} at {at_ms}");
    let secrets = store.secrets(at_ms).await.unwrap();
    let binance = secrets.binance_api_key.expose_secret();
    assert_eq!(binance, format!("binance-{number}"), "at {at_ms}");
}

/// Whether there are none, and whether an operator must act.
async fn none(store: &SecretStore, at_ms: i64) -> Option<bool> {
    let error = store.secrets(at_ms).await.err()?;
    assert!(
        matches!(error.cause, Missing::Unread(Failure::Away(_))),
        "{error}"
    );
    Some(error.alarm().is_some())
}

fn assert_took_at_most(began_ms: i64, limit: Duration) {
    let took_ms = monotonic_ms() - began_ms;
    let limit_ms = i64::try_from(limit.as_millis()).unwrap();
    assert!(took_ms < limit_ms, "{took_ms} ms");
}

#[tokio::test]
async fn both_secrets_are_read_by_one_call_and_again_after_five_minutes() {
    let (store, served) = serve().await;
    for (at_ms, number) in [
        (0, 1),
        (FIVE_MINUTES_MS - 1, 1),
        (FIVE_MINUTES_MS, 2),
        (2 * FIVE_MINUTES_MS - 1, 2),
    ] {
        assert_in_use(&store, number, at_ms).await;
        assert_eq!(served.asked(), number, "at {at_ms}");
    }
}

#[tokio::test]
async fn secrets_manager_that_hangs_costs_nobody_more_than_a_moment_a_minute() {
    let (store, served) = serve().await;
    assert_in_use(&store, 1, 0).await;
    served.set_hanging(true);
    let began_ms = monotonic_ms();
    for (at_ms, asked) in [
        (FIVE_MINUTES_MS, 2),
        (FIVE_MINUTES_MS + 1, 2),
        (FIVE_MINUTES_MS + MINUTE_MS - 1, 2),
        (FIVE_MINUTES_MS + MINUTE_MS, 3),
    ] {
        assert_in_use(&store, 1, at_ms).await;
        assert_eq!(served.asked(), asked, "at {at_ms}");
    }
    assert_took_at_most(began_ms, 3 * MOMENT);

    served.set_hanging(false);
    assert_in_use(&store, 2, FIVE_MINUTES_MS + 2 * MINUTE_MS).await;
}

#[tokio::test]
async fn reading_that_takes_long_holds_up_nobody_else() {
    let (store, served) = serve().await;
    assert_in_use(&store, 1, 0).await;
    served.set_hanging(true);
    let all = (0..16).map(|_| store.secrets(FIVE_MINUTES_MS));
    let began_ms = monotonic_ms();

    for read in futures_util::future::join_all(all).await {
        assert!(read.is_ok());
    }

    assert_eq!(served.asked(), 2);
    assert_took_at_most(began_ms, 2 * MOMENT);
}

#[tokio::test]
async fn known_secrets_are_used_for_an_hour_after_the_first_reading_that_failed() {
    let (store, served) = serve().await;
    assert_in_use(&store, 1, 0).await;
    served.set_away(true);
    // Nobody came for hours, so that it was tried only now.
    let first_ms = 9 * HOUR_MS;
    for at_ms in [first_ms, first_ms + HOUR_MS / 2, first_ms + HOUR_MS - 1] {
        assert_in_use(&store, 1, at_ms).await;
    }

    assert_eq!(none(&store, first_ms + HOUR_MS).await, Some(true));

    served.set_away(false);
    assert_in_use(&store, 2, first_ms + HOUR_MS + 5_000).await;
}

#[tokio::test]
async fn while_none_are_known_secrets_manager_is_called_once_in_five_seconds() {
    let (store, served) = serve().await;
    served.set_away(true);
    for (at_ms, asked) in [(0, 1), (1, 1), (4_999, 1), (5_000, 2), (9_999, 2)] {
        for _ in 0..3 {
            assert_eq!(none(&store, at_ms).await, Some(false));
            assert_eq!(
                store
                    .caller_keys(at_ms)
                    .await
                    .unwrap_err()
                    .to_string()
                    .split(':')
                    .next(),
                Some("CALLER_KEYS_ID")
            );
        }
        assert_eq!(served.asked(), asked, "at {at_ms}");
    }
    // What lasts does not mend itself.
    assert_eq!(none(&store, 3 * MINUTE_MS - 1).await, Some(false));
    assert_eq!(none(&store, 3 * MINUTE_MS).await, Some(true));

    served.set_away(false);
    assert_in_use(&store, 1, 3 * MINUTE_MS + 5_000).await;
}

#[tokio::test]
async fn reading_that_was_dropped_counts_as_one_that_failed() {
    let (store, served) = serve().await;
    served.set_hanging(true);
    let dropped = tokio::time::timeout(MOMENT, store.secrets(0)).await;
    assert!(dropped.is_err());

    served.set_hanging(false);
    assert_eq!(none(&store, 4_999).await, Some(false));
    assert_eq!(served.asked(), 1);
    assert_in_use(&store, 1, 5_000).await;
}

#[tokio::test]
async fn many_at_once_without_any_secrets_cause_one_call() {
    let (store, served) = serve().await;
    let all = (0..16).map(|_| store.secrets(0));

    for read in futures_util::future::join_all(all).await {
        assert!(read.is_ok());
    }

    assert_eq!(served.asked(), 1);
}

#[tokio::test]
async fn secrets_that_binance_refuses_are_read_again_once_in_five_seconds() {
    let (store, served) = serve().await;
    let first = store.secrets(0).await.unwrap();

    let second = store.reread(&first, 1).await.unwrap();
    assert_in_use(&store, 2, 2).await;
    // Who was refused with the first ones meanwhile takes the second.
    let same = store.reread(&first, 3).await.unwrap();
    assert!(Arc::ptr_eq(&same, &second));
    for at_ms in [4, 5_000] {
        assert!(store.reread(&second, at_ms).await.is_none(), "at {at_ms}");
    }
    assert_eq!(served.asked(), 2);

    served.set_away(true);
    assert!(store.reread(&second, 5_001).await.is_none());
    assert_eq!(served.asked(), 3);
    assert_in_use(&store, 2, 5_002).await;
}

#[tokio::test]
async fn inline_secrets_are_never_read_and_never_old() {
    let store = served::secrets();
    let secrets = store.secrets(0).await.unwrap();
    let later = store.secrets(99 * HOUR_MS).await.unwrap();
    assert!(Arc::ptr_eq(&secrets, &later));
    assert!(store.reread(&secrets, 0).await.is_some());
    assert!(store.caller_keys(99 * HOUR_MS).await.is_ok());
}
