use super::*;
use lambda_http::http::HeaderMap;
use lambda_http::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use shared::aws::Failure;
use shared::binance::{Answer, CallError};
use shared::signing::SignatureError;

fn headers() -> HeaderMap {
    HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ])
}

fn failed() -> Answer {
    Answer {
        message: "no".to_owned(),
        ..Answer::default()
    }
}

fn access() -> BinanceError {
    CallError::Access(failed()).into()
}

fn unknown() -> BinanceError {
    CallError::Unknown(failed()).into()
}

/// A reason, the status and the words that it is answered with, and its alarm.
type Reason = (NotAcknowledged, u16, &'static str, Option<&'static str>);

fn reasons() -> Vec<Reason> {
    let mut reasons = of_the_notification();
    reasons.extend(of_what_is_around_us());
    reasons
}

/// Those that lie in what was sent.
fn of_the_notification() -> Vec<Reason> {
    let foreign = "the signature is not Binance's";
    let post = "the method must be POST";
    let long = "the body is longer than a notification can be";
    let header = "header BinancePay-Nonce is missing or is not text";
    let unreadable = "the body is not a notification: data";
    let unknown_serial = WebhookError::Certificate(CertificateError::UnknownSerial);
    vec![
        (NotAcknowledged::Method, 405, post, None),
        (NotAcknowledged::TooLarge, 400, long, None),
        (
            WebhookError::Header("BinancePay-Nonce").into(),
            400,
            header,
            None,
        ),
        (
            WebhookError::Unreadable("data").into(),
            400,
            unreadable,
            Some("binance.unreadable"),
        ),
        (
            WebhookError::Signature(SignatureError::Wrong).into(),
            401,
            foreign,
            None,
        ),
        (
            WebhookError::Signature(SignatureError::NotBase64).into(),
            401,
            foreign,
            None,
        ),
        (unknown_serial.into(), 401, foreign, None),
    ]
}

/// Those that lie in us, Binance or AWS.
fn of_what_is_around_us() -> Vec<Reason> {
    let late = "the notification could not be taken in in time";
    let just_now = "the signature cannot be verified just now";
    let unrecorded = "the notification cannot be recorded just now";
    let unasked = "no such order, and Binance cannot be asked about it just now";
    let certificate = |error| WebhookError::Certificate(error).into();
    let away = StoreError::Unavailable(Failure::Away("away".to_owned()));
    let missing = StoreError::Unavailable(Failure::NotSetUp("missing".to_owned()));
    vec![
        (Unfinished::Late.into(), 500, late, None),
        (certificate(CertificateError::Away), 500, just_now, None),
        (certificate(unknown().into()), 500, just_now, None),
        (
            certificate(access().into()),
            500,
            just_now,
            Some("binance.access"),
        ),
        (StoreError::Raced.into(), 500, unrecorded, None),
        (away.into(), 500, unrecorded, None),
        (missing.into(), 500, unrecorded, Some("store.unusable")),
        (
            StoreError::Namespace.into(),
            500,
            unrecorded,
            Some("item.unreadable"),
        ),
        (unknown().into(), 500, unasked, None),
        (access().into(), 500, unasked, Some("binance.access")),
        (NotAcknowledged::TooMany, 500, unasked, None),
    ]
}

#[test]
fn binance_repeats_what_is_not_durable_and_a_stranger_learns_nothing() {
    for (reason, status, message, _) in reasons() {
        let answer = not_acknowledged(&reason);
        assert_eq!(answer.status().as_u16(), status, "{reason}");
        let body = format!(r#"{{"returnCode":"FAIL","returnMessage":"{message}"}}"#);
        assert_eq!(*answer.body(), Body::Text(body));
        let mut expected = headers();
        if matches!(reason, NotAcknowledged::Method) {
            expected.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        assert_eq!(*answer.headers(), expected, "{reason}");
    }
}

#[test]
fn operator_hears_of_what_no_repeat_mends() {
    for (reason, _, _, expected) in reasons() {
        assert_eq!(alarm(&reason), expected, "{reason}");
    }
}

#[test]
fn what_is_durable_is_acknowledged() {
    let answer = acknowledged();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(*answer.headers(), headers());
    let body = r#"{"returnCode":"SUCCESS","returnMessage":null}"#;
    assert_eq!(*answer.body(), Body::Text(body.to_owned()));
}
