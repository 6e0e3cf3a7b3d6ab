//! How a call of Binance that did not succeed ended, sorted by what to do next.

use serde::Deserialize;
use serde_json::value::RawValue;

/// The longest message of Binance's that is passed on, in characters.
const MESSAGE_CHARS: usize = 256;

/// The four ends of a call that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Binance said no, and will say so again.
    #[error("Binance refused the call: {0}")]
    Refused(Answer),
    /// Binance does not let us in: an operator must act on credentials, permissions or location.
    #[error("Binance denied access: {0}")]
    Access(Answer),
    /// Binance did not do it; the same call may be made again.
    #[error("Binance did not do it: {0}")]
    NotDone(Answer),
    /// Whether Binance did it is not known; the same trade number must not be used again.
    #[error("the outcome at Binance is unknown: {0}")]
    Unknown(Answer),
}

impl CallError {
    /// What Binance answered.
    #[must_use]
    pub fn answer(&self) -> &Answer {
        match self {
            Self::Refused(answer)
            | Self::Access(answer)
            | Self::NotDone(answer)
            | Self::Unknown(answer) => answer,
        }
    }
}

/// What Binance answered, as far as it could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status; absent if there was no answer at all.
    pub http_status: Option<u16>,
    /// Binance's result code, digits only; absent if it gave none.
    pub code: Option<String>,
    /// For people.
    pub message: String,
    /// Binance's `Retry-After`, in seconds.
    pub retry_after_secs: Option<u64>,
    /// Host and port that a redirect points to, or words for none; absent if there was no redirect.
    pub redirect_to: Option<String>,
}

impl Answer {
    /// It is about credentials, and not about permission or location, which other secrets would not change.
    #[must_use]
    pub fn blames_credentials(&self) -> bool {
        match self.code.as_deref() {
            Some(code) => matches!(code, "400002" | "400004" | "400005"),
            None => self.http_status == Some(401),
        }
    }
}

/// An answer in our own words.
pub(super) fn said(message: impl Into<String>) -> Answer {
    Answer {
        message: message.into(),
        ..Answer::default()
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let status = self
            .http_status
            .map_or_else(|| "none".to_owned(), |status| status.to_string());
        write!(
            f,
            "HTTP status {status}, code {}, {}",
            self.code.as_deref().unwrap_or("none"),
            self.message
        )
    }
}

/// Any of the four shapes in which Binance fails, and the one in which it succeeds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow, default)]
    status: Option<&'a RawValue>,
    #[serde(borrow, default)]
    code: Option<&'a RawValue>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(default)]
    error_message: Option<String>,
    #[serde(default)]
    msg: Option<String>,
    #[serde(default)]
    error_data: Option<String>,
}

/// The `data` of a success, as JSON text; otherwise the end. The body is believed before the HTTP status, because
/// Binance sends failures with 200 as well as with 4xx.
///
/// # Errors
/// [`CallError`].
pub(super) fn read(
    http_status: u16,
    retry_after_secs: Option<u64>,
    body: &[u8],
) -> Result<&RawValue, CallError> {
    let mut answer = Answer {
        http_status: Some(http_status),
        retry_after_secs,
        ..Answer::default()
    };
    let Ok(envelope) = serde_json::from_slice::<Envelope<'_>>(body) else {
        // A front answers in HTML, and its status is all there is to go by.
        answer.message = match http_status {
            429 => "the rate limit is reached (HTTP status 429)".to_owned(),
            403 | 451 => format!("access is denied (HTTP status {http_status})"),
            _ => "an answer that is not Binance's JSON".to_owned(),
        };
        return Err(sort(answer));
    };
    let code = envelope.code.map(|code| code.get().trim_matches('"'));
    if code == Some("000000")
        && envelope
            .status
            .is_some_and(|status| status.get() == r#""SUCCESS""#)
    {
        return envelope.data.ok_or_else(|| {
            "a success without data".clone_into(&mut answer.message);
            CallError::Unknown(answer)
        });
    }
    answer.code = code.filter(|code| is_result_code(code)).map(str::to_owned);
    let message = envelope
        .error_message
        .or(envelope.msg)
        .or(envelope.error_data)
        .unwrap_or_default();
    answer.message = message
        .chars()
        .filter(|char| !char.is_control())
        .take(MESSAGE_CHARS)
        .collect();
    Err(sort(answer))
}

/// Five digits or more; the `0` of a refusal by location, for one, says nothing.
fn is_result_code(code: &str) -> bool {
    (5..=12).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit())
}

/// Sorts a failure by Binance's code, and by the HTTP status where it gave none that is known.
fn sort(answer: Answer) -> CallError {
    let end = match answer.code.as_deref() {
        Some("400002" | "400004" | "400005" | "400203" | "400206" | "400606") => CallError::Access,
        Some("400003" | "406108") => CallError::NotDone,
        // A success that does not say so in every field is an answer that cannot be read.
        Some("000000" | "400000" | "50001" | "100001001") => CallError::Unknown,
        _ if answer.http_status == Some(429) => CallError::NotDone,
        Some(_) => CallError::Refused,
        None => match answer.http_status {
            Some(400 | 404) => CallError::Refused,
            Some(401 | 403 | 451) => CallError::Access,
            _ => CallError::Unknown,
        },
    };
    end(answer)
}

#[cfg(test)]
mod tests;
