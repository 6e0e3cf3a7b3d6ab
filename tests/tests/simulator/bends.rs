//! Bends: one value of an answer is another, and all the rest keeps its very characters.

use sandbox::Sandbox;
use sandbox::binance::{Bend, BendOn, Envelope, Fault, On, Play};
use serde_json::json;

use crate::merchant::{Request, admin, admin_text, create, order, query, sandbox};

/// The text of the answer to the newest call.
fn answered(sandbox: &Sandbox) -> String {
    sandbox.binance().calls().pop().unwrap().answer.unwrap()
}

/// What each rule has changed.
pub fn played(sandbox: &Sandbox) -> Vec<u32> {
    let bends = sandbox.binance().bends();
    bends.iter().map(|bend| bend.played).collect()
}

#[tokio::test]
async fn an_answer_is_bent_at_one_place_and_nowhere_else() {
    let sandbox = sandbox().await;
    let (trade_no, _) = create(&sandbox, None).await;
    sandbox
        .binance()
        .pay(&trade_no, Play::in_silence())
        .unwrap();
    query(&sandbox, &trade_no).await;
    let straight = answered(&sandbox);
    for (rule, from, to) in [
        (
            r#""path":"/data/orderAmount","set":1.00020004000"#,
            r#""orderAmount":"1.00020004""#,
            r#""orderAmount":1.00020004000"#,
        ),
        (
            r#""path":"/data/merchantId","set":29383937493038367292"#,
            r#""merchantId":225467155"#,
            r#""merchantId":29383937493038367292"#,
        ),
        (
            r#""path":"/data/status","set":null"#,
            r#""status":"PAID""#,
            r#""status":null"#,
        ),
        (
            r#""path":"/data/paymentInfo/paymentInstructions/0/price","set":{"a":[]}"#,
            r#""price":"1""#,
            r#""price":{"a":[]}"#,
        ),
        (
            r#""path":"/data/currency","remove":true"#,
            r#""currency":"USDT","openUserId""#,
            r#""openUserId""#,
        ),
        (
            r#""path":"/code","twice":true"#,
            r#""code":"000000""#,
            r#""code":"000000","code":"000000""#,
        ),
        (
            r#""path":"/data/merchantId","quote":true"#,
            r#""merchantId":225467155"#,
            r#""merchantId":"225467155""#,
        ),
    ] {
        let rule = format!(r#"{{"on":"query",{rule},"times":1}}"#);
        let (status, listed) = admin_text(&sandbox, "bends", &rule).await;
        assert_eq!(status, 200, "{listed}");
        let shown = format!(r#"{},"played":0}}]"#, rule.strip_suffix('}').unwrap());
        assert!(listed.ends_with(&shown), "{listed}");

        query(&sandbox, &trade_no).await;
        let bent = answered(&sandbox);
        query(&sandbox, &trade_no).await;

        assert!(straight.contains(from), "{straight}");
        assert_eq!(bent, straight.replacen(from, to, 1));
        assert_eq!(answered(&sandbox), straight);
    }
    assert_eq!(played(&sandbox), [1; 7]);
}

#[tokio::test]
async fn each_call_is_bent_by_its_own_rules() {
    let sandbox = sandbox().await;
    let (trade_no, data) = create(&sandbox, None).await;
    let binance = sandbox.binance();
    let paid = create(&sandbox, None).await.1;
    for on in [
        BendOn::Create,
        BendOn::Query,
        BendOn::Close,
        BendOn::Refund,
        BendOn::Certificates,
    ] {
        binance.bend(Bend::set(on, "/bent", &json!(on).to_string()));
    }

    for (path, asked, expected) in [
        ("v3/order", order(None), "create"),
        (
            "v2/order/query",
            json!({"merchantTradeNo": trade_no}),
            "query",
        ),
        (
            "order/close",
            json!({"prepayId": data["prepayId"]}),
            "close",
        ),
        (
            "order/refund",
            json!({"refundRequestId": "1", "prepayId": paid["prepayId"], "refundAmount": "1"}),
            "refund",
        ),
        ("certificates", json!({}), "certificates"),
    ] {
        let answer = Request::new(&sandbox, path, &asked).send().await;
        assert_eq!(answer["bent"], expected, "{answer}");
    }
    assert_eq!(played(&sandbox), [1; 5]);

    binance.clear_bends();
    let answer = Request::new(&sandbox, "certificates", &json!({}))
        .send()
        .await;
    assert_eq!(answer.get("bent"), None);
}

#[tokio::test]
async fn a_refusal_that_a_fault_plays_is_bent_and_a_caller_who_is_turned_away_uses_nothing_up() {
    let sandbox = sandbox().await;
    let binance = sandbox.binance();
    binance.bend(Bend::set(BendOn::Create, "/errorData", r#"{"detail":1E3}"#).once());
    binance.bend(Bend::set(BendOn::Create, "/msg", r#"["no"]"#).once());
    let refuse = Fault::Refuse {
        code: "400203".to_owned(),
        message: "no".to_owned(),
        http: 400,
        envelope: Envelope::ErrorData,
    };
    binance.fault(On::Create, 1, refuse);

    let stranger = Request {
        key: "a".repeat(64),
        ..Request::new(&sandbox, "v3/order", &order(None))
    };
    let turned_away = stranger.send().await;
    assert_eq!(turned_away.get("msg"), None);
    assert_eq!(played(&sandbox), [0, 0]);
    Request::new(&sandbox, "v3/order", &order(None))
        .send()
        .await;

    let expected = r#"{"status":"ERROR","type":"SYS","code":"400203","errorData":{"detail":1E3},"msg":["no"]}"#;
    assert_eq!(answered(&sandbox), expected);
}

#[tokio::test]
async fn a_whole_body_may_be_anything() {
    let sandbox = sandbox().await;
    for body in ["", "\u{feff}{}", "<html>", "nonsense"] {
        let rule = json!({"on": "certificates", "body": body, "times": 1});
        assert_eq!(admin(&sandbox, "bends", &rule).await.0, 200);

        let request = Request::new(&sandbox, "certificates", &json!({}));
        let answer = request.try_send().await.unwrap();

        assert_eq!(answer.bytes().await.unwrap(), body.as_bytes());
    }
}

#[tokio::test]
async fn a_misspelt_bend_is_refused_by_name_with_the_known_ones() {
    let sandbox = sandbox().await;
    for (misspelt, named) in [
        (
            json!({"on": "query", "path": "/data", "rmove": true}),
            "`rmove`",
        ),
        (
            json!({"on": "qurey", "path": "/data", "remove": true}),
            "`qurey`",
        ),
        (json!({"path": "/data", "remove": true}), "`on`"),
        (
            json!({"on": "query", "path": "data", "remove": true}),
            "path: \"data\" does not begin with a slash",
        ),
        (
            json!({"on": "query", "remove": true}),
            "the field path is missing",
        ),
        (
            json!({"on": "query", "path": "/data"}),
            "say one of set, remove, twice, quote, body",
        ),
        (
            json!({"on": "query", "path": "/data", "remove": true, "set": null}),
            "say one of set, remove, twice, quote, body",
        ),
        (
            json!({"on": "query", "path": "/data", "body": ""}),
            "body takes no path",
        ),
        (
            json!({"on": "query", "path": "/data", "remove": true, "times": 0}),
            "nonzero",
        ),
        (json!({}), "`on`"),
    ] {
        let (status, answer) = admin(&sandbox, "bends", &misspelt).await;
        let problem = answer["error"].as_str().unwrap();
        assert_eq!(status, 400, "{answer}");
        assert!(problem.contains(named), "{problem}");
        assert!(
            problem.contains("; known bends: {on: create|query|"),
            "{problem}"
        );
    }
    assert_eq!(sandbox.binance().bends(), []);
}

#[tokio::test]
#[should_panic(expected = "does not begin with a slash")]
async fn a_bend_that_can_never_be_played_is_noticed_at_once() {
    let sandbox = sandbox().await;
    let bend = Bend::remove(BendOn::Query, "data/status");
    sandbox.binance().bend(bend);
}
