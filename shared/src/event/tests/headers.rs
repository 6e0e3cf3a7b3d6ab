//! Headers, of which anything may be sent.

use super::*;

#[test]
fn header_counts_as_far_as_it_can_be_one() {
    let headers = json!({
        "X-MBX-APIKEY": "key",
        " idempotency-key ": "k",
        "x bad": "1",
        "": "1",
        "é": "1",
        "x-control": "a\u{1}b\r\nc\u{7f}",
        "user-agent": "Benoît ™",
        "x-tab": "a\tb",
        "x-number": 1,
        "x-list": ["a"],
        "host": "::::",
        "x-forwarded-proto": "x,https",
        "content-length": "nonsense",
    });
    let request = odd(&[("/headers", headers)]);

    assert_eq!(malformed(&request), None);
    let found: Vec<_> = request
        .headers()
        .iter()
        .map(|(name, value)| {
            (
                name.as_str(),
                std::str::from_utf8(value.as_bytes()).unwrap(),
            )
        })
        .collect();
    for expected in [
        ("x-mbx-apikey", "key"),
        ("idempotency-key", "k"),
        ("x-control", "a b  c "),
        ("user-agent", "Benoît ™"),
        ("x-tab", "a b"),
        ("host", "::::"),
        ("x-forwarded-proto", "x,https"),
        ("content-length", "nonsense"),
    ] {
        assert!(found.contains(&expected), "{expected:?} in {found:?}");
    }
    assert_eq!(found.len(), 8);
}

#[test]
fn header_that_comes_twice_is_seen_to() {
    let request = odd(&[(
        "/headers",
        json!({"Idempotency-Key": "a", "idempotency-key": "b"}),
    )]);
    assert_eq!(
        request.headers().get_all("idempotency-key").iter().count(),
        2
    );
}

#[test]
fn headers_may_be_large_and_many_but_not_without_bound() {
    let request = odd(&[("/headers/x-large", json!("x".repeat(1 << 20)))]);
    assert_eq!(request.headers()["x-large"].len(), 1 << 20);
    let many = |count: usize| {
        let headers = (0..count).map(|number| (format!("x-{number}"), json!("")));
        odd(&[("/headers", Value::Object(headers.collect()))])
    };
    assert_eq!(malformed(&many(10_000)), None);
    assert_eq!(malformed(&many(40_000)), Some("headers"));
}
