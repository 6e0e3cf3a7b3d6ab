//! The stand-in for LeadsCalendar: what it accepts, and how it can be away.

use std::time::Duration;

use sandbox::leadscalendar::Mode;
use sandbox::{Options, Sandbox, clock, web};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

async fn confirm(
    sandbox: &Sandbox,
    id: &str,
    status: &str,
    secret: &str,
) -> Result<u16, reqwest::Error> {
    let body = json!({
        "type": "order.paid",
        "timestamp": "2026-11-22T09:00:00Z",
        "data": {"orderId": "a1", "status": status, "revision": 1},
    })
    .to_string();
    let now_secs = clock::now_ms() / 1000;
    let signature = Webhook::new(secret)
        .unwrap()
        .sign(id, now_secs, body.as_bytes())
        .unwrap();
    let client = web::client(Duration::from_secs(5), false);
    let request = client
        .post(sandbox.leadscalendar().callback_url())
        .header("webhook-id", id)
        .header("webhook-timestamp", now_secs)
        .header("webhook-signature", signature)
        .header("content-type", "application/json");
    Ok(request.body(body).send().await?.status().as_u16())
}

#[tokio::test]
async fn only_a_proper_confirmation_is_accepted() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let secret = &sandbox.webhook_secrets()[0];
    let other = sandbox::sandbox::webhook_secret("other");

    assert_eq!(
        confirm(&sandbox, "a1_1", "PAID", &other).await.unwrap(),
        401
    );
    assert_eq!(
        confirm(&sandbox, "a1_1", "PAID", secret).await.unwrap(),
        200
    );
    assert_eq!(
        confirm(&sandbox, "a1_1", "PAID", secret).await.unwrap(),
        200
    );
    assert_eq!(
        confirm(&sandbox, "a1_2", "PAID", secret).await.unwrap(),
        401
    );
    assert_eq!(
        confirm(&sandbox, "a1_1", "REFUNDED", secret).await.unwrap(),
        401
    );

    let accepted: Vec<_> = sandbox
        .leadscalendar()
        .confirmations()
        .iter()
        .map(|confirmation| confirmation.accepted)
        .collect();
    assert_eq!(accepted, [false, true, true, false, false]);
}

#[tokio::test]
async fn a_mode_is_over_after_its_times() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let secret = &sandbox.webhook_secrets()[0];
    for (mode, expected) in [
        (Mode::Down, Some(503)),
        (Mode::Redirect, Some(307)),
        (Mode::Gone, Some(410)),
        (Mode::RetryAfter { secs: 7 }, Some(429)),
        (Mode::Slow { ms: 10 }, Some(200)),
        (Mode::Drop, None),
    ] {
        sandbox.leadscalendar().mode(mode, Some(1));
        assert_eq!(
            confirm(&sandbox, "a1_1", "PAID", secret).await.ok(),
            expected
        );
        assert_eq!(
            confirm(&sandbox, "a1_1", "PAID", secret).await.ok(),
            Some(200)
        );
    }
}

#[tokio::test]
async fn confirmation_that_meets_a_host_that_hangs_has_arrived_and_is_never_answered() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let secret = &sandbox.webhook_secrets()[0];
    sandbox.leadscalendar().mode(Mode::Hang, Some(1));

    let confirming = confirm(&sandbox, "a1_1", "PAID", secret);
    let answered = tokio::time::timeout(Duration::from_millis(300), confirming).await;

    assert!(answered.is_err(), "{answered:?}");
    let confirmations = sandbox.leadscalendar().confirmations();
    assert_eq!(confirmations.len(), 1);
    assert!(!confirmations[0].accepted);
    assert_eq!(
        confirm(&sandbox, "a1_1", "PAID", secret).await.unwrap(),
        200
    );
}

#[tokio::test]
async fn a_mode_is_set_over_http_and_an_unknown_one_or_option_is_refused() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let url = format!("{}/sandbox/mode", sandbox.binance().url());
    let client = web::client(Duration::from_secs(5), false);

    let set = client
        .post(&url)
        .json(&json!({"mode": "slow", "ms": 3, "times": 2}))
        .send()
        .await
        .unwrap();
    assert_eq!(
        set.json::<Value>().await.unwrap(),
        json!({"mode": "slow", "ms": 3, "times": 2})
    );

    for (misspelt, named) in [
        (json!({"mode": "away"}), "`away`"),
        (json!({"mode": "down", "tmies": 3}), "`tmies`"),
        (json!({"mode": "slow", "time": 3}), "`time`"),
        (json!({"mode": "down", "times": 0}), "times: "),
    ] {
        let refused = client.post(&url).json(&misspelt).send().await.unwrap();
        assert_eq!(refused.status(), 400, "{misspelt}");
        let problem = refused.text().await.unwrap();
        assert!(problem.contains(named), "{problem}");
        assert!(problem.contains("; known modes: up, down, "), "{problem}");
    }
}
