use lambda_http::http::HeaderValue;
use lambda_http::http::header::CONTENT_TYPE;
use serde_json::json;
use shared::config::Needs;

use super::*;
use crate::sample;

/// Settings that allow a price of at most 1000 in `USD` or `EUR`, and one host.
pub(crate) fn settings() -> Settings {
    let lookup = |name: &str| match name {
        "FIATS" => Some("USD,EUR".to_owned()),
        "MAX_PRICE" => Some("1000".to_owned()),
        "SECRETS_ID" | "CALLER_KEYS_ID" => Some("secret".to_owned()),
        "SECRETS" | "ALLOW_LOCAL" => None,
        _ => sample::lookup(name),
    };
    Settings::read(Needs::Both, lookup).unwrap()
}

/// What is read: the order, for how long its slot is held, and what today's settings do not allow.
type Read = (Request, Option<u32>, Vec<FieldError>);

fn read_body(content_type: &'static str, body: &str) -> Result<Read, Problem> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    let asked = read(&headers, &Body::Text(body.to_owned()), &settings())?;
    let id = OrderId::from_random([0xa5; 15]);
    let request = asked.for_order(&id);
    Ok((request, asked.expires_in_secs, asked.outside))
}

/// What is read of the least that an order needs, with these fields besides or instead.
fn read_with(fields: &[(&str, Value)]) -> Result<Read, Problem> {
    let mut body = json!({
        "transactionType": "PAY", "fiat": "USD", "price": "12.5", "callbackUrl": "https://app.example.com/paid",
    });
    for (name, value) in fields {
        body[name] = value.clone();
    }
    read_body("application/json", &body.to_string())
}

fn wrong(field: &str, rule: &str) -> FieldError {
    FieldError {
        pointer: format!("/{field}"),
        detail: rule.to_owned(),
    }
}

fn least() -> Request {
    Request {
        transaction_type: TransactionType::Pay,
        fiat: "USD".parse().unwrap(),
        price: "12.50".parse().unwrap(),
        callback_url: "https://app.example.com/paid".to_owned(),
        description: "LeadsCalendar".to_owned(),
        reference: None,
        return_url: None,
        cancel_url: None,
        terminal_type: TerminalType::Web,
    }
}

#[test]
fn what_need_not_be_said_has_its_default() {
    assert_eq!(read_with(&[]), Ok((least(), None, vec![])));
    let names = [
        "description",
        "reference",
        "returnUrl",
        "cancelUrl",
        "expiresIn",
        "terminalType",
    ];
    let nulls = names.map(|name| (name, Value::Null));
    assert_eq!(read_with(&nulls), Ok((least(), None, vec![])));
}

#[test]
fn every_field_is_read() {
    let read = read_with(&[
        ("fiat", json!("EUR")),
        ("price", json!(1)),
        ("description", json!("A lead")),
        ("reference", json!("lead-7")),
        ("returnUrl", json!("https://shop.example.com/thanks")),
        ("cancelUrl", json!("https://shop.example.com/back")),
        ("expiresIn", json!(900)),
        ("terminalType", json!("WAP")),
    ]);
    let request = Request {
        fiat: "EUR".parse().unwrap(),
        price: "1.00".parse().unwrap(),
        description: "A lead".to_owned(),
        reference: Some("lead-7".to_owned()),
        return_url: Some("https://shop.example.com/thanks".to_owned()),
        cancel_url: Some("https://shop.example.com/back".to_owned()),
        terminal_type: TerminalType::Wap,
        ..least()
    };
    assert_eq!(read, Ok((request, Some(900), vec![])));
}

/// Each value is refused by its rule, which is named with the field.
fn assert_refused<const N: usize>(cases: [(&str, Value, &str); N]) {
    for (field, value, rule) in cases {
        let expected = Problem::fields(vec![wrong(field, rule)]);
        assert_eq!(
            read_with(&[(field, value.clone())]),
            Err(expected),
            "{field} {value}"
        );
    }
}

#[test]
fn broken_rule_is_named_with_its_field() {
    let fiats = "must be USD or EUR";
    let terminals = "must be WEB, WAP, APP or OTHERS";
    let zero = "must be greater than 0";
    let decimals = "must have at most 2 decimals";
    let long = "must be 1 to 256 characters long and have something visible";
    let longer = "must be 1 to 64 characters long and have something visible";
    assert_refused([
        ("transactionType", json!("REFUND"), "must be PAY"),
        ("transactionType", json!({"PAY": null}), "must be PAY"),
        ("fiat", json!("usd"), fiats),
        ("fiat", json!(1), "must be a string"),
        ("price", json!("0"), zero),
        ("price", json!(0.00), zero),
        ("price", json!("0.001"), decimals),
        ("price", json!("12.345"), decimals),
        ("price", json!("-1"), "must not be negative"),
        (
            "callbackUrl",
            json!("http://app.example.com/"),
            "must begin with https://",
        ),
        ("callbackUrl", json!(7), "must be a string"),
        ("description", json!(""), long),
        ("description", json!("x".repeat(257)), long),
        ("reference", json!("x".repeat(65)), longer),
        ("terminalType", json!("web"), terminals),
        ("terminalType", json!({"WAP": null}), terminals),
    ]);
}

