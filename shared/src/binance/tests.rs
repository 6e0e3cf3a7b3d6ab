//! Whole calls: what one answer, or one after another, comes to.

use super::*;
use crate::ambient::now_ms;
use crate::http_client;
use crate::order::OrderId;
use crate::served::{self, Served};

/// A Binance that answers with these codes in turn, and then with the last one.
async fn serving(codes: &'static [&'static str]) -> (Binance, Served) {
    let served = Served::start(|number| {
        let code = codes.get(number - 1).or(codes.last()).unwrap();
        let status = if *code == "000000" { "SUCCESS" } else { "FAIL" };
        format!(r#"{{"status":"{status}","code":"{code}","errorMessage":"so it is"}}"#)
    })
    .await;
    let http = http_client::binance_client(None).unwrap();
    let secrets = Arc::new(served::secrets());
    (Binance::new(http, served.url.clone(), secrets), served)
}

fn trade_no() -> TradeNo {
    TradeNo {
        order_id: OrderId::from_random([0xa5; 15]),
        attempt: 1,
    }
}

/// How a call ended, in a word, and with which code.
fn word<T>(ended: Result<T, BinanceError>) -> (&'static str, String) {
    let Err(BinanceError::Call(error)) = ended else {
        return ("done", String::new());
    };
    let word = match error {
        CallError::Refused(_) => "refused",
        CallError::Access(_) => "access",
        CallError::NotDone(_) => "not done",
        CallError::Unknown(_) => "unknown",
    };
    (word, error.answer().code.clone().unwrap_or_default())
}

#[tokio::test]
async fn one_refusal_alone_says_that_binance_does_not_know_an_order() {
    // Credentials that are blamed are read anew, and tried once more.
    for (codes, is_unknown, answers) in [
        (&["400202"], true, 1),
        (&["400001"], false, 1),
        (&["400201"], false, 1),
        (&["400203"], false, 1),
        (&["400004"], false, 2),
    ] {
        let (binance, served) = serving(codes).await;
        let found = binance.query(&trade_no(), now_ms() + 2_000).await;
        if is_unknown {
            assert_eq!(found.unwrap(), Fact::not_found());
        } else {
            assert_eq!(word(found).1, codes[0]);
        }
        assert_eq!(served.answers(), answers, "{codes:?}");
    }
}

#[tokio::test]
async fn refusal_alone_says_that_binance_does_not_know_a_refund() {
    let id = format!("{}r0123456789abcdef", "a5".repeat(15));
    for (codes, expected) in [
        (&["400202"], None),
        (&["400001"], None),
        (&["400203"], Some("access")),
        (&["50001"], Some("unknown")),
    ] {
        let (binance, _served) = serving(codes).await;
        let (trade_no, id) = (trade_no(), id.parse().unwrap());
        let found = binance.query_refund(&trade_no, &id, now_ms() + 1_200);
        match (found.await, expected) {
            (Ok(fact), None) => assert!(fact.is_not_found(), "{codes:?}"),
            (ended, expected) => assert_eq!(Some(word(ended).0), expected, "{codes:?}"),
        }
    }
}

#[tokio::test]
async fn close_is_done_only_by_a_success() {
    for (codes, expected) in [
        (&["000000"], "done"),
        (&["400202"], "refused"),
        (&["400204"], "refused"),
    ] {
        let (binance, _served) = serving(codes).await;
        let closed = binance.close(&trade_no(), now_ms() + 2_000).await;
        assert_eq!(word(closed).0, expected);
    }
}

#[tokio::test]
async fn number_that_is_taken_at_the_repeat_may_be_our_own_and_at_the_first_try_is_not() {
    for (codes, expected, answers) in [
        (&["400003", "400201"][..], "unknown", 2),
        (&["400201"], "refused", 1),
        (&["400003", "400202"], "refused", 2),
        (&["400003", "000000"], "done", 2),
    ] {
        let (binance, served) = serving(codes).await;
        let closed = binance.close(&trade_no(), now_ms() + 4_000).await;
        assert_eq!((word(closed).0, served.answers()), (expected, answers));
    }
}

#[tokio::test]
async fn looking_whether_a_call_can_be_made_says_why_not_and_signs_anew_once() {
    for (codes, expected, answers) in [
        (&["400203"][..], "access", 1),
        (&["400003"], "not done", 2),
        // Its certificates cannot be read.
        (&["400003", "000000"], "unknown", 2),
    ] {
        let (binance, served) = serving(codes).await;
        let looked = binance.look(now_ms() + 2_000).await;
        let ended = (word(looked).0, served.answers());
        assert_eq!(ended, (expected, answers), "{codes:?}");
    }
}

#[test]
fn order_is_named_by_its_trade_number() {
    let named = serialise(&Named::new(&trade_no())).unwrap();
    let expected = format!(r#"{{"merchantTradeNo":"{}01"}}"#, "a5".repeat(15));
    assert_eq!(String::from_utf8(named).unwrap(), expected);
}
