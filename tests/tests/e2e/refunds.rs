//! Money that goes back: partly, wholly, before the payment is known, and replayed.

use sandbox::binance::{Fault, Forgery, On, Play, RefundInfoAs};
use serde_json::{Value, json};

use crate::reconcile::{HOUR, MINUTE};
use crate::signed::{
    Opened, about, assert_acknowledged, assert_at_rest, assert_confirmed, binance_calls, deliver,
    history, open, pay, pay_as, pay_silently, signed, telling, told,
};
use crate::world::World;

/// Gives `amount` back, or what is left; returns when the callback has acknowledged it.
async fn refund(world: &World, order: &Opened, amount: Option<&str>) {
    let binance = world.sandbox.binance();
    let before = binance.deliveries().len();
    let play = Play {
        amount: amount.map(str::to_owned),
        ..Play::default()
    };
    binance.refund(&order.trade_no, play).unwrap();
    let is_acknowledged = |world: &World| {
        let deliveries = world.sandbox.binance().deliveries();
        deliveries
            .get(before)
            .is_some_and(|refund| refund.acknowledged)
    };
    world.until("the refund", is_acknowledged).await;
}

/// `refundedAmount` of each confirmation.
fn refunded_amounts(world: &World) -> Vec<Value> {
    let confirmations = world.sandbox.leadscalendar().confirmations();
    confirmations
        .into_iter()
        .map(|confirmation| confirmation.body["data"]["refundedAmount"].clone())
        .collect()
}

#[tokio::test]
async fn each_refund_is_told_under_its_own_webhook_id_until_all_is_refunded() {
    let world = World::start().await;
    let order = open(&world).await;
    pay(&world, &order).await;

    refund(&world, &order, Some("0.4")).await;
    refund(&world, &order, Some("0.10000000")).await;
    refund(&world, &order, None).await;

    let item = world.item(&order.id);
    let expected = [
        "CREATED",
        "PENDING",
        "PAID",
        "PARTIALLY_REFUNDED",
        "PARTIALLY_REFUNDED",
        "REFUNDED",
    ];
    assert_eq!(history(&item), expected);
    let refunded = &item["attempts"][0]["payment"]["refunded"];
    assert_eq!(*refunded, json!({"total": "1.00020004"}));
    assert_at_rest(&item);
    assert_confirmed(&item);
    let expected = [
        telling(&order.id, 1, "order.paid", "PAID"),
        telling(&order.id, 2, "order.refunded", "PARTIALLY_REFUNDED"),
        telling(&order.id, 3, "order.refunded", "PARTIALLY_REFUNDED"),
        telling(&order.id, 4, "order.refunded", "REFUNDED"),
    ];
    assert_eq!(told(&world), expected);
    let expected = ["0", "0.4", "0.5", "1.00020004"];
    assert_eq!(refunded_amounts(&world), expected);
    let mut times: Vec<Value> = world
        .sandbox
        .leadscalendar()
        .confirmations()
        .into_iter()
        .map(|confirmation| confirmation.body["timestamp"].clone())
        .collect();
    times.dedup();
    assert_eq!(times.len(), 4, "each has its own time: {times:?}");
}

#[tokio::test]
async fn refund_before_the_payment_is_known_is_verified_and_told_once() {
    let world = World::start().await;
    let order = open(&world).await;
    pay_silently(&world, &order);
    let payment = signed(&world, about(&order)).await;

    refund(&world, &order, Some("0.4")).await;

    let item = world.item(&order.id);
    let part = "PARTIALLY_REFUNDED";
    assert_eq!(history(&item), ["CREATED", "PENDING", part, part]);
    let expected = [telling(
        &order.id,
        1,
        "order.refunded",
        "PARTIALLY_REFUNDED",
    )];
    assert_eq!(told(&world), expected);

    // A query does not say how much; the notification does, once the payment is known that it agrees with.
    assert_eq!(refunded_amounts(&world), [json!("0.4")]);
    let shown = world.shown(&order.id).await;
    assert_eq!(shown["payments"][0]["refundedAmount"], "0.4");
    assert_eq!(shown["refundable"], "0.60020004");

    assert_acknowledged(&deliver(&world, &payment).await);

    assert_eq!(world.item(&order.id), item);
    assert_eq!(told(&world), expected);
}

#[tokio::test]
async fn refund_before_the_payment_is_learned_later_when_binance_cannot_be_asked() {
    let world = World::start().await;
    let order = open(&world).await;
    pay_silently(&world, &order);
    let payment = signed(&world, about(&order)).await;
    world.sandbox.binance().fault(On::Query, 99, Fault::Http500);

    refund(&world, &order, None).await;

    world.sandbox.binance().clear_faults();
    let item = world.item(&order.id);
    assert_eq!(history(&item), ["CREATED", "PENDING"]);
    assert_eq!(told(&world), []);
    let due_in_ms = item["dueAt"].as_i64().unwrap() - sandbox::clock::now_ms();
    assert!((50_000..=60_000).contains(&due_in_ms), "{due_in_ms}");

    assert_acknowledged(&deliver(&world, &payment).await);

    assert_eq!(world.item(&order.id)["status"], "PAID");
    world.reconcile_after(MINUTE).await;

    let item = world.item(&order.id);
    assert_eq!(history(&item), ["CREATED", "PENDING", "PAID", "REFUNDED"]);
    assert_at_rest(&item);
    let expected = [
        telling(&order.id, 1, "order.paid", "PAID"),
        telling(&order.id, 2, "order.refunded", "REFUNDED"),
    ];
    assert_eq!(told(&world), expected);
    assert_eq!(refunded_amounts(&world), ["0", "1.00020004"]);
}

