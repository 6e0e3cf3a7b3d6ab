mod bent;
mod refunds;
mod shapes;

use http::HeaderValue;
use http::header::HeaderName;

use super::*;
use crate::order::Kind;

/// The body of vector W1, Binance's own sample.
const W1: &str = r#"{"bizType":"PAY","data":"{\"merchantTradeNo\":\"9825382937292\",\"totalFee\":0.88000000,\"transactTime\":1619508939664,\"currency\":\"EUR\",\"commission\":0,\"openUserId\":\"1211HS10K81f4273ac031\",\"productType\":\"Food\",\"productName\":\"Ice Cream\",\"tradeType\":\"WEB\",\"transactionId\":\"M_R_282737362839373\"}","bizId":29383937493038367292,"bizStatus":"PAY_SUCCESS"}"#;

/// A trade number of ours.
const OURS: &str = "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a507";

/// The prepay id of its checkout.
const PREPAY_ID: &str = "363969700195475456";

const NAMES: [&str; 4] = [
    "BinancePay-Certificate-SN",
    "BinancePay-Timestamp",
    "BinancePay-Nonce",
    "BinancePay-Signature",
];

fn headers(spelling: fn(&str) -> String) -> HeaderMap {
    NAMES
        .into_iter()
        .enumerate()
        .map(|(index, name)| {
            let name = HeaderName::from_bytes(spelling(name).as_bytes()).unwrap();
            (name, HeaderValue::from(index))
        })
        .collect()
}

fn hint(body: &str) -> Hint {
    let read = read(body.as_bytes()).unwrap_or_else(|error| panic!("{error}: {body}"));
    read.hint.unwrap_or_else(|| panic!("no hint: {body}"))
}

/// A hint about [`OURS`] that names [`PREPAY_ID`].
fn ours(says: Says) -> Hint {
    let trade_no = OURS.parse().unwrap();
    Hint::new(trade_no, Some(PREPAY_ID.to_owned()), says)
}

fn envelope(kind: &str, status: &str, data: &str) -> String {
    let data = serde_json::to_string(data).unwrap();
    format!(
        r#"{{"bizType":"{kind}","data":{data},"bizIdStr":"{PREPAY_ID}","bizId":{PREPAY_ID},"bizStatus":"{status}"}}"#
    )
}

#[test]
fn headers_are_found_without_regard_to_case() {
    let title = |name: &str| name.replace("BinancePay", "Binancepay").replace("SN", "Sn");
    for spelling in [str::to_owned, str::to_lowercase, str::to_uppercase, title] {
        let headers = headers(spelling);
        let Ok(signed) = Signed::of(&headers) else {
            panic!("not found: {headers:?}")
        };
        let found = [
            signed.serial,
            signed.timestamp,
            signed.nonce,
            signed.signature,
        ];
        assert_eq!(found, ["0", "1", "2", "3"]);
    }
}

#[test]
fn header_that_is_missing_empty_or_no_text_is_named() {
    for name in NAMES {
        for value in [None, Some(""), Some("é")] {
            let mut headers = headers(str::to_owned);
            headers.remove(name);
            if let Some(value) = value {
                headers.insert(name, HeaderValue::from_str(value).unwrap());
            }
            match Signed::of(&headers) {
                Err(WebhookError::Header(named)) => assert_eq!(named, name),
                Err(other) => panic!("{name}: {other}"),
                Ok(_) => panic!("{name} is not missed"),
            }
        }
    }
}

