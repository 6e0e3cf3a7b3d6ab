//! Refunds of ours: that money went back, and that it did not.

use super::*;
use crate::order::RefundId;

/// A refund of ours, and of how much.
const ID: &str = "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5r0123456789abcdef";

/// `refundInfo` that names this refund; its amounts as text.
fn info(id: &str) -> String {
    format!(
        r#"{{"refundRequestId":{id},"prepayId":"{PREPAY_ID}","orderAmount":"1.00020004","refundedAmount":"0.5","refundAmount":"0.10000000","remainingAttempts":9,"payerOpenId":"x","duplicateRequest":"N"}}"#
    )
}

/// A notification with this `refundInfo`, or without any.
fn body(status: &str, info: Option<&str>) -> String {
    let info = info.map(|info| format!(r#","refundInfo":{info}"#));
    let data = format!(
        r#"{{"merchantTradeNo":"{OURS}","productType":"02","productName":"LeadsCalendar","totalFee":1.00020004,"currency":"USDT","commission":0{}}}"#,
        info.unwrap_or_default()
    );
    envelope("PAY_REFUND", status, &data)
}

fn succeeded(by: Option<(RefundId, &str)>) -> Hint {
    ours(Says::Refunded {
        prepay_id: Some(PREPAY_ID.to_owned()),
        total: "0.5".parse().unwrap(),
        currency: "USDT".parse().unwrap(),
        by: by.map(|(id, amount)| (id, amount.parse().unwrap())),
    })
}

fn rejected(prepay_id: Option<&str>) -> Hint {
    let prepay_id = prepay_id.map(str::to_owned);
    ours(Says::Rejected { prepay_id })
}

#[test]
fn refund_of_ours_is_named_with_its_amount_in_every_spelling() {
    let named = succeeded(Some((ID.parse().unwrap(), "0.1")));
    let plain = info(&format!("\"{ID}\""));
    for info in [
        plain.clone(),
        serde_json::to_string(&plain).unwrap(),
        plain.replace(r#""0.10000000""#, "0.1"),
        plain.replace(r#""0.10000000""#, "1e-1"),
        plain.replace(ID, &ID.to_ascii_uppercase()),
        plain.replace(ID, &format!(" {ID} ")),
    ] {
        assert_eq!(hint(&body("REFUND_SUCCESS", Some(&info))), named, "{info}");
    }
}

#[test]
fn refund_that_is_none_of_ours_or_of_which_the_amount_cannot_be_read_still_tells_the_total() {
    let plain = info(&format!("\"{ID}\""));
    for info in [
        info(r#""68711039982968832""#),
        info("68711039982968832"),
        info("null"),
        info("{}"),
        info(&format!("[\"{ID}\"]")),
        info(&format!("\"{}\"", &ID[..46])),
        plain.replace("refundRequestId", "id"),
        plain.replace(r#""0.10000000""#, "-1"),
        plain.replace(r#""0.10000000""#, "null"),
        plain.replace("refundAmount", "amount"),
    ] {
        let seen = hint(&body("REFUND_SUCCESS", Some(&info)));
        assert_eq!(seen, succeeded(None), "{info}");
    }
}

#[test]
fn success_without_the_refunds_particulars_is_asked_about() {
    for info in [None, Some("null"), Some(r#""""#), Some("[]"), Some("{}")] {
        let expected = ours(Says::Unreadable(Kind::Refunded, "refundedAmount"));
        assert_eq!(hint(&body("REFUND_SUCCESS", info)), expected, "{info:?}");
    }
}

#[test]
fn rejected_refund_names_its_checkout_if_it_can() {
    let plain = info(&format!("\"{ID}\""));
    let text = serde_json::to_string(&plain).unwrap();
    let nameless = plain.replace("prepayId", "id");
    for (info, prepay_id) in [
        (Some(plain.as_str()), Some(PREPAY_ID)),
        (Some(&text), Some(PREPAY_ID)),
        (Some(&nameless), None),
        (Some("null"), None),
        (Some("7"), None),
        (None, None),
    ] {
        let seen = hint(&body("REFUND_REJECTED", info));
        assert_eq!(seen, rejected(prepay_id), "{info:?}");
        assert_eq!(seen.kind(), Kind::Rejected);
    }
    let shouted = body("refund_rejected", None);
    assert_eq!(hint(&shouted), rejected(None));
}

#[test]
fn rejected_refund_of_nothing_of_ours_is_passed_over() {
    for data in ["{}", "[]", "", r#"{"merchantTradeNo":"9825382937292"}"#] {
        let body = envelope("PAY_REFUND", "REFUND_REJECTED", data);
        let expected = Notification {
            kind: "PAY_REFUND REFUND_REJECTED".to_owned(),
            hint: None,
        };
        assert_eq!(read(body.as_bytes()).unwrap(), expected, "{data}");
    }
}
