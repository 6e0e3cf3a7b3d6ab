//! Spellings that were seen, or documented, of a payment, a close and a refund.

use super::*;

/// A payment in Binance's own spelling.
fn paid() -> String {
    let data = format!(
        r#"{{"merchantTradeNo":"{OURS}","productType":"02","productName":"LeadsCalendar","transactTime":1763802060000,"tradeType":"WEB","totalFee":1.00020004,"currency":"USDT","transactionId":"P_A1BQS87BCQ171112","commission":0}}"#
    );
    envelope("PAY", "PAY_SUCCESS", &data)
}

fn money() -> Money {
    Money {
        prepay_id: PREPAY_ID.to_owned(),
        transaction_id: Some("P_A1BQS87BCQ171112".to_owned()),
        amount: "1.00020004".parse().unwrap(),
        currency: "USDT".parse().unwrap(),
        paid_at_ms: Some(1_763_802_060_000),
        commission: Some("0".parse().unwrap()),
        refunded: None,
    }
}

#[test]
fn payment_is_the_same_in_every_spelling() {
    let plain = paid();
    let wrapped: serde_json::Value = serde_json::from_str(&plain).unwrap();
    let data = wrapped["data"].as_str().unwrap();
    let text = serde_json::to_string(data).unwrap();
    let twice = serde_json::to_string(&text).unwrap();
    let swap = |from: &str, to: &str| {
        assert!(plain.contains(from), "{from}");
        plain.replace(from, to)
    };
    let biz_id = format!(r#""bizIdStr":"{PREPAY_ID}""#);
    for body in [
        plain.clone(),
        format!("\u{feff}{plain}"),
        swap(&text, data),
        swap(&text, &twice),
        swap("1763802060000", r#"\"1763802060000\""#),
        swap("1763802060000", "1763802060000.0"),
        swap("1763802060000", "1.76380206E12"),
        swap("1.00020004", r#"\"1.000200040\""#),
        swap("1.00020004", "100020004E-8"),
        swap(r#"\"USDT\""#, r#"\" usdt \""#),
        swap(r#""PAY""#, r#"" pay""#),
        swap(r#""PAY_SUCCESS""#, r#""Pay_Success""#),
        swap(&biz_id, &format!(r#""bizIdStr":{PREPAY_ID}"#)),
        swap(&biz_id, r#""bizIdStr":"""#),
        swap(&biz_id, r#""bizIdStr":null"#),
        swap(&format!("{biz_id},"), ""),
        swap("totalFee", "orderAmount"),
        swap(OURS, &OURS.to_ascii_uppercase()),
    ] {
        assert_eq!(hint(&body), ours(Says::Paid(money())), "{body}");
    }
}

#[test]
fn payment_needs_neither_time_nor_transaction_nor_commission() {
    let data = format!(r#"{{"merchantTradeNo":"{OURS}","totalFee":"1E-8","currency":"USDT"}}"#);
    let says = Says::Paid(Money {
        amount: "0.00000001".parse().unwrap(),
        transaction_id: None,
        paid_at_ms: None,
        commission: None,
        ..money()
    });
    assert_eq!(hint(&envelope("PAY", "PAY_SUCCESS", &data)), ours(says));
}

#[test]
fn sister_systems_payment_is_read() {
    let body = format!(
        r#"{{"bizType":"PAY","data":"{{\"merchantTradeNo\":\"{OURS}\",\"productType\":\"\",\"goodsName\":\"x\",\"terminalType\":\"WEB\",\"currency\":\"USDT\",\"totalFee\":\"1.00020004\",\"orderAmount\":\"1.00020004\",\"payerId\":10000001,\"createTime\":1763802060000,\"transactionId\":\"100000000000000003\"}}","bizId":"{PREPAY_ID}","bizStatus":"PAY_SUCCESS"}}"#
    );
    let says = Says::Paid(Money {
        transaction_id: Some("100000000000000003".to_owned()),
        paid_at_ms: None,
        commission: None,
        ..money()
    });
    assert_eq!(hint(&body), ours(says));
}

#[test]
fn field_that_decides_about_a_payment_is_named_if_it_cannot_be_read() {
    for (from, to, field) in [
        ("1.00020004", "-1", "totalFee"),
        ("1.00020004", "true", "totalFee"),
        (r#"\"USDT\""#, r#"\"US-DT\""#, "currency"),
        (r#"\"USDT\""#, "null", "currency"),
    ] {
        let body = paid().replace(from, to);
        let expected = ours(Says::Unreadable(Kind::Paid, field));
        assert_eq!(hint(&body), expected, "{body}");
    }
    let body = paid()
        .replace(&format!(r#""{PREPAY_ID}""#), r#""""#)
        .replace(PREPAY_ID, "-1");
    let says = Says::Unreadable(Kind::Paid, "bizId");
    let expected = Hint::new(OURS.parse().unwrap(), None, says);
    assert_eq!(hint(&body), expected, "{body}");
}

#[test]
fn close_needs_neither_transaction_nor_amount_and_tells_when_if_it_can() {
    for (time, at_ms) in [
        ("", None),
        (r#","transactTime":1671922674167"#, Some(1_671_922_674_167)),
        (
            r#","transactTime":"1671922674167""#,
            Some(1_671_922_674_167),
        ),
        (r#","transactTime":{}"#, None),
    ] {
        let data = format!(r#"{{"merchantTradeNo":"{OURS}"{time}}}"#);
        let body = envelope("PAY", "PAY_CLOSED", &data);
        assert_eq!(hint(&body), ours(Says::Closed { at_ms }), "{body}");
    }
}

fn refund(info: &str) -> String {
    let data = format!(
        r#"{{"merchantTradeNo":"{OURS}","totalFee":1.00020004,"currency":"USDT","commission":0{info}}}"#
    );
    envelope("PAY_REFUND", "REFUND_SUCCESS", &data)
}

#[test]
fn refund_tells_the_total_that_went_back() {
    let info = format!(
        r#"{{"refundRequestId":"r1","prepayId":"{PREPAY_ID}","orderAmount":"1.00020004","refundedAmount":"0.50000000","refundAmount":"0.10000000","remainingAttempts":9,"duplicateRequest":"N"}}"#
    );
    let total = |total: &str| {
        ours(Says::Refunded {
            prepay_id: Some(PREPAY_ID.to_owned()),
            total: total.parse().unwrap(),
            currency: "USDT".parse().unwrap(),
            by: None,
        })
    };
    let text = serde_json::to_string(&info).unwrap();
    for (info, expected) in [
        (info.clone(), "0.5"),
        (text, "0.5"),
        (info.replace(r#""0.50000000""#, "0.5"), "0.5"),
        (info.replace("0.50000000", "0.00000000"), "0"),
    ] {
        let body = refund(&format!(r#","refundInfo":{info}"#));
        assert_eq!(hint(&body), total(expected), "{body}");
    }
}

#[test]
fn refund_that_does_not_tell_its_total_is_asked_about() {
    let partial = format!(r#"{{"prepayId":"{PREPAY_ID}","refundAmount":"1.00020004"}}"#);
    for info in [
        "",
        r#","refundInfo":null"#,
        r#","refundInfo":[]"#,
        &format!(r#","refundInfo":{partial}"#),
    ] {
        let expected = ours(Says::Unreadable(Kind::Refunded, "refundedAmount"));
        assert_eq!(hint(&refund(info)), expected, "{info}");
    }
}
