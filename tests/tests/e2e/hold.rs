//! How long a slot is held: `expiresIn`, the order's own end whatever Binance does, and the address with the order's id.

use aws_sdk_dynamodb::types::AttributeValue;
use sandbox::binance::{On, Status, TooNear};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::log::Log;
use crate::reconcile::{HOUR, MINUTE, summary};
use crate::signed::{history, opened, pay, refused, rfc3339, telling, told};
use crate::world::World;

/// An order whose slot is held for so many seconds.
async fn hold(world: &World, seconds: u32) -> Answer {
    let mut asked = world.four_fields();
    asked["expiresIn"] = json!(seconds);
    let created = world.create(&asked).await;
    assert_eq!(created.status, 201, "{}", created.text);
    created
}

/// The order was made then, says the table.
async fn began(world: &World, order_id: &str, at_ms: i64) {
    let update = world.sandbox.dynamodb().client().update_item();
    update
        .table_name("orders")
        .key("orderId", AttributeValue::S(order_id.to_owned()))
        .update_expression("SET createdAtMs = :at")
        .expression_attribute_values(":at", AttributeValue::N(at_ms.to_string()))
        .send()
        .await
        .unwrap();
}

fn end_ms(item: &Value, seconds: i64) -> i64 {
    item["createdAtMs"].as_i64().unwrap() + seconds * 1_000
}

#[tokio::test]
async fn slot_is_held_as_long_as_was_asked_and_binance_is_told_when_that_ends() {
    let world = World::start().await;
    for seconds in [60, 120, 3_600] {
        let created = hold(&world, seconds).await;

        let end_ms = end_ms(&world.item(&created.text_of("orderId")), seconds.into());
        assert_eq!(created.text_of("expiresAt"), rfc3339(end_ms));
        let trade_no = created.text_of("merchantTradeNo");
        let life_ms = world
            .sandbox
            .binance()
            .order(&trade_no)
            .unwrap()
            .expire_time
            - end_ms;
        assert!(life_ms.abs() < 1_000, "{life_ms}");
    }
    // Nothing is said to Binance where nothing was asked.
    let created = world.create(&world.four_fields()).await;
    let end_ms = end_ms(&world.item(&created.text_of("orderId")), 3_600);
    assert_eq!(created.text_of("expiresAt"), rfc3339(end_ms));
}

#[tokio::test]
async fn expires_in_is_a_whole_number_from_60_to_3600() {
    let world = World::start().await;
    let rule = "must be a whole number of seconds, 60 to 3600";
    for wrong in [
        "59", "3601", "0", "-60", "60.5", "1e9", "\"120\"", "true", "[60]", "{}",
    ] {
        let mut asked = world.four_fields();
        asked["expiresIn"] = serde_json::from_str(wrong).unwrap();
        let answer = world.create(&asked).await;

        assert_eq!(answer.status, 400, "{wrong}");
        let expected = json!([{"pointer": "/expiresIn", "detail": rule}]);
        assert_eq!(answer.json()["errors"], expected, "{wrong}");
    }
    for right in ["60", "3600", "120.0", "null"] {
        let mut asked = world.four_fields();
        asked["expiresIn"] = serde_json::from_str(right).unwrap();
        assert_eq!(world.create(&asked).await.status, 201, "{right}");
    }
}

#[tokio::test]
async fn repeat_may_send_what_is_left_of_the_hold_and_the_first_one_counts() {
    let world = World::start().await;
    let mut asked = world.four_fields();
    asked["expiresIn"] = json!(600);
    let key = [("idempotency-key", "booking-7")];
    let first = world.create_with(&asked, &key).await;
    asked["expiresIn"] = json!(540);
    let again = world.create_with(&asked, &key).await;
    asked.as_object_mut().unwrap().remove("expiresIn");
    let without = world.create_with(&asked, &key).await;

    for answer in [&again, &without] {
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert_eq!(answer.header("idempotent-replayed"), Some("true"));
        assert_eq!(answer.json(), first.json());
    }
}

#[tokio::test]
async fn unpaid_hold_expires_within_three_minutes_of_its_end_and_is_told() {
    let world = World::start().await;
    let id = hold(&world, 120).await.text_of("orderId");

    assert_eq!(world.reconcile_after(119).await, summary(0, 0, 0, 0));
    assert_eq!(world.item(&id)["status"], "PENDING");
    for _ in 0..3 {
        world.reconcile_after(MINUTE).await;
    }

    assert_eq!(history(&world.item(&id)), ["CREATED", "PENDING", "EXPIRED"]);
    assert_eq!(told(&world), [telling(&id, 1, "order.expired", "EXPIRED")]);
}

#[tokio::test]
async fn checkout_that_binance_keeps_open_for_longer_is_closed_at_the_holds_end_and_expires() {
    let world = World::start().await;
    let binance = world.sandbox.binance();
    binance.behave(|behaviour| behaviour.ignore_expire_time = true);
    let created = hold(&world, 120).await;
    let (id, trade_no) = (
        created.text_of("orderId"),
        created.text_of("merchantTradeNo"),
    );
    let end_ms = end_ms(&world.item(&id), 120);
    assert_eq!(created.text_of("expiresAt"), rfc3339(end_ms));

    world.reconcile_after(119).await;
    assert_eq!(
        world.sandbox.binance().order(&trade_no).unwrap().status,
        Status::Initial
    );
    world.reconcile_after(MINUTE).await;

    assert_eq!(
        world.sandbox.binance().order(&trade_no).unwrap().status,
        Status::Canceled
    );
    assert_eq!(history(&world.item(&id)), ["CREATED", "PENDING", "EXPIRED"]);
    let told_types: Vec<String> = told(&world).into_iter().map(|(_, kind, _)| kind).collect();
    assert_eq!(told_types, ["order.expired"]);
    assert_eq!(world.shown(&id).await["closeRequestedAt"], Value::Null);
}

