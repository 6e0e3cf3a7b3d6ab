//! `GET /orders/{orderId}`.

use sandbox::binance::{Payment, Play};
use serde_json::{Value, json};

use crate::create_order::{WAYS, rfc3339};
use crate::signed::pay_as;
use crate::world::{Answer, World};

impl World {
    pub async fn get(&self, order_id: &str, headers: &[(&str, &str)]) -> Answer {
        let mut all = vec![("x-mbx-apikey", self.sandbox.app_api_key())];
        all.extend(headers);
        self.send("GET", &format!("/orders/{order_id}"), &all, "")
            .await
    }
}

/// An order that is over names no way to pay.
fn close_ways(view: &mut Value) {
    for way in WAYS {
        view[way] = Value::Null;
    }
}

/// The view of an order of one dollar after `payment`; `created` is how it was answered when its checkout was opened.
pub fn paid_view(created: &Value, payment: &Payment, revision: &Value) -> Value {
    let mut view = created.clone();
    let paid_at = rfc3339(&json!(payment.transact_time));
    view["revision"] = revision.clone();
    view["status"] = json!("PAID");
    close_ways(&mut view);
    view["paidAt"] = json!(paid_at);
    view["transactionId"] = json!(payment.transaction_id);
    view["commission"] = json!("0");
    view["payments"] = json!([{
        "merchantTradeNo": created["merchantTradeNo"],
        "transactionId": payment.transaction_id,
        "amount": "1.00020004",
        "currency": "USDT",
        "paidAt": paid_at,
        "refundedAmount": "0",
    }]);
    view["refundable"] = json!("1.00020004");
    view
}

