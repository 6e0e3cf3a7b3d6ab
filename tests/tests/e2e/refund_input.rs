//! What is wrong with a request for a refund, each with the error that names it; nothing is recorded, and Binance hears nothing.

use sandbox::Options;
use sandbox::binance::{Fault, On};
use serde_json::{Value, json};

use crate::giving_back::{ALL, assert_refund, nobodys, paid, problem_of, sent_and_asked};
use crate::reconcile::MINUTE;
use crate::secrets_manager::inline;
use crate::signed::{Opened, open, opened, refused};
use crate::world::{Answer, World};

const NO_ORDER: (&str, &str) = ("ORDER_NOT_FOUND", "no order has this id");

/// A body that need not be JSON, asked for as `headers` say beside the usual ones, which they may replace.
pub async fn ask(world: &World, id: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut all = vec![
        ("x-mbx-apikey", world.sandbox.refund_api_key()),
        ("content-type", "application/json"),
        ("idempotency-key", "k"),
    ];
    all.retain(|(name, _)| headers.iter().all(|(other, _)| other != name));
    all.extend(headers.iter().filter(|(_, value)| *value != "absent"));
    let path = format!("/orders/{id}/refunds");
    world.send("POST", &path, &all, body.to_owned()).await
}

/// An order that was paid, and as what it stands in the table.
pub async fn before(world: &World) -> (Opened, Value) {
    let order = paid(world).await;
    let item = world.item(&order.id);
    (order, item)
}

/// Nothing came of it.
#[track_caller]
pub fn assert_nothing_came_of_it(world: &World, order: &Opened, item: &Value) {
    assert_eq!(world.item(&order.id), *item);
    assert_eq!(sent_and_asked(world), [0, 0]);
}

#[tokio::test]
async fn key_that_names_the_refund_is_required_and_visible_ascii() {
    let world = World::start().await;
    let (order, item) = before(&world).await;

    let answer = ask(&world, &order.id, &[("idempotency-key", "absent")], "{}").await;
    let detail = "Idempotency-Key is required for a refund";
    let (status, problem) = nobodys(400, "INVALID_REQUEST", detail);
    assert_eq!(
        answer.json()["recommendation"],
        "Send an Idempotency-Key, made of your own refund's id and never used twice."
    );
    assert_eq!(
        (answer.status, answer.text_of("detail")),
        (status, detail.to_owned())
    );
    assert_eq!(answer.json()["code"], problem["code"]);

    let long = "k".repeat(256);
    for key in ["", " ", "a b", "é", "\"\"", &long] {
        let answer = ask(&world, &order.id, &[("idempotency-key", key)], "{}").await;
        let rule =
            "Idempotency-Key must be 1 to 255 visible ASCII characters, bare or in quotes, once";
        assert_eq!(
            problem_of(&answer),
            nobodys(400, "INVALID_REQUEST", rule),
            "{key}"
        );
    }
    assert_nothing_came_of_it(&world, &order, &item);
    // Quoted it is the same key.
    let longest = "k".repeat(255);
    let quoted = format!("\"{longest}\"");
    for (key, replayed) in [(&longest, None), (&quoted, Some("true"))] {
        let answer = ask(&world, &order.id, &[("idempotency-key", key)], "{}").await;
        assert_refund(&answer, &order, ["SUCCEEDED", ALL], None);
        assert_eq!(answer.header("idempotent-replayed"), replayed);
    }
}

#[tokio::test]
async fn only_a_key_issued_for_refunds_may_refund_and_it_opens_everything_else() {
    let world = World::start().await;
    let (order, item) = before(&world).await;
    let detail = "X-MBX-APIKEY must hold a key issued to LeadsCalendar";
    for key in [
        "absent",
        "",
        "sandbox-leadscalendar-refunds-0000",
        "Bearer x",
    ] {
        let answer = ask(&world, &order.id, &[("x-mbx-apikey", key)], "{}").await;
        assert_eq!(
            problem_of(&answer),
            nobodys(401, "INVALID_API_KEY", detail),
            "{key}"
        );
    }
    let app = [("x-mbx-apikey", world.sandbox.app_api_key())];
    let answer = ask(&world, &order.id, &app, "{}").await;
    let detail = "X-MBX-APIKEY holds a key that may not refund";
    assert_eq!(
        problem_of(&answer),
        nobodys(403, "REFUND_NOT_ALLOWED", detail)
    );
    assert_nothing_came_of_it(&world, &order, &item);

    let key = [("x-mbx-apikey", world.sandbox.refund_api_key())];
    let with_json = [key[0], ("content-type", "application/json")];
    let created = world.send(
        "POST",
        "/orders",
        &with_json,
        world.four_fields().to_string(),
    );
    let created = created.await;
    assert_eq!(created.status, 201, "{}", created.text);
    let path = format!("/orders/{}", opened(&created).id);
    assert_eq!(world.send("GET", &path, &key, "").await.status, 200);
    let close = format!("{path}/close");
    assert_eq!(world.send("POST", &close, &key, "").await.status, 200);
}

