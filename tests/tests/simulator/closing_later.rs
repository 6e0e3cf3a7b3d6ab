//! A close and a payment that cross: what is accepted may be carried out later, or never.

use sandbox::binance::{At, Fault, Later, On, Play, Status};
use serde_json::{Value, json};

use crate::merchant::{Callback, Request, admin, close, create, order, sandbox, status, until};

fn accepted() -> Value {
    json!({"status": "SUCCESS", "code": "000000", "data": true})
}

fn comes(at: At) -> Fault {
    Fault::PayerComes {
        at,
        begins: false,
        notify: true,
    }
}

#[tokio::test]
async fn an_accepted_close_is_carried_out_when_its_time_has_come() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    let binance = sandbox.binance();
    let (trade_no, _) = create(&sandbox, Some(&callback.url())).await;
    let later = json!({"on": "close", "fault": "closesLater", "afterMs": 60_000});
    assert_eq!(admin(&sandbox, "faults", &later).await.0, 200);

    assert_eq!(close(&sandbox, &trade_no).await, accepted());
    assert_eq!(status(&sandbox, &trade_no).await, "INITIAL");
    let closing = binance.order(&trade_no).unwrap().closing.unwrap();
    assert_eq!(closing.due_time, Some(closing.accepted_time + 60_000));
    binance.advance(59);
    assert_eq!(status(&sandbox, &trade_no).await, "INITIAL");
    assert_eq!(callback.count(), 0);
    binance.advance(1);

    assert_eq!(status(&sandbox, &trade_no).await, "CANCELED");
    until(|| callback.count() == 1).await;
    let order = binance.order(&trade_no).unwrap();
    assert_eq!((order.close_time, order.closing), (closing.due_time, None));
    let steered = &binance.calls()[1].steered;
    assert_eq!(
        *steered,
        Some(json!({"fault": "closesLater", "afterMs": 60_000}))
    );
}

#[tokio::test]
async fn an_accepted_close_is_carried_out_in_its_time_though_nobody_looks() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    let (trade_no, _) = create(&sandbox, Some(&callback.url())).await;
    let later = Later { after_ms: Some(50) };
    sandbox
        .binance()
        .behave(|behaviour| behaviour.closes_later = Some(later));

    assert_eq!(close(&sandbox, &trade_no).await, accepted());

    until(|| callback.count() == 1).await;
    let told = callback.verified(&sandbox, 0).await.unwrap();
    assert_eq!(told["bizStatus"], "PAY_CLOSED");
}

#[tokio::test]
async fn an_accepted_close_without_a_time_waits_to_be_told() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    let (trade_no, _) = create(&sandbox, Some(&callback.url())).await;
    let carry_out = format!("orders/{trade_no}/close");
    let none = json!({"error": "no close waits to be carried out"});
    assert_eq!(admin(&sandbox, &carry_out, &json!({})).await, (409, none));
    let switch = json!({"closesLater": {}, "closedNotices": false});
    let (_, behaviour) = admin(&sandbox, "behaviour", &switch).await;
    assert_eq!(behaviour["closesLater"], json!({"afterMs": null}));

    for _ in 0..2 {
        assert_eq!(close(&sandbox, &trade_no).await, accepted());
    }
    sandbox.binance().advance(600);
    assert_eq!(status(&sandbox, &trade_no).await, "INITIAL");
    let (code, closed) = admin(&sandbox, &carry_out, &json!({})).await;

    assert_eq!((code, &closed["status"]), (200, &json!("CANCELED")));
    assert_eq!(status(&sandbox, &trade_no).await, "CANCELED");
    // Switched off on the merchant page, it is told to nobody.
    assert_eq!(sandbox.binance().deliveries().len(), 0);
}

