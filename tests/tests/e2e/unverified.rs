//! Payments reported before, or without, Binance's answer to the create call: Binance is asked, and believed.

use sandbox::binance::{Fault, On, Play};
use serde_json::{Value, json};

use crate::signed::{
    Opened, about, assert_acknowledged, binance_calls, cancel, deliver, history, open, pay, pay_as,
    pay_silently, signed, telling, told, told_of,
};
use crate::world::World;

const QUERY: &str = "/order/query";

/// An order whose first checkout was opened at Binance, but whose answer was lost: its second one was handed out.
async fn with_lost_answer(world: &World) -> (Opened, Opened) {
    world
        .sandbox
        .binance()
        .fault(On::Create, 1, Fault::LostAnswer);
    let second = open(world).await;
    let first_no = format!("{}01", second.id);
    assert_eq!(second.trade_no, format!("{}02", second.id));
    let first = world.sandbox.binance().order(&first_no).unwrap();
    let first = Opened {
        id: second.id.clone(),
        trade_no: first_no,
        prepay_id: first.prepay_id.to_string(),
    };
    (first, second)
}

pub fn refused_query(code: &str) -> Fault {
    Fault::Refuse {
        code: code.to_owned(),
        message: "Order not found.".to_owned(),
        http: 200,
        envelope: sandbox::binance::Envelope::default(),
    }
}

#[tokio::test]
async fn notification_before_the_create_answer_pays_once() {
    let world = World::start().await;
    world
        .sandbox
        .binance()
        .fault(On::Create, 1, Fault::WebhookFirst);

    let created = world.create(&world.four_fields()).await;

    assert_eq!(created.status, 201, "{}", created.text);
    let order = created.json();
    let trade_no = created.text_of("merchantTradeNo");
    let at_binance = world.sandbox.binance().order(&trade_no).unwrap();
    assert_eq!(order["status"], "PAID");
    assert_eq!(order["checkoutUrl"], at_binance.checkout_url);
    assert_eq!(order["prepayId"], at_binance.prepay_id.to_string());
    let order_id = created.text_of("orderId");
    let item = world.item(&order_id);
    assert_eq!(history(&item), ["CREATED", "PAID"]);
    assert_eq!(item["late"], false);
    assert_eq!(item["attempts"].as_array().unwrap().len(), 1);
    assert_eq!(item["attempts"][0]["payments"].as_array().unwrap().len(), 1);
    assert_eq!(
        item["confirmation"],
        json!({"revision": 1, "confirmedRevision": 1, "attempts": 1})
    );
    assert_eq!((item.get("dueAt"), item.get("claim")), (None, None));
    let expected = [telling(&order_id, 1, "order.paid", "PAID")];
    assert_eq!(told(&world), expected);
    assert_eq!(binance_calls(&world, QUERY), 1);
}

#[tokio::test]
async fn payment_of_an_attempt_whose_answer_was_lost_is_verified_and_late() {
    let world = World::start().await;
    let (first, _) = with_lost_answer(&world).await;

    pay(&world, &first).await;

    let item = world.item(&first.id);
    assert_eq!(history(&item), ["CREATED", "PENDING", "PAID"]);
    assert_eq!(
        (&item["paidAttempt"], &item["late"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(item["attempts"][0]["terms"]["prepayId"], first.prepay_id);
    assert_eq!(item.get("dueAt"), None);
    assert_eq!(binance_calls(&world, QUERY), 1);
    let expected = [telling(&first.id, 1, "order.paid", "PAID")];
    assert_eq!(told(&world), expected);
    let data = &world.sandbox.leadscalendar().confirmations()[0].body["data"];
    assert_eq!(data["merchantTradeNo"], first.trade_no);
    assert_eq!(data["prepayId"], first.prepay_id);
    assert_eq!(data["late"], true);
}

#[tokio::test]
async fn payment_that_cannot_be_verified_yet_is_acknowledged_and_kept() {
    let world = World::start().await;
    for fault in [Fault::Http500, Fault::LostAnswer, refused_query("400202")] {
        let (first, _) = with_lost_answer(&world).await;
        let binance = world.sandbox.binance();
        binance.fault(On::Query, 1, fault);
        pay_silently(&world, &first);
        let notification = signed(&world, about(&first)).await;

        assert_acknowledged(&deliver(&world, &notification).await);

        assert_eq!(binance.faults(), []);
        let item = world.item(&first.id);
        let paid = binance.order(&first.trade_no).unwrap().payment.unwrap();
        assert_eq!(history(&item), ["CREATED", "PENDING"]);
        assert_eq!(
            item["attempts"][0]["payments"],
            json!([{
                "prepayId": first.prepay_id,
                "transactionId": paid.transaction_id,
                "amount": "1.00020004",
                "currency": "USDT",
                "paidAtMs": paid.transact_time,
            }])
        );
        let due_in_ms = item["dueAt"].as_i64().unwrap() - sandbox::clock::now_ms();
        assert!((50_000..=60_000).contains(&due_in_ms), "{due_in_ms}");
        assert_eq!(told_of(&world, &first), []);

        assert_acknowledged(&deliver(&world, &notification).await);

        let item = world.item(&first.id);
        assert_eq!(
            (&item["status"], &item["late"]),
            (&json!("PAID"), &json!(true))
        );
        assert_eq!(item.get("dueAt"), None);
        let expected = [telling(&first.id, 1, "order.paid", "PAID")];
        assert_eq!(told_of(&world, &first), expected);
    }
}

#[tokio::test]
async fn both_attempts_paid_is_one_paid_order_with_both_payments_on_record() {
    let world = World::start().await;
    let (first, second) = with_lost_answer(&world).await;
    pay(&world, &second).await;
    let paid = world.item(&first.id);

    pay(&world, &first).await;

    let item = world.item(&first.id);
    assert_eq!(
        (&item["paidAttempt"], &item["late"]),
        (&json!(2), &json!(false))
    );
    assert_eq!(item["history"], paid["history"]);
    assert_eq!(item["confirmation"], paid["confirmation"]);
    let payments = |attempt: usize| {
        item["attempts"][attempt]["payments"]
            .as_array()
            .map(Vec::len)
    };
    assert_eq!((payments(0), payments(1)), (Some(1), Some(1)));
    let expected = [telling(&first.id, 1, "order.paid", "PAID")];
    assert_eq!(told(&world), expected);
}

#[tokio::test]
async fn closing_of_an_older_attempt_changes_nothing() {
    let world = World::start().await;
    let (first, second) = with_lost_answer(&world).await;
    let before = world.item(&first.id);

    cancel(&world, &first.trade_no).await;

    assert_eq!(world.item(&first.id), before);
    assert_eq!(told(&world), []);
    pay(&world, &second).await;
    let item = world.item(&first.id);
    assert_eq!(
        (&item["status"], &item["late"]),
        (&json!("PAID"), &json!(false))
    );
}

#[tokio::test]
async fn change_beside_an_unverified_payment_is_confirmed_at_once() {
    let world = World::start().await;
    let (first, second) = with_lost_answer(&world).await;
    let binance = world.sandbox.binance();
    binance.fault(On::Query, 1, Fault::Http500);
    pay_as(&world, &first.trade_no, Play::default()).await;
    assert_eq!(world.item(&first.id)["status"], "PENDING");

    cancel(&world, &second.trade_no).await;

    let item = world.item(&first.id);
    let confirmation: &Value = &item["confirmation"];
    assert_ne!(confirmation["revision"], 0, "{item}");
    assert_eq!(confirmation["confirmedRevision"], confirmation["revision"]);
    assert_eq!(told(&world).len(), 1);
}
