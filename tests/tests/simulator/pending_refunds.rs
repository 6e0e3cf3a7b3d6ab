//! Refunds that were accepted and end later: what is left meanwhile, how they end, and who is told.

use sandbox::Sandbox;
use sandbox::binance::{
    Account, Fault, Impossible, On, Order, Pending, Play, RefundInfoAs, RefundStatus,
};
use serde_json::{Value, json};

use crate::merchant::{
    Callback, admin, asked, inner, paid, query_refund, refund, sandbox, status, until,
};

/// All refunds pend until they are told how they end.
async fn pending() -> Sandbox {
    let sandbox = sandbox().await;
    let switch = json!({"refundsPend": {}});
    let (_, behaviour) = admin(&sandbox, "behaviour", &switch).await;
    let expected = json!({"afterMs": null, "rejected": false});
    assert_eq!(behaviour["refundsPend"], expected);
    sandbox
}

/// The same as `asked`, told to `callback`.
fn told_to(order: &Order, id: &str, amount: &str, callback: &Callback) -> Value {
    let mut asked = asked(order, id, amount);
    asked["webhookUrl"] = json!(callback.url());
    asked
}

/// Taken, given back and pending of the only order.
fn books(sandbox: &Sandbox) -> [String; 3] {
    let [
        Account {
            taken,
            given_back,
            pending,
            ..
        },
    ] = &sandbox.binance().books()[..]
    else {
        panic!("there is one order that was paid");
    };
    [taken, given_back, pending].map(|amount| amount.normalize().to_string())
}

#[tokio::test]
async fn the_money_of_a_pending_refund_is_not_left_to_give_back() {
    let sandbox = pending().await;
    let order = paid(&sandbox, None).await;
    let trade_no = &order.merchant_trade_no;

    let accepted = refund(&sandbox, &asked(&order, "1", "0.7")).await;
    let too_much = refund(&sandbox, &asked(&order, "2", "0.4")).await;

    assert_eq!(accepted["data"]["refundedAmount"], "0.7");
    assert_eq!(accepted["data"]["duplicateRequest"], "N");
    assert_eq!(too_much["code"], "400303");
    assert_eq!(status(&sandbox, trade_no).await, "REFUNDING");
    assert_eq!(books(&sandbox), ["1.00020004", "0", "0.7"]);
    let (code, after) = admin(&sandbox, "refunds/1/succeed", &json!({})).await;
    assert_eq!((code, &after["status"]), (200, &json!("REFUNDED")));
    assert_eq!(status(&sandbox, trade_no).await, "REFUNDED");
    assert_eq!(books(&sandbox), ["1.00020004", "0.7", "0"]);
    refund(&sandbox, &asked(&order, "3", "0.30020004")).await;
    assert_eq!(status(&sandbox, trade_no).await, "REFUNDING");
    sandbox
        .binance()
        .succeed_refund("3", Play::default())
        .unwrap();
    assert_eq!(status(&sandbox, trade_no).await, "FULL_REFUNDED");
}

#[tokio::test]
async fn a_rejected_refund_returns_its_money_but_not_its_attempt() {
    let sandbox = pending().await;
    let order = paid(&sandbox, None).await;
    admin(&sandbox, "behaviour", &json!({"balance": "1.5"})).await;

    refund(&sandbox, &asked(&order, "1", "1")).await;
    let (code, after) = admin(&sandbox, "refunds/1/reject", &json!({})).await;

    assert_eq!((code, &after["status"]), (200, &json!("PAID")));
    assert_eq!(status(&sandbox, &order.merchant_trade_no).await, "PAID");
    assert_eq!(books(&sandbox), ["1.00020004", "0", "0"]);
    let (_, behaviour) = admin(&sandbox, "behaviour", &json!({})).await;
    assert_eq!(behaviour["balance"], "1.5");
    let again = refund(&sandbox, &asked(&order, "2", "1.00020004")).await;
    assert_eq!(again["data"]["refundedAmount"], "1.00020004");
    assert_eq!(again["data"]["remainingAttempts"], 8);
    let repeated = refund(&sandbox, &asked(&order, "1", "1")).await;
    assert_eq!(repeated["data"]["duplicateRequest"], "Y");
}