#[tokio::test]
async fn refunds_are_off_while_no_key_is_issued_for_them() {
    let mut secrets = inline().await;
    secrets["refundApiKeys"] = json!([]);
    let secrets = secrets.to_string();
    let world = World::with(Options::default(), &[("SECRETS", &secrets)]).await;
    let (order, item) = before(&world).await;

    let app = world.sandbox.app_api_key();
    for (key, status) in [(app, 403), (world.sandbox.refund_api_key(), 401)] {
        let answer = ask(&world, &order.id, &[("x-mbx-apikey", key)], "{}").await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }
    assert_nothing_came_of_it(&world, &order, &item);
}

#[tokio::test]
async fn other_methods_and_ids_that_are_no_orders_are_refused_and_a_slash_at_the_end_is_ignored() {
    let world = World::start().await;
    let (order, item) = before(&world).await;
    let path = format!("/orders/{}/refunds", order.id);
    let key = [("x-mbx-apikey", world.sandbox.refund_api_key())];
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        let answer = world.send(method, &path, &key, "").await;
        let expected = nobodys(405, "METHOD_NOT_ALLOWED", "the method must be POST");
        assert_eq!(problem_of(&answer), expected, "{method}");
        assert_eq!(answer.header("allow"), Some("POST"));
    }
    for id in [
        "0".repeat(30).as_str(),
        "7",
        "%20",
        &order.id.to_uppercase(),
        &order.trade_no,
    ] {
        let answer = ask(&world, id, &[], "{}").await;
        assert_eq!(
            problem_of(&answer),
            nobodys(404, NO_ORDER.0, NO_ORDER.1),
            "{id}"
        );
    }
    assert_nothing_came_of_it(&world, &order, &item);

    let all = [
        key[0],
        ("content-type", "application/json"),
        ("idempotency-key", "k"),
    ];
    let answer = world.send("POST", &format!("{path}/"), &all, "{}").await;
    assert_refund(&answer, &order, ["SUCCEEDED", ALL], None);
}

/// An unpaid order of this status.
async fn unpaid(world: &World, status: &str) -> String {
    let binance = world.sandbox.binance();
    match status {
        "CREATED" => binance.fault(On::Create, 9, Fault::Http500),
        "FAILED" => binance.fault(On::Create, 9, refused("400103")),
        _ => {
            let order = open(world).await;
            match status {
                "CANCELED" => assert_eq!(world.close(&order.id).await.status, 200),
                "EXPIRED" => {
                    binance.expire(&order.trade_no).unwrap();
                    world.reconcile_after(3 * MINUTE).await;
                }
                _ => {}
            }
            return order.id;
        }
    }
    let answer = world.create(&world.four_fields()).await;
    binance.clear_faults();
    answer.text_of("orderId")
}

#[tokio::test]
async fn order_that_is_not_paid_has_nothing_to_give_back() {
    for status in ["CREATED", "PENDING", "CANCELED", "EXPIRED", "FAILED"] {
        let world = World::start().await;
        let id = unpaid(&world, status).await;
        let item = world.item(&id);
        assert_eq!(item["status"], status);
        let calls = world.sandbox.binance().calls().len();

        let answer = world.refund(&id, "k", &json!({"amount": 1})).await;

        let detail = "the order is not paid";
        let problem =
            json!({"code": "NOT_PAID", "detail": detail, "source": "gateway", "orderId": id});
        assert_eq!(problem_of(&answer), (409, problem));
        assert_eq!(world.item(&id), item);
        assert_eq!(world.sandbox.binance().calls().len(), calls, "{status}");
    }
}
