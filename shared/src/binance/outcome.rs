//! How a call of Binance that did not succeed ended, sorted by what to do next.

use serde_json::value::RawValue;

use crate::json::{Object, Unreadable};
use crate::metrics::Metric;

/// An answer of which nothing can be read: it may have been cut off on its way.
const WHOLE: Unreadable = Unreadable("the body");

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

    /// The alarm by which an operator hears that he must act; none if it mends itself, or the caller must mend it. That the
    /// clock is off is told where the call is made.
    #[must_use]
    pub fn alarm(&self) -> Option<&'static str> {
        match self {
            Self::Access(_) => Some("binance.access"),
            Self::Refused(_) | Self::NotDone(_) | Self::Unknown(_) => None,
        }
    }

    /// The metric that counts such ends.
    pub(super) fn metric(&self) -> Metric {
        match self {
            Self::Refused(_) => Metric::BinanceRefused,
            Self::Access(_) => Metric::BinanceAccess,
            Self::NotDone(_) => Metric::BinanceNotDone,
            Self::Unknown(_) => Metric::BinanceUnknown,
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
    /// It came, and cannot be read: by which field.
    pub unreadable: Option<Unreadable>,
    /// Host and port that a redirect points to, or words for none; absent if there was no redirect.
    pub redirect_to: Option<String>,
}

impl Answer {
    /// A success that cannot be used for lack of `field`.
    #[must_use]
    pub fn unreadable_success(field: Unreadable) -> Self {
        Self {
            unreadable: Some(field),
            ..said(format!("a success whose {field}"))
        }
    }

    /// The answer came, says something, and cannot be read by one of its fields.
    #[must_use]
    pub fn is_unreadable_in_part(&self) -> bool {
        self.unreadable.is_some_and(|field| field != WHOLE)
    }

    /// The trade number was used before, or is malformed.
    #[must_use]
    pub fn says_taken(&self) -> bool {
        self.code.as_deref() == Some("400201")
    }

    /// A create that asks for an end of its own may be refused for that end: which code says so is not documented.
    #[must_use]
    pub fn may_refuse_end(&self) -> bool {
        let codes = ["400001", "400100", "400101", "400102"];
        self.code
            .as_deref()
            .is_some_and(|code| codes.contains(&code))
    }

    /// The merchant's balance is too low for a refund.
    #[must_use]
    pub fn says_balance_too_low(&self) -> bool {
        self.code.as_deref() == Some("400304")
    }

    /// Binance limits the rate; `retry_after_secs` is when it may be called again, if it said so.
    #[must_use]
    pub fn is_rate_limit(&self) -> bool {
        self.http_status == Some(429) || self.code.as_deref() == Some("406108")
    }

    /// The time that we signed is too far from Binance's.
    #[must_use]
    pub fn is_clock(&self) -> bool {
        self.code.as_deref() == Some("400003")
    }

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

/// A success: its `data`, if there is any that could be meant.
pub(super) struct Success<'a> {
    pub(super) data: Option<&'a RawValue>,
    pub(super) http_status: u16,
}

impl<'a> Success<'a> {
    fn of(envelope: &Object<'a>, http_status: u16) -> Self {
        Self {
            data: envelope.value("data"),
            http_status,
        }
    }

    /// What `read` makes of it.
    pub(super) fn read<T>(
        &self,
        read: impl Fn(Option<&RawValue>) -> Result<T, Unreadable>,
    ) -> Result<T, CallError> {
        read(self.data).map_err(|field| self.unreadable(field))
    }

    /// The end of a call whose success cannot be read.
    fn unreadable(&self, field: Unreadable) -> CallError {
        CallError::Unknown(Answer {
            http_status: Some(self.http_status),
            ..Answer::unreadable_success(field)
        })
    }
}

/// The success that `body` is; otherwise the end. The body is believed before the HTTP status, because Binance sends
/// failures with 200 as well as with 4xx, in four shapes.
///
/// # Errors
/// [`CallError`].
pub(super) fn read(
    http_status: u16,
    retry_after_secs: Option<u64>,
    body: &[u8],
) -> Result<Success<'_>, CallError> {
    let mut answer = Answer {
        http_status: Some(http_status),
        retry_after_secs,
        ..Answer::default()
    };
    let Some(envelope) = Object::parse(body) else {
        // A front answers in HTML, and its status is all there is to go by.
        answer.message = match http_status {
            429 => "the rate limit is reached (HTTP status 429)".to_owned(),
            403 | 451 => format!("access is denied (HTTP status {http_status})"),
            _ => "an answer that is not Binance's JSON".to_owned(),
        };
        answer.unreadable = (http_status < 300).then_some(WHOLE);
        return Err(sort(answer));
    };
    // A status is a word; anything else says nothing.
    let says_success = envelope
        .word("status")
        .map(|status| status.eq_ignore_ascii_case("SUCCESS"));
    let code = envelope.text("code");
    let is_zero = code
        .as_ref()
        .map(|code| code.bytes().all(|byte| byte == b'0'));
    match (says_success, is_zero) {
        (Some(true), Some(true) | None) => return Ok(Success::of(&envelope, http_status)),
        (None, _) if code.as_deref() == Some("000000") => {
            return Ok(Success::of(&envelope, http_status));
        }
        // It says both yes and no.
        (Some(true), Some(false)) => answer.unreadable = Some(Unreadable("code")),
        (Some(false), _) if code.as_deref() == Some("000000") => {
            answer.unreadable = Some(Unreadable("status"));
        }
        (Some(false) | None, _) => {}
    }
    answer.code = code.filter(|code| is_result_code(code));
    let words = ["errorMessage", "msg", "errorData"];
    let message = words.iter().find_map(|name| envelope.text(name));
    answer.message = message
        .unwrap_or_default()
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

/// The refusals that are documented: with a 5xx, too, they are Binance's own word.
const REFUSALS: [&str; 20] = [
    "400001", "400006", "400007", "400008", "400100", "400101", "400102", "400103", "400104",
    "400201", "400202", "400204", "400205", "400301", "400302", "400303", "400304", "345231",
    "406207", "406212",
];

/// Sorts a failure by Binance's code, and by the HTTP status where it gave none that is known.
fn sort(answer: Answer) -> CallError {
    let is_fault = answer.http_status.is_some_and(|status| status >= 500);
    let end = match answer.code.as_deref() {
        _ if answer.unreadable.is_some() => CallError::Unknown,
        Some("400002" | "400004" | "400005" | "400203" | "400206" | "400606") => CallError::Access,
        Some("400003" | "406108") => CallError::NotDone,
        // A success that does not say so in every field is an answer that cannot be read.
        Some("000000" | "400000" | "50001" | "100001001") => CallError::Unknown,
        Some(code) if REFUSALS.contains(&code) => CallError::Refused,
        _ if answer.http_status == Some(429) => CallError::NotDone,
        // A code that nobody has documented is a refusal, unless the status speaks of a fault.
        Some(_) if is_fault => CallError::Unknown,
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