#[tokio::test]
async fn both_ends_are_told_to_the_refunds_own_address_in_every_form() {
    let (sandbox, callback) = (pending().await, Callback::start(0).await);
    let own = Callback::start(0).await;
    let binance = sandbox.binance();
    for form in [
        RefundInfoAs::Object,
        RefundInfoAs::String,
        RefundInfoAs::Absent,
    ] {
        binance.behave(|behaviour| behaviour.refund_info = form);
        for (end, biz_status, refunded) in [
            ("succeed", "REFUND_SUCCESS", "0.40000000"),
            ("reject", "REFUND_REJECTED", "0.00000000"),
        ] {
            let order = paid(&sandbox, Some(&callback.url())).await;
            let id = format!("{end}{form:?}");
            let before = own.count();
            refund(&sandbox, &told_to(&order, &id, "0.4", &own)).await;
            assert_eq!(own.count(), before);

            let path = format!("refunds/{id}/{end}");
            assert_eq!(admin(&sandbox, &path, &json!({})).await.0, 200);
            until(|| own.count() > before).await;

            let told = own.verified(&sandbox, before).await.unwrap();
            assert_eq!(told["bizType"], "PAY_REFUND");
            assert_eq!(told["bizStatus"], biz_status);
            assert_eq!(told["bizIdStr"], order.prepay_id.to_string());
            let info = inner(&told).get("refundInfo").cloned();
            let info = match (form, info) {
                (RefundInfoAs::Absent, info) => {
                    assert_eq!(info, None);
                    continue;
                }
                (RefundInfoAs::String, Some(Value::String(text))) => {
                    serde_json::from_str(&text).unwrap()
                }
                (_, info) => info.unwrap(),
            };
            assert_eq!(info["refundRequestId"], id.as_str());
            assert_eq!(info["refundAmount"], "0.40000000");
            assert_eq!(info["refundedAmount"], refunded);
            assert_eq!(info["remainingAttempts"], 9);
        }
    }
    assert_eq!(callback.count(), 0);
}

#[tokio::test]
async fn a_refund_without_an_address_is_told_to_nobody_and_one_may_end_in_silence() {
    let (sandbox, callback) = (pending().await, Callback::start(0).await);
    let order = paid(&sandbox, Some(&callback.url())).await;
    refund(&sandbox, &asked(&order, "1", "0.1")).await;
    refund(&sandbox, &told_to(&order, "2", "0.1", &callback)).await;
    refund(&sandbox, &told_to(&order, "3", "0.1", &callback)).await;
    let binance = sandbox.binance();

    binance.succeed_refund("1", Play::default()).unwrap();
    binance.reject_refund("2", Play::in_silence()).unwrap();
    binance.succeed_refund("3", Play::default()).unwrap();
    until(|| callback.count() == 1).await;

    let told = inner(&callback.verified(&sandbox, 0).await.unwrap());
    assert_eq!(told["refundInfo"]["refundRequestId"], "3");
    assert_eq!(binance.deliveries().len(), 1);
}