#[tokio::test]
async fn a_payment_that_comes_before_an_accepted_close_is_carried_out_wins() {
    let sandbox = sandbox().await;
    let binance = sandbox.binance();
    let minute = Later {
        after_ms: Some(60_000),
    };
    binance.behave(|behaviour| behaviour.closes_later = Some(minute));
    let (paid, _) = create(&sandbox, None).await;
    let (begun, _) = create(&sandbox, None).await;
    for trade_no in [&paid, &begun] {
        assert_eq!(close(&sandbox, trade_no).await, accepted());
    }

    binance.pay(&paid, Play::in_silence()).unwrap();
    binance.under_way(&begun, true).unwrap();
    binance.advance(120);
    assert_eq!(status(&sandbox, &begun).await, "PENDING");
    binance.under_way(&begun, false).unwrap();

    assert_eq!(status(&sandbox, &paid).await, "PAID");
    assert_eq!(close(&sandbox, &paid).await["code"], "400204");
    // The payer gave up: it has to be closed again.
    assert_eq!(status(&sandbox, &begun).await, "INITIAL");
    assert_eq!(close(&sandbox, &begun).await, accepted());
    binance.advance(60);
    assert_eq!(status(&sandbox, &begun).await, "CANCELED");
}

#[tokio::test]
async fn an_order_that_ends_before_its_close_is_carried_out_has_expired() {
    let sandbox = sandbox().await;
    let (trade_no, _) = create(&sandbox, None).await;
    let hours = Later {
        after_ms: Some(7_200_000),
    };
    let binance = sandbox.binance();
    binance.fault(On::Close, 1, Fault::ClosesLater(hours));

    close(&sandbox, &trade_no).await;
    binance.advance(7200);

    let order = binance.order(&trade_no).unwrap();
    assert_eq!(order.status, Status::Expired);
    assert_eq!(order.close_time, Some(order.expire_time));
}

#[tokio::test]
async fn the_payer_comes_before_between_or_after_the_steps_of_a_close() {
    let (sandbox, callback) = (sandbox().await, Callback::start(0).await);
    let binance = sandbox.binance();
    for (index, (at, code)) in [
        (At::Before, "400204"),
        (At::Between, "000000"),
        (At::After, "000000"),
    ]
    .into_iter()
    .enumerate()
    {
        let (trade_no, _) = create(&sandbox, Some(&callback.url())).await;
        binance.fault(On::Close, 1, comes(at));

        let answer = close(&sandbox, &trade_no).await;

        assert_eq!(answer["code"], code, "{at:?}");
        assert_eq!(status(&sandbox, &trade_no).await, "PAID", "{at:?}");
        let order = binance.order(&trade_no).unwrap();
        assert_eq!(order.closing, None, "{at:?}");
        assert_eq!(order.close_time.is_some(), at == At::After);
        until(|| callback.count() > index).await;
        if at == At::After {
            // PAY_CLOSED as well.
            until(|| callback.count() == 4).await;
        }
    }
    assert_eq!(binance.faults(), []);
}

#[tokio::test]
async fn a_payment_may_begin_while_a_close_is_on_its_way() {
    let sandbox = sandbox().await;
    let (trade_no, _) = create(&sandbox, None).await;
    let begins = json!({"on": "close", "fault": "payerComes", "at": "before", "begins": true});
    assert_eq!(admin(&sandbox, "faults", &begins).await.0, 200);

    assert_eq!(close(&sandbox, &trade_no).await["code"], "400204");
    assert_eq!(status(&sandbox, &trade_no).await, "PENDING");
    sandbox.binance().under_way(&trade_no, false).unwrap();

    assert_eq!(close(&sandbox, &trade_no).await, accepted());
    assert_eq!(status(&sandbox, &trade_no).await, "CANCELED");
}