#[tokio::test]
async fn replayed_and_overtaken_refunds_change_nothing() {
    let world = World::start().await;
    let order = open(&world).await;
    pay(&world, &order).await;
    refund(&world, &order, Some("0.4")).await;
    let first = world.sandbox.binance().deliveries().pop().unwrap();
    let first = crate::signed::Signed {
        headers: first.headers,
        body: first.body,
    };
    let partly = world.item(&order.id);

    assert_acknowledged(&deliver(&world, &first).await);
    assert_eq!(world.item(&order.id), partly);

    refund(&world, &order, None).await;
    let wholly = world.item(&order.id);
    assert_acknowledged(&deliver(&world, &first).await);

    assert_eq!(world.item(&order.id), wholly);
    assert_eq!(wholly["status"], "REFUNDED");
    assert_eq!(told(&world).len(), 3);
}

#[tokio::test]
async fn rejected_refund_is_acknowledged_and_ignored() {
    let world = World::start().await;
    let order = open(&world).await;
    pay(&world, &order).await;
    let paid = world.item(&order.id);
    let data = json!({
        "merchantTradeNo": order.trade_no,
        "refundInfo": {"refundedAmount": "1.00020004", "refundAmount": "1.00020004"},
    });
    let forgery = Forgery {
        biz_type: Some("PAY_REFUND".to_owned()),
        biz_status: Some("REFUND_REJECTED".to_owned()),
        data: Some(data),
        ..about(&order)
    };
    let rejected = signed(&world, forgery).await;

    assert_acknowledged(&deliver(&world, &rejected).await);

    assert_eq!(world.item(&order.id), paid);
    assert_eq!(told(&world).len(), 1);
}

#[tokio::test]
async fn refund_while_leadscalendar_is_slow_is_told_all_the_same() {
    let world = World::start().await;
    let order = open(&world).await;
    let slow = sandbox::leadscalendar::Mode::Slow { ms: 400 };
    world.sandbox.leadscalendar().mode(slow, Some(1));
    pay_silently(&world, &order);
    let payment = signed(&world, about(&order)).await;

    let refunding = async {
        world
            .until("order.paid", |world| told(world).len() == 1)
            .await;
        refund(&world, &order, None).await;
    };
    let (answer, ()) = tokio::join!(deliver(&world, &payment), refunding);

    assert_acknowledged(&answer);
    let item = world.item(&order.id);
    assert_eq!(item["status"], "REFUNDED");
    assert_confirmed(&item);
    assert_at_rest(&item);
    let expected = [
        telling(&order.id, 1, "order.paid", "PAID"),
        telling(&order.id, 2, "order.refunded", "REFUNDED"),
    ];
    assert_eq!(told(&world), expected);
}

#[tokio::test]
async fn refund_of_a_payment_in_dispute_ends_the_dispute_when_all_of_it_went_back() {
    let world = World::start().await;
    let order = open(&world).await;
    let wrong = Play {
        amount: Some("0.5".to_owned()),
        ..Play::default()
    };
    pay_as(&world, &order.trade_no, wrong).await;

    refund(&world, &order, Some("0.2")).await;
    assert_eq!(world.item(&order.id)["status"], "DISPUTED");
    refund(&world, &order, None).await;

    let expected = [
        telling(&order.id, 1, "order.disputed", "DISPUTED"),
        telling(&order.id, 2, "order.disputed", "DISPUTED"),
        telling(&order.id, 3, "order.refunded", "REFUNDED"),
    ];
    assert_eq!(told(&world), expected);
    assert_eq!(refunded_amounts(&world), ["0", "0.2", "0.5"]);
    assert_at_rest(&world.item(&order.id));
}

#[tokio::test]
async fn refund_whose_info_is_a_string_or_absent_is_told_all_the_same() {
    for (form, questions) in [(RefundInfoAs::String, 0), (RefundInfoAs::Absent, 1)] {
        let world = World::start().await;
        let order = open(&world).await;
        pay(&world, &order).await;
        let binance = world.sandbox.binance();
        binance.behave(|behaviour| behaviour.refund_info = form);

        refund(&world, &order, None).await;

        let expected = [
            telling(&order.id, 1, "order.paid", "PAID"),
            telling(&order.id, 2, "order.refunded", "REFUNDED"),
        ];
        assert_eq!(told(&world), expected, "{form:?}");
        assert_eq!(refunded_amounts(&world), ["0", "1.00020004"]);
        assert_eq!(binance_calls(&world, "/order/query"), questions, "{form:?}");
    }
}

#[tokio::test]
async fn refund_under_way_is_asked_about_again_before_anything_is_told() {
    let world = World::start().await;
    let order = open(&world).await;
    pay(&world, &order).await;
    let paid = world.shown(&order.id).await;
    let binance = world.sandbox.binance();
    binance.refund(&order.trade_no, Play::in_silence()).unwrap();
    binance.refunding(&order.trade_no, true).unwrap();

    world.reconcile_after(24 * HOUR).await;

    assert_eq!(world.shown(&order.id).await, paid);
    let due_in_ms = world.item(&order.id)["dueAt"].as_i64().unwrap() - binance.now_ms();
    assert!((290_000..=300_000).contains(&due_in_ms), "{due_in_ms}");

    binance.refunding(&order.trade_no, false).unwrap();
    world.reconcile_after(5 * MINUTE).await;

    assert_eq!(world.item(&order.id)["status"], "REFUNDED");
    assert_eq!(told(&world).len(), 2);
}
