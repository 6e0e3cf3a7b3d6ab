use http::HeaderValue;
use http::header::HeaderName;

use super::*;

/// The body of vector W1, Binance's own sample.
const W1: &str = r#"{"bizType":"PAY","data":"{\"merchantTradeNo\":\"9825382937292\",\"totalFee\":0.88000000,\"transactTime\":1619508939664,\"currency\":\"EUR\",\"commission\":0,\"openUserId\":\"1211HS10K81f4273ac031\",\"productType\":\"Food\",\"productName\":\"Ice Cream\",\"tradeType\":\"WEB\",\"transactionId\":\"M_R_282737362839373\"}","bizId":29383937493038367292,"bizStatus":"PAY_SUCCESS"}"#;

/// A trade number of ours.
const OURS: &str = "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a507";

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

fn news(body: &str) -> News {
    read(body.as_bytes()).unwrap().news.unwrap()
}

fn envelope(kind: &str, status: &str, data: &str) -> String {
    let data = serde_json::to_string(data).unwrap();
    format!(
        r#"{{"bizType":"{kind}","data":{data},"bizIdStr":"36","bizId":36,"bizStatus":"{status}"}}"#
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
    let expected = News {
        trade_no: OURS.parse().unwrap(),
        fact: Fact::Paid(Payment {
            prepay_id: "29383937493038367292".to_owned(),
            transaction_id: Some("M_R_282737362839373".to_owned()),
            amount: "0.88".parse().unwrap(),
            currency: "EUR".parse().unwrap(),
            paid_at_ms: 1_619_508_939_664,
        }),
    };
    let number = W1.replace("9825382937292", OURS);
    let text = number.replace("29383937493038367292", r#""29383937493038367292""#);
    let both = number.replace(
        r#""bizId":29383937493038367292"#,
        r#""bizIdStr":"29383937493038367292","bizId":2.9383937493038367e19"#,
    );
    for body in [number, text, both] {
        assert_eq!(news(&body), expected, "{body}");
    }
}

#[test]
fn trade_number_of_somebody_else_is_no_news() {
    let expected = Notification {
        kind: "PAY PAY_SUCCESS".to_owned(),
        news: None,
    };
    assert_eq!(read(W1.as_bytes()).unwrap(), expected);
    let number = W1.replace(r#"\"9825382937292\""#, "9825382937292");
    assert_eq!(read(number.as_bytes()).unwrap(), expected);
}

#[test]
fn payment_may_lack_what_is_not_needed() {
    let data = format!(
        r#"{{"merchantTradeNo":"{OURS}","totalFee":"1E-8","currency":"USDT","transactTime":5}}"#
    );
    let expected = Fact::Paid(Payment {
        prepay_id: "36".to_owned(),
        transaction_id: None,
        amount: "0.00000001".parse().unwrap(),
        currency: "USDT".parse().unwrap(),
        paid_at_ms: 5,
    });
    assert_eq!(news(&envelope("PAY", "PAY_SUCCESS", &data)).fact, expected);
}

#[test]
fn closing_needs_neither_transaction_nor_amount() {
    let data = format!(r#"{{"merchantTradeNo":"{OURS}"}}"#);
    let expected = News {
        trade_no: OURS.parse().unwrap(),
        fact: Fact::Closed,
    };
    assert_eq!(news(&envelope("PAY", "PAY_CLOSED", &data)), expected);
}

#[test]
fn refund_tells_the_total_that_went_back() {
    let data = format!(
        r#"{{"merchantTradeNo":"{OURS}","totalFee":1,"refundInfo":{{"refundedAmount":"0.50000000","refundAmount":"0.10000000"}}}}"#
    );
    let expected = Fact::Refunded {
        total: "0.5".parse().unwrap(),
    };
    let refund = envelope("PAY_REFUND", "REFUND_SUCCESS", &data);
    assert_eq!(news(&refund).fact, expected);
}

#[test]
fn data_may_be_an_object_instead_of_a_string() {
    let string = W1.replace("9825382937292", OURS);
    let object = string
        .replace(r#""{\""#, r#"{\""#)
        .replace(r#"}","bizId""#, r#"},"bizId""#)
        .replace(r#"\""#, r#"""#);
    assert_eq!(news(&object), news(&string), "{object}");
}

#[test]
fn unknown_kind_is_no_news_whatever_its_data() {
    for (kind, status) in [
        ("PAY", "PAY_FAIL"),
        ("PAY", "REFUND_SUCCESS"),
        ("PAY_REFUND", "REFUND_REJECTED"),
        ("PAY_REFUND", "PAY_SUCCESS"),
        ("PAYOUT", "SUCCESS"),
        ("PAY PAY_SUCCESS", ""),
        ("", ""),
    ] {
        let expected = Notification {
            kind: format!("{kind} {status}"),
            news: None,
        };
        assert_eq!(
            read(envelope(kind, status, "no JSON").as_bytes()).unwrap(),
            expected
        );
    }
    for data in [r#""data":{"referId":"1"},"#, r#""data":null,"#, ""] {
        let body = format!(
            r#"{{"bizType":"MERCHANT_QR_CODE",{data}"bizStatus":"MERCHANT_QR_CODE_SCANED"}}"#
        );
        assert_eq!(read(body.as_bytes()).unwrap().news, None, "{body}");
    }
}

#[test]
fn malformed_notification_is_refused_with_the_reason() {
    let kind = "bizType or bizStatus is missing";
    let data = "data is not a JSON document in a string";
    let trade_no = "data.merchantTradeNo is missing";
    let money = "data.totalFee, currency or transactTime is missing or malformed";
    let refunded = "data.refundInfo.refundedAmount is missing";
    let ours = format!(r#"{{"merchantTradeNo":"{OURS}"}}"#);
    let paid = W1.replace("9825382937292", OURS);
    for (body, expected) in [
        (String::new(), kind),
        ("{".to_owned(), kind),
        ("[]".to_owned(), kind),
        (r#"{"bizType":"PAY"}"#.to_owned(), kind),
        (
            r#"{"bizType":null,"bizStatus":"PAY_SUCCESS"}"#.to_owned(),
            kind,
        ),
        (
            r#"{"bizType":"PAY","bizStatus":"PAY_SUCCESS"}"#.to_owned(),
            data,
        ),
        (
            r#"{"bizType":"PAY","data":null,"bizStatus":"PAY_CLOSED"}"#.to_owned(),
            data,
        ),
        (
            r#"{"bizType":"PAY","data":7,"bizStatus":"PAY_CLOSED"}"#.to_owned(),
            trade_no,
        ),
        (envelope("PAY", "PAY_CLOSED", ""), trade_no),
        (envelope("PAY", "PAY_CLOSED", "{}"), trade_no),
        (
            envelope("PAY", "PAY_SUCCESS", r#"{"merchantTradeNo":null}"#),
            trade_no,
        ),
        (envelope("PAY", "PAY_SUCCESS", &ours), money),
        (paid.replace("0.88000000", "-0.88"), money),
        (paid.replace("0.88000000", "true"), money),
        (paid.replace("EUR", "eur"), money),
        (paid.replace("1619508939664", "1.5"), money),
        (
            paid.replace("29383937493038367292", "-1"),
            "bizId is missing",
        ),
        (
            paid.replace("29383937493038367292", r#""""#),
            "bizId is missing",
        ),
        (
            paid.replace("29383937493038367292", "null"),
            "bizId is missing",
        ),
        (envelope("PAY_REFUND", "REFUND_SUCCESS", &ours), refunded),
    ] {
        match read(body.as_bytes()) {
            Err(WebhookError::Unreadable(reason)) => assert_eq!(reason, expected, "{body}"),
            other => panic!("{body}: {other:?}"),
        }
    }
    let no_text = [W1.as_bytes(), &[0xff]].concat();
    assert!(matches!(read(&no_text), Err(WebhookError::Unreadable(_))));
}
