//! Error mapping: one error, one answer (RFC 9457), which tells the caller what to do next.

mod binance;
mod gateway;
mod refund;

use http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};
use http::{Response, StatusCode};
use serde::Serialize;

use crate::money::Amount;
use crate::order::OrderId;

/// Of 400 where fields are named.
const CORRECT_FIELD: &str =
    "Read code and msg, correct the field they name, and send the request again.";
/// Of 400 where none is, 413 and 415.
const CORRECT_REQUEST: &str = "Read code and msg, correct the request, and send it again.";
/// Of 404 and 405.
const CHECK_ID: &str = "Check the id and the endpoint.";

/// An error answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    /// Binance's code where Binance answered, else one of ours in capitals.
    pub code: String,
    /// For people; names the field and the rule.
    pub detail: String,
    /// What the caller should do.
    pub recommendation: &'static str,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// Who said no.
    pub source: Source,
    /// When to try again, in seconds.
    pub retry_after_secs: Option<u64>,
    /// The header that says what would be right: which methods, which encodings.
    pub header: Option<(HeaderName, &'static str)>,
    /// The order it is about, if that is recorded.
    pub order_id: Option<OrderId>,
    /// Every wrong field.
    pub errors: Vec<FieldError>,
    /// What is left of the payment that a refund was asked of.
    pub refundable: Option<Amount>,
    /// The alarm by which an operator hears that he must act, also where the same request may succeed later; none if nobody
    /// must, or the caller.
    pub alarm: Option<&'static str>,
    /// What the operator must know and the caller need not.
    pub cause: Option<String>,
}

/// Who said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// We.
    Gateway,
    /// Binance.
    Binance,
}

/// One wrong field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// JSON pointer (RFC 6901).
    pub pointer: String,
    /// The rule.
    pub detail: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'a str,
    msg: &'a str,
    recommendation: &'a str,
    retryable: bool,
    source: Source,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<&'a OrderId>,
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    errors: &'a [FieldError],
    #[serde(skip_serializing_if = "Option::is_none")]
    refundable: Option<Amount>,
}

impl Problem {
    fn gateway(
        status: StatusCode,
        code: &str,
        detail: impl Into<String>,
        recommendation: &'static str,
    ) -> Self {
        Self {
            status,
            code: code.to_owned(),
            detail: detail.into(),
            recommendation,
            retryable: false,
            source: Source::Gateway,
            retry_after_secs: None,
            header: None,
            order_id: None,
            errors: Vec::new(),
            refundable: None,
            alarm: None,
            cause: None,
        }
    }

    /// The same problem, told as one about a recorded order.
    #[must_use]
    pub fn for_order(self, id: &OrderId) -> Self {
        Self {
            order_id: Some(id.clone()),
            ..self
        }
    }

    fn retry_after(self, secs: u64) -> Self {
        Self {
            retryable: true,
            retry_after_secs: Some(secs),
            ..self
        }
    }

    /// The answer; `request_id` is the invocation's.
    #[must_use]
    pub fn into_response(self, request_id: &str) -> Response<String> {
        let body = Body {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: &self.code,
            msg: &self.detail,
            recommendation: self.recommendation,
            retryable: self.retryable,
            source: self.source,
            request_id,
            order_id: self.order_id.as_ref(),
            errors: &self.errors,
            refundable: self.refundable,
        };
        let mut response = Response::new(serde_json::to_string(&body).unwrap_or_default());
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            http::HeaderValue::from_static("application/problem+json"),
        );
        if let Some(secs) = self.retry_after_secs {
            headers.insert(RETRY_AFTER, secs.into());
        }
        if let Some((name, value)) = self.header {
            headers.insert(name, http::HeaderValue::from_static(value));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use http::header::ALLOW;
    use serde_json::{Value, json};

    use super::*;

    /// What an answer says, and each of its headers.
    fn answered(problem: Problem) -> (StatusCode, Value, Vec<(String, String)>) {
        let answer = problem.into_response("request-1");
        let headers = answer.headers().iter();
        let headers = headers.map(|(name, value)| {
            (
                name.to_string(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        });
        let (status, mut headers) = (answer.status(), headers.collect::<Vec<_>>());
        headers.sort();
        let body = serde_json::from_str(answer.body()).unwrap();
        (status, body, headers)
    }

    #[test]
    fn what_would_be_right_is_said() {
        let field = FieldError {
            pointer: "/price".to_owned(),
            detail: "must be above zero".to_owned(),
        };
        let problem = Problem::fields(vec![field.clone()]);
        assert_eq!(problem.errors, [field]);
        assert_eq!(problem.recommendation, CORRECT_FIELD);
        assert_eq!(problem.detail, "price must be above zero");
        let problem = Problem::method_not_allowed("GET, HEAD");
        assert_eq!(problem.header, Some((ALLOW, "GET, HEAD")));
        let problem = Problem::encoded();
        assert_eq!(
            problem.header,
            Some((http::header::ACCEPT_ENCODING, "identity"))
        );
        assert!(problem.detail.contains("identity"), "{}", problem.detail);
    }

    #[test]
    fn answer_says_all_that_is_known_and_nothing_else() {
        let problem = || Problem::gateway(StatusCode::CONFLICT, "TAKEN", "It is taken.", "Wait.");
        let bare = json!({
            "type": "about:blank", "title": "Conflict", "status": 409, "detail": "It is taken.", "code": "TAKEN",
            "msg": "It is taken.", "recommendation": "Wait.", "retryable": false, "source": "gateway",
            "requestId": "request-1",
        });
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let json = header("content-type", "application/problem+json");
        let expected = (StatusCode::CONFLICT, bare.clone(), vec![json.clone()]);
        assert_eq!(answered(problem()), expected);

        let full = Problem {
            header: Some((ALLOW, "GET")),
            errors: vec![FieldError {
                pointer: "/price".to_owned(),
                detail: "must be above zero".to_owned(),
            }],
            refundable: Some("1.50".parse().unwrap()),
            ..problem()
        };
        let mut body = bare;
        for (name, value) in [
            ("retryable", json!(true)),
            ("orderId", json!("a5".repeat(15))),
            (
                "errors",
                json!([{"pointer": "/price", "detail": "must be above zero"}]),
            ),
            ("refundable", json!("1.50")),
        ] {
            body[name] = value;
        }
        let headers = vec![header("allow", "GET"), json, header("retry-after", "7")];
        let id = OrderId::from_random([0xa5; 15]);
        assert_eq!(
            answered(full.for_order(&id).retry_after(7)),
            (StatusCode::CONFLICT, body, headers)
        );
    }
}