#[tokio::test]
async fn paid_order_is_shown_with_its_payment_history_and_confirmation() {
    let world = World::start().await;
    let created = world.create(&world.four_fields()).await;
    let (order_id, trade_no) = (
        created.text_of("orderId"),
        created.text_of("merchantTradeNo"),
    );
    let paid = world
        .sandbox
        .binance()
        .pay_and_wait(&trade_no, Play::default())
        .await
        .unwrap();

    let got = world.get(&order_id, &[]).await;

    assert_eq!(
        (got.status, got.header("content-type")),
        (200, Some("application/json"))
    );
    for answer in [&created, &got] {
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let (created, got) = (created.json(), got.json());
    let revision = &got["revision"];
    assert!(revision.as_i64() > created["revision"].as_i64(), "{got}");
    let mut expected = paid_view(&created, &paid.payment.unwrap(), revision);
    let item = world.item(&order_id);
    let causes = [
        ("CREATED", "request"),
        ("PENDING", "checkout opened"),
        ("PAID", "PAY PAY_SUCCESS"),
    ];
    let changes = causes.into_iter().zip(item["history"].as_array().unwrap());
    expected["history"] = changes
        .map(|((status, cause), change)| {
            json!({"at": rfc3339(&change["atMs"]), "status": status, "cause": cause})
        })
        .collect();
    expected["confirmation"] = json!({
        "confirmedRevision": revision,
        "attempts": 1,
        "nextAttemptAt": null,
        "lastError": null,
    });
    assert_eq!(got, expected);
}

#[tokio::test]
async fn order_that_is_over_names_no_way_to_pay() {
    let world = World::start().await;
    for status in ["CANCELED", "EXPIRED", "FAILED"] {
        let created = world.create(&world.four_fields()).await.json();
        let number = created["merchantTradeNo"].as_str().unwrap();
        let binance = world.sandbox.binance();
        let ended = match status {
            "CANCELED" => binance.cancel(number, Play::in_silence()),
            "EXPIRED" => binance.expire(number),
            _ => binance.fail(number),
        };
        ended.unwrap();
        let id = created["orderId"].as_str().unwrap();
        let asked = world.functions.reconcile(json!({ "ask": id })).await;
        assert_eq!(asked, Ok(crate::reconcile::granted()));

        let mut expected = created.clone();
        close_ways(&mut expected);
        let got = world.get(id, &[]).await.json();
        expected["status"] = json!(status);
        for own in ["revision", "history", "confirmation"] {
            expected[own] = got[own].clone();
        }
        assert_eq!(got, expected);
    }
}

#[tokio::test]
async fn order_that_has_not_changed_is_answered_with_304_until_it_changes() {
    let world = World::start().await;
    let created = world.create(&world.four_fields()).await;
    let order_id = created.text_of("orderId");
    let etag = world
        .get(&order_id, &[])
        .await
        .header("etag")
        .unwrap()
        .to_owned();
    assert!(etag.starts_with("W/\""), "{etag}");

    for known in [
        etag.as_str(),
        etag.trim_start_matches("W/"),
        "*",
        &format!("\"other\", {etag}"),
    ] {
        let got = world.get(&order_id, &[("if-none-match", known)]).await;
        assert_eq!(
            (got.status, got.text.as_str(), got.header("etag")),
            (304, "", Some(etag.as_str())),
            "{known}"
        );
        // The caller has it already; a header would only change what it was told then.
        assert_eq!(got.header("cache-control"), None, "{known}");
    }
    assert_eq!(
        world
            .get(&order_id, &[("if-none-match", "W/\"999\"")])
            .await
            .status,
        200
    );

    pay_as(&world, &created.text_of("merchantTradeNo"), Play::default()).await;
    let got = world.get(&order_id, &[("if-none-match", &etag)]).await;
    assert_eq!(
        (got.status, got.text_of("status")),
        (200, "PAID".to_owned())
    );
}

#[tokio::test]
async fn order_is_found_behind_a_named_stage_and_before_a_slash() {
    let world = World::start().await;
    let order_id = world.create(&world.four_fields()).await.text_of("orderId");
    let event = include_str!("../../events/get-order-behind-a-stage.json");
    let event = event.replace(&"0".repeat(30), &order_id);
    for (event, status) in [
        (event.clone(), 200),
        // The parameter decides, and not what the path looks like.
        (event.replace("/prod/orders/", "/prod/"), 200),
        (
            event.replace(&format!(r#""orderId": "{order_id}""#), r#""orderId": "x""#),
            404,
        ),
    ] {
        let event = serde_json::from_str(&event).unwrap();
        let event = world.functions.request_of(&event);
        let got = world.functions.get_order.handle(event).await;
        assert_eq!(got.status().as_u16(), status);
        let body: Value = serde_json::from_slice(got.body().as_ref()).unwrap();
        assert_eq!(body["orderId"] == order_id.as_str(), status == 200);
    }

    assert_eq!(world.get(&format!("{order_id}/"), &[]).await.status, 200);
    for other in ["//", "/x", "/x/"] {
        let got = world.get(&format!("{order_id}{other}"), &[]).await;
        assert_eq!(got.status, 404, "{other}");
    }
}

#[tokio::test]
async fn order_that_does_not_exist_is_a_404_problem() {
    let world = World::start().await;

    for id in [
        "0".repeat(30),
        "1".to_owned(),
        "A".repeat(30),
        "..%2f".to_owned(),
        "0".repeat(3000),
    ] {
        let got = world.get(&id, &[]).await;
        assert_eq!(
            (got.status, got.header("content-type")),
            (404, Some("application/problem+json")),
            "{id}"
        );
        assert_eq!(got.header("cache-control"), Some("no-store"), "{id}");
        assert_eq!(
            (got.text_of("code"), got.text_of("source")),
            ("ORDER_NOT_FOUND".to_owned(), "gateway".to_owned())
        );
    }
}

#[tokio::test]
async fn order_is_shown_to_nobody_without_a_key() {
    let world = World::start().await;
    let order_id = world.create(&world.four_fields()).await.text_of("orderId");

    for headers in [
        vec![],
        vec![("x-mbx-apikey", "wrong")],
        vec![("x-mbx-apikey", "")],
    ] {
        let got = world
            .send("GET", &format!("/orders/{order_id}"), &headers, "")
            .await;
        assert_eq!(
            (got.status, got.text_of("code")),
            (401, "INVALID_API_KEY".to_owned())
        );
    }
}

#[tokio::test]
async fn other_methods_are_refused() {
    let world = World::start().await;
    let order_id = world.create(&world.four_fields()).await.text_of("orderId");

    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let headers = [("x-mbx-apikey", world.sandbox.app_api_key())];
        let got = world
            .send(method, &format!("/orders/{order_id}"), &headers, "")
            .await;
        assert_eq!(
            (got.status, got.header("allow")),
            (405, Some("GET, HEAD")),
            "{method}"
        );
    }
}

#[tokio::test]
async fn head_tells_the_same_without_a_body() {
    let world = World::start().await;
    let order_id = world.create(&world.four_fields()).await.text_of("orderId");
    let path = format!("/orders/{order_id}");
    let key = ("x-mbx-apikey", world.sandbox.app_api_key());

    let got = world.send("GET", &path, &[key], "").await;
    let head = world.send("HEAD", &path, &[key], "").await;

    assert_eq!((head.status, head.text.as_str()), (200, ""));
    for name in ["etag", "content-type", "cache-control"] {
        assert_eq!(head.header(name), got.header(name), "{name}");
    }
    let known = [key, ("if-none-match", got.header("etag").unwrap())];
    assert_eq!(world.send("HEAD", &path, &known, "").await.status, 304);
    assert_eq!(world.send("HEAD", &path, &[], "").await.status, 401);
}