#[test]
fn slot_is_held_for_a_whole_number_of_seconds_within_an_hour() {
    let rule = "must be a whole number of seconds, 60 to 3600";
    let wrong = [
        json!(59),
        json!(3_601),
        json!(60.5),
        json!("60"),
        json!(-60),
        json!(true),
    ];
    assert_refused(wrong.map(|value| ("expiresIn", value, rule)));
    for (value, expected) in [(json!(60), 60), (json!(60.0), 60), (json!(3_600), 3_600)] {
        let (_, secs, outside) = read_with(&[("expiresIn", value)]).unwrap();
        assert_eq!((secs, outside), (Some(expected), vec![]));
    }
}

/// The longest path that an address of `a.example` may have.
fn longest_path() -> String {
    "x".repeat(256 - "https://a.example/".len())
}

#[test]
fn browser_is_sent_nowhere_but_to_an_https_address_that_is_short_enough() {
    let path = longest_path();
    let rule = "must be an https address of at most 256 characters";
    let wrong = [
        "http://a.example/",
        "ftp://a.example/",
        "/thanks",
        "https://a.example/a b",
        " https://a.example/",
        "https://{orderId}.example/",
        "https://%7BorderId%7D.example/",
        // With the id in its place, or with what is not ASCII escaped, it is longer.
        &format!("https://a.example/{}{{orderId}}", &path[29..]),
        &format!("https://a.example/{}\u{e9}", &path[5..]),
    ];
    assert_refused(wrong.map(|value| ("returnUrl", json!(value), rule)));
    assert_refused(wrong.map(|value| ("cancelUrl", json!(value), rule)));
    for longest in [
        format!("https://a.example/{path}"),
        format!("https://a.example/{}{{orderId}}", &path[30..]),
        format!("https://a.example/{}\u{e9}", &path[6..]),
    ] {
        let read = read_with(&[("returnUrl", json!(longest))]);
        assert_eq!(read.map(|(_, _, outside)| outside), Ok(vec![]), "{longest}");
    }
}

#[test]
fn missing_unknown_and_repeated_fields_are_named_together() {
    let required = ["transactionType", "fiat", "price", "callbackUrl"];
    let missing: Vec<_> = required.map(|name| wrong(name, "is required")).into();
    assert_eq!(
        read_body("application/json", "{}"),
        Err(Problem::fields(missing))
    );

    let body = r#"{"transactionType": "PAY", "fiat": "USD", "price": 1, "callbackUrl": "https://app.example.com/paid",
        "price": 2, "amount": 1}"#;
    let expected = Problem::fields(vec![
        wrong("price", "is given twice"),
        wrong("amount", "is not a field of an order"),
    ]);
    assert_eq!(read_body("application/json", body), Err(expected));
    assert_eq!(read_body("text/plain", body), Err(Problem::not_json()));
}

#[test]
fn price_is_written_with_two_decimals_however_it_was_sent() {
    for (price, expected) in [
        (json!(1), "1.00"),
        (json!("0.01"), "0.01"),
        (json!("1.230"), "1.23"),
        (json!("1.5e2"), "150.00"),
        (json!("1000.00"), "1000.00"),
    ] {
        let (request, _, outside) = read_with(&[("price", price)]).unwrap();
        assert_eq!(request.price.to_string(), expected);
        assert_eq!(outside, [], "{expected}");
    }
}

#[test]
fn what_only_the_settings_of_today_forbid_is_read_and_named() {
    let host = "has a host that is not among those allowed";
    for (field, value, rule) in [
        ("fiat", "GBP", "must be USD or EUR"),
        ("price", "1000.01", "must be at most 1000"),
        ("callbackUrl", "https://other.example.com/paid", host),
    ] {
        let (request, _, outside) = read_with(&[(field, json!(value))]).unwrap();
        assert_eq!(outside, [wrong(field, rule)]);
        let read = [
            request.fiat.as_str(),
            &request.price.to_string(),
            &request.callback_url,
        ]
        .contains(&value);
        assert!(read, "{field}");
    }
    let both = read_with(&[("price", json!("2000")), ("expiresIn", json!(1))]);
    let expected = Problem::fields(vec![
        wrong("price", "must be at most 1000"),
        wrong("expiresIn", "must be a whole number of seconds, 60 to 3600"),
    ]);
    assert_eq!(both, Err(expected));
}

#[test]
fn limits_belong_to_what_is_allowed() {
    for (field, value) in [
        ("description", "x".repeat(256)),
        ("reference", "x".repeat(64)),
        ("terminalType", "APP".to_owned()),
        ("terminalType", "OTHERS".to_owned()),
    ] {
        let read = read_with(&[(field, json!(value))]);
        assert_eq!(read.map(|(_, _, outside)| outside), Ok(vec![]), "{field}");
    }
}

#[test]
fn browser_is_told_the_id_of_the_order_in_path_and_query() {
    let id = "a5".repeat(15);
    let address = "https://a.example/{orderId}/%7BorderId%7D?a={orderId}&b=%7borderId%7d&c=%7BorderId%7D#{orderId}";
    let expected = format!("https://a.example/{id}/{id}?a={id}&b={id}&c={id}#{{orderId}}");
    for field in ["returnUrl", "cancelUrl"] {
        let (request, ..) = read_with(&[(field, json!(address))]).unwrap();
        let (named, other) = match field {
            "returnUrl" => (request.return_url, request.cancel_url),
            _ => (request.cancel_url, request.return_url),
        };
        assert_eq!((named, other), (Some(expected.clone()), None), "{field}");
    }
}
