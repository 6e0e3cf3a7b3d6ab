//! What Secrets Manager may answer.

use super::*;

#[tokio::test]
async fn function_reads_the_one_secret_that_it_needs() {
    let served = Served::start(|number| {
        serde_json::json!({"Name": "callers", "SecretString": keys_json(number)}).to_string()
    })
    .await;
    let store = store(&served, None, Some("callers"));

    assert!(store.caller_keys(0).await.unwrap().admit(&key(1)));

    let error = store.secrets(0).await.unwrap_err();
    assert_eq!(error.cause, Missing::NotNeeded);
    assert_eq!(served.asked(), 1);
}

#[tokio::test]
async fn each_secret_fails_for_itself_and_says_what_is_wrong_with_it() {
    let right = serde_json::json!({"Name": "payments", "SecretString": secrets_json(1)});
    let failed =
        |code: &str| serde_json::json!({"SecretId": "callers", "ErrorCode": code, "Message": "m"});
    let found = |json: &str| serde_json::json!({"Name": "callers", "SecretString": json});
    for (value, error, told) in [
        (
            None,
            Some("ResourceNotFoundException"),
            "CALLER_KEYS_ID: the secret cannot be read: ResourceNotFoundException: m",
        ),
        (
            None,
            Some("AccessDeniedException"),
            "CALLER_KEYS_ID: the secret cannot be read: AccessDeniedException: m",
        ),
        (
            None,
            Some("DecryptionFailure"),
            "CALLER_KEYS_ID: the secret cannot be read: DecryptionFailure: m",
        ),
        (
            None,
            None,
            "CALLER_KEYS_ID: the secret cannot be read: Secrets Manager says nothing of it",
        ),
        (
            Some(""),
            None,
            "CALLER_KEYS_ID: the secret has no value yet",
        ),
        (
            Some(r#"{"appApiKeys":[]}"#),
            None,
            "CALLER_KEYS_ID: the secret cannot be used: its field appApiKeys must hold a key",
        ),
    ] {
        let mut values = vec![right.clone()];
        values.extend(value.map(found));
        let errors: Vec<_> = error.map(failed).into_iter().collect();
        let answer = serde_json::json!({"SecretValues": values, "Errors": errors}).to_string();
        let served = Served::start(move |_| answer.clone()).await;
        let store = store(&served, Some("payments"), Some("callers"));

        assert!(store.secrets(0).await.is_ok(), "{told}");
        let error = store.caller_keys(0).await.unwrap_err();
        assert_eq!(error.to_string(), told);
        assert_eq!(error.alarm(), Some("secrets.unreadable"), "{told}");
    }
}

#[tokio::test]
async fn secrets_are_found_by_name_or_arn() {
    let arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:payments-AbCdEf";
    let other = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:payments-callers-AbCdEf";
    let entry = |arn: &str, name: &str, json: String| serde_json::json!({"ARN": arn, "Name": name, "SecretString": json});
    let values = [
        entry(other, "payments-callers", keys_json(1)),
        entry(arn, "payments", secrets_json(1)),
    ];
    let answer = serde_json::json!({"SecretValues": values}).to_string();
    let served = Served::start(move |_| answer.clone()).await;
    for (secrets_id, caller_keys_id) in [
        ("payments", "payments-callers"),
        (arn, other),
        (&arn[..arn.len() - 7], &other[..other.len() - 7]),
    ] {
        let store = store(&served, Some(secrets_id), Some(caller_keys_id));
        assert_in_use(&store, 1, 0).await;
    }
}

#[tokio::test]
async fn answer_that_cannot_be_read_is_not_shown() {
    let whole = serde_json::json!({"Name": "payments", "SecretString": "hush-hush"}).to_string();
    for body in [whole[..whole.len() - 3].to_owned(), "hush-hush".to_owned()] {
        let served = Served::start(move |_| body.clone()).await;
        let store = store(&served, Some("payments"), None);

        let error = store.secrets(0).await.unwrap_err();

        for text in [error.to_string(), format!("{error:?}")] {
            assert!(!text.contains("hush"), "{text}");
        }
    }
}
