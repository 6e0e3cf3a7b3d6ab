//! Faults: each one plays as its name says, and is used up.

use sandbox::binance::{Envelope, Fault, On, Play};
use serde_json::json;

use crate::merchant::{Callback, Request, admin, create, order, sandbox};

#[tokio::test]
async fn a_lost_answer_leaves_an_order_and_a_lost_request_leaves_none() {
    let sandbox = sandbox().await;
    sandbox.binance().fault(On::Create, 1, Fault::LostAnswer);
    sandbox.binance().fault(On::Create, 1, Fault::LostRequest);

    let first = order(None);
    Request::new(&sandbox, "v3/order", &first)
        .try_send()
        .await
        .unwrap_err();
    let second = order(None);
    Request::new(&sandbox, "v3/order", &second)
        .try_send()
        .await
        .unwrap_err();

    assert_eq!(sandbox.binance().orders().len(), 1);
    // Nobody may try a number again whose end he cannot know.
    for number in [first, second] {
        assert_eq!(
            Request::new(&sandbox, "v3/order", &number).send().await["code"],
            "400201"
        );
    }
    let calls = sandbox.binance().calls();
    let verdicts: Vec<_> = calls
        .iter()
        .map(|call| (call.verdict, call.http_status))
        .collect();
    assert_eq!(
        verdicts,
        [
            ("taken", None),
            ("not taken", None),
            ("refused", Some(200)),
            ("refused", Some(200))
        ]
    );
}

#[tokio::test]
async fn a_fault_is_used_up_by_the_calls_it_is_for() {
    let sandbox = sandbox().await;
    let rate = json!({"on": "create", "fault": "rate429", "retryAfter": 3, "times": 2});
    assert_eq!(admin(&sandbox, "faults", &rate).await.0, 200);

    let certificates = Request::new(&sandbox, "certificates", &json!({}))
        .try_send()
        .await
        .unwrap();
    assert_eq!(certificates.status(), 200);
    let again = order(None);
    for _ in 0..2 {
        let limited = Request::new(&sandbox, "v3/order", &again)
            .try_send()
            .await
            .unwrap();
        assert_eq!(
            (
                limited.status().as_u16(),
                limited.headers()["retry-after"].to_str().unwrap()
            ),
            (429, "3")
        );
    }

    assert_eq!(
        Request::new(&sandbox, "v3/order", &again).send().await["code"],
        "000000"
    );
    assert_eq!(sandbox.binance().faults(), []);
}

#[tokio::test]
async fn an_unknown_fault_is_answered_with_the_known_ones() {
    let sandbox = sandbox().await;

    let (status, answer) = admin(&sandbox, "faults", &json!({"fault": "lostAnwser"})).await;

    assert_eq!(status, 400);
    assert!(
        answer["error"].as_str().unwrap().contains("webhookFirst"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_misspelt_option_of_a_fault_is_refused_by_name() {
    let sandbox = sandbox().await;
    for (misspelt, named) in [
        (json!({"fault": "lostAnswer", "tmies": 2}), "`tmies`"),
        (json!({"fault": "slow", "time": 300}), "`time`"),
        (json!({"fault": "lostAnswer", "times": 0}), "times: "),
    ] {
        let (status, answer) = admin(&sandbox, "faults", &misspelt).await;
        let problem = answer["error"].as_str().unwrap();
        assert_eq!(status, 400, "{answer}");
        assert!(problem.contains(named), "{problem}");
        assert!(problem.contains("; known faults: "), "{problem}");
    }
    assert_eq!(sandbox.binance().faults(), []);
}

#[tokio::test]
async fn a_refusal_comes_in_every_shape() {
    let sandbox = sandbox().await;
    for (envelope, http, expected) in [
        (
            Envelope::Normal,
            400,
            json!({"status": "FAIL", "code": "400203", "errorMessage": "no"}),
        ),
        (Envelope::Msg, 200, json!({"code": "400203", "msg": "no"})),
        (
            Envelope::ErrorData,
            200,
            json!({"status": "ERROR", "type": "SYS", "code": "400203", "errorData": "no"}),
        ),
        (
            Envelope::Numeric,
            403,
            json!({"code": 400_203, "msg": "no"}),
        ),
    ] {
        let (code, message) = ("400203".to_owned(), "no".to_owned());
        sandbox.binance().fault(
            On::Any,
            1,
            Fault::Refuse {
                code,
                message,
                http,
                envelope,
            },
        );
        let response = Request::new(&sandbox, "v3/order", &order(None))
            .try_send()
            .await
            .unwrap();
        assert_eq!(response.status(), http);
        assert_eq!(
            response.json::<serde_json::Value>().await.unwrap(),
            expected
        );
    }
    assert!(sandbox.binance().orders().is_empty());
}

#[tokio::test]
async fn a_taken_order_may_be_answered_with_500_half_an_answer_or_late() {
    let sandbox = sandbox().await;
    for (fault, status, readable) in [
        (Fault::Http500Taken, 500, true),
        (Fault::BrokenAnswer, 200, false),
        (Fault::Slow { ms: 30 }, 200, true),
        (Fault::Html403, 403, false),
        (Fault::Geo451, 451, true),
    ] {
        sandbox.binance().fault(On::Create, 1, fault);
        let response = Request::new(&sandbox, "v3/order", &order(None))
            .try_send()
            .await
            .unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.json::<serde_json::Value>().await.is_ok(), readable);
    }
    assert_eq!(sandbox.binance().orders().len(), 3);
}

#[tokio::test]
async fn the_webhook_may_come_before_the_answer() {
    let sandbox = sandbox().await;
    let callback = Callback::start(0).await;
    sandbox.binance().fault(On::Create, 1, Fault::WebhookFirst);

    let (trade_no, _) = create(&sandbox, Some(&callback.url())).await;

    assert_eq!(callback.count(), 1);
    sandbox
        .binance()
        .pay(&trade_no, Play::default())
        .unwrap_err();
}

#[tokio::test]
async fn a_port_that_went_away_refuses_until_it_comes_back() {
    let sandbox = sandbox().await;
    let (url, server) = (sandbox.binance().url(), sandbox.binance().server());
    let client = sandbox::web::client(std::time::Duration::from_secs(2), false);

    server.go_away();
    while client.get(&url).send().await.is_ok() {}
    assert!(client.get(&url).send().await.unwrap_err().is_connect());
    server.come_back();

    while client.get(&url).send().await.is_err() {}
    create(&sandbox, None).await;
}
