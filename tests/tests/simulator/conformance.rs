//! What is believed of Binance: the simulator is as believed, and one that is bent in a single point is found out.

use futures_util::{StreamExt as _, stream};
use sandbox::binance::Status;
use sandbox::conformance::{self, Keys, Made, Notices, ORDERS, Report, Target, Verdict};
use sandbox::{Sandbox, web};
use serde_json::{Value, json};

use crate::merchant::{admin, sandbox};

async fn target(sandbox: &Sandbox) -> Target {
    let listener = web::listen(0, "free").await.unwrap();
    Target {
        base_url: sandbox.binance().url(),
        keys: Keys {
            api_key: sandbox.credentials().api_key.clone().into(),
            api_secret: sandbox.credentials().api_secret.clone().into(),
        },
        notices: Some(Notices::start(listener, None).unwrap()),
        made: Made::default(),
        say: |_| {},
    }
}

fn ids(report: &Report, verdict: Verdict) -> Vec<&str> {
    report.of(verdict).map(|row| row.id).collect()
}

#[tokio::test]
async fn simulator_is_as_binance_is_believed_to_be() {
    let sandbox = sandbox().await;
    let target = target(&sandbox).await;

    let report = conformance::compare(&target).await.unwrap();

    assert_eq!(
        ids(&report, Verdict::Differs),
        [""; 0],
        "{}",
        report.table()
    );
    assert_eq!(ids(&report, Verdict::NotSeen), [""; 0]);
    let orders = sandbox.binance().orders();
    assert!((20..=ORDERS).contains(&orders.len()), "{}", orders.len());
    let is_open = |status| status != Status::Canceled && status != Status::Expired;
    assert!(!orders.iter().any(|order| is_open(order.status)));
    assert_eq!(target.made.open(), [""; 0]);
}