#[tokio::test]
async fn one_refund_may_pend_for_a_time_and_end_either_way() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    let binance = sandbox.binance();
    for (index, (rejected, end)) in [(false, "REFUND_SUCCESS"), (true, "REFUND_FAIL")]
        .into_iter()
        .enumerate()
    {
        let order = paid(&sandbox, None).await;
        let id = order.merchant_trade_no.as_str();
        let fault = json!({"on": "refund", "fault": "refundPends", "afterMs": 60_000, "rejected": rejected});
        assert_eq!(admin(&sandbox, "faults", &fault).await.0, 200);

        refund(&sandbox, &told_to(&order, id, "0.4", &callback)).await;
        binance.advance(59);
        let during = query_refund(&sandbox, id).await;
        assert_eq!(during["data"]["refundStatus"], "REFUND_PENDING");
        assert_eq!(callback.count(), index);
        binance.advance(1);

        let after = query_refund(&sandbox, id).await;
        assert_eq!(after["data"]["refundStatus"], end);
        until(|| callback.count() > index).await;
        let made = binance.refund_of(id).unwrap();
        assert_eq!(made.end_time, Some(made.create_time + 60_000));
    }
    // It was for one refund each.
    let order = paid(&sandbox, None).await;
    refund(&sandbox, &asked(&order, "next", "0.4")).await;
    let next = binance.refund_of("next").unwrap();
    assert_eq!(next.status, RefundStatus::Success);
}

#[tokio::test]
async fn a_refund_ends_in_its_time_though_nobody_looks() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    let order = paid(&sandbox, None).await;
    let soon = Pending {
        after_ms: Some(100),
        rejected: true,
    };
    let binance = sandbox.binance();
    binance.fault(On::Any, 1, Fault::RefundPends(soon));

    admin(&sandbox, "behaviour", &json!({"balance": "1.5"})).await;

    refund(&sandbox, &told_to(&order, "1", "0.4", &callback)).await;
    let (_, during) = admin(&sandbox, "behaviour", &json!({})).await;

    until(|| callback.count() == 1).await;
    let told = callback.verified(&sandbox, 0).await.unwrap();
    assert_eq!(told["bizStatus"], "REFUND_REJECTED");
    let (_, after) = admin(&sandbox, "behaviour", &json!({})).await;
    assert_eq!([&during["balance"], &after["balance"]], ["1.1", "1.5"]);
}

#[tokio::test]
async fn an_end_may_be_contradicted_while_there_is_money_for_it() {
    let sandbox = pending().await;
    let order = paid(&sandbox, None).await;
    let binance = sandbox.binance();
    refund(&sandbox, &asked(&order, "1", "0.7")).await;
    binance.reject_refund("1", Play::default()).unwrap();
    let twice = binance.reject_refund("1", Play::default()).unwrap_err();

    binance.succeed_refund("1", Play::default()).unwrap();
    assert_eq!(books(&sandbox), ["1.00020004", "0.7", "0"]);
    binance.reject_refund("1", Play::default()).unwrap();
    refund(&sandbox, &asked(&order, "2", "0.4")).await;
    let spent = binance.succeed_refund("1", Play::default()).unwrap_err();

    assert_eq!(twice, Impossible::Because("the refund is Fail".to_owned()));
    let too_little = "too little is left".to_owned();
    assert_eq!(spent, Impossible::Because(too_little));
    for (path, code) in [
        ("refunds/none/reject", 404),
        ("refunds/2/forget", 404),
        ("refunds/1/reject", 409),
    ] {
        let (status, answer) = admin(&sandbox, path, &json!({})).await;
        assert_eq!(status, code, "{path}: {answer}");
    }
}

#[tokio::test]
async fn an_accepted_refund_may_never_be_heard_of_again() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    let order = paid(&sandbox, None).await;
    let forgotten = json!({"on": "refund", "fault": "refundForgotten"});
    assert_eq!(admin(&sandbox, "faults", &forgotten).await.0, 200);
    let asked = told_to(&order, "1", "0.4", &callback);

    let accepted = refund(&sandbox, &asked).await;
    let unknown = query_refund(&sandbox, "1").await;
    let made = refund(&sandbox, &asked).await;
    until(|| callback.count() == 1).await;

    assert_eq!(accepted["data"]["refundedAmount"], "0.4");
    assert_eq!(unknown["code"], "400202");
    for answer in [accepted, made] {
        assert_eq!(answer["data"]["duplicateRequest"], "N");
        assert_eq!(answer["data"]["remainingAttempts"], 9);
    }
    assert_eq!(books(&sandbox), ["1.00020004", "0.4", "0"]);
}