#[test]
fn biz_id_beyond_64_bits_is_read_digit_for_digit() {
    let prepay_id = "29383937493038367292".to_owned();
    let says = Says::Paid(Money {
        prepay_id: prepay_id.clone(),
        transaction_id: Some("M_R_282737362839373".to_owned()),
        amount: "0.88".parse().unwrap(),
        currency: "EUR".parse().unwrap(),
        paid_at_ms: Some(1_619_508_939_664),
        commission: Some("0".parse().unwrap()),
        refunded: None,
    });
    let expected = Hint::new(OURS.parse().unwrap(), Some(prepay_id), says);
    let number = W1.replace("9825382937292", OURS);
    let text = number.replace("29383937493038367292", r#""29383937493038367292""#);
    let both = number.replace(
        r#""bizId":29383937493038367292"#,
        r#""bizIdStr":"29383937493038367292","bizId":2.9383937493038367e19"#,
    );
    for body in [number, text, both] {
        assert_eq!(hint(&body), expected, "{body}");
    }
}

#[test]
fn trade_number_of_somebody_else_is_no_hint() {
    let expected = Notification {
        kind: "PAY PAY_SUCCESS".to_owned(),
        hint: None,
    };
    assert_eq!(read(W1.as_bytes()).unwrap(), expected);
    let number = W1.replace(r#"\"9825382937292\""#, "9825382937292");
    assert_eq!(read(number.as_bytes()).unwrap(), expected);
}

#[test]
fn kinds_that_are_not_used_are_no_hint_whatever_else_they_say() {
    for (kind, status) in [
        ("PAYOUT", "SUCCESS"),
        ("MERCHANT_QR_CODE", "MERCHANT_QR_CODE_SCANED"),
        ("PAY PAY_SUCCESS", ""),
    ] {
        for data in ["no JSON", &format!(r#"{{"merchantTradeNo":"{OURS}"}}"#)] {
            let body = envelope(kind, status, data);
            let expected = Notification {
                kind: format!("{kind} {status}"),
                hint: None,
            };
            assert_eq!(read(body.as_bytes()).unwrap(), expected, "{body}");
        }
    }
    for status in ["", r#""bizStatus":null,"#, r#""bizStatus":7,"#] {
        for data in [r#""data":{"referId":"1"}"#, r#""data":null"#] {
            let body = format!(r#"{{"bizType":"MERCHANT_QR_CODE",{status}{data}}}"#);
            assert_eq!(read(body.as_bytes()).unwrap().hint, None, "{body}");
        }
    }
}

#[test]
fn status_of_a_payment_that_is_not_known_is_asked_about() {
    for (kind, status) in [
        ("PAY", "PAY_FAIL"),
        ("PAY", "REFUND_SUCCESS"),
        ("PAY", ""),
        ("PAY_REFUND", "PAY_SUCCESS"),
        ("PAY_REFUND", "REFUND"),
        ("", "PAY_SUCCESS"),
    ] {
        let body = envelope(kind, status, &format!(r#"{{"merchantTradeNo":"{OURS}"}}"#));
        let expected = ours(Says::Unreadable(Kind::Unknown, "bizStatus"));
        assert_eq!(hint(&body), expected, "{body}");
    }
}

#[test]
fn body_about_a_payment_without_any_trade_number_is_refused() {
    for body in [
        "",
        "{",
        "[]",
        "null",
        r#"{"bizType":"PAY"}"#,
        r#"{"bizType":null,"bizStatus":"PAY_SUCCESS"}"#,
        r#"{"bizType":"PAY","bizStatus":"PAY_SUCCESS"}"#,
        r#"{"bizType":"PAY","data":null,"bizStatus":"PAY_CLOSED"}"#,
        r#"{"bizType":"PAY","data":7,"bizStatus":"PAY_CLOSED"}"#,
        &envelope("PAY", "PAY_CLOSED", ""),
        &envelope("PAY", "PAY_CLOSED", "{}"),
        &envelope("PAY", "PAY_SUCCESS", r#"{"merchantTradeNo":null}"#),
        &envelope("PAY_REFUND", "REFUND_SUCCESS", r#"{"merchantTradeNo":""}"#),
    ] {
        match read(body.as_bytes()) {
            Err(WebhookError::Unreadable(_)) => {}
            other => panic!("{body}: {other:?}"),
        }
    }
}

#[test]
fn trade_number_in_a_body_that_cannot_be_read_is_asked_about() {
    let cut = envelope(
        "PAY",
        "PAY_SUCCESS",
        &format!(r#"{{"merchantTradeNo":"{OURS}""#),
    );
    let expected = ours(Says::Unreadable(Kind::Paid, "data"));
    assert_eq!(hint(&cut), expected);

    let whole = envelope(
        "PAY",
        "PAY_SUCCESS",
        &format!(r#"{{"merchantTradeNo":"{OURS}"}}"#),
    );
    let no_text = [whole.as_bytes(), &[0xff]].concat();
    for body in [whole.trim_end_matches('}').as_bytes(), &no_text] {
        let hint = read(body).unwrap().hint.unwrap();
        assert_eq!(hint.trade_no().to_string(), OURS);
        assert!(hint.unreadable().is_some());
    }
}
