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
        "an answer that is not Binance's JSON".clone_into(&mut answer.message);
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
mod tests {
    use super::*;

    fn read_err(http_status: u16, body: &str) -> CallError {
        read(http_status, None, body.as_bytes()).unwrap_err()
    }

    fn answer(http_status: u16, code: Option<&str>, message: &str) -> Answer {
        Answer {
            http_status: Some(http_status),
            code: code.map(str::to_owned),
            message: message.to_owned(),
            retry_after_secs: None,
        }
    }

    #[test]
    fn success_needs_status_code_and_data() {
        let data = read(
            200,
            None,
            br#"{"status":"SUCCESS","code":"000000","data":{"a":1}}"#,
        )
        .unwrap();
        assert_eq!(data.get(), r#"{"a":1}"#);

        for body in [
            r#"{"status":"SUCCESS","code":"000000"}"#,
            r#"{"status":"SUCCESS","code":"000000","data":null}"#,
            r#"{"status":"FAIL","code":"000000","data":{}}"#,
            r#"{"code":"000000","data":{}}"#,
        ] {
            assert!(
                matches!(read_err(200, body), CallError::Unknown(_)),
                "{body}"
            );
        }
    }

    #[test]
    fn every_envelope_shape_is_read_whatever_the_http_status() {
        for http_status in [200, 400, 401, 500] {
            assert_eq!(
                read_err(
                    http_status,
                    r#"{"status":"FAIL","code":"400201","errorMessage":"merchantTradeNo is invalid or duplicated"}"#
                ),
                CallError::Refused(answer(
                    http_status,
                    Some("400201"),
                    "merchantTradeNo is invalid or duplicated"
                )),
            );
            assert_eq!(
                read_err(
                    http_status,
                    r#"{"code":"400002","msg":"Signature for this request is not valid."}"#
                ),
                CallError::Access(answer(
                    http_status,
                    Some("400002"),
                    "Signature for this request is not valid."
                )),
            );
            assert_eq!(
                read_err(
                    http_status,
                    r#"{"status":"ERROR","type":"SYS","code":"100001001","errorData":"System abnormality"}"#
                ),
                CallError::Unknown(answer(http_status, Some("100001001"), "System abnormality")),
            );
            assert_eq!(
                read_err(
                    http_status,
                    r#"{"status":"FAIL","code":400102,"errorMessage":"bad","params":["x"],"data":null}"#
                ),
                CallError::Refused(answer(http_status, Some("400102"), "bad")),
            );
        }
        assert_eq!(
            read_err(
                451,
                r#"{"code":0,"msg":"Service unavailable from a restricted location"}"#
            ),
            CallError::Access(answer(
                451,
                None,
                "Service unavailable from a restricted location"
            )),
        );
    }

    #[test]
    fn codes_are_sorted_by_what_to_do_next() {
        let end = |code: &str| {
            read_err(
                200,
                &format!(r#"{{"status":"FAIL","code":"{code}","errorMessage":""}}"#),
            )
        };
        for code in [
            "400001", "400006", "400007", "400008", "400100", "400101", "400104", "400201",
            "400202", "999999",
        ] {
            assert!(matches!(end(code), CallError::Refused(_)), "{code}");
        }
        for code in ["400002", "400004", "400005", "400203", "400206", "400606"] {
            assert!(matches!(end(code), CallError::Access(_)), "{code}");
        }
        for code in ["400003", "406108"] {
            assert!(matches!(end(code), CallError::NotDone(_)), "{code}");
        }
        for code in ["400000", "50001", "100001001"] {
            assert!(matches!(end(code), CallError::Unknown(_)), "{code}");
        }
    }

    #[test]
    fn unreadable_answers_are_sorted_by_http_status() {
        let html = "<HTML>The request could not be satisfied</HTML>";
        assert!(matches!(read_err(403, html), CallError::Access(_)));
        assert!(matches!(read_err(451, html), CallError::Access(_)));
        assert!(matches!(read_err(401, html), CallError::Access(_)));
        assert!(matches!(read_err(429, html), CallError::NotDone(_)));
        assert!(matches!(read_err(404, html), CallError::Refused(_)));
        for http_status in [200, 204, 302, 500, 502, 503, 504] {
            assert!(
                matches!(read_err(http_status, html), CallError::Unknown(_)),
                "{http_status}"
            );
        }
        assert!(matches!(
            read_err(200, r#"{"status":"SUCCESS","code":"000000","data":{"#),
            CallError::Unknown(_)
        ));
    }

    #[test]
    fn rate_limit_counts_more_than_a_code_that_is_not_known() {
        assert!(matches!(
            read_err(429, r#"{"code":"400999","msg":"slow down"}"#),
            CallError::NotDone(_)
        ));
    }
}