#[tokio::test]
async fn the_payer_comes_while_the_answer_to_a_close_is_lost_or_the_order_is_asked_about() {
    let sandbox = sandbox().await;
    let binance = sandbox.binance();
    let (lost, _) = create(&sandbox, None).await;
    binance.fault(On::Close, 1, Fault::LostRequest);
    binance.fault(On::Close, 1, Fault::LostAnswer);
    binance.fault(On::Close, 1, comes(At::Between));
    for _ in 0..2 {
        let asked = json!({"merchantTradeNo": lost});
        let request = Request::new(&sandbox, "order/close", &asked);
        request.try_send().await.unwrap_err();
    }
    assert_eq!(status(&sandbox, &lost).await, "PAID");
    // A request that never arrived has met nobody.
    let steered: Vec<_> = binance.calls()[1..3]
        .iter()
        .map(|call| (call.verdict, call.steered.is_some()))
        .collect();
    assert_eq!(steered, [("not taken", false), ("taken", true)]);

    let (asked, _) = create(&sandbox, None).await;
    binance.fault(On::Query, 1, comes(At::After));
    assert_eq!(status(&sandbox, &asked).await, "INITIAL");
    assert_eq!(status(&sandbox, &asked).await, "PAID");
}

#[tokio::test]
async fn closing_what_is_over_is_refused_by_the_code_that_is_set_and_what_is_paid_by_its_own() {
    let sandbox = sandbox().await;
    let binance = sandbox.binance();
    let (closed, _) = create(&sandbox, None).await;
    let (expired, _) = create(&sandbox, None).await;
    let (paid, _) = create(&sandbox, None).await;
    close(&sandbox, &closed).await;
    binance.expire(&expired).unwrap();
    binance.pay(&paid, Play::in_silence()).unwrap();

    for code in ["400204", "400202"] {
        binance.behave(|behaviour| behaviour.close_again_code = code.to_owned());
        assert_eq!(close(&sandbox, &closed).await["code"], code);
        assert_eq!(close(&sandbox, &expired).await["code"], code);
        assert_eq!(close(&sandbox, &paid).await["code"], "400204");
    }
}

#[tokio::test]
async fn a_close_meets_the_faults_of_every_call() {
    let sandbox = sandbox().await;
    let binance = sandbox.binance();
    for (fault, http, is_closed) in [
        (Fault::Http500, 500, false),
        (Fault::Http500Taken, 500, true),
        (Fault::Rate429 { retry_after: None }, 429, false),
        (Fault::Slow { ms: 20 }, 200, true),
        (Fault::BrokenAnswer, 200, true),
    ] {
        let made = order(None);
        Request::new(&sandbox, "v3/order", &made).send().await;
        let asked = json!({"merchantTradeNo": made["merchantTradeNo"]});
        binance.fault(On::Close, 1, fault.clone());

        let request = Request::new(&sandbox, "order/close", &asked);
        let answer = request.try_send().await.unwrap();

        assert_eq!(answer.status(), http, "{fault:?}");
        let order = binance.orders().pop().unwrap();
        assert_eq!(order.status == Status::Canceled, is_closed, "{fault:?}");
    }
}

#[tokio::test]
async fn every_broken_rule_of_close_and_query_is_refused() {
    let sandbox = sandbox().await;
    let (trade_no, _) = create(&sandbox, None).await;
    for (broken, code) in [
        (json!({}), "400100"),
        (json!({"merchantTradeNo": null, "prepayId": null}), "400100"),
        (json!({"merchantTradeNo": ""}), "400100"),
        (json!({"merchantTradeNo": 7}), "400100"),
        (json!({"merchantTradeNo": "1".repeat(33)}), "400101"),
        (json!({"merchantTradeNo": "none"}), "400202"),
        (json!({"prepayId": "1".repeat(20)}), "400101"),
        (json!({"prepayId": 7}), "400100"),
        (
            json!({"prepayId": "7", "merchantTradeNo": trade_no}),
            "400202",
        ),
        (
            json!({"merchantTradeNo": trade_no, "reason": "no"}),
            "400001",
        ),
    ] {
        for path in ["order/close", "v2/order/query"] {
            let answer = Request::new(&sandbox, path, &broken).send().await;
            assert_eq!(answer["code"], code, "{path}: {broken}");
        }
    }
    let as_in_the_samples = json!({"merchantTradeNo": trade_no, "prepayId": null});
    let request = Request::new(&sandbox, "order/close", &as_in_the_samples);
    assert_eq!(request.send().await, accepted());
}