#[tokio::test]
async fn payment_that_comes_while_the_end_is_carried_out_counts() {
    for at in ["before", "between", "after"] {
        let world = World::start().await;
        let binance = world.sandbox.binance();
        binance.behave(|behaviour| behaviour.ignore_expire_time = true);
        let id = hold(&world, 60).await.text_of("orderId");
        let comes = json!({"on": "close", "fault": "payerComes", "at": at, "notify": false});
        binance.fault_json(comes).unwrap();

        for _ in 0..4 {
            world.reconcile_after(MINUTE).await;
        }
        let seen = world.shown(&id).await;
        let is_paid = at != "after";
        if is_paid {
            assert_eq!(
                (&seen["status"], &seen["late"]),
                (&json!("PAID"), &json!(true)),
                "{at}"
            );
        } else {
            // Told later, by the steps of an order that is over.
            assert!(
                ["EXPIRED", "PAID"].contains(&seen["status"].as_str().unwrap()),
                "{at}"
            );
            world.reconcile_after(HOUR).await;
            assert_eq!(world.shown(&id).await["status"], "PAID", "{at}");
        }
    }
}

#[tokio::test]
async fn payment_after_the_holds_end_is_late() {
    let world = World::start().await;
    let binance = world.sandbox.binance();
    binance.behave(|behaviour| behaviour.ignore_expire_time = true);
    let created = hold(&world, 60).await;
    let order = opened(&created);
    binance.advance(70);

    pay(&world, &order).await;

    let seen = world.shown(&order.id).await;
    assert_eq!(
        (&seen["status"], &seen["late"]),
        (&json!("PAID"), &json!(true))
    );
}

#[tokio::test]
async fn end_that_binance_refuses_is_left_to_it_under_the_next_number_and_kept_by_us() {
    for code in ["400001", "400100", "400101", "400102"] {
        let world = World::start().await;
        world.sandbox.binance().behave(|behaviour| {
            behaviour.refuse_expire_time = Some(TooNear {
                nearer_than_secs: 900,
                code: code.to_owned(),
            });
        });
        let log = Log::start();
        let created = hold(&world, 120).await;
        let id = created.text_of("orderId");

        assert_eq!(
            created.text_of("merchantTradeNo"),
            format!("{id}02"),
            "{code}"
        );
        let end_ms = end_ms(&world.item(&id), 120);
        assert_eq!(created.text_of("expiresAt"), rfc3339(end_ms));
        let warned = log.lines().into_iter().filter(|line| {
            line["level"] == "WARN"
                && line["message"]
                    .as_str()
                    .unwrap()
                    .contains("only without orderExpireTime")
        });
        assert_eq!(warned.count(), 1, "{code}");
        world.reconcile_after(119).await;
        world.reconcile_after(MINUTE).await;
        assert_eq!(world.item(&id)["status"], "EXPIRED", "{code}");
    }
}

#[tokio::test]
async fn refusal_that_is_not_for_the_end_is_told_after_one_more_try() {
    let world = World::start().await;
    let binance = world.sandbox.binance();
    let mut asked = world.four_fields();
    asked["expiresIn"] = json!(600);
    binance.fault(On::Create, 9, refused("400102"));
    let with_end = world.create(&asked).await;
    assert_eq!(
        (with_end.status, with_end.text_of("code")),
        (400, "400102".to_owned())
    );
    assert_eq!(binance.calls().len(), 2);

    // Other refusals, and orders without an end of their own, are not tried again.
    for (code, asked) in [("400103", &asked), ("400102", &world.four_fields())] {
        binance.clear_faults();
        binance.fault(On::Create, 9, refused(code));
        let before = binance.calls().len();
        assert_eq!(world.create(asked).await.text_of("code"), code);
        assert_eq!(binance.calls().len(), before + 1, "{code}");
    }
}

#[tokio::test]
async fn key_whose_hold_is_nearly_over_opens_nothing_and_is_answered_expired() {
    let world = World::start().await;
    let binance = world.sandbox.binance();
    binance.fault(On::Create, 1, refused("400103"));
    let mut asked = world.four_fields();
    asked["expiresIn"] = json!(60);
    let key = [("idempotency-key", "booking-8")];
    let failed = world.create_with(&asked, &key).await;
    let id = failed.text_of("orderId");
    // As if it had been asked for 31 seconds ago.
    began(&world, &id, sandbox::clock::now_ms() - 31_000).await;
    let calls = binance.calls().len();

    let again = world.create_with(&asked, &key).await;

    assert_eq!(again.status, 201, "{}", again.text);
    assert_eq!(again.text_of("status"), "EXPIRED");
    assert_eq!(again.json()["checkoutUrl"], Value::Null);
    assert_eq!(binance.calls().len(), calls);
    // And it stays so.
    assert_eq!(world.create_with(&asked, &key).await.json(), again.json());
}
