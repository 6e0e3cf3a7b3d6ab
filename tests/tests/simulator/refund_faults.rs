//! Refund and query refund under every fault, and with every value of their answers bent.

use sandbox::binance::{Bend, BendOn, Envelope, Fault, On};
use serde_json::json;

use crate::merchant::{Request, asked, paid, query_refund, refund, sandbox};

fn refuse(code: &str, http: u16) -> Fault {
    Fault::Refuse {
        code: code.to_owned(),
        message: "no".to_owned(),
        http,
        envelope: Envelope::Normal,
    }
}

#[tokio::test]
async fn a_refund_meets_every_fault() {
    let sandbox = sandbox().await;
    let binance = sandbox.binance();
    for (fault, http, is_made) in [
        (Fault::LostRequest, None, false),
        (Fault::LostAnswer, None, true),
        (Fault::SlowThenLost { ms: 10 }, None, true),
        (Fault::Slow { ms: 10 }, Some(200), true),
        (Fault::Http500, Some(500), false),
        (Fault::Http500Taken, Some(500), true),
        (Fault::Rate429 { retry_after: None }, Some(429), false),
        (Fault::Html403, Some(403), false),
        (Fault::BrokenAnswer, Some(200), true),
        (refuse("400304", 400), Some(400), false),
    ] {
        let order = paid(&sandbox, None).await;
        let asked = asked(&order, &order.merchant_trade_no, "0.4");
        binance.fault(On::Refund, 1, fault.clone());

        let request = Request::new(&sandbox, "order/refund", &asked);
        let answer = request.try_send().await.ok();

        let answered = answer.map(|answer| answer.status().as_u16());
        assert_eq!(answered, http, "{fault:?}");
        let refund = binance.refund_of(&order.merchant_trade_no);
        assert_eq!(refund.is_some(), is_made, "{fault:?}");
        let unknown = query_refund(&sandbox, &order.merchant_trade_no).await["code"] == "400202";
        assert_eq!(unknown, !is_made, "{fault:?}");
    }
}

#[tokio::test]
async fn a_query_of_a_refund_meets_its_own_faults_and_those_of_any_call() {
    let sandbox = sandbox().await;
    let binance = sandbox.binance();
    let order = paid(&sandbox, None).await;
    binance
        .fault_json(json!({"on": "refundQuery", "fault": "refuse", "code": "400202"}))
        .unwrap();
    binance.fault(On::Any, 1, refuse("406108", 200));

    let made = refund(&sandbox, &asked(&order, "1", "0.4")).await;
    assert_eq!(made["code"], "406108");
    let made = refund(&sandbox, &asked(&order, "1", "0.4")).await;
    assert_eq!(made["code"], "000000");

    assert_eq!(query_refund(&sandbox, "1").await["code"], "400202");
    binance.fault(On::Any, 1, refuse("406108", 200));
    assert_eq!(query_refund(&sandbox, "1").await["code"], "406108");
    assert_eq!(query_refund(&sandbox, "1").await["code"], "000000");
}

#[tokio::test]
async fn every_value_of_both_answers_can_be_missing_null_or_another() {
    let sandbox = sandbox().await;
    let binance = sandbox.binance();
    let order = paid(&sandbox, None).await;
    let first = asked(&order, "1", "0.4");
    let answered = refund(&sandbox, &first).await;
    let queried = query_refund(&sandbox, "1").await;
    for (on, straight) in [(BendOn::Refund, answered), (BendOn::RefundQuery, queried)] {
        let fields = straight["data"].as_object().unwrap().keys();
        let fields: Vec<_> = fields.map(|name| format!("/data/{name}")).collect();
        assert_eq!(fields.len(), 9);
        for path in fields
            .iter()
            .map(String::as_str)
            .chain(["/data", "/code", "/status"])
        {
            let (parent, name) = path.rsplit_once('/').unwrap();
            for bend in [
                Bend::remove(on, path),
                Bend::set(on, path, "null"),
                Bend::set(on, path, r#"{"a":1}"#),
            ] {
                let is_removed = bend == Bend::remove(on, path);
                binance.bend(bend.clone().once());

                let bent = match on {
                    BendOn::Refund => refund(&sandbox, &first).await,
                    _ => query_refund(&sandbox, "1").await,
                };

                let found = bent.pointer(parent).unwrap().get(name);
                assert_eq!(found.is_none(), is_removed, "{bend:?}: {bent}");
                assert_ne!(found, straight.pointer(path), "{bend:?}: {bent}");
            }
        }
    }
    assert_eq!(binance.refunds().len(), 1);
}