/// How the simulator is bent, and what has to differ then.
#[rustfmt::skip]
fn bent() -> Vec<(&'static str, Value, Vec<&'static str>)> {
    let set = |on: &str, path: &str, value: Value| json!({"on": on, "path": path, "set": value});
    let remove = |on: &str, path: &str| json!({"on": on, "path": path, "remove": true});
    vec![
        ("behaviour", json!({"refusalHttp": 500}), vec!["refusal.http"]),
        ("behaviour", json!({"closeAgainCode": "400201"}), vec!["close.again", "expiry.close"]),
        ("behaviour", json!({"closesLater": {}}), vec!["close.status", "close.again", "notice.closed"]),
        ("behaviour", json!({"closedNotices": false}), vec!["notice.closed"]),
        ("behaviour", json!({"bizIdStr": false}), vec!["notice.biz-id"]),
        ("behaviour", json!({"unknownRefundCode": "50001"}), vec!["refund.query-unknown"]),
        ("behaviour", json!({"ignoreExpireTime": true}), vec!["expiry.past", "expiry.far", "expiry.kept"]),
        ("behaviour", json!({"refuseExpireTime": {"nearerThanSecs": 4000}}), vec!["expiry.hour"]),
        // What is not published may be either way.
        ("behaviour", json!({"closedOnExpiry": true}), vec![]),
        ("behaviour", json!({"closeAgainCode": "400202"}), vec![]),
        ("behaviour", json!({"refusalHttp": 400}), vec![]),
        ("behaviour", json!({"refuseExpireTime": {"nearerThanSecs": 600}}), vec![]),
        ("bends", set("create", "/data/totalFee", json!(1)), vec!["create.total-fee", "fiat.proportion", "query.amount"]),
        ("bends", set("create", "/data/totalFee", json!("1.000000001")), vec!["fiat.decimals", "fiat.proportion", "query.amount"]),
        ("bends", set("create", "/data/totalFee", json!("2")), vec!["fiat.rate", "fiat.proportion", "query.amount"]),
        ("bends", set("create", "/data/expireTime", json!("1")), vec!["create.expire-time", "create.life", "expiry.kept"]),
        ("bends", set("create", "/data/currency", json!("BUSD")), vec!["create.currency"]),
        ("bends", remove("create", "/data/deeplink"), vec!["create.ways"]),
        ("bends", remove("query", "/data/passThroughInfo"), vec!["query.pass-through"]),
        ("bends", set("query", "/data/orderAmount", json!(1)), vec!["query.amount"]),
        ("bends", set("query", "/data/status", json!("PENDING")), vec!["query.open", "close.status", "expiry.status"]),
        ("bends", set("certificates", "/data", json!([])), vec!["certificates.some", "notice.signature"]),
        ("bends", set("certificates", "/data/0/certPublic", json!("MIGf")), vec!["certificates.form", "notice.signature"]),
        ("bends", set("certificates", "/data/0/certSerial", json!("1")), vec!["certificates.serial", "notice.signature"]),
        ("bends", set("notification", "/bizStatus", json!("PAY_CLOSE")), vec!["notice.closed"]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn simulator_that_is_bent_in_one_point_differs_there_and_nowhere_else() {
    let differing = stream::iter(bent()).map(async |(path, change, expected)| {
        let sandbox = sandbox().await;
        let (status, answer) = admin(&sandbox, path, &change).await;
        assert_eq!(status, 200, "{answer}");
        let target = target(&sandbox).await;

        let report = conformance::compare(&target).await.unwrap();

        let mut expected = expected;
        expected.sort_unstable();
        let mut differs = ids(&report, Verdict::Differs);
        differs.sort_unstable();
        assert_eq!(differs, expected, "{change}");
        let mut shown = report.table();
        for id in &differs {
            let loud = format!("({id})");
            assert!(shown.contains(&loud), "{shown}");
            shown = shown.replacen(&loud, "", 1);
        }
    });
    differing.buffer_unordered(4).collect::<Vec<()>>().await;
}

#[tokio::test]
async fn order_whose_creation_was_not_answered_is_closed_all_the_same() {
    let sandbox = sandbox().await;
    let lost = json!({"on": "create", "fault": "lostAnswer"});
    assert_eq!(admin(&sandbox, "faults", &lost).await.0, 200);
    let target = target(&sandbox).await;

    let problem = conformance::compare(&target).await.unwrap_err();
    assert!(problem.contains("v3/order was not answered"), "{problem}");
    assert_eq!(sandbox.binance().orders()[0].status, Status::Initial);

    assert_eq!(conformance::close_all(&target).await, Ok(Vec::new()));
    assert_eq!(sandbox.binance().orders()[0].status, Status::Canceled);
}

#[tokio::test]
async fn rate_that_is_limited_ends_it() {
    let sandbox = sandbox().await;
    let limited = json!({"on": "close", "fault": "rate429"});
    assert_eq!(admin(&sandbox, "faults", &limited).await.0, 200);
    let problem = conformance::compare(&target(&sandbox).await).await;
    assert_eq!(
        problem.unwrap_err(),
        "Binance limits the rate: try again later"
    );
}

#[tokio::test]
async fn nothing_is_made_with_a_key_that_is_not_let_in_and_what_to_look_at_is_said() {
    for (code, http, look) in [
        ("400002", 200, "Look at the signature"),
        ("400003", 400, "Look at this machine's clock"),
        ("400004", 401, "Look at the key"),
        ("400005", 200, "Look at the form of the key"),
        ("400606", 403, "Look at the permissions"),
        ("0", 451, "Look at the place of this machine"),
        ("400000", 500, "Look at the address"),
    ] {
        let sandbox = sandbox().await;
        let words = format!(
            "{} {}",
            sandbox.credentials().api_key,
            sandbox.credentials().api_secret
        );
        let refuse = json!({"on": "certificates", "fault": "refuse", "code": code, "http": http, "message": words, "times": null});
        assert_eq!(admin(&sandbox, "faults", &refuse).await.0, 200);

        let problem = conformance::compare(&target(&sandbox).await).await;

        let problem = problem.unwrap_err();
        assert!(problem.contains(look), "{problem}");
        assert!(problem.contains("(… …)"), "{problem}");
        let tries = if code == "400003" { 3 } else { 1 };
        assert_eq!(sandbox.binance().calls().len(), tries);
    }
}
