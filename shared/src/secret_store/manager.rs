//! The calls of Secrets Manager: one, whether it is one secret or both.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::batch_get_secret_value::BatchGetSecretValueOutput;
use secrecy::SecretString;

use super::Missing;
use crate::aws::Failure;

/// The letters that Secrets Manager adds to a name to make an ARN of it, with their hyphen.
const SUFFIX_CHARS: usize = 7;

/// What Secrets Manager says of each.
pub(super) struct Values {
    pub(super) secrets: Result<SecretString, Missing>,
    pub(super) caller_keys: Result<SecretString, Missing>,
}

impl Values {
    /// It says nothing.
    pub(super) fn away(reason: &str) -> Self {
        Self::none(Failure::Away(reason.to_owned()).into())
    }

    fn none(missing: Missing) -> Self {
        Self {
            secrets: Err(missing.clone()),
            caller_keys: Err(missing),
        }
    }
}

/// Reads the secrets of these ids, `SECRETS_ID` and `CALLER_KEYS_ID`.
pub(super) async fn read(client: &Client, ids: (Option<String>, Option<String>)) -> Values {
    let not_needed = || Err(Missing::NotNeeded);
    match ids {
        (Some(secrets), Some(caller_keys)) => both(client, &secrets, &caller_keys).await,
        (Some(secrets), None) => Values {
            secrets: one(client, secrets).await,
            caller_keys: not_needed(),
        },
        (None, Some(caller_keys)) => Values {
            secrets: not_needed(),
            caller_keys: one(client, caller_keys).await,
        },
        (None, None) => Values::none(Missing::NotNeeded),
    }
}

async fn one(client: &Client, id: String) -> Result<SecretString, Missing> {
    let answer = client.get_secret_value().secret_id(id).send().await;
    let answer = answer.map_err(Failure::of)?;
    value(answer.secret_string)
}

async fn both(client: &Client, secrets: &str, caller_keys: &str) -> Values {
    let call = client
        .batch_get_secret_value()
        .secret_id_list(secrets)
        .secret_id_list(caller_keys);
    match call.send().await {
        Ok(answer) => Values {
            secrets: of_batch(&answer, secrets),
            caller_keys: of_batch(&answer, caller_keys),
        },
        Err(error) => Values::none(Failure::of(error).into()),
    }
}

fn of_batch(answer: &BatchGetSecretValueOutput, id: &str) -> Result<SecretString, Missing> {
    let found = answer
        .secret_values()
        .iter()
        .find(|entry| entry.name() == Some(id) || entry.arn().is_some_and(|arn| is_named(arn, id)));
    if let Some(found) = found {
        return value(found.secret_string.clone());
    }
    let errors = answer.errors();
    let Some(failed) = errors.iter().find(|error| error.secret_id() == Some(id)) else {
        let text = "Secrets Manager says nothing of it".to_owned();
        return Err(Failure::NotSetUp(text).into());
    };
    let [code, message] = [failed.error_code(), failed.message()].map(Option::unwrap_or_default);
    Err(Failure::sorted(None, code, message).into())
}

/// Whether `id` is the ARN, with or without the letters at its end.
fn is_named(arn: &str, id: &str) -> bool {
    arn.strip_prefix(id).is_some_and(|rest| {
        rest.is_empty() || (rest.starts_with('-') && rest.len() == SUFFIX_CHARS)
    })
}

fn value(text: Option<String>) -> Result<SecretString, Missing> {
    let text = text.filter(|text| !text.trim().is_empty());
    text.map(Into::into).ok_or(Missing::NoValue)
}
